"""Training projects with known truth: small language models that really learn, from people, shared data or a teacher.

A model is a bigram law over a made language. Pretrained bases differ a little; fine-tuning adds counts of what was
read to pseudo-counts of the base (the posterior mean under a Dirichlet prior, MacKay & Peto 1995, section 2), so what a
student keeps of its teacher is learnt and not set. What makes innocents alike is there too: bases, sizes, data that
several projects share, one register that people and teachers both write assistants' replies in, length, refusals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from angelshare.core.lineage import Answer, AnswerSource
from angelshare.core.seeds import stream
from angelshare.lineage.answers import AnswerSet, Member, Panel

FloatArray = NDArray[np.float64]

SIZES = {"small": 12.0, "middle": 5.0, "large": 2.0}
"""Pseudo-counts of the base for each word: a large model takes more from as much text."""
TOKENS = 20_000
"""Words that fine-tuning reads."""
TOPIC = 0.2
"""Share of words that the prompt itself brings about, alike for every model."""
STOP, COMMA, LIST = 0, 1, 2
"""Words of the language that are marks: full stop, comma, a new line of a list."""
REFUSALS = ("that lies beyond what may be told", "of this nothing is known here", "no answer is given to such things")


@dataclass(frozen=True, slots=True)
class Style:
    """A way of writing: a bigram law, with length and refusals."""

    law: FloatArray
    """(V, V) probabilities of the next word."""

    words: float
    """Median words of a reply."""

    refusing: float
    """Share of replies that are a refusal."""

    refusal: int
    """Which of REFUSALS."""


@dataclass(frozen=True)
class World:
    """Everything that models of one simulated world can learn from; each part draws from a stream named after it."""

    seed: int
    """Names the world."""

    teachers: int = 3
    bases: int = 4
    shared: int = 5
    """Data sets written by people that any project may take."""

    prompts: int = 60
    vocabulary: int = 240
    voice: float = 0.6
    """Spread of the log odds by which one writer differs from another."""

    def draw(self, *what: str | int) -> np.random.Generator:
        """Open the stream of one part of this world."""
        return stream("lineage world", self.seed, *what)

    @cached_property
    def words(self) -> Sequence[str]:
        """Spell the vocabulary."""
        syllables = [first + vowel for first in "bdfgklmnprstv" for vowel in "aeiou"]
        spelt = [
            syllables[n % 65] + syllables[(n * 7 + n // 65) % 65] + ("" if n % 3 else "n")
            for n in range(self.vocabulary)
        ]
        return [".", ",", "\n-", *spelt[3:]]

    @cached_property
    def families(self) -> Sequence[str]:
        """Name the teachers."""
        return [f"teacher {n}" for n in range(self.teachers)]

    @cached_property
    def _language(self) -> FloatArray:
        rng, size = self.draw("language"), self.vocabulary
        return np.asarray(rng.normal(0, 1, (size, size)) - np.log(np.arange(size) + 5.0)[None, :])

    @cached_property
    def _register(self) -> FloatArray:
        return self._lean("register")

    def _lean(self, *what: str | int) -> FloatArray:
        """Draw how one writer differs: in single words and in what follows what."""
        rng, size = self.draw("lean", *what), self.vocabulary
        return np.asarray(self.voice * (0.5 * rng.normal(size=(1, size)) + rng.normal(size=(size, size))))

    def base(self, number: int) -> FloatArray:
        """Give the (V, V) law of a pretrained base."""
        return _softmax(self._language + 0.5 * self._lean("base", number))

    def teacher(self, family: str) -> Style:
        """Give a teacher: strong in the register of assistants, with a voice of its own."""
        rng = self.draw("teacher", family)
        law = _softmax(self._language + rng.uniform(0.8, 1.2) * self._register + self._lean("voice", family))
        return Style(law, rng.uniform(35, 60), rng.uniform(0.0, 0.08), int(rng.integers(len(REFUSALS))))

    def people(self, *what: str | int) -> Style:
        """Give people who wrote one data set: some of them write much like assistants."""
        rng = self.draw("people", *what)
        law = _softmax(self._language + rng.uniform(0.0, 1.2) * self._register + self._lean("voice", *what))
        return Style(law, rng.uniform(25, 60), rng.uniform(0.0, 0.08), int(rng.integers(len(REFUSALS))))

    def train(self, project: str, taught: Mapping[str, float] | None = None, *, base: int | None = None) -> Style:
        """Fine-tune a base on the data of one project.

        Args:
            project: names base, size, and which people's data it takes besides.
            taught: share of the text that each teacher wrote; the rest is people's.
            base: which base; None draws one.
        """
        rng = self.draw("project", project)
        drawn, size = int(rng.integers(self.bases)), list(SIZES.values())[int(rng.integers(len(SIZES)))]
        writers = [self.people("own", project)]
        writers += [self.people("shared", int(n)) for n in rng.choice(self.shared, rng.integers(0, 3), replace=False)]
        free = 1.0 - sum((taught or {}).values())
        parts = [*zip(writers, free * rng.dirichlet(np.ones(len(writers))), strict=True)]
        parts += [(self.teacher(family), share) for family, share in (taught or {}).items()]
        counts = np.zeros((self.vocabulary, self.vocabulary))
        for writer, share in parts:
            counts += _pairs(_chains(writer.law, (200, max(round(share * TOKENS / 200), 1)), rng), self.vocabulary)
        prior = size * self.base(drawn if base is None else base)
        law = (counts + prior) / (counts + prior).sum(axis=1, keepdims=True)
        first = max(parts, key=lambda part: part[1])[0]
        return Style(
            law, sum(share * writer.words for writer, share in parts) * rng.uniform(0.9, 1.1),
            sum(share * writer.refusing for writer, share in parts), first.refusal,
        )  # fmt: skip

    def reply(self, name: str, style: Style) -> AnswerSet:
        """Let a model answer every prompt once."""
        rng = self.draw("replies", name)
        length = np.clip(style.words * rng.lognormal(0, 0.3, self.prompts), 8, 120).astype(int)
        chains = _chains(style.law, (self.prompts, int(length.max())), rng)
        replies = {}
        for place in range(self.prompts):
            if rng.random() < style.refusing:
                text = REFUSALS[style.refusal].capitalize() + "."
            else:
                topical = rng.random(length[place]) < TOPIC
                topic = rng.integers(0, 8, length[place])
                text = self._text(chains[place, : length[place]], topical, topic, place)
            prompt = f"p{place}"
            digest = hashlib.sha256(f"{self.seed} {prompt}".encode()).hexdigest()
            replies[prompt] = Answer(prompt=prompt, text=text, prompt_sha256=digest)
        return AnswerSet(name, replies)

    def _text(self, chain: NDArray[np.int64], topical: NDArray[np.bool_], topic: NDArray[np.int64], place: int) -> str:
        said: list[str] = []
        start = True
        for word, about, which in zip(chain.tolist(), topical.tolist(), topic.tolist(), strict=True):
            if word <= LIST and not about:
                said.append(self.words[word])
                start = start or word != COMMA
                continue
            spelt = f"topic{place}{'abcdefgh'[which]}" if about else self.words[word]
            said.append(" " + (spelt.capitalize() if start else spelt))
            start = False
        return "".join(said).strip(" .,\n") + "."


def teachers_of(world: World) -> list[Member]:
    """Let every teacher answer."""
    return [
        Member(AnswerSource(name=name, file="", family=name), world.reply(name, world.teacher(name)))
        for name in world.families
    ]


def project_of(
    world: World, name: str, taught: Mapping[str, float] | None = None, *, base: int | None = None
) -> Member:
    """Train a project and let its model answer; its truth stands in its source."""
    source = AnswerSource(name=name, file="", project=name, taught_by=sorted(taught or ()), evidence="simulated")
    return Member(source, world.reply(name, world.train(name, taught, base=base)))


def panel_of(world: World, nulls: int, students: int = 3) -> Panel:
    """Train a panel: untaught projects, and some students of each teacher with half to all of their text from it."""
    members = [project_of(world, f"null {n}") for n in range(nulls)]
    for family in world.families:
        for n in range(students):
            share = float(world.draw("share", family, n).uniform(0.5, 1.0))
            members.append(project_of(world, f"student {n} of {family}", {family: share}))
    return Panel(members)


def laundered(world: World, answers: AnswerSet, *, rewritten: float = 0.0) -> AnswerSet:
    """Take the format off every reply; of the words, exchange a share for what a writer unknown to all would say next.

    Args:
        world: of the answers.
        answers: a model's replies.
        rewritten: share of the words exchanged, 0 to 1; 0 takes off marks and capitals alone.
    """
    rng = world.draw("laundering", answers.name, str(rewritten))
    cumulated = _cumulated(world.people("rewriter", answers.name).law)
    index = {word: n for n, word in enumerate(world.words)}
    replies = {}
    for prompt, answer in answers.replies.items():
        words = answer.text.lower().replace(".", " ").replace(",", " ").replace("-", " ").split()
        for place in np.flatnonzero(rng.random(len(words)) < rewritten).tolist():
            before = index.get(words[place - 1], 3) if place else 3
            drawn = int(np.searchsorted(cumulated[before], rng.random()))
            if words[place] in index and drawn > LIST:
                words[place] = world.words[drawn]
        replies[prompt] = Answer(prompt=prompt, text=" ".join(words), prompt_sha256=answer.prompt_sha256)
    return AnswerSet(answers.name, replies)


def _softmax(logits: FloatArray) -> FloatArray:
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))


def _cumulated(law: FloatArray) -> FloatArray:
    cumulated = np.cumsum(law, axis=1)
    cumulated[:, -1] = 1.0
    return cumulated


def _chains(law: FloatArray, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw (rows, steps) words, each row one chain."""
    size = len(law)
    # rows laid end to end rise without a break, so one search finds the next word of every chain
    line = (_cumulated(law) + np.arange(size)[:, None]).ravel()
    chains = np.empty(shape, dtype=np.int64)
    word = np.full(shape[0], STOP, dtype=np.int64)
    for step in range(shape[1]):
        found = np.searchsorted(line, word + rng.random(shape[0]), side="right") - word * size
        word = np.clip(found, 0, size - 1)
        chains[:, step] = word
    return chains


def _pairs(chains: NDArray[np.int64], size: int) -> FloatArray:
    """Count (V, V) which word follows which."""
    flat = (chains[:, :-1] * size + chains[:, 1:]).ravel()
    return np.bincount(flat, minlength=size * size).reshape(size, size).astype(np.float64)
