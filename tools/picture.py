# SPDX-License-Identifier: MIT
"""Makes docs/session.png, the picture of the README, from a real run of the bench.

Runs the default afternoon, lets the bench draw it, and photographs the page with a headless
Chromium (on the path as chromium, chromium-browser or google-chrome).

Usage: python -m tools.picture
"""

import shutil
import subprocess
import sys
import tempfile

from tools.bench import plots, record, report
from tools.tree import ROOT

SCENARIO = "tools/bench/scenarios/afternoon.toml"
OUT = ROOT / "out" / "afternoon"
PICTURE = ROOT / "docs" / "session.png"
TITLE = "A charging afternoon on the bench"
WIDTH = 1200
BORDER = 12
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# The page is a local file: nothing of the browser needs a network, a sandbox or a profile.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--virtual-time-budget=20000",
)


def photograph(browser, page, height):
    """Let the browser write PICTURE from the page."""
    with tempfile.TemporaryDirectory(prefix="gridpilot-browser-") as profile:
        command = [
            browser,
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--window-size={WIDTH + 2 * BORDER},{height}",
            f"--screenshot={PICTURE}",
            page.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode or not PICTURE.is_file():
        sys.exit(f"error: {browser} made no picture:\n{done.stderr}")


def main():
    """Run, draw, photograph."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"error: no browser for the picture: expected one of {', '.join(BROWSERS)}")
    bench = [sys.executable, "-m", "tools.bench", "run", SCENARIO, "--out", str(OUT)]
    if subprocess.run(bench, cwd=ROOT, check=False).returncode:
        sys.exit("error: the run did not hold; no picture of that")
    found = record.read(OUT)
    found.duration_ms = found.rows[-1]["t_ms"]
    page = OUT / "picture.html"
    report.write_picture(page, found, TITLE, WIDTH)
    height = sum(figure.height for figure in plots.picture(found, TITLE, WIDTH).children)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.unlink(missing_ok=True)
    photograph(browser, page, height + 3 * BORDER)
    print(f"picture {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
