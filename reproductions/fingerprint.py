"""R2: at one price, is a fingerprint that a proxy chose inherited more than a plain green list? And is p exact enough?

Run alone: `python -m reproductions --only R2 --out runs`; the table of docs/watermark.md is written by the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from angelshare.core.records import Estimate, Number
from angelshare.core.strict import encode
from angelshare.report.numbers import phrase
from angelshare.stats.repeats import mean_over_repeats
from angelshare.store.files import atomic_write
from reproductions.claims import Check, Outcome, above, cpu_seconds, not_above
from reproductions.fingerprint_cells import PRICES, Cell, Mark, Reading, Sizes, Study
from reproductions.page import fill, shown

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- fingerprint:begin -->\n", "<!-- fingerprint:end -->"
MATCHED = 0.05
"""Prices of a pair of students may differ by this share."""
ROUNDING = 1e-9
"""Slack, in decimal digits, of the comparison with Hoeffding's bound."""
FOUND = -3.0
"""log10 of the level at which a student counts as found."""
NAMES: dict[Mark, str] = {"none": "no mark (the base)", "plain": "plain green list", "adfp": "fingerprint (ADFP)"}
"""What the table calls a mark."""


def reproduce(
    out: Path, *, workers: int, sizes: Sizes = Sizes(), prices: Sequence[float] = PRICES, docs: Path = DOCS  # noqa: ARG001, B008 - one process; frozen
) -> Outcome:  # fmt: skip
    """Run the study, or find its cells, and hold them against the criteria; rewrite the table of docs/watermark.md."""
    before = cpu_seconds()
    study = Study(out, sizes, prices)
    cells = study.cells()
    atomic_write(study.folder.parent / "cells.json", encode(cells) + b"\n")
    checks = criteria(cells)
    if sizes == Sizes() and prices == PRICES:
        fill(docs / "watermark.md", BEGIN, END, table(cells, checks))
    return Outcome(
        id="R2",
        claim="At a matched price in teacher likelihood a mark that a proxy student chose (ADFP) is inherited more "
        "than a plain green list: log10 p −4.0 ± 1.1 against −1.1 ± 0.6 with open weights. p is Hoeffding's bound.",
        source="arXiv 2602.03812; figures from a secondary source",
        miniature=f"A made language of {sizes.vocabulary:,} tokens; {sizes.seeds} pairs of students at each of "
        f"these prices in nats a token: {', '.join(f'{price:g}' for price in prices)}; a pair shares base, key, "
        f"prompts and noise; {sizes.rows * 64:,} tokens learnt; the "
        "proxy is the student's own base; h = 2, γ = 0.5, temperature 0.7; δ and λ sought so that both marks cost the "
        "same KL from the unmarked teacher.",
        checks=checks,
        remarks=remarks(cells),
        how="python -m reproductions --only R2",
        cpu_seconds=max(cpu_seconds() - before, sum(cell.cpu_seconds for cell in cells)),
        caveat="" if sizes.seeds >= Sizes().seeds else "a subset",
    )


def criteria(cells: Sequence[Cell]) -> list[Check]:
    """Hold the cells against criteria that were fixed before the run."""
    checks = [matched(cells)]
    for price in prices_of(cells):
        at = f"{price:g} nats a token"
        checks += [
            not_above(f"{at}: the fingerprint's text is no less likely under the teacher", dearer(cells, price)),
            above(f"{at}: log10 p, plain less fingerprint, unmarked text read", gained(cells, price, fresh)),
            above(f"{at}: log10 p, plain less fingerprint, served outputs read", gained(cells, price, served)),
            above(f"{at}: the same by the paper's own p, Hoeffding's, unmarked text", gained(cells, price, published)),
            above(
                f"{at}: the same by the paper's own p, Hoeffding's, served outputs",
                gained(cells, price, published_served),
            ),
        ]
    return [*checks, below_hoeffding(cells), innocent(cells)]


def matched(cells: Sequence[Cell]) -> Check:
    """Check that the two marks of each pair cost the same."""
    pairs = [pair for price in prices_of(cells) for pair in pairs_of(cells, price)]
    worst = max(abs(one.price / other.price - 1) for one, other in pairs)
    return Check(
        criterion=f"prices of the two marks agree within {MATCHED:.0%} in every pair",
        found=f"{len(pairs)} pairs, at most {worst:.1%} apart",
        passed=worst <= MATCHED,
    )


def below_hoeffding(cells: Sequence[Cell]) -> Check:
    """Check that no p of ours is above Hoeffding's bound for the same statistic."""
    pairs = [pair for cell in cells for read in (cell.fresh, cell.served) for pair in against_hoeffding(read)]
    worse = sum(own > bound + ROUNDING for own, bound in pairs)
    return Check(
        criterion="no p is above Hoeffding's for the same statistic: exact (likeliest token), Chernoff's (expected "
        "score)",
        found=f"{worse} of {len(pairs)} tests",
        passed=worse == 0,
    )


def innocent(cells: Sequence[Cell]) -> Check:
    """Check that no base, which learnt from no teacher, is found."""
    least = [
        min(own for read in (cell.fresh, cell.served) for own, _ in against_hoeffding(read))
        for cell in cells
        if cell.mark == "none"
    ]
    return Check(
        criterion="no base is found at 1e-3 by any test",
        found=f"{sum(one <= FOUND for one in least)} of {len(least)}, least log10 p {min(least):.1f}",
        passed=min(least) > FOUND,
    )


