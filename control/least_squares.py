# SPDX-License-Identifier: MIT
"""Frequency and its rate of change from a row of edge times, by least squares, in integers.

A straight line through N + 1 edge times has the period as its slope; its error falls faster
than that of "last minus first" (sd = f^2 * jitter * sqrt(12 / (N (N+1) (N+2)))). The quadratic
term is the rate of change of frequency. `times` is a ring of 32 tick values in microseconds.
No value reaches 2**30.
"""

from micropython import const

# 26 points: weights of the linear term -25, -23 ... 25; those of the quadratic term are their
# squares less 225, which are orthogonal to any straight line. Sum of their squares over 4.
_BEND_NORM = const(262080)
_BEND_CYCLES = const(25)
_BENDS = (400, 304, 216, 136, 64, 0, -56, -104, -144, -176, -200, -216, -224)


def nominal_us(periods, nominal_mhz):
    """So many periods of the nominal frequency in us: periods * 10^9 / nominal within 31 bits."""
    whole_us = periods * (1000000000 // nominal_mhz)
    return whole_us + periods * (1000000000 % nominal_mhz) // nominal_mhz


def window_mhz(times, newest, cycles, nominal_mhz):
    """Frequency in mHz of the `cycles` periods that end with ring index `newest`.

    Slope S of the line through n = cycles + 1 points: 6 * sum(w_i t_i) / (n (n^2 - 1)) with
    w_i = 2 i - (n - 1). The frequency is found as a deviation from nominal, since 10^9 / S
    would not keep a millihertz in 31 bits. Valid for +-10 % around nominal.
    """
    early = newest - cycles
    weight = cycles
    total = 0
    while weight > 0:  # the last and the first have the same weight but for its sign, and so on
        total += weight * ((times[newest & 31] - times[early & 31]) & 0x3FFFFFFF)
        weight -= 2
        early += 1
        newest -= 1
    n = cycles + 1
    off = total - nominal_us(n * (n * n - 1) // 6, nominal_mhz)
    if cycles <= 8:
        part, rest = 1000, nominal_mhz // 1000
    else:
        part, rest = 100, nominal_mhz // 100
    share = total // rest
    return nominal_mhz - (off * part + share // 2) // share


def five_mhz(times, newest, nominal_mhz, at_nominal):
    """window_mhz(times, newest, 5, nominal_mhz) without its loop: it is due at each edge.

    at_nominal: nominal_us(35, nominal_mhz), the sum at nominal frequency.
    """
    total = (
        5 * ((times[newest] - times[(newest - 5) & 31]) & 0x3FFFFFFF)
        + 3 * ((times[(newest - 1) & 31] - times[(newest - 4) & 31]) & 0x3FFFFFFF)
        + ((times[(newest - 2) & 31] - times[(newest - 3) & 31]) & 0x3FFFFFFF)
    )
    share = total // (nominal_mhz // 1000)
    return nominal_mhz - ((total - at_nominal) * 1000 + share // 2) // share


def rocof_mhz_s(times, newest, nominal_mhz, mhz):
    """Rate of change of frequency over the last 25 cycles (500 ms at 50 Hz), mHz/s; mhz: theirs.

    With the edges at a + b i + c i^2 (us), df/dt = -2 c f^3. Range about +-20 Hz/s. Edges with
    the same weight, the first and the last and so on, are taken together.
    """
    early = newest - _BEND_CYCLES
    first = times[early & 31]
    late = newest
    line_us = _BEND_CYCLES * (1000000000 // nominal_mhz)  # a straight line's; vanishes in the sum
    total = 0
    for bend in _BENDS:
        total += bend * (
            ((times[early & 31] - first) & 0x3FFFFFFF)
            + ((times[late & 31] - first) & 0x3FFFFFFF)
            - line_us
        )
        early += 1
        late -= 1
    hz = nominal_mhz // 1000
    # 2e-6 * hz^3 * 1000 mHz per us of c: 250 at 50 Hz, 432 at 60 Hz.
    share = _BEND_NORM * 500 // (hz * hz * hz)
    rocof = -total // share
    # That is at nominal; it goes with the third power of the frequency.
    return rocof + 3 * rocof * (mhz - nominal_mhz) // nominal_mhz


def without_odd_mhz(times, newest, nominal_mhz, longest):
    """Mean frequency of the last 8 cycles but for the longest one (or the shortest), in mHz.

    A phase step makes one period too long or too short; without it nothing of the step is left.
    """
    odd_us = 0 if longest else 0x3FFFFFFF
    last_us = first_us = times[(newest - 8) & 31]
    for index in range(newest - 7, newest + 1):
        at_us = times[index & 31]
        period_us = (at_us - last_us) & 0x3FFFFFFF
        if (period_us > odd_us) if longest else (period_us < odd_us):
            odd_us = period_us
        last_us = at_us
    total_us = ((last_us - first_us) & 0x3FFFFFFF) - odd_us
    off_us = total_us - nominal_us(7, nominal_mhz)
    return nominal_mhz - nominal_mhz * off_us // total_us


def median_of_5(a, b, c, d, e):
    """The middle one of five numbers."""
    if a > b:
        a, b = b, a
    if c > d:
        c, d = d, c
    low = a if a > c else c  # the larger of the two smaller ones
    high = b if b < d else d
    if low > high:
        low, high = high, low
    return low if e < low else high if e > high else e
