"""The only place that prints a number: digits follow the width of the interval, refusals speak in words."""

from __future__ import annotations

import math

from angelshare.core.record import record
from angelshare.core.records import Estimate, Number, Refusal

MINUS = "\u2212"
_LARGE, _DIME, _SMALL = 1e7, 0.1, 1e-4
_FEWEST = {"months": 1}
"""Decimals that a unit keeps however wide the interval: sentences speak of months to a tenth, and tables must agree."""

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@record
class Printed:
    """A number in two parts, for layouts that set them apart."""

    value: str
    """Point value, one-sided bound, or "not stated"."""

    interval: str
    """Interval in brackets, level of a one-sided bound, or the reason of a refusal."""


def phrase(number: Number, *, unit: str = "", level: float = 0.95, least: int | None = None) -> str:
    """Print a number with its interval: "0.61 [0.52, 0.70]", "> 3,100 (95 %)", "not stated: ...".

    Args:
        number: what to print.
        unit: printed after it; "" for a pure number.
        level: the level the reader was told to expect; any other is printed.
        least: fewest decimals of a two-sided number; None for what the unit asks for, else what the interval carries.
    """
    if isinstance(number, Refusal):
        return f"not stated: {number.refused}"
    printed = parts(number, unit=unit, level=level, least=least)
    return f"{printed.value} {printed.interval}"


def parts(number: Number, *, unit: str = "", level: float = 0.95, least: int | None = None) -> Printed:
    """Print a number as value and interval; see `phrase`."""
    if isinstance(number, Refusal):
        return Printed(value="not stated", interval=number.refused)
    tail = f" {unit}" if unit else ""
    if number.low is None and number.high is None:
        return Printed(value=f"{_rounded(number.value)}{tail}", interval=f"not bounded ({percent(number.level)})")
    if number.high is None and number.low is not None:
        return Printed(value=f"> {_rounded(number.low, math.floor)}{tail}", interval=f"({percent(number.level)})")
    if number.low is None and number.high is not None:
        return Printed(value=f"< {_rounded(number.high, math.ceil)}{tail}", interval=f"({percent(number.level)})")
    return _two_sided(number, tail, level, _FEWEST.get(unit) if least is None else least)


def full(number: Number, *, unit: str = "", least: int | None = None) -> str:
    """Print everything a number carries, for a hover title."""
    if isinstance(number, Refusal):
        return phrase(number)
    said = phrase(number, unit=unit, least=least)
    pieces = [f"{said}; {percent(number.level)} interval", f"n = {count(number.n)}", number.method]
    return "; ".join(piece for piece in [*pieces, number.caution] if piece)


def count(value: float) -> str:
    """Print a counted or metered quantity, which has no interval: "3,000", "1.2 × 10¹²"."""
    if value != 0 and not _SMALL <= abs(value) < _LARGE:
        exponent = math.floor(math.log10(abs(value)))
        return f"{_fixed(value / 10**exponent, 2)} × {_power(exponent)}"
    if value == int(value):
        return _fixed(value, 0)
    return _fixed(value, max(0, 2 - math.floor(math.log10(abs(value)))))


def dollars(value: float) -> str:
    """Print US dollars, to cents where there are cents."""
    return f"${_fixed(value, 2 if value >= _DIME or value == 0 else 4)}"


def percent(level: float) -> str:
    """Print a level or share as a percentage that never breaks from its sign."""
    return f"{level * 100:.3g}\u00a0%"


def plain(value: float) -> str:
    """Print a tick of an axis."""
    return count(value) if abs(value) >= _LARGE else _fixed(value, 0 if value == int(value) else _tick_decimals(value))


def given(value: float) -> str:
    """Print a value that was read, not measured here, to at most five significant digits: "149.91", "0.05"."""
    kept = float(f"{value:.5g}")
    return count(value) if kept and not _SMALL <= abs(kept) < _LARGE else plain(kept)


def at_least(value: float) -> str:
    """Print a lower bound to a tenth, rounded down so that it stays true; "0" below a tenth."""
    return _fixed(math.floor(value * 10 + 1e-9) / 10, 1) if value >= _DIME else "0"


