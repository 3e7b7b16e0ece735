"""A defence that writes every reply in another manner, so that a student learns no one form."""

from __future__ import annotations

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence
from angelshare.core.records import Completion, Query
from angelshare.core.seeds import stream
from angelshare.defences.between import Between, lot
from angelshare.defences.traces import Marks, reworded

FRAMES = (
    ("", ""), ("", "."), ("Answer: ", ""), ("So it is ", "."), ("The result: ", ""), ("**", "**"), ("`", "`"),
    ("\n", "\n"), ("I get ", "!"), ("= ", ""),
)  # fmt: skip
"""What may stand around an answer: words only before it, so that a reader who takes the last well-formed run finds
it as before."""

JOINS = (", ", "; ", " | ", " / ", "\n", " .. ")
"""What may stand between the steps of a trace besides its own separator."""


def style_noise(
    share: float = 1.0,
    *,
    key: str = "angelshare",
    open: str = "<",  # noqa: A002 - the words of a plan
    close: str = ">",
    separator: str = ",",
) -> Defence:
    """Deliver the same answer and the same steps in a manner that changes from reply to reply.

    One of three ways of degrading answers that government advisory AA26-251A (8 September 2026) names: stylistic
    inconsistency. The answer is put in one of ten frames, the steps of a trace are joined in one of seven ways, drawn
    by `key` for each query and draw. Nothing of the content is lost, so that what this defence does to a student is
    what form does.

    Args:
        share: share of the replies written in another manner, above 0 and at most 1.
        key: names the lot; the same key gives the same reply the same manner.
        open: mark before a trace, such as `<think>`.
        close: mark after it.
        separator: what stands between two steps.

    The answer stays, its form does not: whoever parses replies strictly is harmed. No extra passes. Alternatives per
    token are withheld where a reply was changed. Added characters are not billed.

    Raises PlanError if a mark is empty or the share is out of range.
    """
    if not 0 < share <= 1:
        raise PlanError(f"'style-noise': share is {share:g}; give a share of the replies above 0 and at most 1")
    marks = Marks.checked(open, close, separator, "style-noise")

    def deliver(query: Query, done: Completion) -> Completion:
        if done.refused or lot(f"{key}, touched", query) >= share:
            return done
        draw = stream("defence", f"{key}, manner", query.id, query.sampling.draw)
        before, after = FRAMES[int(draw.integers(len(FRAMES)))]
        join = (separator, *JOINS)[int(draw.integers(len(JOINS) + 1))]
        return _written(done, marks, join=join, frame=(before, after))

    return lambda model: Between(
        model, f"style noise {share:g}", cost=DefenceCost(changes_answer=True), deliver=deliver
    )


def _written(done: Completion, marks: Marks, *, join: str, frame: tuple[str, str]) -> Completion:
    parts = marks.parts(done.text)
    if parts is None:
        head, tail = "", done.text
    else:
        head = parts[0] + join.join(parts[1].split(marks.separator))
        # what closes the trace stays next to it; a trace that was cut off has neither end nor answer
        head, tail = (head + marks.close, parts[2].removeprefix(marks.close)) if parts[2] else (head, "")
    text = head + (frame[0] + tail + frame[1] if tail else "")
    reasoning = join.join(done.reasoning.split(marks.separator))
    return reworded(done, text, reasoning=reasoning)
