"""A real OpenAI-compatible server on loopback, over asyncio streams; the first part of the path names its behaviour.

`http://127.0.0.1:PORT/ok/v1` answers well, `/html/v1` with a web page, and so on: see `BEHAVIOURS`. Every call is
counted by its body; `GET /counts` gives the counts. Used in-process by tests, as a process by kill tests and benchmarks:

    python tests/stub_server.py          # prints its port, serves until killed
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Self

PAGE = b"<!doctype html><html><title>Sign in</title><body>Please log in.</body></html>"


class Call(NamedTuple):
    """One request: its behaviour, header, body as sent, body as read, and how often that body has come."""

    behaviour: str
    headers: dict[str, str]
    raw: bytes
    body: dict[str, Any]
    seen: int


class Answer(NamedTuple):
    """What goes back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})
    cut: int = 0
    """Bytes of the promised body that never come."""


def spoken(call: Call) -> str:
    """The stub's answer to a prompt: its last line, reversed."""
    prompt = call.body["prompt"] if "prompt" in call.body else call.body["messages"][-1]["content"]
    return prompt[::-1]


def reply(
    call: Call, *, text: str | None = None, finish: str = "stop", usage: Any = "counted", **message: Any
) -> Answer:
    """A well-formed reply of whichever API was called."""
    said = spoken(call) if text is None else text
    if usage == "counted":
        usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choice: dict[str, Any] = {"index": 0, "finish_reason": finish}
    if "prompt" in call.body:
        choice["text"] = said
    else:
        choice["message"] = {"role": "assistant", "content": said, **message}
    if "logprobs" in call.body:
        choice["logprobs"] = logprobs(call)
    data: dict[str, Any] = {"id": "x", "object": "completion", "model": call.body["model"], "choices": [choice]}
    if usage is not None:
        data["usage"] = usage
    return Answer(200, json.dumps(data).encode())


def logprobs(call: Call) -> dict[str, Any]:
    if "prompt" in call.body:
        return {"tokens": ["a", "b"], "top_logprobs": [{"a": -0.1, "z": -2.5}, {"b": -0.2}]}
    top = [{"token": "a", "logprob": -0.1}, {"token": "z", "logprob": -2.5}][: call.body["top_logprobs"]]
    return {"content": [{"token": "a", "logprob": -0.1, "top_logprobs": top}]}


def error(status: int, message: str, code: str = "", **headers: str) -> Answer:
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def date_soon() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)


