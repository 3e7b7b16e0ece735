"""Files of answers, ours and other tools': every way of writing them down is read into replies by prompt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from angelshare.core.errors import AnswersError, DuplicatePromptError, EncodingError, PlanError
from angelshare.core.lineage import Answer
from angelshare.core.record import record
from angelshare.core.records import Transcript
from angelshare.core.strict import convert
from angelshare.lineage.answers import AnswerSet

Layout: TypeAlias = Literal["answers", "transcripts", "alpaca-eval", "fastchat"]
"""How a file is written: ours, transcripts of this or any SFT trainer, AlpacaEval's and FastChat's."""
_SHORT = 16
"""Hexadecimal digits of a prompt's hash that name it where the file does not: 64 bits."""


@record
class Reply:
    """One line of a file of answers."""

    prompt_id: str
    """Names the prompt, alike in every file."""

    text: str
    """The reply."""

    prompt: str = ""
    """The prompt itself; where two files have it, it must be the same."""

    truncated: bool = False
    """Whether the reply was cut short."""


class Numbered(NamedTuple):
    """A reply and where it stands."""

    line: int
    reply: Reply


class Read(NamedTuple):
    """A file of answers as read."""

    answers: AnswerSet
    lines: Mapping[str, int]
    """Line (or place in a JSON list) of each prompt."""
    where: str
    """The file, for messages."""


def parse_answers(data: bytes, where: str, *, name: str) -> Read:
    """Read a file of answers, whatever its layout.

    Args:
        data: the file's bytes.
        where: the file, for messages.
        name: what the model is called.

    Raises EncodingError, DuplicatePromptError or AnswersError; each names file and line.
    """
    replies: dict[str, Answer] = {}
    lines: dict[str, int] = {}
    for line, reply in rows(data, where):
        if reply.prompt_id in replies:
            raise DuplicatePromptError(
                f"{where}, line {line}: prompt '{reply.prompt_id}' is answered a second time (first in line "
                f"{lines[reply.prompt_id]}); keep one reply to each prompt"
            )
        replies[reply.prompt_id] = Answer(
            prompt=reply.prompt_id, text=reply.text, truncated=reply.truncated,
            prompt_sha256=text_sha256(reply.prompt) if reply.prompt else "",
        )  # fmt: skip
        lines[reply.prompt_id] = line
    if not replies:
        raise AnswersError(f"{where}: holds no answers; give one JSON object a line, see docs/lineage.md")
    return Read(AnswerSet(name, replies), lines, where)


def rows(data: bytes, where: str) -> Iterator[Numbered]:
    """Give each reply of a file with its line; see `parse_answers`."""
    text = _decoded(data, where)
    if text.lstrip()[:1] == "[":
        for place, entry in enumerate(_listed(text, where), start=1):
            yield Numbered(place, _reply(entry, f"{where}, entry {place}", place))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise AnswersError(f"{where}, line {number}: not a JSON object ({error}); give one object a line") from None
        for reply in _replies(entry, f"{where}, line {number}", number):
            yield Numbered(number, reply)


def layout_of(entry: Mapping[str, Any], where: str) -> Layout:
    """Tell from its keys how a line is written; raises AnswersError."""
    if "prompt_id" in entry:
        return "answers"
    if "completion" in entry:
        return "transcripts"
    if "instruction" in entry and "output" in entry:
        return "alpaca-eval"
    if "question_id" in entry and "choices" in entry:
        return "fastchat"
    raise AnswersError(
        f"{where}: found the keys {sorted(entry)[:6]}; an answer has prompt_id and text, or prompt and completion "
        "message lists, or is a line of AlpacaEval (instruction, output) or FastChat (question_id, choices)"
    )


def text_sha256(text: str) -> str:
    """Hash a prompt's text; white space at its ends and the kind of line end do not matter."""
    return hashlib.sha256(text.replace("\r\n", "\n").strip().encode()).hexdigest()


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EncodingError(
            f"{where}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8 "
            "(iconv -f ENCODING -t UTF-8)"
        ) from None


def _listed(text: str, where: str) -> Sequence[Any]:
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise AnswersError(f"{where}, line {error.lineno}: not valid JSON ({error.msg})") from None
    assert isinstance(entries, list)  # noqa: S101 - it begins with a bracket
    return entries


def _reply(entry: object, where: str, place: int) -> Reply:
    found = _replies(entry, where, place)
    if len(found) != 1:
        raise AnswersError(f"{where}: {len(found)} turns in one entry; FastChat answers stand one object a line")
    return found[0]


def _replies(entry: object, where: str, place: int) -> Sequence[Reply]:
    if not isinstance(entry, dict):
        raise AnswersError(f"{where}: found {type(entry).__name__}, not a JSON object")
    layout = layout_of(entry, where)
    try:
        if layout == "answers":
            return [convert(entry, Reply, where)]
        if layout == "transcripts":
            return [_of_transcript(convert(entry, Transcript, where), where, place)]
    except PlanError as error:
        raise AnswersError(str(error)) from None
    if layout == "alpaca-eval":
        return [_of_alpaca_eval(entry, where)]
    return _of_fastchat(entry, where)


def _of_transcript(row: Transcript, where: str, place: int) -> Reply:
    prompt = "\n\n".join(f"{turn.role}: {turn.content}" for turn in row.prompt)
    if len(row.prompt) == 1:
        prompt = row.prompt[0].content
    if not prompt:
        raise AnswersError(f"{where}: transcript {place} has no prompt")
    text = "".join(turn.content for turn in row.completion)
    identity = row.id or text_sha256(prompt)[:_SHORT]
    return Reply(prompt_id=identity, text=text, prompt=prompt, truncated=row.truncated)


def _of_alpaca_eval(entry: Mapping[str, Any], where: str) -> Reply:
    prompt, text = entry["instruction"], entry["output"]
    if not isinstance(prompt, str) or not isinstance(text, str):
        raise AnswersError(f"{where}: instruction and output must be text")
    return Reply(prompt_id=text_sha256(prompt)[:_SHORT], text=text, prompt=prompt)


def _of_fastchat(entry: Mapping[str, Any], where: str) -> Sequence[Reply]:
    """Read a line of FastChat's model_answer files: one reply per turn of the first choice."""
    choices = entry["choices"]
    turns = choices[0].get("turns") if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None
    if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
        raise AnswersError(f"{where}: no list of turns in its first choice; give FastChat's model_answer file")
    return [Reply(prompt_id=f"{entry['question_id']}_{turn}", text=text) for turn, text in enumerate(turns, start=1)]
