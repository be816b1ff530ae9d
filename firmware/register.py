# SPDX-License-Identifier: MIT
"""The energy register transactions are billed by: it only ever goes up.

A meter may be exchanged, start again at zero, or answer nonsense once. A reading below the last
one, or far above what the charger could have delivered since, is not believed for a minute; if
it stays, the register goes on counting from where it was, by the new meter's steps.
"""

from micropython import const

from firmware.journal import read_json, write_json

_FILE = "register.json"
_DOUBT_S = const(60)
_JUMP_WH = const(10000)
_WH_PER_S = const(20)  # 80 A on three phases are 15 Wh in a second


class Register:
    """`wh`: the register in Wh. `take` a reading; `at_least` what is known from before."""

    def __init__(self, note):
        self._note = note  # callable(event, **fields)
        self.wh = 0
        self._offset_wh = 0  # register minus meter
        self._believed_s = None  # uptime of the last reading that was believed
        self._doubt_s = None  # uptime since which readings have not been believed
        kept = read_json(_FILE)
        if isinstance(kept, list) and len(kept) == 2:
            if all(isinstance(value, int) and abs(value) < 1 << 40 for value in kept):
                self.wh, self._offset_wh = kept

    def at_least(self, wh):
        """Never show less than this: it has been billed."""
        self.wh = max(self.wh, wh)

    def take(self, meter_wh, uptime_s):
        """A reading of the meter, in Wh."""
        wh = meter_wh + self._offset_wh
        if self._believed_s is None:
            plausible = wh >= self.wh
        else:
            most_wh = self.wh + _JUMP_WH + _WH_PER_S * (uptime_s - self._believed_s)
            plausible = self.wh <= wh <= most_wh
        if not plausible:
            if self._doubt_s is None:
                self._doubt_s = uptime_s
            if uptime_s - self._doubt_s < _DOUBT_S:
                return
            self._offset_wh = self.wh - meter_wh
            self._note("meter_replaced", wh=self.wh, offset_wh=self._offset_wh)
            try:
                write_json(_FILE, [self.wh, self._offset_wh])
            except OSError as error:
                self._note("journal_failed", path=_FILE, why=str(error))
            wh = self.wh
        self.wh = wh
        self._believed_s = uptime_s
        self._doubt_s = None
