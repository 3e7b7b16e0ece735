"""STIX 2.1 bundles by the OASIS library: campaigns by count and time, with TLP 2.0 marking, ATLAS ids and expiry."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from angelshare.core.errors import MissingExtraError, PlanError
from angelshare.core.record import record
from angelshare.core.traffic import ShareMarking
from angelshare.detect.atlas import CASE_STUDY, TECHNIQUES
from angelshare.detect.case import NOTICE

if TYPE_CHECKING:
    import stix2

SPACE = uuid.UUID("5a0d3c1e-6a52-5b0f-9c39-3f1f2b6f7c11")
"""Namespace of the ids made here, so that the same content gets the same id."""
PATTERN = "angelshare-sketch"
"""Type of an indicator's pattern that holds a keyed sketch; STIX leaves the vocabulary open."""
TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP_IDS: dict[ShareMarking, str] = {
    "TLP:RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    "TLP:AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "TLP:AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "TLP:GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
}
"""TLP 2.0 marking definitions of the OASIS common object repository."""


@record
class Entry:
    """One cluster of a bundle."""

    name: str
    """A pseudonym that tells nothing of the operator's own numbering."""

    first_on: str
    """First day seen, ISO date."""

    last_on: str
    """Last day seen, ISO date."""

    says: str
    """What was seen, in words and counts."""

    sketch: str
    """A keyed sketch as JSON; empty for a bundle without."""


@record
class Terms:
    """Under which terms a bundle is handed over."""

    marking: ShareMarking
    """Traffic Light Protocol 2.0."""

    expires_on: str
    """Last day on which it may be kept and used, ISO date."""

    provider: str
    """Name the sender goes by."""

    made_at: str
    """Instant in UTC."""


def bundle(entries: Sequence[Entry], terms: Terms) -> bytes:
    """Write a bundle: identity, marking, ATLAS attack patterns, and per cluster a campaign with its indicator.

    Raises PlanError for an expiry that is no later day, MissingExtraError without stix2.
    """
    try:
        import stix2  # noqa: PLC0415 - an optional package
    except ModuleNotFoundError:
        raise MissingExtraError("writing STIX (it imports stix2)", "traffic") from None
    made, until = _times(terms)
    marking = _marking(stix2, terms.marking)
    shared = {"created": made, "modified": made, "object_marking_refs": [marking.id]}
    sender = stix2.Identity(
        id=_id("identity", terms.provider), name=terms.provider, identity_class="organization", **shared
    )
    patterns = [
        stix2.AttackPattern(
            id=_id("attack-pattern", one.id), name=one.name, created_by_ref=sender.id, **shared,
            external_references=[{"source_name": "mitre-atlas", "external_id": one.id}],
        )
        for one in TECHNIQUES
    ]  # fmt: skip
    objects = [marking, sender, *patterns]
    for entry in entries:
        objects += _cluster(stix2, entry, sender.id, until=until, patterns=patterns, shared=shared)
    whole = stix2.Bundle(objects=objects, id=_id("bundle", *(one.id for one in objects), terms.made_at))
    return f"{whole.serialize(pretty=True, ensure_ascii=False)}\n".encode()


def _cluster(
    library: Any,  # noqa: ANN401 - the stix2 module
    entry: Entry,
    sender: str,
    *,
    until: dt.datetime,
    patterns: Sequence[Any],
    shared: dict[str, Any],
) -> Sequence[Any]:
    first, last = (dt.datetime.fromisoformat(f"{day}T00:00:00+00:00") for day in (entry.first_on, entry.last_on))
    campaign = library.Campaign(
        id=_id("campaign", sender, entry.name), name=entry.name, description=f"{entry.says} {NOTICE}",
        first_seen=first, last_seen=last, created_by_ref=sender, **shared,
        external_references=[
            {"source_name": "mitre-atlas", "external_id": CASE_STUDY.id, "description": CASE_STUDY.name}
        ],
    )  # fmt: skip
    uses = [_tie(library, campaign, "uses", one, shared) for one in patterns]
    if not entry.sketch:
        return [campaign, *uses]
    indicator = library.Indicator(
        id=_id("indicator", sender, entry.name), name=f"Keyed sketch of {entry.name}", indicator_types=["unknown"],
        pattern=entry.sketch, pattern_type=PATTERN, pattern_version="1", valid_from=shared["created"],
        valid_until=until, created_by_ref=sender, description=NOTICE, **shared,
    )  # fmt: skip
    return [campaign, indicator, *uses, _tie(library, indicator, "indicates", campaign, shared)]


def _tie(library: Any, source: Any, kind: str, target: Any, shared: dict[str, Any]) -> stix2.Relationship:  # noqa: ANN401 - STIX objects
    return library.Relationship(
        id=_id("relationship", source.id, kind, target.id), source_ref=source.id, target_ref=target.id,
        relationship_type=kind, **shared,
    )  # fmt: skip


def _marking(library: Any, marking: ShareMarking) -> stix2.MarkingDefinition:  # noqa: ANN401 - the stix2 module
    return library.MarkingDefinition(
        id=TLP_IDS[marking], created="2022-10-01T00:00:00.000Z", name=marking,
        extensions={TLP_EXTENSION: {
            "extension_type": "property-extension", "tlp_2_0": marking.removeprefix("TLP:").lower()
        }},
    )  # fmt: skip


def _times(terms: Terms) -> tuple[dt.datetime, dt.datetime]:
    made = dt.datetime.fromisoformat(terms.made_at)
    try:
        until = dt.datetime.fromisoformat(f"{dt.date.fromisoformat(terms.expires_on)}T23:59:59+00:00")
    except ValueError:
        raise PlanError(f"expiry '{terms.expires_on}' is no date; write one like 2026-12-31") from None
    if until <= made:
        raise PlanError(f"expiry {terms.expires_on} has passed; what is shared must be usable for some days")
    return made, until


def _id(kind: str, *parts: str) -> str:
    return f"{kind}--{uuid.uuid5(SPACE, chr(0).join((kind, *parts)))}"
