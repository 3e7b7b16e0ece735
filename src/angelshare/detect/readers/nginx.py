"""Access logs of nginx in the combined format, with what is often added to it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from angelshare.core.errors import LogLineError

LINE = re.compile(
    r'(?P<address>\S+) - (?P<user>.+?) \[(?P<at>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<sent>\d+|-)(?: "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?(?P<rest>.*)'
)
LONGEST_LINE = 1 << 16
"""Characters of a line; nginx itself holds requests to 32 KiB unless told otherwise."""
NAMED = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')
"""What follows the combined format as `name=value`."""
ASKING = re.compile(
    r"/(?:chat/completions|completions|responses|messages|complete|generate\w*|invoke|converse|api/chat)(?:-?\w*)?/?$"
    r"|:(?:stream)?generate_?content$|:(?:rawPredict|streamRawPredict)$",
    re.IGNORECASE,
)
"""Ends of paths that ask a language model for text."""
MODEL_IN_PATH = re.compile(r"/(?:models?|deployments|engines)/([^/:?]+)")
BYTES_PER_TOKEN = 4
"""Bytes of a body taken for one token: a rough figure for English, from general knowledge."""


class NginxReader:
    """Read an nginx access log: `combined`, then `name=value` for what it lacks (docs/readers.md).

    Sizes of bodies stand in for tokens. The account is `account=`, the logged-in user, `key=`, else the address; keys
    and addresses are kept as keyed names only. Lines of other paths are no requests to a model.

    Args:
        model: what to call the model where neither the path nor `model=` says.
    """

    name = "nginx"

    def __init__(self, model: str = "unknown") -> None:
        self._model = model

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Match the combined format."""
        return isinstance(record, str) and LINE.fullmatch(record) is not None

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the request of a line, or nothing if its path asks for something else."""
        found = LINE.fullmatch(record) if isinstance(record, str) and len(record) <= LONGEST_LINE else None
        if found is None:
            raise LogLineError("not a line of the combined format")
        words = found["request"].split(" ")
        path = words[1].partition("?")[0] if len(words) > 1 else ""
        if words[0] != "POST" or not ASKING.search(path):
            return ()
        more = {
            name: value.strip('"') for name, value in NAMED.findall(found["rest"]) if value.strip('"') not in ("", "-")
        }
        in_path = MODEL_IN_PATH.search(path)
        row: dict[str, Any] = {
            "ts": instant(found["at"]), "operation": path.rsplit("/", 1)[-1][:40], "status": found["status"],
            "model": more.get("model") or (in_path[1] if in_path else self._model),
            "client_address": more.get("forwarded", found["address"]), "user_agent": found["agent"],
            "request_id": more.get("request_id"), "country": more.get("country"), "asn": more.get("asn"),
        }  # fmt: skip
        return (row | _who(found["user"], found["address"], more) | _sizes(found["sent"], more),)


def instant(text: str) -> dt.datetime:
    """Read nginx' `$time_local`, such as `23/Nov/2026:10:00:00 +0000`, or `$time_iso8601`; raises LogLineError."""
    try:
        return _parsed(text).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise LogLineError("not a time of nginx") from None


def _parsed(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z") if "/" in text else dt.datetime.fromisoformat(text)


def _who(user: str, address: str, more: Mapping[str, str]) -> dict[str, Any]:
    if account := more.get("account") or (user if user != "-" else ""):
        return {"account_id": account}
    return {"account_secret": more.get("key") or more.get("authorization") or more.get("forwarded", address)}


def _sizes(sent: str, more: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if sent.isdecimal():
        row["output_tokens"] = -(-int(sent) // BYTES_PER_TOKEN)
    if (length := more.get("request_length", "")).isdecimal():
        row["input_tokens"] = -(-int(length) // BYTES_PER_TOKEN)
    try:
        seconds = float(more["request_time"])
    except (KeyError, ValueError):
        return row
    return {**row, "latency_ms": seconds * 1000} if 0 <= seconds < float("inf") else row
