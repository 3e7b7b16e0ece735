"""What holds a client back: hard caps with reservations, rate buckets, and a window that yields to throttling.

Nothing here waits or looks at a clock; the instant is an argument, in seconds of a monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from angelshare.core.errors import LimitReached
from angelshare.core.records import Limits, Price
from angelshare.models.wire import Request
from angelshare.store.totals import Totals

RESUME = "what was answered is kept: raise the limit in [limits] and run the same command again"


@dataclass
class Budget:
    """Hard caps, checked before a call is sent against what is spent and what is in flight.

    A call reserves the most it can bill: the prompt's bytes as tokens plus the longest reply. So a cap is overshot
    only if the endpoint bills more than that for a call, or by what other processes on the same ledger have in flight.
    Minutes count from the first call of a sitting; calls in flight at the end still finish.
    """

    limits: Limits
    price: Price | None
    started: float | None = None
    leaving: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Tokens and dollars set aside by calls whose sending is not yet in the ledger."""

    _next: int = 0

    def most(self, request: Request) -> tuple[int, float]:
        """Most that a call can bill: tokens, US dollars."""
        return request.most_in + request.most_out, cost_usd(self.price, request.most_in, request.most_out) or 0.0

    def reserve(self, request: Request, spent: Totals, *, at: float, others: bool) -> int | None:
        """Set a call's most aside, or give None if it must wait for `others` in flight to settle for less.

        Raises LimitReached if there are none, and it does not fit.
        """
        self.check_minutes(at)
        tokens, dollars = self.most(request)
        calls = spent.calls + len(self.leaving)
        token_sum = spent.tokens + sum(one for one, _ in self.leaving.values())
        dollar_sum = spent.dollars + sum(one for _, one in self.leaving.values())
        for name, cap, used, more, unit in (
            ("calls", self.limits.calls, calls, 1, "calls"),
            ("tokens", self.limits.tokens, token_sum, tokens, "tokens"),
            ("dollars", self.limits.dollars, dollar_sum, dollars, "US dollars"),
        ):
            if cap and used + more > cap:
                if others or self.leaving:
                    return None
                raise LimitReached(
                    f"limits.{name} = {cap:g} is reached: {used:g} {unit} are spent, "
                    f"and the next call could take {more:g} more; {RESUME}"
                )
        self._next += 1
        self.leaving[self._next] = (tokens, dollars)
        return self._next

    def settle(self, reservation: int) -> None:
        """Release a reservation: from here on the ledger counts the call."""
        del self.leaving[reservation]

    def check_minutes(self, at: float) -> None:
        """Raise LimitReached when the wall time of this sitting is used up."""
        if self.started is None:
            self.started = at
        if self.limits.minutes and at - self.started >= 60 * self.limits.minutes:
            raise LimitReached(f"limits.minutes = {self.limits.minutes:g} is reached; {RESUME}, or just run it again")


def cost_usd(price: Price | None, tokens_in: int, tokens_out: int) -> float | None:
    """Price a call by a row of the plan; None without a row.

    Source: field cost model, prompt tokens x price in + (visible + hidden completion tokens) x price out.
    """
    if price is None:
        return None
    return (tokens_in * price.usd_per_million_in + tokens_out * price.usd_per_million_out) / 1e6


@dataclass
class Bucket:
    """A token bucket: `per_minute` units flow in evenly, at most a second's worth is saved up; 0 means no limit.

    An amount larger than that is let through on a full bucket and leaves a debt that the next one waits for.
    """

    per_minute: float
    level: float = 0.0
    filled_at: float | None = None

    def wait(self, amount: float, *, at: float) -> float:
        """Take `amount` out and give the seconds to wait before using it."""
        if not self.per_minute:
            return 0.0
        rate = self.per_minute / 60
        most = max(1.0, rate)
        self.level = most if self.filled_at is None else min(most, self.level + rate * (at - self.filled_at))
        self.filled_at = at
        seconds = max(0.0, (min(amount, most) - self.level) / rate)
        self.level -= amount
        return seconds

    def give_back(self, amount: float) -> None:
        """Return what was taken and not used; a negative amount takes more."""
        self.level += amount


@dataclass
class Window:
    """How many calls may be in flight: one more per window of answers, half as many after a throttling.

    Source: additive increase, multiplicative decrease (Chiu and Jain 1989, Computer Networks and ISDN Systems 17).
    """

    most: int
    size: float = 0.0
    busy: int = 0
    narrowed_at: float = -1.0
    quiet_until: float = 0.0
    """No call leaves before this instant."""

    storm_since: float | None = None
    """Instant of the first throttling since the last answer."""

    def __post_init__(self) -> None:
        self.size = float(self.most)

    def has_room(self) -> bool:
        """Say whether another call may leave."""
        return self.busy < max(1, int(self.size))

    def answered(self) -> None:
        """Widen after an answer."""
        self.storm_since = None
        self.size = min(float(self.most), self.size + 1 / self.size)

    def throttled(self, *, sent_at: float, at: float, pause: float) -> None:
        """Narrow after a throttling, once per window: calls that left before the last narrowing say nothing new."""
        if self.storm_since is None:
            self.storm_since = at
        self.quiet_until = max(self.quiet_until, at + pause)
        if sent_at > self.narrowed_at:
            self.size = max(1.0, self.size / 2)
            self.narrowed_at = at
