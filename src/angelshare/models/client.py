"""The client behind a remote model: an event loop in a thread, `concurrency` workers, one ledger."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from angelshare.core.errors import EndpointError
from angelshare.core.record import record
from angelshare.core.records import Completion, Query
from angelshare.core.seeds import stream
from angelshare.core.strict import encode
from angelshare.models.limits import Bucket, Budget, Window, cost_usd
from angelshare.models.transport import Received, Transport, Trouble
from angelshare.models.wire import Dialect, Reply, Request, reply_of, request_of
from angelshare.store.ledger import Ledger
from angelshare.store.rows import Answer, Attempt, Event

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the second attempt and at most between any two; doubled each time, and drawn from the upper half."""
GLANCE = 0.02
"""Seconds between two looks at whether a held-back call may leave."""
LOST_NOTHING = "nothing answered so far is lost: run the same command again to go on"


@record
class Manners:
    """How hard an endpoint may be pressed."""

    concurrency: int
    """Calls in flight at most."""

    requests_per_minute: float
    """Calls sent per minute; 0 means no limit of ours."""

    tokens_per_minute: float
    """Tokens per minute, in and out; 0 means no limit of ours."""

    retries: int
    """Further attempts after a failure that may pass by itself."""

    patience_seconds: float
    """How long an endpoint may throttle us without a single answer."""


class Sent(NamedTuple):
    """When an attempt left: instant in UTC, monotonic seconds, and which attempt it is."""

    on: str
    at: float
    attempt: int


@dataclass
class Errand:
    """One use of `answer`: the first failure in it keeps the rest from leaving."""

    halt: BaseException | None = None


