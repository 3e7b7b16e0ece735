"""The account-day sketch, column by column: what each counts, and how two of them merge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import pyarrow as pa

from angelshare.detect.schema import RFF

if TYPE_CHECKING:
    import ibis

Fold: TypeAlias = Literal["sum", "max", "min"]
"""How the columns of two days of one account become one."""
Condition: TypeAlias = "Callable[[ibis.Table], ibis.Value]"

FIXED_POINT = 1 << 20
"""Random Fourier features are summed as whole multiples of 1 / FIXED_POINT: whole numbers add up alike in any order,
so every engine gives the same bytes; the rounding, 5e-7 a request, is far below the features' own noise of 0.1."""
BLOCKED = (403, 429)
"""Statuses by which a provider turns a client away."""
SOON_MS = 60_000
"""A request within a minute of the last counts as carrying on."""
GAPS_MS = (1_000, 10_000, 60_000, 600_000, 3_600_000)
"""Bounds between the classes of pauses between requests, in milliseconds; the last class is open."""
HOURS = tuple(f"hour_{hour:02}" for hour in range(24))
"""Requests by hour of the day, UTC."""
WAVES = tuple(f"rff_{index:02}" for index in range(RFF))
"""Sums of random Fourier features, in units of 1 / FIXED_POINT."""
PAUSES = tuple(f"gap_{index}" for index in range(len(GAPS_MS) + 1))
"""Pauses by class of `GAPS_MS`."""

COUNTED: Mapping[str, Condition] = {
    "status_known": lambda t: t.status.notnull(),
    "blocked": lambda t: t.status.isin(BLOCKED),
    "denied": lambda t: t.status == 403,  # noqa: PLR2004 - forbidden
    "limited": lambda t: t.status == 429,  # noqa: PLR2004 - too many requests
    "broken": lambda t: t.status >= 500,  # noqa: PLR2004 - the server's own faults
    "on_after_block": lambda t: _soon(t) & t.last_status.isin(BLOCKED),
    "moved_after_block": lambda t: _soon(t) & t.last_status.isin(BLOCKED) & _moved(t),
    "moved_after_fault": lambda t: _soon(t) & (t.last_status >= 500) & _moved(t),  # noqa: PLR2004 - as above
    "tokens_known": lambda t: t.output_tokens.notnull(),
    "reasoning_known": lambda t: t.reasoning_tokens.notnull(),
    "cached_known": lambda t: t.cached_tokens.notnull(),
    "latency_known": lambda t: t.latency_ms.notnull(),
    "temperature_set": lambda t: t.temperature.notnull(),
    "greedy": lambda t: t.temperature == 0,
    "top_p_set": lambda t: t.top_p.notnull(),
    "seed_set": lambda t: t.seed.notnull(),
    "max_tokens_set": lambda t: t.max_tokens.notnull(),
    "many_choices": lambda t: t.n_choices > 1,
    "logprobs": lambda t: t.logprobs,
    "streamed": lambda t: t.stream,
    "with_tools": lambda t: t.tools_n > 0,
    "finish_known": lambda t: t.finish_reason.notnull(),
    "cut_short": lambda t: t.finish_reason.isin(("length", "max_tokens")),
    "no_session": lambda t: t.session_id.isnull(),
    "no_end_user": lambda t: t.end_user_id.isnull(),
    "no_user_agent": lambda t: t.user_agent_hash.isnull(),
    "text_known": lambda t: t.skeleton.notnull(),
    "cot": lambda t: t.cot,
    "rubric": lambda t: t.rubric,
    "rff_n": lambda t: t.rff.notnull(),
    "gaps": lambda t: t.gap_ms.notnull(),
}
"""Requests that meet a condition. A field the log does not have meets none, so a count says where it is known."""
ADDED: Mapping[str, Condition] = {
    "input_tokens": lambda t: t.input_tokens,
    "output_tokens": lambda t: t.output_tokens,
    "reasoning_tokens": lambda t: t.reasoning_tokens,
    "cached_tokens": lambda t: t.cached_tokens,
    "input_tokens_sq": lambda t: t.input_tokens * t.input_tokens,
    "output_tokens_sq": lambda t: t.output_tokens * t.output_tokens,
    "prompt_chars": lambda t: t.prompt_chars,
    "prompt_chars_sq": lambda t: t.prompt_chars * t.prompt_chars,
    "latency_us": lambda t: (t.latency_ms * 1_000 + 0.5).floor().cast("int64"),
    "gap_ms": lambda t: t.gap_ms,
    "gap_ms_sq": lambda t: t.gap_ms * t.gap_ms,
}
"""Sums of whole numbers; 0 where nothing was known, which the counts above tell from a true 0."""
PACED = ("on_after_block", "moved_after_block", "moved_after_fault", "gaps", "gap_ms", "gap_ms_sq")
"""Those of the above that look at the account's request before; the others need no order."""
DISTINCT: tuple[str, ...] = (
    "skeleton", "model", "capability", "language", "ip_prefix", "asn", "country", "user_agent", "payment",
    "api_key", "session", "end_user", "sampling", "bin",
)  # fmt: skip
"""Kinds of link whose different values are counted exactly within the day, as `distinct_KIND`."""
TOPPED: tuple[str, ...] = ("skeleton", "sampling", "capability", "language")
"""Kinds of which the most used value (`top_KIND`) and the sum of squared counts (`same_KIND`) are kept."""
FOLDS: Mapping[str, Fold] = {
    "requests": "sum",
    **dict.fromkeys((*COUNTED, *ADDED, *HOURS, *PAUSES, *WAVES), "sum"),
    **{f"distinct_{kind}": "max" for kind in DISTINCT},
    **{f"top_{kind}": "sum" for kind in TOPPED},
    **{f"same_{kind}": "sum" for kind in TOPPED},
    "gap_max_ms": "max",
    "first_at": "min",
    "last_at": "max",
    "created_at": "min",
}
"""Every whole-number column and how it merges. Different values of several days cannot be added: the most of any day
is a lower bound, which the links of the days sharpen."""
OPTIONAL = ("gap_max_ms", "created_at")
"""Columns that are null where there is nothing to say."""
ACCOUNT_DAYS = pa.schema(
    [
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("day", pa.int32(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=name in OPTIONAL) for name in FOLDS),
        pa.field("plan", pa.string()),
    ]
)
"""One row per account and day: `day` since 1970-01-01, instants in microseconds since 1970, all UTC."""


def _soon(table: ibis.Table) -> ibis.Value:
    return table.gap_ms <= SOON_MS


def _moved(table: ibis.Table) -> ibis.Value:
    """Say whether the key, the network or the provider is another than at the account's last request."""
    return ~(
        table.api_key_id.identical_to(table.last_key)
        & table.ip_prefix.identical_to(table.last_network)
        & table.provider.identical_to(table.last_provider)
    )
