from __future__ import annotations

import json

import numpy as np
import pytest

from angelshare.core.errors import LogError
from angelshare.detect.window_data import read_pair, read_scores, rescore

HEAD = "split,batch_id,label,size,attacker_ratio,attacker_count,score,p_value,suspicious\n"


def lines(*queries: str) -> str:
    return "".join(json.dumps({"id": str(i), "query": query}) + "\n" for i, query in enumerate(queries))


@pytest.fixture
def pair(tmp_path):
    for side, text in (("normal", lines("a", "b")), ("attacker", lines("c"))):
        (tmp_path / "one" / side).mkdir(parents=True)
        (tmp_path / "one" / side / "queries.jsonl").write_text(text)
    return tmp_path / "one"


def test_a_pair_is_read_with_its_name(pair):
    found = read_pair(pair)

    assert (found.name, list(found.normal), list(found.attacker)) == ("one", ["a", "b"], ["c"])


def test_a_normal_file_in_parts_is_put_together_though_a_part_ends_within_a_line(pair):
    (pair / "normal" / "queries.jsonl").unlink()
    (pair / "normal_parts").mkdir()
    whole = lines("x", "y")
    (pair / "normal_parts" / "queries_000.part").write_text(whole[:15])
    (pair / "normal_parts" / "queries_001.part").write_text(whole[15:])

    assert list(read_pair(pair).normal) == ["x", "y"]


@pytest.mark.parametrize("bad", ["{", '{"text": "a"}', "[1]"])
def test_a_bad_line_is_named_by_its_place(pair, bad):
    (pair / "attacker" / "queries.jsonl").write_text(lines("c") + bad + "\n")

    with pytest.raises(LogError, match="line 2"):
        read_pair(pair)


def test_a_pair_without_its_files_is_refused(tmp_path):
    with pytest.raises(LogError, match="no such file"):
        read_pair(tmp_path)


def test_score_files_give_their_realised_rates_and_auc(tmp_path):
    rows = ["heldout_benign,0,0,100,0.0,0,0.1,0.5,False", "heldout_benign,1,0,100,0.0,0,0.4,0.01,True"]
    rows += ["mixed_0.05,0,1,100,0.05,5,0.3,0.1,False", "mixed_0.05,1,1,100,0.05,5,0.9,0.01,True"]
    path = tmp_path / "batch_scores.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")

    found = rescore([read_scores(path)] * 2, rng=np.random.default_rng(0))

    assert found.false_positives.value == found.detected[0.05].value == 0.5
    assert found.false_positives.n == 4
    assert found.auc[0.05].value == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("split,score\na,1\n", "no column"),
        (HEAD, "no benign windows"),
        (HEAD + "mixed,0,1,9,0.5,5,nan,0.1,False\n", "finite"),
        (HEAD + "mixed,0,1,9,0.5,5,x,0.1,False\n", "line 2"),
        (HEAD + "mixed,0,1,9,0.5,5,1.0,0.1,maybe\n", "True or False"),
    ],
)
def test_a_score_file_that_cannot_be_used_is_refused_with_what_is_wrong(tmp_path, text, message):
    path = tmp_path / "batch_scores.csv"
    path.write_text(text)

    with pytest.raises(LogError, match=message):
        read_scores(path)
