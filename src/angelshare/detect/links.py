"""What accounts have in common: per account, day and kind, the values used most, with count and first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from angelshare.detect.schema import BINS

if TYPE_CHECKING:
    import ibis

TOP = 16
"""Values kept per account, day and kind, the most used first; ties by value."""
KEPT: Mapping[str, int] = {
    "skeleton": TOP, "simhash": TOP, "sampling": TOP, "model": TOP, "capability": TOP, "language": TOP,
    "ip_prefix": TOP, "asn": TOP, "country": TOP, "user_agent": TOP, "payment": TOP, "email_domain": TOP,
    "api_key": TOP, "org": TOP, "bin": BINS,
}  # fmt: skip
"""Kinds of link, and how many values of each are kept; `bin` is the ten minutes of the day, all of them."""
COLUMN_OF: Mapping[str, str] = {
    "skeleton": "skeleton", "simhash": "simhash", "model": "model", "capability": "capability",
    "language": "language", "ip_prefix": "ip_prefix", "asn": "asn", "country": "country",
    "user_agent": "user_agent_hash", "payment": "payment_hash", "email_domain": "email_domain_hash",
    "api_key": "api_key_id", "org": "org_id", "session": "session_id", "end_user": "end_user_id",
}  # fmt: skip
"""Column of the request table behind each kind; `sampling` and `bin` are computed. The last two are only counted."""
KINDS = (*COLUMN_OF, "sampling", "bin")
"""Everything that is counted by value."""
LINKS = pa.schema(
    [
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("day", pa.int32(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),
        pa.field("first_at", pa.int64(), nullable=False),
    ]
)
"""Links of a day: `day` counts from 1970-01-01, `n` requests, `first_at` microseconds since 1970."""
DAY_S, BIN_S, HUNDREDTHS = 86_400, 600, 100


def clocked(requests: ibis.Table) -> ibis.Table:
    """Add `micro` and `second`, microseconds and whole seconds since 1970, and `day`, days since 1970, all UTC."""
    table = requests.mutate(micro=since_1970(requests.ts))
    table = table.mutate(second=(table.micro // 1_000_000).cast("int64"))
    return table.mutate(day=(table.second // DAY_S).cast("int32"))


def since_1970(at: ibis.Value) -> ibis.Value:
    """Turn instants into whole microseconds since 1970, null where there is none.

    By the engine's own function, since Ibis has none and its microsecond of an instant is not there in Spark.
    """
    import ibis  # noqa: PLC0415 - an optional package, and slow to import

    name = "unix_micros" if at.get_backend().name == "pyspark" else "epoch_us"
    return ibis.udf.scalar.builtin(name=name, signature=((at.type(),), "int64"))(_micros)(at)


def _micros(at: object) -> object:
    """Stand for a function that the engine has: Ibis reads the signature, nothing calls this body."""


def link_counts(table: ibis.Table) -> ibis.Table:
    """Count the requests of each account and day by value, a group-by per kind, so that each column is read once.

    Args:
        table: requests with the columns of `clocked`.
    """
    import ibis  # noqa: PLC0415 - an optional package, and slow to import

    return ibis.union(*(_counts(table, kind) for kind in KINDS))


def links(requests: ibis.Table) -> ibis.Table:
    """Give the values each account used most, by day and kind, in the columns of `LINKS`; no order is kept."""
    return top(link_counts(clocked(requests)))


def top(counts: ibis.Table) -> ibis.Table:
    """Keep of `link_counts` the kinds that link, and of each the values used most."""
    import ibis  # noqa: PLC0415 - an optional package, and slow to import

    linking = counts.filter(counts.kind.isin([kind for kind in KEPT if kind != "bin"]))
    window = ibis.window(
        group_by=[linking.account_id, linking.day, linking.kind], order_by=[linking.n.desc(), linking.value]
    )
    ranked = linking.mutate(rank=ibis.row_number().over(window))
    most = ranked.filter(ranked.rank < TOP).select(*LINKS.names)
    return most.union(counts.filter(counts.kind == "bin").select(*LINKS.names))


def _counts(table: ibis.Table, kind: str) -> ibis.Table:
    import ibis  # noqa: PLC0415 - an optional package, and slow to import

    narrow = table.select("account_id", "day", "micro", value=_value(table, kind))
    known = narrow.filter(narrow.value.notnull())
    counted = known.group_by("account_id", "day", "value").aggregate(
        n=known.count().cast("int64"), first_at=known.micro.min()
    )
    return counted.select(
        "account_id", "day", kind=ibis.literal(kind), value=counted.value.cast("string"), n="n", first_at="first_at"
    )


def _value(table: ibis.Table, kind: str) -> ibis.Value:
    if kind == "bin":
        return table.second % DAY_S // BIN_S
    if kind == "sampling":
        return _sampling(table)
    return table[COLUMN_OF[kind]]


def _sampling(table: ibis.Table) -> ibis.Value:
    """Spell the parameters a client sent as one value, as a harness sends the same ones from every account.

    Numbers are whole hundredths, so that every engine spells them alike; null where no parameter was sent.
    """
    import ibis  # noqa: PLC0415 - an optional package, and slow to import

    sent = [
        (table.temperature * HUNDREDTHS + 0.5).floor(),
        (table.top_p * HUNDREDTHS + 0.5).floor(),
        table.max_tokens,
        table.n_choices,
    ]
    spelt = [ibis.coalesce(value.cast("int64").cast("string"), ibis.literal("-")) for value in sent]
    some = table.temperature.notnull() | table.top_p.notnull() | table.max_tokens.notnull() | table.n_choices.notnull()
    joined = spelt[0] + "/" + spelt[1] + "/" + spelt[2] + "/" + spelt[3]
    return ibis.ifelse(some, joined, ibis.null("string"))
