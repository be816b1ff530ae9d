# SPDX-License-Identifier: MIT
"""What the firmware's OCPP can do, measured: `python -m tools.ocpp` writes the report."""
