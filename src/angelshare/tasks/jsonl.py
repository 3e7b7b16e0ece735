"""Any labelled data as a task: JSON Lines of `prompt` and `answer`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import Extractor, Item, Message, Query, Ring, Sampling
from angelshare.core.seeds import stream
from angelshare.core.strict import decode_json
from angelshare.store.files import storage_errors
from angelshare.tasks.form import STYLE_FEATURES, form, split_thought
from angelshare.tasks.reading import finder, last_match, last_number, plain_number, settled
from angelshare.tasks.splits import Part, part


@record
class Line:
    """One line of the file; any other key is an error."""

    prompt: str
    """What is asked."""

    answer: str
    """The reference answer: a number, a label or a short phrase."""

    domain: str = "all"
    """Subject; results are averaged over domains, and the shuffled control re-pairs within one."""

    cluster: str | None = None
    """Lines made from one template or passage share a cluster."""

    worked: str | None = None
    """A reference reply with worked steps."""

    split: Literal["test", "query"] | None = None
    """Which part it belongs to; by hash of the prompt if left out."""


class JsonlTask:
    """Labelled lines: some are test items, the others may be queried.

    Args:
        path: the file.
        test_share: share of the lines without `split` that become test items, by hash of the prompt.
        held_out: domains that are never queried.
        max_tokens: longest reply.
        name: what reports call it; the file's name if empty.

    A prompt that comes twice counts once. Raises PlanError with file and line for a line that is wrong or that
    contradicts an earlier one, and StorageError if the file cannot be read.
    """

    style_features: Sequence[str] = STYLE_FEATURES

    def __init__(
        self, path: str, *, test_share: float = 0.2, held_out: Sequence[str] = (), max_tokens: int = 256, name: str = ""
    ) -> None:
        if not 0 < test_share < 1:
            raise PlanError(f"'jsonl': test_share is {test_share}; give a share between 0 and 1, such as 0.2")
        self.path, self.name, self.max_tokens = path, name or Path(path).stem, max_tokens
        self.lines = read_lines(Path(path))
        self.parts: dict[str, Part] = {
            line.prompt.strip(): line.split or part(line.prompt, test_share) for line in self.lines
        }
        every = list(dict.fromkeys(line.domain for line in self.lines))
        unknown = sorted(set(held_out) - set(every))
        if unknown:
            raise PlanError(f"{path}: no lines of the held-out domains {unknown}; the file has: {', '.join(every)}")
        self.held_out = tuple(held_out)
        self.domains = tuple(domain for domain in every if domain not in held_out)
        for domain in self.domains:
            self._require_both_parts(domain)

    def queries(self, n: int, *, seed: int) -> Sequence[Item]:
        """Draw `n` distinct queries, the domains in turn for as long as each lasts.

        Raises PlanError if the file has fewer.
        """
        drawn = {domain: self._shuffled(domain, seed) for domain in self.domains}
        have = sum(len(lines) for lines in drawn.values())
        if n > have:
            raise PlanError(
                f"{self.path}: {n} queries asked for, but the file has {have} beside its test items; "
                f"lower budgets (and ring_items) to at most {have}, add lines, or lower test_share"
            )
        turns = max(map(len, drawn.values()))
        order = [drawn[d][turn] for turn in range(turns) for d in self.domains if turn < len(drawn[d])]
        return [self._item(line, "queried") for line in order[:n]]

    def items(self, ring: Ring, n: int) -> Sequence[Item]:
        """Give up to `n` test items per domain: near of queried domains, held_out of the others; no far ring."""
        if ring in ("queried", "far"):
            return []
        domains = self.held_out if ring == "held_out" else self.domains
        chosen = [line for domain in domains for line in self._tests(domain, everything=ring == "held_out")[:n]]
        return [self._item(line, ring) for line in chosen]

    def extract(self, item: Item, text: str, extractor: Extractor) -> str | None:
        """Strict: the whole reply, blanks settled. Flexible: its last number, or the last of the domain's answers."""
        if extractor == "strict":
            return settled(text) or None
        if plain_number(item.answer) is not None:
            return last_number(text)
        search, spelling = self._answers[item.domain]
        found = last_match(text, search)
        return None if found is None else spelling[found.casefold()]

    def score(self, item: Item, answer: str | None) -> float:
        """1 if the answer is the reference (as written, or as the same number), else 0."""
        return float(answer is not None and answer in (settled(item.answer), plain_number(item.answer)))

    def split(self, text: str) -> tuple[str, str]:
        """Split off a `<think>…</think>` block, if there is one."""
        return split_thought(text)

    def style(self, item: Item, text: str) -> Sequence[float]:
        """Form of the reply with its answer masked; see `tasks.form`."""
        return form(text, self.extract(item, text, "flexible"))

    @cached_property
    def _answers(self) -> dict[str, tuple[re.Pattern[str], dict[str, str]]]:
        """Search for the answers of each domain, and their spelling by lower case."""
        found = {}
        for domain in (*self.domains, *self.held_out):
            answers = [settled(line.answer) for line in self.lines if line.domain == domain]
            found[domain] = (finder(answers), {answer.casefold(): answer for answer in reversed(answers)})
        return found

    def _shuffled(self, domain: str, seed: int) -> list[Line]:
        lines = [line for line in self.lines if line.domain == domain and self.parts[line.prompt.strip()] == "query"]
        return [lines[k] for k in stream("jsonl", "queries", domain, seed).permutation(len(lines))]

    def _tests(self, domain: str, *, everything: bool) -> list[Line]:
        own = [line for line in self.lines if line.domain == domain]
        lines = own if everything else [line for line in own if self.parts[line.prompt.strip()] == "test"]
        return [lines[k] for k in stream("jsonl", "items", domain).permutation(len(lines))]

    def _require_both_parts(self, domain: str) -> None:
        found = [self.parts[line.prompt.strip()] for line in self.lines if line.domain == domain]
        for wanted, cure in (("test", "raise test_share"), ("query", "lower test_share")):
            if wanted not in found:
                raise PlanError(
                    f"{self.path}: none of the {len(found)} lines of domain '{domain}' is a {wanted} line; "
                    f"add lines, {cure}, or name the domain in held_out"
                )

    def _item(self, line: Line, ring: Ring) -> Item:
        identity = f"{line.domain}-{_digest(line.prompt)}"
        query = Query(
            id=identity,
            messages=(Message(role="user", content=line.prompt),),
            sampling=Sampling(max_tokens=self.max_tokens),
        )
        return Item(
            id=identity, query=query, answer=line.answer, domain=line.domain, ring=ring, worked=line.worked,
            cluster=line.cluster,
        )  # fmt: skip


def read_lines(path: Path) -> list[Line]:
    """Read the file; empty lines and repeats are left out."""
    with storage_errors(path, "read this file"):
        text = path.read_bytes()
    lines: dict[str, tuple[int, Line]] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip():
            continue
        where = f"{path}, line {number}"
        line = _checked(decode_json(raw, Line, where), where)
        first, earlier = lines.setdefault(line.prompt.strip(), (number, line))
        if (settled(earlier.answer), earlier.domain, earlier.split) != (settled(line.answer), line.domain, line.split):
            raise PlanError(
                f"{where}: the prompt of line {first} again, with another answer, domain or split; keep one of the two"
            )
    if not lines:
        raise PlanError(f"{path}: no lines; each line is a JSON object with 'prompt' and 'answer'")
    return [line for _, line in lines.values()]


def _checked(line: Line, where: str) -> Line:
    for key, value in (("prompt", line.prompt), ("answer", line.answer), ("domain", line.domain)):
        if not value.strip():
            raise PlanError(f"{where}: '{key}' is empty; give it a text or drop the line")
    return line


def _digest(prompt: str) -> str:
    return hashlib.sha256(prompt.strip().encode()).hexdigest()[:12]