@dataclass
class Client:
    """An open endpoint. `submit` may be called from any thread; everything else happens in its own."""

    dialect: Dialect
    transport: Callable[[], Transport] = field(repr=False)
    """Opens a connection; it knows the key, so it is never shown."""

    manners: Manners
    ledger: Ledger
    budget: Budget
    now: Callable[[], datetime]
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _pending: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._window = Window(most=self.manners.concurrency)
        self._requests = Bucket(per_minute=self.manners.requests_per_minute)
        self._tokens = Bucket(per_minute=self.manners.tokens_per_minute)
        self._queue: asyncio.Queue[tuple[Query, Errand, Future[Completion]] | None] = asyncio.Queue()
        self._thread = threading.Thread(target=self._run, name="endpoint", daemon=True)
        self._thread.start()

    def submit(self, query: Query, errand: Errand) -> Future[Completion]:
        """Have a query answered; its future is done when the answer is on disk."""
        done: Future[Completion] = Future()
        self._loop.call_soon_threadsafe(self._queue.put_nowait, (query, errand, done))
        return done

    def close(self) -> None:
        """Let what is in flight finish, then close connections and ledger."""
        if self._thread.is_alive():
            for _ in range(self.manners.concurrency):
                self._loop.call_soon_threadsafe(self._queue.put_nowait, None)
            self._thread.join()
            self._loop.close()
            self.ledger.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._work())

    async def _work(self) -> None:
        await asyncio.gather(*(self._worker() for _ in range(self.manners.concurrency)))

    async def _worker(self) -> None:
        transport = self.transport()
        while (task := await self._queue.get()) is not None:
            query, errand, done = task
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(await self._complete(query, errand, transport))
            except BaseException as error:  # noqa: BLE001 - a fault of any kind must reach the caller, who waits on the future
                errand.halt = errand.halt or error
                done.set_exception(error)
        await transport.close()

    async def _complete(self, query: Query, errand: Errand, transport: Transport) -> Completion:
        """Answer from the ledger, from an equal call in flight, or over the network."""
        request = request_of(query, self.dialect)
        row = self.ledger.find(request.sha256)
        if row is None and request.sha256 in self._pending:
            row = await asyncio.shield(self._pending[request.sha256])
        if row is None:
            row = await self._shared(request, errand, transport)
        return completion_of(query, row, request, where=self.dialect.url)

    async def _shared(self, request: Request, errand: Errand, transport: Transport) -> Answer:
        """Make a call that equal queries may wait for."""
        shared: asyncio.Future[Answer] = self._loop.create_future()
        self._pending[request.sha256] = shared
        try:
            row = await self._call(request, errand, transport)
        except BaseException as error:
            shared.set_exception(error)
            shared.exception()  # nobody may be waiting, which is no fault
            raise
        else:
            shared.set_result(row)
            return row
        finally:
            del self._pending[request.sha256]

    async def _call(self, request: Request, errand: Errand, transport: Transport) -> Answer:
        """Ask until there is an answer on disk; raises EndpointError, LimitReached, or what halted the errand."""
        troubles: list[Trouble] = []
        while True:
            await self._leave(request, errand)
            sent = Sent(on=self.now().isoformat(), at=self._loop.time(), attempt=len(troubles) + 1)
            try:
                outcome = await transport.attempt(request, self.now)
                if isinstance(outcome, Trouble):
                    await self._note(request, "unsure" if outcome.billable else "unpaid", outcome.message)
                else:
                    row = self._row(request, outcome, sent)
                    await asyncio.wrap_future(self.ledger.append(row))
                    self._window.answered()
                    return row
            finally:
                self._window.busy -= 1
            troubles.append(outcome)
            await self._recover(request, troubles, errand, sent)

    async def _leave(self, request: Request, errand: Errand) -> None:
        """Wait until the call may be sent, and have its sending on disk: a killed sitting knows what it may owe."""
        reservation = None
        while reservation is None:
            _check(errand)
            at = self._loop.time()
            self.budget.check_minutes(at)
            if at >= self._window.quiet_until and self._window.has_room():
                reservation = self.budget.reserve(request, self.ledger.totals(), at=at, others=self._window.busy > 0)
            if reservation is None:
                await asyncio.sleep(GLANCE)
        self._window.busy += 1
        try:
            at = self._loop.time()
            expected = request.expected_in + request.most_out
            await self._pause(max(self._requests.wait(1, at=at), self._tokens.wait(expected, at=at)), errand)
            await self._note(request, "sent", "")
        except BaseException:
            self._window.busy -= 1
            raise
        finally:
            self.budget.settle(reservation)

    async def _recover(self, request: Request, troubles: Sequence[Trouble], errand: Errand, sent: Sent) -> None:
        """Wait as long as the last trouble asks for; raises EndpointError when more attempts would not help."""
        last, at = troubles[-1], self._loop.time()
        alike = sum(trouble.remedy == last.remedy for trouble in troubles)
        pause = backoff(request.sha256, alike)
        if last.remedy == "give_up":
            raise EndpointError(f"{last.message}; {LOST_NOTHING}")
        if last.remedy == "retry":
            if alike > self.manners.retries:
                raise EndpointError(f"{last.message}; gave up after {alike} such attempts; {LOST_NOTHING}")
            await self._pause(pause, errand)
            return
        pause = pause if last.pause is None else last.pause
        self._window.throttled(sent_at=sent.at, at=at, pause=pause)
        throttled_for = at - (self._window.storm_since or at)
        if throttled_for + pause > self.manners.patience_seconds:
            raise EndpointError(
                f"{last.message}; no answer for {throttled_for:.0f} s, and {pause:.0f} s more are asked for, beyond "
                f"patience_seconds = {self.manners.patience_seconds:g}; lower concurrency or wait; {LOST_NOTHING}"
            )

    async def _pause(self, seconds: float, errand: Errand) -> None:
        """Sleep, but not through a halt or past the end of the minutes."""
        until = self._loop.time() + seconds
        while (left := until - self._loop.time()) > 0:
            await asyncio.sleep(min(left, 10 * GLANCE))
            _check(errand)
            self.budget.check_minutes(self._loop.time())

    async def _note(self, request: Request, event: Event, reason: str) -> None:
        tokens, dollars = self.budget.most(request)
        row = Attempt(
            request_sha256=request.sha256,
            at=self.now().isoformat(),
            event=event,
            reason=reason,
            reserved_tokens=tokens,
            reserved_usd=dollars,
        )
        await asyncio.wrap_future(self.ledger.append(row))

    def _row(self, request: Request, outcome: tuple[Received, Reply], sent: Sent) -> Answer:
        received, reply = outcome
        # what the bucket took was a guess; now the true size is known
        self._tokens.give_back(request.expected_in + request.most_out - reply.tokens_in - reply.tokens_out)
        price = self.budget.price
        return Answer(
            request_sha256=request.sha256,
            request=request.canonical,
            model=self.dialect.model,
            status=received.status,
            response=received.body,
            usage=reply.usage,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            tokens_delivered=reply.tokens_delivered,
            usage_estimated=not reply.usage,
            price=encode(price).decode() if price else "",
            cost_usd=cost_usd(price, reply.tokens_in, reply.tokens_out),
            sent_at=sent.on,
            seconds=self._loop.time() - sent.at,
            attempts=sent.attempt,
        )


def completion_of(query: Query, row: Answer, request: Request, *, where: str) -> Completion:
    """Read a ledger row as the answer to a query; the same whether it was paid for just now or long ago."""
    reply = reply_of(row.status, row.response, request, where=where)
    return Completion(
        query_id=query.id,
        text=reply.text,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        tokens_delivered=row.tokens_delivered,
        reasoning=reply.reasoning,
        refused=reply.refused,
        truncated=reply.truncated,
        usage_estimated=row.usage_estimated,
        cost_usd=row.cost_usd,
        logprobs=reply.logprobs,
    )


def backoff(sha256: str, failures: int) -> float:
    """Seconds before the next attempt: doubled each time, jittered by the request's own stream."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (failures - 1))
    return float(pause * stream("backoff", sha256, failures).uniform(0.5, 1.0))


def _check(errand: Errand) -> None:
    if errand.halt is not None:
        raise errand.halt
