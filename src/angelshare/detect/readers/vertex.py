"""Google Vertex AI: request-response logs out of BigQuery, with Cloud Audit Logs beside them for who asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from angelshare.core.errors import LogLineError
from angelshare.detect.readers import values
from angelshare.detect.readers.beside import Beside, Known, named
from angelshare.detect.readers.chat import asked, mapping_of, of, sound
from angelshare.detect.readers.values import at, first_of, opened_json

USAGE = {
    "input_tokens": ("promptTokenCount", "input_tokens", "prompt_tokens"),
    "output_tokens": ("candidatesTokenCount", "output_tokens", "completion_tokens"),
    "reasoning_tokens": ("thoughtsTokenCount",),
    "cached_tokens": ("cachedContentTokenCount", "cache_read_input_tokens"),
}
"""Names of Gemini, and of partner models; those of Gemini are from general knowledge of its interface."""
ACCOUNT_LABELS = ("account", "account_id", "user", "user_id", "customer", "tenant")
"""Labels of a request that say who asked, where there is no audit log."""
OK = 200


class VertexReader:
    """Read Vertex AI's request-response log, exported from BigQuery as JSON Lines or Parquet.

    The log does not say who asked. Cloud Audit Logs (data access) do, under the same request id; without them the
    account is taken from a label of the request (`account`, `user`, `customer`, `tenant`), if it has one.

    Args:
        audit: Cloud Audit Logs beside it, as JSON; none leaves it to labels.
    """

    def __init__(self, audit: str = "") -> None:
        self.name = named("vertex", audit)
        self._callers = Beside(audit, _caller, "a Cloud Audit log")

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Look for the table's own columns."""
        return isinstance(record, Mapping) and {"logging_time", "api_method"} <= record.keys()

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the one call of a record."""
        record = mapping_of(record, "a JSON object")
        if "logging_time" not in record:
            raise LogLineError("no logging_time")
        question = opened_json(first_of(record, "full_request") or _first(record.get("request_payload")))
        answer = opened_json(first_of(record, "full_response") or _first(record.get("response_payload")))
        if isinstance(answer, list):  # a streamed answer is a list of chunks, the last with the totals
            answer = answer[-1] if answer else None
        id_ = values.word(record["request_id"]) if record.get("request_id") is not None else None
        row = {"provider": "vertex", "ts": record["logging_time"], "request_id": id_}
        row |= of({"model": ("model", "deployed_model_id", "endpoint"), "operation": ("api_method",)}, record)
        row |= asked(question) if isinstance(question, Mapping) else {}
        row |= of(USAGE, first_of(answer, "usageMetadata", "usage"))
        row["stream"] = "stream" in str(record.get("api_method")).lower()
        row["status"] = sound(values.whole, at(answer, "error.code")) or OK
        row["latency_ms"] = sound(values.number, at(record, "metadata.request_latency"))
        return (row | _finish(answer) | _labelled(question) | self._callers.of(id_),)


def _first(found: object) -> object:
    return found[0] if isinstance(found, list) and found else None


def _finish(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - what JSON holds
    first = _first(at(answer, "candidates"))
    found = first_of(first, "finishReason") or first_of(answer, "stop_reason")
    return {"finish_reason": found.lower()} if isinstance(found, str) else {}


def _labelled(question: Any) -> dict[str, Any]:  # noqa: ANN401 - what JSON holds
    labels = at(question, "labels")
    found = first_of(labels, *ACCOUNT_LABELS) if isinstance(labels, Mapping) else None
    return {"account_id": found} if found is not None else {}


def _caller(record: Any) -> Known | None:  # noqa: ANN401 - what a log line holds
    payload = first_of(record, "protoPayload", "protopayload_auditlog")
    id_ = first_of(payload, "response.requestId", "request.requestId", "metadata.requestId") or first_of(
        record, "operation.id", "insertId"
    )
    if not isinstance(payload, Mapping) or not id_:
        return None
    columns = {
        "account_id": ("authenticationInfo.principalSubject", "authenticationInfo.principalEmail"),
        "email": ("authenticationInfo.principalEmail",),
        "client_address": ("requestMetadata.callerIp",),
        "user_agent": ("requestMetadata.callerSuppliedUserAgent",),
    }
    return str(id_), of(columns, payload)
