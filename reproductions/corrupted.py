"""B6: what a trace is worth when its content is wrong or its steps are shuffled (Li et al. 2025, in kind)."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.records import CONTROL_ARMS, ArmKind, Number
from angelshare.measure.attribution import no_teacher
from angelshare.measure.panels import Bench
from angelshare.report.numbers import phrase
from angelshare.stats.recovery import difference, recovered
from angelshare.stats.style import style_recovered
from reproductions.claims import Check, Outcome, above, at_least, at_most, cpu_seconds
from reproductions.skills_grid import grid

WHY = (
    "Not reproduced, and not to be expected: that wrong content costs little. A pretrained 32B model holds the skill "
    "and learns to show it, so form suffices; our base lacks the skill and needs content. The criteria, fixed "
    "beforehand, ask only that form and content are told apart."
)
KINDS: dict[ArmKind, str] = {"traces": "whole", "corrupted": "steps shuffled", "shuffled": "re-paired"}


def reproduce(out: Path, *, workers: int) -> Outcome:
    """Run the grid and compare whole, step-shuffled and re-paired traces at the largest dose."""
    before = cpu_seconds()
    bench = grid(out, workers)
    largest = max(bench.plan.budgets)
    return Outcome(
        id="B6",
        claim="Long chain-of-thought training of a 32B model: AIME24 16.7 to 56.7; traces with wrong answers cost "
        "3.2 points, shuffled steps 13.3: form carries most of the gain, content little.",
        source="Li et al. 2025, arXiv 2502.07374",
        miniature=f"Bundled skills, {largest} queries, {len(bench.plan.seeds)} seeds: the teacher's traces whole, "
        "with their steps shuffled (answer kept), and re-paired within the skill (right form, wrong content).",
        checks=judged(bench, largest),
        remarks=[*found(bench, largest), WHY],
        caveat="that wrong content costs little is not reproduced",
        how="python -m reproductions --only B6 (the plan alone: angelshare measure plans/reproductions/skills.toml)",
        cpu_seconds=cpu_seconds() - before,
    )


def judged(bench: Bench, budget: int) -> list[Check]:
    """Hold the three kinds of trace against the criteria."""
    whole, shuffled = bench.panel("traces", budget), bench.panel("corrupted", budget)
    level = bench.plan.level
    lost = difference(whole, shuffled, level=level, rng=bench.rng("B6 lost"))
    controls = sorted(no_teacher(bench, budget))
    counted = "shuffled" in controls and "corrupted" not in (*controls, *CONTROL_ARMS)
    return [
        at_most("re-paired traces: recovery at most 0.05", recovery(bench, "shuffled", budget), 0.05),
        at_least("re-paired traces: form (share well formed) at least 0.9 recovered", form(bench, budget), 0.9),
        above("shuffled steps lose part of what whole traces recover", lost),
        Check(
            criterion="re-paired traces count as a control, never as attributable recovery",
            found=f"controls subtracted: {', '.join(controls)}",
            passed=counted,
        ),
    ]


def found(bench: Bench, budget: int) -> list[str]:
    """Print recovery from each kind of trace."""
    return [f"recovery, traces {words}: {phrase(recovery(bench, kind, budget))}" for kind, words in KINDS.items()]


def recovery(bench: Bench, kind: ArmKind, budget: int) -> Number:
    """Recovery of one arm, mean over skills."""
    return recovered(bench.panel(kind, budget), level=bench.plan.level, rng=bench.rng("B6", kind))


def form(bench: Bench, budget: int) -> Number:
    """Style recovery of re-paired traces in the feature `well_formed`."""
    panel = next(panel for panel in bench.styles("shuffled", budget) if panel.name == "well_formed")
    return style_recovered(
        panel.student, panel.floor, panel.teacher, panel.domain,
        level=bench.plan.level, rng=bench.rng("B6 form"), name="well_formed",
    )  # fmt: skip
