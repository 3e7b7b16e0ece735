"""Against vectors recorded from the generators themselves; tests/fixtures/marks/README.md says how."""

import json
from pathlib import Path

import numpy as np
import pytest

from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.compat_transformers import TransformersGreens, TransformersTable
from angelshare.defences.watermark.compat_vllm import VllmGreens, uniform_at
from angelshare.defences.watermark.mersenne import outputs, permutation
from angelshare.defences.watermark.schedule import cautions
from angelshare.defences.watermark.tally import tally

FOLDER = Path(__file__).parents[2] / "fixtures" / "marks"
TRANSFORMERS = json.loads((FOLDER / "transformers.json").read_text())
VLLM = json.loads((FOLDER / "vllm.json").read_text())


def green_key(row):
    left = row["scheme"] == "lefthash"
    return WatermarkKey(
        scheme="kgw", secret=f"{row['hashing_key']:016x}", gamma=row["greenlist_ratio"], window=row["context_width"],
        schedule="transformers-left" if left else "transformers-self", seeding="left" if left else "self",
        vocabulary_size=row["vocabulary_size"],
    )  # fmt: skip


def table_key(row):
    return WatermarkKey(
        scheme="synthid", schedule="transformers-synthid", secret="".join(f"{key:016x}" for key in row["keys"]),
        second_secret=f"{row['sampling_table_seed']:016x}", layers=len(row["keys"]), window=row["ngram_len"] - 1,
        vocabulary_size=row["vocabulary_size"],
    )  # fmt: skip


def gumbel_key(row, *, dual=False):
    secret = f"{row['key']:016x}"
    return WatermarkKey(
        scheme="gumbel", schedule="vllm-gumbel", secret=secret, second_secret=secret if dual else "",
        window=row["context_width"], vocabulary_size=row["vocabulary_size"],
    )  # fmt: skip


# --- transformers ---------------------------------------------------------------------------------


def test_permutations_and_bits_are_torchs():
    torch = pytest.importorskip("torch")
    for seed, size in ((0, 7), (15485863, 50_257), (2**32 - 1, 1000)):
        generator = torch.Generator().manual_seed(seed)
        assert permutation(np.uint32(seed), size).tolist() == torch.randperm(size, generator=generator).tolist()
        generator = torch.Generator().manual_seed(seed)
        bits = torch.randint(0, 2, (2000,), generator=generator)
        assert (outputs(np.uint32(seed), 2000) & 1).tolist() == bits.tolist()


@pytest.mark.parametrize("row", TRANSFORMERS["green"], ids=lambda row: f"{row['scheme']}-{row['vocabulary_size']}")
def test_each_token_is_green_where_transformers_says_so(row):
    scorer, ids = TransformersGreens(green_key(row)), np.array(row["ids"])
    at = np.arange(scorer.width, len(ids))

    greens = scorer.greens(ids[at], scorer.seeds(ids, at))

    assert "".join(str(int(green)) for green in greens) == row["green"]
    assert scorer.rate == int(row["vocabulary_size"] * row["greenlist_ratio"]) / row["vocabulary_size"]


def test_the_count_is_transformers_own_where_its_repeats_are_ours():
    # lefthash at width 1: its n-grams are the pseudo-random inputs
    rows = [row for row in TRANSFORMERS["green"] if row["scheme"] == "lefthash" and row["context_width"] == 1]

    for row in rows:
        found = tally(green_key(row), [np.array(row["ids"])])
        assert (found.n, found.statistic) == (row["num_tokens_scored"], row["num_green_tokens"])
    assert len(rows) == 2


def test_selfhash_counts_fewer_draws_than_transformers_since_windows_collapse():
    row = next(row for row in TRANSFORMERS["green"] if row["context_width"] == 4)

    assert tally(green_key(row), [np.array(row["ids"])]).n < row["num_tokens_scored"]


