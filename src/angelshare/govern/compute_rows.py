"""One row per threshold: what is counted, whether it is seen, how far off it is, and what would flip it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.compute import EvidenceLevel, ModelCard, RuleSet, State, Threshold, ThresholdRow
from angelshare.core.record import record
from angelshare.core.records import Number, Refusal
from angelshare.govern.compute_draws import Drawn, Settings, Span, number, quotient
from angelshare.govern.compute_lines import WorkedLine
from angelshare.govern.compute_verdicts import (
    Condition,
    Measured,
    Sorted,
    against,
    all_of,
    amount,
    base_limit,
    constant,
    cost_span,
    exchanges_needed,
    flop_span,
    modifies,
    traits,
)
from angelshare.govern.compute_words import by_amount, flips, main_words, tolerance
from angelshare.govern.rulesets import treatment_of, weakest

NOTHING = "this rule-set counts no line of this model for certain"


@record
class Case:
    """A model against one threshold of one rule-set."""

    card: ModelCard
    """The model."""

    worked: Sequence[WorkedLine]
    """Its lines."""

    samples: Mapping[str, Drawn]
    """Its quantities that count exchanges."""

    rules: RuleSet
    """The rule-set."""

    threshold: Threshold
    """The threshold."""

    state: State
    """How the rule-set stands."""

    settings: Settings
    """Level, draws, seed."""


def sort_lines(rules: RuleSet, threshold: Threshold, worked: Sequence[WorkedLine]) -> Sorted:
    """Sort a model's lines into what is counted towards a threshold, what is left out and what is not settled."""
    said = [
        (line, treatment_of(rules, line.line.kind)) for line in worked if line.line.kind not in threshold.leaves_out
    ]
    return Sorted(
        counted=[line for line, count in said if count is not None and count.counted == "yes"],
        excluded=[
            *(line for line, count in said if count is not None and count.counted == "no"),
            *(line for line in worked if line.line.kind in threshold.leaves_out),
        ],
        unsettled=[line for line, count in said if count is None],
    )


def threshold_row(case: Case) -> ThresholdRow:
    """Hold a model against one threshold."""
    rules, threshold = case.rules, case.threshold
    lines = sort_lines(rules, threshold, case.worked)
    own = _own(lines) if threshold.kind == "share_of_base" else lines
    span = flop_span(own.counted, own.unsettled, case.settings)
    measured = _measures(case, lines, own, span)
    main = measured.get(threshold.kind)
    conditions = [*_numeric(case, measured, lines), *traits(threshold, case.card, case.worked, case.settings)]
    seen = all_of([condition.seen for condition in conditions])
    traits_hold = all(one.seen != "no" for one in conditions if one.trait)
    needed = _exchanges(case, own, main) if seen != "yes" and traits_hold else None
    return ThresholdRow(
        rule_set=rules.id, instrument=rules.name, jurisdiction=rules.jurisdiction, threshold=threshold.name,
        kind=threshold.kind,
        counts_flop=number(span, case.settings, refused=_nothing(case, own)),
        threshold_flop=main.limit.least.central if main is not None and main.unit == "FLOP" else threshold.flop,
        counts_usd=_dollars(case, lines), threshold_usd=threshold.cost_usd, share=_share(case, span),
        threshold_share=threshold.share_of_base, seen=seen, why="; ".join(one.words for one in conditions),
        distance=_distance(case, main), exchanges_to_flip=needed,
        flips=flips(case.threshold, conditions, own, main, settings=case.settings, exchanges=needed),
        tolerance=tolerance(rules, threshold, own, span, settings=case.settings),
        counted=_names(lines.counted), excluded=_names(lines.excluded), unsettled=_names(lines.unsettled),
        treatment=rules.treatment, treatment_note=_treatment(rules), citation=_citation(case),
        state=case.state, status=rules.status, evidence=_evidence(case), verified_on=rules.verified_on,
    )  # fmt: skip


def _own(lines: Sorted) -> Sorted:
    """Leave out what came with the base: a share of it is about what was added."""
    kept = [
        [line for line in part if line.line.kind != "inherited_weights"]
        for part in (lines.counted, lines.excluded, lines.unsettled)
    ]
    return Sorted(counted=kept[0], excluded=kept[1], unsettled=kept[2])


