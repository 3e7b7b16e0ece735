"""Phrases that a suspect shares with a teacher more than with models that nobody taught: exhibits, not evidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from angelshare.core.lineage import PhraseExhibit
from angelshare.lineage.families import Cast
from angelshare.lineage.features import PhraseCounts

EXHIBITS = 12
LEAST = 5
"""Uses by the suspect, and by the teacher, below which a phrase is no exhibit."""


def exhibits(counted: PhraseCounts, cast: Cast, family: str) -> list[PhraseExhibit]:
    """Give the phrases of two or three words by the log ratio of suspect and teacher to the panel, smaller of the two.

    Rates are per 1,000 pieces of text; the panel's is the mean over null projects, with half a use added to each rate.
    """
    models = len(cast.names)
    uses = np.vstack([counted.counts[block].sum(axis=0) for block in _blocks(models, counted.counts.shape[0])])
    uses = np.asarray(uses, dtype=np.float64)
    pieces = np.maximum(counted.words.reshape(models, -1).sum(axis=1), 1)
    rate = 1000 * uses / pieces[:, None]
    teachers = [row for row, teaches in enumerate(cast.teaches) if teaches == family]
    nulls = list(cast.nulls().values())
    if not nulls or not teachers:
        return []
    panel = np.mean([rate[rows].mean(axis=0) for rows in nulls], axis=0)
    teacher = rate[teachers].mean(axis=0)
    half = 500 / pieces.mean()
    lift = np.log((np.minimum(rate[0], teacher) + half) / (panel + half))
    enough = (uses[0] >= LEAST) & (uses[teachers].sum(axis=0) >= LEAST)
    long = np.array([" " in phrase for phrase in counted.phrases])
    order = np.argsort(-np.where(enough & long, lift, -np.inf))[:EXHIBITS]
    return [
        PhraseExhibit(
            phrase=counted.phrases[place], suspect=float(rate[0, place]),
            teacher=float(teacher[place]), panel=float(panel[place]),
        )
        for place in order
        if enough[place] and long[place] and lift[place] > 0
    ]  # fmt: skip


def _blocks(models: int, rows: int) -> list[NDArray[np.intp]]:
    return list(np.arange(rows, dtype=np.intp).reshape(models, -1))
