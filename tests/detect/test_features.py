"""Features of prompts: templates meet, keys part, text stays out."""

import pyarrow as pa
import pytest

from angelshare.core.errors import PlanError
from angelshare.detect.features import FEATURES, features
from angelshare.detect.keyed import named_column, prefix_of
from angelshare.detect.state import State

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


def column(texts, name, key=KEY):
    return features(texts, key)[name].to_pylist()


def test_a_template_keeps_its_skeleton_whatever_number_name_or_quote_is_filled_in():
    one, two, other = column(
        [
            'Tell me how many apples 12 has, says "a b"',
            'Tell me how many apples 977 has, says "c"',
            "Write a poem on rain",
        ],
        "skeleton",
    )

    assert one == two != other


@pytest.mark.parametrize("name", ["skeleton", "simhash", "rff"])
def test_features_under_two_keys_do_not_meet(name):
    assert column(["a prompt of some words"], name) != column(["a prompt of some words"], name, OTHER)


def test_features_do_not_depend_on_what_stands_beside_a_prompt_and_null_stays_null():
    alone = features(["solve 3 x 4 step by step"], KEY).to_pylist()[0]
    beside = features(["Une question", None, "solve 3 x 4 step by step"], KEY).to_pylist()

    assert {k: v for k, v in alone.items() if k != "rff"} == {k: v for k, v in beside[2].items() if k != "rff"}
    assert beside[1] == dict.fromkeys(FEATURES)
    assert alone["cot"]
    assert not beside[0]["cot"]


def test_near_copies_are_nearer_in_simhash_than_strangers():
    a, b, c = column(
        [
            "please sort this list of numbers in python for me",
            "please sort that list of numbers in python for me",
            "who wrote the opera about the barber of seville",
        ],
        "simhash",
    )

    assert ((a ^ b) & (2**64 - 1)).bit_count() < ((a ^ c) & (2**64 - 1)).bit_count()


def test_addresses_are_cut_before_they_are_named():
    assert prefix_of("203.0.113.9:5123") == prefix_of("203.0.113.77, 10.0.0.1") == "203.0.113.0/24"
    assert prefix_of("[2001:db8:1:2::3]:443") == "2001:db8:1::/48"
    named = named_column(pa.array(["203.0.113.9", None, "203.0.113.10"]), "client_address", KEY).to_pylist()
    assert named[0] == named[2] != "203.0.113.0/24"
    assert named[1] is None


def test_a_state_makes_a_key_for_its_owner_alone_and_refuses_another(tmp_path):
    made = State(tmp_path / "s").key()
    again = State(tmp_path / "s").key()
    (tmp_path / "other").write_text("0" * 64)

    assert (made.created, again.created) == (True, False)
    assert made.secret == again.secret
    assert (tmp_path / "s" / "key").stat().st_mode & 0o777 == 0o600
    assert made.secret.hex() not in repr(made)
    with pytest.raises(PlanError, match="not the key"):
        State(tmp_path / "s").key(tmp_path / "other")
