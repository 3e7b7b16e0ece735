"""Azure API Management: the gateway's log of language models, joined with the log of the gateway itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from angelshare.core.errors import LogLineError
from angelshare.detect.readers import values
from angelshare.detect.readers.beside import Beside, Known, named
from angelshare.detect.readers.chat import asked, mapping_of, of, sound
from angelshare.detect.readers.values import first_of

COLUMNS = {
    "ts": ("TimeGenerated", "TimeGenerated [UTC]", "time"),
    "request_id": ("CorrelationId", "correlationId"),
    "model": ("ModelName", "DeploymentName", "modelName", "deploymentName"),
    "operation": ("OperationName", "operationName"),
    "input_tokens": ("PromptTokens", "promptTokens"),
    "output_tokens": ("CompletionTokens", "completionTokens"),
    "stream": ("IsStreamCompletion", "isStreamCompletion"),
}
CALLER = {
    "account_id": ("ApimSubscriptionId", "apimSubscriptionId", "UserId", "userId"),
    "end_user_id": ("UserId", "userId"),
    "client_address": ("CallerIpAddress", "callerIpAddress"),
    "status": ("ResponseCode", "responseCode"),
    "latency_ms": ("TotalTime", "totalTime", "BackendTime", "backendTime"),
    "plan": ("ProductId", "productId"),
}
"""Column to the gateway log's names: as tables have them, and as diagnostic settings export them."""
WAITING = 4_096
"""Requests whose parts are waited for; a request's rows are logged together."""
ID = ("CorrelationId", "correlationId")


@dataclass
class _Parts:
    """What was seen of a request so far."""

    totals: dict[str, Any] = field(default_factory=dict)
    asked: dict[int, str] = field(default_factory=dict)


class AzureApimReader:
    """Read `ApiManagementGatewayLlmLog`, which has the tokens, with `ApiManagementGatewayLogs`, which has who asked.

    A request has several rows: one with totals, and one or more with its messages, in order of `SequenceNumber`.

    Args:
        gateway: export of `ApiManagementGatewayLogs` for the same time; without it no row has an account.
    """

    # columns checked against the reference of Azure Monitor's tables (learn.microsoft.com)

    holds = True
    """A record without a request is a part of one, not something else."""

    def __init__(self, gateway: str = "") -> None:
        self.name = named("azure-apim", gateway)
        self._callers = Beside(gateway, _caller, "ApiManagementGatewayLogs")
        self._waiting: OrderedDict[str, _Parts] = OrderedDict()

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Look for the columns of the log of language models."""
        record = _flat(record)
        return bool(first_of(record, *ID)) and any(
            name in record for name in ("SequenceNumber", "sequenceNumber", "PromptTokens", "promptTokens")
        )

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Take a row in, and give the request that has waited longest once too many wait."""
        record = _flat(mapping_of(record, "a row of a table"))
        id_ = first_of(record, *ID)
        if id_ is None:
            raise LogLineError("no CorrelationId")
        if not self._callers.given:
            raise LogLineError("no account in this log alone; give the gateway's: --reader azure-apim:GATEWAYLOGS")
        parts = self._waiting.setdefault(str(id_), _Parts())
        place = sound(values.whole, first_of(record, "SequenceNumber", "sequenceNumber")) or 0
        text = first_of(record, "RequestMessages", "requestMessages")
        if text is not None:
            parts.asked[place] = text if isinstance(text, str) else values.as_json(text)
        found = of(COLUMNS, record)
        # rows of messages say 0 tokens; the row of totals is the one that counts, whichever comes first
        parts.totals = (
            parts.totals | found
            if place == 0
            else {**found, "input_tokens": None, "output_tokens": None} | parts.totals
        )
        return [self._whole(self._waiting.popitem(last=False)[1])] if len(self._waiting) > WAITING else ()

    def rest(self) -> Iterable[Mapping[str, Any]]:
        """Give the requests that still wait, at the end of a file."""
        left = [self._whole(parts) for parts in self._waiting.values()]
        self._waiting.clear()
        return left

    def _whole(self, parts: _Parts) -> Mapping[str, Any]:
        text = "".join(parts.asked[place] for place in sorted(parts.asked))
        row = {"provider": "azure"} | (asked(text) if text else {}) | parts.totals
        return row | self._callers.of(row.get("request_id"))


def _flat(record: Any) -> Any:  # noqa: ANN401 - what a log line holds
    """Lift the properties of an exported diagnostic record to its top."""
    inner = record.get("properties") if isinstance(record, Mapping) else None
    return {**record, **inner} if isinstance(inner, Mapping) else record


def _caller(record: Any) -> Known | None:  # noqa: ANN401 - what a log line holds
    record = _flat(record)
    id_ = first_of(record, *ID)
    return None if id_ is None else (str(id_), of(CALLER, record))
