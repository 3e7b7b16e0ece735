"""A test fixture, not a result: a delay report built from dated scores, so that every figure and table has something to show.

Scores are those of ../shared/data/delay where that is present, else made up from a seed. Spells are exact; estimates are
medians over spells with resampled matchers, good enough to draw, and are not those of `angelshare delay`.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from angelshare.core.delay import (
    DAYS_PER_MONTH,
    AreaDelay,
    Assumption,
    AttributableDelay,
    Benchmark,
    BenchmarkDelay,
    DefendedDelay,
    DelayEstimate,
    DelayReport,
    FrontierStep,
    PublishedLag,
    Sensitivity,
    Spell,
    SurvivalPoint,
    Tornado,
)
from angelshare.core.records import Estimate, Number, Refusal, Source
from angelshare.stats.delay_cautions import CLUSTER_LOGNORMAL, KAPLAN_MEIER, LOGNORMAL, WEIBULL, coverage_caution

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "delay" / "eci_2026-08-22.csv"
END = dt.date(2026, 8, 22)
METHOD = "matchers resampled, 300 draws"
LONG = "A-Model-With-A-Very-Long-Name-Preview-Thinking-High-Effort-Experimental-2026-08-01"
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'

Row = tuple[str, bool, dt.date, float]
"""Model, open, released, score."""


def report(*, attributable: bool = True, real: bool = True) -> DelayReport:
    """Build the usual report: an index, four other benchmarks of which one is unidentified, others' figures."""
    rng = np.random.default_rng(11)
    scales = [
        (Benchmark(name="ECI", unit="points", area="general", access="public"), (real_rows() if real else []) or made_up(rng)),
        (Benchmark(name="chess puzzles", unit="percent", area="reasoning", access="private", upper=100.0),
         made_up(rng, lag=11.0)),
        (Benchmark(name="GPQA Diamond", unit="percent", area="science", access="public", upper=100.0), made_up(rng)),
        (Benchmark(name="time horizon", unit="minutes", area="agentic", log_scale=True),
         [(model, is_open, day, float(np.exp((score - 100) / 6))) for model, is_open, day, score in made_up(rng, lag=8.0)]),
    ]  # fmt: skip
    pairs = [benchmark(scale, rows, rng) for scale, rows in scales]
    few = Benchmark(name="SimpleQA Verified", unit="percent", area="knowledge", access="private", upper=100.0)
    lone, none = benchmark(few, [row for row in made_up(rng) if not row[1]][:4], rng)
    lone = dataclasses.replace(lone, refused="unidentified: 0 open models")
    delays = [*(delay for delay, _ in pairs), lone]
    estimators = [entry for _, panel in pairs for entry in panel] + list(none)
    first = next(entry for entry in estimators if entry.default)
    return DelayReport(
        estimators=estimators,
        sentence=f"On ECI a closed lead lasts {first.months.value:.1f} months by the default estimator; the criterion "
        "moves the answer more than the data do, and 4 records are not yet matched.",
        benchmarks=delays,
        false_promise=number(4.2, 2.6, n=5),
        areas=[AreaDelay(area="general", benchmarks=["ECI"], months=first.months),
               AreaDelay(area="reasoning", benchmarks=["chess puzzles", "mazes"], months=number(9.0, 3.0, n=2))],
        trend=Estimate(value=0.97, low=0.62, high=1.44, level=0.9, n=8, method=METHOD),
        attributable=saved() if attributable else None,
        published=published(),
        unlabelled=17,
        notes=["2 identical rows merged", "ECI: 3 API-only models count as closed"],
        as_of=END.isoformat(),
        level=0.9,
        bootstraps=300,
        seed=0,
        files=[Source(title="eci_2026-08-22.csv", url="9f" * 32, on="2026-08-22"),
               Source(title="scores é中.csv", url="0a" * 32)],
        version="0.1.0",
        commit="0123456789abcdef+dirty",
        command="angelshare delay eci_2026-08-22.csv scores.csv --run runs/quick --campaign large --seed 0",
        made_at="2026-11-24T11:00:00Z",
    )  # fmt: skip


def real_rows() -> list[Row]:
    """Read the index where it is present; unlabelled models are left out."""
    if not REAL.exists():
        return []
    with REAL.open(encoding="utf-8", newline="") as file:
        return [(row["model"], row["weights"] == "open", dt.date.fromisoformat(row["release_date"]), float(row["score"]))
                for row in csv.DictReader(file) if row["weights"]]  # fmt: skip


