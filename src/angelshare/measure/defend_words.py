"""What the lab says: findings in fixed words, one sentence, and what to bear in mind."""

from __future__ import annotations

import math
from collections.abc import Sequence

from angelshare.core.defend import UNDEFENDED, DefenceRow, Finding, Matrix
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.measure.defend_bench import LabBench

CONTAINS: Finding = "contains under the stated budget"


def finding_of(reduction: Number, *, undefended: bool) -> Finding:
    """Judge one cell: a cost is raised when the whole interval of the reduction lies above 0."""
    if undefended:
        return "no effect shown"
    if isinstance(reduction, Refusal):
        return "cannot tell"
    return "raises cost" if reduction.low is not None and reduction.low > 0 else "no effect shown"


def row_finding(reduction: Number, worst: Number, contained_below: float, *, undefended: bool) -> Finding:
    """Judge a defence by its worst case: it contains if even the upper end of that is below the matrix's bound."""
    finding = finding_of(reduction, undefended=undefended)
    contained = isinstance(worst, Estimate) and worst.high is not None and worst.high < contained_below
    return CONTAINS if finding == "raises cost" and contained else finding


def verdict(finding: Finding, multiplier: Number) -> str:
    """Put a finding's number to it; a multiplier that is only bounded below is given by its bound."""
    if isinstance(multiplier, Refusal) and multiplier.refused == UNDEFENDED:
        return "undefended"
    if finding != "raises cost":
        return finding
    if isinstance(multiplier, Refusal):
        return "raises cost, by a factor not stated"
    if multiplier.high is None and multiplier.low is not None:
        return f"raises cost ×>{_digits(multiplier.low, down=True)}"
    return f"raises cost ×{_digits(multiplier.value)}"


def sentence(rows: Sequence[DefenceRow], matrix: Matrix) -> str:
    """Say what the data say."""
    real = [row for row in rows[1:] if not row.control]
    said = []
    for finding, words in (
        (CONTAINS, f"contained the teacher below {matrix.contained_below:.0%} of the gap"),
        ("raises cost", "raised the cost of distillation even for the strongest student"),
        ("no effect shown", "showed no effect on the strongest student"),
        ("cannot tell", "could not be judged"),
    ):
        names = [row.defence for row in real if row.finding == finding]
        if names:
            said.append(f"{_listed(names)} {words}")
    collapsed = [row.defence for row in real if _collapses(row)]
    tail = f" The adaptive students took back a clear part from {_listed(collapsed)}." if collapsed else ""
    budget = f"{max(matrix.budgets):,}"
    return f"At {budget} queries, {'; '.join(said)}.{tail}"


def cautions(bench: LabBench) -> list[str]:
    """List what to bear in mind about the whole."""
    rows = len(bench.rows) - 1
    out = [
        "Students that nobody tried are not in the worst case: the next tactic may do better.",
        f"Every row was judged at {bench.level:.0%}: of {rows} some may show an effect by chance.",
    ]
    few = len(bench.matrix.seeds)
    if few < 5:  # noqa: PLR2004 - intervals of fewer are wide
        out.append(f"{few} students per cell: luck of training is in the intervals, but from few.")
    under = sum(one.result.meter is not None and not one.result.meter.converged for one in bench.lab.students.values())
    if under:
        out.append(f"{under} of {len(bench.lab.students)} students were still learning when their training was cut.")
    if not bench.controls:
        out.append("No control teacher ran, so nothing is held against equal loss of utility but the undefended one.")
    return out


def crossed(rows: Sequence[DefenceRow], threshold: float | None) -> bool:
    """Say whether a defence's worst case lies above the matrix's threshold for certain."""
    if threshold is None:
        return False
    worst = [row.worst_case for row in rows[1:] if not row.control]
    return any(isinstance(one, Estimate) and one.low is not None and one.low > threshold for one in worst)


def _collapses(row: DefenceRow) -> bool:
    return isinstance(row.adaptive_gap, Estimate) and row.adaptive_gap.low is not None and row.adaptive_gap.low > 0


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _digits(value: float, *, down: bool = False) -> str:
    """Print a factor to two digits; a lower bound is rounded down."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    kept = (math.floor if down else round)(value / step) * step
    return f"{kept:.0f}" if kept >= 10 else f"{kept:.1f}"  # noqa: PLR2004 - two digits
