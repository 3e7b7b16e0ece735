"""What members of a case share, by kind and count; the values themselves stay in the state folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from angelshare.core.traffic import CaseFile, Tie
from angelshare.detect.accounts import Accounts
from angelshare.detect.link_tables import Links

KINDS = ("skeleton", "payment", "ip_prefix", "asn", "email_domain", "user_agent", "api_key", "org")
"""Kinds of link that are drawn: those that tie accounts to one hand."""
MOST = 12
"""Ties kept per case."""
EACH = 4
"""Ties kept per kind."""


def tied(case: CaseFile, current: Accounts) -> CaseFile:
    """Give the case with the values that most of its members share, rarest elsewhere first."""
    place = {account: row for row, account in enumerate(current.ids.tolist())}
    rows = np.array([place.get(member.account, -1) for member in case.members], dtype=np.int64)
    here = np.flatnonzero(rows >= 0)
    found = [
        tie for kind in KINDS if kind in current.links
        for tie in _of_kind(current.links[kind], rows[here], here)[:EACH]
    ]  # fmt: skip
    return dataclasses.replace(case, ties=sorted(found, key=_strength)[:MOST])


def _of_kind(links: Links, rows: NDArray[np.int64], places: NDArray[np.intp]) -> Sequence[Tie]:
    inside = links.counts[rows] > 0
    shared_by = np.asarray(inside.sum(axis=0)).ravel()
    everywhere = links.accounts()
    columns = inside.tocsc()
    ties = [
        Tie(
            kind=links.kind,
            members=[int(places[row]) for row in columns.indices[columns.indptr[value] : columns.indptr[value + 1]]],
            outside=int(everywhere[value] - shared_by[value]),
        )
        for value in np.flatnonzero(shared_by > 1)
    ]
    return sorted(ties, key=_strength)


def _strength(tie: Tie) -> tuple[float, int, str]:
    """Order ties: shared by many members and few others first."""
    return (-len(tie.members) / (1 + tie.outside), tie.outside, tie.kind)
