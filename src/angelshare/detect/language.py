"""Which language and which kind of work: scores of looked-up words, and what the bytes show by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from angelshare.detect.lexicon import CAPABILITIES, CUES, STOP_WORDS, WEIGHTS
from angelshare.detect.tokens import Tokens, word_hashes

SCRIPTS: Sequence[tuple[str, int, int]] = (
    ("ja", 0x3040, 0x30FF), ("ko", 0xAC00, 0xD7A3), ("zh", 0x4E00, 0x9FFF), ("th", 0x0E00, 0x0E7F),
    ("hi", 0x0900, 0x097F), ("el", 0x0370, 0x03FF), ("he", 0x0590, 0x05FF),
)  # fmt: skip
"""Scripts that nearly name a language, by range of code points; kana before han, since Japanese has both."""
SCRIPT_SHARE = 0.2
"""Share of a text's letters beyond ASCII, counted as characters, at which the script decides."""
ENOUGH = 0.08
"""Share of a text's words that must be stop words of a language."""
LEAST = 1.0
"""Score below which a prompt is chat."""
_CODE_MARKS = np.zeros(256, dtype=np.float32)
_CODE_MARKS[[ord(mark) for mark in "{};<>=[]()#_"]] = 1.0


@dataclass(frozen=True)
class Lexicon:
    """Word lists as sorted hashes, one column of weights for each language and each kind of work."""

    hashes: NDArray[np.uint64]
    """(words,) sorted."""

    weights: NDArray[np.float32]
    """(words, languages + kinds)."""


def lexicon(key: bytes) -> Lexicon:
    """Hash the word lists under a key."""
    columns = [(words.split(), 1.0) for words in STOP_WORDS.values()]
    columns += [(CUES[kind].split(), WEIGHTS[kind]) for kind in CAPABILITIES if kind in CUES]
    known = sorted({word for words, _ in columns for word in words})
    hashes = word_hashes(key, known)
    row = {word: index for index, word in enumerate(known)}
    weights = np.zeros((len(known), len(columns)), dtype=np.float32)
    for column, (words, weight) in enumerate(columns):
        weights[[row[word] for word in words], column] = weight
    order = np.argsort(hashes)
    return Lexicon(hashes[order], weights[order])


def scores(found: Tokens, words: Lexicon) -> NDArray[np.float32]:
    """Add up (texts, languages + kinds) weights of the words of each text."""
    place = np.searchsorted(words.hashes, found.hash)
    hit = words.hashes[np.minimum(place, len(words.hashes) - 1)] == found.hash
    rows, text = place[hit], found.text[hit]
    total = np.zeros((found.n, words.weights.shape[1]), dtype=np.float32)
    for column in range(total.shape[1]):
        weight = words.weights[rows, column]
        total[:, column] = np.bincount(text, weights=weight, minlength=found.n)
    return total


def languages(texts: Sequence[str], found: Tokens, total: NDArray[np.float32]) -> pa.Array:
    """Name the language of each text (ISO 639-1), or null where neither script nor stop words tell.

    Args:
        texts: as given.
        found: their words.
        total: (texts, languages + kinds) of `scores`.
    """
    codes = list(STOP_WORDS)
    words = np.maximum(np.bincount(found.text, minlength=found.n), 1)
    own = total[:, : len(codes)]
    best = own.argmax(axis=1)
    sure = own[np.arange(found.n), best] >= np.maximum(1.0, ENOUGH * words)
    names: list[str | None] = [codes[index] if known else None for index, known in zip(best, sure, strict=True)]
    wide = np.bincount(found.text_of_byte[found.bytes >= 0xC0], minlength=found.n)  # noqa: PLR2004 - first bytes in UTF-8
    for index in np.flatnonzero(wide):
        names[index] = _script(texts[int(index)]) or names[index]
    return pa.array(names, pa.string())


def _script(text: str) -> str | None:
    """Name the language a text's script nearly names, if a fair share of its letters are written in it."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4")
    letters = max(1, int(((points > 64) & (points != 0xFFFD)).sum()))  # noqa: PLR2004 - beyond digits and marks
    for name, first, last in SCRIPTS:
        if ((points >= first) & (points <= last)).sum() >= SCRIPT_SHARE * letters:
            return name
    return None


def capabilities(found: Tokens, total: NDArray[np.float32]) -> pa.Array:
    """Name the kind of work each text asks for; `chat` where nothing speaks for another.

    Signs of code add to `code`, numbers to `maths`; a list's score is damped by the length of the text.
    """
    kinds = [kind for kind in CAPABILITIES if kind in CUES]
    own = total[:, len(STOP_WORDS) :].astype(np.float64)
    size = np.maximum(np.bincount(found.text_of_byte, minlength=found.n), 1)
    marks = np.bincount(found.text_of_byte, weights=_CODE_MARKS[found.bytes], minlength=found.n)
    digits = np.bincount(found.text_of_byte, weights=((found.bytes >= 48) & (found.bytes < 58)), minlength=found.n)  # noqa: PLR2004 - digits of ASCII
    own[:, kinds.index("code")] += np.where(marks / size > 0.04, 40.0 * marks / size, 0.0)  # noqa: PLR2004 - beyond prose
    own[:, kinds.index("maths")] += np.minimum(3.0, 60.0 * digits / size)
    best = own.argmax(axis=1)
    claimed = own[np.arange(found.n), best] >= LEAST
    return pa.array([kinds[index] if sure else "chat" for index, sure in zip(best, claimed, strict=True)], pa.string())
