"""What a measured number is called, for people, wherever it is named: pages, diffs, alerts, comparisons."""

from __future__ import annotations

import re

_UNITS = {"months": "months", "usd": "US$", "flop": "FLOP", "days": "days"}
_UNIT = re.compile(rf"_({'|'.join(_UNITS)})(?= |$)")


def number_name(name: str) -> str:
    """Say what a number is: "recovery_at_3000" is "recovery at 3,000 queries", "delay_months" is "delay"."""
    if found := re.fullmatch(r"recovery_at_(\d+)", name):
        return f"recovery at {int(found[1]):,} queries"
    if found := re.fullmatch(r"dose_to_(\d+)", name):
        return f"queries to {found[1]} % of the gap"
    return _UNIT.sub("", name).replace("_", " ")


def unit_of(name: str) -> str:
    """Give the unit that a name ends in, as it is printed: "months" of "delay_months on gpqa"; "" for a pure number."""
    found = _UNIT.search(name)
    return _UNITS[found[1]] if found else ""
