"""Things other than teaching that differ between a suspect and the panel, measured: a test outside its range is off."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from angelshare.core.lineage import Confounder
from angelshare.lineage.answers import AnswerSet

SLACK = 0.5
"""A suspect is outside if it lies beyond the panel's range by more than this share of that range."""
_REFUSAL = re.compile(r"\b(as an ai|i'm sorry|i am sorry|i cannot|i can't|i'm unable|i am unable|not able to)\b")
_ENGLISH = frozenset(("the", "of", "and", "to", "a", "in", "is", "it", "that", "for", "you", "with", "on", "as"))
_CAPITAL = re.compile(r"[A-Z]")
_WORD = re.compile(r"[^\W\d_]+")


def _words(texts: Sequence[str]) -> float:
    return float(np.median([len(text.split()) for text in texts]))


def _refusing(texts: Sequence[str]) -> float:
    return float(np.mean([_REFUSAL.search(text[:200].lower()) is not None for text in texts]))


def _english(texts: Sequence[str]) -> float:
    words = [word.lower() for text in texts for word in _WORD.findall(text)]
    return sum(word in _ENGLISH for word in words) / max(len(words), 1)


def _marks(texts: Sequence[str]) -> float:
    letters = sum(len(text) for text in texts)
    return 100 * sum(text.count(mark) for text in texts for mark in ".,;:!?") / max(letters, 1)


def _capitals(texts: Sequence[str]) -> float:
    letters = sum(len(word) for text in texts for word in _WORD.findall(text))
    return 100 * sum(len(_CAPITAL.findall(text)) for text in texts) / max(letters, 1)


def _cut(texts: Sequence[str]) -> float:
    return float(np.mean([bool(text) and text.rstrip()[-1:].isalnum() for text in texts]))


MEASURES: tuple[tuple[str, str, Callable[[Sequence[str]], float]], ...] = (
    ("length", "words, median", _words),
    ("refusals", "share of replies", _refusing),
    ("language", "share of common English words", _english),
    ("punctuation", "marks per 100 characters", _marks),
    ("capitals", "per 100 letters", _capitals),
    ("unfinished", "share ending inside a sentence", _cut),
)
FORMAT = frozenset(("punctuation", "capitals"))
"""What a change of format alone moves; text laundered of it can still be compared laundered."""


def confounders(suspect: AnswerSet, panel: Sequence[AnswerSet], prompts: Sequence[str]) -> list[Confounder]:
    """Measure length, refusals, language and format of a suspect beside the range of the models it is compared with."""
    mine = [suspect.replies[prompt].text for prompt in prompts]
    theirs = [[one.replies[prompt].text for prompt in prompts] for one in panel]
    found = []
    for name, unit, measure in MEASURES:
        value, values = measure(mine), [measure(texts) for texts in theirs]
        low, high = min(values), max(values)
        room = SLACK * (high - low)
        outside = value < low - room or value > high + room or (name in FORMAT and value < low / 2)
        found.append(
            Confounder(name=name, suspect=f"{value:.3g} {unit}", panel=f"{low:.3g} to {high:.3g}", outside=outside)
        )
    return found
