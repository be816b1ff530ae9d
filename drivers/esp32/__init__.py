# SPDX-License-Identifier: MIT
"""What an ESP32 needs done differently: its PWM, its ADC, its clocks, its soft interrupts."""
