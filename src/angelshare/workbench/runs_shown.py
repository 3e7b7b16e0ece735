"""Imported runs as a page shows them: the calibrated sentence, the numbers, the figures drawn anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe

from angelshare.core.dossier import Measured
from angelshare.core.record import record
from angelshare.report.svg import inline
from angelshare.workbench import measured as drawn
from angelshare.workbench.claims_shown import NumberRow, number_rows
from angelshare.workbench.models import Run

_IDS = re.compile(r'(?<=\sid=")[^"]+|(?<=url\(#)[^)]+|(?<=href="#)[^"]+')


@record
class ShownFigure:
    """A figure, ready to stand in a page."""

    svg: SafeString
    """The drawing."""

    title: str
    """What it shows."""

    caption: str
    """How to read it."""

    threat: str
    """What is assumed."""


@record
class RunBlock:
    """What one run measured."""

    measured: Measured
    """Its numbers and sentence, as the revision holds them."""

    numbers: Sequence[NumberRow]
    """The numbers, printed."""

    figures: Sequence[ShownFigure]
    """Drawn from the imported report; empty if it is not here."""

    is_here: bool
    """The run has been imported, so its numbers can be followed to it."""


def run_blocks(runs: Sequence[Measured]) -> Sequence[RunBlock]:
    """Give the blocks of a page's runs."""
    here = set(Run.objects.filter(sha256__in=[one.run for one in runs]).values_list("sha256", flat=True))
    return [
        RunBlock(
            measured=one,
            numbers=number_rows(one),
            figures=shown_figures(one.run) if one.run in here else (),
            is_here=one.run in here,
        )
        for one in runs
    ]


@lru_cache(maxsize=128)  # a run never changes: its key is the hash of all it holds
def shown_figures(sha256: str) -> Sequence[ShownFigure]:
    """Draw the figures of an imported run from its decoded report."""
    run = Run.objects.get(sha256=sha256)
    return tuple(
        ShownFigure(
            svg=mark_safe(own_ids(inline(figure), sha256[:8])),  # noqa: S308 - escaped by report.markup
            title=figure.title,
            caption=figure.caption,
            threat=figure.threat,
        )
        for figure in drawn.figures(run)
    )


def own_ids(svg: str, prefix: str) -> str:
    """Put a prefix before every id of a drawing and every mention of one, so that two runs fit on one page."""
    said = re.sub(
        r'aria-labelledby="([^"]+)"',
        lambda found: f'aria-labelledby="{" ".join(f"{prefix}-{name}" for name in found[1].split())}"',
        svg,
    )
    return _IDS.sub(lambda found: f"{prefix}-{found[0]}", said)
