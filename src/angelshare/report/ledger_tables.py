"""The tables of a compute ledger: thresholds, what would flip them, treatments, lines, inputs, cautions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from angelshare.core.compute import ComputeLedger, EvidenceLevel, LineKind, ThresholdRow
from angelshare.core.records import Number
from angelshare.report.notes import Notes, grouped
from angelshare.report.table import Column, Table

EVIDENCE: Mapping[EvidenceLevel, str] = {
    "text-seen": "text read",
    "secondary-seen": "secondary page only †",
    "memory": "from memory ‡",
}
"""How the evidence behind a row is printed."""

MARKS: Mapping[EvidenceLevel, str] = {"text-seen": "", "secondary-seen": " †", "memory": " ‡"}
"""What follows a name where there is no room for words."""

MARKS_KEY = "† known from a secondary page only; ‡ from memory: hold it against the text before relying on it."
"""What the marks mean."""

_NAMES = (Column(key="instrument", head="Instrument"), Column(key="threshold", head="Threshold"))

KINDS: Mapping[LineKind, str] = {
    "pre_training": "pre-training",
    "inherited_weights": "inherited weights",
    "parent_training": "training of the teacher",
    "synthetic_public": "synthetic data, public",
    "synthetic_private": "synthetic data, not public",
    "synthetic_discarded": "synthetic data, discarded",
    "student_updates": "updates of the student",
    "reinforcement_learning": "reinforcement learning",
    "evaluation": "evaluation",
    "auxiliary_models": "auxiliary models",
    "failed_experiments": "failed experiments",
}
"""How kinds of line are printed."""


def ledger_tables(ledger: ComputeLedger) -> Sequence[Table]:
    """Make every table, in the order of the page."""
    return [
        _thresholds(ledger), _relative(ledger), _flips(ledger), _tolerances(ledger), _treatments(ledger),
        _counting(ledger), _lines(ledger), _inputs(ledger), _notes(ledger_notes(ledger)),
    ]  # fmt: skip


def ledger_notes(ledger: ComputeLedger) -> Notes:
    """Group every refusal and caution with the places where it stands."""
    return grouped(_numbers(ledger))


def short_name(row: ThresholdRow) -> str:
    """Name a threshold with its instrument, marked by how well it is known."""
    return f"{row.instrument}{MARKS[row.evidence]}"


def _numbers(ledger: ComputeLedger) -> Iterator[tuple[str, Number]]:
    yield "total", ledger.total_flop
    if ledger.parent_flop is not None:
        yield "teacher", ledger.parent_flop
    for line in ledger.lines:
        yield f"line {line.name}", line.flop
        if line.cost_usd is not None:
            yield f"cost of line {line.name}", line.cost_usd
    for row in ledger.rows:
        place = f"{row.rule_set}, {row.threshold}"
        yield place, row.counts_flop
        for number in (row.distance, row.share, row.counts_usd, row.exchanges_to_flip):
            if number is not None:
                yield place, number


def _thresholds(ledger: ComputeLedger) -> Table:
    return Table(
        name="thresholds", letter="A", title="Which thresholds see this model",
        note="Counted: without what the text leaves open at the low end, with it at the high end. Distance: threshold "
        "over what is counted; above 1, so many times below it.",
        columns=[
            *_NAMES, Column(key="state", head="State"), Column(key="seen", head="Seen"),
            Column(key="counts_flop", head="Counted, FLOP", kind="number"),
            Column(key="threshold_flop", head="Threshold, FLOP", kind="count"),
            Column(key="distance", head="Distance", kind="number"),
        ],
        rows=[
            [short_name(row), row.threshold, row.state, row.seen, row.counts_flop, row.threshold_flop, row.distance]
            for row in ledger.rows
        ],
    )  # fmt: skip


def _relative(ledger: ComputeLedger) -> Table:
    return Table(
        name="shares_and_dollars", letter="B", title="Thresholds in shares of the base, or in dollars",
        note="Share: what is counted besides inherited weights, over the base’s compute. Dollars: on counted lines; "
        "weights and teachers taken over cost this party nothing unless a cost is stated.",
        columns=[
            *_NAMES, Column(key="share", head="Share of base", kind="number"),
            Column(key="threshold_share", head="Threshold", kind="count"),
            Column(key="counts_usd", head="Spent, $", kind="number"),
            Column(key="threshold_usd", head="Threshold, $", kind="count"),
        ],
        rows=[
            [short_name(row), row.threshold, row.share, row.threshold_share, row.counts_usd, row.threshold_usd]
            for row in ledger.rows
            if row.threshold_share is not None or row.threshold_usd is not None
        ],
    )  # fmt: skip


def _flips(ledger: ComputeLedger) -> Table:
    return Table(
        name="flips", letter="C", title="Why, and what would flip it",
        note="Exchanges: how many with the teacher would reach the threshold, all else as it is.",
        columns=[
            *_NAMES, Column(key="why", head="Why"), Column(key="flips", head="What would flip it"),
            Column(key="exchanges_to_flip", head="Exchanges", kind="number"),
        ],
        rows=[[short_name(row), row.threshold, row.why, row.flips, row.exchanges_to_flip] for row in ledger.rows],
    )  # fmt: skip


def _tolerances(ledger: ComputeLedger) -> Table:
    return Table(
        name="tolerances", letter="D", title="Whether the interval keeps within an allowed error",
        note="Only for instruments that allow one. A quantity that its developer cannot know leaves it unmet.",
        columns=[*_NAMES, Column(key="tolerance", head="Allowed error")],
        rows=[[short_name(row), row.threshold, row.tolerance] for row in ledger.rows if row.tolerance],
    )  # fmt: skip


def _treatments(ledger: ComputeLedger) -> Table:
    instruments = {row.rule_set: row for row in ledger.rows}
    return Table(
        name="treatments", letter="E", title="How each instrument treats distillation, and how it stands",
        note=f"As of {ledger.as_of}.",
        columns=[
            Column(key="instrument", head="Instrument"), Column(key="treatment", head="Distillation"),
            Column(key="treatment_note", head="In words"), Column(key="state", head="State"),
            Column(key="status", head="Status"), Column(key="verified_on", head="Verified on"),
        ],
        rows=[
            [row.instrument, row.treatment, row.treatment_note, row.state, row.status, row.verified_on]
            for row in instruments.values()
        ],
    )  # fmt: skip


def _counting(ledger: ComputeLedger) -> Table:
    return Table(
        name="counting", letter="F", title="What each instrument counts, and where it says so",
        note=MARKS_KEY,
        columns=[
            *_NAMES, Column(key="counted", head="Counts"), Column(key="excluded", head="Leaves out"),
            Column(key="unsettled", head="Leaves open"), Column(key="citation", head="Pinpoint"),
            Column(key="evidence", head="Known from", words={str(level): words for level, words in EVIDENCE.items()}),
        ],
        rows=[
            [row.instrument, row.threshold, _listed(row.counted), _listed(row.excluded), _listed(row.unsettled),
             row.citation, row.evidence]
            for row in ledger.rows
        ],
    )  # fmt: skip


def _lines(ledger: ComputeLedger) -> Table:
    return Table(
        name="lines", letter="G", title="Where compute was spent",
        note="Least and most: every factor at its low, and at its high end; the interval is narrower.",
        columns=[
            Column(key="line", head="Line"),
            Column(key="kind", head="Kind", words={str(kind): words for kind, words in KINDS.items()}),
            Column(key="method", head="Method"), Column(key="working", head="Working"),
            Column(key="flop", head="FLOP", kind="number"), Column(key="least_flop", head="Least", kind="count"),
            Column(key="most_flop", head="Most", kind="count"), Column(key="cost_usd", head="Cost, $", kind="number"),
            Column(key="assumed", head="Rests on unknown"),
        ],
        rows=[
            [line.name, line.kind, line.method, line.working, line.flop, line.least_flop, line.most_flop,
             line.cost_usd, _listed(line.assumed)]
            for line in ledger.lines
        ],
    )  # fmt: skip


def _inputs(ledger: ComputeLedger) -> Table:
    return Table(
        name="inputs", letter="H", title="Inputs as read",
        note="Half of the draws lie on either side of the centre.",
        columns=[
            Column(key="input", head="Input"), Column(key="basis", head="Basis"),
            Column(key="low", head="Low", kind="count"), Column(key="central", head="Central", kind="count"),
            Column(key="high", head="High", kind="count"), Column(key="unit", head="Unit"),
            Column(key="source", head="Where it comes from"),
        ],
        rows=[[one.name, one.basis, one.low, one.central, one.high, one.unit, one.source] for one in ledger.quantities],
    )  # fmt: skip


def _notes(notes: Notes) -> Table:
    return Table(
        name="deviations_and_refusals", letter="I", title="What is not stated, and what to bear in mind",
        note="R marks a number that cannot be stated, C one to be read with care.",
        columns=[Column(key="mark", head="Mark"), Column(key="text", head="Reason"), Column(key="where", head="Where")],
        rows=[
            [note.mark, note.text, "; ".join(dict.fromkeys(note.places))]
            for note in (*notes.refusals, *notes.cautions)
        ],
    )  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return "; ".join(names)
