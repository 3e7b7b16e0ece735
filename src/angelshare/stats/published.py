"""Published results as typed data: reference points for figures, and the table the metrics must reproduce."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.errors import NoGapError
from angelshare.core.record import record

IMITATION = "Gudibande et al. 2023, The False Promise of Imitating Proprietary LLMs, arXiv 2305.15717"
DISTILLS = (
    "DeepSeek-AI 2025, DeepSeek-R1, arXiv 2501.12948, table 5 and model card; floor: Qwen2.5-32B-Instruct as a proxy "
    "for the base, Muennighoff et al. 2025, s1, arXiv 2501.19393, table 1"
)


@record
class PublishedScore:
    """One student's published score with its floor and teacher, on one benchmark."""

    label: str
    """Student and benchmark."""

    student: float
    """Score in percent."""

    floor: float
    """The base's score in percent."""

    teacher: float
    """The teacher's score in percent."""

    source: str
    """Where the three are published."""


@record
class PublishedPoint:
    """One published student in the false-promise plane."""

    label: str
    """Student."""

    style: float | None
    """Style recovery; None where it is not published for this student."""

    recovery: float
    """Share of the capability gap recovered."""

    source: str
    """Where the numbers are published."""


def gap_recovered(student: float, floor: float, teacher: float) -> float:
    """Give (student - floor) / (teacher - floor) of published point scores; no interval can be had from them.

    Raises NoGapError when the teacher does not beat the floor. Source: Burns et al. 2023, arXiv 2312.09390, section 3.
    """
    if teacher <= floor:
        raise NoGapError(f"the teacher's {teacher:g} does not beat the floor's {floor:g}: no gap to recover")
    return (student - floor) / (teacher - floor)


def false_promise_index(style: float, recovery: float) -> float:
    """Give style recovery minus capability recovery."""
    return style - recovery


IMITATION_SCORES: Mapping[str, PublishedScore] = {
    "7B broad": PublishedScore(label="LLaMA-7B, ShareGPT-Mix, NQ", student=10, floor=17, teacher=31, source=IMITATION),
    "13B broad": PublishedScore(
        label="LLaMA-13B, ShareGPT-Mix, NQ", student=15, floor=20, teacher=31, source=IMITATION
    ),
    "7B local": PublishedScore(label="LLaMA-7B, NQ-synthetic, NQ", student=22, floor=17, teacher=31, source=IMITATION),
    "13B local": PublishedScore(
        label="LLaMA-13B, NQ-synthetic, NQ", student=27, floor=20, teacher=31, source=IMITATION
    ),
}
"""Natural Questions accuracy, 3-shot (table 1)."""

IMITATION_STYLE: Mapping[str, PublishedScore] = {
    "13B broad lists": PublishedScore(
        label="LLaMA-13B, 150M tokens, uses a list when ChatGPT does",
        student=81,
        floor=13,
        teacher=83,
        source=IMITATION,
    ),
    "13B broad tone": PublishedScore(
        label="LLaMA-13B, 150M tokens, authoritative tone", student=98, floor=57, teacher=98, source=IMITATION
    ),
}
"""Style agreement with ChatGPT in percent; the teacher's row is ChatGPT against itself (table 2)."""

DISTILL_SCORES: Mapping[str, PublishedScore] = {
    "AIME24": PublishedScore(
        label="R1-Distill-Qwen-32B, AIME 2024", student=72.6, floor=26.7, teacher=79.8, source=DISTILLS
    ),
    "MATH-500": PublishedScore(
        label="R1-Distill-Qwen-32B, MATH-500", student=94.3, floor=84.0, teacher=97.3, source=DISTILLS
    ),
    "GPQA-D": PublishedScore(
        label="R1-Distill-Qwen-32B, GPQA Diamond", student=62.1, floor=49.0, teacher=71.5, source=DISTILLS
    ),
}  # fmt: skip
"""Pass@1 in percent."""


def score_recovered(score: PublishedScore) -> float:
    """Give the share of the gap that a published score closes."""
    return gap_recovered(score.student, score.floor, score.teacher)


def _point(name: str, style: PublishedScore | None) -> PublishedPoint:
    score = IMITATION_SCORES[name]
    return PublishedPoint(
        label=f"LLaMA-{name}",
        style=None if style is None else score_recovered(style),
        recovery=score_recovered(score),
        source=score.source,
    )


GUDIBANDE: Sequence[PublishedPoint] = (
    _point("7B broad", None),
    _point("13B broad", IMITATION_STYLE["13B broad lists"]),
    _point("7B local", None),
    _point("13B local", None),
)
"""Reference points of the false-promise plane; style (use of lists) is published for one of them."""
