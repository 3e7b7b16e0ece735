"""Reading one cell of a score file: every error says where it stands, what was found there and what would do."""

from __future__ import annotations

import datetime as dt
import math
import re

from angelshare.core.delay import Access, Weights
from angelshare.core.errors import PlanError, nearest
from angelshare.core.record import record

EARLIEST = dt.date(2010, 1, 1)
"""No score of interest is older; an earlier date is a slip."""

LARGEST = 1e9
"""No scale goes so far: a larger number is a slip."""

LABELS: dict[str, Weights] = {
    "open": "open", "open weights": "open", "open-weights": "open",
    "closed": "closed", "closed weights": "closed", "proprietary": "closed",
    "api_only": "api_only", "api-only": "api_only", "api only": "api_only", "api access": "api_only",
    "hosted access (no api)": "api_only",
    "": "",
}  # fmt: skip
"""Labels of weights, in lower case; "open weights (…)" with any licence in brackets is open as well."""


@record
class Until:
    """The last day a release may have."""

    day: dt.date
    """The day."""

    name: str
    """What set it: "--as-of" or "today"."""


def weights_of(text: str, where: str) -> Weights:
    """Read a label of weights; blank is unlabelled. Raises PlanError for a label nobody knows: none is guessed."""
    label = " ".join(text.lower().split())
    if re.fullmatch(r"open weights \(.+\)", label):
        return "open"
    if label not in LABELS:
        hint = nearest(label, [name for name in ("open", "closed", "api_only") if name])
        raise PlanError(
            f"{where}: weights: '{text}' is no label; {hint} (open, closed, api_only, or blank for not labelled)"
        )
    return LABELS[label]


def access_of(text: str, where: str) -> Access:
    """Read public, private or blank."""
    label = text.lower()
    if label in ("public", "private", ""):
        return label  # type: ignore[return-value]  # one of the three literals
    raise PlanError(
        f"{where}: access: '{text}' is none of public, private or blank; {nearest(label, ['public', 'private'])}"
    )


def number_of(text: str, column: str, where: str) -> float:
    """Read a finite number."""
    try:
        value = float(text)
    except ValueError:
        hint = "write it like 71.5, with a point and without a unit"
        raise PlanError(f"{where}: {column}: '{text}' is not a number; {hint}") from None
    if not math.isfinite(value):
        raise PlanError(f"{where}: {column}: '{text}' is not finite; leave the row out if there is no score")
    if abs(value) > LARGEST:
        raise PlanError(f"{where}: {column}: {text} is beyond any scale of scores ({LARGEST:g}); correct it")
    return value


def error_of(text: str, column: str, where: str) -> float | None:
    """Read a standard error; blank is none."""
    if not text:
        return None
    value = number_of(text, column, where)
    if value < 0:
        raise PlanError(
            f"{where}: {column}: a standard error cannot be negative, found {text}; leave it blank if unknown"
        )
    return value


def date_of(text: str, column: str, where: str, *, until: Until) -> str:
    """Read an ISO date from 2010 on and not after `until`."""
    place = f"{where}: {column}"
    day = day_of(text, place)
    if day < EARLIEST:
        raise PlanError(
            f"{place}: {text} is before {EARLIEST.year}; no model scored here is that old: correct the date"
        )
    if day > until.day:
        raise PlanError(
            f"{place}: {text} is after {until.day} ({until.name}); correct the date, leave the row out, "
            "or give a later --as-of"
        )
    return text


def day_of(text: str, where: str) -> dt.date:
    """Read an ISO date in full, YYYY-MM-DD."""
    hint = "write it as YYYY-MM-DD, such as 2026-08-22"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise PlanError(f"{where}: '{text}' is no date; {hint}")
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise PlanError(f"{where}: '{text}' is no date ({error}); {hint}") from None


def text_of(text: str, column: str, where: str) -> str:
    """Read a name that must be there; line breaks inside become spaces."""
    name = " ".join(text.split())
    if not name:
        raise PlanError(f"{where}: {column} is blank; name it, or leave the row out")
    return name
