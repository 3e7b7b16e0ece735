"""What is kept of a prompt instead of its text: features under the operator's key, for many prompts at once."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from angelshare.detect.embedding import embed, fourier, simhash
from angelshare.detect.language import Lexicon, capabilities, languages, lexicon, scores
from angelshare.detect.phrases import COT, RUBRIC
from angelshare.detect.schema import REQUESTS, RFF
from angelshare.detect.tokens import Tokens, tokens

HEAD, TAIL = 1024, 512
"""Characters of a prompt that features look at: its beginning and its end; a template shows in one of them."""
OPENING = 12
"""Words of a skeleton, runs of masked ones counted as one."""
BATCH = 2048
"""Prompts worked on together: what fits a core's cache."""
FEATURES = ("skeleton", "simhash", "cot", "rubric", "language", "capability", "prompt_chars", "rff")
"""Columns of `schema.REQUESTS` that come from the prompt."""
SCHEMA = pa.schema([REQUESTS.field(name) for name in FEATURES])


def features(texts: Any, key: bytes, *, system: Any = None) -> Any:  # noqa: ANN401 - Arrow columns and a table
    """Compute the features of prompts; null where the prompt is null, and nothing of its text.

    Args:
        texts: Arrow column, or sequence, of prompts.
        key: the operator's 32 bytes; features under two keys cannot be compared.
        system: the system prompts beside them, if known: they count for asking for reasoning or grades, since a
            campaign may put that there, and for nothing else.

    Returns a pyarrow table with the columns of `SCHEMA`.
    """
    column = _column(texts)
    beside = pa.nulls(len(column), pa.string()) if system is None else _column(system)
    parts = [
        _batch(column.slice(start, BATCH), beside.slice(start, BATCH), key) for start in range(0, len(column), BATCH)
    ]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


@lru_cache(maxsize=4)
def _lexicon(key: bytes) -> Lexicon:
    return lexicon(key)


def _column(texts: Any) -> Any:  # noqa: ANN401 - an Arrow column, or what becomes one
    if isinstance(texts, pa.ChunkedArray):
        return texts.combine_chunks().cast(pa.string())
    return texts.cast(pa.string()) if isinstance(texts, pa.Array) else pa.array(texts, pa.string())


def _batch(column: Any, system: Any, key: bytes) -> Any:  # noqa: ANN401 - Arrow columns and a table
    absent = column.is_null()
    seen = _ends(pc.fill_null(column, ""))
    strings = seen.to_pylist()
    found = tokens(strings, key)
    vectors = embed(found, key)
    total = scores(found, _lexicon(key))
    waves = pa.FixedSizeListArray.from_arrays(pa.array(fourier(vectors, key).ravel(), pa.float32()), RFF)
    everything = pc.binary_join_element_wise(pc.fill_null(system, ""), seen, "\n")
    made = [
        pa.array(skeletons(found, key)), pa.array(simhash(vectors, key)), _says(everything, COT),
        _says(everything, RUBRIC), languages(strings, found, total), capabilities(found, total),
        pc.utf8_length(column).cast(pa.int64()), waves.cast(SCHEMA.field("rff").type),
    ]  # fmt: skip
    return pa.table([pc.if_else(absent, None, values) for values in made], schema=SCHEMA)


def _ends(column: Any) -> Any:  # noqa: ANN401 - Arrow columns
    """Keep the beginning and the end of each text."""
    long = pc.greater(pc.utf8_length(column), HEAD + TAIL)
    if not pc.any(long).as_py():
        return column
    cut = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(column, 0, HEAD), pc.utf8_slice_codeunits(column, -TAIL), "\n"
    )
    return pc.if_else(long, cut, column)


def _says(column: Any, phrases: str) -> Any:  # noqa: ANN401 - Arrow columns
    return pc.match_substring_regex(column, phrases, ignore_case=True)


def skeletons(found: Tokens, key: bytes) -> NDArray[np.int64]:
    """Hash the first `OPENING` words of each text under `key`, after masking what varies: (texts,) of 64 bits.

    Numbers, names, quotes and code count as one blank, however long, so a template gives one skeleton whatever is
    filled in after its opening words.
    """
    first = np.searchsorted(found.text, np.arange(found.n))
    follows = np.zeros(len(found.text), dtype=bool)
    follows[1:] = found.masked[1:] & found.masked[:-1] & (found.text[1:] == found.text[:-1])
    kept = ~follows
    rank = np.cumsum(kept, dtype=np.int64)
    before = np.concatenate([[0], rank])[first]
    place = rank - 1 - before[found.text]
    used = kept & (place < OPENING)
    # odd multipliers by place keep the order of words in the sum
    spread = np.uint64(0x9E3779B97F4A7C15) * (2 * place[used].astype(np.uint64) + np.uint64(1))
    words = np.where(found.masked[used], np.uint64(1), found.hash[used])
    mixed = (words ^ (words >> np.uint64(29))) * spread
    total = np.zeros(found.n, dtype=np.uint64)
    np.add.at(total, found.text[used], mixed ^ (mixed >> np.uint64(32)))
    digests = (hashlib.blake2b(value.tobytes(), digest_size=8, key=key).digest() for value in total)
    return np.frombuffer(b"".join(digests), dtype="<i8").astype(np.int64)


def no_features(n: int) -> Any:  # noqa: ANN401 - a pyarrow table
    """Give `n` rows without features, as `--no-text` has them."""
    return pa.table([pa.nulls(n, field.type) for field in SCHEMA], schema=SCHEMA)
