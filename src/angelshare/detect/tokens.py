"""Words of many texts at once, as arrays of bytes: hashed under a key, with what stands around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from angelshare.detect.keyed import keyed_bits

PLACES = 16
"""Places within a word that its hash tells apart; longer words wrap round."""

_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[65:91] += 32
_DIGIT, _UPPER, _WORD, _SPACE = (np.zeros(256, dtype=bool) for _ in range(4))
_DIGIT[48:58] = True
_UPPER[65:91] = True
_WORD[48:58] = _WORD[65:91] = _WORD[97:123] = _WORD[128:] = True
_WORD[ord("_")] = True
_SPACE[[9, 10, 13, 32]] = True
_WIDE = np.zeros(256, dtype=bool)
_WIDE[0xE3:0xEE] = True
_WIDE[0xF0] = True
"""First bytes of kana, han and hangul, which are written without spaces: each character is a word. Also of emoji."""
_STOP = np.zeros(256, dtype=bool)
_STOP[[ord(mark) for mark in ".!?:\n"]] = True


@dataclass(frozen=True)
class Tokens:
    """Words of `n` texts, in order."""

    n: int
    """Texts."""

    bytes: NDArray[np.uint8]
    """(bytes,) all texts, one after the other, a newline after each."""

    text_of_byte: NDArray[np.int32]
    """(bytes,) which text."""

    text: NDArray[np.int32]
    """(words,) which text."""

    hash: NDArray[np.uint64]
    """(words,) keyed hash of the word in lower case."""

    masked: NDArray[np.bool_]
    """(words,) whether it varies from use to use: numbers, names, what stands in quotes or code."""


def lengths_and_bytes(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Lay texts out as bytes of UTF-8, a newline after each, and give the length of each with it."""
    encoded = [text.encode("utf-8", "replace") + b"\n" for text in texts]
    return np.fromiter(map(len, encoded), np.int64, len(encoded)), np.frombuffer(b"".join(encoded), np.uint8)


def word_hashes(key: bytes, words: Sequence[str]) -> NDArray[np.uint64]:
    """Hash single words as `tokens` does, so that lists of words can be looked up among tokens."""
    found = tokens(words, key)
    if len(found.hash) != len(words):
        raise ValueError(f"not all of {list(words)[:5]} … are single words")
    return found.hash


def tokens(texts: Sequence[str], key: bytes) -> Tokens:
    """Cut texts into words and hash each under `key`.

    A word's hash is the sum, modulo 2^64, of a secret number for each byte and place (tabulation hashing).
    """
    lengths, raw = lengths_and_bytes(texts)
    text_of_byte = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    word, wide = _WORD[raw], _WIDE[raw]
    before = np.empty(len(raw), dtype=bool)
    before[:1], before[1:] = False, word[:-1]
    starts = word & (~before | wide)
    # a byte that ends a wide character's three belongs to it; what follows that is a word of its own
    ends_wide = np.zeros(len(raw), dtype=bool)
    ends_wide[3:] = wide[:-3] & word[3:] & ((raw[3:] & 0xC0) != 0x80)  # noqa: PLR2004 - continuation bytes of UTF-8
    starts |= ends_wide
    begin = np.flatnonzero(starts)
    if not len(begin):
        empty = np.zeros(0, dtype=np.int32)
        return Tokens(len(texts), raw, text_of_byte, empty, np.zeros(0, np.uint64), np.zeros(0, bool))
    hashes = _hashes(raw, word, starts, begin, key=key)
    return Tokens(len(texts), raw, text_of_byte, text_of_byte[begin], hashes, _masked(raw, text_of_byte, begin))


def _hashes(
    raw: NDArray[np.uint8], word: NDArray[np.bool_], starts: NDArray[np.bool_], begin: NDArray[np.int64], *, key: bytes
) -> NDArray[np.uint64]:
    table = keyed_bits(key, "words", 256 * PLACES).reshape(256, PLACES)
    index = np.cumsum(starts, dtype=np.int32) - 1
    place = (np.arange(len(raw), dtype=np.int64) - begin[np.maximum(index, 0)]) % PLACES
    parts = np.where(word, table[_LOWER[raw], place], np.uint64(0))
    return np.add.reduceat(parts, begin)


def _masked(raw: NDArray[np.uint8], text_of_byte: NDArray[np.int32], begin: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Find words with a digit, names (a capital not after a stop), and what stands in quotes or backticks."""
    quoted = np.zeros(len(begin), dtype=bool)
    first_byte = np.searchsorted(text_of_byte, np.arange(text_of_byte[-1] + 1))
    for mark in b'"`':
        count = np.cumsum(raw == mark, dtype=np.int32)
        at_start = np.concatenate([[0], count])[first_byte]
        quoted |= (count[begin] - at_start[text_of_byte[begin]]) % 2 == 1
    digits = np.add.reduceat(_DIGIT[raw], begin, dtype=np.int32) > 0
    # the last byte before the word that is no space: a stop, or the end of another text, makes a capital mean nothing
    solid = np.maximum.accumulate(np.where(_SPACE[raw] & (raw != ord("\n")), 0, np.arange(len(raw))))
    previous = raw[solid[np.maximum(begin - 1, 0)]]
    fresh = (begin == 0) | _STOP[previous]
    found: NDArray[np.bool_] = quoted | digits | (_UPPER[raw[begin]] & ~fresh)
    return found
