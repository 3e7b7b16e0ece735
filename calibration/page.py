"""The page docs/calibration.md, from the trials of one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from angelshare.stats.calibration.delay_study import CLAIM
from angelshare.stats.calibration.summary import HEADLINES, Row, failures, pooled, summarise, verdict
from angelshare.stats.calibration.trial import LABELLED, OURS, Trial
from angelshare.stats.delay_cautions import TARGETS

HEAD = """# Calibration: do the intervals hold what they say?

Written by `make calibrate` (`python -m calibration`); do not edit. Every row counts simulated audits whose truth is
known: items of unequal difficulty, binomial replies, students with luck of their own, floor and teacher sampled
once. An interval is nominally 95 %. It stands when it covers the truth in 93 to 99 % of worlds; a claim that fails
is removed, not reworded. Numbers that begin with "delay" are simulated frontiers, nominally 90 %, and must cover 90 %.
Simulations: `angelshare/stats/calibration`. Each world has its own random stream, named
after its study and index (`angelshare.core.seeds.stream("calibration", study, index)`), so the run repeats number
for number on any machine.
"""

ABOUT = """
## How to read this

- **Recovery with 2 seeds is wide, and has to be.** Two students say almost nothing about the spread of a third (one
  degree of freedom: the critical value is 12.7, not 1.96). Three seeds cut the width to between a third
  and two fifths, five to about a quarter.
- **The bootstraps of one source of luck fail.** Resampling items misses luck of training; resampling seeds misses
  items, and a bootstrap of 2 or 3 values is too narrow whatever it resamples.
- **Curves are judged on truths that no fitted family contains** (Gompertz, mixtures, thresholds, two steps, broken
  powers, ramps, arms that hardly move). What carries the intervals there is the discrepancy term of
  `stats/fitting.py` (standard deviation 0, 0.03 or 0.08 of the gap around the family, weighed by the data) and,
  between doses, the rise that may fall anywhere. Without them the same average, bootstrapped parametrically, is the
  row below ours.
- **A width of "open" means that most intervals have no upper end**: the dose is not bounded above by the data. An
  open side holds any truth, so the rows "reached within 10x" count only worlds whose truth is finite and inside the
  claim.
- **Nothing is claimed beyond 10 x the largest dose**, so nothing is tried there.
- **The weakest truths are thresholds** (nothing, then a sudden rise): where the jump falls between two doses is not
  measured, and the dose to half of the gap then covers least; see the rows "flat, then Weibull". More doses help,
  more seeds or items do not.
- "wide" marks intervals that cover more than 99 %: safe, and improvable.

## What the simulations do not contain

Teachers that change between queries; students whose luck has two modes (a skill that is learned or not: with 2 to 5
seeds no interval can see the mode it has not met); curves that fall after rising; second rises that start beyond
the largest dose with more height than the plateau's upper bound; test items that leak into training.
"""

DELAY = """## Delay: simulated frontiers

Closed records arrive at random and rise by 13.5 points a year; each comes within open reach after a lag that is known
(median 6 months unless said otherwise, spread 0.4 in logs, alike for records set within 2 months of each other); open
releases come at random and show what is then within reach. On average the constant world has 23 records in 42 months,
19 of them matched, by 9 or 10 releases; the Epoch index of August 2026 has 23, 19 and 8. The conditions are in
`stats/calibration/frontiers.py`.

**Each estimator is judged against what it aims at.** *capability*: months until open weights could have equalled a
closed record. *release*: until a release did, about two months longer. *levels*: the same for fixed levels.
*open side*: how long before an open release the closed frontier had its score. Bias is the median error in months.
The default is judged against the release lag too, for the record: its interval is not meant to hold that, and does not.

