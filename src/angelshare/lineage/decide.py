"""From ranks to words: when a teacher may be named, when it may be said that none shows, and when neither."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.lineage import Confounder, LineageWord
from angelshare.core.records import Estimate, Number
from angelshare.lineage.drift import FORMAT

MARGIN = 0.05
"""Standard deviations of the null projects' fit by which the named teacher must fit better than the next; chosen on the
development data."""
POWER = 0.7
"""`not shown` needs a test that finds this share of documented students."""


def word_of(
    p_value: float,
    laundered_p: float,
    *,
    attainable_p: float,
    margin: float | None,
    power: Number,
    drift: Sequence[Confounder],
    alpha: float,
) -> tuple[LineageWord, list[str]]:
    """Give the word for one teacher and the reasons for it.

    A suspect whose format was taken off is judged by the laundered text alone, and at worst `cannot tell`.
    """
    moved = [one.name for one in drift if one.outside]
    reasons: list[str] = []
    stripped, far = bool(set(moved) & FORMAT), bool(set(moved) - FORMAT)
    decisive = max(p_value, laundered_p) if not stripped else laundered_p
    if attainable_p > alpha:
        reasons.append(f"the panel allows no p-value below {attainable_p:.2g}, above the level {alpha:g}")
    if min(p_value, laundered_p) <= alpha < decisive:
        reasons.append("text as it is and text with its format taken off do not agree")
    close = decisive <= alpha and margin is not None and margin < MARGIN
    if close:
        reasons.append(f"another teacher fits within {MARGIN:g} standard deviations")
    if decisive <= alpha and not close and not far:
        said = "p of the text with its format taken off" if stripped else "p"
        return "derived", [*reasons, f"{said} = {decisive:.2g}, at most the level {alpha:g}"]
    reasons += [f"{name} is outside the range of the panel" for name in moved]
    strong = isinstance(power, Estimate) and power.value >= POWER
    if not strong:
        reasons.append(f"the power to find a student of this teacher is unknown or below {POWER:g}")
    silent = min(p_value, laundered_p) > alpha
    if silent and strong and not moved and attainable_p <= alpha:
        return "not shown", [f"p = {decisive:.2g}, above the level {alpha:g}"]
    return "cannot tell", reasons or [f"p = {decisive:.2g}, above the level {alpha:g}"]
