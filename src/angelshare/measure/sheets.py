"""Tables that say what was spent, how the base was asked, and what the students lost besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from angelshare.core.audit import NO_TEACHER_ARM, ArmRow, CostSheet, ElicitationRow, LossRow
from angelshare.core.records import ArmKind, CellResult, Estimate, Number, Refusal, Score
from angelshare.measure.attribution import attributable_recovery, recovery
from angelshare.measure.panels import Bench, Floats
from angelshare.stats.proportion import proportion
from angelshare.stats.recovery import accuracy

BINS = 10
"""Bins of the calibration error."""
SMALLEST = 100
"""Fewer replies with probabilities than this give no calibration error."""
DRAWS = 400
"""Bootstrap draws of the calibration error."""


def arm_row(bench: Bench, kind: ArmKind, budget: int) -> ArmRow:
    """Table A: one arm at one dose."""
    cells = bench.cells(kind, budget)
    meters = [cell.meter for cell in cells if cell.meter is not None]
    costs = [cell.cost_usd for cell in cells if cell.cost_usd is not None]
    panel = bench.panel(kind, budget)
    return ArmRow(
        arm=kind, budget=budget, seeds=len(cells),
        pairs=_mean([cell.queries for cell in cells]),
        undertrained=sum(not meter.converged for meter in meters),
        tokens_billed=_mean([cell.tokens_billed for cell in cells]),
        tokens_delivered=_mean([cell.tokens_delivered for cell in cells]),
        cost_usd=_mean(costs) if costs and len(costs) == len(cells) else None,
        training_flop=_mean([meter.training_flop for meter in meters]),
        cpu_seconds=_mean([meter.cpu_seconds for meter in meters]),
        accuracy=accuracy(
            panel.student, panel.domain, level=bench.plan.level, rng=bench.rng("accuracy", kind, budget),
            cluster=panel.cluster,
        ),
        recovery=recovery(bench, kind, budget),
        attributable=(
            attributable_recovery(bench, kind, budget)
            if kind in bench.plan.arms and kind != "gold_all"
            else Refusal(refused=NO_TEACHER_ARM)
        ),
    )  # fmt: skip


def cost_sheet(bench: Bench) -> CostSheet:
    """Add up what the audit itself spent."""
    asked = bench.results.asked
    costs = [reply.cost_usd for reply in asked if reply.cost_usd is not None]
    # students that learned from equal pairs were trained once
    trained = [cell.meter for cell in bench.results.cells.values() if cell.meter and not cell.notes]
    return CostSheet(
        teacher_calls=len(asked), tokens_in=sum(r.tokens_in for r in asked),
        tokens_out=sum(r.tokens_out for r in asked),
        tokens_delivered=sum(r.tokens_delivered for r in asked), usage_estimated=sum(r.usage_estimated for r in asked),
        refused=sum(r.refused for r in asked), truncated=sum(r.truncated for r in asked),
        cost_usd=sum(costs) if costs and len(costs) == len(asked) else None,
        training_flop=sum(meter.training_flop for meter in trained),
        training_cpu_seconds=sum(meter.cpu_seconds for meter in trained),
        evaluation_replies=sum(len(cell.scores) for cell in bench.results.cells.values()), prices=bench.plan.prices,
    )  # fmt: skip


def elicitation_rows(bench: Bench) -> list[ElicitationRow]:
    """How the base fared under each way of asking, on development items."""
    return [
        ElicitationRow(
            domain=row.domain, way=row.way, chosen=row.chosen,
            accuracy=proportion(
                np.array([row.scores]), level=bench.plan.level, rng=bench.rng("elicitation", row.domain, row.way),
                seeds=False
            ),
        )
        for row in bench.results.elicitation
    ]  # fmt: skip


def losses(bench: Bench, kind: ArmKind, budget: int) -> list[LossRow]:
    """Loss statement (M14): what students lost besides the target, against teacher and base."""
    readers: Sequence[tuple[str, Callable[[Score], float]]] = (
        ("refusal rate", lambda score: float(score.refused)),
        ("truncation rate", lambda score: float(score.truncated)),
        ("no answer found", lambda score: float(score.answer == "")),
    )
    rows = [_loss_row(bench, name, kind, budget, read) for name, read in readers]
    return [
        *rows,
        _whole_row(bench, "calibration error", kind, budget, calibration_error),
        _whole_row(bench, "distinct replies", kind, budget, distinct_share),
    ]


def calibration_error(
    rows: Sequence[Sequence[Score]], extractor: str, *, level: float, rng: np.random.Generator
) -> Number:
    """Estimate the expected calibration error over ten bins of the model's own probability, seeds pooled.

    Source: Guo et al. 2017, arXiv 1706.04599, eq. 3. The interval resamples items, and seeds if there are several;
    refused where the model shows no probability for its replies.
    """
    if len(rows[0]) < SMALLEST or any(score.certainty is None for scores in rows for score in scores):
        return Refusal(refused="the interface shows no probabilities for replies")
    sure = np.array([[score.certainty for score in scores] for scores in rows], dtype=np.float64)
    right = np.array([[getattr(score, extractor) for score in scores] for scores in rows], dtype=np.float64)
    seeds, items = sure.shape
    picks = [np.ix_(rng.integers(0, seeds, seeds), rng.integers(0, items, items)) for _ in range(DRAWS)]
    draws = np.array([_ece(sure[pick], right[pick]) for pick in picks])
    # resampling adds noise to every bin, which an absolute difference only ever counts upwards
    draws = draws - (np.median(draws) - _ece(sure, right))
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value=_ece(sure, right), low=max(0.0, float(low)), high=float(high), level=level, n=items,
        method="items and seeds resampled, centred; ten equal bins", caution="biased upwards in small samples",
    )  # fmt: skip


def distinct_share(
    rows: Sequence[Sequence[Score]],
    extractor: str,  # noqa: ARG001 - one shape for all readers
    *,
    level: float,
    rng: np.random.Generator,
) -> Number:
    """Estimate the share of replies that no other item of the domain got: a low share shows a collapsed student."""
    keys = [[(score.domain, score.text) for score in scores] for scores in rows]
    counts = [Counter(of) for of in keys]
    single = np.array([[float(count[key] == 1) for key in of] for count, of in zip(counts, keys, strict=True)])
    return proportion(single, level=level, rng=rng, seeds=len(rows) > 1)


def _loss_row(bench: Bench, name: str, kind: ArmKind, budget: int, read: Callable[[Score], float]) -> LossRow:
    def rate(cells: Sequence[CellResult], who: str) -> Number:
        values = np.array([[read(score) for score in bench.scores([cell]) if score.draw == 0] for cell in cells])
        rng = bench.rng("loss", name, who)
        clusters = bench.clusters("near")
        return proportion(values, level=bench.plan.level, rng=rng, cluster=clusters, seeds=who == "student")

    return LossRow(
        metric=name, teacher=rate([bench.teacher], "teacher"), base=rate([bench.floor], "base"),
        student=rate(bench.cells(kind, budget), "student"),
    )  # fmt: skip


def _whole_row(bench: Bench, name: str, kind: ArmKind, budget: int, measure: Callable[..., Number]) -> LossRow:
    """Measure something of a model's replies as a whole."""

    def of(cells: Sequence[CellResult], who: str) -> Number:
        rows = [[score for score in bench.scores([cell]) if score.draw == 0] for cell in cells]
        return measure(rows, bench.plan.extractor, level=bench.plan.level, rng=bench.rng("loss", name, who))

    return LossRow(
        metric=name, teacher=of([bench.teacher], "teacher"), base=of([bench.floor], "base"),
        student=of(bench.cells(kind, budget), "student"),
    )  # fmt: skip


def _ece(sure: Floats, right: Floats) -> float:
    sure, right = sure.ravel(), right.ravel()
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    total = np.bincount(place, minlength=BINS)
    gap = np.abs(np.bincount(place, sure, BINS) - np.bincount(place, right, BINS))
    return float(gap.sum() / total.sum())


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