BEHAVIOURS: dict[str, Callable[[Call], Answer]] = {
    "ok": reply,
    "slow": reply,
    "hang": reply,
    "html": lambda call: Answer(200, PAGE, {"content-type": "text/html"}),
    "login": lambda call: Answer(302, b"", {"location": "https://login.example.org/?session=1"}),
    "notjson": lambda call: Answer(200, b"Hello! How can I help you today?"),
    "list": lambda call: Answer(200, b"[1, 2]"),
    "events": lambda call: Answer(200, b'data: {"choices": [{"delta": {"content": "hel'),
    "half": lambda call: Answer(200, reply(call).body, cut=20),
    "half_once": lambda call: Answer(200, reply(call).body, cut=20 if call.seen == 1 else 0),
    "cutjson": lambda call: Answer(200, reply(call).body[:60]),
    "cutjson_once": lambda call: Answer(200, reply(call).body[:60]) if call.seen == 1 else reply(call),
    "nochoices": lambda call: Answer(200, b'{"id": "x", "result": "yes"}'),
    "emptychoices": lambda call: Answer(200, b'{"choices": [], "error": {"message": "overloaded backend"}}'),
    "nomessage": lambda call: Answer(200, b'{"choices": [{"index": 0}]}'),
    "nocontent": lambda call: Answer(200, b'{"choices": [{"message": {"role": "assistant"}}]}'),
    "number": lambda call: reply(call, text=7),  # type: ignore[arg-type]  # a lie on purpose
    "denied": lambda call: error(401, f"Incorrect API key provided: {call.headers.get('authorization', '')}"),
    "forbidden": lambda call: error(403, "not for you"),
    "nomodel": lambda call: error(404, "The model does not exist"),
    "badrequest": lambda call: error(400, "max_tokens is too large"),
    "broken": lambda call: error(500, "internal"),
    "broken_once": lambda call: error(500, "internal") if call.seen == 1 else reply(call),
    "storm": lambda call: error(429, "slow down"),
    "storm_long": lambda call: error(429, "slow down", retry_after="86400"),
    "busy_twice": lambda call: error(503, "busy", retry_after="0.05") if call.seen <= 2 else reply(call),
    "busy_date": lambda call: error(429, "busy", retry_after=date_soon()) if call.seen == 1 else reply(call),
    "nousage": lambda call: reply(call, usage=None),
    "badusage": lambda call: reply(call, usage={"prompt_tokens": -3, "completion_tokens": "many"}),
    "refusal": lambda call: reply(call, text="", refusal="I cannot help with that."),
    "filter": lambda call: reply(call, finish="content_filter"),
    "filter400": lambda call: error(400, "The prompt was filtered", code="content_filter"),
    "length": lambda call: reply(call, finish="length"),
    "reasons": lambda call: reply(call, reasoning_content="first this, then that", usage=hidden(total=27)),
    "hidden": lambda call: reply(call, usage=hidden(total=27)),
    "beside": lambda call: reply(call, usage=hidden(total=39)),
    "parts": lambda call: reply(call, text=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),  # type: ignore[arg-type]  # a list of parts, as some endpoints send
    "echo": lambda call: reply(call, text=f"you sent {call.headers.get('authorization', '')}"),
    "greedy": lambda call: reply(call, usage={"prompt_tokens": 7, "completion_tokens": 20}),
}  # fmt: skip


def hidden(*, total: int) -> dict[str, Any]:
    """20 completion tokens with 12 of hidden reasoning, counted inside (total 27) or beside (total 39)."""
    details = {"reasoning_tokens": 12}
    return {"prompt_tokens": 7, "completion_tokens": 20, "total_tokens": total, "completion_tokens_details": details}


class StubServer:
    """The server in a thread; `with StubServer() as stub: stub.url("ok")`."""

    def __init__(self, *, delay_seconds: float = 0.0) -> None:
        self.delay_seconds = delay_seconds
        self.counts: Counter[str] = Counter()
        self.busy = self.most_busy = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stub", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.port}/{behaviour}/v1"

    def calls(self) -> int:
        return sum(self.counts.values())

    def _run(self) -> None:
        self._loop.run_until_complete(self.serve())

    async def serve(self, on_ready: Callable[[int], None] = lambda port: None) -> None:
        self._stop = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        on_ready(self.port)
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        path = first.split(" ")[1]
        if path == "/counts":
            answer = Answer(200, json.dumps(self.counts).encode())
        else:
            answer = await self._answer(path.split("/")[1], headers, raw)
        sent = {"content-type": "application/json", "content-length": str(len(answer.body)), **answer.headers}
        fields = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        writer.write(
            f"HTTP/1.1 {answer.status} X\r\n{fields}\r\n".encode() + answer.body[: len(answer.body) - answer.cut]
        )
        await writer.drain()
        return not answer.cut

    async def _answer(self, behaviour: str, headers: dict[str, str], raw: bytes) -> Answer:
        self.counts[raw.decode()] += 1
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await asyncio.sleep({"hang": 3600.0, "slow": 0.05}.get(behaviour, self.delay_seconds))
            return BEHAVIOURS[behaviour](Call(behaviour, headers, raw, json.loads(raw), self.counts[raw.decode()]))
        finally:
            self.busy -= 1


def announce(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(StubServer(delay_seconds=float(sys.argv[1]) if len(sys.argv) > 1 else 0.0).serve(announce))
