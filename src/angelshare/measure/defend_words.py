"""What the lab says: findings in fixed words, one sentence, and what to bear in mind."""

from __future__ import annotations

import math
from collections.abc import Sequence

from angelshare.core.defend import UNDEFENDED, DefenceRow, Finding, Matrix
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.measure.defend_bench import LabBench

CONTAINS: Finding = "contains under the stated budget"


def finding_of(reduction: Number, multiplier: Number, *, undefended: bool) -> Finding:
    """Judge one cell: a cost is raised when the whole interval of the reduction lies above 0.

    Whoever recovers less from as many queries would have needed fewer undefended, so a reduction says that the factor
    is above 1, and says it more sharply than the factor's own interval, which is made of the ends of two. Where that
    lies at 1 or below all the same, the two contradict each other and no effect is shown.
    """
    if undefended:
        return "no effect shown"
    if isinstance(reduction, Refusal):
        return "cannot tell"
    if reduction.low is None or reduction.low <= 0:
        return "no effect shown"
    none = isinstance(multiplier, Estimate) and multiplier.high is not None and multiplier.high <= 1
    return "no effect shown" if none else "raises cost"


def row_finding(finding: Finding, worst: Number, contained_below: float) -> Finding:
    """Judge a defence by its worst case: it contains if even the upper end of that is below the matrix's bound."""
    contained = isinstance(worst, Estimate) and worst.high is not None and worst.high < contained_below
    return CONTAINS if finding == "raises cost" and contained else finding


def verdict(finding: Finding, multiplier: Number) -> str:
    """Put a finding's number to it: the factor where its interval leaves 1 out, else the end that it does have."""
    if isinstance(multiplier, Refusal) and multiplier.refused == UNDEFENDED:
        return "undefended"
    if finding != "raises cost":
        return finding
    if isinstance(multiplier, Refusal):
        return "raises cost, by a factor not stated"
    if not resolved(multiplier):
        return "raises cost" + (f" ×<{_digits(multiplier.high, up=True)}" if multiplier.high else ", ×k not bounded")
    if multiplier.high is None and multiplier.low is not None:
        return f"raises cost ×>{_digits(multiplier.low, down=True)}"
    return f"raises cost ×{_digits(multiplier.value)}"


def resolved(multiplier: Number) -> bool:
    """Say whether the interval of a break-even multiplier leaves 1 out."""
    return isinstance(multiplier, Estimate) and multiplier.low is not None and multiplier.low > 1


def sentence(rows: Sequence[DefenceRow], matrix: Matrix) -> str:
    """Say what the data say."""
    real = [row for row in rows[1:] if not row.control]
    raised = [row for row in real if row.finding == "raises cost"]
    said = []
    for of, words in (
        ([row for row in real if row.finding == CONTAINS],
         f"contained the teacher below {matrix.contained_below:.0%} of the gap"),
        ([row for row in raised if resolved(row.multiplier)],
         "raised the cost of distillation even for the strongest student"),
        ([row for row in raised if not resolved(row.multiplier)],
         "took something even from the strongest student, at a cost factor that is not resolved"),
        ([row for row in real if row.finding == "no effect shown"], "showed no effect on the strongest student"),
        ([row for row in real if row.finding == "cannot tell"], "could not be judged"),
    ):  # fmt: skip
        if of:
            said.append(f"{_listed([row.defence for row in of])} {words}")
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


def _digits(value: float, *, down: bool = False, up: bool = False) -> str:
    """Print a factor to two digits; a lower bound is rounded down, an upper one up."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    # what binary fractions add far behind the point must not turn the digit
    kept = (math.floor if down else math.ceil if up else round)(round(value / step, 9)) * step
    return f"{kept:.0f}" if kept >= 10 else f"{kept:.1f}"  # noqa: PLR2004 - two digits
