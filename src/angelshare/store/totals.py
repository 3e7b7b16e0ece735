"""What a ledger's rows add up to: money, tokens and calls, with calls of unknown outcome at their reserved size."""

from __future__ import annotations

from dataclasses import dataclass, field

from angelshare.core.record import record
from angelshare.store.rows import Answer, Attempt, Row


@record
class Totals:
    """Spend so far, never too low: a call that may have been billed counts in full."""

    calls: int
    """Calls sent and not declined."""

    tokens: int
    """Tokens billed, in and out."""

    dollars: float
    """US dollars."""

    answers: int
    """Answers kept."""

    unsure: int
    """Calls that may have been billed though no usable answer came back."""


@dataclass
class Tally:
    """Running totals over rows in the order of the ledger."""

    answers: int = 0
    tokens: int = 0
    dollars: float = 0.0
    unsure: int = 0
    open_calls: dict[str, list[Attempt]] = field(default_factory=dict)
    """Calls sent and not yet closed, by request."""

    def add(self, row: Row) -> None:
        """Count one row."""
        if isinstance(row, Attempt) and row.event == "sent":
            self.open_calls.setdefault(row.request_sha256, []).append(row)
            return
        sent = self._close(row.request_sha256)
        if isinstance(row, Answer):
            self.answers += 1
            self.tokens += row.tokens_in + row.tokens_out
            self.dollars += row.cost_usd or 0.0
        elif row.event == "unsure":
            self.unsure += 1
            self.tokens += sent.reserved_tokens if sent else 0
            self.dollars += sent.reserved_usd if sent else 0.0

    def _close(self, request: str) -> Attempt | None:
        waiting = self.open_calls.get(request)
        if not waiting:
            return None
        sent = waiting.pop()
        if not waiting:
            del self.open_calls[request]
        return sent

    def totals(self) -> Totals:
        """Give the totals, open calls at their reserved size."""
        waiting = [sent for calls in self.open_calls.values() for sent in calls]
        return Totals(
            calls=self.answers + self.unsure + len(waiting),
            tokens=self.tokens + sum(sent.reserved_tokens for sent in waiting),
            dollars=self.dollars + sum(sent.reserved_usd for sent in waiting),
            answers=self.answers,
            unsure=self.unsure + len(waiting),
        )
