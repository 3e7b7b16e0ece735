"""The hash chain of a case: each evidence item and each decision names all that stood before it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.strict import encode
from angelshare.core.traffic import CaseFile

Part: TypeAlias = Literal["case", "evidence", "review"]
"""What a link holds: the case without its evidence and decisions; one evidence item; one decision."""
START = "0" * 64
"""What the first link names as its forerunner."""


@record
class CaseContext:
    """Where a case comes from: enough to make it again."""

    run: str
    """Name of the run folder."""

    run_sha256: str
    """Hash of what the run was asked for: inputs, settings, version."""

    period: str
    """First and last day looked at."""

    history: str
    """First and last day of the benign history it was calibrated on."""

    budget: str
    """False campaigns allowed, as asked for."""

    version: str
    """Version of angelshare."""

    made_at: str
    """Instant in UTC."""

    detectors_off: Sequence[str]
    """Signals that could not run on these logs, and why."""


@record
class ChainLink:
    """One link of the chain."""

    part: Part
    """What it holds."""

    name: str
    """Which: the case's id, the signal, or the decision and who took it."""

    content: str
    """SHA-256 of the part as canonical JSON."""

    sha256: str
    """SHA-256 of the JSON list of the forerunner's hash, `part`, `name` and `content`."""


def chain(case: CaseFile, context: CaseContext) -> Sequence[ChainLink]:
    """Give the links of a case: the case, its evidence in order, its reviews in order."""
    bare = dataclasses.replace(case, evidence=(), reviews=())
    parts: list[tuple[Part, str, object]] = [("case", case.id, [bare, context])]
    parts += [("evidence", item.signal, item) for item in case.evidence]
    parts += [("review", f"{review.decision} by {review.by}", review) for review in case.reviews]
    links: list[ChainLink] = []
    for part, name, content in parts:
        digest = hashlib.sha256(encode(content)).hexdigest()
        before = links[-1].sha256 if links else START
        linked = hashlib.sha256(encode([before, part, name, digest])).hexdigest()
        links.append(ChainLink(part=part, name=name, content=digest, sha256=linked))
    return links
