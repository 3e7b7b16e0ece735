"""B1': the published tables themselves, put through the metrics: a regression of arithmetic, not an experiment."""

from __future__ import annotations

from pathlib import Path

from angelshare.stats.published import (
    DISTILL_SCORES,
    IMITATION_SCORES,
    IMITATION_STYLE,
    false_promise_index,
    score_recovered,
)
from reproductions.claims import Check, Outcome, cpu_seconds

DERIVED = {"7B broad": -0.50, "13B broad": -0.45, "7B local": 0.36, "13B local": 0.64}
DISTILLED = {"AIME24": 0.86, "MATH-500": 0.77, "GPQA-D": 0.58}
LISTS, INDEX = 0.97, 1.43


def reproduce(out: Path, *, workers: int) -> Outcome:  # noqa: ARG001 - every reproduction is called alike
    """Recompute the numbers derived beforehand from the published tables."""
    before = cpu_seconds()
    style = score_recovered(IMITATION_STYLE["13B broad lists"])
    index = false_promise_index(style, score_recovered(IMITATION_SCORES["13B broad"]))
    checks = [
        equal(f"LLaMA-{name}: recovery {value:+.2f}", score_recovered(IMITATION_SCORES[name]), value)
        for name, value in DERIVED.items()
    ]
    checks += [
        equal(f"LLaMA-13B broad: style recovery {LISTS}", style, LISTS),
        equal(f"LLaMA-13B broad: index {INDEX}", index, INDEX),
    ]
    checks += [
        equal(f"R1-Distill-Qwen-32B, {name}: recovery {value}", score_recovered(DISTILL_SCORES[name]), value)
        for name, value in DISTILLED.items()
    ]
    return Outcome(
        id="B1'",
        claim="Tables of imitation models and of R1 distills, as recoveries worked out by hand beforehand.",
        source="arXiv 2305.15717, tables 1 and 2; arXiv 2501.12948; arXiv 2501.19393",
        miniature="No experiment: published point scores put through the metrics; none was published with an interval.",
        checks=checks,
        remarks=[
            "The index comes to 1.42 if its two parts are rounded first.",
            "The R1 floor is an instruct model standing in for the true base.",
        ],
        how="python -m reproductions --only B1p",
        cpu_seconds=cpu_seconds() - before,
    )


def equal(criterion: str, found: float, wanted: float) -> Check:
    """Pass when the two agree to two decimals."""
    return Check(criterion=criterion, found=f"{found:+.2f}", passed=round(found, 2) == wanted)
