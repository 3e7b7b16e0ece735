"""What one defence does over all its students, and what it costs honest users."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from angelshare.core.defend import UNDEFENDED, DefenceRow
from angelshare.core.records import Completion, Estimate, Number, Refusal
from angelshare.measure.defend_bench import LabBench
from angelshare.measure.defend_plans import NONE, base_of
from angelshare.measure.defend_words import finding_of, row_finding, verdict
from angelshare.measure.lessons import whole
from angelshare.stats.blind import days_to_notice
from angelshare.stats.defended import joint_level, largest, relative_diversity, relative_time
from angelshare.stats.proportion import proportion
from angelshare.stats.recovery import accuracy


def defence_row(bench: LabBench, defence: str) -> DefenceRow:
    """Measure one row of the matrix at the largest dose."""
    students = bench.students(defence)
    joint = joint_level(bench.level, len(students))
    worst, best = largest([bench.at_level(defence, name, joint) for name in students], level=bench.level)
    reduction = _reduction(bench, defence)
    loss = bench.loss(defence)
    strongest = _strongest(bench)
    multiplier = bench.multiplier(defence, students[best], bench.largest, of=strongest)
    alone = finding_of(reduction, multiplier, undefended=defence == NONE)
    finding = row_finding(alone, worst, bench.matrix.contained_below)
    replies = bench.lab.replies[defence]
    return DefenceRow(
        defence=defence, control=defence in bench.controls,
        passive=bench.recovery(defence, bench.passive, bench.largest),
        worst_case=worst, worst_student=students[best], adaptive_gap=_adaptive_gap(bench, defence), reduction=reduction,
        multiplier=multiplier, finding=finding, verdict=verdict(finding, multiplier),
        accuracy=accuracy(
            bench.teacher(defence), bench.domain, level=bench.level, rng=bench.rng("accuracy", defence), trained=False
        ),
        teacher_loss=loss, likelihood_cost=_likelihood_cost(bench, defence),
        refused=_share(bench, [float(done.refused) for done in replies], "refused", defence),
        malformed=_share(bench, [float(score.answer == "") for score in bench.lab.teachers[defence]], "form", defence),
        distinct=_diversity(bench, defence), slowdown=_slowdown(bench, defence),
        extra_passes=_passes(bench, defence), days_to_notice=_days(bench, defence, loss),
    )  # fmt: skip


def _strongest(bench: LabBench) -> str:
    """Name the student that recovers most from the undefended teacher."""
    found = {name: bench.recovery(NONE, name, bench.largest) for name in bench.students(NONE)}
    values = {name: number.value for name, number in found.items() if isinstance(number, Estimate)}
    return max(values, key=lambda name: values[name]) if values else bench.passive


def _reduction(bench: LabBench, defence: str) -> Number:
    """Estimate the largest recovery undefended minus the largest defended.

    Whatever the best undefended student, its recovery is no more than the largest: so the difference is at least that
    student's recovery minus the largest defended one, which is the least of the differences (intersection-union, Berger
    1982, Technometrics 24: no correction). From above, it is at most the largest difference of any undefended student
    from a given defended one, with ends that hold jointly (Bonferroni).
    """
    if defence == NONE:
        return Refusal(refused=UNDEFENDED)
    students = bench.students(defence)
    rivals = bench.students(NONE) if defence not in bench.controls else students
    strongest = _strongest(bench) if defence not in bench.controls else bench.passive
    down = [bench.gap((NONE, strongest), (defence, name), bench.level) for name in students]
    there = [number for number in down if isinstance(number, Estimate)]
    if len(there) < len(down):
        return next(number for number in down if isinstance(number, Refusal))
    place = int(np.argmin([number.value for number in there]))
    joint = joint_level(bench.level, len(rivals))
    up = [bench.gap((NONE, name), (defence, students[place]), joint) for name in rivals]
    top, _ = largest(up, level=bench.level)
    if isinstance(top, Refusal):
        return top
    lows = [number.low for number in there if number.low is not None]
    low = min(lows) if lows else None
    value = there[place].value
    return Estimate(
        value=value, low=low, high=None if top.high is None else max(top.high, value), level=bench.level, n=top.n,
        method="difference of the largest recoveries; intersection-union below, Bonferroni above", caution=top.caution,
    )  # fmt: skip


def _adaptive_gap(bench: LabBench, defence: str) -> Number:
    """Estimate the largest lead of an adaptive student of the same base over the passive one."""
    columns = {student.name: student for student in bench.matrix.student}
    base = base_of(bench.matrix, columns[bench.passive])
    rivals = [
        name
        for name in bench.students(defence)
        if columns[name].tactic != "passive" and base_of(bench.matrix, columns[name]) == base
    ]
    if not rivals:
        return Refusal(refused="no adaptive student of the passive one's base learned from this teacher")
    joint = joint_level(bench.level, len(rivals))
    gaps = [bench.gap((defence, name), (defence, bench.passive), joint) for name in rivals]
    return largest(gaps, level=bench.level)[0]


def _likelihood_cost(bench: LabBench, defence: str) -> Number:
    if defence == NONE:
        return Refusal(refused=UNDEFENDED)
    found = bench.lab.likelihoods
    if defence not in found:
        return Refusal(refused="the teacher is hosted by someone else, and shows no likelihoods of given replies")
    pairs = list(zip(found[defence].nats, found[NONE].nats, strict=True))
    kept = [k for k, (own, plain) in enumerate(pairs) if own is not None and plain is not None]
    if not kept:
        return Refusal(refused="no delivered reply could be scored")
    # equal replies scored in other batches differ far behind the point: no cost of anything
    values = np.array([[round((pairs[k][0] or 0.0) - (pairs[k][1] or 0.0), 9) for k in kept]])
    codes = np.unique(bench.domain[kept], return_inverse=True)[1].astype(np.int64)
    return accuracy(values, codes, level=bench.level, rng=bench.rng("likelihood", defence), trained=False)


def _share(bench: LabBench, values: Sequence[float], what: str, defence: str) -> Number:
    return proportion(np.array([values]), level=bench.level, rng=bench.rng(what, defence), seeds=False)


def _diversity(bench: LabBench, defence: str) -> Number:
    if defence == NONE:
        return Refusal(refused=UNDEFENDED)
    return relative_diversity(_texts(bench.lab.replies[defence]), _texts(bench.lab.replies[NONE]), level=bench.level)


def _texts(replies: Sequence[Completion]) -> list[str]:
    return [whole(done) for done in replies if not done.refused]


def _slowdown(bench: LabBench, defence: str) -> Number:
    timing = bench.lab.timings.get(defence)
    if timing is None:
        return Refusal(refused=UNDEFENDED if defence == NONE else "a teacher hosted by someone else is not timed")
    return relative_time(timing.seconds_per_token, timing.undefended, level=bench.level)


def _passes(bench: LabBench, defence: str) -> Number:
    """Give what the defence states; a count of its design, so its interval has no width."""
    timing = bench.lab.timings.get(defence)
    if timing is None or timing.extra_passes is None:
        return Refusal(refused=UNDEFENDED if defence == NONE else "the defence does not say")
    value = timing.extra_passes
    return Estimate(
        value=value,
        low=value,
        high=value,
        level=bench.level,
        n=1,
        method="counted in the design, not measured",
    )


def _days(bench: LabBench, defence: str, loss: Number) -> Number:
    """Estimate the blind window; half an item is added on both sides, since no accuracy is 0 or 1 for certain."""
    if defence == NONE:
        return Refusal(refused=UNDEFENDED)
    if isinstance(loss, Refusal):
        return loss
    if loss.low is None or loss.low <= 0:
        return Refusal(refused="no loss of accuracy shown: there is nothing that a customer could notice")
    items = bench.domain.size
    before, after = ((float(bench.teacher(name).sum()) + 0.5) / (items + 1) for name in (NONE, defence))
    return days_to_notice(bench.matrix.regression_items, before, after)