def made_up(rng: np.random.Generator, *, lag: float = 6.0, models: int = 40) -> list[Row]:
    """Make two frontiers up: open weights follow closed ones `lag` months later."""
    rows: list[Row] = []
    for index in range(models):
        months = 40.0 * (index + rng.uniform(0, 1)) / models
        is_open = bool(index % 2)
        score = 100 + 1.2 * (months - (lag if is_open else 0)) + rng.normal(0, 1.5)
        day = dt.date(2023, 3, 14) + dt.timedelta(days=int(months * DAYS_PER_MONTH))
        rows.append((f"{'offen' if is_open else 'zu'}-{index} Ümlaut 模型", is_open, day, float(score)))
    return rows


def benchmark(
    scale: Benchmark, rows: Sequence[Row], rng: np.random.Generator
) -> tuple[BenchmarkDelay, Sequence[DelayEstimate]]:
    """Work out spells and steps exactly, and estimates roughly."""
    ordered = sorted(rows, key=lambda row: (row[2], row[3]))
    closed, opened = record_line(ordered, is_open=False), record_line(ordered, is_open=True)
    spells = [spell(row, ordered, opened) for row in closed if row[2] >= dt.date(2023, 3, 1)]
    steps = sorted(
        [FrontierStep(model=row[0], weights="open" if row[1] else "closed", on=row[2].isoformat(), score=row[3])
         for row in (*closed, *opened)],
        key=lambda step: step.on,
    )  # fmt: skip
    lengths = [entry.high_months for entry in spells if entry.high_months is not None]
    panel = estimators(scale, spells, lengths, rng) if lengths else []
    names = sorted({entry.matched_by for entry in spells if entry.matched_by is not None})
    changes = [Sensitivity(change=f"tolerance {points} points", months=number(5.9 - points, 1.1), kaplan_meier=number(6.2 - points, 1.6))
               for points in (1, 2, 3)]  # fmt: skip
    changes += [Sensitivity(change=f"without {name}", months=number(5.6 + 0.2 * index, 0.9 + 0.2 * index),
                            kaplan_meier=number(6.0 + 0.3 * index, 1.2) if index else Refusal(refused="median not reached"))
                for index, name in enumerate(names)]  # fmt: skip
    return BenchmarkDelay(
        benchmark=scale, spells=spells, steps=steps, survival=survival(spells), sensitivity=changes if lengths else [],
        open_models=sum(row[1] for row in rows), closed_models=sum(not row[1] for row in rows),
    ), panel  # fmt: skip


def record_line(rows: Sequence[Row], *, is_open: bool) -> list[Row]:
    """Keep the rows that set a record among closed or among open models."""
    best, line = -np.inf, []
    for row in rows:
        if row[1] == is_open and row[3] > best:
            best = row[3]
            line.append(row)
    return line


def spell(row: Row, rows: Sequence[Row], opened: Sequence[Row]) -> Spell:
    """Find the first later open release that equals a record."""
    match = next((other for other in rows if other[1] and other[2] > row[2] and other[3] >= row[3]), None)
    until = match[2] if match is not None else END
    before = [other[2] for other in opened if row[2] < other[2] < until]
    lower = max(before) if match is not None and before else row[2] if match is not None else END
    return Spell(
        closed=row[0], set_on=row[2].isoformat(), score=row[3],
        matched_by=match[0] if match is not None else None,
        matched_on=match[2].isoformat() if match is not None else None,
        low_months=(lower - row[2]).days / DAYS_PER_MONTH,
        high_months=(match[2] - row[2]).days / DAYS_PER_MONTH if match is not None else None,
    )  # fmt: skip


