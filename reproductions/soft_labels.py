"""B2: soft labels beat hard ones at few queries, and carry a class that was never queried (Hinton et al., in kind)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from angelshare.core.records import Number
from angelshare.core.seeds import stream
from angelshare.measure.engines import one_thread
from angelshare.stats.recovery import accuracy
from reproductions.claims import Check, Outcome, above, at_least, cpu_seconds, within
from reproductions.digits import Data, Floats, Ints, Labels, answers, digits, targets, teacher_logits, trained

SEEDS = 6
WIDTH = 32
KINDS: tuple[Labels, ...] = ("soft T=4", "soft T=1", "hard", "truth")
FEW = (20, 50)
"""Queries at which soft labels must win."""
BUDGETS = (*FEW, 100, 200, 600)
OMITTED = 3
"""The digit never queried."""
LEAST_SOFT, MOST_HARD = 0.6, 0.2
"""Recall of that digit, in the median seed, that soft labels must reach and hard ones must not pass."""
BLIND: tuple[Labels, ...] = ("soft T=4", "hard")


def right(data: Data, kind: Labels, rows: Ints, logits: torch.Tensor, *, name: str, steps: int = 1500) -> Floats:
    """Train a student per row of query indices, (seeds, queries); give (seeds, test items) 1 where it is right."""
    picked = torch.from_numpy(rows)
    target, temperature = targets(kind, logits[picked], data.pool_y[picked])
    nets = trained(data.pool_x[picked], target, width=WIDTH, temperature=temperature, name=name, steps=steps)
    said = answers(nets, data.test_x.expand(len(rows), -1, -1)).argmax(-1)
    return np.asarray((said == data.test_y).double().numpy())


def queries(n: int, pool: Ints) -> Ints:
    """Draw (seeds, n) query indices from `pool`, nested in n for each seed."""
    return np.stack([stream("digits", "queries", seed).permutation(pool)[:n] for seed in range(SEEDS)])


def reproduce(out: Path, *, workers: int) -> Outcome:  # noqa: ARG001 - every reproduction is called alike
    """Train all students and judge them; about a minute on one core, nothing is written."""
    before = cpu_seconds()
    one_thread()
    data = digits()
    pool, test = teacher_logits(data)
    everything = np.arange(len(data.pool_y))
    scores = {
        (k, n): right(data, k, queries(n, everything), pool, name=f"students {n}") for n in BUDGETS for k in KINDS
    }
    others = everything[data.pool_y.numpy() != OMITTED]
    blind = {k: right(data, k, queries(len(others), others), pool, name="omitted") for k in BLIND}
    checks = [*few_queries(scores), *omitted_class(blind, data.test_y.numpy())]
    return Outcome(
        id="B2",
        claim="With 3 % of the speech data, soft labels give 57.0 % frames right and hard ones 44.5 %; with all 3s of "
        "MNIST left out of the transfer set, the distilled network still gets 877 of 1,010 right.",
        source="Hinton, Vinyals and Dean 2015, arXiv 1503.02531, sections 3 and 5",
        miniature=f"scikit-learn's digits; teacher an ensemble of three 128-unit networks "
        f"({float((test.argmax(-1) == data.test_y).float().mean()):.1%} of {len(data.test_y)} test digits right); "
        f"students of {WIDTH} units, {SEEDS} seeds, {BUDGETS[0]} to {BUDGETS[-1]} queries, digit {OMITTED} left out.",
        checks=checks,
        remarks=[
            (
                "Where hard labels equal true labels on the same inputs, what students recover is not attributable to "
                "the teacher, however near 1 it is."
            )
        ],
        how="python -m reproductions --only B2",
        cpu_seconds=cpu_seconds() - before,
    )


def few_queries(scores: dict[tuple[Labels, int], Floats]) -> list[Check]:
    """Hold soft against hard labels, and hard labels against the truth."""
    checks = []
    for n in FEW:
        gain = mean(scores["soft T=4", n] - scores["hard", n], f"gain {n}")
        checks.append(above(f"{n} queries: soft (T = 4) beats hard labels, p < 0.05", gain))
        checks.append(at_least(f"{n} queries: by at least 5 points", gain, 0.05))
    for n in BUDGETS:
        gap = mean(scores["hard", n] - scores["truth", n], f"hard {n}")
        checks.append(within(f"{n} queries: hard labels equal true labels within 5 points", gap, 0.05))
    return checks


def omitted_class(blind: dict[Labels, Floats], truth: Ints) -> list[Check]:
    """Hold the recall of the digit that was never queried against the criteria, in the median seed."""
    checks = []
    both: tuple[tuple[Labels, str], ...] = (("soft T=4", f"at least {LEAST_SOFT}"), ("hard", f"at most {MOST_HARD}"))
    for kind, wanted in both:
        recall = blind[kind][:, truth == OMITTED]
        middle = float(np.median(recall.mean(axis=1)))
        passed = middle >= LEAST_SOFT if kind == "soft T=4" else middle <= MOST_HARD
        checks.append(
            Check(
                criterion=f"digit {OMITTED} never queried, {kind}: median recall {wanted} (found {middle:.2f})",
                found=mean(recall, f"omitted {kind}"),
                passed=passed,
            )
        )
    return checks


def mean(values: Floats, what: str) -> Number:
    """Estimate a mean over (seeds, items), both drawn."""
    domain = np.zeros(values.shape[1], dtype=np.int64)
    return accuracy(values, domain, level=0.95, rng=stream("reproductions", "B2", what))
