"""OpenTelemetry: spans and events of the GenAI conventions in OTLP's JSON, one document a line or one a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from angelshare.core.errors import LogLineError
from angelshare.detect.readers import values
from angelshare.detect.readers.chat import mapping_of, said, sound
from angelshare.detect.readers.values import opened_json

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "org_id": ("gen_ai.organization.id", "organization.id", "tenant.id"),
    "end_user_id": ("enduser.pseudo.id",),
    "session_id": ("gen_ai.conversation.id", "session.id"),
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "model": ("gen_ai.request.model", "gen_ai.response.model"),
    "operation": ("gen_ai.operation.name",),
    "status": ("http.response.status_code", "http.status_code"),
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"),
    "cached_tokens": ("gen_ai.usage.cache_read.input_tokens",),
    "temperature": ("gen_ai.request.temperature",),
    "top_p": ("gen_ai.request.top_p",),
    "seed": ("gen_ai.request.seed", "gen_ai.openai.request.seed"),
    "n_choices": ("gen_ai.request.choice.count",),
    "max_tokens": ("gen_ai.request.max_tokens",),
    "stream": ("gen_ai.request.stream",),
    "client_address": ("client.address", "net.peer.ip", "http.client_ip"),
    "user_agent": ("user_agent.original", "http.user_agent"),
}
"""Column to attributes, today's name first, then those it had."""
ACCOUNTS = ("user.id", "enduser.id", "gen_ai.user.id")
ASKING = ("chat", "text_completion", "generate_content", "completion")
"""Operations that ask a model for text; agents, tools and embeddings are others."""
LISTS = (("resourceSpans", ("scopeSpans", "instrumentationLibrarySpans"), "spans"),
         ("resourceLogs", ("scopeLogs",), "logRecords"))  # fmt: skip
NANO = 1_000_000
ERROR = 2
"""Code of a span's status that failed."""


class OtelReader:
    """Read OTLP JSON: GenAI spans, and GenAI events among log records. Old names of attributes are taken too.

    Args:
        account: attribute that names the account; by default `user.id`, then `enduser.id`, of span or resource.
    """

    name = "otel"

    def __init__(self, account: str = "") -> None:
        self._accounts = (account,) if account else ACCOUNTS
        if account:
            self.name = f"otel:{account}"

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Look for OTLP's outermost lists."""
        return isinstance(record, Mapping) and any(isinstance(record.get(outer), list) for outer, _, _ in LISTS)

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the requests among the spans of a document."""
        record = mapping_of(record, "a JSON object")
        if not self.fits(record):
            raise LogLineError("neither resourceSpans nor resourceLogs")
        found = (self._row(span, shared) for span, shared in _spans(record))
        return [row for row in found if row is not None]

    def _row(self, span: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any] | None:
        own = _attributes(span.get("attributes"))
        told = {**shared, **own}
        if not any(name in own for name in ("gen_ai.request.model", "gen_ai.operation.name", "gen_ai.system")):
            return None
        if str(own.get("gen_ai.operation.name", ASKING[0])) not in ASKING:
            return None
        start = span.get("startTimeUnixNano") or span.get("timeUnixNano") or span.get("observedTimeUnixNano")
        row: dict[str, Any] = {"ts": values.EPOCH + values.instant(start, "ns") * values.MICRO}
        row["request_id"] = told.get("gen_ai.response.id") or span.get("spanId")
        row["account_id"] = next((told[name] for name in self._accounts if told.get(name)), None)
        for column, names in COLUMNS.items():
            found = next((told[name] for name in names if told.get(name) is not None), None)
            if found is not None:
                row[column] = found
        return row | _timing(span, own) | _texts(own, span)


def _spans(record: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Walk spans and log records, with the attributes of what sent them."""
    for outer, middles, inner in LISTS:
        for sender in _objects(record.get(outer)):
            resource = sender.get("resource")
            shared = _attributes(resource.get("attributes")) if isinstance(resource, Mapping) else {}
            for middle in middles:
                for scope in _objects(sender.get(middle)):
                    for span in _objects(scope.get(inner)):
                        yield span, shared


def _objects(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _attributes(found: object) -> dict[str, Any]:
    """Read OTLP's list of keys and values as a mapping."""
    return {str(one.get("key")): _value(one.get("value")) for one in _objects(found)}


def _value(found: Any, depth: int = 8) -> Any:  # noqa: ANN401 - what JSON holds
    """Read a value of OTLP, which says its type by its key; whole numbers come as text."""
    if not isinstance(found, Mapping) or not depth:
        return None
    if "intValue" in found:
        return sound(values.whole, found["intValue"])
    for key in ("stringValue", "doubleValue", "boolValue"):
        if key in found:
            return found[key]
    if isinstance(found.get("arrayValue"), Mapping):
        return [_value(one, depth - 1) for one in _objects(found["arrayValue"].get("values"))]
    if isinstance(found.get("kvlistValue"), Mapping):
        pairs = _objects(found["kvlistValue"].get("values"))
        return {str(one.get("key")): _value(one.get("value"), depth - 1) for one in pairs}
    return None


def _timing(span: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    start, end = (sound(values.whole, span.get(name)) for name in ("startTimeUnixNano", "endTimeUnixNano"))
    if start is not None and end is not None and end >= start:
        row["latency_ms"] = (end - start) / NANO
    first = sound(values.number, own.get("gen_ai.response.time_to_first_chunk"))
    if first is not None:
        row["ttft_ms"] = first * 1000
    status = span.get("status")
    if isinstance(status, Mapping) and status.get("code") in (ERROR, "STATUS_CODE_ERROR"):
        code = sound(values.whole, own.get("error.type"))
        row["status"] = code if code is not None and 400 <= code < 600 else 500  # noqa: PLR2004 - HTTP's faults
    reasons = own.get("gen_ai.response.finish_reasons")
    if isinstance(reasons, list) and reasons and isinstance(reasons[0], str):
        row["finish_reason"] = reasons[0]
    tools = opened_json(own.get("gen_ai.tool.definitions"))
    return {**row, "tools_n": len(tools)} if isinstance(tools, list) else row


def _texts(own: Mapping[str, Any], span: Mapping[str, Any]) -> dict[str, Any]:
    """Take the prompt where it was recorded: today's attributes, the attribute it had, or events of the span."""
    turns = opened_json(own.get("gen_ai.input.messages") or own.get("gen_ai.prompt"))
    row = said(turns) if isinstance(turns, list) else {}
    if isinstance(turns, str) and turns:
        row = {"prompt_text": turns}
    for event in _objects(span.get("events")) if not row else []:
        inside = _attributes(event.get("attributes"))
        found = opened_json(inside.get("gen_ai.input.messages") or inside.get("gen_ai.prompt"))
        row |= said(found) if isinstance(found, list) else {"prompt_text": found} if isinstance(found, str) else {}
    system = opened_json(own.get("gen_ai.system_instructions"))
    if system:
        row |= {"system_text": said([{"role": "system", "content": system}]).get("system_text")}
    return row
