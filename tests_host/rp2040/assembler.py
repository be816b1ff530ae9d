# SPDX-License-Identifier: MIT
"""An assembler for the few PIO instructions in use, written like MicroPython's rp2.asm_pio.

Encodings after the RP2040 datasheet, section 3.4. Written apart from MicroPython's own, so that
a program is read twice.
"""

CONDITIONS = {"x_dec": 2, "pin": 6, "not_x": 1, "not_osre": 7}


class Delayed:
    """The last instruction; an index after it adds a delay."""

    def __init__(self, code):
        self.code = code

    def __getitem__(self, delay):
        self.code[-1][0] |= delay << 8
        return self


def asm_pio(**options):
    """Decorator: keep the function and its options."""

    def decorate(function):
        function.pio_options = options
        return function

    return decorate


def assembled(function):
    """Words of a program; jumps may go forwards."""
    code, labels = [], {}

    def jmp(*target):
        condition = CONDITIONS[target[0]] if len(target) == 2 else 0
        code.append([condition << 5, target[-1]])
        return Delayed(code)

    def mov(to, source):
        code.append([0xA000 | to << 5 | source, None])
        return Delayed(code)

    def word(value):
        code.append([value, None])
        return Delayed(code)

    names = {
        "wrap_target": lambda: labels.setdefault("wrap_target", len(code)),
        "wrap": lambda: labels.setdefault("wrap", len(code)),
        "label": lambda name: labels.setdefault(name, len(code)),
        "jmp": jmp,
        "mov": mov,
        "nop": lambda: word(0xA042),
        "push": lambda mode: word({"noblock": 0x8000, "block": 0x8020}[mode]),
        "invert": lambda source: source | 8,
        "isr": 6,
        "x": 1,
        "noblock": "noblock",
        **{name: name for name in CONDITIONS},
    }
    scope = function.__globals__
    kept = {name: scope[name] for name in names if name in scope}
    scope.update(names)
    try:
        function()
    finally:
        for name in names:
            del scope[name]
        scope.update(kept)
    assert labels["wrap_target"] == 0 and labels["wrap"] == len(code) <= 32
    return [value | labels[to] if to is not None else value for value, to in code]
