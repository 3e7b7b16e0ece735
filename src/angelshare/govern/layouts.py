"""Which layout a score file has, told by its header; every layout gives readings, and says what it left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from angelshare.core.delay import Access, DatedScore
from angelshare.core.errors import PlanError, UnknownKeyError, nearest
from angelshare.core.record import record
from angelshare.govern.layouts_cells import Until
from angelshare.store.sheet import Line, Sheet


@record
class Reading:
    """One score and where it stands."""

    score: DatedScore
    """The score as read; unlabelled ones never get here."""

    where: str
    """File and line, for messages."""

    unit: str = ""
    """Unit as the file gives it; "" if it gives none."""

    area: str = ""
    """Capability area as the file gives it."""

    access: Access = ""
    """Access as the file gives it."""

    repeats: bool = False
    """True where the layout lists runs, so that one model may stand there twice: its best run counts."""


@record
class Extract:
    """What one file holds."""

    readings: Sequence[Reading]
    """Its labelled scores."""

    unlabelled: int = 0
    """Scores left out because their weights are not labelled."""

    notes: Sequence[str] = ()
    """What else was left out or read in a particular way."""

    begins: Mapping[str, str] = field(default_factory=dict)
    """By benchmark, ISO date up to which the file knows no release dates: records count from the day after it."""

    ends: Mapping[str, str] = field(default_factory=dict)
    """By benchmark, ISO date after which nothing more was scored on it: a match later than this would not be seen."""


@record
class Layout:
    """One kind of score file."""

    name: str
    """Short name."""

    signature: frozenset[str]
    """Columns that together tell it from the others; empty for the project's own layout."""

    required: Sequence[str]
    """Columns that must be there."""

    optional: Sequence[str]
    """Columns that may be there."""

    strict: bool
    """True if any other column is an error; boards that others publish may gain columns at any time."""

    read: Callable[[Sheet, Until], Extract]
    """Reads it."""


def place(sheet: Sheet, line: Line) -> str:
    """Name a row for a message."""
    return f"{sheet.name}, line {line.number}"


def layout_of(sheet: Sheet, layouts: Sequence[Layout]) -> Layout:
    """Find the layout of `sheet`, the first whose signature stands in its header, and check its columns.

    Raises PlanError for a missing column with the spelling that comes nearest, UnknownKeyError for one too many.
    """
    columns = set(sheet.columns)
    layout = next(layout for layout in layouts if layout.signature <= columns)
    known = [*layout.required, *layout.optional]
    strange = [column for column in sheet.columns if column not in known]
    for column in layout.required:
        if column not in columns:
            raise PlanError(_missing(column, sheet, layout, strange))
    if strange and layout.strict:
        raise UnknownKeyError(f"{sheet.name}, line 1: unknown column '{strange[0]}'; {nearest(strange[0], known)}")
    return layout


def _missing(column: str, sheet: Sheet, layout: Layout, strange: Sequence[str]) -> str:
    close = [name for name in strange if nearest(name, layout.required).startswith(f"did you mean '{column}'")]
    found = f"is '{close[0]}' meant? Call it '{column}'" if close else f"found: {', '.join(sheet.columns)}"
    needed = ", ".join(layout.required)
    return f"{sheet.name}, line 1: no column '{column}'; {found} (a file of {layout.name} needs {needed})"
