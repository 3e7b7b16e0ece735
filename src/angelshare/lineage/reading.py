"""Reading mode: forward marked text through a student whose weights are at hand, and score what it would say next."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.marks import MarkEvidence, WatermarkKey
from angelshare.defences.watermark.arrays import FloatArray, IntArray, WordArray
from angelshare.defences.watermark.greens import below
from angelshare.defences.watermark.prf import draws, uniforms_of
from angelshare.defences.watermark.schedule import scorer_of
from angelshare.defences.watermark.scorer import Scorer
from angelshare.defences.watermark.tally import tallies
from angelshare.stats.expected import Expected, expected_evidence, expected_score, standing
from angelshare.stats.marks import evidence

CANDIDATES = 256
"""Tokens of a student's distribution that an expected score weighs, the most likely first; the others weigh nothing."""
PASSAGE = 256
"""Most tokens read in one piece; longer texts are cut."""
SCORES = 2**24
"""Next-token scores held at a time: passages are forwarded together up to it."""
NULL = "the student's predictions do not depend on this key"


class Read(NamedTuple):
    """What a student would say after windows of the marked text, each window once, where it stands first."""

    contexts: IntArray
    """(n, h) token ids of the windows."""

    ids: IntArray
    """(n, k) candidate tokens, the most likely first."""

    mass: FloatArray
    """(n, k) their probabilities under the student."""

    tokens: int
    """Tokens read."""


def read_through(
    network: Any,  # noqa: ANN401 - a transformers model
    streams: Sequence[IntArray],
    *,
    window: int,
    vocabulary_size: int,
    candidates: int = CANDIDATES,
) -> Read:
    """Forward marked text through `network` and keep its predictions after each window's first appearance.

    A later appearance may follow, in the same passage, the token that the mark chose there: a student would copy it
    whatever it was trained on. At its first appearance a window's draws have shaped nothing that the student reads, so
    without the mark in its training its prediction cannot know them (the tape of Sander et al. 2024, arXiv 2402.14904,
    section 4).

    Raises PlanError if the network scores fewer tokens than the key's vocabulary.
    """
    _require_width(getattr(network.config, "vocab_size", vocabulary_size), vocabulary_size)
    k = min(candidates, vocabulary_size)
    seen: set[bytes] = set()
    contexts: list[IntArray] = [np.empty((0, window), np.int64)]
    tokens: list[IntArray] = [np.empty((0, k), np.int64)]
    masses: list[FloatArray] = [np.empty((0, k))]
    for piece, ids, mass in _forward(network, _pieces(streams, network, window), vocabulary_size, k):
        windows = np.lib.stride_tricks.sliding_window_view(piece, window)
        first = [row for row, one in enumerate(windows) if _is_new(one.tobytes(), seen)]
        contexts.append(windows[first])
        tokens.append(ids[window - 1 :][first])
        masses.append(mass[window - 1 :][first])
    return Read(np.concatenate(contexts), np.concatenate(tokens), np.concatenate(masses), sum(map(len, streams)))


def first_windows(read: Read, n: int) -> Read:
    """Keep the first n windows, so that a test looks at no more than was registered.

    Raises PlanError if there are fewer: a shorter test is another test.
    """
    if len(read.contexts) < n:
        raise PlanError(
            f"--n registered {n:,} windows, the text has {len(read.contexts):,} to read; gather more text written "
            "under the key, or register a smaller number for other text"
        )
    return read._replace(contexts=read.contexts[:n], ids=read.ids[:n], mass=read.mass[:n])


def reading_evidence(key: WatermarkKey, read: Read, decoys: Sequence[WatermarkKey]) -> Sequence[MarkEvidence]:
    """Test what a student would say under its teacher's key: its whole distribution, then its likeliest token alone.

    The first result is the headline, since it wastes nothing; the second has an exact p-value. Marks whose draws hang
    on the target in their seed, or come from another generator's schedule, have the second alone.

    Raises PlanError for a unigram mark.
    """
    if key.scheme == "unigram":
        raise PlanError(
            "reading mode cannot test a unigram mark: its one green list shows in the text that is read, so any "
            "student would lean to it; test text that the student wrote (--student) instead"
        )
    exact = [np.append(context, token) for context, token in zip(read.contexts, read.ids[:, :1], strict=True)]
    own, *others = tallies([key, *decoys], exact)
    predicted = evidence(own, others, test=f"{key.scheme}, reading mode, likeliest token", null=NULL)
    if key.schedule != "angelshare" or (key.scheme == "kgw" and key.seeding == "self"):
        return [predicted]
    found, weights = scored(key, read)
    standings = [standing(*scored(decoy, read)) for decoy in decoys]
    expected = expected_evidence(
        found, weights, standings, test=f"{key.scheme}, reading mode, expected score", null=NULL
    )
    return [expected, predicted]


