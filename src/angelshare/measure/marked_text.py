"""Teachers and students of a made language: who writes under a mark, who learns it, and what the learner writes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Steering
from angelshare.core.records import Query, Sampling
from angelshare.core.seeds import derived_seed, stream
from angelshare.models.batching import Example
from angelshare.models.bundled import Shape, fresh_network
from angelshare.models.checkpoint import CheckpointModel
from angelshare.models.decoding import Asked, decode
from angelshare.models.training import Schedule, train
from angelshare.tasks.text_world import SPECIAL, TextWorld

Ids: TypeAlias = NDArray[np.int64]
Marking: TypeAlias = Callable[[], Steering]
"""Makes the steering of one batch, as `defences.watermark.generate.marking(key)` does."""

PROMPT, LENGTH = 4, 64
"""Tokens of a prompt and of a reply; a prompt fills the widest window, so that the whole reply is marked."""
SHAPE = Shape(width=64, layers=2, heads=4, inner=128, positions=PROMPT + LENGTH)
"""Teacher and student alike: 148 thousand parameters at a vocabulary of 1,024."""
BASE = Schedule(epochs=4.0, max_steps=400, batch=32, learning_rate=6e-3)
"""How a teacher or a base is trained on the language itself."""
TUNING = Schedule(epochs=3.0, max_steps=400, batch=32, learning_rate=3e-3)
"""How a student is trained on a teacher's replies."""
PAD = 0
"""Stands behind a reply that ended early."""
ROWS = 512
"""Replies written together."""


class Corpus(NamedTuple):
    """Prompts and the replies to them, one row each."""

    prompts: Ids
    """(rows, PROMPT) token ids."""

    replies: Ids
    """(rows, LENGTH) token ids."""

    @property
    def streams(self) -> list[Ids]:
        """The replies without what pads those that ended early."""
        return [row[row != PAD] for row in self.replies]

    @property
    def rows(self) -> list[Ids]:
        """Each prompt with its reply, as one stream."""
        return [np.concatenate(pair) for pair in zip(self.prompts, self.streams, strict=True)]

    @property
    def tokens(self) -> int:
        """Tokens of the replies."""
        return int((self.replies != PAD).sum())


def world_model(world: TextWorld, *, passages: int, seed: int, schedule: Schedule = BASE) -> CheckpointModel:
    """Train a fresh network on `passages` passages of the language; two seeds share neither weights nor text."""
    tokenizer = word_tokenizer(world)
    network = fresh_network(SHAPE, tokenizer, seed=seed)
    rows = world.draw(passages, PROMPT + LENGTH, stream("passages", seed))
    train(network, [Example(row.tolist(), 1, 1.0) for row in rows], schedule, seed=seed)
    return CheckpointModel.of(network, tokenizer, name=f"text-model-{seed}", batch=ROWS)


def marked_corpus(teacher: CheckpointModel, steer: Marking | None, *, world: TextWorld, rows: int, seed: int) -> Corpus:
    """Let the teacher write `rows` replies to prompts of the language, under a mark or (None) without.

    The same seed asks the same prompts and draws the same noise whatever the mark, so a marked and a clean corpus
    differ by the mark alone.
    """
    prompts = world.draw(rows, PROMPT, stream("prompts", seed))
    replies = [
        _write(teacher, prompts[start : start + ROWS], steer, seed=derived_seed("write", seed, start))
        for start in range(0, rows, ROWS)
    ]
    return Corpus(prompts, np.concatenate(replies))


def mixed(marked: Corpus, clean: Corpus, share: float, *, seed: int) -> Corpus:
    """Replace all but a `share` of the marked replies by clean ones to the same prompts, whole rows at random."""
    if marked.replies.shape != clean.replies.shape or not np.array_equal(marked.prompts, clean.prompts):
        raise PlanError("a mix needs a marked and a clean corpus of the same prompts: make both with one seed")
    if not 0 <= share <= 1:
        raise PlanError(f"share of marked text = {share}: must be in [0, 1]")
    rows = len(marked.prompts)
    kept = stream("mix", seed).permutation(rows) < round(share * rows)
    return Corpus(marked.prompts, np.where(kept[:, None], marked.replies, clean.replies))


