from __future__ import annotations

import dataclasses
import socket

import pytest

from angelshare.core.errors import PlanError, RunFolderError, StorageError
from angelshare.core.protocols import Model
from angelshare.core.records import Completion, Message, Query, Sampling, TokenAlternatives
from angelshare.models.replay import ReplayModel, from_transcript, to_transcript
from angelshare.store.files import write_jsonl


def query(text: str, *, draw: int = 0, name: str = "") -> Query:
    return Query(id=name or text, messages=[Message(role="user", content=text)], sampling=Sampling(draw=draw))


FULL = Completion(
    query_id="one",
    text="1",
    tokens_in=4,
    tokens_out=9,
    tokens_delivered=3,
    reasoning="because",
    truncated=True,
    usage_estimated=True,
    cost_usd=0.5,
    certainty=0.75,
    logprobs=(TokenAlternatives(tokens=["1", "2"], logprobs=[-0.1, -3.0]),),
)
REFUSED = Completion(query_id="two", text="", tokens_in=4, refused=True)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "teacher.jsonl"
    again = dataclasses.replace(FULL, text="another draw")
    lines = [(query("one"), FULL), (query("two"), REFUSED), (query("one", draw=1), again)]
    write_jsonl(path, [to_transcript(asked, said, "closed") for asked, said in lines])
    return path


def test_a_completion_survives_the_way_into_a_transcript_and_back():
    worded = dataclasses.replace(REFUSED, text="I cannot help with that.")
    for asked, said in ((query("one"), FULL), (query("two"), REFUSED), (query("two"), worded)):
        assert from_transcript(to_transcript(asked, said, "closed"), asked) == said


def test_a_replay_gives_the_recorded_answers_by_prompt_and_draw_under_the_new_ids(path):
    model = ReplayModel(str(path))
    assert isinstance(model, Model)
    assert (model.name, model.remote) == ("closed", False)
    asked = [query("two"), query("one", draw=1), query("one", name="renamed")]
    done = list(model.answer(asked))
    assert [(c.query_id, c.text, c.refused) for c in done] == [
        ("two", "", True),
        ("one", "another draw", False),
        ("renamed", "1", False),
    ]
    assert dataclasses.replace(done[2], query_id="one") == FULL


def test_a_query_that_was_not_recorded_is_named_and_nobody_else_is_asked(path, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("a replay opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    replies = ReplayModel(str(path)).answer([query("one"), query("three", name="q-3", draw=2)])
    assert next(replies).text == "1"
    with pytest.raises(PlanError, match=r"teacher\.jsonl: holds no reply to query 'q-3' \(draw 2\): 'three'"):
        next(replies)


def test_two_different_replies_to_one_prompt_and_draw_are_refused(path, tmp_path):
    other = tmp_path / "both.jsonl"
    lines = [to_transcript(query("one"), dataclasses.replace(FULL, text=text), "closed") for text in ("1", "1", "2")]
    write_jsonl(other, lines[:2])
    assert next(ReplayModel(str(other)).answer([query("one")])).text == "1"
    write_jsonl(other, lines)
    with pytest.raises(PlanError, match="transcripts 1 and 3 give two different replies"):
        ReplayModel(str(other))


def test_a_missing_wrong_or_half_file_is_a_named_error(path, tmp_path):
    with pytest.raises(StorageError, match="no such file"):
        ReplayModel(str(tmp_path / "absent.jsonl"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(RunFolderError, match="line 3: half written"):
        ReplayModel(str(path))
    path.write_bytes(whole.replace(b'"prompt"', b'"promt"', 1))
    with pytest.raises(PlanError, match=r"line 1.*promt"):
        ReplayModel(str(path))
