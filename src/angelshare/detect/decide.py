"""Decide cases: campaign, look-alike or insufficient evidence, each with its error rate and what would change it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from angelshare.core.records import Estimate
from angelshare.core.traffic import CaseFile, CaseVerdict, LookAlike, Sensitivity, Signal, SignalEvidence
from angelshare.detect import describe, words
from angelshare.detect.accounts import Accounts
from angelshare.detect.calibrate import RECOGNISED, Calibration, Weighed, weighed
from angelshare.detect.candidates import SMALLEST
from angelshare.detect.group import Candidate
from angelshare.detect.weigh import Measured, coordination, measure
from angelshare.stats.conformal import conformal_p, quantile_of, rate, share
from angelshare.stats.evalues import from_p

SIMILAR = 2.0
"""Factor of size within which benign groups are comparable."""
ENOUGH = 50
"""Comparable groups below which all benign groups are taken."""
DECLARED = 0.5
"""Share of a group in declared programmes from which it is explained by them."""
LEVEL = 0.95


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What one case comes to."""

    verdict: CaseVerdict
    """The verdict."""

    look_alike: LookAlike | None
    """The honest workload that explains it."""

    programme: str | None
    """The declared programme that explains it."""


def decide(found: Sequence[Candidate], current: Accounts, history: Accounts, *, calibration: Calibration,
           allow: Mapping[str, str], text: bool) -> Sequence[CaseFile]:  # fmt: skip
    """Decide every candidate whose coordination opens a case; campaigns first, then by evidence.

    Args:
        found: candidates of the period.
        current: accounts of the period.
        history: accounts before it.
        calibration: what benign history says.
        allow: programme by account id; such accounts are in no campaign.
        text: whether features of prompts are at hand.
    """
    groups, declared = _without_declared(found, current, allow)
    standards = calibration.standards
    measured = measure([group.members for group in groups], current, history, specs=standards.specs)
    level = coordination(measured, standards.random, specs=standards.specs)
    rows = np.flatnonzero(level >= standards.opens_at)
    cases = measured.part(rows)
    groups, declared = [groups[row] for row in rows], [declared[row] for row in rows]
    per_day = _cases_a_day(len(cases) - sum(name is not None for name in declared), current, calibration)
    result = weighed(cases, calibration.reference, standards, per_day=per_day, budget=calibration.budget)
    rulings = [_ruling(bool(result.passes[at]), cases.fits[at], programme) for at, programme in enumerate(declared)]
    files = [
        _file(at, groups[at], rulings[at], current, cases=cases, result=result, calibration=calibration,
              per_day=per_day, text=text)
        for at in range(len(cases))
    ]  # fmt: skip
    order = {"campaign": 0, "insufficient evidence": 1, "look-alike": 2}
    files.sort(key=lambda case: (order[case.verdict], -case.e_value, -len(case.members)))
    return [dataclasses.replace(case, id=f"case-{number:03d}") for number, case in enumerate(files, start=1)]


def _without_declared(
    found: Sequence[Candidate], current: Accounts, allow: Mapping[str, str]
) -> tuple[list[Candidate], list[str | None]]:
    """Take declared accounts out of groups; a group that is mostly declared stays whole and is named after them."""
    groups: list[Candidate] = []
    names: list[str | None] = []
    for group in found:
        programmes = [allow.get(str(current.ids[row])) for row in group.members]
        known = [name for name in programmes if name is not None]
        if len(known) >= DECLARED * len(group):
            groups.append(group)
            names.append(max(sorted(set(known)), key=known.count))
            continue
        rest = np.array([name is None for name in programmes], dtype=bool)
        if rest.sum() >= SMALLEST:
            kept = dataclasses.replace(group, members=group.members[rest], weight=group.weight[rest])
            groups.append(kept)
            names.append(None)
    return groups, names


def _cases_a_day(cases: int, current: Accounts, calibration: Calibration) -> float:
    """Bound the benign cases opened per day: those of history, or all of now, whichever are more.

    Under drift more honest groups arrive than history shows; the cases of the period itself are then a bound.
    """
    before = sum(calibration.opened) / max(len(calibration.opened) * calibration.window_days, 1)
    return max(before, max(cases, 1) / max(len(current.days), 1))


def _ruling(passes: bool, fits: Sequence[tuple[LookAlike, float]], programme: str | None) -> Ruling:  # noqa: FBT001 - one fact
    if programme is not None:
        return Ruling(verdict="look-alike", look_alike=None, programme=programme)
    if passes:
        return Ruling(verdict="campaign", look_alike=None, programme=None)
    if fits and fits[0][1] >= RECOGNISED:
        return Ruling(verdict="look-alike", look_alike=fits[0][0], programme=None)
    return Ruling(verdict="insufficient evidence", look_alike=None, programme=None)