def at_most(value: float) -> str:
    """Print an upper bound to a tenth, rounded up so that it stays true."""
    return _fixed(math.ceil(value * 10 - 1e-9) / 10, 1)


def hundredths(value: float) -> str:
    """Print a computed quantity without an interval to two decimals, so that a column of them lines up."""
    return _fixed(value, 2)


def between(low: Estimate, high: Estimate, *, unit: str = "") -> str:
    """Print the span of two values, each to the digits of its unit or its own interval: "2.8 to 7.5"."""
    first, last = (_point(number, _FEWEST.get(unit)) for number in (low, high))
    return first if first == last else f"{first} to {last}"


def _point(number: Estimate, least: int | None) -> str:
    if number.low is None or number.high is None:
        return _rounded(number.value)
    said = _two_sided(number, "", number.level, least).value
    return said if number.value == 0 or said.strip("0.,") else _rounded(number.value)  # small, but not nothing


def _two_sided(number: Estimate, tail: str, level: float, least: int | None) -> Printed:
    """Print value and ends alike; numbers all below 1 keep two decimals, as in arviz, lest small shares read as 0."""
    low, high = float(number.low or 0.0), float(number.high or 0.0)
    size = max(abs(number.value), abs(low), abs(high))
    exponent = math.floor(math.log10(size)) if size and not _SMALL <= size < _LARGE else 0
    value, low, high = number.value / 10**exponent, low / 10**exponent, high / 10**exponent
    digits = _decimals(high - low, value)
    if digits < 0:
        digits = max(digits, min(0, -math.floor(math.log10(abs(value) or 1))))  # 5 [3, 64], never 10 [0, 60]
    if not exponent and size < 1:
        digits = max(digits, 2)
    if not exponent and least is not None:
        digits = max(digits, least)
    power = f" × {_power(exponent)}" if exponent else ""
    other = "" if math.isclose(number.level, level) else f" ({percent(number.level)})"
    if low > 0 and abs(round(low, digits) - low) > low / 3 and (exponent or size >= 10):  # noqa: PLR2004 - below it, small is small
        ends = (
            f"[{_rounded(number.low or 0.0)}, {_rounded(number.high or 0.0)}]{other}"  # decades apart: 12 [0.40, 670]
        )
        return Printed(value=f"{_rounded(number.value)}{tail}", interval=ends)
    return Printed(
        value=f"{_fixed(value, digits)}{power}{tail}",
        interval=f"[{_fixed(low, digits)}, {_fixed(high, digits)}]{power}{other}",
    )


def _decimals(width: float, value: float) -> int:
    """Give the fewest decimals whose last place is worth at most a fifth of the interval's width.

    Digits follow the uncertainty, as in arviz-stats, so that no digit is printed that the data do not carry.
    """
    if width > 0:
        return min(6, math.ceil(math.log10(5 / width) - 1e-9))
    return 2 if value == 0 else min(6, 2 - math.floor(math.log10(abs(value))))


def _rounded(value: float, towards: object = None) -> str:
    """Print to two significant digits; a bound is rounded to the side on which it stays true."""
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    step = 10.0 ** (exponent - 1)
    scaled = round(value / step, 9)
    whole = (
        math.floor(scaled) if towards is math.floor else math.ceil(scaled) if towards is math.ceil else round(scaled)
    )
    if not _SMALL <= abs(value) < _LARGE:
        return f"{_fixed(whole / 10, 1)} × {_power(exponent)}"
    return _fixed(whole * step, 1 - exponent)


def _fixed(value: float, decimals: int) -> str:
    text = f"{round(value, decimals):,.{max(0, decimals)}f}"
    if not text.strip("-0.,"):
        text = text.removeprefix("-")
    return text.replace("-", MINUS)


def _power(exponent: int) -> str:
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


def _tick_decimals(value: float) -> int:
    return len(f"{value:.6f}".rstrip("0").split(".")[1])
