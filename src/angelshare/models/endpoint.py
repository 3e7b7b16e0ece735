"""Any OpenAI-compatible endpoint as a model: checked leave, capped spend, and a ledger that never pays twice."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from angelshare.core.errors import AuthorisationError, EndpointError, PlanError
from angelshare.core.records import Authorisation, Completion, Limits, Price, Query
from angelshare.models.client import Client, Errand, Manners
from angelshare.models.limits import Budget
from angelshare.models.secrets import secrets_in
from angelshare.models.transport import Transport, loopback, trust_context
from angelshare.models.wire import PATHS, Api, Dialect
from angelshare.store.ledger import Ledger

AHEAD = 4
"""Queries taken ahead of the one to be yielded next, as a multiple of `concurrency`: one slow reply stops nobody."""
OURS = frozenset({"model", "messages", "prompt", "stream", "n", "temperature", "logprobs", "top_logprobs", "stop"})
"""Fields of a request that `extra` may not set."""
KEY_HINT = "secrets go into an environment variable, named by key_env, so that no file ever holds them"


class EndpointModel:
    """A model behind an OpenAI-compatible API. It must be opened by a run that has leave to query it.

    Args:
        url: base address, e.g. `https://api.example.org/v1`; secrets in it are refused.
        model: model id.
        api: `chat` or `completions`.
        key_env: name of the environment variable that holds the API key; empty if none is needed.
        concurrency: calls in flight at most.
        requests_per_minute: calls sent per minute at most; 0 means no limit of ours.
        tokens_per_minute: tokens per minute at most, in and out; 0 means no limit of ours.
        timeout_seconds: longest wait for one reply.
        name: what reports call it; the model id if empty.
        system: a system message put before every query.
        stop: strings that end a reply.
        max_tokens_field: name of the length limit, for endpoints that want `max_completion_tokens`.
        extra: further fields of the request body, e.g. `{reasoning_effort = "low"}`.
        retries: further attempts after a failure that may pass by itself.
        patience_seconds: how long the endpoint may throttle us without one answer before we give up.

    Raises PlanError for an option that cannot be meant.
    """

    remote = True

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api: Api = "chat",
        key_env: str = "",
        concurrency: int = 32,
        requests_per_minute: float = 0,
        tokens_per_minute: float = 0,
        timeout_seconds: float = 120,
        name: str = "",
        system: str = "",
        stop: Sequence[str] = (),
        max_tokens_field: str = "max_tokens",
        extra: Mapping[str, Any] | None = None,
        retries: int = 4,
        patience_seconds: float = 600,
    ) -> None:
        self.name = name or model
        self.dialect = Dialect(
            url=_checked_url(url, key_env),
            model=model,
            api=api,
            system=system,
            stop=tuple(stop),
            max_tokens_field=max_tokens_field,
            extra=_checked_extra(extra or {}, max_tokens_field),
        )
        self.manners = Manners(
            concurrency=_at_least(1, "concurrency", concurrency),
            requests_per_minute=_at_least(0, "requests_per_minute", requests_per_minute),
            tokens_per_minute=_at_least(0, "tokens_per_minute", tokens_per_minute),
            retries=_at_least(0, "retries", retries),
            patience_seconds=_at_least(0, "patience_seconds", patience_seconds),
        )
        self._timeout_seconds = _at_least(0.001, "timeout_seconds", timeout_seconds)
        self._key_env = key_env
        self._client: Client | None = None

    def open(
        self,
        ledger: Path,
        *,
        authorisation: Authorisation | None,
        limits: Limits,
        prices: Sequence[Price],
        now: Callable[[], datetime],
    ) -> None:
        """Check the leave to query and the key, and open the ledger; see `core.protocols.Remote`."""
        self.close()
        check_leave(authorisation, today=now().date(), name=self.name)
        price = price_row(prices, self.dialect.model)
        if limits.dollars and price is None:
            raise PlanError(f"limits.dollars needs a price row ([[prices]]) for the model '{self.dialect.model}'")
        transport = partial(
            Transport,
            self.dialect.url + PATHS[self.dialect.api],
            key=_key(self._key_env),
            key_env=self._key_env,
            timeout_seconds=self._timeout_seconds,
            trust=trust_context(self.dialect.url),
        )
        self._client = Client(
            dialect=self.dialect,
            transport=transport,
            manners=self.manners,
            ledger=Ledger(ledger),
            budget=Budget(limits=limits, price=price),
            now=now,
        )

    def close(self) -> None:
        """Let what is in flight finish, then release ledger and connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer in order, up to `concurrency` calls in flight; what is in the ledger is not asked again.

        Raises EndpointError, LimitReached, LedgerError or StorageError once everything in flight is on disk.
        """
        if self._client is None:
            raise AuthorisationError(
                f"'{self.name}' is remote and was not opened by a run with leave to query it; "
                "put it into a plan with an [authorisation] block"
            )
        client, errand, remaining = self._client, Errand(), iter(queries)
        waiting: deque[Future[Completion]] = deque()
        try:
            while True:
                while len(waiting) < AHEAD * self.manners.concurrency and (query := next(remaining, None)) is not None:
                    waiting.append(client.submit(query, errand))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            # calls not yet sent stay unsent, calls in flight are waited for: they are paid
            errand.halt = errand.halt or EndpointError("stopped before this query was sent")
            for done in waiting:
                done.cancel()
            wait(done for done in waiting if not done.cancelled())


def check_leave(authorisation: Authorisation | None, *, today: date, name: str) -> None:
    """Refuse to query a remote model without leave, or after it has ended; raises AuthorisationError."""
    if authorisation is None:
        raise AuthorisationError(
            f"'{name}' is remote: the plan needs an [authorisation] block (by, reference, until) "
            "that says who allowed these queries and until when"
        )
    try:
        until = date.fromisoformat(authorisation.until)
    except ValueError:
        raise AuthorisationError(
            f"authorisation.until = '{authorisation.until}' is no ISO date; write it like 2026-12-31"
        ) from None
    if today > until:
        raise AuthorisationError(
            f"the authorisation by {authorisation.by} ({authorisation.reference}) to query '{name}' "
            f"ended on {until}, today is {today}; renew it and correct authorisation.until"
        )
    for what, said in (("by", authorisation.by), ("reference", authorisation.reference)):
        if not said.strip():
            raise AuthorisationError(
                f"authorisation.{what} is empty; say who allowed these queries, and where it is written"
            )


def price_row(prices: Sequence[Price], model: str) -> Price | None:
    """Pick the plan's latest price row for a model; there is no built-in price."""
    rows = [price for price in prices if price.model == model]
    return max(rows, key=lambda price: price.on) if rows else None