def scored(key: WatermarkKey, read: Read) -> tuple[Expected, FloatArray]:
    """Weigh a key's draws by the student's distribution; gives the score and the (n, k) weights of distinct seeds."""
    scorer = scorer_of(key)
    seeds = _seeds(scorer, read.contexts)
    # two windows can make one seed (min, additive): it is weighed once, where it stands first
    _, first = np.unique(seeds, return_index=True)
    first.sort()
    ids, mass = read.ids[first], read.mass[first]
    values, layers = _values(key, seeds[first], ids), key.layers if key.scheme == "synthid" else 1
    if key.scheme == "gumbel" and key.second_secret:
        second = dataclasses.replace(key, secret=key.second_secret, second_secret="")
        values, layers = values + _values(second, _seeds(scorer_of(second), read.contexts[first]), ids), 2
    return expected_score(mass, values, law=scorer.law, rate=scorer.rate, draws=layers), mass


def _values(key: WatermarkKey, seeds: WordArray, ids: IntArray) -> FloatArray:
    """Give a key's scores of (n, k) candidates after (n,) seeds: 0 or 1, an exponential, or a count of layers."""
    bits = draws(np.repeat(seeds, ids.shape[1]), np.ascontiguousarray(ids).ravel()).reshape(ids.shape)
    if key.scheme == "kgw":
        return np.asarray(bits < below(key.gamma), dtype=np.float64)
    if key.scheme == "gumbel":
        return np.asarray(-np.log1p(-uniforms_of(bits.ravel()).reshape(ids.shape)))
    kept = np.uint64((1 << key.layers) - 1)
    return np.asarray(np.bitwise_count(bits & kept), dtype=np.float64)


def _seeds(scorer: Scorer, contexts: IntArray) -> WordArray:
    """Make the (n,) seeds after windows that stand apart; none of these seeds hangs on the target."""
    n, width = contexts.shape
    flat = np.concatenate([contexts, np.zeros((n, 1), dtype=np.int64)], 1).ravel()
    return scorer.seeds(np.ascontiguousarray(flat), np.arange(n) * (width + 1) + width)


def _forward(
    network: Any,  # noqa: ANN401 - a transformers model
    pieces: Sequence[IntArray],
    vocabulary_size: int,
    k: int,
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Yield each piece with the (tokens, k) candidates to follow each of its tokens, and their probabilities."""
    import torch  # noqa: PLC0415 - tests of text need no network

    device = next(network.parameters()).device
    longest = max(map(len, pieces), default=1)
    rows = max(1, SCORES // (longest * vocabulary_size))
    for start in range(0, len(pieces), rows):
        batch = pieces[start : start + rows]
        padded = np.zeros((len(batch), longest), dtype=np.int64)  # a causal model never looks right
        for row, piece in enumerate(batch):
            padded[row, : len(piece)] = piece
        with torch.inference_mode():
            logits = network(input_ids=torch.from_numpy(padded).to(device), use_cache=False).logits
        _require_width(logits.shape[2], vocabulary_size)
        top = logits.float().softmax(-1)[..., :vocabulary_size].topk(k)
        ids, mass = top.indices.cpu().numpy(), top.values.double().cpu().numpy()
        for row, piece in enumerate(batch):
            yield piece, ids[row, : len(piece)], mass[row, : len(piece)]


def _pieces(streams: Sequence[IntArray], network: Any, window: int) -> list[IntArray]:  # noqa: ANN401 - a transformers model
    """Cut texts to what the network holds, leaving out what is shorter than a window."""
    room = min(PASSAGE, getattr(network.config, "max_position_embeddings", None) or PASSAGE)
    pieces = [
        np.ascontiguousarray(stream[at : at + room], dtype=np.int64)
        for stream in streams
        for at in range(0, len(stream), room)
    ]
    return [piece for piece in pieces if len(piece) >= window]


def _is_new(window: bytes, seen: set[bytes]) -> bool:
    if window in seen:
        return False
    seen.add(window)
    return True


def _require_width(scores: int, vocabulary_size: int) -> None:
    if scores < vocabulary_size:
        raise PlanError(
            f"the network scores {scores:,} tokens, the key's vocabulary has {vocabulary_size:,}; "
            "give the checkpoint of a student that shares the generator's tokenizer"
        )
