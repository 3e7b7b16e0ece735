"""Bags of replies to the same prompts, and how alike any two are: all later arithmetic is on this one matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

PER_BAG = 50
"""Prompts to a bag: enough words for a profile of style, few enough for several bags from 400 prompts."""
COMMON = 5
"""Bags that a phrase must occur in to be looked at."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the bags of M models are; B bags of prompts, the same for every model."""

    gram: NDArray[np.float64]
    """(M * B, M * B) cosines of contrasts; row m * B + b is model m's bag b."""

    models: int
    """M."""

    bags: int
    """B."""

    def rows(self, models: NDArray[np.intp]) -> NDArray[np.intp]:
        """Give the rows of some models, model by model."""
        return (np.asarray(models)[:, None] * self.bags + np.arange(self.bags)).ravel()


def likeness(counts: sp.csr_matrix, models: int, *, rng: np.random.Generator, per_bag: int = PER_BAG) -> Likeness:
    """Put replies into bags and compare the bags.

    Args:
        counts: (M * P, V) counts of phrases, row m * P + p model m's reply to prompt p.
        models: M.
        rng: deals the prompts out to the bags, alike for all models.
        per_bag: prompts to a bag; fewer prompts than that make one bag.

    A bag is log(1 + rate) of each phrase, weighted by its inverse document frequency (Salton & Buckley 1988, table 1).
    Each bag is then taken as its difference from the mean over all models of the bag of the same prompts, so what the
    prompts bring about alone cancels out, and scaled to length one.
    """
    profiles, bags = _profiles(counts, models, rng=rng, per_bag=per_bag)
    gram = np.asarray((profiles @ profiles.T).todense(), dtype=np.float64).reshape(models, bags, models, bags)
    gram = gram - gram.mean(axis=0, keepdims=True)
    gram = (gram - gram.mean(axis=2, keepdims=True)).reshape(models * bags, models * bags)
    length = np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
    return Likeness(gram / length[:, None] / length[None, :], models, bags)


def _profiles(
    counts: sp.csr_matrix, models: int, *, rng: np.random.Generator, per_bag: int
) -> tuple[sp.csr_matrix, int]:
    prompts = counts.shape[0] // models
    bags = max(prompts // per_bag, 1)
    bag_of = np.empty(prompts, dtype=np.intp)
    for bag, dealt in enumerate(np.array_split(rng.permutation(prompts), bags)):
        bag_of[dealt] = bag
    place = np.repeat(np.arange(models), prompts) * bags + np.tile(bag_of, models)
    deal = sp.csr_matrix((np.ones(len(place), np.float32), (place, np.arange(len(place)))))
    summed = (deal @ counts).tocsr()
    spread = np.asarray((summed > 0).sum(axis=0)).ravel()
    looked_at = spread >= min(COMMON, models)
    summed, spread = summed[:, looked_at].tocsr(), spread[looked_at]
    total = np.maximum(np.asarray(summed.sum(axis=1)).ravel(), 1.0)
    rates = (sp.diags(PARTS / total) @ summed).tocsr()
    rates.data = np.log1p(rates.data)
    weighted = (rates @ sp.diags(np.log(models * bags / spread))).tocsr()
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return (sp.diags(1.0 / np.maximum(length, np.finfo(np.float64).tiny)) @ weighted).tocsr(), bags


PARTS = 1e4
"""Rates are per ten thousand phrases, so that one use in a bag weighs about log 2."""
