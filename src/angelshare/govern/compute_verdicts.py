"""Compare what a rule-set counts with what it draws a line at: yes, no, or depends, each with its words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from angelshare.core.compute import ModelCard, Seen, Threshold
from angelshare.core.record import record
from angelshare.govern.compute_draws import Drawn, Settings, Span, plus
from angelshare.govern.compute_lines import WorkedLine
from angelshare.stats.intervals import percentile_ends

_OTHERS = ("inherited_weights", "parent_training")
"""Kinds that others paid for, unless the model states a cost."""


TEN = 10.0
"""From here on a factor is printed without decimals."""


@record
class Sorted:
    """A model's lines as one rule-set sorts them."""

    counted: Sequence[WorkedLine]
    """Lines it counts."""

    excluded: Sequence[WorkedLine]
    """Lines it leaves out."""

    unsettled: Sequence[WorkedLine]
    """Lines its text does not settle."""


@record
class Measured:
    """One condition of a threshold with a number in it."""

    amount: Span
    """What is counted, or spent."""

    limit: Span
    """What it is compared with; between its readings where the base is unknown and two fallbacks may hold."""

    unit: str
    """FLOP or dollars."""


@record
class Condition:
    """How one condition came out."""

    seen: Seen
    """Met, not met, or in part of the interval."""

    words: str
    """The condition and how it came out."""

    flip: str
    """What would change it; "" if nothing is known that would."""

    trait: bool = False
    """It is about what the model is, not how much it took."""


def all_of(answers: Sequence[Seen]) -> Seen:
    """Join conditions that must all hold."""
    if "no" in answers:
        return "no"
    return "depends" if "depends" in answers else "yes"


def against(measured: Measured, settings: Settings, *, at_least: bool) -> Seen:
    """Say whether an amount lies beyond a limit over its whole interval, nowhere in it, or in part of it."""
    low, _ = percentile_ends(measured.amount.least.draws / measured.limit.most.draws, settings.level)
    _, high = percentile_ends(measured.amount.most.draws / measured.limit.least.draws, settings.level)
    if _beyond(low, at_least=at_least):
        return "yes"
    return "no" if not measured.amount.open_above and not _beyond(high, at_least=at_least) else "depends"


def constant(value: float, settings: Settings) -> Span:
    """Make a span of a number without doubt."""
    one = Drawn(low=value, central=value, high=value, draws=np.full(settings.draws, value))
    return Span(least=one, most=one)


def flop_span(counted: Sequence[WorkedLine], unsettled: Sequence[WorkedLine], settings: Settings) -> Span:
    """Add the FLOP of lines: counted ones in both readings, unsettled ones in the larger."""
    sure = [line.flop for line in counted if line.flop is not None]
    more = [line.flop for line in unsettled if line.flop is not None]
    return Span(
        least=plus(sure, settings.draws),
        most=plus([*sure, *more], settings.draws),
        open_above=any(line.flop is None for line in (*counted, *unsettled)),
    )


def cost_span(lines: Sorted, settings: Settings) -> Span | None:
    """Add the dollars of lines; None if no line states a cost. Lines of others' spending cost this party nothing."""
    both = (*lines.counted, *lines.unsettled)
    if not any(line.cost is not None for line in both):
        return None
    sure = [line.cost for line in lines.counted if line.cost is not None]
    more = [line.cost for line in lines.unsettled if line.cost is not None]
    return Span(
        least=plus(sure, settings.draws),
        most=plus([*sure, *more], settings.draws),
        open_above=any(line.cost is None and (line.line.cost or line.line.kind not in _OTHERS) for line in both),
    )


def traits(
    threshold: Threshold, card: ModelCard, worked: Sequence[WorkedLine], settings: Settings
) -> Sequence[Condition]:
    """Judge the conditions that are about what a model is, not how much it took."""
    found = []
    if threshold.domains:
        met = card.domain in threshold.domains
        names = " or ".join(threshold.domains).replace("_", " ")
        found.append(_trait(met, f"the model's domain is {card.domain.replace('_', ' ')}", f"a domain of {names}"))
    if threshold.weights is not None:
        met = card.weights == threshold.weights
        found.append(_trait(met, f"its weights are {card.weights}", f"{threshold.weights} weights"))
    if threshold.distilled:
        met = any(line.line.kind.startswith("synthetic") or line.line.kind == "parent_training" for line in worked)
        found.append(_trait(met, f"it {'has' if met else 'has not'} learned from a teacher's outputs", "a teacher"))
    if threshold.teacher_flop is not None:
        found.append(_teacher(threshold.teacher_flop, worked, settings))
    return found


