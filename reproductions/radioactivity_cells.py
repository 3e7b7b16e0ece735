"""One student each: a teacher marks, a student learns, and every test is made; finished cells are found again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from angelshare import __version__
from angelshare.core.marks import MarkEvidence, WatermarkKey
from angelshare.core.record import record
from angelshare.core.seeds import derived_seed, stream
from angelshare.core.strict import decode_json, encode
from angelshare.defences.watermark.dedup import Windows, public
from angelshare.defences.watermark.generate import marking
from angelshare.defences.watermark.keys import decoy_keys
from angelshare.defences.watermark.schedule import window_width
from angelshare.defences.watermark.tally import tallies, tally
from angelshare.lineage.radioactivity import Access, student_evidence
from angelshare.lineage.reading import read_through, reading_evidence, scored
from angelshare.measure.marked_text import (
    Corpus,
    marked_corpus,
    mixed,
    nats_per_token,
    student_streams,
    taught,
    world_model,
)
from angelshare.models.checkpoint import CheckpointModel
from angelshare.models.training import Schedule
from angelshare.stats.expected import standing
from angelshare.stats.marks import log10_p_values
from angelshare.store.files import atomic_write, make_folder
from angelshare.tasks.text_world import TextWorld, text_world


@record
class Sizes:
    """How large the study is."""

    seeds: int = 5
    """Students per condition, each with its own base, key, teacher's text and own text."""

    vocabulary: int = 1024
    """Tokens of the language."""

    passages: int = 6000
    """Passages of the language that the teacher and each base learn from, none shared."""

    rows: int = 1600
    """Replies of the teacher that a student learns, 64 tokens each."""

    epochs: float = 6.0
    """Passes over them."""

    tokens: int = 120_000
    """Tokens that a student writes."""

    fresh: int = 100
    """Marked passages that no student learnt, read through it."""

    wrong: int = 100
    """Wrong keys, drawn like the right one."""

    blocks: int = 20
    """Parts of the windows in a student's text, whose mean scores say how it scatters."""


@record
class Condition:
    """What one student learnt from."""

    name: str
    """Short name, also of its file."""

    scheme: str
    """"none", or the family of the mark."""

    window: int
    """Tokens of context h."""

    share: float = 1.0
    """Share of marked replies in the mix."""


CONDITIONS = (
    Condition(name="none", scheme="none", window=1, share=0.0),
    Condition(name="kgw-1", scheme="kgw", window=1),
    Condition(name="kgw-1-mix-0.3", scheme="kgw", window=1, share=0.3),
    Condition(name="kgw-1-mix-0.1", scheme="kgw", window=1, share=0.1),
    Condition(name="kgw-2", scheme="kgw", window=2),
    Condition(name="kgw-4", scheme="kgw", window=4),
    Condition(name="gumbel-4", scheme="gumbel", window=4),
    Condition(name="synthid-4", scheme="synthid", window=4),
)
WRONG_OF = ("kgw-1", "kgw-4", "gumbel-4", "synthid-4")
"""Kinds of key that the text of students without a mark is held against."""


@record
class Cell:
    """What was found in one student."""

    condition: Condition
    """What it learnt from."""

    seed: int
    """Its seed."""

    teacher_score: float
    """Mean score of the teacher's own marked text; chance for no mark."""

    chance: float
    """Mean score without a mark."""

    closed: MarkEvidence
    """Its text alone."""

    supervised: MarkEvidence
    """Its text behind the filter."""

    reading: Sequence[MarkEvidence]
    """Fresh marked text read through it: expected score, likeliest token."""

    reading_served: Sequence[MarkEvidence]
    """The teacher's outputs that were served to it, read through it."""

    reading_standing: float
    """Expected score of fresh text, in standard deviations above chance."""

    reading_score: float
    """Mean score of its likeliest tokens after fresh windows."""

    blocks: Sequence[float]
    """Mean score in parts of its draws, by window."""

    wrong: dict[str, Sequence[float]]
    """log10 p of wrong keys on its text, by kind of key."""

    nats: float
    """Its loss on the language itself, nats per token: what it is worth."""

    base_nats: float
    """The same of its base."""

    cpu_seconds: float
    """Process time of the cell, teacher and base left out."""


