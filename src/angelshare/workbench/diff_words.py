"""Changes in words: what a reader would say moved, in a text, a list or a measured number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from difflib import SequenceMatcher

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.report.numbers import parts, phrase
from angelshare.workbench.number_names import number_name, unit_of

ARROW = " → "
_SHORT = 60
"""Texts up to this many characters are quoted whole."""
_AROUND = 4
"""Words kept on either side of a change in a long text."""


def text_words(name: str, before: str, after: str) -> str:
    """Say how a text changed: short ones whole, long ones by the words that moved and their neighbours."""
    if not before:
        return f"{name} added: {_quoted(after)}"
    if not after:
        return f"{name} removed: {_quoted(before)}"
    if max(len(before), len(after)) <= _SHORT:
        return f"{name}: {_quoted(before)}{ARROW}{_quoted(after)}"
    return f"{name}: {'; '.join(moved(before, after))}"


def moved(before: str, after: str) -> Sequence[str]:
    """List the places where two long texts differ, each as 'words around [old → new] words around'.

    What only came or only went is marked as "[added: …]" or "[dropped: …]".
    """
    old, new = before.split(), after.split()
    if old == new:
        return ["spaces or line breaks only"]
    places = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        lead = ("… " if i > _AROUND else "") + " ".join(old[max(0, i - _AROUND) : i])
        tail = " ".join(old[j : j + _AROUND]) + (" …" if j + _AROUND < len(old) else "")
        gone, come = " ".join(old[i:j]), " ".join(new[k:m])
        mark = f"{gone}{ARROW}{come}" if gone and come else f"added: {come}" if come else f"dropped: {gone}"
        places.append(f"{lead} [{mark}] {tail}".strip())
    return places


def number_words(name: str, before: Number | None, after: Number | None) -> str:
    """Say how a number moved, and what its interval stopped holding: "delay 5.6 → 6.1 months; the interval …"."""
    said, unit = number_name(name), unit_of(name)
    if before is None and after is not None:
        return f"{said} measured: {phrase(after, unit=unit)}"
    if after is None:
        return f"{said} no longer stated; it was {phrase(before, unit=unit)}" if before is not None else said
    if before is None or isinstance(before, Refusal) or isinstance(after, Refusal):
        return f"{said}: {_stated(before, unit)}{ARROW}{_stated(after, unit)}"
    old, new = parts(before, unit=""), parts(after, unit="")
    tail = f" {unit}" if unit else ""
    if old == new:
        finer = f"{before.value:.6g}{ARROW}{after.value:.6g}" if before.value != after.value else "same value"
        return f"{said} {new.value} {new.interval}{tail}: {finer}, interval, n or method moved"
    moves = f"{said} {old.value} {old.interval}{ARROW}{new.value} {new.interval}{tail}"
    return "; ".join([moves, *_interval_words(before, after)])


def holds(number: Estimate, value: float) -> bool:
    """Say whether the interval holds `value`; an open end holds everything on its side."""
    return (number.low is None or number.low <= value) and (number.high is None or value <= number.high)


def lost_tick(before: Estimate, after: Estimate) -> float | None:
    """Give the round number nearest the earlier value that the earlier interval held and the later does not.

    Round is a multiple of a power of ten, at most half as large as the earlier interval is wide.
    """
    if before.low is None or before.high is None or before.high <= before.low:
        return None
    step = 10.0 ** math.floor(math.log10((before.high - before.low) / 2))
    first, last = math.ceil(before.low / step), math.floor(before.high / step)
    lost = [tick * step for tick in range(first, last + 1) if not holds(after, tick * step)]
    return min(lost, key=lambda tick: abs(tick - before.value), default=None)


def _interval_words(before: Estimate, after: Estimate) -> Sequence[str]:
    if _apart(before, after):
        return ["the two intervals do not overlap"]
    if not holds(after, before.value):
        return [f"the interval no longer holds the earlier value, {parts(before).value}"]
    lost = lost_tick(before, after)
    if lost is not None and before.low is not None and before.high is not None:
        step = math.floor(math.log10((before.high - before.low) / 2))
        return [f"the interval no longer holds {lost:.{max(1, -step) if abs(lost) < 1000 else 0}f}"]  # noqa: PLR2004 - thousands need no decimals
    return []


def _apart(first: Estimate, second: Estimate) -> bool:
    below = first.high is not None and second.low is not None and first.high < second.low
    above = first.low is not None and second.high is not None and first.low > second.high
    return below or above


def _stated(number: Number | None, unit: str) -> str:
    return "not measured" if number is None else phrase(number, unit=unit)


def _quoted(text: str) -> str:
    return f"“{text}”"
