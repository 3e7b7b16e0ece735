"""Results of other tools, where weights exist: imported as evidence on the first two claims, never made here."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

from angelshare.core.lineage import ClaimResult
from angelshare.core.record import record
from angelshare.core.records import Evidence
from angelshare.core.strict import decode_json


@record
class ImportedResult:
    """What another tool found on one claim."""

    claim: Literal["same model", "derived weights"]
    """Which claim it speaks to."""

    outcome: Literal["excluded", "not excluded"]
    """What the tool's user concludes from it."""

    tool: str
    """Tool and version."""

    of: str
    """What was compared, e.g. tokenizer, configuration, weights, and of which two models."""

    evidence: Sequence[Evidence] = ()
    """Its tests, each with its null; empty for a comparison without one, such as equal files."""


@record
class ImportedResults:
    """The file of `--import`."""

    result: Sequence[ImportedResult]
    """The results."""


def parse_imported(data: bytes, where: str) -> Sequence[ImportedResult]:
    """Read imported results; raises PlanError or UnknownKeyError."""
    return decode_json(data, ImportedResults, where).result


def with_imported(claims: Sequence[ClaimResult], imported: Sequence[ImportedResult]) -> Sequence[ClaimResult]:
    """Add imported results to the claims they speak to; of several, "not excluded" is the one that counts."""
    return [_with(claim, [one for one in imported if one.claim == claim.claim]) for claim in claims]


def _with(claim: ClaimResult, here: Sequence[ImportedResult]) -> ClaimResult:
    if not here:
        return claim
    outcomes = {one.outcome for one in here} | ({claim.outcome} if claim.outcome == "not excluded" else set())
    told = "; ".join(f"{one.outcome} by {one.tool} ({one.of})" for one in here)
    return dataclasses.replace(
        claim,
        outcome="not excluded" if "not excluded" in outcomes else "excluded",
        evidence=[*claim.evidence, *(test for one in here for test in one.evidence)],
        why=f"imported: {told}" if claim.outcome == "not tested" else f"{claim.why}; imported: {told}",
    )
