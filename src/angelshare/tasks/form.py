"""A style vector for replies of any task: how they are put, blind to what they claim."""

from __future__ import annotations

import re
from typing import Final

STYLE_FEATURES: Final = (
    "words",
    "list_lines",
    "markdown",
    "opener",
    "closer",
    "hedges",
    "exclamations",
    "commas",
    "refusal",
)
"""Words; share of lines that are list points; markdown, a stock opener, a stock closer (1 or 0); hedges, exclamation
marks and commas per 100 words; declining (1 or 0)."""

_LIST_LINE = re.compile(r"^\s*(?:[-*•+]|\d{1,2}[.)])\s+\S")
_MARKDOWN = re.compile(r"^#{1,6} |\*\*[^*\n]+\*\*|`[^`\n]+`|^```|^\|.*\|$", re.MULTILINE)
_OPENER = re.compile(
    r"^\W*(?:sure|certainly|of course|absolutely|great question|good question|well,|okay|ok,|here(?:'s| is| are)|"
    r"let'?s|let us|let me|to (?:solve|answer|find)|thank(?:s| you)|hello|hi\b)",
    re.IGNORECASE,
)
_CLOSER = re.compile(
    r"(?:hope (?:this|that|it) helps|let me know|feel free|happy to help|any (?:other |more |further )?questions|"
    r"in (?:summary|conclusion)|good luck)[^\n]*\W*$",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:perhaps|maybe|might|possibly|probably|likely|it seems|appears? to|i think|i believe|generally|usually|"
    r"approximately|roughly|not (?:entirely )?sure|it depends)\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) sorry|i (?:cannot|can't|can not|won't|am unable|am not able)|i'm (?:unable|not able)|as an ai|"
    r"unable to (?:assist|help|comply)|can(?:no|')t (?:assist|help) with)\b",
    re.IGNORECASE,
)
MASK: Final = "X"


def form(text: str, answer: str | None = None) -> tuple[float, ...]:
    """Describe the form of a reply, in the order of `STYLE_FEATURES`.

    Args:
        text: the reply.
        answer: what was read out of it; every occurrence is masked by one word first, so that a longer or shorter
            answer does not pass for style.
    """
    masked = re.sub(rf"(?<!\w){re.escape(answer)}(?!\w)", MASK, text) if answer else text
    words = len(masked.split())
    lines = [line for line in masked.splitlines() if line.strip()]
    per_hundred = 100.0 / words if words else 0.0
    return (
        float(words),
        sum(bool(_LIST_LINE.match(line)) for line in lines) / len(lines) if lines else 0.0,
        float(bool(_MARKDOWN.search(masked))),
        float(bool(_OPENER.search(masked))),
        float(bool(_CLOSER.search(masked))),
        len(_HEDGE.findall(masked)) * per_hundred,
        masked.count("!") * per_hundred,
        masked.count(",") * per_hundred,
        float(bool(_REFUSAL.search(masked))),
    )


def split_thought(text: str) -> tuple[str, str]:
    """Split a reply after its last `</think>` into (reasoning, answer); ("", text) if there is none."""
    head, tag, tail = text.rpartition("</think>")
    return (head + tag, tail) if tag else ("", text)
