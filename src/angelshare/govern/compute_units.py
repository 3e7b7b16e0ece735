"""Read quantities such as "4 to 8 thousand tokens/sample", and multiply their units.

    QUANTITY = NUMBER [SCALE] ["to" NUMBER [SCALE] ["to" NUMBER [SCALE]]] UNIT
    NUMBER   = 12 | 12.5 | 1.2e9 | 12_000
    SCALE    = thousand | million | billion | trillion

Two numbers are the ends of a range, three its low end, central value and high end. A scale word before the unit holds
for every number that has none of its own.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from angelshare.core.errors import PlanError, nearest
from angelshare.core.record import record

SCALES: Mapping[str, float] = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}

Dimensions = Mapping[str, int]
"""Exponent of each basic unit that a product is made of; a pure number has none."""

UNITS: Mapping[str, tuple[float, Dimensions]] = {
    "parameters": (1, {"parameter": 1}),
    "tokens": (1, {"token": 1}),
    "samples": (1, {"sample": 1}),
    "exchanges": (1, {"sample": 1}),
    "tokens/sample": (1, {"token": 1, "sample": -1}),
    "tokens/exchange": (1, {"token": 1, "sample": -1}),
    "epochs": (1, {}),
    "times": (1, {}),
    "percent": (0.01, {}),
    "FLOP": (1, {"FLOP": 1}),
    "FLOP/s": (1, {"FLOP": 1, "second": -1}),
    "FLOP/s/GPU": (1, {"FLOP": 1, "second": -1, "GPU": -1}),
    "FLOP/token": (1, {"FLOP": 1, "token": -1}),
    "GPUs": (1, {"GPU": 1}),
    "GPU-hours": (3600, {"GPU": 1, "second": 1}),
    "seconds": (1, {"second": 1}),
    "hours": (3600, {"second": 1}),
    "days": (86400, {"second": 1}),
    "dollars": (1, {"dollar": 1}),
    "dollars/GPU-hour": (1 / 3600, {"dollar": 1, "GPU": -1, "second": -1}),
    "dollars/million_tokens": (1e-6, {"dollar": 1, "token": -1}),
}
"""What a unit is worth in basic units, and which."""

_NUMBER = r"(\d+(?:_\d{3})*(?:\.\d+)?(?:[eE][+-]?\d+)?)(?: (thousand|million|billion|trillion))?"
_QUANTITY = re.compile(rf"{_NUMBER}(?: to {_NUMBER})?(?: to {_NUMBER})? (\S.*)")
_SLIPS: tuple[tuple[str, str], ...] = (
    (r"\s*-", "it is negative; a quantity of compute is not: leave the line out, or give its size"),
    (r".*\d\s?[kKMBT]\b", "write the scale as a word: thousand, million, billion or trillion"),
    (r".*\d,\d", "write numbers without commas: 12000, 12_000 or 12 thousand"),
    (r".*\d\s*(?:\^|\*\*)\s*\d", "write powers of ten as 1e25"),
    (r".*\d\s*(?:-|–|\.\.)\s*\d", "write a range with 'to': 4 to 8 thousand tokens"),
    (r"[\d_.eE+]+(?: (?:thousand|million|billion|trillion))?$", "it has no unit"),
)


@record
class Range:
    """A quantity in basic units."""

    low: float
    """Low end; may be 0."""

    central: float
    """Central value, above 0: half of the draws lie below it."""

    high: float
    """High end."""

    dimensions: Dimensions
    """Its unit."""


def parse_quantity(text: str, where: str) -> Range:
    """Read a quantity; the central value of two numbers is their geometric mean, or their middle if one is 0.

    Raises PlanError that says what was found, where, and what would do.
    """
    found = _QUANTITY.fullmatch(text)
    if found is None:
        hint = next((hint for pattern, hint in _SLIPS if re.match(pattern, text)), "give a number and a unit")
        raise PlanError(f"{where}: cannot read the quantity {text!r}: {hint}; for example '18 trillion tokens'")
    *parts, unit = found.groups()
    worth, dimensions = _unit(unit, text, where)
    numbers = _numbers(list(zip(parts[::2], parts[1::2], strict=True)), worth)
    if any(later < earlier for earlier, later in pairwise(numbers)):
        raise PlanError(f"{where}: the range {text!r} does not ascend: give the low end first")
    if not math.isfinite(numbers[-1]):
        raise PlanError(f"{where}: {text!r} is too large for a number")
    if unit == "percent" and numbers[-1] > 1:
        raise PlanError(f"{where}: {text!r} is more than 100 percent; for a repeat write it in times")
    low, high = numbers[0], numbers[-1]
    central = numbers[1] if len(numbers) == 3 else _middle(low, high)  # noqa: PLR2004 - low, central, high
    if central <= 0:
        raise PlanError(f"{where}: {text!r} is nothing: leave the line out, or give its size")
    return Range(low=low, central=central, high=high, dimensions=dimensions)


def product(dimensions: Iterable[Dimensions]) -> Dimensions:
    """Multiply units."""
    total: Counter[str] = Counter()
    for each in dimensions:
        total.update(each)
    return {name: power for name, power in sorted(total.items()) if power}


def unit_name(dimensions: Dimensions) -> str:
    """Name a unit: "FLOP/second", "parameter·token", "a pure number"."""
    above = [_power(name, power) for name, power in dimensions.items() if power > 0]
    below = [_power(name, -power) for name, power in dimensions.items() if power < 0]
    if not above and not below:
        return "a pure number"
    return "/".join(["·".join(above) or "1", *below])


def _unit(unit: str, text: str, where: str) -> tuple[float, Dimensions]:
    if unit in UNITS:
        return UNITS[unit]
    if unit.lower() in ("flops", "flop/second"):
        raise PlanError(
            f"{where}: {text!r}: {unit!r} can mean operations or operations a second; "
            "write 'FLOP' for an amount, 'FLOP/s' for a rate"
        )
    if "thousand" in unit.lower() or unit.startswith(("k", "K")):
        raise PlanError(
            f"{where}: {text!r}: a unit in thousands is not read; put the scale before the unit: '8 thousand tokens'"
        )
    if unit in SCALES:
        raise PlanError(f"{where}: {text!r} has no unit; say what it counts: '18 trillion tokens'")
    raise PlanError(f"{where}: {text!r}: unknown unit {unit!r}; {nearest(unit, UNITS)}")


def _numbers(parts: list[tuple[str | None, str | None]], worth: float) -> list[float]:
    given = [(float(number.replace("_", "")), scale) for number, scale in parts if number is not None]
    last = given[-1][1]
    return [number * SCALES.get(scale or last or "", 1.0) * worth for number, scale in given]


def _middle(low: float, high: float) -> float:
    if low == high:
        return low  # a square root squared may miss it by a rounding
    return math.sqrt(low) * math.sqrt(high) if low > 0 else high / 2


def _power(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"
