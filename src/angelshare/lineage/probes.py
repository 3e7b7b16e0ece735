"""Which prompts tell students of a teacher from untaught models best, and the power to expect from so many of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import Number, Refusal
from angelshare.lineage.answers import Member, Panel, shared_prompts
from angelshare.lineage.audit import clopper_pearson
from angelshare.lineage.conformal import attainable
from angelshare.lineage.families import Cast, cast_of
from angelshare.lineage.features import phrase_counts

WIDTH = 256
"""Random directions onto which a reply's phrases are projected: cosines then err by about 1 / sqrt(256)."""
SIZES = (25, 50, 100, 200, 400, 800)
"""Numbers of prompts for which the expected power is told, besides the number asked for."""


@record
class PromptWorth:
    """How well one prompt separates."""

    prompt: str
    """Its id."""

    ratio: float
    """Variance ratio: 0 for a prompt on which students are no nearer to their teacher than untaught models are."""


@record
class ExpectedPower:
    """Power to expect from the best prompts."""

    prompts: int
    """How many."""

    power: Number
    """Share of projects of documented students that a test on so many would find, all choices made without them."""


@record
class ProbeChoice:
    """The prompts chosen."""

    chosen: Sequence[PromptWorth]
    """The best first."""

    expected: Sequence[ExpectedPower]
    """By number of prompts."""

    caution: str
    """What to bear in mind."""


class _Nearness(NamedTuple):
    """How near each model's contrast lies to each family's, prompt by prompt."""

    cast: Cast
    near: NDArray[np.float32]
    """(M, F, P) cosines."""
    students: dict[str, list[tuple[int, int]]]
    """By project of documented students: their rows and families."""
    nulls: dict[str, NDArray[np.intp]]
    """By null project: its rows."""


def choose_probes(
    teachers: Sequence[Member], panel: Panel, wanted: int, *, alpha: float = 0.05, seed: int = 0
) -> ProbeChoice:  # fmt: skip
    """Choose `wanted` prompts by the variance ratio of same-prompt contrasts.

    The ratio of a prompt is (mean over projects of students of the cosine with their own teacher, less the mean of
    null projects)^2 / variance over null projects (the criterion of Fisher 1936), 0 where the mean is negative.
    Contrasts are replies less the mean of the null replies to the same prompt. For the expected power every student's
    project is compared with every null project on prompts chosen without either of them.

    Raises PlanError where prompts differ or the panel has no documented students of the candidates.
    """
    prompts = shared_prompts([one.answers for one in (*teachers, *panel.members)])
    found = _nearness(teachers, panel, prompts, rng=np.random.default_rng(seed))
    if not found.students:
        raise PlanError("the panel has no documented student of a candidate (taught_by): nothing to choose prompts by")
    ratio = _ratio(found, "", "")
    best = np.argsort(-ratio, kind="stable")[:wanted]
    sizes = sorted({min(wanted, len(prompts)), *(size for size in SIZES if size <= len(prompts))})
    return ProbeChoice(
        chosen=[PromptWorth(prompt=prompts[place], ratio=float(ratio[place])) for place in best],
        expected=[ExpectedPower(prompts=size, power=_power(found, size, alpha)) for size in sizes],
        caution="The power is that of this simple score, for choosing; that of the test stands in its own report.",
    )


def _nearness(
    teachers: Sequence[Member], panel: Panel, prompts: Sequence[str], *, rng: np.random.Generator
) -> _Nearness:
    cast, sets = cast_of(teachers[0].answers, teachers, panel)
    counts = phrase_counts(sets, prompts, "raw").counts
    units = _projected(counts, rng).reshape(len(sets), len(prompts), WIDTH)
    nulls = cast.nulls()
    if not nulls:
        raise PlanError("no null: the panel has no model documented as taught by none of the candidates")
    middle = np.mean([units[rows].mean(axis=0) for rows in nulls.values()], axis=0)
    contrast = _unit(units - middle)
    near = np.stack([
        np.einsum("mpk,pk->mp", contrast, _unit(contrast[[row for row, one in enumerate(cast.teaches) if one == family]]
        .mean(axis=0))) for family in cast.families
    ], axis=1)  # fmt: skip
    students: dict[str, list[tuple[int, int]]] = {}
    for row, taught in enumerate(cast.taught):
        for place, family in enumerate(cast.families):
            if taught and family in taught:
                students.setdefault(cast.projects[row], []).append((row, place))
    return _Nearness(cast, near.astype(np.float32), students, nulls)


def _projected(counts: sp.csr_matrix, rng: np.random.Generator) -> NDArray[np.float32]:
    """Give (rows, WIDTH) directions of weighted log counts (random projection, Achlioptas 2003)."""
    weighted = counts.astype(np.float32)
    spread = np.bincount(weighted.indices, minlength=weighted.shape[1])
    weighted.data = np.log1p(weighted.data)
    weighted = weighted @ sp.diags(np.log((1 + weighted.shape[0]) / (1 + spread)).astype(np.float32))
    signs = rng.choice(np.array([-1, 1], dtype=np.float32), size=(weighted.shape[1], WIDTH))
    return _unit(np.asarray(weighted @ signs, dtype=np.float32))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(length, np.finfo(np.float32).tiny)
    return unit


def _ratio(found: _Nearness, without: str, null: str) -> NDArray[np.float64]:
    """Give each prompt's ratio, one project of students and one null project left out."""
    nulls = np.stack([found.near[rows].mean(axis=0) for name, rows in found.nulls.items() if name != null])
    middle, spread = nulls.mean(axis=0), nulls.var(axis=0)
    lifts = [
        np.mean([found.near[row, place] - middle[place] for row, place in pairs], axis=0)
        for name, pairs in found.students.items()
        if name != without
    ]
    lift = np.maximum(np.mean(lifts, axis=0), 0.0) if lifts else np.zeros(found.near.shape[2])
    ratio: NDArray[np.float64] = lift**2 / np.maximum(spread.mean(axis=0), np.finfo(np.float32).eps)
    return ratio


def _power(found: _Nearness, size: int, alpha: float) -> Number:
    """Count the projects of students that would be found on the best `size` prompts."""
    least = attainable(len(found.nulls))
    if least > alpha:
        return Refusal(refused=f"{len(found.nulls)} null projects allow no p-value below {least:.2g}")
    if len(found.students) < 2:  # noqa: PLR2004 - one to choose by, one to find
        return Refusal(refused="one project of students: none is left to choose prompts by")
    hits = 0
    for project, pairs in found.students.items():
        reached = 1.0
        for null, rows in found.nulls.items():
            if null == project:
                continue
            best = np.argsort(-_ratio(found, project, null), kind="stable")[:size]
            theirs = np.mean([found.near[rows, place][:, best].mean() for _, place in pairs])
            reached += bool(theirs >= np.mean([found.near[row, place, best].mean() for row, place in pairs]))
        hits += reached / (len(found.nulls) + 1) <= alpha
    return clopper_pearson(int(hits), len(found.students), unit="projects of documented students")
