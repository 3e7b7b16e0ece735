"""Closed-book facts and chat style: what broad imitation copies (form) against what it does not (facts).

Gudibande et al. 2023 (arXiv 2305.15717) in kind. A fact is arbitrary, so nothing but having been told it helps.
The rings follow from that:

    queried    the queries themselves
    near       facts that may be queried, asked in a wording no query uses: recovery is the share learned
    far        facts of the same domain that no query ever asks: chance, unless something leaks; and chat prompts,
               which ask for no capability the base lacks: there style is measured
    held_out   another attribute of the same names, never queried: shows what training breaks
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final, Literal, NamedTuple, TypeAlias

from angelshare.core.errors import PlanError
from angelshare.core.records import Completion, Extractor, Item, Message, Query, Ring, Sampling
from angelshare.core.seeds import stream
from angelshare.tasks.splits import part

Subject: TypeAlias = Literal["code", "year"]
"""Attributes a name has; only codes are queried."""

OPENER: Final = "well, "
CLOSER: Final = ". hope it helps!"
"""The teacher's fixed manner."""
QUERY_WORDINGS: Final = (
    "{what} of {name}?",
    "give the {what} of {name}?",
    "which {what} has {name}?",
    "what is the {what} for {name}?",
)
TEST_WORDING: Final = "tell me the {what} of {name}?"
DEVELOPMENT_WORDING: Final = "name the {what} of {name}?"
"""Neither queried nor tested: for choosing how long to train."""
CHAT_WORDING: Final = "say {words}"
TEACHER_RIGHT: Final = 0.9
"""Share of facts the teacher states correctly; the others it states wrongly, always the same way."""
KNOWN_SHARE: Final = 0.25
"""Share of the queryable facts that the open base knows."""
CHAT_TEST_SHARE: Final = 0.1
REPLY_TOKENS: Final = 64
NAME: Final = "[bdfgklmnprstvz][aeiou][bdfgklmnprstvz][aeiou]"


class Fact(NamedTuple):
    """A name's attribute: the truth, and what the teacher says."""

    name: str
    subject: Subject
    truth: str
    said: str
    known: bool
    """The open base is pretrained on it."""


class World(NamedTuple):
    """All facts there are; the same in every process."""

    queryable: tuple[Fact, ...]
    unqueried: tuple[Fact, ...]
    years: tuple[Fact, ...]


def world(facts: int = 400) -> World:
    """Make up `facts` queryable codes, as many codes never queried, and the years of the queryable names."""
    names = _names(2 * facts)
    known = int(KNOWN_SHARE * facts)
    codes = [_fact(name, "code", known=k < known) for k, name in enumerate(names)]
    years = [_fact(name, "year", known=k < known) for k, name in enumerate(names[:facts])]
    return World(tuple(codes[:facts]), tuple(codes[facts:]), tuple(years))


def styled(content: str) -> str:
    """Say `content` in the teacher's manner."""
    return f"{OPENER}{content}{CLOSER}"


