"""What may be done about the accounts of a case: only watching and asking who they are is ever proposed by itself."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.traffic import CaseFile

Action: TypeAlias = Literal["watch", "step-up-verify", "rate-limit", "degrade", "ban"]
"""From the mildest to the harshest; the last three need a person's confirmation."""
MILD: tuple[Action, ...] = ("watch", "step-up-verify")
LIKELY = 0.9
"""Probability of membership from which an account of a campaign is asked to verify itself."""


@record
class ActionRow:
    """One account and what is proposed, or was decided, for it."""

    account_id: str
    """Account id as the logs have it."""

    action: Action
    """What."""

    case: str
    """Case it belongs to."""

    reason: str
    """Why, in a sentence."""

    expires_on: str
    """Last day the action holds, ISO date; then the case is looked at again."""

    probability: float
    """Probability that the account belongs to the case's group."""

    reviewer: str
    """Who decided; empty for a proposal."""


def proposed(cases: Sequence[CaseFile], *, until: str) -> Sequence[ActionRow]:
    """Propose the mild actions: probable members of campaigns verify themselves, all others are watched.

    Accounts of look-alikes are left alone.
    """
    return [
        ActionRow(
            account_id=member.account,
            action="step-up-verify" if case.verdict == "campaign" and member.probability >= LIKELY else "watch",
            case=case.id, reason=case.sentence, expires_on=until, probability=member.probability, reviewer="",
        )
        for case in cases
        if case.verdict != "look-alike"
        for member in case.members
    ]  # fmt: skip


def decided(case: CaseFile, action: Action, *, until: str, least: float = LIKELY) -> Sequence[ActionRow]:
    """List the accounts that a person's decision covers.

    Args:
        case: a case with its reviews.
        action: what was decided.
        until: last day it holds.
        least: members less probable than this are watched instead.

    Raises PlanError for a harsh action on a case that nobody confirmed, or that was dismissed since.
    """
    if action not in get_args(Action):
        raise PlanError(f"no action '{action}'; there are: {', '.join(get_args(Action))}")
    last = case.reviews[-1] if case.reviews else None
    if action not in MILD and (last is None or last.decision != "confirm"):
        state = "nobody has decided on it" if last is None else f"its last decision is '{last.decision}'"
        raise PlanError(
            f"case {case.id}: '{action}' needs a person's confirmation, and {state}; "
            "angelshare detect review CASE --decision confirm --by NAME --reason WHY"
        )
    return [
        ActionRow(
            account_id=member.account, action=action if member.probability >= least else "watch", case=case.id,
            reason=last.reason if last else case.sentence, expires_on=until, probability=member.probability,
            reviewer=last.by if last else "",
        )
        for member in case.members
    ]  # fmt: skip


def actions_csv(rows: Sequence[ActionRow]) -> str:
    """Write rows as CSV; text that a spreadsheet would run as a formula gets an apostrophe (OWASP, CSV Injection)."""
    out = io.StringIO()
    names = [field.name for field in dataclasses.fields(ActionRow)]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        cells = [getattr(row, name) for name in names]
        writer.writerow([_safe(cell) if isinstance(cell, str) else f"{cell:.3f}" for cell in cells])
    return out.getvalue()


def _safe(words: str) -> str:
    return f"'{words}" if words[:1] in {"=", "+", "-", "@", "\t", "\r"} else words
