"""What an export is made of: a dossier and the revision that says it."""

from __future__ import annotations

from datetime import datetime

from angelshare.core.dossier import Dossier
from angelshare.core.record import record
from angelshare.workbench.chain import dossier_of
from angelshare.workbench.models import Revision

LICENCE = "CC-BY-4.0"
"""Under which the text of the workbench may be used."""

STATEMENT = (
    "Dated claims in our own words, each with its sources and what was seen of them. Allegations are those of the "
    "parties named as making them; a match is not an accusation. Not legal advice."
)
"""Stands in every export."""


@record
class Exported:
    """A page as it is exported."""

    dossier: Dossier
    """What it says."""

    sha256: str
    """Hash of the revision."""

    number: int
    """Number of the revision."""

    published_at: datetime
    """When it was published."""


def exported(revision: Revision) -> Exported:
    """Take what is exported out of a revision."""
    return Exported(
        dossier=dossier_of(revision),
        sha256=revision.sha256,
        number=revision.number,
        published_at=revision.published_at,
    )
