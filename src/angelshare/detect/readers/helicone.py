"""Helicone: rows of its request and response table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from angelshare.core.errors import LogLineError
from angelshare.detect.readers.chat import asked, mapping_of, of
from angelshare.detect.readers.values import first_of, opened_json

COLUMNS = {
    "ts": ("request_created_at",),
    "request_id": ("request_id",),
    "account_id": ("user_id", "request_user_id", "proxy_key_id", "organization_id"),
    "org_id": ("organization_id",),
    "api_key_id": ("proxy_key_id",),
    "session_id": ("properties.Helicone-Session-Id", "request_properties.Helicone-Session-Id"),
    "provider": ("provider",),
    "model": ("model", "request_model", "response_model"),
    "status": ("status", "response_status"),
    "input_tokens": ("prompt_tokens",),
    "output_tokens": ("completion_tokens",),
    "cached_tokens": ("prompt_cache_read_tokens",),
    "reasoning_tokens": ("reasoning_tokens",),
    "latency_ms": ("latency", "delay_ms"),
    "ttft_ms": ("time_to_first_token",),
    "country": ("country_code",),
}
"""Column to names in ClickHouse's `request_response_rmt`, then in the answers of the interface."""


class HeliconeReader:
    """Read Helicone's `request_response_rmt`, or requests as its interface exports them.

    The account is the request's user, else the proxy key, else the organisation.
    """

    name = "helicone"

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Look for the table's own columns."""
        return isinstance(record, Mapping) and {"request_id", "request_created_at"} <= record.keys()

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the one request of a record."""
        record = mapping_of(record, "a JSON object")
        if "request_created_at" not in record:
            raise LogLineError("no request_created_at")
        body = opened_json(record.get("request_body"))
        row = {"operation": "chat"} | (asked(body) if isinstance(body, Mapping) else {}) | of(COLUMNS, record)
        if "model" not in row and isinstance(body, Mapping) and isinstance(body.get("model"), str):
            row["model"] = body["model"]
        answer = opened_json(record.get("response_body"))
        choices = first_of(answer, "choices")
        first = choices[0] if isinstance(choices, list) and choices else answer
        finish = first_of(first, "finish_reason", "stop_reason")
        return ({**row, "finish_reason": finish} if isinstance(finish, str) else row,)
