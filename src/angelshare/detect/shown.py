"""What may leave the operator: a report whose members are counted, not named."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from angelshare.core.strict import convert, plain
from angelshare.core.traffic import CaseFile, DetectReport


def without_accounts(report: DetectReport) -> DetectReport:
    """Give the report with every account id replaced by its place in its case, wherever one stands.

    Decisions of people and samples of bad lines are left out: both stay with the operator.
    """
    return dataclasses.replace(
        report,
        campaigns=_nameless(report.campaigns),
        look_alikes=_nameless(report.look_alikes),
        insufficient=_nameless(report.insufficient),
        lines=dataclasses.replace(report.lines, samples=()),
    )


def _nameless(cases: Sequence[CaseFile]) -> Sequence[CaseFile]:
    return [_without(case) for case in cases]


def _without(case: CaseFile) -> CaseFile:
    names = {member.account: f"member {number}" for number, member in enumerate(case.members, start=1)}
    members = [dataclasses.replace(member, account=names[member.account]) for member in case.members]
    metadata = dict(case.metadata)
    if "principals" in metadata:
        metadata["principals"] = f"{len(members):,} accounts, named in the case file alone"
    bare = dataclasses.replace(case, members=(), metadata=metadata, reviews=())
    # words of a finding may name an account too; the longest id first, so that none is left in part
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    said = _renamed(plain(bare), re.compile(rf"(?<!\w)(?:{known})(?!\w)"), names) if names else plain(bare)
    return dataclasses.replace(convert(said, CaseFile, case.id), members=members)


def _renamed(value: Any, known: re.Pattern[str], names: Mapping[str, str]) -> Any:  # noqa: ANN401 - plain data
    if isinstance(value, str):
        return known.sub(lambda found: names[found[0]], value)
    if isinstance(value, dict):
        return {_renamed(key, known, names): _renamed(inner, known, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, known, names) for inner in value]
    return value
