# SPDX-License-Identifier: MIT
# ruff: noqa: F821 - the names are those of MicroPython's manifests
"""For builds of MicroPython with the firmware frozen in: bytecode then stays in the flash.

docs/flashing.md says how. Frozen boot.py and main.py are run like those of the file system.
"""

metadata(version="0.2.0", description="Electric car charger", license="MIT")
package("control")
package("drivers")
package("firmware")
module("boot.py")
module("main.py")
