"""How often one token or one address may call the API: a bucket of tokens each, in the memory of the server process."""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict

from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest

from angelshare.core.record import record


@record
class Allowance:
    """Whether a call may go ahead, and what to tell the caller."""

    allowed: bool
    """Whether it may."""

    remaining: int
    """Whole calls left at once."""

    retry_after_seconds: int
    """When to come again; 0 if allowed."""


class Buckets:
    """Hold one bucket per key; the longest unused are forgotten first, by when they are full again.

    Every server process keeps its own, so with N workers a caller may reach up to N times the rate: reading then writes
    nothing, which is what keeps pages fast on SQLite.
    """

    def __init__(self, *, burst: int, per_second: float, most: int = 100_000) -> None:
        self._burst = burst
        self._per_second = per_second
        self._most = most
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, now_seconds: float) -> Allowance:
        """Take one call from a key's bucket; `now_seconds` counts up, as `time.monotonic` does."""
        with self._lock:
            level, since = self._held.pop(key, (float(self._burst), now_seconds))
            level = min(self._burst, level + max(0.0, now_seconds - since) * self._per_second)
            allowed = level >= 1
            level -= allowed
            self._held[key] = (level, now_seconds)
            if len(self._held) > self._most:
                self._held.popitem(last=False)
        wait = 0 if allowed else math.ceil((1 - level) / self._per_second)
        return Allowance(allowed=allowed, remaining=int(level), retry_after_seconds=wait)


class CallLimit:
    """Limit calls twice: what one token, or one address without one, may do; and what one address may do in all.

    A token is not looked up before it is counted, so that being limited costs nothing. Whoever makes tokens up gets a
    bucket for each, and the address's own bucket, which is `WIDER` times as large, is what stops them.
    """

    WIDER = 5

    def __init__(self, *, burst: int, per_second: float) -> None:
        self._each = Buckets(burst=burst, per_second=per_second)
        self._addresses = Buckets(burst=self.WIDER * burst, per_second=self.WIDER * per_second)

    def take(self, address: str, token_digest: str | None, now_seconds: float) -> Allowance:
        """Take one call; see `Buckets.take`."""
        place = network_of(address)
        whole = self._addresses.take(place, now_seconds)
        if not whole.allowed:
            return whole
        return self._each.take(f"token:{token_digest}" if token_digest else place, now_seconds)


def network_of(address: str) -> str:
    """Name the network that one host owns: an IPv4 address, or the /64 of an IPv6 one."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


def address_of(request: HttpRequest) -> str:
    """Find the caller's address: the connection's, or what as many proxies as are trusted say of it.

    A server on a Unix socket without a trusted proxy knows none: its callers then share one limit.
    """
    try:
        address: str = get_adapter(request).get_client_ip(request)
    except (PermissionDenied, ImproperlyConfigured):  # no address, or fewer proxies named than are trusted
        return UNKNOWN
    return address


UNKNOWN = "unknown"
"""Stands for an address that nobody knows."""

API = CallLimit(burst=120, per_second=5.0)
"""The API's limit: 120 calls at once, 5 a second for good."""
