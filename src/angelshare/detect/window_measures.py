"""Measures of single queries against a model of benign ones: surprise, distance, a witness, form, Fourier features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from angelshare.detect.embedding import embed
from angelshare.detect.tokens import Tokens, tokens

KEY = b"angelshare windows".ljust(32, b".")
"""Windows are scored where their text lies, so nothing is hidden from the scorer and the key is no secret."""
BUCKETS = 1 << 15
WIDTHS = (0.4, 0.8, 1.6)
WAVES = 64
FORM = 8
"""Numbers that describe a query's form."""
SCALARS = 5
"""Measures with a direction: word surprise, pair surprise, distance, distance of form, witness."""
BLOCKS = (FORM, *([WAVES] * len(WIDTHS)))
"""Measures without a direction, as sizes of blocks."""
NEAREST = 5
"""Which nearest benign query the distance is to."""
LANDMARKS = 3000
"""Benign queries distances are to."""
STRONG = 3e-5
"""Strength of the witness's ridge, per query."""
MIXED = 0.5
"""Weight of a pair's own frequency against that of its second word."""


@dataclass(frozen=True)
class Model:
    """A model of benign queries."""

    words: NDArray[np.float64]
    """(BUCKETS,) surprise of a word, nats."""

    pairs: NDArray[np.float64]
    """(BUCKETS,) counts of pairs."""

    firsts: NDArray[np.float64]
    """(BUCKETS,) counts of words."""

    landmarks: NDArray[np.float32]
    """(landmarks, 64) embeddings of benign queries."""

    forms: NDArray[np.float64]
    """(2, FORM) mean and spread of forms."""

    witness: NDArray[np.float64]
    """(BUCKETS + FORM + 1,) weights; zeros without other families."""


def fit(benign: Sequence[str], others: Sequence[str], *, rng: Generator) -> Model:
    """Fit a model of benign queries; `others` are queries of other extraction families, for the witness."""
    found = tokens(benign, KEY)
    words = np.bincount(_words(found), minlength=BUCKETS).astype(np.float64)
    pairs = np.bincount(_pairs(found)[1], minlength=BUCKETS).astype(np.float64)
    smooth = (words + 0.5) / (words.sum() + 0.5 * BUCKETS)
    vectors = embed(found, KEY)
    form = _form(found)
    some = rng.choice(len(benign), min(LANDMARKS, len(benign)), replace=False)
    forms = np.stack([form.mean(axis=0), form.std(axis=0) + 1e-6])
    witness = np.zeros(BUCKETS + FORM + 1)
    if len(others):
        strange = tokens(
            [others[i] for i in rng.choice(len(others), min(len(others), len(benign)), replace=False)], KEY
        )
        witness = _witness(_bag(found, forms), _bag(strange, forms))
    return Model(
        words=-np.log(smooth), pairs=pairs, firsts=words, landmarks=vectors[some], forms=forms, witness=witness
    )


def measure(model: Model, texts: Sequence[str]) -> NDArray[np.float64]:
    """Measure queries: (queries, SCALARS + sum(BLOCKS))."""
    found = tokens(texts, KEY)
    vectors = embed(found, KEY)
    form = _form(found)
    odd = np.sqrt((((form - model.forms[0]) / model.forms[1]) ** 2).mean(axis=1))
    scalars = [
        _mean_of(found.text, model.words[_words(found)], found.n), _pair_surprise(model, found),
        _distance(model, vectors), odd, _bag(found, model.forms) @ model.witness,
    ]  # fmt: skip
    return np.column_stack([*scalars, form, *(_waves(vectors, width) for width in WIDTHS)])


def _words(found: Tokens) -> NDArray[np.int64]:
    return np.asarray((found.hash % np.uint64(BUCKETS)).astype(np.int64))


def _pairs(found: Tokens) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the places of words that follow another in their text, and the bucket of each such pair."""
    second = np.flatnonzero(np.concatenate([[False], found.text[1:] == found.text[:-1]]))
    with np.errstate(over="ignore"):
        mixed = found.hash[second - 1] * np.uint64(0x9E3779B97F4A7C15) + found.hash[second]
    return second, np.asarray(((mixed ^ (mixed >> np.uint64(29))) % np.uint64(BUCKETS)).astype(np.int64))


def _pair_surprise(model: Model, found: Tokens) -> NDArray[np.float64]:
    """Give the mean surprise of words after the one before them: pairs and words, mixed half and half, nats."""
    second, bucket = _pairs(found)
    words = _words(found)
    alone = np.exp(-model.words[words[second]])
    after = model.pairs[bucket] / (model.firsts[words[second - 1]] + 1.0)
    return _mean_of(found.text[second], -np.log(MIXED * after + (1 - MIXED) * alone), found.n)


def _mean_of(text: NDArray[np.int32], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Average values over the words of each text, drawn to the mean of all where a text has few words."""
    middle = float(values.mean()) if values.size else 0.0
    return np.asarray((np.bincount(text, values, minlength=n) + middle) / (np.bincount(text, minlength=n) + 1.0))


