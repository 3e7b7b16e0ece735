"""What is read: plain text, transcripts, lines of text or of token ids, turned into streams of token ids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from angelshare.core.errors import PlanError, nearest
from angelshare.core.records import Transcript
from angelshare.core.strict import convert
from angelshare.defences.watermark.arrays import IntArray

Encode: TypeAlias = Callable[[str], Sequence[int]]
"""Turns text into token ids without adding special ones."""


class Material(NamedTuple):
    """A file's texts, or its token ids if that is what it holds."""

    name: str
    """Name of the file."""

    sha256: str
    """Hash of its bytes."""

    texts: Sequence[str] | None
    """Texts; None for a file of token ids."""

    ids: Sequence[IntArray] | None
    """Token ids; None for a file of texts."""

    prompts: Sequence[str]
    """Prompts of transcripts; none for other files."""

    refused: int = 0
    """Transcripts without a reply, which are left out."""

    def __len__(self) -> int:
        return len(self.texts if self.texts is not None else self.ids or ())


def parse_material(data: bytes, name: str) -> Material:
    """Read a file's bytes by what they hold.

    Lines that are all JSON objects or arrays are read as such: transcripts (`prompt`, `completion`), texts (`text`) or
    token ids (`ids`, or a bare array of numbers), one kind in a file. Anything else is one plain text.

    Raises PlanError naming the line for a mixture, a line that is none of these, or bytes that are not UTF-8.
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start}); convert the file") from None
    rows = _json_rows(text, name)
    if not rows:
        return Material(name, digest, [text] if rows is None and text.strip() else [], None, [])
    kinds = {kind for _, kind, _ in rows}
    if len(kinds) > 1:
        first, other = rows[0], next(row for row in rows if row[1] != rows[0][1])
        raise PlanError(
            f"{name}: line {first[0]} is {first[1]}, line {other[0]} is {other[1]}; put each kind in a file of its own"
        )
    kind = kinds.pop()
    if kind == "token ids":
        return Material(name, digest, None, [_ids(value, f"{name}, line {line}") for line, _, value in rows], [])
    if kind == "a text":
        return Material(name, digest, [_text(value, f"{name}, line {line}") for line, _, value in rows], None, [])
    return _transcripts(rows, name, digest)


def encoded(material: Material, encode: Encode | None) -> Sequence[IntArray]:
    """Turn the texts of a file into token ids, if they are not ids already.

    Raises PlanError if text comes without a tokenizer.
    """
    return (
        list(material.ids) if material.ids is not None else encoded_texts(material.texts or (), encode, material.name)
    )


def encoded_texts(texts: Sequence[str], encode: Encode | None, name: str) -> Sequence[IntArray]:
    """Turn texts into token ids; `name` is the file they come from."""
    if encode is None:
        if not texts:
            return []
        raise PlanError(
            f"{name}: holds text, and a mark is on tokens: give the generator's tokenizer with --tokenizer "
            "(its tokenizer.json, or the folder that holds it), or a file of token ids"
        )
    return [np.asarray(encode(text), dtype=np.int64) for text in texts]


def _json_rows(text: str, name: str) -> list[tuple[int, str, Any]] | None:
    """Give (line number, kind, value) of each line; None for a file that is plain text."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    wanted = name.endswith((".jsonl", ".ndjson"))
    if not lines or not (wanted or lines[0][1].lstrip().startswith(("{", "["))):
        return [] if wanted and not lines else None
    rows = []
    for number, line in lines:
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            if not wanted and number == lines[0][0]:
                return None  # prose that begins with a bracket
            raise PlanError(f"{name}, line {number}: not valid JSON ({error.msg}); mend or remove the line") from None
        rows.append((number, _kind(value, f"{name}, line {number}"), value))
    return rows


def _kind(value: object, where: str) -> str:
    if isinstance(value, list):
        return "token ids"
    if isinstance(value, dict):
        for key, kind in (("ids", "token ids"), ("completion", "a transcript"), ("text", "a text")):
            if key in value:
                return kind
        hint = nearest(next(iter(value), ""), ("ids", "completion", "text"))
        raise PlanError(f"{where}: found the keys {sorted(value)}, none of 'text', 'ids' or 'completion'; {hint}")
    raise PlanError(f"{where}: expected a transcript, an object with 'text' or 'ids', or an array of token ids")


def _ids(value: Any, where: str) -> IntArray:  # noqa: ANN401 - one JSON line
    ids = value if isinstance(value, list) else value["ids"]
    if not isinstance(ids, list) or any(type(one) is not int for one in ids):
        nested = isinstance(ids, list) and any(isinstance(one, dict | list) for one in ids)
        raise PlanError(f"{where}: token ids must be whole numbers{'; give one text a line' if nested else ''}")
    if any(abs(one) >= 2**62 for one in ids):
        raise PlanError(f"{where}: a token id beyond 2^62 is none of any vocabulary")
    return np.asarray(ids, dtype=np.int64)


def _text(value: dict[str, object], where: str) -> str:
    if not isinstance(value["text"], str):
        raise PlanError(f"{where}: 'text' must be text")
    return value["text"]


def _transcripts(rows: Sequence[tuple[int, str, Any]], name: str, digest: str) -> Material:
    texts, prompts, refused = [], [], 0
    for line, _, value in rows:
        one = convert(value, Transcript, f"{name}, line {line}")
        prompts.append("\n".join(turn.content for turn in one.prompt))
        if one.completion:
            texts.append("\n".join(turn.content for turn in one.completion))
        else:
            refused += 1
    return Material(name, digest, texts, None, prompts, refused)
