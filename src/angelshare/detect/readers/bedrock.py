"""AWS Bedrock's model invocation log: JSON Lines, gzipped, as it is written to S3 or CloudWatch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from angelshare.core.errors import LogLineError
from angelshare.detect.readers.beside import Beside, Known, named
from angelshare.detect.readers.chat import asked, mapping_of, of
from angelshare.detect.readers.values import at, first_of, opened_json

COLUMNS = {
    "ts": ("timestamp",),
    "request_id": ("requestId",),
    "account_id": ("identity.arn",),
    "org_id": ("accountId",),
    "model": ("modelId",),
    "operation": ("operation",),
    "input_tokens": ("input.inputTokenCount",),
    "output_tokens": ("output.outputTokenCount",),
    "cached_tokens": ("input.cacheReadInputTokenCount",),
}
FAULTS = {"ThrottlingException": 429, "AccessDeniedException": 403, "ValidationException": 400}
"""HTTP status of an `errorCode`; any other is 500."""
OK = 200


class BedrockReader:
    """Read Bedrock's `ModelInvocationLog`. The log holds no address: CloudTrail does, under the same request id.

    Args:
        cloudtrail: CloudTrail log beside it, for addresses and user agents; none leaves these columns empty.
    """

    # names checked against published samples of schemaVersion 1.0

    def __init__(self, cloudtrail: str = "") -> None:
        self.name = named("bedrock", cloudtrail)
        self._callers = Beside(cloudtrail, _caller, "a CloudTrail log")

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Look for the schema's own mark."""
        return bool(at(_inner(record), "schemaType") == "ModelInvocationLog")

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the one invocation of a record."""
        record = mapping_of(_inner(record), "a JSON object")
        if record.get("schemaType") != "ModelInvocationLog":
            raise LogLineError("no schemaType ModelInvocationLog")
        answer = at(record, "output.outputBodyJson")
        row = {"provider": "bedrock"} | of(COLUMNS, record) | asked(at(record, "input.inputBodyJson"))
        row["stream"] = "Stream" in str(record.get("operation"))
        fault = record.get("errorCode")
        row["status"] = FAULTS.get(str(fault), 500) if fault else OK
        finish = first_of(answer, "stopReason", "stop_reason")
        if isinstance(finish, str):
            row["finish_reason"] = finish
        return (row | of({"latency_ms": ("metrics.latencyMs",)}, answer) | self._callers.of(row.get("request_id")),)


def _inner(record: Any) -> Any:  # noqa: ANN401 - what a log line holds
    """Open the envelope of an export from CloudWatch."""
    message = at(record, "@message") or at(record, "message")
    return opened_json(message) if isinstance(message, str) else record


def _caller(record: Any) -> Known | None:  # noqa: ANN401 - what a log line holds
    id_ = at(record, "requestID")
    if at(record, "eventSource") != "bedrock.amazonaws.com" or not id_:
        return None
    return str(id_), of({"client_address": ("sourceIPAddress",), "user_agent": ("userAgent",)}, record)