class Study:
    """The study under one folder; teacher and bases are trained when a cell first needs them."""

    def __init__(self, folder: Path, sizes: Sizes, conditions: Sequence[Condition] = CONDITIONS) -> None:
        digest = hashlib.sha256(encode(sizes) + encode(list(conditions)) + __version__.encode()).hexdigest()
        self.folder = make_folder(folder / f"radioactivity-{digest[:8]}" / "cells")
        self.sizes, self.conditions = sizes, conditions
        self.world: TextWorld = text_world(vocabulary=sizes.vocabulary)
        self._models: dict[int, CheckpointModel] = {}

    def cells(self) -> list[Cell]:
        """Run what is not there yet; gives every cell."""
        torch.set_num_threads(1)
        return [self.cell(one, seed) for seed in range(1, self.sizes.seeds + 1) for one in self.conditions]

    def cell(self, condition: Condition, seed: int) -> Cell:
        """Find a finished cell, or run it."""
        path = self.folder / f"{condition.name}-{seed}.json"
        if path.exists():
            return decode_json(path.read_bytes(), Cell, str(path))
        found = self._run(condition, seed)
        atomic_write(path, encode(found) + b"\n")
        return found

    def key(self, kind: str, seed: int) -> WatermarkKey:
        """Draw the key of a kind ("kgw-1") for a seed."""
        scheme, window = kind.split("-")[:2]
        secret = f"{derived_seed('radioactivity key', kind, seed):016x}" * 2
        return WatermarkKey(
            scheme=scheme, secret=secret, gamma=0.25, delta=3.0, window=int(window),  # type: ignore[arg-type]  # a scheme's name
            vocabulary_size=self.sizes.vocabulary,
        )  # fmt: skip

    def _model(self, seed: int) -> CheckpointModel:
        """Train the teacher (seed 0) or a base on passages of its own."""
        if seed not in self._models:
            self._models[seed] = world_model(
                self.world, passages=self.sizes.passages, seed=derived_seed("radioactivity model", seed)
            )
        return self._models[seed]

    def _corpora(self, key: WatermarkKey, condition: Condition, seed: int) -> tuple[Corpus, Corpus]:
        """Write what the student learns, and the marked outputs among it."""
        teacher, asked = self._model(0), derived_seed("radioactivity corpus", seed)
        write = marking(key) if condition.share else None
        marked = marked_corpus(teacher, write, world=self.world, rows=self.sizes.rows, seed=asked)
        if condition.share in (0.0, 1.0):
            return marked, marked
        clean = marked_corpus(teacher, None, world=self.world, rows=self.sizes.rows, seed=asked)
        mix = mixed(marked, clean, condition.share, seed=seed)
        kept = (mix.replies == marked.replies).all(1)
        return mix, Corpus(mix.prompts[kept], mix.replies[kept])

    def _run(self, condition: Condition, seed: int) -> Cell:
        teacher, base = self._model(0), self._model(seed)
        before, sizes = time.process_time(), self.sizes
        kind = "kgw-1" if condition.scheme == "none" else f"{condition.scheme}-{condition.window}"
        key = self.key(kind, seed)
        learnt, served = self._corpora(key, condition, seed)
        schedule = Schedule(epochs=sizes.epochs, max_steps=4000, batch=32, learning_rate=4e-3)
        student = taught(base, learnt, seed=seed, schedule=schedule)
        own = student_streams(student, world=self.world, tokens=sizes.tokens, seed=seed).streams
        fresh = marked_corpus(
            teacher, marking(key), world=self.world, rows=sizes.fresh, seed=derived_seed("fresh", seed)
        )
        decoys = decoy_keys(key, sizes.wrong, stream("radioactivity decoys", kind, seed))
        read = read_through(student.network, fresh.rows, window=key.window, vocabulary_size=key.vocabulary_size)
        again = read_through(
            student.network, served.rows[: 4 * sizes.fresh], window=key.window, vocabulary_size=key.vocabulary_size
        )
        reading = reading_evidence(key, read, decoys)
        score = tally(key, served.streams)
        real = _held_out(self.world)
        return Cell(
            condition=condition, seed=seed, chance=score.rate,
            teacher_score=score.statistic / score.n,
            closed=student_evidence(key, own, decoys),
            supervised=student_evidence(key, own, decoys, access=Access(outputs=served.rows)),
            reading=reading, reading_served=reading_evidence(key, again, decoys),
            reading_standing=standing(*scored(key, read)), reading_score=reading[1].statistic / reading[1].n,
            blocks=self._blocks(key, own), wrong=self._wrong(condition, own, seed),
            nats=nats_per_token(student, real), base_nats=nats_per_token(base, real),
            cpu_seconds=time.process_time() - before,
        )  # fmt: skip

    def _blocks(self, key: WatermarkKey, own: Sequence[np.ndarray]) -> list[float]:
        """Give the mean score of the draws in parts, each made of windows of its own.

        Parts of the text would each be de-duplicated alone, weigh frequent pairs more, and score higher than the whole.
        """
        width = window_width(key)
        found = np.unique(np.concatenate([public(one, np.arange(width, len(one) + 1), width) for one in own]))
        part_of = found % np.uint64(self.sizes.blocks)
        parts = [
            tally(key, own, only=Windows(width, found[part_of == np.uint64(part)])) for part in range(self.sizes.blocks)
        ]
        return [part.statistic / part.n for part in parts]

    def _wrong(self, condition: Condition, own: Sequence[np.ndarray], seed: int) -> dict[str, Sequence[float]]:
        """Hold a student's text against keys that nobody used: of its own kind, or of every kind without a mark."""
        kinds = WRONG_OF if condition.scheme == "none" else (f"{condition.scheme}-{condition.window}",)
        found = {}
        for kind in kinds:
            keys = decoy_keys(self.key(kind, seed), self.sizes.wrong, stream("wrong keys", kind, condition.name, seed))
            found[kind] = log10_p_values(tallies(keys, own)).tolist()
        return found


def _held_out(world: TextWorld) -> Corpus:
    rows = world.draw(300, 68, stream("radioactivity held out"))
    return Corpus(rows[:, :4], rows[:, 4:])