def estimators(
    scale: Benchmark, spells: Sequence[Spell], lengths: Sequence[float], rng: np.random.Generator
) -> list[DelayEstimate]:
    """Give a panel of every shape: stated, one-sided, cautioned, refused."""
    middle = float(np.median(lengths))
    draws = np.median(rng.choice(lengths, (300, len(lengths))), axis=1)
    low, high = (float(end) for end in np.quantile(draws, (0.05, 0.95)))
    stated = Estimate(value=middle, low=low, high=high, level=0.9, n=len(lengths), method=METHOD)
    censored = sum(entry.matched_on is None for entry in spells)
    weak = coverage_caution(CLUSTER_LOGNORMAL)
    rows: list[tuple[str, str, Number, str]] = [
        (LOGNORMAL, "first later open release that scores at least the record", stated, ""),
        (KAPLAN_MEIER, "strict match, at the date of the match", dataclasses.replace(stated, value=middle + 0.4), ""),
        ("tolerance match", "within 3 points of the record", number(2.8, 0.9), ""),
        ("paired bootstrap match, q = 5 %", "not worse in at least 5 % of paired resamples of both scores",
         Estimate(value=4.1, low=2.0, high=None, level=0.9, n=8, method=METHOD), ""),
        ("with score noise", "strict match on scores redrawn within their errors",
         Estimate(value=5.4, low=3.4, high=64.0, level=0.9, n=8, method=METHOD), ""),
        (WEIBULL, "strict match", Refusal(refused="the likelihood has no maximum: every spell is equal"), ""),
        (CLUSTER_LOGNORMAL, "matchers resampled as if independent",
         dataclasses.replace(stated, value=6.6, high=7.9, caution=weak), weak),
    ]  # fmt: skip
    return [
        DelayEstimate(
            name=name, criterion=criterion, months=months, matched=len(lengths), censored=censored,
            matchers=len({entry.matched_by for entry in spells} - {None}), caution=caution, benchmark=scale.name,
            default=index == 0,
        )
        for index, (name, criterion, months, caution) in enumerate(rows)
    ]  # fmt: skip


def survival(spells: Sequence[Spell]) -> list[SurvivalPoint]:
    """Work the Kaplan-Meier curve out with Greenwood's interval, refused at its last step."""
    points, share, doubt = [], 1.0, 0.0
    times = sorted((entry.high_months or entry.low_months, entry.matched_on is not None) for entry in spells)
    for index, (months, event) in enumerate(times):
        left = len(times) - index
        if not event:
            continue
        share *= 1 - 1 / left
        doubt += 1 / (left * max(left - 1, 1))
        half = 1.645 * share * doubt**0.5
        value: Number = Estimate(value=share, low=max(0.0, share - half), high=min(1.0, share + half), level=0.9,
                                 n=len(times), method="Greenwood")  # fmt: skip
        points.append(SurvivalPoint(months=months, share=value if left > 1 else Refusal(refused="one record left")))
    return points


def number(value: float, half: float, *, n: int = 8) -> Estimate:
    """Give an estimate with an interval of even arms."""
    return Estimate(value=value, low=value - half, high=value + half, level=0.9, n=n, method=METHOD)


def published() -> list[PublishedLag]:
    """Give figures of every shape that others publish."""
    title, url = "Epoch AI, open-closed gap", "https://example.org/gap"
    rows = [
        ("3", "about 7 points", "secondary"), ("6.13", "90 % 4.63 to 7.40", "read at the source"),
        ("6 to 12", "", "read at the source"), ("about 12", "5 to 22 across benchmarks", "remembered"),
        ("a year or so", "", ""),
    ]  # fmt: skip
    return [PublishedLag(source=Source(title=f"{title} {index}", url=url, on="2026-05-29"), metric="ECI since January 2026",
                         method="lenient matching", months=months, interval=interval, mark=mark)
            for index, (months, interval, mark) in enumerate(rows, start=1)]  # fmt: skip


