"""Two marks at one price: a plain green list and antidistillation fingerprinting, each learnt by a student and read."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from scipy.optimize import brentq

from angelshare import __version__
from angelshare.core.marks import MarkEvidence, WatermarkKey
from angelshare.core.record import record
from angelshare.core.seeds import derived_seed, stream
from angelshare.core.strict import decode_json, encode
from angelshare.defences.adfp import Fingerprint
from angelshare.defences.watermark.generate import marking
from angelshare.defences.watermark.greens import Greens
from angelshare.defences.watermark.keys import decoy_keys
from angelshare.lineage.reading import read_through, reading_evidence
from angelshare.measure.marked_text import Corpus, Marking, marked_corpus, nats_per_token, taught, world_model
from angelshare.models.checkpoint import CheckpointModel
from angelshare.models.training import Schedule
from angelshare.stats.marks import hoeffding
from angelshare.store.files import atomic_write, make_folder
from angelshare.tasks.text_world import TextWorld, text_world
from reproductions.tempered import Tempered

Mark = Literal["none", "plain", "adfp"]

PRICES = (0.4,)
"""Prices at which the marks are compared, any number: KL of marked from unmarked next tokens, in nats a token."""
REACH = {"plain": (0.02, 20.0), "adfp": (0.2, 2000.0)}
"""Strengths between which the one of the asked price is sought: delta, and lambda."""


@record
class Sizes:
    """How large the study is: students learn as in R1; window, gamma and temperature are those of the authors' code."""

    seeds: int = 5
    """Pairs of students, each pair with its own base, key and texts."""

    vocabulary: int = 512
    """Tokens of the language."""

    passages: int = 2000
    """Passages of the language that the teacher and each base learn from, none shared."""

    rows: int = 1000
    """Replies of the teacher that a student learns, 64 tokens each."""

    epochs: float = 6.0
    """Passes over them."""

    probe: int = 64
    """Replies on which a strength's price is measured while it is sought."""

    read: int = 200
    """Unmarked passages, which no student learnt, read through it; as many of those it was served."""

    decoys: int = 19
    """Decoy keys."""

    temperature: float = 0.7
    """At which the teacher writes."""


@record
class Reading:
    """What one text read through a student shows of the key."""

    expected: MarkEvidence
    """Expected score: the student's whole distribution, an upper bound on p."""

    expected_hoeffding: float
    """log10 of Hoeffding's bound for the same score, which the paper prints."""

    likeliest: MarkEvidence
    """Likeliest token alone: exact p."""

    likeliest_hoeffding: float
    """log10 of Hoeffding's bound for the same count."""


@record
class Cell:
    """What was found in one student."""

    mark: Mark
    """How its teacher's text was marked; "none" is the base itself, which learnt from no teacher."""

    asked: float
    """Price asked for; 0 for no mark."""

    seed: int
    """Names base, key and texts; students of one seed differ by the mark alone."""

    strength: float
    """delta or lambda that costs so much."""

    price: float
    """Price reached on the text that the student learnt."""

    nats: float
    """Teacher's loss on that text, nats a token, its temperature left out."""

    clean_nats: float
    """The same of the unmarked text to the same prompts."""

    fresh: Reading
    """Unmarked text of the teacher, one and the same for all students of a seed."""

    served: Reading
    """Outputs that the student learnt."""

    cpu_seconds: float
    """Process time of the cell, teacher and base left out."""


