# SPDX-License-Identifier: MIT
"""What a person sees, hears and presses at the charger: lamp, buzzer, button.

Each part is optional: a pin of -1 in the board's data leaves it out. `button.held`, `longs` (how
often it was held for three seconds) and the events "button" in the log are for whoever wants to
know; the panel decides nothing. Nobody else reads the button's pin.

    panel = Panel(board_data, charger, log)
    panel.poll(now_ms)      # each 20 ms
    panel.tapped()          # a card was read
"""

from control.limits import REASONS

_LED_EVERY = 5
_LONG = 2  # drivers.button.LONG
_PRESSES = ("none", "short", "long")


class Panel:
    """Owner of the lamp, the buzzer and the button; None where there is none."""

    def __init__(self, data, charger, log):
        self._charger = charger
        self._log = log
        self._turn = 0
        self.longs = 0
        self.led = self.button = self.buzzer = None
        if data.LED >= 0:
            try:
                from drivers.status_led import StatusLed

                self.led = StatusLed(data.LED)
            except ImportError:  # an interpreter without neopixel
                pass
        if data.BUTTON >= 0:
            from drivers.button import Button

            self.button = Button(data.BUTTON)
        if data.BUZZER >= 0:
            from drivers.buzzer import Buzzer

            self.buzzer = Buzzer(data.BUZZER)

    def tapped(self):
        """Say that a card was seen; whether it is good the central system knows later."""
        if self.buzzer:
            self.buzzer.tick()

    def poll(self, now_ms):
        """Move everything on; never waits."""
        if self.button:
            press = self.button.poll(now_ms)
            if press:
                self.longs += press == _LONG
                self._log.event("button", press=_PRESSES[press])
        if self.buzzer:
            self.buzzer.poll(now_ms)
        self._turn += 1
        if self.led and self._turn >= _LED_EVERY:
            self._turn = 0
            charger = self._charger
            self.led.show(
                charger.pilot.state,
                charger.offer_ma,
                charger.fault,
                REASONS[charger.limits.reason],
                now_ms,
            )
