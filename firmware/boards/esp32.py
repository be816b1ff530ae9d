# SPDX-License-Identifier: MIT
"""Reference board with an ESP32 (WROOM-32, 30 pins): what is wired where.

Pins that move by themselves while the chip starts (0, 1, 3, 5, 12, 14, 15) drive no coil. Pins 34
to 39 have no pull resistors. Converter 1 only (32 to 39), since converter 2 stops beside Wi-Fi.
This chip has soft interrupts only, so the guard can be late by the length of a garbage collection
or a flash write: the hardware duties of docs/hardware.md are not optional here.
"""

CHIP = "esp32"
PHASE_WIRING = "4pole+relay"

# Pins driven low before anything else happens: main contactor, phase relay.
COILS = (27, 13)

METER_UART = 2
METER_TX, METER_RX = 17, 16
METER_BAUD = 19200

CP_PWM = 25
CP_CONNECT = 26  # 1 = pilot connected to the car
CONTACTOR = 27
PHASE_RELAY = 13  # 1 = L2 and L3 connected
CONTACTOR_FEEDBACK = 35
PHASE_FEEDBACK = 4
RCD_OK = 33
RCD_TEST = 23
PE_OK = 15  # earth monitor, 1 = protective earth good
LOAD_L1 = 2  # 1 = voltage on L1 behind the main contactor (optocoupler)

MAINS_TIMINGS = ("pcnt", "soft")
MAINS = 32  # square wave of L1
CLOCK_OUT, CLOCK_IN = 18, 19  # wired to each other: 1 MHz for the pulse counter

I2C = 0
I2C_SDA, I2C_SCL = 21, 22
TMP1075 = 0x48  # temperature sensor next to the contactor's terminals

READER_UART = 1
READER_TX, READER_RX = 5, 14  # 1 kohm in series with 14, which moves at start
READER_BAUD = 9600

LED = 12  # WS2812B; this pin must be low at start, which its input is
BUTTON = 0  # the one that is on every module
BUZZER = -1  # no pin left

PILOT_SENSES = ("peak_hold", "burst")
CP_HIGH, CP_LOW = 36, 39  # pin_mv = 1300 + cp_mv / 11; burst: the bare pilot at CP_HIGH
THERMISTOR = 39  # where burst leaves it free: 10 kohm to ground
THERMISTOR_PULL_UP_OHM = 10000
CP_OFFSET_MV = 1300
CP_RATIO = 11
PROXIMITY = 34
PROXIMITY_PULL_UP_OHM = 1000

MAX_MA = 32000  # contactor, terminals and tracks
