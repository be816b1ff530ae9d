# SPDX-License-Identifier: MIT
"""Second file of the charger: runs the chosen application. Never changes."""

import app_select

app_select.run()
