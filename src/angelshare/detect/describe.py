"""The facts of a group that a case file states, straight from its accounts' sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from angelshare.core.traffic import Member, Shape
from angelshare.detect.accounts import Accounts
from angelshare.detect.group import Candidate

MICRO = 1_000_000


def instant(micro: int) -> str:
    """Write microseconds since 1970 as an instant in UTC."""
    return datetime.fromtimestamp(micro / MICRO, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def members_of(group: Candidate, current: Accounts) -> Sequence[Member]:
    """List the members, the most probable first, ties by id."""
    rows = sorted(
        zip(group.members.tolist(), group.weight.tolist(), strict=True),
        key=lambda pair: (-pair[1], str(current.ids[pair[0]])),
    )
    columns = current.columns
    return [
        Member(
            account=str(current.ids[row]), probability=min(1.0, round(weight, 4)),
            requests=int(columns["requests"][row]),
            first_at=instant(int(columns["first_at"][row])), last_at=instant(int(columns["last_at"][row])),
        )
        for row, weight in rows
    ]  # fmt: skip


def timeline_of(rows: NDArray[np.intp], current: Accounts) -> Sequence[Shape]:
    """Count requests and active members by day."""
    active = current.active[rows]
    return [
        Shape(day=day, requests=int(active[:, at].sum()), accounts=int((active[:, at] > 0).sum()))
        for at, day in enumerate(current.days)
    ]


def counted(rows: NDArray[np.intp], current: Accounts, kind: str) -> Mapping[str, int]:
    """Count the members' requests by value of a kind of link, the most frequent first."""
    links = current.links.get(kind)
    if links is None or not len(links.values):
        return {}
    n = np.asarray(links.counts[rows].sum(axis=0)).ravel()
    order = [int(place) for place in np.argsort(-n, kind="stable") if n[place] > 0]
    return {str(links.values[place].as_py()): int(n[place]) for place in order}


def shares(counts: Mapping[str, int]) -> Mapping[str, float]:
    """Turn counts into shares."""
    total = sum(counts.values())
    return {name: round(n / total, 4) for name, n in counts.items()} if total else {}


def metadata_of(group: Candidate, current: Accounts) -> Mapping[str, str]:
    """Give the principals, volume and input-distribution statistics that OWASP AISVS 11.5.2 asks an alert to carry."""
    rows, columns = group.members, current.columns
    requests, tokens = columns["requests"][rows], columns["tokens_known"][rows].sum()
    days = np.maximum((current.active[rows] > 0).sum(axis=1), 1)
    out = {
        "principals": f"{len(rows):,} accounts, listed under members",
        "volume": f"{int(requests.sum()):,} requests; {np.median(requests / days):.1f} per account and active day",
    }
    if tokens:
        each = columns["input_tokens"][rows].sum() / tokens, columns["output_tokens"][rows].sum() / tokens
        out["input tokens per request"] = f"{each[0]:.0f}, with {each[1]:.0f} answered"
    text = columns["text_known"][rows].sum()
    if text:
        top = columns["top_skeleton"][rows].sum() / text
        out["input distribution"] = (
            f"{top:.0%} of an account's requests fill its commonest template; "
            f"{columns['cot'][rows].sum() / text:.0%} ask for reasoning, "
            f"{columns['rubric'][rows].sum() / text:.0%} for grades"
        )
    return out
