# SPDX-License-Identifier: MIT
"""First file of the charger: the chosen application makes its coils safe. Never changes."""

import app_select

app_select.boot()
