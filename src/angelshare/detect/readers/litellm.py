"""LiteLLM: rows of its table of spend, and the payload that its callbacks log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from angelshare.core.errors import LogLineError
from angelshare.detect.readers import values
from angelshare.detect.readers.chat import asked, mapping_of, of, sound
from angelshare.detect.readers.values import first_of, opened_json

COLUMNS = {
    "ts": ("startTime",),
    "request_id": ("request_id", "id"),
    "account_id": ("user", "metadata.user_api_key_user_id", "metadata.user_api_key_team_id", "team_id", "api_key",
                   "metadata.user_api_key_hash"),
    "org_id": ("organization_id", "metadata.user_api_key_org_id", "team_id", "metadata.user_api_key_team_id"),
    "api_key_id": ("api_key", "metadata.user_api_key_hash"),
    "end_user_id": ("end_user",),
    "session_id": ("session_id", "trace_id"),
    "provider": ("custom_llm_provider",),
    "model": ("model_group", "model"),
    "operation": ("call_type",),
    "input_tokens": ("prompt_tokens",),
    "output_tokens": ("completion_tokens",),
    "client_address": ("requester_ip_address", "metadata.requester_ip_address"),
    "user_agent": ("metadata.user_agent",),
    "email": ("metadata.user_api_key_user_email",),
}  # fmt: skip
USAGE = {
    "cached_tokens": ("prompt_tokens_details.cached_tokens", "cache_read_input_tokens"),
    "reasoning_tokens": ("completion_tokens_details.reasoning_tokens",),
}
MARKS = ({"request_id", "startTime", "call_type", "spend"}, {"id", "startTime", "call_type", "model_parameters"})
"""Keys that show a row of spend, and a payload."""
OK, FAILED = 200, 500


class LiteLLMReader:
    """Read LiteLLM's `LiteLLM_SpendLogs` rows, exported as JSON, CSV or Parquet, and `StandardLoggingPayload` objects.

    The account is the `user` of the key; where the key has none, its team, else the key's hash.
    """

    name = "litellm"

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Look for the keys of either shape."""
        return isinstance(record, Mapping) and any(mark <= record.keys() for mark in MARKS)

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the one call of a record."""
        record = mapping_of(record, "a JSON object")
        if "startTime" not in record or not ("request_id" in record or "id" in record):
            raise LogLineError("no startTime and request id of LiteLLM")
        sent = opened_json(record.get("proxy_server_request"))
        body = opened_json(sent.get("body", sent)) if isinstance(sent, Mapping) else None
        question = {**(body if isinstance(body, Mapping) else {}), **_settings(record)}
        if messages := opened_json(record.get("messages")):
            question["messages"] = messages
        row = asked(question) | of(COLUMNS, record)
        row |= of(USAGE, first_of(record, "metadata.usage_object", "response.usage"))
        row["status"] = _status(record)
        row["latency_ms"] = sound(values.number, record.get("request_duration_ms"))
        if row["latency_ms"] is None:
            row["latency_ms"] = _between(record, "endTime")
        row["ttft_ms"] = _between(record, "completionStartTime")
        finish = _finish(record)
        return ({**row, "finish_reason": finish} if finish else row,)


def _settings(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found = opened_json(record.get("model_parameters"))
    return {k: v for k, v in found.items() if k != "messages"} if isinstance(found, Mapping) else {}


def _status(record: Mapping[str, Any]) -> int:
    """Give the HTTP status of a failure where it is logged, else 500; 200 for a success."""
    if str(record.get("status") or "success").lower() == "success":
        return OK
    code = sound(
        values.whole, first_of(record, "metadata.error_information.error_code", "error_information.error_code")
    )
    return code if code is not None and OK <= code < 600 else FAILED  # noqa: PLR2004 - the statuses of HTTP


def _between(record: Mapping[str, Any], end: str) -> float | None:
    try:
        return values.milliseconds(record.get("startTime"), record.get(end))
    except LogLineError:
        return None


def _finish(record: Mapping[str, Any]) -> str | None:
    choices = opened_json(first_of(record, "response.choices"))
    first = choices[0] if isinstance(choices, list) and choices else None
    found = first_of(first, "finish_reason")
    return found if isinstance(found, str) else None