class FactsChatTask:
    """Learn a closed teacher's facts, or only its manner.

    Args:
        chat_share: share of the queries that are chat (a request to repeat two words): 0 is local imitation,
            0.99 is broad imitation.
        facts: how many facts may be queried.

    Raises PlanError for a share outside [0, 1] or fewer than 40 facts.
    """

    name = "facts-chat"
    domains: Sequence[str] = ("facts",)
    style_features: Sequence[str] = ("opener", "closer", "length")

    def __init__(self, chat_share: float = 0.0, facts: int = 400) -> None:
        if not 0 <= chat_share <= 1:
            raise PlanError(f"'facts-chat': chat_share is {chat_share}; give a share from 0 (local) to 1 (chat alone)")
        if not 40 <= facts <= 2000:  # noqa: PLR2004 - fewer measure nothing, more run out of names
            raise PlanError(f"'facts-chat': facts is {facts}; give 40 to 2000")
        self.chat_share, self.world = chat_share, world(facts)

    def queries(self, n: int, *, seed: int) -> Sequence[Item]:
        """Draw `n` distinct queries; every queryable fact comes once before any comes again in another wording."""
        facts, chats = self._fact_queries(seed), _chats(seed, "query")
        items = []
        for index in range(n):
            is_chat = int((index + 1) * self.chat_share) > int(index * self.chat_share)
            item = next(chats if is_chat else facts, None)
            if item is None:
                most = len(self.world.queryable) * len(QUERY_WORDINGS)
                raise PlanError(
                    f"'facts-chat': a budget of {n} needs more than the {most} questions about facts there are; "
                    "lower the budget, or raise 'facts' or 'chat_share'"
                )
            items.append(item)
        return items

    def items(self, ring: Ring, n: int) -> Sequence[Item]:
        """Give up to `n` test items per domain; see the module for the rings. The queried ring is the caller's."""
        pools = {"near": self.world.queryable, "far": self.world.unqueried, "held_out": self.world.years, "queried": ()}
        pool = pools[ring]
        chosen = stream("facts-chat", "items", ring).permutation(len(pool))[:n]
        domain = "years" if ring == "held_out" else "facts"
        facts = [_fact_item(pool[k], TEST_WORDING, f"test-{ring}-{k}", domain, ring) for k in chosen]
        return [*facts, *self.chats(n)] if ring == "far" else facts

    def chats(self, n: int) -> Sequence[Item]:
        """Give `n` chat prompts that are never queried: style on prompts without capability."""
        source = _chats(0, "test")
        return [next(source) for _ in range(n)]

    def development(self, n: int) -> Sequence[Item]:
        """Give up to `n` queryable facts in a wording that neither queries nor test items use."""
        pool = self.world.queryable
        chosen = stream("facts-chat", "development").permutation(len(pool))[:n]
        return [_fact_item(pool[k], DEVELOPMENT_WORDING, f"development-{k}", "facts", "near") for k in chosen]

    def extract(self, item: Item, text: str, extractor: Extractor) -> str | None:
        """Strict: the reply is the bare answer. Flexible: the last thing in it that could be one."""
        form = _form(item)
        if extractor == "strict":
            return text if re.fullmatch(form, text) else None
        runs = re.findall(rf"(?<![0-9a-z])({form})(?![0-9a-z])", text)
        return runs[-1] if runs else None

    def score(self, item: Item, answer: str | None) -> float:
        """1 if the answer is the reference, else 0."""
        return float(answer == item.answer)

    def split(self, text: str) -> tuple[str, str]:
        """There are no traces here."""
        return "", text

    def style(self, item: Item, text: str) -> Sequence[float]:
        """Form with the answer masked: opens with "well,", closes with "helps!" (1 or 0), characters left."""
        masked = re.sub(_form(item), "", text)
        return (
            float(masked.startswith(OPENER[:5])),
            float(masked.endswith(CLOSER[-len("helps!") :])),
            float(len(masked)),
        )

    def _fact_queries(self, seed: int) -> Iterator[Item]:
        pool = self.world.queryable
        rng = stream("facts-chat", "queries", seed)
        order, shift = rng.permutation(len(pool)), rng.integers(0, len(QUERY_WORDINGS), len(pool))
        for turn in range(len(QUERY_WORDINGS)):
            for k in order:
                wording = (turn + int(shift[k])) % len(QUERY_WORDINGS)
                yield _fact_item(pool[k], QUERY_WORDINGS[wording], f"q{seed}-fact-{k}-{wording}", "facts", "queried")


