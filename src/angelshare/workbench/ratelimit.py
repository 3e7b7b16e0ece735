"""How often one token or one address may call the API: a bucket of tokens each, in the memory of the server process."""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict

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


def caller(token_digest: str | None, address: str) -> str:
    """Name whose bucket a call is taken from: a token's, else the address's; IPv6 by its /64, which one host owns."""
    if token_digest:
        return f"token:{token_digest}"
    if ":" in address:
        network = ipaddress.ip_network(f"{address}/64", strict=False)
        return f"address:{network.network_address}"
    return f"address:{address}"


API = Buckets(burst=120, per_second=5.0)
"""The API's limit: 120 calls at once, 5 a second for good."""
