# SPDX-License-Identifier: MIT
"""Pilot tester: a second Pico (or the simulated bench) plays the car, the host gives verdicts."""
