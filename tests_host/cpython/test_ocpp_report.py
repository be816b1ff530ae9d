# SPDX-License-Identifier: MIT
"""The report: a session with everything on the wire, and that a fault is a fault."""

import json

from tests_host.firmware.test_keys import ELSEWHERE
from tools.ocpp import __main__ as report
from tools.ocpp import cost, messages, page, speed, suites

# Limits that a test meets without naming the key.
TOLD_BY_OTHER_WORDS = (
    "LocalAuthListMaxLength",
    "CertificateStoreMaxLength",
)


def quiet(_):
    """Progress that nobody reads."""


def test_every_message_is_on_the_wire_and_within_the_schemas():
    numbers, errors, keys, findings = messages.seen()
    assert findings == []
    for action in messages.FROM_CSMS:
        assert numbers.get(("in", action)), action
    for action in messages.FROM_STATION:
        assert numbers.get(("out", action)) or action in messages.WITHOUT, action
    for action in ("SignedFirmwareStatusNotification", "LogStatusNotification", "DataTransfer"):
        assert numbers[("out", action)]
    assert set(errors) <= {"CertificateSigned"}  # its chain here is none
    assert set(messages.REQUIRED_KEYS) <= set(keys)
    assert "value" not in keys["AuthorizationKey"]  # a secret is never told


def test_the_tests_that_show_what_a_key_does_are_there():
    for key, name in ELSEWHERE.items():
        module, function = name.split(".")
        (path,) = (messages.ROOT / "tests_host").rglob(module + ".py")
        text = path.read_text(encoding="utf-8")
        assert f"def {function}(" in text, key
        assert key in text or key in TOLD_BY_OTHER_WORDS, key


def test_round_trips_over_ws():
    got = speed.measure(seconds=1)
    assert "error" not in got, got
    assert got["findings"] == [] and got["round_trips"] > 20 and got["largest_frame"] > 12000
    assert 0 < got["highest"] - got["loaded"] <= speed.BUDGET_BYTES
    assert got["after"] <= got["settled"] + 4096


def section(faults=()):
    """A part of a report."""
    return {"title": "T<", "about": "a", "columns": ["c"], "rows": [["<b>"]],
            "faults": list(faults), "summary": "s"}  # fmt: skip


def test_exit_status_and_files(tmp_path, monkeypatch, capsys):
    for faults, status in (((), 0), (("broken <here>",), 1)):
        monkeypatch.setattr(messages, "section", lambda progress: (section(), section()))
        monkeypatch.setattr(speed, "section", lambda progress: section())
        monkeypatch.setattr(cost, "section", lambda progress: section())
        monkeypatch.setattr(suites, "composite", lambda *_, f=faults: section(f))
        monkeypatch.setattr(suites, "power_cuts", lambda *_: section())
        monkeypatch.setattr(suites, "hostile", lambda *_: section())
        monkeypatch.setattr(suites, "fuzzer", lambda *_: section())
        assert report.main(["--out", str(tmp_path)]) == status
        kept = json.loads((tmp_path / "report.json").read_text())
        assert kept["ok"] is (status == 0) and len(kept["sections"]) == 8
        text = (tmp_path / "report.html").read_text()
        assert "&lt;b&gt;" in text and "<b>" not in text
        assert ("broken &lt;here&gt;" in text) is (status == 1)
    assert "FAULT" in capsys.readouterr().out


def test_a_suite_that_cannot_run_is_a_fault():
    cases, bad = suites._pytest(["tests_host/firmware/test_hostile.py"], "no_such_test_here")
    assert cases == [] and bad


def test_nothing_of_ours_blocks_longer_than_the_flash():
    by_name = {what: ms for what, _, ms in cost.pieces()}
    flash_ms = by_name["a write to the flash"]
    for what, ms in by_name.items():
        if "all pieces" not in what:
            assert 0 < ms <= flash_ms, what
    assert by_name["SetChargingProfile with 24 periods, longest piece"] < 15
    assert by_name["GetCompositeSchedule of 24 periods, longest piece"] < 15


def test_page_needs_no_network():
    text = page.html({"ok": True, "faults": 0, "seconds": 1, "sections": [section()]})
    assert "http" not in text and "src=" not in text