def saved() -> AttributableDelay:
    """Give what distillation saves: six assumptions of which one is off, three defences of which one is refused."""
    where = Source(title="assumed", url="")
    ranges = [("accounts", "accounts that query", "accounts", 1e3, 1e4, 2.5e4, True),
              ("yield_share", "share of exchanges usable for training", "share", 0.3, 0.6, 0.9, True),
              ("transfer", "share of what is recovered that carries over to general capability", "share", 0.05, 0.3, 0.8, True),
              ("slope", "growth of the closed frontier", "points per year", 11.9, 13.7, 15.2, True),
              ("skills", "skills the queries are spread over", "skills", 20, 100, 1000, True),
              ("training_days", "days to train the student", "days", 7, 21, 60, False)]  # fmt: skip
    ends = {"transfer": (0.2, 3.1), "skills": (1.9, 0.7), "accounts": (0.8, 1.6), "yield_share": (1.0, 1.4),
            "slope": (1.35, 1.1), "training_days": (1.2, 1.2)}  # fmt: skip
    return AttributableDelay(
        run="quick-1a2b3c4d", arm="answers", campaign="large",
        months_saved=Estimate(value=1.2, low=0.2, high=3.3, level=0.9, n=2000, method="Monte Carlo, 2,000 draws"),
        delay_left=Estimate(value=4.4, low=2.0, high=5.9, level=0.9, n=2000, method="Monte Carlo, 2,000 draws"),
        days_to_target=Estimate(value=34, low=12, high=None, level=0.9, n=2000, method="Monte Carlo, 2,000 draws"),
        cost_usd=Estimate(value=1.1e6, low=4e5, high=2.9e6, level=0.9, n=2000, method="Monte Carlo, 2,000 draws"),
        beyond_measured=0.12, verdict="delay",
        sentence="A delay of 2.0 to 5.9 months is left under these assumptions: large campaign, recovery of answers.",
        assumptions=[Assumption(name=name, meaning=meaning, unit=unit, low=low, central=central, high=high,
                                shape="triangular", source=where, on=on)
                     for name, meaning, unit, low, central, high, on in ranges],
        tornado=[Tornado(assumption=name, at_low=low, at_high=high) for name, (low, high) in ends.items()],
        defences=[
            DefendedDelay(defence="answers only", measured=True, months_saved=number(0.6, 0.5), days_to_target=number(90, 40),
                          note="recovery of answers instead of traces"),
            DefendedDelay(defence="rate limit", measured=False, months_saved=number(0.9, 0.7),
                          days_to_target=Refusal(refused="the dose is never reached"), note="a tenth of the queries"),
            DefendedDelay(defence="watermark", measured=True, months_saved=Refusal(refused="no attributable recovery"),
                          days_to_target=Refusal(refused="no attributable recovery")),
        ],
        draws=2000,
    )  # fmt: skip


def hostile() -> DelayReport:
    """Put words that would steer a page or a terminal wherever a stranger's words can stand."""
    usual = report()
    bad = f"{HOSTILE}\x00\x1b[31m {LONG}"
    front = usual.benchmarks[0]
    spells = [dataclasses.replace(entry, closed=f"{bad} {index}", matched_by=entry.matched_by and bad)
              for index, entry in enumerate(front.spells)]  # fmt: skip
    steps = [dataclasses.replace(entry, model=bad) for entry in front.steps]
    changes = [dataclasses.replace(entry, change=f"without {bad}") for entry in front.sensitivity]
    scale = dataclasses.replace(front.benchmark, name=f"ECI {bad}", unit=bad, area=bad)
    panel = [dataclasses.replace(entry, benchmark=scale.name, name=f"{entry.name} {bad}", criterion=bad, caution=bad)
             if entry.benchmark == "ECI" else entry for entry in usual.estimators]  # fmt: skip
    told = dataclasses.replace(front, benchmark=scale, spells=spells, steps=steps, sensitivity=changes)
    gone = saved()
    names = [dataclasses.replace(entry, name=bad, meaning=bad, source=Source(title=bad, url="javascript:alert(1)"))
             for entry in gone.assumptions]  # fmt: skip
    lags = [dataclasses.replace(entry, months=bad, method=bad, source=Source(title=bad, url="javascript:alert(1)"))
            for entry in usual.published]  # fmt: skip
    return dataclasses.replace(
        usual, estimators=panel, benchmarks=[told, *usual.benchmarks[1:]], sentence=bad, notes=[bad], command=bad,
        published=lags, attributable=dataclasses.replace(gone, campaign=bad, sentence=bad, assumptions=names),
        files=[Source(title=bad, url=bad)],
    )  # fmt: skip


def refused() -> DelayReport:
    """Refuse everything: one benchmark with no open model, no attribution."""
    usual = report(attributable=False)
    lone = usual.benchmarks[-1]
    why = Refusal(refused="unidentified: 0 open models")
    return dataclasses.replace(
        usual, benchmarks=[lone], estimators=[], published=[], false_promise=why, areas=[], trend=why, notes=[],
        sentence="Cannot tell: unidentified, 0 open models.",
    )  # fmt: skip


def empty() -> DelayReport:
    """Hold no benchmark at all."""
    return dataclasses.replace(refused(), benchmarks=[])
