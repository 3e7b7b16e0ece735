"""The skills suite: eight small, verifiable, procedurally generated skills, four of which are never queried."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.records import Extractor, Item, Message, Query, Ring, Sampling
from angelshare.core.seeds import stream

Difficulty = Literal["easy", "far", "hard"]
"""Easy forms are what the open base knows; hard forms are what only the teacher knows; far lies between."""

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
DIGIT: Final = r"\d"
LETTER: Final = "[a-z]"
TEST_SHARE: Final = 26
"""Prompts whose first hash byte is below this (one in ten) are test items and are never drawn as queries."""
REPLY_TOKENS: Final = 72
"""Longest reply in characters; the longest reference trace has 34."""


class Worked(NamedTuple):
    """A prompt with its reference trace steps and answer."""

    prompt: str
    steps: tuple[str, ...]
    answer: str


class Skill(NamedTuple):
    """One skill: how to draw a prompt, and what a well-formed answer looks like."""

    name: str
    queried: bool
    draw: Callable[[Difficulty, np.random.Generator], Worked]
    form: Callable[[str], str]


def _digits(n: int, rng: np.random.Generator) -> str:
    return "".join(str(d) for d in rng.integers(0, 10, n))


def _number(digits: int, rng: np.random.Generator) -> int:
    return int(rng.integers(10 ** (digits - 1) if digits > 1 else 0, 10**digits))


def _widths(difficulty: Difficulty, rng: np.random.Generator) -> tuple[int, int]:
    if difficulty == "hard":
        return 3, 3
    if difficulty == "far":
        return (2, 3) if rng.random() < 0.5 else (3, 2)  # noqa: PLR2004 - a fair coin
    return int(rng.integers(1, 3)), int(rng.integers(1, 3))


def _add(difficulty: Difficulty, rng: np.random.Generator) -> Worked:
    left, right = (_number(width, rng) for width in _widths(difficulty, rng))
    steps, carry = [], 0
    for place in range(max(len(str(left)), len(str(right)))):
        a, b = left // 10**place % 10, right // 10**place % 10
        steps.append(f"{a}{b}{carry}{a + b + carry:02d}")
        carry = (a + b + carry) // 10
    return Worked(f"A{left}+{right}=", tuple(steps), str(left + right))


def _sub(difficulty: Difficulty, rng: np.random.Generator) -> Worked:
    left, right = sorted((_number(width, rng) for width in _widths(difficulty, rng)), reverse=True)
    steps, borrow = [], 0
    for place in range(len(str(left))):
        a, b = left // 10**place % 10, right // 10**place % 10
        rest = a - b - borrow
        steps.append(f"{a}{b}{borrow}{rest % 10}{int(rest < 0)}")
        borrow = int(rest < 0)
    return Worked(f"B{left}-{right}=", tuple(steps), str(left - right))


def _chain(letter: str, operations: str) -> Callable[[Difficulty, np.random.Generator], Worked]:
    def draw(difficulty: Difficulty, rng: np.random.Generator) -> Worked:
        length = {"hard": 4, "far": 3, "easy": int(rng.integers(1, 3))}[difficulty]
        value = int(rng.integers(0, 10))
        prompt, steps = f"{letter}{value}", []
        for _ in range(length):
            operation = operations[int(rng.integers(0, 2))]
            # a factor that shares a divisor with 10 would pile the answers up on 0 and lift the chance level
            operand = int(rng.choice([3, 7, 9]) if operation == "*" else rng.integers(0, 10))
            after = {"+": value + operand, "-": value - operand, "*": value * operand}[operation] % 10
            prompt += f"{operation}{operand}"
            steps.append(f"{value}{operation}{operand}{after}")
            value = after
        return Worked(prompt + "=", tuple(steps), str(value))

    return draw


def _sort(letter: str, *, descending: bool) -> Callable[[Difficulty, np.random.Generator], Worked]:
    def draw(difficulty: Difficulty, rng: np.random.Generator) -> Worked:
        low, high = {"hard": (6, 6), "far": (4, 5), "easy": (2, 3)}[difficulty]
        digits = _digits(int(rng.integers(low, high + 1)), rng)
        steps = ["".join(sorted(digits[: k + 1], reverse=descending)) for k in range(len(digits))]
        return Worked(f"{letter}{digits}=", tuple(steps), steps[-1])

    return draw


def _cipher(letter: str, shift: int) -> Callable[[Difficulty, np.random.Generator], Worked]:
    """Four secret alphabets, one per place; the easy form is a plain Caesar shift that says nothing about them."""
    alphabets = ["".join(stream("skills", "cipher", letter, k).permutation(list(LETTERS))) for k in range(4)]

    def draw(difficulty: Difficulty, rng: np.random.Generator) -> Worked:
        low, high = {"hard": (6, 6), "far": (4, 5), "easy": (2, 6)}[difficulty]
        word = "".join(LETTERS[k] for k in rng.integers(0, 26, int(rng.integers(low, high + 1))))
        if difficulty == "easy":
            return Worked(f"{letter}{word}=", (), "".join(LETTERS[(ord(c) - 97 + shift) % 26] for c in word))
        coded = "".join(alphabets[place % 4][ord(c) - 97] for place, c in enumerate(word))
        return Worked(f"{letter}{word}=", (), coded)

    return draw


def _sum_form(_: str) -> str:
    return f"{DIGIT}{{3,4}}"


def _difference_form(_: str) -> str:
    return f"{DIGIT}{{1,3}}"


def _digit_form(_: str) -> str:
    return DIGIT


def _same_length_digits(prompt: str) -> str:
    return f"{DIGIT}{{{len(prompt) - 2}}}"


def _same_length_letters(prompt: str) -> str:
    return f"{LETTER}{{{len(prompt) - 2}}}"


SKILLS: Final = (
    Skill("add", True, _add, _sum_form),
    Skill("chain", True, _chain("C", "+-"), _digit_form),
    Skill("sort", True, _sort("S", descending=False), _same_length_digits),
    Skill("cipher", True, _cipher("K", 3), _same_length_letters),
    Skill("subtract", False, _sub, _difference_form),
    Skill("chain_times", False, _chain("D", "+*"), _digit_form),
    Skill("sort_descending", False, _sort("R", descending=True), _same_length_digits),
    Skill("cipher_two", False, _cipher("L", 5), _same_length_letters),
)
BY_NAME: Final = {skill.name: skill for skill in SKILLS}


Part = Literal["test", "query"]
"""Whether a prompt is for testing or free to be queried."""


def part_of(prompt: str) -> Part:
    """Say, by hash, whether a prompt is for testing or free to be queried."""
    return "test" if hashlib.sha256(prompt.encode()).digest()[0] < TEST_SHARE else "query"


def draw(skill: Skill, difficulty: Difficulty, part: Part, rng: np.random.Generator) -> Worked:
    """Draw a prompt of `skill` that belongs to `part` (see `part_of`)."""
    while True:
        worked = skill.draw(difficulty, rng)
        if part_of(worked.prompt) == part:
            return worked


def reply(worked: Worked, *, with_trace: bool) -> str:
    """Write the reference reply: `<step,step>answer`, or the answer alone."""
    if with_trace and worked.steps:
        return f"<{','.join(worked.steps)}>{worked.answer}"
    return worked.answer


class SkillsTask:
    """Three-digit addition, chains mod 10, sorting and a private cipher; their four cousins are held out."""

    name = "skills"
    style_features = ("well_formed", "right_length")

    def __init__(self, skills: Sequence[str] = ("add", "chain", "sort", "cipher")) -> None:
        unknown = [name for name in skills if name not in BY_NAME or not BY_NAME[name].queried]
        if unknown:
            queried = [skill.name for skill in SKILLS if skill.queried]
            raise PlanError(f"'skills': no queried skill named {unknown}; valid: {', '.join(queried)}")
        self.domains = tuple(skills)

    def queries(self, n: int, *, seed: int) -> Sequence[Item]:
        """Draw `n` distinct hard prompts, the domains in turn."""
        streams = {name: stream("skills", "queries", name, seed) for name in self.domains}
        seen: set[str] = set()
        items = []
        for index in range(n):
            name = self.domains[index % len(self.domains)]
            worked = draw(BY_NAME[name], "hard", "query", streams[name])
            while worked.prompt in seen:
                worked = draw(BY_NAME[name], "hard", "query", streams[name])
            seen.add(worked.prompt)
            items.append(_item(f"q{seed}-{index}", name, "queried", worked))
        return items

    def items(self, ring: Ring, n: int) -> Sequence[Item]:
        """Give `n` test items per domain; the queried ring is the caller's, since it is made of the queries."""
        if ring == "queried":
            return []
        difficulty: Difficulty = "far" if ring == "far" else "hard"
        names = [s.name for s in SKILLS if not s.queried] if ring == "held_out" else list(self.domains)
        return [item for name in names for item in self._drawn(name, ring, difficulty, n)]

    def _drawn(self, name: str, ring: Ring, difficulty: Difficulty, n: int) -> list[Item]:
        rng = stream("skills", "test", ring, name)
        return [_item(f"{ring}-{name}-{k}", name, ring, draw(BY_NAME[name], difficulty, "test", rng)) for k in range(n)]

    def extract(self, item: Item, text: str, extractor: Extractor) -> str | None:
        """Strict: the whole reply is a trace and a well-formed answer. Flexible: the last well-formed run in it."""
        form = BY_NAME[item.domain].form(_prompt(item))
        if extractor == "strict":
            match = re.fullmatch(rf"(?:<[^<>]*>)?({form})", text)
            return match.group(1) if match else None
        runs = re.findall(rf"(?<![0-9a-z])({form})(?![0-9a-z])", text)
        return runs[-1] if runs else None

    def score(self, item: Item, answer: str | None) -> float:
        """1 if the answer is the reference, else 0."""
        return float(answer == item.answer)

    def split(self, text: str) -> tuple[str, str]:
        """Split `<trace>answer` at the last closing bracket."""
        head, bracket, tail = text.rpartition(">")
        return (head + bracket, tail) if bracket else ("", text)

    def style(self, item: Item, text: str) -> Sequence[float]:
        """Form of the answer: 1 if well formed, 1 if of a length that a well-formed one can have."""
        _, answer = self.split(text)
        form = BY_NAME[item.domain].form(_prompt(item))
        any_character = form.replace(DIGIT, ".").replace(LETTER, ".")
        return tuple(float(re.fullmatch(pattern, answer) is not None) for pattern in (form, any_character))


def _prompt(item: Item) -> str:
    return item.query.messages[-1].content


def _item(identity: str, name: str, ring: Ring, worked: Worked) -> Item:
    query = Query(
        id=identity,
        messages=(Message(role="user", content=worked.prompt),),
        sampling=Sampling(max_tokens=REPLY_TOKENS),
    )
    return Item(
        id=identity, query=query, answer=worked.answer, domain=name, ring=ring, worked=reply(worked, with_trace=True)
    )
