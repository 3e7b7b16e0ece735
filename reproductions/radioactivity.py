"""R1: is a mark inherited? Students of a marked teacher in a made language, by scheme, window, mix and access.

Run alone: `python -m reproductions --only R1 --out runs`; the tables of docs/watermark.md are written by the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import kstest

from angelshare.core.strict import encode
from angelshare.report.numbers import phrase
from angelshare.store.files import atomic_write
from reproductions.claims import Check, Outcome, above, at_most, cpu_seconds
from reproductions.radioactivity_cells import CONDITIONS, Cell, Sizes, Study
from reproductions.radioactivity_numbers import FOUND, found_words, gap, least_mix, log10_p, of, standings, strong
from reproductions.radioactivity_page import write_tables

DOCS = Path(__file__).parents[1] / "docs"
KS_LEVEL = 1e-3
"""Uniformity of p-values is called in doubt below this: one in a thousand such studies would be."""
SURE = -6.0
"""log10 of the level at which reading mode should find what text hides."""
CLOSED_TOKENS = 100_000
"""Scored tokens of a student's text that the criteria on wide windows speak of."""


def reproduce(out: Path, *, workers: int, sizes: Sizes = Sizes(), docs: Path = DOCS) -> Outcome:  # noqa: ARG001, B008 - one process; frozen
    """Run the study, or find its cells, and hold them against the criteria; rewrite the tables of docs/watermark.md."""
    before = cpu_seconds()
    study = Study(out, sizes)
    cells = study.cells()
    atomic_write(study.folder.parent / "cells.json", encode(cells) + b"\n")
    checks = criteria(cells)
    if sizes == Sizes():
        write_tables(cells, checks, docs)
    return Outcome(
        id="R1",
        claim="KGW and SynthID marks with a window of 4 are not inherited even in a million tokens (Pan et al.); a "
        "Gumbel-max mark is (TextSeal); a student's weights show marks that its text hides (Sander et al.).",
        source="arXiv 2502.11598; arXiv 2605.12456; arXiv 2402.14904",
        miniature=f"A made language of {sizes.vocabulary:,} tokens, {sizes.seeds} students for each of "
        f"{len(CONDITIONS)} conditions, each with a base, a key and texts of its own; {sizes.rows * 64:,} tokens of "
        f"the teacher learnt, {sizes.tokens:,} of the student tested.",
        checks=checks,
        remarks=remarks(cells),
        how="python -m reproductions --only R1",
        cpu_seconds=max(cpu_seconds() - before, sum(cell.cpu_seconds for cell in cells)),
        caveat="" if sizes.seeds >= Sizes().seeds else "a subset",
    )


def criteria(cells: Sequence[Cell]) -> list[Check]:
    """Hold the cells against criteria that were fixed before the run."""
    return [
        *uniform(cells),
        Check(
            criterion="no student without a mark is found at 1e-3 by any test of the right key",
            found=f"{sum(_least(cell) < FOUND for cell in of(cells, 'none'))} of {len(of(cells, 'none'))} seeds",
            passed=all(_least(cell) >= FOUND for cell in of(cells, "none")),
        ),
        above("KGW h=1: closed score rises with the mix: 1.0 over 0.3", gap(cells, "kgw-1", "kgw-1-mix-0.3")),
        above("KGW h=1: closed score rises with the mix: 0.3 over 0.1", gap(cells, "kgw-1-mix-0.3", "kgw-1-mix-0.1")),
        above("KGW: closed score falls from h=1 to h=2", gap(cells, "kgw-1", "kgw-2")),
        Check(
            criterion=f"KGW h=4: not found at 1e-3 in the text of any student ({CLOSED_TOKENS:,} tokens and more)",
            found=found_words(cells, "kgw-4"),
            passed=all(_hidden(cell) for cell in of(cells, "kgw-4")),
        ),
        at_most("KGW h=1, all marked: log10 p of reading mode below -20", log10_p(cells, "kgw-1", "reading"), -20.0),
        at_most("Gumbel h=4: log10 p of reading mode below -6", log10_p(cells, "gumbel-4", "reading"), SURE),
        above("Gumbel h=4: reading mode is stronger than KGW h=4's (standard deviations)", standings(cells)),
        Check(
            criterion="no wrong key of 100 scores as high as the right one in reading mode (Gumbel h=4, KGW h=1)",
            found=f"{sum(_beaten(cell) for cell in strong(cells))} of {len(strong(cells))} students",
            passed=not any(_beaten(cell) for cell in strong(cells)),
        ),
    ]  # fmt: skip


def uniform(cells: Sequence[Cell]) -> list[Check]:
    """Test that p-values of wrong keys are uniform, on students without a mark and with one."""
    checks = []
    kinds = sorted({(cell.condition.scheme != "none", kind) for cell in cells for kind in cell.wrong})
    for marked, kind in kinds:
        log10 = [
            value for cell in cells if (cell.condition.scheme != "none") == marked for value in cell.wrong.get(kind, ())
        ]
        p = float(kstest(10.0 ** np.asarray(log10), "uniform").pvalue)
        where = "a student of another key" if marked else "a student of no mark"
        checks.append(
            Check(
                criterion=f"p of wrong {kind} keys on {where} is uniform (KS p above {KS_LEVEL:g})",
                found=f"KS p = {p:.3f} over {len(log10):,} keys",
                passed=p > KS_LEVEL,
            )
        )
    return checks


def remarks(cells: Sequence[Cell]) -> list[str]:
    """Say how the published conflict looks here, and the least mix."""
    narrow = (
        f"Closed text, KGW h=4: {found_words(cells, 'kgw-4')}; SynthID h=4: {found_words(cells, 'synthid-4')}. Pan et "
        "al. report the same for both."
    )
    gumbel = (
        f"Gumbel h=4, closed text: {found_words(cells, 'gumbel-4')}, against TextSeal's claim if that is about text; "
        f"reading mode: {found_words(cells, 'gumbel-4', 'reading')}, with it. The mark is in the weights and hardly in "
        "the text."
    )
    return [narrow, gumbel, f"Least mix found at 1e-3 by KGW h=1 in 50,000 tokens of text: {phrase(least_mix(cells))}."]


def _hidden(cell: Cell) -> bool:
    return cell.closed.log10_p_value > FOUND and cell.closed.n >= CLOSED_TOKENS


def _least(cell: Cell) -> float:
    return min(one.log10_p_value for one in (cell.closed, cell.supervised, *cell.reading))


def _beaten(cell: Cell) -> bool:
    return (cell.reading[0].decoy_p_value or 1.0) > 1.5 / (1 + cell.reading[0].decoys)
