from __future__ import annotations

import dataclasses
import datetime as dt
from importlib.resources import files
from pathlib import Path

import pytest

from angelshare.core.delay import Benchmark, DatedScore, Scores
from angelshare.core.errors import RefusedError
from angelshare.core.records import Estimate, Refusal
from angelshare.core.strict import encode
from angelshare.govern.assemble import Made, assemble, default_estimates
from angelshare.govern.delay import Settings, ready
from angelshare.govern.scores import Checked, read_scores
from angelshare.stats.delay_criteria import errors_of
from angelshare.store.sheet import parse_sheet, read_sheet

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "delay"
TODAY = dt.date(2026, 11, 24)
SAMPLE = (files("angelshare.govern") / "sample_scores.csv").read_text(encoding="utf-8")
QUICK = Settings(bootstraps=100)


class Silent:
    """Progress nobody looks at."""

    def stage(self, name: str, total: int) -> None:
        """Say nothing."""

    def advance(self, units: int) -> None:
        """Say nothing."""


def made():
    return Made(version="0", commit="abc", command="angelshare delay", at=dt.datetime(2026, 11, 24, tzinfo=dt.UTC))


def report(*texts: str, settings: Settings = QUICK, only=()):
    sheets = [parse_sheet(text.encode(), f"{k}.csv", f"{k}.csv") for k, text in enumerate(texts)]
    return assemble(read_scores(sheets, as_of=None, today=TODAY, only=only), settings, made(), progress=Silent())


def rows(*benchmarks: str) -> str:
    """Cut the sample down to some benchmarks."""
    head, *lines = SAMPLE.splitlines()
    return "\n".join([head, *(line for line in lines if line.split(",")[4] in benchmarks)])


@pytest.fixture(scope="module")
def sample():
    return report(SAMPLE)


def numbers(found):
    return {(row.benchmark, row.name, row.criterion): row.months for row in found.estimators}


def test_every_benchmark_has_its_panel_and_one_default(sample):
    defaults = default_estimates(sample.estimators)

    assert list(defaults) == [entry.benchmark.name for entry in sample.benchmarks]
    assert [sum(row.default for row in sample.estimators if row.benchmark == name) for name in defaults] == [1] * 4
    assert all(isinstance(number, Estimate) for number in defaults.values())


def test_other_benchmarks_files_and_their_order_change_no_number_of_a_benchmark(sample):
    whole = numbers(sample)
    alone = numbers(report(rows("made-up sums")))
    apart = numbers(report(rows("made-up errands", "made-up proofs"), rows("made-up sums", "made-up patches")))

    assert alone == {key: number for key, number in whole.items() if key[0] == "made-up sums"}
    assert apart == whole


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ends():
    one, again = report(rows("made-up sums")), report(rows("made-up sums"))
    other = report(rows("made-up sums"), settings=dataclasses.replace(QUICK, seed=1))

    assert encode(one) == encode(again)
    assert numbers(one) != numbers(other)


def test_private_less_public_is_the_difference_of_their_medians(sample):
    defaults = default_estimates(sample.estimators)
    private = (defaults["made-up proofs"].value + defaults["made-up errands"].value) / 2
    public = (defaults["made-up sums"].value + defaults["made-up patches"].value) / 2

    assert sample.false_promise.value == pytest.approx(private - public)
    assert sample.false_promise.low < sample.false_promise.value < sample.false_promise.high


def test_one_private_benchmark_is_too_few_to_compare():
    found = report(rows("made-up sums", "made-up patches", "made-up proofs")).false_promise

    assert isinstance(found, Refusal)
    assert found.refused.startswith("private against public benchmarks: 1 against 2")


def test_areas_hold_their_benchmarks_and_a_single_one_its_own_estimate(sample):
    found = {entry.area: entry for entry in sample.areas}

    assert list(found) == ["agentic", "coding", "mathematics"]
    assert list(found["mathematics"].benchmarks) == ["made-up proofs", "made-up sums"]
    assert found["coding"].months == default_estimates(sample.estimators)["made-up patches"]


def test_the_sentence_names_the_default_its_interval_the_range_the_records_standing_and_the_trend(sample):
    first = sample.benchmarks[0].benchmark.name
    default = next(row for row in sample.estimators if row.default and row.benchmark == first)

    assert f"On {first}" in sample.sentence
    assert f"{default.months.value:.1f} months" in sample.sentence
    assert "the criterion moves the answer from" in sample.sentence
    assert f"{default.censored} of {default.matched + default.censored} records are not yet matched" in sample.sentence
    assert "age of the record" in sample.sentence or "later records stand" in sample.sentence


