"""The allow-list: declared programmes whose accounts are never a campaign, each until a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.strict import decode_toml


@record
class Programme:
    """Use that was declared to the operator beforehand."""

    name: str
    """What it is called."""

    kind: Literal["evaluator", "academic", "red-team", "customer"]
    """Who runs it: AA26-251A asks that evaluators and safety researchers be spared and informed."""

    reference: str
    """Agreement, ticket or letter that declares it."""

    until: str
    """Last day it holds, ISO date."""

    accounts: Sequence[str]
    """Account ids as the logs have them."""


@record
class AllowList:
    """A file of declared programmes."""

    programme: Sequence[Programme] = ()
    """One table `[[programme]]` each."""


class Allowed(NamedTuple):
    """Which accounts are declared on a day, and which programmes have run out."""

    programmes: Mapping[str, str]
    """Account id to programme."""

    expired: Sequence[str]
    """Programmes that have run out, with their day."""


def read_allow(text: str, where: str, *, on: dt.date) -> Allowed:
    """Read an allow-list as it stands on a day.

    Raises UnknownKeyError or PlanError for a wrong entry, a date that is none, an account of two programmes.
    """
    held = decode_toml(text, AllowList, where)
    named: dict[str, str] = {}
    expired = []
    for programme in held.programme:
        if _last_day(programme, where) < on:
            expired.append(f"{programme.name} (until {programme.until})")
            continue
        for account in programme.accounts:
            if named.get(account, programme.name) != programme.name:
                raise PlanError(f"{where}: account '{account}' is of '{named[account]}' and of '{programme.name}'")
            named[account] = programme.name
    return Allowed(programmes=named, expired=expired)


def _last_day(programme: Programme, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(programme.until)
    except ValueError:
        raise PlanError(
            f"{where}: programme '{programme.name}': until = '{programme.until}' is no date; write one like 2026-12-31"
        ) from None
