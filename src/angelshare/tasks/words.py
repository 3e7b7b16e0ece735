"""Words of a made language: say a passage that goes on from a prompt, then the prompt's last word and its class.

The passage is free, so it has the entropy that a watermark needs; the class has one right answer, which only somebody
who knows the language can give. The replies of the other bundled task have next to no entropy and carry no mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.records import Extractor, Item, Message, Query, Ring, Sampling
from angelshare.core.seeds import stream
from angelshare.tasks.text_world import SPECIAL, TextWorld, text_world

VOCABULARY = 512
"""Tokens of the language, special ones included."""
PROMPT, PASSAGE = 4, 16
"""Words of a prompt and of the passage in a reference reply."""
OPENS, CLOSES = "<", ">"
"""Stand around the passage."""
REPLY_TOKENS = 36
"""Longest reply."""
_DOMAIN, _CLASS = "class", "class-"


@cache
def language() -> TextWorld:
    """Make the language; always the same."""
    return text_world(vocabulary=VOCABULARY)


def class_name(number: int) -> str:
    """Name a word class in one token."""
    return f"{_CLASS}{number}"


def vocabulary() -> list[str]:
    """List every token: the language's, the brackets, the names of classes."""
    world = language()
    return [*world.words, OPENS, CLOSES, *(class_name(k) for k in range(int(world.classes.max()) + 1))]


class WordsTask:
    """A passage of a made language, then the word it set out from and its class; right or wrong by these alone."""

    name = "words"
    domains = (_DOMAIN,)
    style_features = ("well_formed", "right_length")

    def queries(self, n: int, *, seed: int) -> Sequence[Item]:
        """Draw `n` distinct prompts whose last words take turns; raises PlanError for more than a million."""
        if n > 1_000_000:  # noqa: PLR2004 - a bound far beyond use
            raise PlanError(f"'words': {n} queries asked for; it has a million")
        return _drawn(n, "queries", seed, "queried")

    def items(self, ring: Ring, n: int) -> Sequence[Item]:
        """Give `n` test items of the near ring; it has no other."""
        return _drawn(n, "test", 0, "near") if ring == "near" else []

    def extract(self, item: Item, text: str, extractor: Extractor) -> str | None:  # noqa: ARG002 - the socket's shape
        """Strict: a passage in brackets, a word, a class. Flexible: the last class named and the word before it."""
        trace, answer = self.split(text)
        words = text.split()
        ends = [k for k, word in enumerate(words) if word.startswith(_CLASS) and k > 0]
        found = " ".join(words[ends[-1] - 1 : ends[-1] + 1]) if ends else None
        return found if extractor == "flexible" or (trace and len(ends) == 1 and found == answer) else None

    def score(self, item: Item, answer: str | None) -> float:
        """1 if the word and its class are right, else 0."""
        return float(answer == item.answer)

    def split(self, text: str) -> tuple[str, str]:
        """Split `< passage > class` at the last closing bracket."""
        head, bracket, tail = text.rpartition(CLOSES)
        return (head + bracket, tail.strip()) if bracket else ("", text.strip())

    def style(self, item: Item, text: str) -> Sequence[float]:
        """Form of the reply: 1 if a passage and one class, 1 if the passage is half to twice as long as taught."""
        words = len(self.split(text)[0].split()) - 2
        formed = self.extract(item, text, "strict") is not None
        return float(formed), float(PASSAGE / 2 <= words <= PASSAGE * 2)


def worked_replies(n: int, rng: np.random.Generator) -> list[tuple[str, str, int]]:
    """Draw (prompt, reply up to the class, class of the prompt's last word); last words take turns in random order."""
    world = language()
    size = world.size - len(SPECIAL)
    last = np.concatenate([rng.permutation(size) for _ in range(-(-n // size))])[:n]
    before = world.draw(n, PROMPT - 1, rng)
    after = world.draw(n, PASSAGE, rng, last=last)
    return [
        (
            world.spell([*before[k], last[k] + len(SPECIAL)]),
            f"{OPENS} {world.spell(after[k])} {CLOSES} {world.words[last[k] + len(SPECIAL)]}",
            int(world.classes[last[k]]),
        )
        for k in range(n)
    ]


def _drawn(n: int, part: str, seed: int, ring: Ring) -> list[Item]:
    # a prompt of the other part is skipped, so that no test item is ever queried
    tests = frozenset[str]() if part == "test" else _tests()
    out: list[Item] = []
    seen: set[str] = set()
    for chunk in range(1_000_000):
        for prompt, reply, number in worked_replies(VOCABULARY, stream("words", part, seed, chunk)):
            if len(out) == n:
                return out
            if prompt not in seen and prompt not in tests:
                seen.add(prompt)
                out.append(_item(f"{ring}{seed}-{len(out)}", prompt, reply, number, ring=ring))
    return out


@cache
def _tests() -> frozenset[str]:
    return frozenset(item.query.messages[-1].content for item in _drawn(10_000, "test", 0, "near"))


def _item(identity: str, prompt: str, reply: str, number: int, *, ring: Ring) -> Item:
    query = Query(
        id=identity, messages=(Message(role="user", content=prompt),),
        sampling=Sampling(max_tokens=REPLY_TOKENS, temperature=1.0),
    )  # fmt: skip
    worked = f"{reply} {class_name(number)}"
    answer = worked.rpartition(CLOSES)[2].strip()
    return Item(id=identity, query=query, answer=answer, domain=_DOMAIN, ring=ring, worked=worked)
