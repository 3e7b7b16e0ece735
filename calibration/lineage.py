"""The lineage study: tests of simulated projects that nobody taught, ours and popular ones, on the same replies."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import binomtest, ttest_rel

from angelshare.core.records import Number, Refusal
from angelshare.core.seeds import stream
from angelshare.lineage.answers import Panel
from angelshare.lineage.audit import clopper_pearson
from angelshare.lineage.bags import likeness
from angelshare.lineage.conformal import ranks
from angelshare.lineage.families import Cast, cast_of
from angelshare.lineage.features import phrase_counts
from angelshare.lineage.scores import Scorer
from angelshare.lineage.sequential import course_of, judged
from angelshare.lineage.simulate import World, panel_of, project_of, teachers_of

LEVELS = (0.05, 0.01)
OURS, BET = "angelshare: rank among projects", "angelshare: bet, stopped at will"
COSINE, PROFILE, SIGN = "same-prompt TF-IDF cosine, paired t", "profile cosine, bootstrap over prompts", "sign test"
BOOTSTRAP = 200


class Size(NamedTuple):
    """How much is tried."""

    worlds: int = 500
    """Each with one suspect that nobody taught, so that tests are independent, and one student."""

    nulls: int = 99
    students: int = 3
    prompts: int = 60
    vocabulary: int = 120


FULL = Size()
QUICK = Size(worlds=20, nulls=40, students=2, prompts=40, vocabulary=60)


class Result(NamedTuple):
    """One test of one suspect."""

    method: str
    taught: bool
    p_value: float
    """For the teacher in question; for ours the smallest over all teachers. A bet: 0 if it ever stopped, else 1."""


class Study(NamedTuple):
    """What came out."""

    size: Size
    results: Sequence[Result]
    seconds: float


def run(size: Size, workers: int) -> Study:
    """Simulate every world and test its two suspects."""
    started = time.monotonic()
    with ProcessPoolExecutor(workers) as pool:
        results = [one for some in pool.map(world_results, [size] * size.worlds, range(size.worlds)) for one in some]
    return Study(size, results, time.monotonic() - started)


def world_results(size: Size, seed: int) -> list[Result]:
    """Test one innocent and one student of one world by every method."""
    world = World(seed=seed, prompts=size.prompts, vocabulary=size.vocabulary)
    teachers, panel = teachers_of(world), panel_of(world, size.nulls, size.students)
    family = str(stream("lineage study", seed).choice(world.families))
    found: list[Result] = []
    for name, taught in (("innocent", None), ("taught", {family: 0.9})):
        suspect = project_of(world, name, taught).answers
        cast, sets = cast_of(suspect, teachers, Panel(panel.members))
        prompts = sorted(suspect.replies)
        counts = phrase_counts(sets, prompts, "raw").counts
        bags = likeness(counts, len(sets), rng=np.random.default_rng(0))
        # the p-value of lineage_test on text as it is; a test holds the two equal
        found.append(Result(OURS, taught is not None, float(ranks(Scorer(cast, bags.of_models()), 0).p_value[0])))
        course = course_of(*judged(counts, cast, family), LEVELS[0])
        if not isinstance(course, Refusal):
            found.append(Result(BET, taught is not None, 0.0 if course.stopped else 1.0))
        found += [Result(method, taught is not None, p) for method, p in _popular(counts, cast, family, seed)]
    return found


def _popular(counts: sp.csr_matrix, cast: Cast, family: str, seed: int) -> Iterator[tuple[str, float]]:
    """Ask as is common: is the suspect nearer to the teacher than one other model, with prompts for the sample?"""
    rng = stream("lineage study", "reference", seed)
    reference = int(rng.choice(np.concatenate(list(cast.nulls().values()))))
    models = len(cast.names)
    spread = np.asarray((counts > 0).sum(axis=0)).ravel()
    weighted = (counts @ sp.diags(np.log((1 + counts.shape[0]) / (1 + spread)))).tocsr()
    size = counts.shape[0] // models
    mine, other, teacher = (
        weighted[row * size : (row + 1) * size] for row in (0, reference, list(cast.teaches).index(family))
    )
    near, far = _cosines(mine, teacher), _cosines(other, teacher)
    yield COSINE, float(ttest_rel(near, far, alternative="greater").pvalue)
    ahead, behind = int((near > far).sum()), int((near < far).sum())
    yield SIGN, float(binomtest(ahead, max(ahead + behind, 1), alternative="greater").pvalue) if ahead else 1.0
    draws = rng.multinomial(size, np.full(size, 1 / size), size=BOOTSTRAP).astype(np.float64)
    sums = [np.asarray(draws @ block.toarray()) for block in (mine, other, teacher)]
    gain = _dense(sums[0], sums[2]) - _dense(sums[1], sums[2])
    yield PROFILE, float((1 + (gain <= 0).sum()) / (1 + BOOTSTRAP))


def _cosines(one: sp.csr_matrix, other: sp.csr_matrix) -> NDArray[np.float64]:
    return _dense(one.toarray(), other.toarray())


def _dense(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    found: NDArray[np.float64] = (one * other).sum(axis=1) / np.maximum(length, np.finfo(np.float64).tiny)
    return found


def rejected(study: Study, method: str, level: float, *, taught: bool = False) -> Number:
    """Count rejections at a level among the untaught or the taught, with the exact interval."""
    values = [one.p_value for one in study.results if one.method == method and one.taught is taught]
    return clopper_pearson(sum(value <= level for value in values), len(values), unit="simulated projects")


def excess(study: Study, method: str) -> float:
    """Give how far the share of untaught projects with a p-value up to any point exceeds that of the uniform."""
    values = np.sort([one.p_value for one in study.results if one.method == method and not one.taught])
    return float((np.arange(1, len(values) + 1) / len(values) - values).max())


def failed(study: Study) -> list[str]:
    """Name our claims that the run refutes: a lower Clopper-Pearson limit above the level; rivals are shown alone."""
    wrong = []
    for method, levels in ((OURS, LEVELS), (BET, LEVELS[:1])):
        for level in levels:
            rate = rejected(study, method, level)
            if not isinstance(rate, Refusal) and rate.low is not None and rate.low > level:
                wrong.append(f"{method} rejects {rate.value:.3f} of the untaught at {level:g}")
    return wrong
