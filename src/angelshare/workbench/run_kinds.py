"""The kinds of run that can be brought: for each, how its report is read, and what a page shows of it.

A kind is one entry of `KINDS`; nothing else in the room asks what kind a run is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from angelshare.core.audit import Audit
from angelshare.core.compute import ComputeLedger
from angelshare.core.defend import DefendReport
from angelshare.core.delay import DelayReport
from angelshare.core.errors import AngelshareError, PlanError, RunFolderError, nearest
from angelshare.core.lineage import LineageReport
from angelshare.core.marks import WatermarkReport
from angelshare.core.record import record
from angelshare.core.records import Number
from angelshare.core.strict import convert, decode_json
from angelshare.core.traffic import DetectReport
from angelshare.report.defend_figures import defend_figures, defend_label
from angelshare.report.delay_figures import delay_figures
from angelshare.report.detect_figures import detect_figures
from angelshare.report.detect_publish import detect_label, detect_numbers
from angelshare.report.figures import drawn
from angelshare.report.ledger_figure import threshold_figure
from angelshare.report.lineage_figure import panel_figure
from angelshare.report.svg import Figure
from angelshare.report.watermark_figure import p_value_figure
from angelshare.workbench import run_numbers

R = TypeVar("R")


@record
class Shown:
    """What a page shows of a run beside its figures."""

    label: str
    """What was measured, in a phrase; the same for a re-run, which takes the place of the run before it."""

    numbers: Mapping[str, Number]
    """Name to number. A name is the same for a re-run too, and says its unit: `_months`, `_days`, `_usd`, `_flop`."""

    sentence: str
    """The run's own calibrated sentence."""


@dataclass(frozen=True, kw_only=True)
class RunKind(Generic[R]):
    """One kind of run."""

    name: str
    """What its runs are called: in addresses of numbers ("measured/NAME/numbers/…") and on pages; never changes."""

    made_by: str
    """What `manifest.json` gives as its kind; "" where there is no manifest, and the report vouches for itself."""

    report: type[R]
    """The record that `report.json` is decoded to, strictly."""

    title: Callable[[R], str]
    """Name of one run, for lists."""

    figures: Callable[[R], Sequence[Figure]]
    """Draw its figures, with the report room's own functions."""

    shown: Callable[[R], Shown]
    """Take its numbers and sentence."""

    def read(self, data: bytes, where: str) -> R:
        """Decode a `report.json`. Raises RunFolderError for anything but the record, whatever is wrong with it."""
        try:
            return decode_json(data, self.report, where)
        except (AngelshareError, RecursionError, ValueError, TypeError) as error:
            # json raises RecursionError on deep nesting and ValueError on numbers of thousands of digits
            raise RunFolderError(f"{where}: not the report of a run of kind {self.name} ({str(error)[:300]})") from None

    def kept(self, report: object, where: str) -> R:
        """Decode a report as the database keeps it; see `core.strict.convert`."""
        return convert(report, self.report, where)


AUDIT = RunKind(
    name="audit",
    made_by="measure",
    report=Audit,
    title=lambda report: report.plan,
    figures=drawn,
    shown=lambda report: Shown(
        label=run_numbers.audit_label(report),
        numbers=run_numbers.of_audit(report),
        sentence=report.verdict.sentence,
    ),
)
DELAY = RunKind(
    name="delay",
    made_by="delay",
    report=DelayReport,
    title=lambda report: f"delay as of {report.as_of}",
    figures=delay_figures,
    shown=lambda report: Shown(
        label="Months until open weights equal closed ones",
        numbers=run_numbers.of_delay(report),
        sentence=report.sentence,
    ),
)
LEDGER = RunKind(
    name="ledger",
    made_by="",
    report=ComputeLedger,
    title=lambda report: report.model,
    figures=lambda report: [threshold_figure(report)],
    shown=lambda report: Shown(
        label=f"Compute thresholds against {report.model}",
        numbers=run_numbers.of_ledger(report),
        sentence=report.sentence,
    ),
)
DEFENCES = RunKind(
    name="defences",
    made_by="defend",
    report=DefendReport,
    title=lambda report: report.plan,
    figures=defend_figures,
    shown=lambda report: Shown(
        label=defend_label(report), numbers=run_numbers.of_defences(report), sentence=report.sentence
    ),
)
WATERMARK = RunKind(
    name="watermark",
    made_by="watermark",
    report=WatermarkReport,
    title=lambda report: f"watermark: {report.subject}",
    figures=lambda report: [p_value_figure(report)],
    shown=lambda report: Shown(
        # a mark is asked for by its key, whatever text it is sought in
        label=f"Watermark of key {report.key_fingerprint} ({report.mode})",
        numbers={"scored_tokens_needed": report.needed},
        sentence=report.sentence,
    ),
)
DETECT = RunKind(
    name="detect",
    made_by="detect",
    report=DetectReport,
    title=lambda report: f"detect: {report.period}",
    figures=detect_figures,
    shown=lambda report: Shown(label=detect_label(report), numbers=detect_numbers(report), sentence=report.sentence),
)

LINEAGE = RunKind(
    name="lineage",
    made_by="lineage",
    report=LineageReport,
    title=lambda report: f"lineage: {report.suspect}",
    figures=lambda report: [panel_figure(report)],
    shown=lambda report: Shown(
        label=f"Likeness of {report.suspect} to students of the candidates",
        numbers=run_numbers.of_lineage(report),
        sentence=report.sentence,
    ),
)

KINDS: tuple[RunKind[Any], ...] = (AUDIT, DELAY, LEDGER, DEFENCES, WATERMARK, DETECT, LINEAGE)
"""Every kind that can be brought; another verb's results come in by one more entry."""


def kind_named(name: str) -> RunKind[Any]:
    """Give the kind of an imported run; raises PlanError where this version knows none by that name."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise PlanError(f"no kind of run is called '{name}'; {nearest(name, [kind.name for kind in KINDS])}")


def kind_made_by(verb: str) -> RunKind[Any]:
    """Give the kind that a manifest's own kind stands for ("" for no manifest); raises RunFolderError."""
    for kind in KINDS:
        if kind.made_by == verb:
            return kind
    known = ", ".join(kind.made_by or kind.name for kind in KINDS)
    raise RunFolderError(f"made by '{verb}'; the workbench shows runs of {known}")
