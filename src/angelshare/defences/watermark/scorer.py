"""What every scheme and schedule answers to: the seeds of some places of a text, and what their draws add up to."""

from __future__ import annotations

from typing import Literal, Protocol

from angelshare.core.marks import Law
from angelshare.defences.watermark.arrays import IntArray, WordArray


class Scorer(Protocol):
    """Draws of one key; `ids` are int64, `at` the places of targets in it, each with `width` tokens before it."""

    law: Law
    """Distribution of what `score` adds up, without a mark."""

    rate: float
    """Probability of a green draw; 1 for the gamma law."""

    width: int
    """Tokens of context."""

    unit: Literal["context", "pair"]
    """What is scored once: each context, or each pair of context and target."""

    collapses: bool
    """Whether two different windows can make one seed under one key and not under another."""

    pads: bool
    """Whether the generator fills the first windows of a text with the id -1, so that its first tokens are marked."""

    scale: int
    """`score` adds up in steps of 1 / scale."""

    def seeds(self, ids: IntArray, at: IntArray) -> WordArray:
        """Give (n,) words that are equal where the pseudo-random input's context is."""
        ...

    def score(self, ids: IntArray, at: IntArray, seeds: WordArray) -> tuple[int, int]:
        """Give the number of draws at (n,) places and their sum, in steps."""
        ...