def _measures(case: Case, lines: Sorted, own: Sorted, span: Span) -> Mapping[str, Measured]:
    """Set every number of a threshold against what it is compared with; what cannot be compared is absent."""
    threshold, settings = case.threshold, case.settings
    found: dict[str, Measured] = {}
    if threshold.flop is not None:
        whole = span if own is lines else flop_span(lines.counted, lines.unsettled, settings)
        found["cumulative_flop"] = Measured(amount=whole, limit=constant(threshold.flop, settings), unit="FLOP")
    if threshold.share_of_base is not None and modifies(case.worked):
        limit = base_limit(threshold, case.card, case.worked, settings)
        if limit is not None:
            found["share_of_base"] = Measured(amount=span, limit=limit, unit="FLOP")
    spent = cost_span(lines, settings)
    if threshold.cost_usd is not None and spent is not None:
        found["cost_usd"] = Measured(amount=spent, limit=constant(threshold.cost_usd, settings), unit="dollars")
    return found


def _numeric(case: Case, measured: Mapping[str, Measured], lines: Sorted) -> Sequence[Condition]:
    """Judge the conditions with a number in them, and those whose number is missing."""
    threshold = case.threshold
    found = []
    for kind, given in (
        ("cumulative_flop", threshold.flop),
        ("share_of_base", threshold.share_of_base),
        ("cost_usd", threshold.cost_usd),
    ):
        one = measured.get(kind)
        if one is not None:
            seen = against(one, case.settings, at_least=threshold.at_least)
            found.append(Condition(seen=seen, words=main_words(one, seen), flip=by_amount(one)))
        elif given is not None:
            found.append(_missing(kind, case))
    if threshold.kind == "judgement":
        found.append(Condition(seen="depends", words="the text names no number", flip=""))
    return found if found or lines.counted else [Condition(seen="depends", words=NOTHING, flip="")]


def _missing(kind: str, case: Case) -> Condition:
    if kind == "cost_usd":
        return Condition(
            seen="depends", words="no line it may count states a cost",
            flip=f"a stated cost above {amount(case.threshold.cost_usd or 0.0, 'dollars')}",
        )  # fmt: skip
    if not modifies(case.worked):
        return Condition(seen="no", words="the model starts from no other's weights", flip="inherited weights")
    return Condition(seen="depends", words="the base's compute is unknown and the text puts nothing in its place",
                     flip="a stated range for the base's compute")  # fmt: skip


def _exchanges(case: Case, own: Sorted, main: Measured | None) -> Number | None:
    """Give the number of exchanges that would reach the threshold, for models with one such quantity."""
    if main is None or main.unit != "FLOP" or len(case.samples) != 1 or main.amount.open_above:
        return None
    ((name, drawn),) = case.samples.items()
    needed = exchanges_needed(main, own.counted, drawn, name)
    if needed is None:
        return None
    return number(Span(least=needed, most=needed), case.settings, refused="",
                  caution="all else as it is; the teacher is asked more and the student trained on it")  # fmt: skip


def _distance(case: Case, main: Measured | None) -> Number:
    if main is None:
        return Refusal(refused="there is no number to hold against another")
    return quotient(main.limit, main.amount, case.settings, refused=NOTHING)


def _share(case: Case, span: Span) -> Number | None:
    if case.threshold.kind != "share_of_base":
        return None
    base = [line for line in case.worked if line.line.kind == "inherited_weights"]
    if not base:
        return Refusal(refused="the model starts from no other's weights")
    if any(line.flop is None for line in base):
        return Refusal(refused="the base's compute is unknown; the fallback is compared instead")
    return quotient(span, flop_span(base, (), case.settings), case.settings, refused=NOTHING)


def _dollars(case: Case, lines: Sorted) -> Number | None:
    if case.threshold.cost_usd is None:
        return None
    spent = cost_span(lines, case.settings)
    if spent is None:
        return Refusal(refused="no line it may count states a cost")
    return number(spent, case.settings, refused="no line it counts states a cost")


def _nothing(case: Case, lines: Sorted) -> str:
    if case.threshold.kind == "judgement":
        return "the text counts no compute"
    if all(line.flop is not None for line in lines.counted):
        return NOTHING
    names = sorted({name for line in lines.counted if line.flop is None for name in line.unknown})
    return f"unknown, and nothing is assumed: {', '.join(names)}"


def _names(lines: Sequence[WorkedLine]) -> Sequence[str]:
    return [line.line.name for line in lines]


def _treatment(rules: RuleSet) -> str:
    return f"{rules.treatment_note} ({rules.treatment_citation})".strip()


def _citation(case: Case) -> str:
    used = [treatment_of(case.rules, line.line.kind) for line in case.worked]
    counts = list(dict.fromkeys(count.citation for count in used if count is not None))
    return "; counting: ".join([case.threshold.citation, *([", ".join(counts)] if counts else [])])


def _evidence(case: Case) -> EvidenceLevel:
    used = [treatment_of(case.rules, line.line.kind) for line in case.worked]
    return weakest([case.threshold.evidence, *(count.evidence for count in used if count is not None)])