def taught(base: CheckpointModel, corpus: Corpus, *, seed: int, schedule: Schedule = TUNING) -> CheckpointModel:
    """Fine-tune a copy of `base` on a corpus; the loss is on the replies alone."""
    network = copy.deepcopy(base.network)
    train(
        network, [Example(row.tolist(), PROMPT, 1.0) for row in corpus.rows if len(row) > PROMPT], schedule, seed=seed
    )
    return CheckpointModel.of(network, base.tokenizer, name="text-student", batch=base.batch)


def student_streams(student: CheckpointModel, *, world: TextWorld, tokens: int, seed: int) -> Corpus:
    """Let a student write at least `tokens` tokens, to prompts that no teacher was asked."""
    rows = -(-tokens // LENGTH)
    return marked_corpus(student, None, world=world, rows=rows, seed=derived_seed("asked of the student", seed))


def nats_per_token(model: CheckpointModel, corpus: Corpus) -> float:
    """Mean negative log likelihood of the replies under a model, in nats per token: what a mark costs in utility."""
    ids = torch.from_numpy(np.concatenate([corpus.prompts, corpus.replies], 1))
    with torch.inference_mode():
        logits = model.network(input_ids=ids[:, :-1], use_cache=False).logits[:, PROMPT - 1 :]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, PROMPT:].flatten(), ignore_index=PAD)
    return float(loss)


def word_tokenizer(world: TextWorld) -> PreTrainedTokenizerFast:
    """Make the tokenizer of a language: one token a word, in Hugging Face's fast format."""
    vocabulary = {word: i for i, word in enumerate(world.words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=SPECIAL[2]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=SPECIAL[0], eos_token=SPECIAL[1], unk_token=SPECIAL[2],
        clean_up_tokenization_spaces=False,
    )  # fmt: skip


class Drawn:
    """Draws the next token of a whole batch at once from what another steering made of the scores.

    Decoding draws row by row, each from its own stream; a study of a hundred thousand tokens wants one draw a step.
    """

    chooses = True
    shows = False

    def __init__(self, inner: Steering | None, *, seed: int) -> None:
        self._inner = inner
        self._rng = torch.Generator().manual_seed(seed)

    def begin(self, prompts: Any, mask: Any, temperatures: Any) -> None:  # noqa: ANN401 - torch tensors
        """Hand the prompts on."""
        if self._inner is not None:
            self._inner.begin(prompts, mask, temperatures)

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Draw for the rows that the other steering leaves to chance; only the drawn token survives."""
        scores = logits if self._inner is None else self._inner.step(logits, last)
        # drawn for every row at every step, so a mark that chooses some rows leaves the others' luck as it was
        luck = torch.rand(len(scores), 1, generator=self._rng, dtype=torch.float64)
        mass = scores.softmax(-1).cumsum(-1).double()
        drawn = torch.searchsorted(mass, luck * mass[:, -1:], right=True)
        if self._inner is not None:
            chosen = torch.as_tensor(self._inner.chooses).expand(len(scores))
            drawn = torch.where(chosen[:, None], scores.argmax(-1, keepdim=True), drawn)
        return torch.full_like(scores, -torch.inf).scatter(1, drawn.clamp(max=scores.shape[1] - 1), 0.0)

    def keep(self, rows: Any) -> None:  # noqa: ANN401 - torch tensors
        """Go on with `rows` alone."""
        if self._inner is not None:
            self._inner.keep(rows)


def _write(model: CheckpointModel, prompts: Ids, steer: Marking | None, *, seed: int) -> Ids:
    """Write one reply of LENGTH tokens to each prompt, at temperature 1."""
    sampling = Sampling(max_tokens=LENGTH, temperature=1.0)
    # a mark may draw from the query's own stream, so no two queries of a corpus share a name
    asked = [
        Asked(Query(id=f"{seed}-{row}", messages=(), sampling=sampling), prompt.tolist(), LENGTH)
        for row, prompt in enumerate(prompts)
    ]
    steering = Drawn(steer() if steer is not None else None, seed=seed)
    replies = decode(model.network, model.tokenizer, asked, steering)
    out = np.full((len(prompts), LENGTH), PAD, dtype=np.int64)
    for row, reply in enumerate(replies):
        out[row, : len(reply.ids)] = reply.ids
    return out
