"""B3: traces beat answers where steps matter, and only there."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.records import Number
from angelshare.measure.attribution import no_teacher
from angelshare.measure.panels import Bench
from angelshare.report.numbers import phrase
from angelshare.stats.panel import Panel
from angelshare.stats.recovery import attributable, difference
from reproductions.claims import Check, Outcome, above, cpu_seconds, not_above
from reproductions.skills_grid import grid

STEPS_MATTER = ("add", "chain")
STEPS_DO_NOT = ("sort", "cipher")


def reproduce(out: Path, *, workers: int) -> Outcome:
    """Run the grid and compare traces with answers at the largest dose, skill by skill."""
    before = cpu_seconds()
    bench = grid(out, workers)
    largest = max(bench.plan.budgets)
    remarks = [
        f"{skill}: attributable recovery {phrase(own_share(bench, 'traces', largest, skill))} from traces, "
        f"{phrase(own_share(bench, 'answers', largest, skill))} from answers"
        for skill in (*STEPS_MATTER, *STEPS_DO_NOT)
    ]
    return Outcome(
        id="B3",
        claim="Taking the traces out of a teacher's replies cuts a student's MATH score from 67.8 to 31.4 and its "
        "HumanEval+ score by 0.4: traces matter where steps matter, and only there.",
        source="DistillGuard, arXiv 2603.07835",
        miniature=f"Bundled skills, {largest} queries, {len(bench.plan.seeds)} seeds. Attributable recovery from "
        "traces minus that from answers: both are measured against the same best control, which therefore cancels.",
        checks=[judged(bench, largest, skill) for skill in (*STEPS_MATTER, *STEPS_DO_NOT)],
        remarks=remarks,
        how="python -m reproductions --only B3 (the plan alone: angelshare measure plans/reproductions/skills.toml)",
        cpu_seconds=cpu_seconds() - before,
    )


def judged(bench: Bench, budget: int, skill: str) -> Check:
    """Hold one skill against its criterion."""
    gain = difference(
        bench.panel("traces", budget, domain=skill),
        bench.panel("answers", budget, domain=skill),
        level=bench.plan.level,
        rng=bench.rng("B3", skill),
    )
    if skill in STEPS_MATTER:
        return above(f"{skill}: traces minus answers above 0", gain)
    return not_above(f"{skill}: traces minus answers not above 0", gain)


def own_share(bench: Bench, kind: str, budget: int, skill: str) -> Number:
    """Attributable recovery in one skill."""
    panel = bench.panel(kind, budget, domain=skill)  # type: ignore[arg-type]  # one of the plan's arms
    controls = {name: skill_part(bench, name, budget, skill).student for name in no_teacher(bench, budget)}
    return attributable(panel, controls, level=bench.plan.level, rng=bench.rng("B3 own", kind, skill))


def skill_part(bench: Bench, kind: str, budget: int, skill: str) -> Panel:
    """Give a control's panel on one skill."""
    return bench.panel(kind, budget, domain=skill)  # type: ignore[arg-type]  # one of the plan's arms
