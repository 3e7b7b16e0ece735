"""Write R1's tables and figures into docs/watermark.md, so that no figure there is typed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from angelshare.core.records import Estimate, Number
from angelshare.report.numbers import count, phrase
from angelshare.report.svg import standalone
from angelshare.stats.repeats import mean_over_repeats
from angelshare.store.files import atomic_write, make_folder
from reproductions.claims import Check
from reproductions.page import fill, shown
from reproductions.radioactivity_cells import Cell
from reproductions.radioactivity_figures import access_figure, mix_figure
from reproductions.radioactivity_numbers import NAMES, attenuation, evidence_of, least_mix, needed, of

BEGIN, END = "<!-- radioactivity:begin -->\n", "<!-- radioactivity:end -->"


def write_tables(cells: Sequence[Cell], checks: Sequence[Check], docs: Path) -> None:
    """Replace the part of docs/watermark.md between its marks, and the figures; raises StorageError or PlanError."""
    for figure in (access_figure(cells), mix_figure(cells)):
        path = make_folder(docs / "img") / f"radioactivity-{figure.name}.svg"
        atomic_write(path, standalone(figure).encode())
    fill(docs / "watermark.md", BEGIN, END, tables(cells, checks))


def tables(cells: Sequence[Cell], checks: Sequence[Check]) -> str:
    """Write the tables, and which criteria were met."""
    names = [name for name in NAMES if of(cells, name)]
    seeds = len(of(cells, names[0]))
    lead = (
        f"Median log₁₀ p of {seeds} students each [least to most]; every student has a base, a key and texts of its "
        "own. n counts scored draws, 30 a token for SynthID. Reading mode prints an upper bound on p. The students of "
        "no mark were tested for the key of KGW, h = 1, and read through fresh text under it."
    )
    mix = (
        "Least share of marked text in the mix that 50,000 scored tokens of closed text show at 1e-3 (KGW, h = 1): "
        f"{phrase(least_mix(cells))}."
    )
    cost = f"{count(round(sum(cell.cpu_seconds for cell in cells) / 60))} CPU-minutes, teacher and bases left out."
    p_rows = [_p_row(cells, name) for name in names]
    needed_rows = [_needed_row(cells, name) for name in names if name != "none"]
    return "\n".join(
        [
            lead,
            "",
            _P_HEAD,
            *p_rows,
            "",
            _NEEDED_LEAD,
            "",
            _NEEDED_HEAD,
            *needed_rows,
            "",
            mix,
            "",
            _met(checks),
            "",
            cost,
            "",
        ]
    )


def _met(checks: Sequence[Check]) -> str:
    failed = [f"{check.criterion} (found: {shown(check)})" for check in checks if not check.passed]
    met = f"{len(checks) - len(failed)} of {len(checks)} criteria were met."
    return f"{met} Not met: {'; '.join(failed)}." if failed else met


_P_HEAD = """\
| teacher's text | closed, text alone | closed, behind the filter | open, fresh marked text | open, outputs served it \
| loss added, nats per token |
|---|---|---|---|---|---|"""
_NEEDED_LEAD = """\
Scored tokens of a student's text, or likeliest tokens after windows read, that the exact test needs in four of five
cases, with the doubt that the students' scatter leaves:"""
_NEEDED_HEAD = """\
| teacher's text | share of the teacher's excess kept in text | text, 1e-3 | text, 1e-6 | reading, 1e-3 \
| reading, 1e-6 |
|---|---|---|---|---|---|"""


def _p_row(cells: Sequence[Cell], name: str) -> str:
    found = [_range(cells, name, test) for test in ("closed", "supervised", "reading", "served")]
    loss = mean_over_repeats([cell.nats - _clean(cells, cell.seed) for cell in of(cells, name)])
    return f"| {NAMES[name]} | {' | '.join(found)} | {'0' if name == 'none' else phrase(loss)} |"


def _clean(cells: Sequence[Cell], seed: int) -> float:
    return next(cell.nats for cell in of(cells, "none") if cell.seed == seed)


def _range(cells: Sequence[Cell], name: str, test: str) -> str:
    values = sorted(evidence_of(cell, test).log10_p_value for cell in of(cells, name))
    n = sorted(evidence_of(cell, test).n for cell in of(cells, name))[len(values) // 2]
    said = [f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−") for value in values]
    return f"**{said[len(said) // 2]}** [{said[0]} to {said[-1]}], n = {count(n)}"


def _needed_row(cells: Sequence[Cell], name: str) -> str:
    numbers = [needed(cells, name, level=level, reading=reading) for reading in (False, True) for level in (1e-3, 1e-6)]
    return f"| {NAMES[name]} | {_said(attenuation(cells, name))} | {' | '.join(map(_said, numbers))} |"


def _said(number: Number) -> str:
    return phrase(number) if isinstance(number, Estimate) else "not found at any number"
