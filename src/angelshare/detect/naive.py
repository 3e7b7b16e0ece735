"""What rules that look at one account at a time would have done on the same traffic: the baseline beside our cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from angelshare.core.traffic import CaseFile, NaiveRule
from angelshare.detect.accounts import Accounts
from angelshare.detect.columns import HOURS
from angelshare.store.files import storage_errors

AN_HOUR = 100
"""Requests in one hour beyond which a published open-source gateway scores an account (AegisGate v4.5)."""
ONE_TEMPLATE = 0.30
"""Share of requests in one template beyond which the same gateway scores an account."""
FEWEST = 20
"""Requests below which a share of them says nothing."""


def naive_rules(
    days: Path, current: Accounts, cases: Sequence[CaseFile], *, known: Mapping[str, str]
) -> Sequence[NaiveRule]:
    """Apply each per-account rule and hold it against our campaigns.

    Args:
        days: folder of the account-day sketches.
        current: the accounts of the period.
        cases: the cases decided as campaigns.
        known: account id to honest workload, where the allow-list or a truth file names one.
    """
    ours = {member.account for case in cases for member in case.members}
    rules = {
        f"more than {AN_HOUR} requests of an account in one hour": busiest_hour(days, current) > AN_HOUR,
        f"more than {ONE_TEMPLATE:.0%} of an account's requests in one template": _one_template(current),
    }
    made = []
    for words, hit in rules.items():
        banned = set(current.ids[hit].tolist())
        honest = sorted({known[account] for account in banned if account in known})
        made.append(NaiveRule(rule=words, banned=len(banned), banned_honest=honest, missed=len(ours - banned)))
    return made


def busiest_hour(days: Path, current: Accounts) -> NDArray[np.int64]:
    """(N,) count the requests of each account in its busiest hour of any day."""
    most = np.zeros(len(current), dtype=np.int64)
    for day in current.days:
        path = days / f"{day}.parquet"
        with storage_errors(path, "read this file"):
            table = pq.read_table(path, columns=["account_id", *HOURS])
        ids = table["account_id"].to_numpy(zero_copy_only=False)
        rows = np.searchsorted(current.ids.astype(str), ids.astype(str))
        hours = np.stack([table[name].to_numpy() for name in HOURS])
        np.maximum.at(most, rows, hours.max(axis=0))
    return most


def _one_template(current: Accounts) -> NDArray[np.bool_]:
    """(N,) say whose most used skeleton of the day takes too large a share; never where text is unknown."""
    known = current.columns["text_known"]
    return np.asarray((known >= FEWEST) & (current.columns["top_skeleton"] > ONE_TEMPLATE * known))
