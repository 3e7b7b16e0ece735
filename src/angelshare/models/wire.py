"""The OpenAI-compatible wire: a query becomes a canonical request, a reply's bytes become what was answered."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal, TypeAlias

from angelshare.core.errors import EndpointError
from angelshare.core.record import record
from angelshare.core.records import Message, Query, TokenAlternatives
from angelshare.core.strict import encode

Api: TypeAlias = Literal["chat", "completions"]

PATHS: Mapping[Api, str] = {"chat": "/chat/completions", "completions": "/completions"}
CHARACTERS_PER_TOKEN = 4
"""Estimate where the endpoint gives no usage: English runs at about four characters a token (OpenAI's rule)."""
TURN_TOKENS = 16
"""Allowance per message for the marks a chat template adds, when bounding a prompt's size from above."""
EXCERPT = 80
"""Characters of a strange reply that a message quotes."""


class CutShortError(EndpointError):
    """A reply ended in the middle; another attempt may bring it whole."""


@record
class Dialect:
    """How one endpoint is spoken to."""

    url: str
    """Base address, without secrets and without a slash at the end, e.g. `https://api.example.org/v1`."""

    model: str
    """Model id."""

    api: Api = "chat"
    """Which of the two calls is used."""

    system: str = ""
    """A system message put before every query; text before the prompt for completions."""

    stop: Sequence[str] = ()
    """Strings that end a reply."""

    max_tokens_field: str = "max_tokens"
    """Name of the length limit; some endpoints want `max_completion_tokens`."""

    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the request body, sent as they are."""


@record
class Request:
    """A query as it goes over the wire."""

    sha256: str
    """Key in the ledger."""

    canonical: str
    """Endpoint, path, body and sample index as JSON with sorted keys: what is hashed."""

    body: bytes
    """What is sent."""

    expected_in: int
    """Prompt tokens by the four-characters rule."""

    most_in: int
    """Prompt tokens at most: a byte-level tokenizer makes no more tokens than bytes."""

    most_out: int
    """Completion tokens at most."""


@record
class Reply:
    """What an endpoint answered."""

    text: str
    """Delivered text; empty when refused."""

    reasoning: str
    """Reasoning delivered in a field of its own."""

    refused: bool
    """Declined by the model or stopped by a filter."""

    truncated: bool
    """Stopped at the length limit."""

    usage: str
    """The endpoint's token counts as JSON; empty if it gave none that can be used."""

    tokens_in: int
    """Prompt tokens billed."""

    tokens_out: int
    """Completion tokens billed."""

    tokens_delivered: int
    """Completion tokens delivered."""

    logprobs: Sequence[TokenAlternatives]
    """Alternatives per token."""


def request_of(query: Query, dialect: Dialect) -> Request:
    """Build the request for a query; equal requests have equal bytes and equal hashes."""
    asked, sampling = _messages(query, dialect), query.sampling
    body: dict[str, Any] = {
        "model": dialect.model,
        "stream": False,
        "temperature": sampling.temperature,
        dialect.max_tokens_field: sampling.max_tokens,
        **dialect.extra,
    }
    if dialect.api == "chat":
        body["messages"] = [{"role": message.role, "content": message.content} for message in asked]
    else:
        body["prompt"] = "\n".join(message.content for message in asked)
    if sampling.top_logprobs and dialect.api == "chat":
        body |= {"logprobs": True, "top_logprobs": sampling.top_logprobs}
    elif sampling.top_logprobs:
        body["logprobs"] = sampling.top_logprobs
    if dialect.stop:
        body["stop"] = list(dialect.stop)
    canonical = encode({"endpoint": dialect.url, "path": PATHS[dialect.api], "body": body, "draw": sampling.draw})
    return Request(
        sha256=hashlib.sha256(canonical).hexdigest(),
        canonical=canonical.decode(),
        body=encode(body),
        expected_in=sum(estimated_tokens(message.content) for message in asked),
        most_in=sum(len(message.content.encode()) + TURN_TOKENS for message in asked),
        most_out=sampling.max_tokens,
    )


def estimated_tokens(text: str) -> int:
    """Estimate the tokens of a text at four characters each, rounded up."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def reply_of(status: int, body: bytes, request: Request, *, where: str) -> Reply:
    """Read a reply's bytes; raises EndpointError for what is no answer, CutShortError for half of one."""
    data = _json(body, where)
    if status == 400:  # noqa: PLR2004 - Bad Request, which some hosts use for a filtered prompt
        return _reply(_Said(text="", refused=True), data, request)
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise EndpointError(f"{where}: the reply has no 'choices'{_complaint(data)}; is this an OpenAI-compatible API?")
    return _reply(_said(choices[0], where), data, request)


def filtered_prompt(status: int, body: bytes) -> bool:
    """Say whether an error reply is a content filter's refusal (a state) rather than a fault."""
    if status != 400:  # noqa: PLR2004 - Bad Request
        return False
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(error, dict) and "content_filter" in (error.get("code"), error.get("type"))


@record
class _Said:
    """The part of a reply that speaks."""

    text: str
    refused: bool = False
    truncated: bool = False
    reasoning: str = ""
    logprobs: Sequence[TokenAlternatives] = ()


def _messages(query: Query, dialect: Dialect) -> Sequence[Message]:
    first = [Message(role="system", content=dialect.system)] if dialect.system else []
    return [*first, *query.messages]


def _json(body: bytes, where: str) -> Mapping[str, Any]:
    text = body.decode("utf-8", errors="replace").strip()
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        if text[:1] == "<":
            raise EndpointError(
                f"{where}: answered with a web page instead of JSON ({_excerpt(text)}), "
                "such as a login page; check the url, and that it needs no browser login"
            ) from None
        if text.startswith(("data:", "event:")):
            raise EndpointError(f"{where}: answered with a stream of events though none was asked for") from None
        if error.pos >= len(text) or "Unterminated string" in error.msg:
            raise CutShortError(f"{where}: the JSON of the reply ends in the middle, after {len(body)} bytes") from None
        raise EndpointError(
            f"{where}: the reply is not valid JSON ({error}: {_excerpt(text)}); check the url"
        ) from None
    if not isinstance(data, dict):
        raise EndpointError(
            f"{where}: expected a JSON object, found {type(data).__name__} ({_excerpt(text)}); check the url"
        )
    return data


def _said(choice: Mapping[str, Any], where: str) -> _Said:
    finish = choice.get("finish_reason")
    logprobs = _alternatives(choice.get("logprobs"))
    if "message" in choice:
        message = choice["message"]
        if not isinstance(message, dict) or not {"content", "refusal", "reasoning_content"} & set(message):
            raise EndpointError(f"{where}: the reply's 'message' has no 'content'; is this an OpenAI-compatible API?")
        text, refusal = _text(message.get("content"), where), message.get("refusal")
        reasoning = _text(message.get("reasoning_content") or message.get("reasoning"), where)
    elif "text" in choice:
        text, refusal, reasoning = _text(choice["text"], where), None, ""
    else:
        raise EndpointError(f"{where}: the reply's choice has neither 'message' nor 'text'; check the option 'api'")
    refused = bool(refusal) or finish == "content_filter"
    return _Said(
        text="" if refused else text,
        refused=refused,
        truncated=finish == "length",
        reasoning=reasoning,
        logprobs=() if refused else logprobs,
    )


def _text(content: object, where: str) -> str:
    """Join content that comes as text, as parts, or not at all (a reply that was all hidden reasoning)."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "".join(str(part.get("text", "")) for part in content)
    raise EndpointError(f"{where}: the reply's content is {type(content).__name__}, not text")


def _reply(said: _Said, data: Mapping[str, Any], request: Request) -> Reply:
    usage = data.get("usage")
    counts = _counts(usage, visible=bool(said.reasoning))
    if counts is None:
        out = estimated_tokens(said.text) + estimated_tokens(said.reasoning)
        counts, usage = (request.expected_in, out, out), None
    return Reply(
        text=said.text,
        reasoning=said.reasoning,
        refused=said.refused,
        truncated=said.truncated,
        usage=json.dumps(usage, sort_keys=True) if usage is not None else "",
        tokens_in=counts[0],
        tokens_out=counts[1],
        tokens_delivered=counts[2],
        logprobs=said.logprobs,
    )


def _counts(usage: object, *, visible: bool) -> tuple[int, int, int] | None:
    """Read (in, billed out, delivered out), or None where the usage cannot be used.

    Hidden reasoning is billed and not delivered. It is part of `completion_tokens`, except with hosts
    whose `total_tokens` shows that they count it beside. Reasoning that came with the reply (`visible`) was delivered.
    """
    if not isinstance(usage, dict):
        return None
    tokens_in, out = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if tokens_in is None or out is None:
        return None
    details = usage.get("completion_tokens_details")
    hidden = (_count(details.get("reasoning_tokens")) or 0) if isinstance(details, dict) else 0
    total = _count(usage.get("total_tokens"))
    beside = hidden > out or (hidden > 0 and total == tokens_in + out + hidden)
    billed = out + hidden if beside else out
    return tokens_in, billed, billed if visible else billed - hidden


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _alternatives(logprobs: object) -> Sequence[TokenAlternatives]:
    """Read top-k log probabilities of either API; what is not there or not finite is left out."""
    if not isinstance(logprobs, dict):
        return ()
    places: list[dict[str, object]] = []
    content, top = logprobs.get("content"), logprobs.get("top_logprobs")
    if isinstance(content, list):
        for entry in content:
            listed = entry.get("top_logprobs") or [entry]
            places.append({str(one.get("token")): one.get("logprob") for one in listed if isinstance(one, dict)})
    elif isinstance(top, list):
        places = [dict(entry) if isinstance(entry, dict) else {} for entry in top]
    return tuple(_place(place) for place in places)


def _place(place: Mapping[str, object]) -> TokenAlternatives:
    kept = [(token, float(p)) for token, p in place.items() if isinstance(p, int | float) and math.isfinite(p)]
    kept.sort(key=lambda pair: -pair[1])
    return TokenAlternatives(tokens=[token for token, _ in kept], logprobs=[p for _, p in kept])


def _complaint(data: Mapping[str, Any]) -> str:
    error = data.get("error")
    if isinstance(error, dict):
        error = error.get("message")
    return f" but an error ({_excerpt(str(error))})" if error else f" (its keys: {sorted(data)[:8]})"


def _excerpt(text: str) -> str:
    shown = " ".join(text.split())
    return repr(shown if len(shown) <= EXCERPT else shown[:EXCERPT] + "…")
