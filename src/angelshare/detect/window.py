"""Tell whether a window of pooled queries holds an extraction method's: many small tests with one matched null.

Each query gets a few measures by models of benign traffic that never saw it: how surprising its words and pairs of
words are, how far its nearest benign queries are, what a witness trained on other extraction families says, its form,
and random Fourier features at three widths. A window's statistics are functions of the mean of its measures less the
benign mean, so their joint null is drawn from the benign measures themselves, with the doubt of a finite benign pool
in it; one maximum over all statistics, each in units of its own null, is compared with its own null.

Sources: the linear statistics and the witness are mean embeddings and a witness function (Gretton et al. 2012, JMLR 13,
sections 2 and 3.2); taking the largest of several normalised by their null is aggregation (Schrab et al. 2023, JMLR 24,
MMDAgg, section 3.5); the protocol it is measured on is arXiv 2606.05725.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import sparse

from angelshare.core.errors import LogError
from angelshare.detect.window_measures import BLOCKS, SCALARS, Model, fit, measure

FOLDS = 4
"""Parts of the benign pool; each is measured by models of the others."""
TAIL = 0.98
"""A query counts as odd where its measure is above this share of benign ones."""
DRAWS = 10_000
"""Windows of the null."""
RIDGE = 0.1
"""Part of the mean variance added to each direction of a block before it is whitened."""


@dataclass(frozen=True)
class Reference:
    """Benign traffic, learned."""

    models: Sequence[Model]
    """One per fold."""

    edges: NDArray[np.float64]
    """(scalars,) where a measure counts as odd."""

    held: NDArray[np.float64]
    """(queries, measures) of the benign pool, each query by models that did not see it."""

    whiten: Sequence[NDArray[np.float64]]
    """One matrix per block of measures."""


@dataclass(frozen=True)
class Null:
    """What benign windows of one size give."""

    window: int
    """Queries in a window."""

    middle: NDArray[np.float64]
    """(statistics,) means."""

    unit: NDArray[np.float64]
    """(statistics,) how far above the mean one benign window in a hundred lies."""

    fused: NDArray[np.float64]
    """(DRAWS,) sorted fused statistics."""


def learn(benign: Sequence[str], others: Sequence[str], *, rng: Generator) -> Reference:
    """Learn benign traffic.

    Args:
        benign: queries of ordinary use, a few hundred at least.
        others: queries of extraction methods other than the one sought; none leaves the witness out.
        rng: the caller owns the seed.

    Raises LogError with too few queries.
    """
    if len(benign) < 50 * FOLDS:
        raise LogError(f"{len(benign)} benign queries: expected at least {50 * FOLDS}, to learn from and to test on")
    fold = rng.permutation(len(benign)) % FOLDS
    models, parts = [], np.zeros((0, 0))
    for k in range(FOLDS):
        model = fit([text for text, f in zip(benign, fold, strict=True) if f != k], others, rng=rng)
        own = measure(model, [text for text, f in zip(benign, fold, strict=True) if f == k])
        if not parts.size:
            parts = np.zeros((len(benign), own.shape[1]))
        parts[fold == k] = own
        models.append(model)
    edges = np.quantile(parts[:, :SCALARS], TAIL, axis=0)
    held = _with_tails(parts, edges)
    return Reference(models=models, edges=edges, held=held, whiten=[_whitening(held[:, block]) for block in _blocks()])


def measures(reference: Reference, texts: Sequence[str]) -> NDArray[np.float64]:
    """Measure queries, the mean over the folds' models: (queries, measures)."""
    return _with_tails(
        np.asarray(sum(measure(model, texts) for model in reference.models)) / len(reference.models), reference.edges
    )


def null(reference: Reference, window: int, *, rng: Generator) -> Null:
    """Draw benign windows of one size.

    A window is drawn from the benign pool; the pool's own mean is known to within its size, which is drawn too, so
    that traffic from the same source but outside the pool gives windows like these.
    """
    held, n = reference.held, len(reference.held)
    rows = np.repeat(np.arange(DRAWS), window)
    picks = sparse.csr_array(
        (np.full(DRAWS * window, 1.0 / window), (rows, rng.integers(0, n, DRAWS * window))), shape=(DRAWS, n)
    )
    root = np.linalg.cholesky(np.cov(held.T) + 1e-12 * np.eye(held.shape[1]))
    pool = rng.standard_normal((DRAWS, held.shape[1])) @ root.T / np.sqrt(n)
    found = _statistics(reference, picks @ held + pool - held.mean(axis=0))
    middle = found.mean(axis=0)
    unit = np.quantile(found - middle, 0.99, axis=0)
    return Null(window=window, middle=middle, unit=unit, fused=np.sort(((found - middle) / unit).max(axis=1)))


def score(reference: Reference, one: Null, means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score windows from their mean measures, (windows, measures): the largest statistic in its null's units."""
    found = _statistics(reference, means - reference.held.mean(axis=0))
    return np.asarray(((found - one.middle) / one.unit).max(axis=1))


def p_values(one: Null, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the probability of a benign window's score at least as large, (1 + larger) / (DRAWS + 1)."""
    larger = len(one.fused) - np.searchsorted(one.fused, scores, side="left")
    return np.asarray((1.0 + larger) / (len(one.fused) + 1.0))


def _with_tails(found: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([found, found[:, :SCALARS] > edges], axis=1)


def _blocks() -> list[slice]:
    ends = SCALARS + np.cumsum([0, *BLOCKS])
    return [slice(int(a), int(b)) for a, b in pairwise(ends)]


def _whitening(block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give a matrix that makes a block's directions of about equal variance."""
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(block.T)))
    return np.asarray(vectors / np.sqrt(values + RIDGE * values.mean()))


def _statistics(reference: Reference, away: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the statistics of windows: scalars, odd shares, their sum in units of their doubt, and a norm per block."""
    spread = reference.held.std(axis=0) + 1e-12
    simple = np.concatenate([away[:, :SCALARS], away[:, -SCALARS:]], axis=1)
    simple = simple / np.concatenate([spread[:SCALARS], spread[-SCALARS:]])
    norms = [
        ((away[:, block] @ whiten) ** 2).sum(axis=1) for block, whiten in zip(_blocks(), reference.whiten, strict=True)
    ]
    return np.column_stack([simple, simple.sum(axis=1), np.sqrt(np.column_stack(norms))])
