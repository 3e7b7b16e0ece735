"""The sentence: what the data say about the headline arm, in words no stronger than the interval."""

from __future__ import annotations

from angelshare.core.audit import Curve, Verdict
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.measure.attribution import attributable_recovery, false_promise_index, recovery, uplift_over_open
from angelshare.measure.panels import Bench


def verdict(bench: Bench, curves: list[Curve]) -> Verdict:
    """Compute the five numbers and their sentence."""
    kind, budget = bench.headline, max(bench.doses(bench.headline))
    whole = recovery(bench, kind, budget)
    needed = attributable_recovery(bench, kind, budget)
    fitted = next(c for c in curves if (c.arm, c.axis, c.measure) == (kind, "queries", "recovery"))
    half = next(target.dose for target in fitted.targets if target.share == 0.5)  # noqa: PLR2004 - half of the gap
    return Verdict(
        recovery=whole, attributable_recovery=needed, false_promise_index=false_promise_index(bench, kind, budget),
        dose_to_50=half, uplift_over_open=uplift_over_open(bench, kind, budget),
        sentence=sentence(budget, whole, needed, half),
    )  # fmt: skip


def sentence(budget: int, whole: Number, needed: Number, half: Number) -> str:
    """Say what the numbers say; every figure in it stands with its interval in the verdict box."""
    if isinstance(whole, Refusal):
        return f"Cannot tell how much of the capability moved: {whole.refused}."
    if whole.low is not None and whole.low <= 0 <= (whole.high or 0):
        said = (
            f"At {budget:,} queries no recovery is shown: {percent_said(whole)} of the gap between base and teacher. "
            "That is not evidence that none is possible."
        )
    else:
        said = (
            f"At {budget:,} queries the students closed {percent_said(whole)} of the gap between base and "
            f"teacher; {_needed(needed)}."
        )
    return f"{said} {_half(half)}"


def would_change(bench: Bench) -> list[str]:
    """List what would change the verdict, most telling first."""
    plan = bench.plan
    largest = max(bench.doses(bench.headline))
    said = [f"A larger dose: nothing is claimed beyond {10 * largest:,} queries; below that the ceiling is uncertain."]
    late = [cell for cell in bench.cells(bench.headline, largest) if cell.meter and not cell.meter.converged]
    if late:
        said.append(
            f"Longer training: {len(late)} of {len(bench.cells(bench.headline, largest))} students at "
            f"{largest:,} queries were "
            "stopped by the step cap while the loss still fell, so recovery there is a lower bound for this recipe."
        )
    said.append("More public labels: attributable recovery falls as the gold control is given more of them.")
    if plan.open_teacher is None:
        said.append("An open teacher: without one, uplift over what open weights already teach is not known.")
    if not plan.threat.adaptive:
        said.append("An adaptive distiller, who chooses queries or filters replies: passive students understate.")
    if len(plan.seeds) < 5:  # noqa: PLR2004 - the field's advice
        said.append(f"More seeds: {len(plan.seeds)} students per dose leave much of the interval to luck of training.")
    return said


def limits(bench: Bench) -> list[str]:
    """List what a distiller could do that was not tried."""
    plan = bench.plan
    out = [
        "Query selection, rejection sampling and reweighting (adaptive students) were not tried."
        if not plan.threat.adaptive
        else "",
        "One student recipe and one base were tried; a larger base usually recovers more.",
        "On-policy distillation and reinforcement learning from the teacher's judgements were not tried.",
        "Soft labels were not tried." if "logits" not in plan.arms else "",
        "One set of queries served all seeds: luck in the draw of queries is not in the intervals."
        if plan.shared_queries
        else "",
        f"Several teacher replies per item were {'not ' if plan.teacher_draws == 1 else ''}drawn.",
    ]
    return [line for line in out if line]


def deviations(bench: Bench) -> list[str]:
    """List departures from the plan: undertrained cells, controls left out, arms without pairs."""
    out = [f"Control '{kind}' was left out by the plan." for kind in bench.plan.leave_out]
    if bench.plan.open_teacher is None and "open" not in bench.plan.leave_out:
        out.append("Control 'open' did not run: the plan names no open teacher.")
    start = bench.plan.student.options.get("base")
    asked = bench.plan.base.options.get("path")
    if start is not None and asked is not None and start != asked:
        out.append(f"The floor is '{asked}', but students start from '{start}': recovery mixes two bases.")
    unused = sum(reply.truncated or reply.refused for reply in bench.results.asked)
    if unused:
        out.append(f"{unused:,} teacher replies were refused or cut short; none of them was taught.")
    for kind, budget in bench.arms():
        cells = bench.cells(kind, budget)
        late = sum(1 for cell in cells if cell.meter and not cell.meter.converged)
        if late:
            out.append(
                f"{kind} at {budget:,}: {late} of {len(cells)} students undertrained (step cap while the loss "
                f"still fell)."
            )
        out += [
            f"{kind} at {budget:,}: {note}." for note in dict.fromkeys(note for cell in cells for note in cell.notes)
        ]
    return out


def percent_said(number: Estimate) -> str:
    """Word a share for a sentence.

    The one place outside report/numbers.py that words a number: a sentence must be the same in every format.
    """
    return (
        f"{100 * number.value:.0f} % ({_end(number.low)} to {_end(number.high)} %, {100 * number.level:.0f} % interval)"
    )


def _end(end: float | None) -> str:
    return "unbounded" if end is None else f"{100 * end:.0f}"


def _needed(needed: Number) -> str:
    if isinstance(needed, Refusal):
        return needed.refused
    if needed.low is not None and needed.low <= 0:
        return f"that the teacher was needed for it is not shown ({percent_said(needed)} attributable)"
    return f"{percent_said(needed)} needed this teacher"


def _half(half: Number) -> str:
    if isinstance(half, Refusal):
        return f"The dose to half of the gap is not stated: {half.refused}."
    if half.high is None:
        return (
            f"Half of the gap takes more than {_round(half.low or half.value)} queries; no upper bound can be stated."
        )
    return f"Half of the gap takes {_round(half.value)} queries ({_round(half.low or 0)} to {_round(half.high)})."


def _round(dose: float) -> str:
    """Two digits, as the verdict box shows doses."""
    return f"{float(f'{dose:.2g}'):,.0f}"


def above(number: Number, threshold: float | None) -> bool:
    """Say whether a number's lower bound is above the threshold that makes a finding of it."""
    return threshold is not None and isinstance(number, Estimate) and number.low is not None and number.low > threshold