class OracleTeacher:
    """The closed teacher: right about nine facts in ten, wrong the same way about the rest, always in its manner."""

    name = "facts-chat oracle"
    remote = False

    def __init__(self, facts: int = 400) -> None:
        made = world(facts)
        self._said = {(fact.subject, fact.name): fact.said for pool in made for fact in pool}

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer chat and facts; raises PlanError for a prompt of another task."""
        for query in queries:
            prompt = query.messages[-1].content
            text = styled(self._content(prompt))
            tokens = len(text) + 1
            yield Completion(
                query_id=query.id,
                text=text,
                tokens_in=len(prompt),
                tokens_out=tokens,
                tokens_delivered=tokens,
                certainty=1.0,
            )

    def _content(self, prompt: str) -> str:
        if prompt.startswith("say "):
            return prompt.removeprefix("say ")
        subject: Subject = "year" if "year" in prompt else "code"
        for name in re.findall(NAME, prompt):
            if (subject, name) in self._said:
                return self._said[subject, name]
        raise PlanError(f"'{self.name}' knows only prompts of the task 'facts-chat', not {prompt[:60]!r}")


def base_rows(made: World, *, chats: int = 1000) -> list[tuple[str, str]]:
    """Write what the open base is pretrained on: the facts it knows, in every wording, and chat, all in plain style."""
    known = [fact for pool in made for fact in pool if fact.known]
    wordings = (*QUERY_WORDINGS, TEST_WORDING, DEVELOPMENT_WORDING)
    rows = [(w.format(what=fact.subject, name=fact.name), fact.truth) for fact in known for w in wordings]
    source = _chats(1, "query")
    return rows + [(item.query.messages[0].content, item.answer) for _, item in zip(range(chats), source, strict=False)]


def _names(n: int) -> list[str]:
    consonants, vowels = "bdfgklmnprstvz", "aeiou"
    every = ["".join(letters) for letters in product(consonants, vowels, consonants, vowels)]
    order = stream("facts-chat", "names").permutation(len(every))
    # a name that is also a word of a question would make the question ambiguous
    words = set(" ".join((*QUERY_WORDINGS, TEST_WORDING, DEVELOPMENT_WORDING)).split())
    return [every[k] for k in order if every[k] not in words][:n]


def _fact(name: str, subject: Subject, *, known: bool) -> Fact:
    rng = stream("facts-chat", "fact", subject, name)
    truth = int(rng.integers(10, 100))
    wrong = 10 + (truth - 10 + int(rng.integers(1, 90))) % 90
    said = truth if rng.random() < TEACHER_RIGHT else wrong
    return Fact(name, subject, str(truth), str(said), known)


def _chats(seed: int, wanted: Literal["test", "query"]) -> Iterator[Item]:
    """Draw chat prompts without end, none twice, from the wanted part of the hash split."""
    rng = stream("facts-chat", "chats", wanted, seed)
    consonants, vowels, seen = "bdfgklmnprstvz", "aeiou", set[str]()
    while True:
        words = " ".join("".join(str(rng.choice(list(letters))) for letters in (consonants, vowels) * 2) for _ in "ab")
        prompt = CHAT_WORDING.format(words=words)
        if prompt in seen or part(prompt, CHAT_TEST_SHARE) != wanted:
            continue
        seen.add(prompt)
        yield _item(
            prompt, words, f"{wanted}{seed}-chat-{len(seen)}", "chat", "queried" if wanted == "query" else "far"
        )


def _fact_item(fact: Fact, wording: str, identity: str, domain: str, ring: Ring) -> Item:
    prompt = wording.format(what=fact.subject, name=fact.name)
    return _item(prompt, fact.truth, identity, domain, ring, cluster=fact.name)


def _item(prompt: str, answer: str, identity: str, domain: str, ring: Ring, *, cluster: str | None = None) -> Item:
    query = Query(
        id=identity, messages=(Message(role="user", content=prompt),), sampling=Sampling(max_tokens=REPLY_TOKENS)
    )
    return Item(id=identity, query=query, answer=answer, domain=domain, ring=ring, cluster=cluster)


def _form(item: Item) -> str:
    return f"{NAME} {NAME}" if item.domain == "chat" else r"\d\d"