def _checked_url(url: str, key_env: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PlanError(
            "option 'url': not an http:// or https:// address; give the base, e.g. https://api.example.org/v1"
        )
    if parts.username or parts.password:
        raise PlanError(f"option 'url': carries a user name or password for {parts.hostname}; {KEY_HINT}")
    for name in secrets_in(dict(parse_qsl(parts.query, keep_blank_values=True))):
        raise PlanError(f"option 'url': its parameter '{name}' looks like a secret; {KEY_HINT}")
    if parts.query or parts.fragment:
        raise PlanError("option 'url': give the base address alone, without '?' and '#'")
    if key_env and parts.scheme == "http" and not loopback(parts.hostname):
        raise PlanError(f"option 'url': the key would travel to {parts.hostname} unencrypted; use https://")
    return url.rstrip("/")


def _checked_extra(extra: Mapping[str, Any], max_tokens_field: str) -> Mapping[str, Any]:
    for name in extra:
        if name in OURS | {max_tokens_field}:
            raise PlanError(f"option 'extra': '{name}' is set by the plan or the task, not here; take it out")
    for name in secrets_in(extra):
        raise PlanError(f"option 'extra': '{name}' looks like a secret; {KEY_HINT}")
    return extra


def _key(key_env: str) -> str:
    """Read the API key; no message ever shows it."""
    if not key_env:
        return ""
    key = os.environ.get(key_env, "").strip()
    if not key:
        raise AuthorisationError(f"the environment variable {key_env} (option key_env) holds no key; set it")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise AuthorisationError(f"the environment variable {key_env} holds characters that no key has; set it anew")
    return key


def _at_least(least: float, name: str, value: Any) -> Any:  # noqa: ANN401 - int stays int, float stays float
    if not value >= least:
        raise PlanError(f"option '{name}' = {value}: must be at least {least:g}")
    return value
