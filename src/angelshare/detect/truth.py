"""A truth file beside the logs of a simulated or labelled provider: what became of each group it names.

Read after the verdicts are made, and by nothing that makes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from angelshare.core.errors import PlanError
from angelshare.core.traffic import CaseFile, Planted
from angelshare.store.files import storage_errors

CAMPAIGN, ORDINARY = "campaign", "honest"
"""Kinds of account that are no honest workload's name."""


class Label(NamedTuple):
    """What a truth file says of an account."""

    name: str
    """Campaign or honest workload."""

    honest: bool


def read_truth(path: Path) -> Mapping[str, Label]:
    """Read a Parquet or CSV file with columns account_id, kind and campaign; ordinary accounts are left out.

    Raises PlanError for a file without these columns, or that is neither.
    """
    with storage_errors(path, "read this truth file"):
        data = path.read_bytes()
    try:
        read = pq.read_table if data[:4] == b"PAR1" else pa_csv.read_csv
        table = read(pa.BufferReader(data)).select(["account_id", "kind", "campaign"])
    except (pa.ArrowException, KeyError) as error:
        raise PlanError(f"{path}: not a truth file with account_id, kind and campaign ({error})") from None
    return {
        str(account): Label(str(campaign) if kind == CAMPAIGN else str(kind), honest=kind != CAMPAIGN)
        for account, kind, campaign in zip(*(column.to_pylist() for column in table.columns), strict=True)
        if kind != ORDINARY
    }


def held_against(truth: Mapping[str, Label], seen: Collection[str], campaigns: Sequence[CaseFile]) -> Sequence[Planted]:
    """Count, for each group of a truth file, the accounts that cases decided as campaigns hold.

    Args:
        truth: by account.
        seen: accounts that asked in the period.
        campaigns: cases decided as campaigns.
    """
    groups: dict[Label, set[str]] = defaultdict(set)
    for account, label in truth.items():
        groups[label].add(account)
    cases = [{member.account for member in case.members} for case in campaigns]
    asked = set(seen)
    found = []
    for label, accounts in sorted(groups.items(), key=lambda pair: (pair[0].honest, pair[0].name)):
        here = accounts & asked
        largest = max((len(here & case) for case in cases), default=0)
        found.append(
            Planted(
                name=label.name, honest=label.honest, accounts=len(here),
                in_campaigns=len(here & set().union(*cases)),
                largest_share=largest / len(here) if here else 0.0,
            )
        )  # fmt: skip
    return found
