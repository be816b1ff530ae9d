# SPDX-License-Identifier: MIT
"""The command `run` as other tools drive it: exit codes, files, same seed same bytes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "tools" / "bench" / "scenarios"
FILES = ("trace.csv", "edges.csv", "ocpp.jsonl", "events.jsonl")
pytestmark = pytest.mark.timeout(300)


def bench(*arguments, cwd=ROOT):
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    return subprocess.run(
        [sys.executable, "-m", "tools.bench", *map(str, arguments)], cwd=cwd, check=False,
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200,
    )  # fmt: skip


def test_a_good_run_leaves_all_its_files(tmp_path):
    path = tmp_path / "short.toml"
    path.write_text("duration_s = 12\n")
    done = bench("run", path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    out = tmp_path / "out" / "short"
    lines = done.stdout.splitlines()
    assert lines[-1] == "report  %s" % Path("out/short/report.html")
    assert "held    contactor_state" in lines
    assert "simulated" in done.stderr
    header = (out / "trace.csv").read_text().splitlines()
    assert header[0] == (
        "t_ms,grid_mhz,measured_mhz,cp_high_mv,cp_low_mv,state,duty_pct,offer_ma,contactor,phases,"
        "l1_ma,l2_ma,l3_ma,power_w,energy_wh,limit_ma,reason"
    )
    assert len(header) == pytest.approx(121, abs=1)
    assert (out / "edges.csv").read_text().startswith("t_us,signal,value\n")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["held"] is True
    assert summary["numbers"]["contactor_closes"] == 1
    for name in FILES:
        assert (out / name).exists(), name


def test_the_report_needs_no_network(tmp_path):
    path = tmp_path / "short.toml"
    path.write_text('title = "A <b>title"\nduration_s = 8\n')
    assert bench("run", path, "--out", tmp_path / "out").returncode == 0
    report = (tmp_path / "out" / "report.html").read_text()
    tags = re.sub(r"(<script[^>]*>).*?</script>", r"\1", report, flags=re.DOTALL)
    assert tags.count("<script") >= 2
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", tags)
    assert "A &lt;b&gt;title" in report
    assert "contactor_state" in report


def test_a_broken_expectation_ends_with_1(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(
        'duration_s = 8\n[expect]\nfault = "rcd"\n[expect.final]\nstate = "F"\n'
        '[[expect.edge]]\nsignal = "contactor"\nvalue = 1\nfrom_s = 1\nmax_ms = 100\n'
        '[[expect.edge]]\nsignal = "contactor"\nvalue = 1\nnever = true\n'
    )
    done = bench("run", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    broken = [line for line in done.stdout.splitlines() if line.startswith("BROKEN")]
    assert len(broken) == 4, done.stdout
    assert any("state is C2, expected F" in line for line in broken)
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["held"] is False


def test_a_bad_scenario_ends_with_2(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("duration_s = 8\n[grid]\njitter = 3\n")
    done = bench("run", path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "grid.jitter: unknown key" in done.stderr


def test_bad_arguments_end_with_2(tmp_path):
    assert bench("run").returncode == 2
    assert bench("run", "x.toml", "--seed", "-1").returncode == 2
    assert bench("run", "x.toml", "--heap", "lots").returncode == 2
    assert bench("run", "x.toml", "--id", "CP1").returncode == 2
    assert bench("run", "x.toml", "--csms", "http://x").returncode == 2


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path):
    def files(name, seed):
        done = bench("run", SCENARIOS / "seq_3_1.toml", "--out", tmp_path / name, "--seed", seed)
        assert done.returncode == 0, done.stdout + done.stderr
        return [(tmp_path / name / file).read_bytes() for file in (*FILES, "summary.json")]

    first = files("a", 5)
    assert files("b", 5) == first
    assert files("c", 6)[1] != first[1]  # contacts close some microseconds earlier or later


def test_tls_gives_the_same_bytes_and_says_who_the_server_is(tmp_path):
    def files(name):
        out = tmp_path / name
        done = bench("run", SCENARIOS / "card_refused_wss.toml", "--out", out)
        assert done.returncode == 0, done.stdout + done.stderr
        settings = json.loads((out / "flash" / "settings.json").read_text())
        assert settings["csms_url"].startswith("wss://localhost:")
        return [(out / file).read_bytes() for file in FILES]

    assert files("a") == files("b")
