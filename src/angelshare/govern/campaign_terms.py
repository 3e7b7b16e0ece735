"""What each figure means, its unit, the values it can take and the neutral value that removes its effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from angelshare.core.errors import PlanError, nearest


class Term(NamedTuple):
    """One named input of the counterfactual."""

    meaning: str
    """In words."""

    unit: str
    """The unit it is read in."""

    neutral: float | None
    """What it is when switched off; None is its central value (a measured input then loses its doubt)."""

    least: float
    """Smallest value that can be."""

    most: float
    """Largest value that can be."""

    hint: str = ""
    """What a value out of range probably is."""

    zero: bool = False
    """Whether 0 is allowed although `least` is above it: free tokens, no prompt."""


ANY = 1e15
"""No figure is larger: a guard against slips, not a claim."""

TINY = 1e-9
"""No figure that must be above zero is smaller."""

PER_MILLION = "give dollars per million tokens, not per token or per thousand"
TOKENS = "give tokens, not thousands of tokens"

TERMS: Mapping[str, Term] = {
    "accounts": Term("accounts that query side by side", "accounts", 1.0, 1.0, ANY),
    "requests_per_account_day": Term(
        "exchanges per account and day, averaged over the campaign", "exchanges per account and day", 1.0, TINY, ANY
    ),
    "days": Term("days the campaign lasts", "days", 1.0, TINY, 36_525.0, "a campaign lasts more than 0 days"),
    "output_tokens": Term(
        "tokens billed as output per exchange, hidden reasoning included", "tokens", 0.0, 16.0, 1e7, TOKENS, zero=True
    ),
    "input_tokens": Term("tokens billed as input per exchange", "tokens", 0.0, 4.0, 1e7, TOKENS, zero=True),
    "usd_per_million_out": Term(
        "price of output tokens", "US dollars per million tokens", 0.0, 1e-3, 1e5, PER_MILLION, zero=True
    ),
    "usd_per_million_in": Term(
        "price of input tokens", "US dollars per million tokens", 0.0, 1e-3, 1e5, PER_MILLION, zero=True
    ),
    "usable_share": Term(
        "yield: share of exchanges that can be trained on", "share", 1.0, TINY, 1.0, "give a share in (0, 1]"
    ),
    "skills": Term("skills the exchanges are spread over evenly", "skills", 1.0, 1.0, ANY),
    "exchanges_per_query": Term(
        "exchanges of the campaign that teach as much as one query of the audit", "exchanges", 1.0, TINY, ANY
    ),
    "transfer": Term(
        "general capability gained per share recovered of the audited task", "share", 1.0, 0.0, 1.0,
        "give a share in [0, 1]",
    ),
    "training_days": Term("days from the last exchange to the trained student", "days", 0.0, 0.0, 36_525.0),
    "budget_usd": Term("money for the teacher's tokens", "US dollars", None, TINY, ANY),
    "shortest_lead_months": Term(
        "shortest remaining lead that counts as containment", "months", 0.0, 0.0, 1200.0
    ),
    "share_needed": Term(
        "share of draws that must agree before a verdict is given", "share", 0.5, 0.5, 1.0, "give a share in [0.5, 1]"
    ),
    "recovery_position": Term(
        "where in its interval the recovery curve lies: -1 low end, 0 centre, 1 high end", "interval ends", None,
        -5.0, 5.0,
    ),
    "gap_points": Term("points between teacher and best open model", "points", None, TINY, ANY),
    "slope_points_per_year": Term("growth of the frontier", "points per year", None, TINY, ANY),
    "lag_months": Term("lead of the closed frontier without this distillation", "months", None, TINY, 1200.0),
}  # fmt: skip
"""Every input by name, in the order it is listed."""

OPTIONAL = ("budget_usd",)
"""Inputs of a campaign that may be absent; absent or switched off, they set no limit."""

MEASURED = ("recovery_position", "gap_points", "slope_points_per_year", "lag_months")
"""Inputs that come from data rather than from the campaign."""

THRESHOLDS = ("shortest_lead_months", "share_needed")
"""Inputs of the verdict alone."""


def check_value(name: str, value: float, where: str) -> None:
    """Refuse a value that the input `name` cannot take; `where` is for the message."""
    term = TERMS[name]
    if (term.zero and value == 0) or term.least <= value <= term.most:
        return
    if value <= 0 and term.least in (TINY, 1.0):
        raise PlanError(f"{where}: found {value:g} {term.unit}; it must be above 0")
    hint = f"; {term.hint}" if term.hint and value >= 0 else ""
    raise PlanError(f"{where}: {value:g} {term.unit} is outside {term.least:g} to {term.most:g}{hint}")


def known(name: str) -> str:
    """Give `name` back if it is an input. Raises PlanError with the nearest spelling if not."""
    if name not in TERMS:
        raise PlanError(f"no assumption named '{name}'; {nearest(name, TERMS)}")
    return name
