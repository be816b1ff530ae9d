# SPDX-License-Identifier: MIT
"""A charger without hardware for the tests of flashing: a real MicroPython behind a real port."""
