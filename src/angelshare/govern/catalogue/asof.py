"""The catalogue as of a day: which claims have expired, and where an instrument stood."""

from __future__ import annotations

from datetime import date

from angelshare.core.catalogue import Claim, Instrument, InstrumentStatus
from angelshare.govern.catalogue.dates import day

EXPIRED = "expired, recheck"
"""What is shown in place of the status of a claim that nobody has looked at in time."""

UPHELD = ("measured", "reported", "disputed")
"""A claim of one of these is still made; one superseded or withdrawn is kept as history and cannot expire."""


def is_expired(claim: Claim, as_of: date) -> bool:
    """Say whether a claim still made has passed its last day on `as_of`; on the last day itself it has not."""
    last = day(claim.expires_on)
    return claim.status in UPHELD and last is not None and last < as_of


def shown_status(claim: Claim, as_of: date) -> str:
    """Give the status to show: the claim's own, or that it has expired."""
    return EXPIRED if is_expired(claim, as_of) else claim.status


def instrument_status(instrument: Instrument, as_of: date) -> InstrumentStatus | None:
    """Say where an instrument stood on a day; None before its first recorded step."""
    stood = [step.status for step in instrument.history if (on := day(step.on)) is not None and on <= as_of]
    return stood[-1] if stood else None
