import dataclasses

import numpy as np
import pytest

from angelshare.core.errors import PlanError
from angelshare.core.marks import MarkEvidence, WatermarkKey
from angelshare.core.records import Estimate, Refusal
from angelshare.defences.watermark.tally import tally
from angelshare.lineage.case import Case, Settings, mode_of
from angelshare.lineage.nominal import draws_per_token, nominal_effect, nominal_needed, reference
from angelshare.lineage.subject import parse_material
from angelshare.lineage.watermark import first_draws, sequential_bet
from angelshare.lineage.words import contradicted, settled, shown


def case_of(rows, **more):
    return Case(parse_material(b"[1]", "x.jsonl"), rows, **more)


def result(log10_p, *, decoy=None, decoys=0, n=1000):
    return MarkEvidence(
        test="t", statistic=1.0, p_value=max(10.0**log10_p, 5e-324), log10_p_value=log10_p, decoy_p_value=decoy,
        decoys=decoys, n=n, null="n",
    )  # fmt: skip


# --- strength -------------------------------------------------------------------------------------


def test_the_reference_has_the_entropy_it_names():
    p = reference()

    assert -(p * np.log(p)).sum() == pytest.approx(1.0, abs=1e-3)


def test_the_strength_of_a_gumbel_mark_is_what_its_draws_give():
    key = WatermarkKey(scheme="gumbel", secret="00" * 8, vocabulary_size=64)
    p, rng = reference(), np.random.default_rng(1)
    u = rng.random((100_000, len(p)))
    chosen = (np.log(u) / p).argmax(1)

    drawn = -np.log1p(-u[np.arange(len(u)), chosen]).mean()

    assert nominal_effect(key) == pytest.approx(drawn, rel=0.01)


@pytest.mark.parametrize("scheme", ["kgw", "unigram", "synthid"])
def test_green_marks_lift_their_rate_above_chance_and_more_so_with_strength(scheme):
    weak = WatermarkKey(scheme=scheme, secret="00" * 8, vocabulary_size=64, delta=1.0, layers=5)
    strong = dataclasses.replace(weak, delta=3.0)

    assert nominal_effect(weak) > 0.5
    assert nominal_effect(strong) > nominal_effect(weak) or scheme == "synthid"


def test_a_stricter_level_and_a_student_need_more_tokens_and_weights_cannot_be_told_beforehand(kgw_key):
    loose, strict = (nominal_needed(kgw_key, level=level, mode="text") for level in (1e-3, 1e-6))
    student = nominal_needed(kgw_key, level=1e-3, mode="student text")

    assert loose.value < strict.value < student.value
    assert "5% of the excess" in student.method
    assert isinstance(nominal_needed(kgw_key, level=1e-3, mode="reading"), Refusal)


def test_a_scored_token_of_a_tournament_or_a_dual_key_is_several_draws(kgw_key, gumbel_key):
    assert draws_per_token(kgw_key) == draws_per_token(gumbel_key) == 1
    assert draws_per_token(dataclasses.replace(gumbel_key, second_secret="ab" * 16)) == 2
    assert draws_per_token(WatermarkKey(scheme="synthid", secret="00" * 8, vocabulary_size=9, layers=20)) == 20


# --- verdicts -------------------------------------------------------------------------------------

NEEDED = Estimate(value=600.0, low=600.0, high=600.0, level=0.95, n=1, method="m")


@pytest.mark.parametrize(
    ("found", "tokens", "needed", "said"),
    [
        (result(-4), 1000, NEEDED, "mark found"),
        (result(-4), 41, NEEDED, "mark found"),
        (result(-2), 1000, NEEDED, "not shown"),
        (result(-2), 41, NEEDED, "cannot tell"),
        (result(-2), 41, Refusal(refused="r"), "not shown"),
        (result(0, n=0), 0, Refusal(refused="r"), "cannot tell"),
        (result(-9, decoy=0.2, decoys=99), 1000, NEEDED, "not shown"),
        (result(-3.1, decoy=0.002, decoys=999), 1000, NEEDED, "mark found"),
    ],
)
def test_a_verdict_follows_the_exact_p_unless_decoys_contradict_it(found, tokens, needed, said):
    assert settled(found, found, tokens=tokens, needed=needed, level=1e-3) == said


def test_decoys_contradict_only_beyond_their_own_chance():
    assert not contradicted(result(-3, decoy=0.002, decoys=999))
    assert contradicted(result(-3, decoy=0.05, decoys=999))
    assert not contradicted(result(-3))


def test_p_values_are_written_however_small():
    assert shown(-2.0) == "0.01"
    assert shown(-5000.3) == "5.0e-5001"
    assert shown(-5.0001) == "1.0e-5"
    assert shown(-255.43) == "3.7e-256"


def test_the_registered_number_cuts_where_the_last_draw_is_scored(kgw_key, marked):
    rows = marked(kgw_key)

    cut = first_draws(kgw_key, rows, 100)
    assert tally(kgw_key, cut).n == 100
    assert np.array_equal(np.concatenate(cut), np.concatenate(rows)[: sum(map(len, cut))])
    shorter = [*cut[:-1], cut[-1][:-1]]
    assert tally(kgw_key, shorter).n == 99


def test_a_sequential_test_reads_long_texts_in_looks_and_holds_without_a_mark(kgw_key, plain):
    ever = 0
    for seed in range(200):
        bet = sequential_bet(dataclasses.replace(kgw_key, secret=f"{seed:032x}"), plain(3, 300, seed=seed))
        assert bet.batches == 6
        ever += bet.log10_p_value <= np.log10(0.05)

    assert ever / 200 < 0.05 + 3 * np.sqrt(0.05 / 200)


def test_a_sequential_test_finds_a_mark_and_counts_each_draw_once(kgw_key, marked):
    rows = marked(kgw_key)

    bet = sequential_bet(kgw_key, [*rows, *rows])

    assert bet.log10_p_value < -20
    assert bet.n == tally(kgw_key, rows).n


def test_weights_and_a_filter_do_not_go_together():
    with pytest.raises(PlanError, match="--filter, --prompts, --student and --sequential belong to tests"):
        mode_of(case_of([], network=object(), outputs=[np.array([1])]), Settings())
