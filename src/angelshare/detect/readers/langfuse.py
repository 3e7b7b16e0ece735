"""Langfuse: observations as its export to blob storage, its interface and its ClickHouse tables give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from angelshare.core.errors import LogLineError
from angelshare.detect.readers import values
from angelshare.detect.readers.beside import Beside, Known, named
from angelshare.detect.readers.chat import asked, mapping_of, of, parameters
from angelshare.detect.readers.values import first_of, opened_json

COLUMNS = {
    "ts": ("start_time", "startTime"),
    "request_id": ("id",),
    "account_id": ("user_id", "userId"),
    "org_id": ("project_id", "projectId"),
    "session_id": ("session_id", "sessionId"),
    "model": ("provided_model_name", "providedModelName", "model"),
    "operation": ("type",),
}
USAGE = {
    "input_tokens": ("input", "prompt_tokens", "promptTokens"),
    "output_tokens": ("output", "completion_tokens", "completionTokens"),
    "reasoning_tokens": ("output_reasoning_tokens", "output_reasoning"),
    "cached_tokens": ("input_cached_tokens", "input_cache_read", "cache_read_input_tokens"),
}
"""Keys of `usage_details`, which the client's library writes; the first of each is what Langfuse itself fills."""
OK, FAILED = 200, 500


class LangfuseReader:
    """Read Langfuse observations of type GENERATION; spans and events are no requests.

    The enriched export (`observations_v2`) has the user with each observation; the older one has it with the trace.

    Args:
        traces: export of traces beside it, for users and sessions; none if the observations have them.
    """

    # names checked against Langfuse's field reference of its blob storage export

    def __init__(self, traces: str = "") -> None:
        self.name = named("langfuse", traces)
        self._traces = Beside(traces, _trace, "traces of Langfuse")

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Look for an observation's keys, in either spelling."""
        return isinstance(record, Mapping) and any(
            {trace, start, "id", "type"} <= record.keys()
            for trace, start in (("trace_id", "start_time"), ("traceId", "startTime"))
        )

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the one generation of a record, or nothing for another kind of observation."""
        record = mapping_of(record, "a JSON object")
        if first_of(record, "trace_id", "traceId") is None or first_of(record, "start_time", "startTime") is None:
            raise LogLineError("no trace id and start time of an observation")
        if str(record.get("type")).upper() != "GENERATION":
            return ()
        row = asked(record.get("input"))
        settings = opened_json(first_of(record, "model_parameters", "modelParameters"))
        row |= parameters(settings) if isinstance(settings, Mapping) else {}
        row |= of(USAGE, opened_json(first_of(record, "usage_details", "usageDetails", "usage")))
        row |= self._traces.of(first_of(record, "trace_id", "traceId")) | of(COLUMNS, record)
        row["status"] = FAILED if str(record.get("level")).upper() == "ERROR" else OK
        start = row["ts"]
        for column, names in (
            ("latency_ms", ("end_time", "endTime")),
            ("ttft_ms", ("completion_start_time", "completionStartTime")),
        ):
            row[column] = values.milliseconds(start, first_of(record, *names))
        return (row,)


def _trace(record: Any) -> Known | None:  # noqa: ANN401 - what a log line holds
    id_ = first_of(record, "id")
    if id_ is None:
        return None
    return str(id_), of({"account_id": ("user_id", "userId"), "session_id": ("session_id", "sessionId")}, record)
