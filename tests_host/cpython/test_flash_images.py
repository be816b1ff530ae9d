# SPDX-License-Identifier: MIT
"""The other ways onto a board: manifest.py, ROMFS, mip; each built and, where it can, booted."""

import functools
import hashlib
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests_host.cpython.flash_rig import wait_for_prompt
from tools.bench import simlink
from tools.bench.scenario import load
from tools.flash import boards, build, frozen, images, install, packs
from tools.flash.desk.cable import Desk, boot, new_flash
from tools.flash.device import Device
from tools.runtimes import micropython
from tools.tree import ROOT, device_files

SCENARIO = ROOT / "tools" / "bench" / "scenarios" / "phase_switch.toml"


def manifest_files(root=ROOT):
    """The files that manifest.py names, by the meaning of its functions in MicroPython's docs."""
    found, about = [], {}

    def package(name):
        found.extend(path.relative_to(root) for path in (root / name).rglob("*.py"))

    def module(name):
        found.append(Path(name))

    names = {"metadata": about.update, "package": package, "module": module}
    exec((root / "manifest.py").read_text("utf-8"), names)
    return sorted(found), about


def test_manifest_freezes_exactly_the_firmware(tmp_path):
    files, about = manifest_files()
    assert files == device_files()
    assert about["version"].count(".") == 2
    for number, path in enumerate(files):
        build.compile_file(path, tmp_path / ("%d.mpy" % number), "armv6m")


@pytest.mark.parametrize("board", ["pico_w", "esp32"])
def test_what_is_frozen_for_a_board_is_what_flash_compiles(board, tmp_path):
    folder = frozen.write(board, tmp_path / "frozen").parent
    files, _ = manifest_files(folder)
    flashed = build.application(board, tmp_path / "mpy")
    assert {path.with_suffix(".mpy").as_posix() for path in files} == set(flashed)
    for path in files:
        target = tmp_path / "again" / path.with_suffix(".mpy")
        build.compile_file(path, target, boards.chip(board).architecture, source=folder / path)
        assert target.read_bytes() == flashed[path.with_suffix(".mpy").as_posix()]


def test_mip_json_is_current():
    assert images.MIP.read_text("utf-8") == images.mip_text(), "run: make romfs"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    handler = functools.partial(Quiet, directory=str(ROOT))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "http://127.0.0.1:%d/" % server.server_port
    server.shutdown()
    server.server_close()


def test_mip_installs_every_file(tmp_path, web):
    image = new_flash(tmp_path / "flash.img", kilobytes=1408)
    boot(image)
    few = json.loads(images.mip_text())
    few["urls"] = [[to, web + url] for to, url in few["urls"]][::7]  # the whole takes minutes
    short = tmp_path / "mip.json"
    short.write_text(json.dumps(few))
    with Desk(image) as board:
        wait_for_prompt(board)
        command = [sys.executable, "-m", "mpremote", "connect", board.port, "mip", "install"]
        command += ["--target", "/", str(short)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        device = Device(board.port)
        for path, _ in few["urls"]:
            wanted = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
            assert device.hash_of("/" + path) == wanted
        device.close()


@pytest.fixture(scope="module")
def rom(tmp_path_factory):
    return images.romfs("pico_w", tmp_path_factory.mktemp("romfs"))


def test_two_applications_and_the_records_fit_a_pico(tmp_path):
    files = packs.bundle(build.application("pico_w", tmp_path / "mpy"))
    with Desk(new_flash(tmp_path / "flash.img", kilobytes=848)) as board:
        wait_for_prompt(board)
        device = Device(board.port)
        for number in range(2):
            todo = install.plan(device, {**files, "extra": b"%d" % number})
            todo.check_space()
            install.carry_out(device, todo, "x", lambda line: None)
            device.replace(install.POINTER, b'{"slot": "%s"}' % todo.target.encode())
        assert todo.target == "app_b"
        assert device.about()["free"] > 100 * 1024
        device.close()


def test_romfs_holds_the_application_for_each_board(tmp_path):
    for board in boards.names():
        assert images.romfs(board, tmp_path).stat().st_size > 50000


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    files = build.application("pico_w", folder / "mpy")
    for name, data in packs.bundle(files).items():
        (folder / name).write_bytes(data)
    return folder


def test_packs_of_older_tools_can_still_be_imported(tmp_path):
    """After an update the chooser is the new one, and the application to go back to is not."""
    source = tmp_path / "plain.py"
    source.write_text("x = 6 * 7\n")
    build.compile_file(source, tmp_path / "plain.mpy", "armv6m")
    old = (tmp_path / "plain.mpy").read_bytes()
    (tmp_path / "root.pack").write_bytes(b"plain.mpy 0 %d\n\n" % len(old) + old)
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, vfs\nsys.path[0] = %r\nfrom app_packs import Packs\n"
        "vfs.mount(Packs(%r), '/app')\nsys.path.insert(0, '/app')\nimport plain\n"
        "print(plain.x, plain.__file__)\n"
        % (str(ROOT / "tools" / "flash" / "root"), str(tmp_path))
    )
    done = subprocess.run(
        [micropython(), str(script)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["42", "/app/plain.mpy"], done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["rom", "packed"])
def test_the_compiled_firmware_charges_a_car(kind, request, tmp_path):
    rom = request.getfixturevalue(kind)
    scenario = load(SCENARIO)
    out = tmp_path / "out"
    simlink.prepare(out, dict(scenario.settings))
    config = simlink.simulator_config(scenario, out, 1, False, "none")
    trial = {"slot": "app_b", "previous": "app_a", "tries": 2}
    (out / "flash" / "app.json").write_text(json.dumps(trial))
    config["repo"] = "/rom"
    config["duration_s"] = 40
    (out / "sim.json").write_text(json.dumps(config))
    script = str(ROOT / "tests_host" / "cpython" / "rom_run.py")
    done = subprocess.run(
        [micropython(), "-X", "heapsize=4M", script, str(ROOT), str(rom), str(out / "sim.json")],
        cwd=out / "flash",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout[-1000:]
    assert '"closed": true' in done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["bench"] == "done"
    assert '"event": "app_confirmed"' in done.stdout
    kept = json.loads((out / "flash" / "app.json").read_text())
    assert kept == {"slot": "app_b", "previous": "app_a"}
    rows = (out / "trace.csv").read_text().splitlines()
    assert any(
        row.split(",")[5].startswith("C") and float(row.split(",")[10]) > 0 for row in rows[1:]
    )


def test_the_chooser_starts_from_rom_when_there_is_no_folder(tmp_path):
    stage = tmp_path / "stage"
    stage.mkdir()
    (stage / "boot.py").write_text("print('coils off')\n")
    (stage / "main.py").write_text("def main():\n    print('from rom', __file__)\n")
    (stage / "files.json").write_text("{}")
    image = tmp_path / "x.romfs"
    command = [sys.executable, "-m", "mpremote", "romfs", "-o", str(image), "build", str(stage)]
    subprocess.run(command, check=True, capture_output=True)
    flash = new_flash(tmp_path / "flash.img")
    with Desk(flash) as board:
        wait_for_prompt(board)
        device = Device(board.port)
        for name, data in build.root_files().items():
            device.write("/" + name, data)
        device.close()
    text = boot(flash, rom=str(image))
    assert "coils off" in text
    assert "from rom /rom/main" in text
    assert "no application: run make flash" in boot(flash)
