"""A made language with the statistics that watermarks live on: Zipf's word frequencies, collocations, topics, entropy.

Tiny teachers and students learn it in seconds on a CPU, so a trace can be followed from a marked teacher into a
student without any data from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.core.seeds import stream

SPECIAL = ("<pad>", "<eos>", "<unk>")
"""Tokens that stand before the words in the vocabulary."""

_ONSETS, _VOWELS = list("bdfgklmnprstvz"), list("aeiou")
_CLASSES = 24
_EXPONENT = 1.0
_MASS_OF_COLLOCATES, _COLLOCATES = 0.35, 6
_TOPICS, _MASS_OF_TOPIC, _TOPIC_WORDS = 12, 0.15, 40
_CONCENTRATION = 0.15

Ids = NDArray[np.int64]


class TextWorld(NamedTuple):
    """A language: who follows whom how often. Ids count the special tokens first, then the words by frequency."""

    words: Sequence[str]
    """Every token in order of its id."""

    unigram: NDArray[np.float64]
    """(words,) Zipf's law: the probability of rank r goes as 1/r (Zipf 1949)."""

    classes: NDArray[np.int64]
    """(words,) word class of each word."""

    followers: NDArray[np.float64]
    """(classes, classes) cumulative probability of the next class."""

    within: NDArray[np.float64]
    """(classes, words) cumulative probability of a word, given its class."""

    collocates: NDArray[np.int64]
    """(words, k) words that like to follow a word, the dearest first."""

    topics: NDArray[np.int64]
    """(topics, k) words that a passage about a topic favours."""

    @property
    def size(self) -> int:
        """Tokens of the vocabulary, special ones included."""
        return len(self.words)

    def draw(self, passages: int, length: int, rng: np.random.Generator, *, last: Ids | None = None) -> Ids:
        """Draw (passages, length) token ids; each passage keeps to one topic.

        With `last`, (passages,) words by place in the vocabulary without special tokens, they go on from those.
        """
        n = len(self.unigram)
        out = np.empty((passages, length), dtype=np.int64)
        topic = self.topics[rng.integers(len(self.topics), size=passages)]
        last = rng.choice(n, size=passages, p=self.unigram) if last is None else self._next(last, topic, rng)
        for place in range(length):
            out[:, place] = last
            last = self._next(last, topic, rng)
        return out + len(SPECIAL)

    def spell(self, ids: Sequence[int] | Ids) -> str:
        """Write ids as text: words parted by blanks."""
        return " ".join(self.words[i] for i in ids)

    def _next(self, last: Ids, topic: Ids, rng: np.random.Generator) -> Ids:
        rows = np.arange(len(last))
        group = _pick(self.followers[self.classes[last]], rng)
        plain = _pick(self.within[group], rng)
        # a collocate's rank is geometric: the first is drawn every second time
        rank = np.minimum(rng.geometric(0.5, len(last)) - 1, _COLLOCATES - 1)
        dear = self.collocates[last, rank]
        about = topic[rows, np.minimum(rng.geometric(0.1, len(last)) - 1, topic.shape[1] - 1)]
        which = rng.random(len(last))
        return np.where(
            which < _MASS_OF_COLLOCATES, dear, np.where(which < _MASS_OF_COLLOCATES + _MASS_OF_TOPIC, about, plain)
        )


def text_world(*, vocabulary: int = 1024, seed: int = 0) -> TextWorld:
    """Make a language of `vocabulary` tokens, special ones included; the same seed gives the same language.

    Raises PlanError below 128 tokens, where classes run out of words.
    """
    if vocabulary < 128:  # noqa: PLR2004 - a least size
        raise PlanError(f"a text world needs a vocabulary of at least 128 tokens, found {vocabulary}")
    rng, n = stream("text world", seed), vocabulary - len(SPECIAL)
    unigram = np.arange(1, n + 1, dtype=np.float64) ** -_EXPONENT
    unigram /= unigram.sum()
    classes = rng.permutation(n) % _CLASSES
    within = np.where(classes[None, :] == np.arange(_CLASSES)[:, None], unigram[None, :], 0.0)
    return TextWorld(
        words=[*SPECIAL, *_words(n, rng)], unigram=unigram, classes=classes,
        followers=_cumulative(rng.dirichlet(np.full(_CLASSES, _CONCENTRATION), size=_CLASSES)),
        within=_cumulative(within),
        collocates=rng.choice(n, size=(n, _COLLOCATES), p=unigram),
        topics=np.stack([rng.choice(n, size=min(_TOPIC_WORDS, n // 2), replace=False) for _ in range(_TOPICS)]),
    )  # fmt: skip


def _words(n: int, rng: np.random.Generator) -> list[str]:
    """Coin `n` words of two or three syllables, no two alike."""
    coined: dict[str, None] = {}
    while len(coined) < n:
        syllables = int(rng.integers(2, 4))
        coined["".join(str(rng.choice(_ONSETS)) + str(rng.choice(_VOWELS)) for _ in range(syllables))] = None
    return list(coined)


def _cumulative(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    total = weights.cumsum(1)
    shares: NDArray[np.float64] = total / total[:, -1:]
    return shares


def _pick(cumulative: NDArray[np.float64], rng: np.random.Generator) -> Ids:
    """Draw one column per row from cumulative probabilities."""
    # the first column whose cumulative probability exceeds the draw; argmax finds it
    drawn: Ids = (cumulative > rng.random((len(cumulative), 1))).argmax(1)
    return drawn
