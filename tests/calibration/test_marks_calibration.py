from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from calibration.mark_corpora import Corpora
from calibration.mark_keep import Kept
from calibration.mark_page import START, section
from calibration.mark_scores import alarms, laid_out, numbered
from calibration.marks import MAIN, QUICK, Study, failed, run
from scipy.stats import beta

from angelshare.defences.watermark.tally import tally
from angelshare.stats.calibration.marks_study import (
    LEVELS,
    Case,
    counted,
    design_effect,
    excess,
    harm,
    joined,
    log10_p,
    rate,
    wrongs,
)
from angelshare.stats.tails import log10_binomial_sf
from calibration import mark_schemes as schemes

pytestmark = pytest.mark.calibration

TINY = QUICK._replace(
    answers=30,
    others=8,
    deep_keys=6,
    keys=6,
    template_keys=6,
    peer_keys=6,
    slow_keys=1,
    trained_on=60_000,
    windows=20_000,
)


def uniform(rng, keys=200, texts=100):
    return np.log10(rng.random((keys, texts)))


def case(p, *, ours=True):
    return Case(scheme="KGW", rule="inputs, exact", corpus=MAIN, ours=ours, alarms=counted(p, 1))


def repeating(rng, count=6, length=200):
    """Texts that say the same few things again and again."""
    return [np.tile(rng.integers(0, 50, 40), length // 40) for _ in range(count)]


@lru_cache
def tiny():
    return run(Path("no-such-folder"), TINY, 1)


def test_uniform_p_values_stand_and_crowded_ones_fail():
    rng = np.random.default_rng(1)
    assert wrongs([case(uniform(rng))] * 20) == []
    crowded = wrongs([case(uniform(rng) - 0.7)])  # five times the nominal rate at every level
    assert len(crowded) >= 3
    assert "at 0.01" in crowded[0]
    assert wrongs([case(uniform(rng) - 0.7, ours=False)]) == []


def test_the_interval_is_clopper_and_pearsons_where_keys_do_not_matter():
    rng = np.random.default_rng(2)
    found = counted(uniform(rng, keys=20_000, texts=2), 1)
    hits = int(found.by_key[:, 1].sum())
    effect = design_effect(found, 1e-3)
    number = rate(found, 1e-3)
    assert effect == pytest.approx(1, abs=0.1)
    n = 40_000 / effect
    assert number.low == pytest.approx(beta.ppf(0.025, hits / effect, n - hits / effect + 1))
    assert number.high == pytest.approx(beta.ppf(0.975, hits / effect + 1, n - hits / effect))


def test_texts_that_rise_and_fall_together_count_as_one():
    rng = np.random.default_rng(3)
    together = np.repeat(np.log10(rng.random((400, 1))), 50, axis=1)
    assert rate(counted(together, 1), 1e-2).n == pytest.approx(400, rel=0.05)
    assert rate(counted(uniform(rng, keys=400, texts=50), 1), 1e-2).n > 15_000


def test_workers_counts_add_up_to_those_of_one():
    p = uniform(np.random.default_rng(4))
    whole, parts = counted(p, 30), joined([counted(p[:80], 10), counted(p[80:], 20)])
    assert (whole.tests, whole.draws, whole.least) == (parts.tests, parts.draws, parts.least)
    np.testing.assert_array_equal(whole.by_key, parts.by_key)
    np.testing.assert_array_equal(whole.counts, parts.counts)


def test_the_excess_over_uniform_is_seen_at_either_end():
    rng = np.random.default_rng(5)
    assert excess(counted(uniform(rng), 1)) < 0.02
    assert excess(counted(uniform(rng) * 2, 1)) == pytest.approx(0.25, abs=0.02)  # p squared: sqrt(x) - x at 1/4


def test_distinct_pairs_are_looked_up_without_change():
    rng = np.random.default_rng(6)
    n = rng.integers(1, 300, (5, 40))
    greens = rng.binomial(n, 0.25)
    direct = log10_binomial_sf(greens, n, 0.25)
    np.testing.assert_allclose(log10_p(greens, n, 0.25, law="binomial", test="exact"), direct, rtol=1e-14)


@pytest.mark.parametrize("scheme", schemes.ours(50), ids=lambda scheme: scheme.name)
def test_the_study_counts_what_the_detector_counts(scheme):
    texts = repeating(np.random.default_rng(7))
    key = numbered(scheme.key, 3)
    found = alarms(laid_out(texts, scheme), scheme, range(3, 4))[schemes.OURS]
    tallies = [tally(key, [text]) for text in texts]
    assert found.draws == sum(one.n for one in tallies)
    expected = [float(log10_p(one.statistic, one.n, one.rate, law=one.law, test="exact")) for one in tallies]
    assert found.least == pytest.approx(min(expected), rel=1e-9)


@pytest.mark.parametrize("scheme", schemes.peers(50), ids=lambda scheme: scheme.name)
def test_on_text_that_repeats_itself_ours_holds_and_the_rules_that_count_repeats_do_not(scheme):
    texts = repeating(np.random.default_rng(8), count=4, length=400)
    every = scheme._replace(rules=[schemes.OURS, *scheme.rules])
    found = alarms(laid_out(texts, every), every, range(300))
    ours = Case(scheme=scheme.name, rule="inputs, exact", corpus=MAIN, ours=True, alarms=found[schemes.OURS])
    assert wrongs([ours]) == []
    for rule in scheme.rules:
        if rule.once == "nothing":
            assert harm(found[rule]) >= 10


def test_without_the_answers_the_other_corpora_run_and_the_page_says_so():
    study = tiny()
    assert isinstance(study, Study)
    assert "not at hand" in study.skipped
    corpora = {one.corpus for one in study.cases}
    assert corpora == {"code", "templated JSON", "near-duplicates", "other languages"}
    page = section(study, "python -m calibration marks --quick")
    assert page.startswith(START)
    assert study.skipped in page
    assert all(f"{level:.0e}".replace("e-0", "e-") in page for level in LEVELS)
    assert len([line for line in page.splitlines() if line.startswith("| templated JSON | Unigram")]) == 2


def test_synthids_table_has_few_states_and_a_mean_that_wanders():
    vectors, wander = tiny().table[:2]
    assert int(vectors.value.replace(",", "")) <= 65_536
    assert max(abs(float(z)) for z in wander.value.split(", ")) > 2.5


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_counts(tmp_path):
    scheme = next(scheme for scheme in schemes.ours(50) if scheme.name == "Unigram")
    texts = repeating(np.random.default_rng(11))
    corpora = Corpora(texts={"code": texts}, vocabulary=50, skipped="")
    counts = alarms(laid_out(texts, scheme), scheme, range(5))
    kept = Kept(tmp_path / "parts.jsonl", corpora)
    assert kept.get("a part") is None
    kept.add("a part", counts)
    with (tmp_path / "parts.jsonl").open("a") as file:
        file.write('{"texts": "cut sho')

    again = Kept(tmp_path / "parts.jsonl", corpora).get("a part")

    assert again is not None
    (rule, found), (_, expected) = *again.items(), *counts.items()
    assert rule == schemes.OURS
    assert (found.tests, found.least, found.draws) == (expected.tests, expected.least, expected.draws)
    np.testing.assert_array_equal(found.by_key, expected.by_key)
    np.testing.assert_array_equal(found.counts, expected.counts)
    other = Corpora(texts={"code": texts[:-1]}, vocabulary=50, skipped="")
    assert Kept(tmp_path / "parts.jsonl", other).get("a part") is None


def test_a_failing_claim_is_named():
    study = tiny()
    bad = case(uniform(np.random.default_rng(9)) - 0.7)
    assert any("KGW" in line for line in failed(study._replace(cases=[*study.cases, bad])))
    harmless = Case(scheme="Unigram", rule="nothing, z", corpus=MAIN, ours=False,
                    alarms=counted(uniform(np.random.default_rng(10), keys=1_000, texts=200), 1))  # fmt: skip
    assert any("Unigram" in line for line in failed(study._replace(cases=[harmless])))
