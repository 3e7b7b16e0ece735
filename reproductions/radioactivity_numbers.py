"""The numbers of R1: each a mean over students, with the interval that their scatter gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from angelshare.core.marks import Law, MarkEvidence
from angelshare.core.records import Estimate, Number
from angelshare.core.seeds import stream
from angelshare.stats.repeats import mean_over_repeats
from angelshare.stats.strength import minimum_mix, tokens_needed
from reproductions.radioactivity_cells import Cell

FOUND = -3.0
"""log10 of the level at which a student counts as found."""
NAMES = {
    "none": "no mark", "kgw-1": "KGW, h = 1", "kgw-1-mix-0.3": "KGW, h = 1, 30 % marked",
    "kgw-1-mix-0.1": "KGW, h = 1, 10 % marked", "kgw-2": "KGW, h = 2", "kgw-4": "KGW, h = 4",
    "gumbel-4": "Gumbel-max, h = 4", "synthid-4": "SynthID, h = 4",
}  # fmt: skip
"""What tables and figures call a condition."""


def of(cells: Sequence[Cell], name: str) -> list[Cell]:
    """Give the cells of a condition, by seed."""
    return [cell for cell in cells if cell.condition.name == name]


def strong(cells: Sequence[Cell]) -> list[Cell]:
    """Give the cells whose mark reading mode should hold apart from any other."""
    return [cell for cell in cells if cell.condition.name in ("kgw-1", "gumbel-4")]


def excess(cell: Cell) -> float:
    """Give the mean score of a student's text above chance."""
    return cell.closed.statistic / cell.closed.n - cell.chance


def gap(cells: Sequence[Cell], more: str, less: str) -> Number:
    """Estimate by how much the text of students of one condition scores above another's, seed by seed."""
    pairs = zip(of(cells, more), of(cells, less), strict=True)
    return mean_over_repeats([excess(one) - excess(other) for one, other in pairs])


def attenuation(cells: Sequence[Cell], name: str) -> Number:
    """Estimate the share of the teacher's excess that the student's text keeps."""
    return mean_over_repeats([excess(cell) / (cell.teacher_score - cell.chance) for cell in of(cells, name)])


def log10_p(cells: Sequence[Cell], name: str, test: str) -> Number:
    """Estimate the mean log10 p of a test over seeds."""
    return mean_over_repeats([evidence_of(cell, test).log10_p_value for cell in of(cells, name)])


def evidence_of(cell: Cell, test: str) -> MarkEvidence:
    """Give the evidence of a test: closed, supervised, reading or served."""
    return {
        "closed": cell.closed, "supervised": cell.supervised, "reading": cell.reading[0],
        "served": cell.reading_served[0],
    }[test]  # fmt: skip


def standings(cells: Sequence[Cell]) -> Number:
    """Estimate by how many standard deviations more a Gumbel h=4 mark stands out in reading mode than KGW h=4."""
    pairs = zip(of(cells, "gumbel-4"), of(cells, "kgw-4"), strict=True)
    return mean_over_repeats([one.reading_standing - other.reading_standing for one, other in pairs])


def needed(cells: Sequence[Cell], name: str, *, level: float, reading: bool) -> Number:
    """Count the scored tokens that find students of a condition: in their text, or likeliest tokens in reading mode."""
    law: Law = "gamma" if of(cells, name)[0].condition.scheme == "gumbel" else "binomial"
    scores = [cell.reading_score if reading else cell.closed.statistic / cell.closed.n for cell in of(cells, name)]
    strength = mean_over_repeats(scores)
    if not isinstance(strength, Estimate):
        return strength
    return tokens_needed(law, of(cells, name)[0].chance, strength, level=level)


def least_mix(cells: Sequence[Cell]) -> Number:
    """Estimate the least share of marked text in the mix that closed text shows at 1e-3 in 50,000 tokens."""
    names = ("kgw-1-mix-0.1", "kgw-1-mix-0.3", "kgw-1")
    means = np.array([[cell.blocks for cell in of(cells, name)] for name in names])
    shares = np.array([of(cells, name)[0].condition.share for name in names])
    return minimum_mix(
        shares, means, "binomial", rate=0.25, draws=50_000, level=1e-3, rng=stream("radioactivity least mix")
    )


def found_words(cells: Sequence[Cell], name: str, test: str = "closed") -> str:
    """Say how many seeds a test finds at 1e-3, and the range of log10 p."""
    values = [evidence_of(cell, test).log10_p_value for cell in of(cells, name)]
    return (
        f"found in {sum(value <= FOUND for value in values)} of {len(values)}, log10 p {min(values):.1f} to "
        f"{max(values):.1f}"
    )
