# SPDX-License-Identifier: MIT
"""TMP1075 and relatives (LM75 family): temperature over I2C, in tenths of a degree.

Register 0 holds the temperature as 16 bits, big-endian, 1/256 degree Celsius (TI SBOS854, 8.5.1);
12 bits of it count.

    sensor = Tmp1075(I2C(0, sda=Pin(16), scl=Pin(17), freq=100000), 0x48)
    sensor.poll(now_ms)     # now and then; reads once a second, takes 0.4 ms then
    sensor.dc, sensor.age_ms(now_ms)
"""

_EVERY_MS = 1000
_NEVER_MS = 1 << 28


class Tmp1075:
    """The last reading stays; `age_ms` tells how old it is, `errors` how often none came."""

    def __init__(self, i2c, address=0x48):
        self._i2c = i2c
        self._address = address
        self._buffer = bytearray(2)
        self._asked_ms = -1
        self._answered_ms = -1
        self.dc = 0
        self.errors = 0

    def poll(self, now_ms):
        """Read when a second has passed since the last time; an error only lets the age grow."""
        if self._asked_ms >= 0 and (now_ms - self._asked_ms) & 0x3FFFFFFF < _EVERY_MS:
            return
        self._asked_ms = now_ms
        try:
            self._i2c.readfrom_mem_into(self._address, 0, self._buffer)
        except OSError:
            self.errors += 1
            return
        code = (self._buffer[0] << 8 | self._buffer[1]) >> 4
        if code & 0x800:
            code -= 0x1000
        self.dc = code * 10 // 16
        self._answered_ms = now_ms

    def age_ms(self, now_ms):
        """Milliseconds since the sensor last answered; 2**28 for never."""
        if self._answered_ms < 0:
            return _NEVER_MS
        return (now_ms - self._answered_ms) & 0x3FFFFFFF