def _file(at: int, group: Candidate, ruling: Ruling, current: Accounts, *, cases: Measured, result: Weighed,
          calibration: Calibration, per_day: float, text: bool) -> CaseFile:  # fmt: skip
    """Write one case."""
    columns, rows = current.columns, group.members
    evidence = _evidence(at, cases, calibration)
    capabilities = describe.counted(rows, current, "capability") if text else {}
    expected = _expected(at, result, calibration, per_day=per_day, cases=len(cases))
    return CaseFile(
        id="", verdict=ruling.verdict, look_alike=ruling.look_alike,
        hypothesis=words.hypothesis(len(rows), capabilities),
        sentence=words.sentence(ruling, expected, calibration, p_value=float(result.p_value[at]), fits=cases.fits[at]),
        members=describe.members_of(group, current), evidence=evidence, e_value=float(result.e_value[at]),
        expected_false=expected, timeline=describe.timeline_of(rows, current),
        first_at=describe.instant(int(columns["first_at"][rows].min())),
        last_at=describe.instant(int(columns["last_at"][rows].max())),
        models=describe.counted(rows, current, "model"), capabilities=describe.shares(capabilities),
        harvested_tokens=int(columns["output_tokens"][rows].sum()), replacement_cost_usd=None,
        sensitivity=_sensitivity(at, ruling, cases=cases, calibration=calibration, per_day=per_day),
        statute=words.statute(group, current, evidence), metadata=describe.metadata_of(group, current),
        alternatives=words.alternatives(cases.fits[at], ruling), unknowns=words.unknowns(text=text),
    )  # fmt: skip


def _expected(at: int, result: Weighed, calibration: Calibration, *, per_day: float, cases: int) -> Estimate:
    """Estimate false campaigns per period at the case's score: cases per period times the p-value, exact bounds."""
    n = len(calibration.reference)
    above = round(float(result.p_value[at]) * (n + 1)) - 1
    chance = share(above, n, level=LEVEL) if n else None
    days = calibration.window_days
    most = rate(cases, float(days), per=calibration.budget.days, level=LEVEL).high
    high = None if chance is None or chance.high is None or most is None else chance.high * most
    value = float(result.expected_false[at])
    return Estimate(
        value=value, low=0.0, high=None if high is None else max(high, value), level=LEVEL, n=n,
        method="cases per period times conformal p-value; bound: product of exact 95 % limits; n its benign groups",
        caution=f"rests on honest cases being like {n} honest groups as coordinated; {per_day:.2f} cases a day",
    )  # fmt: skip


def _evidence(at: int, cases: Measured, calibration: Calibration) -> Sequence[SignalEvidence]:
    """Say what each signal says, against benign groups of comparable size; the strongest first."""
    pool, size = calibration.pool, float(cases.size[at])
    near = (pool.size <= size * SIMILAR) & (pool.size >= size / SIMILAR)
    near = near if near.sum() >= ENOUGH else np.ones(len(pool), dtype=bool)
    fits = dict(cases.fits[at])
    out = []
    for k, spec in enumerate(calibration.standards.specs):
        if not cases.known[at, k]:
            continue
        held = pool.values[near & pool.known[:, k], k]
        p_value = float(conformal_p(cases.values[at, k], held))
        out.append(SignalEvidence(
            signal=spec.name, observed=float(cases.values[at, k]), unit=spec.unit,
            cohort_quantile=float(quantile_of(cases.values[at, k], held)), p_value=p_value,
            e_value=float(from_p(p_value)), n=len(held), innocent_twin=words.twin(spec, fits), role=spec.role,
        ))  # fmt: skip
    return sorted(out, key=lambda one: (one.p_value, one.signal))


def _sensitivity(at: int, ruling: Ruling, *, cases: Measured, calibration: Calibration, per_day: float
                 ) -> Sequence[Sensitivity]:  # fmt: skip
    """Decide the case again without each signal that opens or decides."""
    standards = calibration.standards
    out = []
    for k, spec in enumerate(standards.specs):
        if spec.role == "context" or not cases.known[at, k]:
            continue
        verdict, e_value = _again(at, spec.name, ruling, cases=cases, calibration=calibration, per_day=per_day)
        out.append(Sensitivity(without=spec.name, verdict=verdict, e_value=e_value))
    return out


def _again(at: int, without: Signal, ruling: Ruling, *, cases: Measured, calibration: Calibration, per_day: float
           ) -> tuple[CaseVerdict, float]:  # fmt: skip
    standards = calibration.standards
    result = weighed(
        cases, calibration.reference, standards, per_day=per_day, budget=calibration.budget, without=without
    )
    level = coordination(cases.part(np.array([at])), standards.random, specs=standards.specs, without=without)
    if float(level[0]) < standards.opens_at and ruling.programme is None:
        return "insufficient evidence", float(result.e_value[at])
    return _ruling(bool(result.passes[at]), cases.fits[at], ruling.programme).verdict, float(result.e_value[at])


def attainable(calibration: Calibration) -> str:
    """Say which budgets this history can hold, and what a smaller one would need."""
    n, budget = len(calibration.reference), calibration.budget
    per_day = max(
        sum(calibration.opened) / max(len(calibration.opened) * calibration.window_days, 1), 1 / calibration.window_days
    )
    least = per_day * budget.days / (n + 1)
    said = (
        f"{calibration.days} benign days and {n} honest groups as coordinated as a case can hold no less than "
        f"{least:.2g} false campaigns / {budget.days:g}d at one case per {1 / per_day:.1f} days"
    )
    if least > budget.campaigns:
        said += f"; {budget} would need about {math.ceil(calibration.days * least / budget.campaigns)} days like these"
    return f"{said}; by counting alone, {calibration.days} days cannot show less than {_by_count(calibration):.2g}"


def _by_count(calibration: Calibration) -> float:
    high = rate(0, float(calibration.days), per=calibration.budget.days, level=LEVEL).high
    return math.inf if high is None else high
