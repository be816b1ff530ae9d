# SPDX-License-Identifier: MIT
"""Which driver fits which part: a board names what it can be built with, the settings choose.

Each function takes the board's data (a module of boards/) and the settings; returns one driver.
A choice of "board" is the board's first one. The drivers of another chip or another choice are
never imported, so they cost no memory.
"""

from machine import UART, Pin

from drivers.proximity import Proximity


def choice(offered, wanted):
    """The wanted option if the board offers it, else its first one."""
    return wanted if wanted in offered else offered[0]


def pilot(data):
    """Control pilot output."""
    if data.CHIP == "esp32":
        from drivers.esp32.pilot_pwm import PilotPwm
    else:
        from drivers.pilot_pwm import PilotPwm
    return PilotPwm(data.CP_PWM)


def sense(data, settings):
    """Control pilot input; after `pilot`, whose counter the phase-locked one shares."""
    offset_mv, ratio = data.CP_OFFSET_MV, data.CP_RATIO
    kind = choice(data.PILOT_SENSES, settings.pilot_sense)
    if kind == "phase_locked":
        from drivers.rp2.phase_sense import PhaseSense

        return PhaseSense(
            data.CP_PWM,
            data.CP_HIGH,
            data.PROXIMITY,
            offset_mv,
            ratio,
            data.CP_SLICES,
            data.CP_DUTY,
        )
    if kind == "burst":
        from drivers.esp32.burst_sense import BurstSense

        return BurstSense(data.CP_HIGH, offset_mv, ratio)
    if data.CHIP == "esp32":
        from drivers.esp32.peak_sense import PeakSense

        return PeakSense(data.CP_HIGH, data.CP_LOW, offset_mv, ratio)
    from drivers.pilot_sense import PilotSense

    return PilotSense(data.CP_HIGH, data.CP_LOW, offset_mv, ratio)


def proximity(data, sense_driver):
    """Proximity input; the phase-locked sense owns the converter and reads it, too."""
    if hasattr(sense_driver, "read_u16"):
        return Proximity(data.PROXIMITY, data.PROXIMITY_PULL_UP_OHM, sense_driver)
    if data.CHIP == "esp32":
        from drivers.esp32.peak_sense import MicrovoltInput

        adc = MicrovoltInput(data.PROXIMITY)
        return Proximity(data.PROXIMITY, data.PROXIMITY_PULL_UP_OHM, adc)
    return Proximity(data.PROXIMITY, data.PROXIMITY_PULL_UP_OHM)


def mains(data, settings):
    """Zero crossings of the mains: (module, class, pins) of the driver; board.py makes it later.

    Every choice says `good_for_ffr` and `jitter_us`.
    """
    kind = choice(data.MAINS_TIMINGS, settings.mains_timing)
    if kind == "pio":
        return "drivers.rp2.mains_pio", "MainsPio", (data.MAINS,)
    if kind == "pcnt":
        pins = (data.MAINS, data.CLOCK_OUT, data.CLOCK_IN)
        return "drivers.esp32.mains_pcnt", "MainsPcnt", pins
    if kind == "soft":
        return "drivers.esp32.mains_soft", "MainsSoft", (data.MAINS,)
    return "drivers.mains", "Mains", (data.MAINS,)


def meter(data, settings):
    """Energy meter of the charger, by its name."""
    kind = settings.meter
    if kind == "bl0942":
        from drivers.bl0942 import Bl0942

        return Bl0942(_uart(data.METER_UART, 4800, data.METER_TX, data.METER_RX))
    from drivers.meter_modbus import ModbusMeter
    from drivers.modbus_rtu import ModbusRtu

    line = _uart(data.METER_UART, data.METER_BAUD, data.METER_TX, data.METER_RX)
    return ModbusMeter(ModbusRtu(line), kind)


def reader(data, settings):
    """Card reader."""
    if settings.card_reader == "mfrc522":
        from machine import SPI

        from drivers.mfrc522 import Mfrc522

        sck, mosi, miso, select = data.READER_SPI_PINS
        spi = SPI(data.READER_SPI, baudrate=1000000, sck=Pin(sck), mosi=Pin(mosi), miso=Pin(miso))
        return Mfrc522(spi, select)
    from drivers.card_reader import CardReader

    return CardReader(_uart(data.READER_UART, data.READER_BAUD, data.READER_TX, data.READER_RX))


def coil(data, settings):
    """The main contactor's coil: a pin, or one with an economiser."""
    if settings.coil_hold_pm < 1000:
        from drivers.coil import Coil

        return Coil(data.CONTACTOR, settings.coil_hold_pm)
    return Pin(data.CONTACTOR, Pin.OUT, value=0)


def temperature(data, settings):
    """Temperature sensor: on the board's I2C bus, or a thermistor on an analogue input."""
    if settings.temperature_sensor == "thermistor":
        from drivers.esp32.peak_sense import MicrovoltInput
        from drivers.thermistor import Thermistor

        return Thermistor(MicrovoltInput(data.THERMISTOR), data.THERMISTOR_PULL_UP_OHM)
    from machine import I2C

    from drivers.tmp1075 import Tmp1075

    bus = I2C(data.I2C, sda=Pin(data.I2C_SDA), scl=Pin(data.I2C_SCL), freq=100000)
    return Tmp1075(bus, data.TMP1075)


def _uart(number, baud, tx, rx):
    return UART(number, baudrate=baud, tx=Pin(tx), rx=Pin(rx))
