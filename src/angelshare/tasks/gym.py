"""Procedural tasks of the reasoning-gym package as tasks, judged by their own score functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import reasoning_gym
from reasoning_gym.factory import DATASETS

from angelshare.core.errors import PlanError, nearest
from angelshare.core.records import Extractor, Item, Message, Query, Ring, Sampling
from angelshare.core.seeds import derived_seed
from angelshare.tasks.form import STYLE_FEATURES, form, split_thought
from angelshare.tasks.reading import last_number, plain_number, settled
from angelshare.tasks.splits import Part, part

TEST_SHARE = 0.1
"""Share of all puzzles, by hash of the question, that are never queried."""
PATIENCE = 200
"""Draws without a new puzzle after which the task counts as exhausted."""
SIZE = 20_000
"""Puzzles per stream; some generators refuse more, or prepare them all."""
SEEDS = 2**31
"""The package adds the index to the seed, so streams start at far-apart places below this."""


class GymTask:
    """One generator of reasoning-gym, as `reasoning-gym:NAME`.

    Args:
        generator: its name there, such as `chain_sum`.
        settings: options of the generator, such as `{min_terms = 2}`; checked by the package.
        held_out: another generator whose puzzles are never queried.
        max_tokens: longest reply.

    Raises PlanError for an unknown generator or settings it refuses.
    """

    style_features: Sequence[str] = STYLE_FEATURES

    def __init__(
        self, generator: str, *, settings: Mapping[str, Any] | None = None, held_out: str = "", max_tokens: int = 256
    ) -> None:
        self.name, self.domains, self.max_tokens = f"reasoning-gym:{generator}", (generator,), max_tokens
        self.held_out, self._settings = held_out, {generator: dict(settings or {})}
        self._judges = {name: _dataset(name, 0, self._settings.get(name, {})) for name in (generator, held_out) if name}
        self._entries: dict[str, Mapping[str, Any]] = {}

    def queries(self, n: int, *, seed: int) -> Sequence[Item]:
        """Draw `n` distinct puzzles; raises PlanError if the generator has fewer."""
        items = self._drawn(self.domains[0], "queried", f"queries{seed}", n)
        if len(items) < n:
            raise PlanError(
                f"'{self.name}': {n} queries asked for, but the generator gives {len(items)} distinct ones; "
                f"lower budgets to at most that, or widen its settings"
            )
        return items

    def items(self, ring: Ring, n: int) -> Sequence[Item]:
        """Give up to `n` puzzles that are never queried: near, or held_out if another generator was named."""
        if ring == "near":
            return self._drawn(self.domains[0], "near", "test", n)
        return self._drawn(self.held_out, "held_out", "test", n) if ring == "held_out" and self.held_out else []

    def extract(self, item: Item, text: str, extractor: Extractor) -> str | None:
        """Strict: the whole reply. Flexible: its last number if the reference is one, else what `last_part` finds."""
        if extractor == "strict":
            return text.strip() or None
        if plain_number(item.answer) is not None:
            return last_number(text)
        return last_part(text, item.answer)

    def score(self, item: Item, answer: str | None) -> float:
        """Judge by the generator's own function; it may give part marks."""
        judge = self._judges[item.domain]
        return min(1.0, max(0.0, float(judge.score_answer(answer, self._entry(item)))))

    def split(self, text: str) -> tuple[str, str]:
        """Split off a `<think>…</think>` block, if there is one."""
        return split_thought(text)

    def style(self, item: Item, text: str) -> Sequence[float]:
        """Form of the reply with its answer masked; see `tasks.form`."""
        return form(text, self.extract(item, text, "flexible"))

    def _drawn(self, name: str, ring: Ring, source: str, n: int) -> list[Item]:
        wanted: Part = "query" if ring == "queried" else "test"
        seen, items, idle = set[str](), list[Item](), 0
        for index, entry in self._stream(name, source):
            if len(items) == n or idle > PATIENCE / TEST_SHARE:
                break
            if not isinstance(entry["answer"], str):
                raise PlanError(
                    f"reasoning-gym:{name} gives no reference answers, so there is no gold control; choose another"
                )
            question = settled(entry["question"])
            idle += 1
            if question in seen or part(question, TEST_SHARE) != wanted:
                continue
            seen.add(question)
            items.append(self._item(f"{source}-{name}-{index}", entry, name, ring))
            idle = 0
        return items

    def _stream(self, name: str, source: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        dataset = _dataset(name, derived_seed("gym", source, name) % SEEDS, self._settings.get(name, {}))
        for index in range(SIZE):
            try:
                entry = dataset[index]
            except IndexError:  # how a generator says that it has no more
                return
            yield index, entry

    def _entry(self, item: Item) -> Mapping[str, Any]:
        """Find the puzzle of an item, drawn anew if another process drew it."""
        if item.id not in self._entries:
            source, name, index = item.id.removeprefix("queried-").split("-")
            dataset = _dataset(name, derived_seed("gym", source, name) % SEEDS, self._settings.get(name, {}))
            self._entries[item.id] = dataset[int(index)]
        return self._entries[item.id]

    def _item(self, identity: str, entry: Mapping[str, Any], name: str, ring: Ring) -> Item:
        self._entries[identity] = entry
        query = Query(
            id=identity, messages=(Message(role="user", content=entry["question"]),),
            sampling=Sampling(max_tokens=self.max_tokens),
        )  # fmt: skip
        return Item(id=identity, query=query, answer=entry["answer"], domain=name, ring=ring)


def last_part(text: str, reference: str) -> str | None:
    """Give what follows the last "answer:", else as many last lines as the reference has; None if that is nothing."""
    marked = re.split(r"answer\s*:", text, flags=re.IGNORECASE)
    lines = [line.rstrip() for line in marked[-1].splitlines() if line.strip()]
    found = "\n".join(lines if len(marked) > 1 else lines[-len(reference.strip().splitlines()) :]).strip()
    # a full stop that ends the sentence is not part of the answer
    return (found if reference.strip().endswith(".") else found.removesuffix(".")) or None


def _dataset(name: str, seed: int, settings: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the package is untyped
    if name not in DATASETS:
        raise PlanError(f"reasoning-gym has no generator '{name}'; {nearest(name, DATASETS)}")
    try:
        return reasoning_gym.create_dataset(name, seed=seed, size=SIZE, **settings)
    except (TypeError, ValueError, AssertionError) as error:
        raise PlanError(f"reasoning-gym:{name}: settings {dict(settings)} refused: {error}") from None
