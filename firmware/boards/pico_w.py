# SPDX-License-Identifier: MIT
"""Reference board with a Raspberry Pi Pico W: what is wired where.

Hardware duties that no pin can take over: coils fall off while a pin is an input (pull-downs),
the residual-current monitor opens the contactor by itself, and the phase relay's coil is fed
through a mirror contact of the main contactor.

PHASE_WIRING says how L2 and L3 are switched:
"4pole+relay"  a four-pole main contactor, and in series a relay for L2/L3 that moves without load;
               all poles open together, as IEC 62955 asks where the contactor breaks a 6 mA fault
"2+2"          two two-pole contactors, L1/N and L2/L3, that close together (or L1/N alone); needs
               another device that breaks all poles on residual current (pico_w_2x2.py)
"""

CHIP = "rp2040"
PHASE_WIRING = "4pole+relay"

# Pins driven low before anything else happens: main contactor, phase relay.
COILS = (4, 5)

METER_UART = 0  # SDM630 over RS-485, transceiver with automatic direction
METER_TX, METER_RX = 0, 1
METER_BAUD = 19200

CP_PWM = 2
CP_CONNECT = 3  # 1 = pilot connected to the car
CONTACTOR = 4  # a MOSFET where the setting coil_hold_pm is used
PHASE_RELAY = 5  # 1 = L2 and L3 connected
CONTACTOR_FEEDBACK = 6
PHASE_FEEDBACK = 7
RCD_OK = 8
RCD_TEST = 9
MAINS_TIMINGS = ("irq", "pio")
MAINS = 10  # zero-crossing detector, one rising edge per cycle
PE_OK = 11  # earth monitor, 1 = protective earth good
LOAD_L1 = 12  # 1 = voltage on L1 behind the main contactor (optocoupler)

I2C = 0
I2C_SDA, I2C_SCL = 16, 17
TMP1075 = 0x48  # temperature sensor next to the contactor's terminals

READER_UART = 1
READER_TX, READER_RX = 20, 21
READER_BAUD = 9600
# The same connector with an MFRC522: SCK, MOSI, MISO, select.
READER_SPI, READER_SPI_PINS = 0, (18, 19, 20, 21)

LED = 22  # WS2812B
BUTTON = 15  # to ground
BUZZER = 14

# peak_hold: two peak detectors. phase_locked: the bare pilot at CP_HIGH, and at CP_DUTY, if it is
# fitted (else -1), a comparator at 0 V. Slices without a pin in use pace the sampling.
PILOT_SENSES = ("peak_hold", "phase_locked")
CP_HIGH, CP_LOW = 26, 27  # adc_mv = 1650 + cp_mv / 8
CP_DUTY = 13
CP_SLICES = (5, 3, 4)
CP_OFFSET_MV = 1650
CP_RATIO = 8
PROXIMITY = 28
PROXIMITY_PULL_UP_OHM = 1000

MAX_MA = 32000  # contactor, terminals and tracks
