# SPDX-License-Identifier: MIT
"""What only an RP2040 can do: sampling and time stamps by DMA and PIO, without the processor."""
