"""Bags of replies to the same prompts, and how alike any two are: all later arithmetic is on this one matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

PER_BAG = 50
"""Prompts to a bag: enough words for a profile of style, few enough for several bags from 400 prompts."""
PARTS = 1e4
"""Rates are per ten thousand pieces of text, so that one use in a bag weighs about log 2."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the bags of M models are; B bags of prompts, the same for every model."""

    gram: NDArray[np.float64]
    """(M * B, M * B) cosines of contrasts; row m * B + b is model m's bag b."""

    models: int
    """M."""

    bags: int
    """B."""

    def of_models(self) -> NDArray[np.float64]:
        """Give the (M, M) mean over the bags of both."""
        mean: NDArray[np.float64] = self.gram.reshape(self.models, self.bags, self.models, self.bags).mean(axis=(1, 3))
        return mean

    def of_bags(self) -> NDArray[np.float64]:
        """Give the (M, B, M) mean of each bag of one with all bags of another."""
        mean: NDArray[np.float64] = self.gram.reshape(self.models, self.bags, self.models, self.bags).mean(axis=3)
        return mean


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
    contrast = profiles.reshape(models, bags, -1)
    contrast = (contrast - contrast.mean(axis=0, keepdims=True)).reshape(models * bags, -1)
    length = np.sqrt(np.einsum("ij,ij->i", contrast, contrast))
    contrast /= np.maximum(length, np.finfo(np.float32).tiny)[:, None]
    return Likeness((contrast @ contrast.T).astype(np.float64), models, bags)


def _profiles(
    counts: sp.csr_matrix, models: int, *, rng: np.random.Generator, per_bag: int
) -> tuple[NDArray[np.float32], int]:
    """Give (M * B, V) weighted profiles of length one."""
    prompts = counts.shape[0] // models
    bags = max(prompts // per_bag, 1)
    bag_of = np.empty(prompts, dtype=np.intp)
    for bag, dealt in enumerate(np.array_split(rng.permutation(prompts), bags)):
        bag_of[dealt] = bag
    place = np.repeat(np.arange(models), prompts) * bags + np.tile(bag_of, models)
    deal = sp.csr_matrix((np.ones(len(place), np.float32), (place, np.arange(len(place)))))
    summed = (deal @ counts).toarray()
    spread = (summed > 0).sum(axis=0)
    total = np.maximum(summed.sum(axis=1, keepdims=True), 1.0)
    rates: NDArray[np.float32] = np.log1p(summed * np.float32(PARTS) / total)
    rates *= np.log((1 + models * bags) / (1 + spread)).astype(np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", rates, rates))
    return rates / np.maximum(length, np.finfo(np.float32).tiny)[:, None], bags
