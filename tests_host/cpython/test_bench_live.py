# SPDX-License-Identifier: MIT
"""The live bench as other tools drive it: JSON lines in, one reply line each, a page beside."""

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(120)


class Live:
    """A running `live --stdin`; `ask` sends a line and returns the parsed reply."""

    def __init__(self, tmp_path):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench", "live", "--stdin", "--port", "0",
             "--out", str(tmp_path / "live")],
            cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(ROOT)), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.url = re.search(r"http://\S+", self.process.stderr.readline()).group()
        # nobody reads the rest of stderr until the end: a thread keeps the pipe empty
        self.errors = []
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()

    def _drain(self):
        self.errors.extend(self.process.stderr)

    def ask(self, line):
        text = line if isinstance(line, str) else json.dumps(line)
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(30)
        self.drain.join(5)
        return code, self.process.stdout.read()


@pytest.fixture
def live(tmp_path):
    one = Live(tmp_path)
    yield one
    one.process.kill()
    one.process.wait()
    one.process.stdout.close()
    one.process.stderr.close()


def test_one_reply_for_each_line(live, tmp_path):
    assert live.ask({"do": "plug", "vehicle": "zoe"}) == {"ok": True}
    state = live.ask({"do": "state", "id": 17})
    assert state["ok"] is True
    assert state["id"] == 17
    assert state["plugged"] is True
    assert state["vehicle"] == "zoe"
    good = (
        {"do": "ready", "on": False}, {"do": "grid", "mhz": 49800, "v_pu": 1.0},
        {"do": "grid", "follow": True}, {"do": "fault", "name": "diode", "on": True},
        {"do": "fault", "name": "diode", "on": False}, {"do": "tap", "id_tag": "04A1"},
        {"do": "power", "on": False}, {"do": "power", "on": True},
        {"do": "network", "up": False}, {"do": "unplug"},
    )  # fmt: skip
    for line in good:
        assert live.ask(line) == {"ok": True}, line
    assert live.ask({"do": "state"})["plugged"] is False
    bad = (
        ({"do": "fly"}, "unknown command 'fly': expected one of plug"),
        ("{nonsense", "not JSON"), ("[1, 2]", "expected an object"), ("7", "expected an object"),
        ({}, "do: missing"), ({"do": "ready"}, "on: missing"),
        ({"do": "ready", "on": 1}, "expected true or false"),
        ({"do": "plug", "vehicle": "zeo"}, 'did you mean "zoe"'),
        ({"do": "grid", "mhz": 1}, "expected a whole number"),
        ({"do": "fault", "name": "x", "on": True}, "unknown fault 'x'"),
        ({"do": "unplug", "now": True}, "knows no such field"),
    )  # fmt: skip
    for line, expected in bad:
        reply = live.ask(line)
        assert reply["ok"] is False, line
        assert expected in reply["error"]
    page = urllib.request.urlopen(live.url, timeout=10)
    assert page.status == 200
    assert "GridPilot" in page.read().decode()
    code, rest = live.close()
    assert (code, rest) == (0, "")
    assert (tmp_path / "live" / "trace.csv").read_text().startswith("t_ms,")


def test_listens_on_the_loopback_interface_only(live):
    assert live.url.startswith("http://127.0.0.1:")
    port = int(live.url.rsplit(":", 1)[1])
    listening = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not os.path.exists(table):
            pytest.skip("needs /proc/net")
        with open(table) as file:
            for line in file.read().splitlines()[1:]:
                address, state = line.split()[1], line.split()[3]
                host, number = address.split(":")
                if state == "0A" and int(number, 16) == port:
                    listening.add(host)
    assert listening == {"0100007F"}


def test_bad_settings_end_with_2(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"max_current_ma": "x"}')
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", "live", "--settings", str(path)], cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=str(ROOT)), capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "max_current_ma" in done.stderr
    assert done.stderr.count("\n") == 1


def test_stdin_may_be_a_file(tmp_path):
    path = tmp_path / "commands"
    path.write_bytes(b'{"do": "plug", "vehicle": "leaf"}\n\n\xff\n{"do": "state"}')
    with open(path, "rb") as commands:
        done = subprocess.run(
            [sys.executable, "-m", "tools.bench", "live", "--stdin", "--port", "0",
             "--out", str(tmp_path / "live")],
            cwd=ROOT, env=dict(os.environ, PYTHONPATH=str(ROOT)), stdin=commands,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["ok"] for reply in replies] == [True, False, True]
    assert replies[2]["vehicle"] == "leaf"
    assert done.returncode == 0