An estimator marked "labelled" covers too little; it says so in every output (`stats/delay_cautions.py`), and this run
fails if the label is missing or no longer true. The plain cluster bootstrap, which others use, is one of them.
"""


def render(trials: Mapping[str, Sequence[Trial]], *, seconds: float, command: str) -> str:
    """Write the page: pooled claims first, then every condition."""
    everything = [trial for study in trials.values() for trial in study]
    rows = _pooled(trials)
    failed = failures(rows)
    worlds = ", ".join(f"{name} {len(study)}" for name, study in trials.items())
    parts = [
        HEAD,
        f"Run: `{command}`, {seconds:.0f} CPU-seconds. Intervals judged: {len(everything)} ({worlds}).\n",
        f"**{'All claims stand.' if not failed else f'{len(failed)} claims fail.'}**\n",
        "## Claims, over all conditions\n",
        _table(rows, cells=False),
        ABOUT,
        DELAY,
        _delay_table(everything),
        "## By condition\n",
        _table(_grouped(summarise(trial for trial in everything if not _is_delay(trial))), cells=True),
    ]
    return "\n".join(parts)


def _pooled(trials: Mapping[str, Sequence[Trial]]) -> list[Row]:
    rows = pooled(distinct(trial for study in trials.values() for trial in study))
    order = {claim: place for place, claim in enumerate(HEADLINES)}
    return sorted(rows, key=lambda row: (order.get(row.claim, len(order)), row.claim, row.method != OURS, row.method))


def _grouped(rows: Sequence[Row]) -> list[Row]:
    """Bring the rows of one claim and one condition together, ours first, in order of first appearance."""
    claims = {claim: place for place, claim in enumerate(dict.fromkeys(row.claim for row in rows))}
    cells = {cell: place for place, cell in enumerate(dict.fromkeys(row.cell for row in rows))}
    return sorted(rows, key=lambda row: (claims[row.claim], cells[row.cell], row.method != OURS, row.method))


def distinct(trials: Iterable[Trial]) -> list[Trial]:
    """Keep one of the copies a curve's trial has: by family, by truth and by design."""
    return [trial for trial in trials if not trial.cell.startswith("truth: ") and " doses " not in trial.cell]


def _table(rows: Iterable[Row], *, cells: bool) -> str:
    head = ["number", *(["condition"] if cells else []), "method", "worlds", "refused", "covers", "median width", ""]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        ours = row.method == OURS
        name = f"**{row.claim}**" if ours and not cells else row.claim
        mark = verdict(row) if row.trials else "refused"
        known = [f"{row.coverage:.3f}", _width(row)] if row.trials else ["", ""]
        entries = [name, *([row.cell] if cells else []), row.method, str(row.trials), str(row.refused), *known, mark]
        lines.append("| " + " | ".join(entries) + " |")
    return "\n".join(lines) + "\n"


def _is_delay(trial: Trial) -> bool:
    return trial.claim.startswith(CLAIM)


def _delay_table(trials: Iterable[Trial]) -> str:
    """Table bias and coverage of every delay estimator, over all worlds and world by world."""
    delay = [trial for trial in trials if _is_delay(trial)]
    rows = [*pooled(delay), *summarise(delay)]
    claims = {claim: place for place, claim in enumerate(dict.fromkeys(trial.claim for trial in delay))}
    rows.sort(key=lambda row: (claims[row.claim], row.method not in (OURS, LABELLED), row.cell != "all"))
    head = ["estimator", "aims at", "frontier", "worlds", "refused", "bias", "covers", "median width", ""]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        name = row.claim.removeprefix(CLAIM)
        other = row.method not in (OURS, LABELLED)
        aim = "release" if other else TARGETS[name].replace("_", " ") if name in TARGETS else "points a year"
        bias = "" if row.bias is None else f"{row.bias:+.1f}"
        mark = row.method if other else verdict(row) + (", labelled" if row.method == LABELLED else "")
        shown = f"**{name}**" if row.cell == "all" and not other else name
        entries = [shown, aim, row.cell, str(row.trials), str(row.refused), bias]
        entries += [f"{row.coverage:.3f}", _width(row)] if row.trials else ["", ""]
        lines.append("| " + " | ".join([*entries, mark]) + " |")
    return "\n".join(lines) + "\n"


def _width(row: Row) -> str:
    if row.width == float("inf"):
        return "open"
    return f"{row.width:.3g}" if row.width else ""


def put(path: Path, start: str, text: str) -> None:
    """Put a section in the place of the one with its heading, or at the end of the page."""
    before, found, after = (path.read_text(encoding="utf-8") if path.exists() else "").partition(start)
    rest = after[after.find("\n## ") + 1 :] if found and "\n## " in after else ""
    before = before.rstrip("\n")
    parts = [part for part in (before, text.rstrip("\n"), rest.rstrip("\n")) if part]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