def modifies(worked: Sequence[WorkedLine]) -> bool:
    """Say whether a model starts from weights of another."""
    return any(line.line.kind == "inherited_weights" for line in worked)


def base_limit(threshold: Threshold, card: ModelCard, worked: Sequence[WorkedLine], settings: Settings) -> Span | None:
    """Give the share of the base's compute, or what the text puts in its place; None if it has nothing to put there."""
    base = [line for line in worked if line.line.kind == "inherited_weights"]
    known = [line.flop for line in base if line.flop is not None]
    if len(known) == len(base) and threshold.share_of_base is not None:
        share = threshold.share_of_base
        total = plus(known, settings.draws)
        one = Drawn(
            low=share * total.low, central=share * total.central, high=share * total.high, draws=share * total.draws
        )
        return Span(least=one, most=one)
    wanted = [
        fallback.flop
        for fallback in threshold.fallback
        if card.base_systemic_risk is None or fallback.base_systemic_risk == card.base_systemic_risk
    ]
    if not wanted:
        return None
    return Span(least=constant(min(wanted), settings).least, most=constant(max(wanted), settings).least)


def exchanges_needed(measured: Measured, lines: Sequence[WorkedLine], samples: Drawn, name: str) -> Drawn | None:
    """Find at how many exchanges the counted lines would reach the limit, all else as it is.

    FLOP of lines that count exchanges grow with their number; those of the others stay. None if the limit is reached
    without any, or the central value is beyond it already.
    """
    growing = [line.flop for line in lines if line.flop is not None and name in line.samples]
    if not growing:
        return None
    count = samples.draws.size
    grows = plus(growing, count)
    stays = plus([line.flop for line in lines if line.flop is not None and name not in line.samples], count)
    limit = measured.limit.least
    room = limit.draws - stays.draws
    central = limit.central - stays.central
    if central <= grows.central or bool((room <= 0).any()) or bool((grows.draws <= 0).any()):
        return None
    draws = samples.draws * room / grows.draws
    value = samples.central * central / grows.central
    return Drawn(low=float(draws.min()), central=value, high=float(draws.max()), draws=draws)


def amount(value: float, unit: str) -> str:
    """Print a number above 0 inside a sentence of the ledger, to two digits."""
    if unit == "dollars":
        return f"${_two_digits(value)}"
    if unit == "times":
        return f"{_two_digits(value)} times"
    exponent = math.floor(math.log10(value) + 1e-12)
    head = f"{value / 10**exponent:.2g}"
    return f"10^{exponent} {unit}" if head == "1" else f"{head} x 10^{exponent} {unit}"


def _two_digits(value: float) -> str:
    if value < TEN:
        return f"{value:.2g}"
    step = 10 ** (math.floor(math.log10(value)) - 1)
    return f"{round(value / step) * step:,.0f}"


def _teacher(flop: float, worked: Sequence[WorkedLine], settings: Settings) -> Condition:
    parent = [line for line in worked if line.line.kind == "parent_training"]
    needs = f"a teacher trained with more than {amount(flop, 'FLOP')}"
    if not parent:
        return Condition(seen="depends", words="the teacher's own training is not described", flip=needs, trait=True)
    measured = Measured(amount=flop_span(parent, (), settings), limit=constant(flop, settings), unit="FLOP")
    seen = against(measured, settings, at_least=False)
    unknown = measured.amount.open_above
    took = "an unknown amount of compute" if unknown else amount(measured.amount.least.central, "FLOP")
    return Condition(seen=seen, words=f"the teacher's own training took {took}", flip=needs, trait=True)


def _trait(met: bool, words: str, flip: str) -> Condition:  # noqa: FBT001 - local shorthand
    return Condition(seen="yes" if met else "no", words=words, flip="" if met else flip, trait=True)


def _beyond(ratio: float, *, at_least: bool) -> bool:
    return ratio >= 1 if at_least else ratio > 1
