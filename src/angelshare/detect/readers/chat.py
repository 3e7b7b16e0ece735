"""What a request asked and with which parameters, out of the bodies that vendors' interfaces take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from angelshare.core.errors import LogLineError
from angelshare.detect.readers import values
from angelshare.detect.readers.values import at, first_of, opened_json

T = TypeVar("T")

SYSTEM = ("system", "developer")
ASKERS = ("user", "human")
DEPTH = 6
"""Levels of lists and objects that text is looked for in."""

PARAMETERS: Mapping[str, tuple[Callable[[object], Any], tuple[str, ...]]] = {
    "temperature": (values.number, ("temperature", "inferenceConfig.temperature", "generationConfig.temperature",
                                    "textGenerationConfig.temperature")),
    "top_p": (values.number, ("top_p", "topP", "inferenceConfig.topP", "generationConfig.topP",
                              "textGenerationConfig.topP")),
    "max_tokens": (values.whole, ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_gen_len",
                                  "max_tokens_to_sample", "inferenceConfig.maxTokens",
                                  "generationConfig.maxOutputTokens", "textGenerationConfig.maxTokenCount")),
    "n_choices": (values.whole, ("n", "num_generations", "generationConfig.candidateCount")),
    "seed": (values.whole, ("seed", "generationConfig.seed")),
    "stream": (values.flag, ("stream",)),
}  # fmt: skip
"""Column to how it is read and where it stands: OpenAI, Anthropic, Bedrock's Converse and Titan, Gemini."""


def asked(body: Any) -> dict[str, Any]:  # noqa: ANN401 - a request's body as JSON, and plain values by column
    """Give prompt, system prompt and parameters of a request's body; what the client got wrong is left out.

    The prompt is the text of the last turn of the user.
    """
    body = opened_json(body)
    if isinstance(body, list):
        return said(body)
    if not isinstance(body, dict):
        return {"prompt_text": body} if isinstance(body, str) and body.strip() else {}
    row = parameters(body)
    turns = opened_json(first_of(body, "messages", "contents", "input"))
    if isinstance(turns, list):
        row |= said(turns)
    else:
        # OpenAI's Responses and completions, Llama, Titan, Cohere
        text = text_of(turns) or text_of(first_of(body, "prompt", "inputText", "message"))
        if text:
            row["prompt_text"] = text
    system = text_of(first_of(body, "system", "instructions", "systemInstruction", "system_instruction"))
    if system:
        row["system_text"] = "\n".join(filter(None, (system, row.get("system_text"))))
    return row


def parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the sampling parameters of a body, and how many tools it offers."""
    row: dict[str, Any] = {}
    for column, (read, places) in PARAMETERS.items():
        found = sound(read, first_of(body, *places))
        if found is not None:
            row[column] = found
    logprobs = first_of(body, "logprobs", "top_logprobs", "generationConfig.responseLogprobs")
    if logprobs is not None:
        row["logprobs"] = logprobs not in (False, 0, "false")
    tools = opened_json(first_of(body, "tools", "functions", "toolConfig.tools"))
    if isinstance(tools, list):
        row["tools_n"] = len(tools)
    return row


def said(turns: Iterable[Any]) -> dict[str, Any]:
    """Give the text of the last turn of the user, and of the system prompts."""
    row: dict[str, Any] = {}
    for given in turns:
        turn = opened_json(given)
        role = at(turn, "role") if isinstance(turn, dict) else "user"
        text = text_of(first_of(turn, "content", "parts") if isinstance(turn, dict) else turn)
        if not text:
            continue
        if role in SYSTEM:
            row["system_text"] = "\n".join(filter(None, (row.get("system_text"), text)))
        elif role in ASKERS or role is None:
            row["prompt_text"] = text
    return row


def text_of(value: Any, depth: int = DEPTH) -> str:  # noqa: ANN401 - what JSON holds
    """Gather the text of a message's content: a text, or parts of which some are text."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and depth:
        inner = first_of(value, "text", "content", "parts")
        return text_of(inner, depth - 1)
    if isinstance(value, list) and depth:
        return "\n".join(filter(None, (text_of(part, depth - 1) for part in value)))
    return ""


def sound(read: Callable[[object], T], value: object) -> T | None:
    """Read a value that a client sent; None if it is none or not what it should be."""
    if value is None:
        return None
    try:
        return read(value)
    except LogLineError:
        return None


def of(columns: Mapping[str, tuple[str, ...]], record: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON, and plain values by column
    """Take each column from the first of its places that holds anything."""
    if not isinstance(record, dict):
        return {}
    found = ((column, first_of(record, *places)) for column, places in columns.items())
    return {column: value for column, value in found if value is not None}


def mapping_of(record: Any, what: str) -> Mapping[str, Any]:  # noqa: ANN401 - what a log line holds
    """Require a record to be a JSON object; raises LogLineError."""
    if not isinstance(record, Mapping):
        raise LogLineError(f"not {what}")
    return record