def against_hoeffding(read: Reading) -> list[tuple[float, float]]:
    """Give log10 p and Hoeffding's bound of each test of a reading."""
    return [
        (read.expected.log10_p_value, read.expected_hoeffding),
        (read.likeliest.log10_p_value, read.likeliest_hoeffding),
    ]


def fresh(cell: Cell) -> float:
    """Give log10 p of unmarked text read through a student, its whole distribution weighed."""
    return cell.fresh.expected.log10_p_value


def served(cell: Cell) -> float:
    """Give the same of what it was served."""
    return cell.served.expected.log10_p_value


def published(cell: Cell) -> float:
    """Give the paper's own p for unmarked text, Hoeffding's bound on the mean probability of green, as log10."""
    return cell.fresh.expected_hoeffding


def published_served(cell: Cell) -> float:
    """Give the same of what it was served."""
    return cell.served.expected_hoeffding


def prices_of(cells: Sequence[Cell]) -> list[float]:
    """List the prices, the highest first."""
    return sorted({cell.asked for cell in cells if cell.mark != "none"}, reverse=True)


def of(cells: Sequence[Cell], mark: Mark, price: float) -> list[Cell]:
    """Give the cells of a mark at a price, by seed."""
    return sorted((one for one in cells if one.mark == mark and one.asked == price), key=lambda cell: cell.seed)


def pairs_of(cells: Sequence[Cell], price: float) -> list[tuple[Cell, Cell]]:
    """Pair plain and fingerprint by seed."""
    return list(zip(of(cells, "plain", price), of(cells, "adfp", price), strict=True))


def gained(cells: Sequence[Cell], price: float, of_cell: Callable[[Cell], float]) -> Number:
    """Estimate by how many decimal digits the fingerprint's p is below the plain list's, pair by pair."""
    return mean_over_repeats([of_cell(plain) - of_cell(adfp) for plain, adfp in pairs_of(cells, price)])


def dearer(cells: Sequence[Cell], price: float) -> Number:
    """Estimate how much more of the teacher's likelihood the fingerprint costs, in nats a token."""
    return mean_over_repeats([adfp.nats - plain.nats for plain, adfp in pairs_of(cells, price)])


def remarks(cells: Sequence[Cell]) -> list[str]:
    """Say what a match by likelihood alone would be, and what Hoeffding's bound costs."""
    said = []
    for price in prices_of(cells):
        plain, adfp = (
            mean_over_repeats([cell.nats - cell.clean_nats for cell in of(cells, mark, price)])
            for mark in ("plain", "adfp")
        )
        said.append(
            f"At {price:g} nats of KL the teacher's loss on its own text moves by {phrase(plain)} under the plain "
            f"list and by {phrase(adfp)} under the fingerprint, which lifts what is likely anyway. Where that is below "
            "0 no plain list matches it by likelihood alone; so the KL is matched."
        )
    spent = mean_over_repeats(
        [
            cell.served.expected_hoeffding - cell.served.expected.log10_p_value
            for cell in of(cells, "plain", prices_of(cells)[0])
        ]
    )
    return [*said, f"Hoeffding's bound gives away {phrase(spent)} decimal digits of the plain list's p on served text."]


def table(cells: Sequence[Cell], checks: Sequence[Check]) -> str:
    """Write the table: price, strength, likelihood, log10 p of every student, the paired difference, Hoeffding's."""
    lines = [_HEAD, _row(cells, "none", 0.0)]
    for price in prices_of(cells):
        lines += [_row(cells, mark, price) for mark in ("plain", "adfp")]
    gains = [
        f"At {price:g} nats the fingerprint's p is lower, pair by pair and in decimal digits, by "
        f"{_digits(gained(cells, price, fresh))} on unmarked text and {_digits(gained(cells, price, served))} on "
        f"served outputs; by the paper's own p, Hoeffding's, {_digits(gained(cells, price, published))} and "
        f"{_digits(gained(cells, price, published_served))}. Negative where the plain list is found more surely."
        for price in prices_of(cells)
    ]
    failed = [f"{check.criterion} (found: {shown(check)})" for check in checks if not check.passed]
    met = f"{len(checks) - len(failed)} of {len(checks)} criteria were met."
    return "\n".join([*lines, "", *gains, "", met + (f" Not met: {'; '.join(failed)}." if failed else ""), ""])


_HEAD = """\
| teacher's text | δ or λ | price reached, KL in nats a token | teacher's loss less unmarked, nats a token \
| log₁₀ p, unmarked text read | Hoeffding's | log₁₀ p, served outputs read | Hoeffding's |
|---|---|---|---|---|---|---|---|"""


def _row(cells: Sequence[Cell], mark: Mark, price: float) -> str:
    found = of(cells, mark, price)
    name = NAMES[mark] + (f", {price:g} nats" if price else "")
    strength, reached, likely = (
        "–" if mark == "none" else phrase(mean_over_repeats(values))
        for values in (
            [cell.strength for cell in found],
            [cell.price for cell in found],
            [cell.nats - cell.clean_nats for cell in found],
        )
    )
    read = [
        _each([one.expected.log10_p_value for one in reads]) + " | " + _each([one.expected_hoeffding for one in reads])
        for reads in ([cell.fresh for cell in found], [cell.served for cell in found])
    ]
    return f"| {name} | {strength} | {reached} | {likely} | {' | '.join(read)} |"


def _each(values: Sequence[float]) -> str:
    """Print a number for every seed, in their order."""
    return ", ".join(f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−") for value in values)


def _digits(number: Number) -> str:
    return f"**{phrase(number)}**" if isinstance(number, Estimate) else phrase(number)