def _distance(model: Model, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give the distance to the `NEAREST`-th nearest landmark."""
    near = np.empty(len(vectors))
    for start in range(0, len(vectors), 2000):
        alike = vectors[start : start + 2000] @ model.landmarks.T
        kth = np.partition(alike, -NEAREST, axis=1)[:, -NEAREST]
        near[start : start + 2000] = np.sqrt(np.maximum(2.0 - 2.0 * kth, 0.0))
    return near


def _form(found: Tokens) -> NDArray[np.float64]:
    """Describe the form of texts: length, words, length of words, what varies, capitals, digits, marks, repetition."""
    n, raw, of = found.n, found.bytes, found.text_of_byte
    size = np.bincount(of, minlength=n).astype(np.float64)
    words = np.bincount(found.text, minlength=n) + 1.0
    kinds = ((raw >= 65) & (raw < 91), (raw >= 48) & (raw < 58), _marks(raw))  # noqa: PLR2004 - capitals and digits of ASCII
    shares = [np.bincount(of, kind, minlength=n) / size for kind in kinds]
    masked = np.bincount(found.text, found.masked, minlength=n) / words
    with np.errstate(over="ignore"):
        _, first = np.unique(
            found.hash + found.text.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15), return_index=True
        )
    different = np.bincount(found.text[first], minlength=n) / words
    return np.column_stack([np.log(size), np.log(words), size / words, masked, *shares, different])


def _marks(raw: NDArray[np.uint8]) -> NDArray[np.bool_]:
    letter = ((raw | 32) >= 97) & ((raw | 32) < 123)  # noqa: PLR2004 - letters of ASCII
    return (raw > 32) & (raw < 127) & ~letter & ~((raw >= 48) & (raw < 58))  # noqa: PLR2004 - what is printed in ASCII


def _bag(found: Tokens, forms: NDArray[np.float64]) -> sparse.csr_array:
    """Give words and pairs of each text as roots of counts of length one, its form in units of spread, and a one."""
    second, pairs = _pairs(found)
    text = np.concatenate([found.text, found.text[second]])
    bucket = np.concatenate([_words(found), (pairs * 31 + 7) % BUCKETS])
    bag = sparse.csr_array((np.ones(len(text)), (text, bucket)), shape=(found.n, BUCKETS))
    bag.data = np.sqrt(bag.data)
    length = np.sqrt(np.asarray(bag.multiply(bag).sum(axis=1)).ravel())
    bag = sparse.diags_array(1.0 / np.maximum(length, 1e-9)) @ bag
    form = ((_form(found) - forms[0]) / forms[1]).clip(-4, 4) / 4
    return sparse.csr_array(sparse.hstack([bag, sparse.csr_array(np.column_stack([form, np.ones(found.n)]))]))


def _witness(benign: sparse.csr_array, strange: sparse.csr_array) -> NDArray[np.float64]:
    """Fit a logistic witness with a ridge, both sides weighing the same: larger is less like benign queries."""
    rows = sparse.csr_array(sparse.vstack([benign, strange]))
    sign = np.concatenate([-np.ones(benign.shape[0]), np.ones(strange.shape[0])])
    weight = np.where(sign > 0, 0.5 / strange.shape[0], 0.5 / benign.shape[0])

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (rows @ w)
        slope = -weight * sign / (1.0 + np.exp(np.minimum(margin, 500.0)))
        return float((weight * np.logaddexp(0.0, -margin)).sum() + STRONG / 2 * w @ w), rows.T @ slope + STRONG * w

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 60})
    return np.asarray(found.x)


def _waves(vectors: NDArray[np.float32], width: float) -> NDArray[np.float64]:
    """Give random Fourier features of a Gaussian kernel (Rahimi and Recht 2007), the same waves for every width."""
    rng = np.random.default_rng(5)
    waves, shift = rng.standard_normal((vectors.shape[1], WAVES)), rng.uniform(0, 2 * np.pi, WAVES)
    return np.asarray(np.sqrt(2.0 / WAVES) * np.cos(vectors @ waves / width + shift))
