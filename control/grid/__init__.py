# SPDX-License-Identifier: MIT
"""Grid services: what the mains asks of a load, from the charger's own measurement."""
