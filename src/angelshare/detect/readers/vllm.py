"""vLLM's own log: lines of received requests and, between them, the access lines of its web server."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from angelshare.core.errors import LogLineError
from angelshare.detect.readers import values
from angelshare.detect.readers.beside import Beside, Known, named
from angelshare.detect.readers.chat import sound
from angelshare.detect.readers.nginx import ASKING, NginxReader

STAMP = re.compile(
    r"(?:INFO|WARNING|ERROR|DEBUG) (?:(?P<year>\d{4})-)?(?P<month>\d\d)-(?P<day>\d\d) (?P<time>\d\d:\d\d:\d\d)\b"
)
RECEIVED = re.compile(r"Received request (?P<id>\S+?): ")
PROMPT = re.compile(r"prompt: (?P<prompt>None|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"), ")
SETTING = re.compile(r"\b(n|temperature|top_p|seed|max_tokens|logprobs)=([^,)\s]+)")
LORA = re.compile(r"lora_name='([^']+)'")
TOKENS = re.compile(r"prompt_token_ids: \[([\d, ]*)\]")
ACCESS = re.compile(
    r'INFO:\s+(?P<address>\S+):\d+ - "(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3})\b'
)
MODEL = re.compile(r"\bmodel='([^']+)'")
PREFIX = re.compile(r"^(?:chatcmpl|cmpl|resp|msg)-")
"""What vLLM puts before an id that the client or a gateway sent in `X-Request-Id`."""
READ_BY = {
    "n": ("n_choices", values.whole),
    "temperature": ("temperature", values.number),
    "top_p": ("top_p", values.number),
    "seed": ("seed", values.whole),
    "max_tokens": ("max_tokens", values.whole),
}


class VllmReader:
    """Read vLLM's log (`--enable-log-requests`): prompt, parameters and time of each received request.

    vLLM does not log who asked. With an access log of nginx beside it, joined on the request id that nginx hands on
    (`proxy_set_header X-Request-Id $request_id`), each request gets account, address and status. Without one, the
    requests are the web server's access lines, with the address standing for the account and the time of the last
    stamped line; what was received then only tells the time.

    Args:
        year: year of the log, where vLLM stamps month and day only.
        access: nginx access log that has `request_id=`; none counts access lines.
    """

    # checked against the format strings in vLLM's source; the access line is uvicorn's

    def __init__(self, year: str = "", access: str = "") -> None:
        self._year = int(year) if year.isdecimal() else None
        self.name = named(f"vllm:{year}" if year else "vllm", access)
        self._callers = Beside(access, _caller, "an nginx access log with request_id=")
        self._model = "unknown"
        self._now: dt.datetime | None = None

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds
        """Look for a received request or an access line of uvicorn."""
        return isinstance(record, str) and bool(RECEIVED.search(record) or ACCESS.search(record))

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - what a log line holds
        """Give the request of a line, or nothing if it is of something else."""
        if not isinstance(record, str):
            raise LogLineError("not a line of text")
        stamp = STAMP.search(record)
        received, access = RECEIVED.search(record), ACCESS.search(record)
        if stamp:
            self._now = self._instant(stamp)
        if model := MODEL.search(record) if "engine" in record and not received else None:
            self._model = model[1]
        if received:
            return (self._received(record, received["id"]),) if self._callers.given else ()
        if access and not self._callers.given and access["method"] == "POST" and ASKING.search(access["path"]):
            if self._now is None:
                raise LogLineError("an access line before any line with a time")
            return ({"ts": self._now, "model": self._model, "status": access["status"],
                     "client_address": access["address"], "account_secret": access["address"]},)  # fmt: skip
        return ()

    def rest(self) -> Iterable[Mapping[str, Any]]:
        """Forget what the last file said, at the end of it."""
        self._model, self._now = "unknown", None
        return ()

    def _instant(self, stamp: re.Match[str]) -> dt.datetime:
        year = int(stamp["year"]) if stamp["year"] else self._year
        if year is None:
            raise LogLineError("vLLM logs no year; say it: --reader vllm:YEAR")
        try:
            return dt.datetime.fromisoformat(f"{year:04}-{stamp['month']}-{stamp['day']}T{stamp['time']}+00:00")
        except ValueError:
            raise LogLineError("not a time") from None

    def _received(self, line: str, id_: str) -> dict[str, Any]:
        prompt = PROMPT.search(line)
        lora = LORA.search(line)
        row: dict[str, Any] = {"ts": self._now, "request_id": id_, "model": lora[1] if lora else self._model}
        row |= {"prompt_text": _text(prompt["prompt"])} if prompt else {}
        for name, text in SETTING.findall(line[prompt.end() if prompt else 0 :]):
            if name == "logprobs":
                row["logprobs"] = text != "None"
                continue
            column, read = READ_BY[name]
            row[column] = sound(read, text)
        tokens = TOKENS.search(line)
        if tokens and tokens[1].strip():
            row["input_tokens"] = tokens[1].count(",") + 1
        return row | {k: v for k, v in self._callers.of(PREFIX.sub("", id_)).items() if v is not None}


def _text(written: str) -> str | None:
    """Undo Python's way of writing a text; a prompt cut by `--max-log-len` is still whole as text."""
    if written == "None":
        return None
    try:
        return str(ast.literal_eval(written))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise LogLineError("the prompt is not written as Python writes a text") from None


_NGINX = NginxReader()


def _caller(record: Any) -> Known | None:  # noqa: ANN401 - what a log line holds
    if not _NGINX.fits(record):
        return None
    for row in _NGINX.rows(record):
        kept = {k: v for k, v in row.items() if k not in ("ts", "model", "request_id", "input_tokens")}
        if row.get("request_id"):
            return str(row["request_id"]), kept
    return None