class Study:
    """The study under one folder; teacher and bases are trained when a cell first needs them."""

    def __init__(self, folder: Path, sizes: Sizes, prices: Sequence[float] = PRICES) -> None:
        digest = hashlib.sha256(encode(sizes) + __version__.encode()).hexdigest()
        self.folder = make_folder(folder / f"fingerprint-{digest[:8]}" / "cells")
        self.sizes, self.prices = sizes, prices
        self.world: TextWorld = text_world(vocabulary=sizes.vocabulary)
        self._models: dict[int, CheckpointModel] = {}
        self._clean: dict[tuple[str, int], Corpus] = {}

    def cells(self) -> list[Cell]:
        """Run what is not there yet; gives every cell."""
        torch.set_num_threads(1)
        kinds: list[tuple[Mark, float]] = [("none", 0.0)]
        for price in self.prices:
            kinds += [("plain", price), ("adfp", price)]
        return [self.cell(mark, price, seed) for mark, price in kinds for seed in range(1, self.sizes.seeds + 1)]

    def cell(self, mark: Mark, price: float, seed: int) -> Cell:
        """Find a finished cell, or run it."""
        path = self.folder / f"{mark}-{price:g}-{seed}.json"
        if path.exists():
            return decode_json(path.read_bytes(), Cell, str(path))
        found = self._run(mark, price, seed)
        atomic_write(path, encode(found) + b"\n")
        return found

    def key(self, seed: int) -> WatermarkKey:
        """Draw the key of a seed: two tokens of context and half the vocabulary green, as in the authors' code."""
        secret = f"{derived_seed('fingerprint key', seed):016x}" * 2
        return WatermarkKey(
            scheme="kgw", secret=secret, gamma=0.5, window=2, vocabulary_size=self.sizes.vocabulary
        )  # fmt: skip

    def steering(self, mark: Mark, strength: float, seed: int, prices: list[float]) -> Marking:
        """Give what writes under a mark at the study's temperature and notes in `prices` what each step costs.

        The proxy is the student's own base: what the paper's method is best at.
        """
        key, base, temperature = self.key(seed), self._model(seed), self.sizes.temperature
        if mark == "none":
            return lambda: Tempered(None, temperature, prices)
        if mark == "plain":
            plain = marking(dataclasses.replace(key, delta=strength))
            return lambda: Tempered(plain(), temperature, prices)
        greens, end = Greens(key), base.tokenizer.eos_token_id
        return lambda: Tempered(
            Fingerprint(key, greens, base, strength=strength, end=end), temperature, prices
        )  # fmt: skip

    def written(self, mark: Mark, strength: float, seed: int, *, rows: int, what: str) -> tuple[Corpus, float]:
        """Let the teacher write; gives the text and its mean price. One seed and `what` ask the same prompts."""
        prices: list[float] = []
        steer = self.steering(mark, strength, seed, prices)
        asked = derived_seed("fingerprint", what, seed)
        corpus = marked_corpus(self._model(0), steer, world=self.world, rows=rows, seed=asked)
        return corpus, float(np.mean(prices))

    def strength(self, mark: Mark, price: float, seed: int) -> float:
        """Find the strength of a mark that costs `price`, in logarithms (Brent's method, bisection where it must)."""
        if mark == "none":
            return 0.0

        def excess(log_strength: float) -> float:
            reached = self.written(mark, float(np.exp(log_strength)), seed, rows=self.sizes.probe, what="probe")[1]
            return float(np.log(reached / price))

        low, high = REACH[mark]
        return float(np.exp(brentq(excess, np.log(low), np.log(high), xtol=2e-3)))

    def _unmarked(self, seed: int, *, rows: int, what: str) -> Corpus:
        """Write unmarked text once for all students of a seed."""
        if (what, seed) not in self._clean:
            self._clean[what, seed] = self.written("none", 0.0, seed, rows=rows, what=what)[0]
        return self._clean[what, seed]

    def _model(self, seed: int) -> CheckpointModel:
        """Train the teacher (seed 0) or a base on passages of its own."""
        if seed not in self._models:
            self._models[seed] = world_model(
                self.world, passages=self.sizes.passages, seed=derived_seed("fingerprint model", seed)
            )
        return self._models[seed]

    def _run(self, mark: Mark, price: float, seed: int) -> Cell:
        teacher, base, sizes = self._model(0), self._model(seed), self.sizes
        before, key = time.process_time(), self.key(seed)
        strength = self.strength(mark, price, seed)
        learnt, reached = self.written(mark, strength, seed, rows=sizes.rows, what="learnt")
        clean = self._unmarked(seed, rows=sizes.rows, what="learnt")
        fresh = self._unmarked(seed, rows=sizes.read, what="fresh")
        schedule = Schedule(epochs=sizes.epochs, max_steps=4000, batch=32, learning_rate=4e-3)
        student = base if mark == "none" else taught(base, learnt, seed=seed, schedule=schedule)
        decoys = decoy_keys(key, sizes.decoys, stream("fingerprint decoys", seed))
        return Cell(
            mark=mark, asked=price, seed=seed, strength=strength, price=reached,
            nats=nats_per_token(teacher, learnt), clean_nats=nats_per_token(teacher, clean),
            fresh=reading(key, student, fresh.rows, decoys),
            served=reading(key, student, learnt.rows[: sizes.read], decoys),
            cpu_seconds=time.process_time() - before,
        )  # fmt: skip


def reading(
    key: WatermarkKey, student: CheckpointModel, text: Sequence[np.ndarray], decoys: Sequence[WatermarkKey]
) -> Reading:
    """Read a text through a student and test both of its scores, each beside Hoeffding's bound.

    Every token of the vocabulary is weighed, so that without a mark the expected score lies in [0, n] around gamma n,
    as the bound asks.
    """
    size = key.vocabulary_size
    read = read_through(student.network, text, window=key.window, vocabulary_size=size, candidates=size)
    expected, likeliest = reading_evidence(key, read, decoys)
    bounds = [float(hoeffding(one.statistic, one.n, key.gamma)) for one in (expected, likeliest)]
    return Reading(
        expected=expected, expected_hoeffding=bounds[0], likeliest=likeliest, likeliest_hoeffding=bounds[1]
    )  # fmt: skip
