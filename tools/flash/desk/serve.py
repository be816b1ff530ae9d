# SPDX-License-Identifier: MIT
"""The test board on a TCP port instead of a pseudo-terminal: python -m tools.flash.desk.serve

Usage: serve.py FLASH PORT      one client after the other; the board stays on in between
"""

import os
import select
import socket
import sys
import termios
import tty

from tools.flash.desk.cable import Desk


def bridge(client, port):
    """Carry bytes both ways until the client goes."""
    terminal = os.open(port, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(terminal, termios.TCSANOW)
    try:
        while True:
            readable, _, _ = select.select([client, terminal], [], [])
            if client in readable:
                data = client.recv(4096)
                if not data:
                    return
                os.write(terminal, data)
            if terminal in readable:
                client.sendall(os.read(terminal, 4096))
    except OSError:
        return
    finally:
        os.close(terminal)


def serve(flash, port):
    """Serve until killed."""
    with Desk(flash) as desk, socket.create_server(("127.0.0.1", port)) as server:
        while not desk.pulled:
            client, _ = server.accept()
            with client:
                bridge(client, desk.port)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
