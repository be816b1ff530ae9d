# SPDX-License-Identifier: MIT
"""An App with a charger of twenty lines, for tests of the services around the real one."""

from control.guard import Guard
from control.limits import BOARD, Limits
from control.readings import PILOT_PWM, PILOT_X1, Command, Readings
from firmware.clock import Clock
from firmware.settings import defaults


class Pilot:
    """State of the pilot, 0 to 5."""

    def __init__(self):
        self.state = 0


class Frequency:
    """A quiet grid."""

    slow_mhz = 49987
    valid = True
    nominal_mhz = 50000
    rocof_mhz_s = 0

    def trim(self, ppm):
        """The clock of a test is exact."""


class FakeCharger:
    """Obeys at once: closes when it may, opens when it must."""

    def __init__(self):
        self.pilot = Pilot()
        self.command = Command()
        self.limits = Limits()
        self.limits.offer(BOARD, 16000, 0)
        self.limits.resolve(0)
        self.frequency = Frequency()
        self.grid = None
        self.fault = 0
        self.plugged = False
        self.authorised = False
        self.offer_ma = 0
        self.phases = 3
        self.asked_phases = []

    def authorise(self, on):
        """Take note."""
        self.authorised = on

    def request_phases(self, phases):
        """Take note."""
        self.asked_phases.append(phases)

    def step(self, now_ms):
        """Close and open."""
        limit_ma = self.limits.resolve(now_ms)
        on = self.authorised and self.plugged and limit_ma >= 6000 and not self.fault
        self.command.pilot_mode = PILOT_PWM if on else PILOT_X1
        self.command.contactor = 1 if on else 0
        self.pilot.state = (2 if on else 1) if self.plugged else 0
        self.offer_ma = limit_ma if on else 0


class Log:
    """Keeps (name, fields)."""

    def __init__(self):
        self.events = []

    def event(self, name, **fields):
        """Keep an event."""
        self.events.append((name, fields))

    def names(self):
        """Names only."""
        return [name for name, _ in self.events]


class Board:
    """Holds the readings. The mains is timed by nothing."""

    mains_driver = ("control.frequency", "", ())

    def __init__(self):
        self.readings = Readings()


class FakeApp:
    """Time is set by hand: `ms`. Starts a little before the ticks wrap."""

    def __init__(self, now_ms=None, **settings):
        self.ms = (1 << 30) - 1500
        self.now_ms = now_ms or self.ticks
        self.settings = defaults()
        for key, value in settings.items():
            setattr(self.settings, key, value)
        self.clock = Clock(self.now_ms)
        self.log = Log()
        self.charger = FakeCharger()
        self.board = Board()
        self.guard = Guard()
        self.board.readings.meter_age_ms = 0
        self.board.readings.energy_wh = 5000
        self.station = None
        self.transactions = None
        self.grid = None

    def open_grid(self):
        """The real grid services, around this charger."""
        if self.grid is None:
            from firmware.grid import GridService

            self.grid = GridService(self)
        return self.grid

    def ticks(self):
        """The clock of the App."""
        return self.ms & 0x3FFFFFFF

    def run(self, ms):
        """Let time pass: the charger steps and the transactions are polled every 100 ms."""
        for _ in range(ms // 100):
            self.ms += 100
            self.charger.step(self.now_ms())
            self.transactions.poll(self.now_ms())


def finished(answer):
    """An answer as a whole, also one that comes in pieces."""
    while hasattr(answer, "send"):
        try:
            next(answer)
        except StopIteration as end:
            answer = end.value
    return answer