def test_unlabelled_scores_published_figures_and_sources_are_carried_along(sample):
    assert sample.unlabelled == 8
    assert len(sample.published) >= 12
    assert [source.url[:7] for source in sample.files] == ["sha256:"]
    assert any("data as of" in note for note in sample.notes)


def with_one_open() -> str:
    head, *lines = rows("made-up sums").splitlines()
    kept = [line for line in lines if ",open," not in line] + [next(line for line in lines if ",open," in line)]
    return "\n".join([head, *kept]).replace("made-up sums", "lonely")


def test_a_benchmark_with_one_open_model_is_refused_in_the_report_beside_the_others():
    found = report(with_one_open(), rows("made-up patches"))

    lonely = next(entry for entry in found.benchmarks if entry.benchmark.name == "lonely")
    assert lonely.refused.startswith("unidentified: ")
    assert any(note.startswith("lonely: unidentified") for note in found.notes)
    assert found.sentence.startswith("On made-up patches")


def test_a_board_whose_own_releases_are_its_only_dates_is_refused_when_its_records_fall_on_few_days():
    head = "release,model,organization,weights,global_avg"
    days = ("2024-06-24", "2024-08-31", "2024-11-25", "2025-04-02", "2025-11-25")
    both = ("closed", "open")
    last = [f"2025-11-25,{w}{k},X,{w},{50 + 5 * k + (w == 'open')}" for k in range(5) for w in both]
    first_seen = [f"{day},{w}{k},X,{w},40" for k, day in enumerate(days[:-1]) for w in both]

    found = report("\n".join((head, *last, *first_seen)), rows("made-up sums"))

    board = next(entry for entry in found.benchmarks if entry.benchmark.name == "livebench 2025-11-25")
    assert "its 4 records fall on 4 of them; release dates" in board.refused
    assert not [row for row in found.estimators if row.benchmark == board.benchmark.name]


def test_nothing_but_unidentified_benchmarks_is_an_error():
    with pytest.raises(RefusedError, match=r"no benchmark identifies a delay .*lonely: unidentified"):
        report(with_one_open())


def test_latent_ability_joins_the_benchmarks_as_one_more_and_changes_no_other(sample):
    found = report(SAMPLE, settings=dataclasses.replace(QUICK, latent=True))

    latent = default_estimates(found.estimators)["latent ability"]
    assert isinstance(latent, Estimate)
    # the sample's open weights trail by 5 to 9 months
    assert latent.low < 7 < latent.high + 3
    assert {key: n for key, n in numbers(found).items() if key[0] != "latent ability"} == numbers(sample)


def test_latent_ability_over_islands_is_refused_by_name():
    apart = rows("made-up proofs", "made-up errands").replace("-closed-", "-shut-").replace("-open-", "-free-")
    apart = apart.replace("-api_only-", "-api-")

    with pytest.raises(RefusedError, match="2 islands"):
        report(rows("made-up sums", "made-up patches"), apart, settings=dataclasses.replace(QUICK, latent=True))


def test_the_index_of_august_2026_gives_the_numbers_of_the_first_trial():
    path = DATA / "eci_2026-08-22.csv"
    if not path.is_file():
        pytest.skip("needs the shared extract of Epoch's index, which is not committed")

    found = assemble(
        read_scores([read_sheet(path)], as_of=None, today=TODAY), Settings(bootstraps=200), made(), progress=Silent()
    )

    default = next(row for row in found.estimators if row.default)
    assert default.months.value == pytest.approx(5.6, abs=0.05)
    assert (default.matched, default.censored, default.matchers) == (19, 4, 8)
    assert found.trend.low < 1 < found.trend.high
    assert "no trend" in found.sentence


def test_the_two_scores_that_fix_the_index_are_exact_and_other_missing_errors_are_not():
    def row(model, score, sd):
        return DatedScore(model=model, developer="", weights="closed", released_on="2025-01-01", benchmark="ECI",
                          score=score, score_sd=sd)  # fmt: skip

    rows = [row("GPT-5", 150.0, None), row("other", 149.0, None), row("a", 140.0, 2.0), row("b", 141.0, 4.0),
            row("c", 142.0, 6.0)]  # fmt: skip
    scores = Scores(scores=rows, benchmarks=[Benchmark(name="ECI", unit="points")], unlabelled=0)
    (bench,), notes = ready(Checked(scores=scores, as_of="2025-06-01", begins={}, ends={}), Settings())

    errors = dict(zip(bench.series.name, errors_of(bench.series), strict=True))
    assert errors == {"GPT-5": 0.0, "other": 4.0, "a": 2.0, "b": 4.0, "c": 6.0}
    assert notes == [
        "ECI: GPT-5 at 150 fix the scale and count as exact, having no error of their own",
        "ECI: 1 of 5 scores have no standard error (other): the median of the others, 4, stands in",
    ]
