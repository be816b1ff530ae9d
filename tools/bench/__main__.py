# SPDX-License-Identifier: MIT
"""Command line of the bench: `run` a scenario in virtual time, or go `live`."""

import argparse
import re
import sys


def heap_size(text):
    """argparse type of --heap: what MicroPython's -X heapsize understands."""
    if not re.fullmatch(r"[1-9]\d*[kKmM]?", text):
        raise argparse.ArgumentTypeError("expected a size like 190k or 4M, got %r" % text)
    return text


def seed_number(text):
    """argparse type of --seed."""
    if not text.isdecimal() or int(text) >= 2**30:
        raise argparse.ArgumentTypeError("expected a whole number below 2**30, got %r" % text)
    return int(text)


def csms_url(text):
    """argparse type of --csms."""
    if not re.fullmatch(r"wss?://[^/\s]+(/\S*)?", text):
        raise argparse.ArgumentTypeError("expected ws://host:port/path, got %r" % text)
    return text


def parser():
    """The argument parser; its help is the short form of the README."""
    top = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a scenario and check what must hold")
    run.add_argument("scenario", help="TOML file, see tools/bench/README.md")
    run.add_argument("--out", help="folder for the results (out/<scenario name>)")
    run.add_argument("--seed", type=seed_number, help="instead of the scenario's seed")
    run.add_argument("--realtime", action="store_true", help="one second per second")
    live = commands.add_parser("live", help="real time, with a page and controls")
    live.add_argument("--port", type=int, default=8080, help="of the page on 127.0.0.1 (8080)")
    live.add_argument("--stdin", action="store_true", help="controls as JSON lines")
    live.add_argument("--embedded", action="store_true", help="with a central system inside")
    live.add_argument("--out", default="out/live", help="folder for the results (out/live)")
    live.add_argument("--settings", help="JSON file with settings for the firmware")
    for command in (run, live):
        command.add_argument("--heap", type=heap_size, default="4M", help="of MicroPython (4M)")
        command.add_argument("--csms", type=csms_url, help="central system outside the bench")
        command.add_argument("--id", help="charge point id there")
    return top


def main(arguments=None):
    """Exit code: 0 good, 1 something broke, 2 bad scenario or bad arguments."""
    args = parser().parse_args(arguments)
    if args.id and not args.csms:
        print("--id: needs --csms", file=sys.stderr)
        return 2
    if args.command == "run":
        from .run import run

        return run(
            args.scenario, args.out, args.seed, args.heap, args.realtime, args.csms, args.id
        )
    from .live import live

    return live(args)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
