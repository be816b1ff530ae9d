# SPDX-License-Identifier: MIT
"""The cable is pulled, or the power fails, at every step of an update.

The modules lie in packs, as those of the real application do. After each cut the board must boot
the old or the new application whole, and the same command run again must complete.
GRIDPILOT_ALL_CUTS=1 tries every single one.
"""

import os
import shutil

import pytest

from tests_host.cpython.flash_rig import application, install, running, wait_for_prompt
from tools.flash.__main__ import flash
from tools.flash.desk.cable import Desk, new_flash
from tools.flash.errors import FlashError
from tools.flash.packs import bundle

EVERY = bool(os.environ.get("GRIDPILOT_ALL_CUTS"))
SHARES = 4  # so that the workers of pytest can share the work


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A flash with version 2 running, version 1 in the other folder."""
    image = new_flash(tmp_path_factory.mktemp("flash") / "before.img")
    install(image, 1, packed=True)
    install(image, 2, packed=True)
    return image


def interrupted(image, new=3, **desk):
    """Try to install; return True when the cut came before the tool was done."""
    with Desk(image, **desk) as board:
        wait_for_prompt(board)
        try:
            files = bundle(application(new))
            flash(board.port, "pico_w", files, tell=lambda line: None, seconds=1)
        except FlashError as error:
            assert "\n" not in str(error)
            return True
    return False


def after_a_cut(image, old, new):
    """Boot, then finish the job."""
    version = running(image)
    assert version in (old, new)
    install(image, new, packed=True)
    assert running(image) == new
    return version


def survive(before, tmp_path, kind, places):
    """Cut at each of `places`; return the set of versions found running after the cuts."""
    found = set()
    for place in places:
        image = shutil.copy(before, tmp_path / "flash.img")
        interrupted(image, **{kind: place})
        found.add(after_a_cut(image, 2, 3))
    return found


def commands_of_an_update(before, tmp_path):
    image = shutil.copy(before, tmp_path / "trace.img")
    _, board = install(image, 3, packed=True)
    return board.waits[1:]


@pytest.mark.parametrize("share", range(SHARES))
def test_cable_pulled_at_each_command(before, tmp_path, share):
    ends = commands_of_an_update(before, tmp_path)
    assert len(ends) > 40
    step = 1 if EVERY else 3
    survive(before, tmp_path, "pull_after", ends[share :: SHARES * step])


@pytest.mark.parametrize("share", range(SHARES))
def test_cable_pulled_inside_a_command(before, tmp_path, share):
    last = commands_of_an_update(before, tmp_path)[-1]
    step = 16 if EVERY else 499
    survive(before, tmp_path, "pull_after", range(1 + share * step, last, SHARES * step))


def test_power_fails_in_the_middle_of_flash_writes(before, tmp_path):
    image = shutil.copy(before, tmp_path / "count.img")
    writes = 0
    while interrupted(shutil.copy(before, image), cuts=writes):
        running(image)
        writes += 8
    assert writes > 16  # an update writes the flash that often
    step = 1 if EVERY else 3
    found = survive(before, tmp_path, "cuts", range(1, writes, step))
    assert found == {2, 3}


def test_first_installation_cut_at_each_command(tmp_path):
    image = new_flash(tmp_path / "flash.img")
    _, board = install(image, 1, packed=True)
    for end in board.waits[1 :: 1 if EVERY else 9]:
        image = new_flash(tmp_path / "flash.img")
        interrupted(image, new=1, pull_after=end)
        install(image, 1)  # there was nothing to keep; the second run completes
        assert running(image) == 1


def test_plain_copy_at_the_root_is_old_or_new_after_each_cut(tmp_path):
    plain = new_flash(tmp_path / "plain.img")
    with Desk(plain) as board:
        wait_for_prompt(board)
        from tools.flash.device import Device

        device = Device(board.port)
        for path, data in application(1).items():
            start = b"\nmain()\n" if path == "main.py" else b""
            device.write("/" + path, data + start)
        device.close()
    assert running(plain) == 1
    image = shutil.copy(plain, tmp_path / "flash.img")
    _, board = install(image, 2)
    ends = board.waits[1:]
    for end in ends[: len(ends) * 2 // 3 : 1 if EVERY else 12] + ends[len(ends) * 2 // 3 :: 2]:
        image = shutil.copy(plain, tmp_path / "flash.img")
        interrupted(image, new=2, pull_after=end)
        after_a_cut(image, 1, 2)
