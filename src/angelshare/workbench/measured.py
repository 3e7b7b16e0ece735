"""What a page shows of an imported run: its numbers, its sentence, and figures drawn anew from its report."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.dossier import Measured
from angelshare.core.errors import PlanError
from angelshare.report.svg import Figure
from angelshare.workbench.imports import report_of
from angelshare.workbench.models import Run
from angelshare.workbench.run_kinds import kind_named


def figures(run: Run) -> Sequence[Figure]:
    """Draw every figure of a run from its decoded report; nothing that was uploaded as a drawing is ever shown.

    None where this version no longer reads the report: a page keeps its numbers, which its revision holds.
    """
    try:
        kind, report = kind_named(run.kind), report_of(run)
    except PlanError:
        return ()
    drawn: Sequence[Figure] = kind.figures(report)
    return drawn


def block(run: Run) -> Measured:
    """Give the numbers of a run that a page shows; label and names are those of a re-run, so that both are compared.

    Raises PlanError if this version no longer reads the report.
    """
    shown = kind_named(run.kind).shown(report_of(run))
    return Measured(run=run.sha256, kind=run.kind, label=shown.label, numbers=shown.numbers, sentence=shown.sentence)
