"""The verdict: containment not supported, a delay of so many months, or cannot tell.

The rule. Every draw is a state of the world that the stated ranges allow; it counts against containment when the delay
left in it is shorter than `shortest_lead_months`.

1. Where recovery, gap or slope is refused: cannot tell, with the reason.
2. Where a share of at least `share_needed` of the draws counts against it: containment not supported.
3. Where as large a share does not, and at most half of the draws are held at the end of what the audit claims: delay.
4. Otherwise the ranges allow both: cannot tell.

Draws that are held save at least what is computed, so they can support 2 but not 3. Both thresholds are assumptions of
the campaign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np

from angelshare.core.delay import Tornado
from angelshare.core.records import Number, Refusal
from angelshare.govern.attributable_inputs import Inputs, central_values
from angelshare.govern.attributable_result import Result
from angelshare.stats.panel import FloatArray

Verdict: TypeAlias = Literal["containment not supported", "delay", "cannot tell"]
"""What follows."""

NAMED = 3
"""Assumptions that the sentence names: those that matter most."""


def judge(
    result: Result,
    campaign: str,
    inputs: Inputs,
    *,
    values: Mapping[str, FloatArray],
    tornado: Sequence[Tornado],
) -> tuple[Verdict, str]:
    """Give the verdict and its sentence by the rule above."""
    if isinstance(result.left, Refusal):
        return "cannot tell", f"Cannot tell how much delay distillation leaves: {result.left.refused}."
    needed = central_values(inputs)["share_needed"]
    lead = central_values(inputs)["shortest_lead_months"]
    short = float(np.mean(result.left_draws < values["shortest_lead_months"]))
    named = _named(inputs, tornado)
    told = (
        f"the campaign '{campaign}' saves {_months(result.saved)} of a lead of {_months(result.without)}; with the "
        f"{_months(result.calendar)} that campaign and training take, {_months(result.left)} are left, "
        f"{100 * result.left.level:.0f} % intervals"
    )
    if short >= needed:
        return "containment not supported", (
            f"Containment not supported under these assumptions ({named}): {told}; in at least "
            f"{100 * needed:.0f} % of the draws less than {lead:g} months are left."
        )
    if 1 - short >= needed and not result.held:
        return "delay", f"Delay of {_span(result.left)} months under these assumptions ({named}): {told}."
    why = (
        "the campaign lies beyond what the audit measured, so more may be saved"
        if 1 - short >= needed
        else f"the ranges allow both more and less than the {lead:g} months that would count as containment"
    )
    return "cannot tell", f"Cannot tell under these assumptions ({named}): {told}; {why}."


def _named(inputs: Inputs, tornado: Sequence[Tornado]) -> str:
    """Name the assumptions that matter most and count the rest."""
    count = sum(item.on for item in inputs.assumptions)
    most = [bar.assumption.replace("_", " ") for bar in tornado if bar.at_low != bar.at_high][:NAMED]
    return f"{count} in all; {', '.join(most)} matter most" if most else f"{count} in all"


# worded here as in measure.verdict: a sentence must be the same in every format


def _months(number: Number) -> str:
    """Word a number of months with its ends."""
    if isinstance(number, Refusal):
        return f"an unknown number of months ({number.refused})"
    if number.high is None:
        return f"at least {number.low or 0.0:.1f} months"
    if number.low is None:
        return f"at most {number.high:.1f} months"
    return f"{number.value:.1f} months ({number.low:.1f} to {number.high:.1f})"


def _span(number: Number) -> str:
    if isinstance(number, Refusal):
        return "unknown"
    return f"{number.low or 0.0:.1f} to {number.high:.1f}" if number.high is not None else f"at least {number.low:.1f}"