@pytest.mark.parametrize("row", TRANSFORMERS["synthid"], ids=lambda row: f"table-{row['sampling_table_seed']}")
def test_g_values_are_those_of_transformers(row):
    scorer, ids = TransformersTable(table_key(row)), np.array(row["ids"])
    at = np.arange(scorer.width, len(ids))

    values = scorer.values(scorer.seeds(ids, at))

    assert ["".join(map(str, line)) for line in values] == row["g"]


def test_the_synthid_table_has_65536_states_and_each_entry_is_scored_once():
    row = TRANSFORMERS["synthid"][1]
    scorer = TransformersTable(table_key(row))
    ids = np.random.default_rng(0).integers(0, row["vocabulary_size"], 1_500_000)

    states = scorer.seeds(ids, np.arange(4, len(ids)))
    found = tally(table_key(row), [ids])

    # every state that exists turns up, and token ids 65,536 apart lead to the same one
    assert len(np.unique(states)) == 65_536
    shifted = ids[:1000].copy()
    shifted[::2] = (shifted[::2] + 65_536) % 131_072
    aliased = ids[:1000] % 131_072
    at = np.arange(4, 1000)
    assert np.array_equal(scorer.seeds(shifted % 65_536, at), scorer.seeds(aliased % 65_536, at))
    assert np.array_equal(scorer.seeds(aliased, at), scorer.seeds(aliased % 65_536, at))
    # the table is used up: what is counted is the table itself, and shows nothing
    assert (found.n, found.statistic) == (65_536, scorer.table.sum())
    assert found.statistic == found.n * found.rate
    # where counting every draw as new would see a mark: table seed 3 has 22 standard deviations too many ones
    naive = scorer.values(states)
    assert (naive.mean() - 0.5) / np.sqrt(0.25 / naive.size) > 10
    assert "valid for a passage" in cautions(table_key(row))[0]


# --- vLLM -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", VLLM["gumbel"], ids=lambda row: f"key-{row['key']}-width-{row['context_width']}")
def test_uniform_numbers_are_those_of_vllm(row):
    ids, width = np.array(row["ids"]), row["context_width"]

    found = [uniform_at(np.uint64(row["key"]), width, ids, at, ids[at]) for at in range(width, 40)]

    assert found == row["u"]


@pytest.mark.parametrize("row", VLLM["gumbel"], ids=lambda row: f"key-{row['key']}-width-{row['context_width']}")
def test_scored_tokens_and_sum_are_those_of_vllm(row):
    found = tally(gumbel_key(row), [np.array(row["ids"])])

    assert found.n == row["num_scored_tokens"]
    assert found.statistic == pytest.approx(row["score"], rel=1e-11)


@pytest.mark.parametrize("row", VLLM["dual"], ids=lambda row: f"key-{row['key']}")
def test_a_dual_mark_of_one_key_is_derived_as_vllm_does(row):
    found = tally(gumbel_key(row, dual=True), [np.array(row["ids"])])

    assert found.n == 2 * row["num_scored_tokens"]
    # at alpha 1/2 vLLM's weighted score is half of our sum
    assert found.statistic / 2 == pytest.approx(row["score"], rel=1e-11)


@pytest.mark.parametrize("row", VLLM["sbw"], ids=lambda row: f"{row['seeding']}-{row['key']}-{row['gamma']}")
def test_green_lists_are_those_of_sbw(row):
    key = WatermarkKey(
        scheme="kgw", schedule="vllm-sbw", secret=f"{row['key']:016x}", gamma=row["gamma"], seeding=row["seeding"],
        window=row["context_width"], vocabulary_size=60_000,
    )  # fmt: skip
    scorer, at = VllmGreens(key), np.array([row["context_width"]])

    found = ""
    for token in range(len(row["green"])):
        ids = np.array([*row["context"], token])
        found += str(scorer.score(ids, at, scorer.seeds(ids, at))[1])

    assert found == row["green"]
