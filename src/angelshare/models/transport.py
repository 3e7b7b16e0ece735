"""One exchange over HTTP, and what its outcome means: an answer, a reason to wait, to try again, or to give up."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

import httpx2

from angelshare.core.errors import EndpointError
from angelshare.core.record import record
from angelshare.models.wire import CutShortError, Reply, Request, filtered_prompt, reply_of

MOST_BYTES = 64 * 2**20
"""A reply longer than this is cut off and is a fault."""
THROTTLED = frozenset({429, 503, 529})
"""Statuses that ask us to come back later."""
RETRIED = frozenset({408, 409, 425})
"""Client-error statuses that another attempt may mend."""


@record
class Received:
    """A whole reply, whatever its status."""

    status: int
    """HTTP status."""

    headers: Mapping[str, str]
    """Header fields, names in lower case."""

    body: bytes
    """Body after content decoding; an API key it echoes is blanked."""


@record
class Trouble:
    """An attempt that gave no answer."""

    remedy: Literal["wait", "retry", "give_up"]
    """wait: throttled; retry: may pass by itself; give_up: will not."""

    billable: bool
    """The endpoint may bill it all the same."""

    message: str
    """What was found, where, and what would do."""

    pause: float | None = None
    """Seconds the endpoint asked us to wait."""


TrustContext: TypeAlias = ssl.SSLContext | bool
"""What certificates are trusted; made once and shared, for it takes longer to make than many calls."""


def trust_context(url: str) -> TrustContext:
    """Trust what this machine trusts; plain http needs nothing, and redirects to other places are not followed."""
    return httpx2.create_ssl_context() if url.startswith("https:") else False


class Transport:
    """One connection to an endpoint, kept alive. The key lives in its headers and nowhere else.

    Each worker has its own, since a pool looks at all its connections for every call: a third of the time at 32.
    """

    def __init__(self, address: str, *, key: str, key_env: str, timeout_seconds: float, trust: TrustContext) -> None:
        self._address, self._key, self._key_env = address, key, key_env
        self._timeout_seconds = timeout_seconds
        host = httpx2.URL(address).host
        self._client = httpx2.AsyncClient(
            headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
            timeout=httpx2.Timeout(timeout_seconds, connect=min(10.0, timeout_seconds)),
            verify=trust,
            # a proxy set for the outside world cannot reach our own loopback
            trust_env=not loopback(host),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def attempt(self, request: Request, now: Callable[[], datetime]) -> tuple[Received, Reply] | Trouble:
        """Send a request once and judge what comes back."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                received = await self._exchange(request)
        except (httpx2.HTTPError, TimeoutError) as error:
            return self._broken(error)
        if received is None:
            return self._trouble("give_up", "sent more than 64 MiB; check the url", billable=True)
        if 200 <= received.status < 300 or filtered_prompt(received.status, received.body):  # noqa: PLR2004 - HTTP success
            try:
                return received, reply_of(received.status, received.body, request, where=self._address)
            except CutShortError as error:
                return Trouble(remedy="retry", billable=True, message=str(error))
            except EndpointError as error:
                return Trouble(remedy="give_up", billable=True, message=str(error))
        return self._declined(received, now)

    async def _exchange(self, request: Request) -> Received | None:
        async with self._client.stream("POST", self._address, content=request.body) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    return None
            whole = bytes(body)
            if self._key:
                whole = whole.replace(self._key.encode(), b"[key]")
            return Received(status=response.status_code, headers=dict(response.headers), body=whole)

    def _broken(self, error: Exception) -> Trouble:
        """Judge an exchange that did not come to its end."""
        said = self._safe(str(error)) or type(error).__name__
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            return self._trouble("retry", f"cannot be reached ({said}); is the server running, and the url right?")
        if isinstance(error, TimeoutError | httpx2.TimeoutException):
            seconds = f"{self._timeout_seconds:g}"
            return self._trouble("retry", f"no answer within {seconds} s; raise timeout_seconds", billable=True)
        if isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError):
            return self._trouble("retry", f"cut its answer short ({said})", billable=True)
        return self._trouble("give_up", f"broke the protocol ({said})", billable=True)

    def _declined(self, received: Received, now: Callable[[], datetime]) -> Trouble:
        """Judge a whole reply that is no answer, by its status."""
        status, said = received.status, self._said(received.body)
        if status in THROTTLED:
            pause = retry_after(received.headers.get("retry-after", ""), now())
            return self._trouble("wait", f"is throttling us (HTTP {status}{said})", pause=pause)
        if status in (401, 403):
            key = f"the key in the environment variable {self._key_env}" if self._key_env else "that no key is needed"
            return self._trouble("give_up", f"denies access (HTTP {status}{said}); check {key}")
        if status == 404:  # noqa: PLR2004 - Not Found
            return self._trouble("give_up", f"knows no such model or path (HTTP 404{said}); check model and url")
        if 300 <= status < 400:  # noqa: PLR2004 - HTTP redirects
            return self._trouble("give_up", f"redirects elsewhere (HTTP {status}), as to a login page; check the url")
        if status >= 500 or status in RETRIED:  # noqa: PLR2004 - HTTP server errors
            return self._trouble("retry", f"failed (HTTP {status}{said})", billable=True)
        return self._trouble("give_up", f"refuses the request (HTTP {status}{said}); check model and options")

    def _trouble(
        self,
        remedy: Literal["wait", "retry", "give_up"],
        what: str,
        *,
        billable: bool = False,
        pause: float | None = None,
    ) -> Trouble:
        return Trouble(remedy=remedy, billable=billable, message=f"{self._address}: {what}", pause=pause)

    def _said(self, body: bytes) -> str:
        """Quote the endpoint's own words from an error reply, if it is the usual JSON."""
        try:
            data = json.loads(body)
        except ValueError:
            return ""
        error = data.get("error", data.get("detail", "")) if isinstance(data, dict) else ""
        words = error.get("message", "") if isinstance(error, dict) else error
        shown = " ".join(str(words).split())[:160]
        return f", {self._safe(shown)!r}" if shown else ""

    def _safe(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


def retry_after(value: str, now: datetime) -> float | None:
    """Read a Retry-After field, seconds or an HTTP date (RFC 9110, section 10.2.3), as seconds from now."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return None


def loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    return host in ("localhost", "::1") or host.startswith("127.")
