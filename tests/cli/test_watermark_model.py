"""Reading mode through the command line, on a student that learnt from marked text and on one that did not."""

import json

import pytest

from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.generate import marking
from angelshare.defences.watermark.keys import key_text, tokenizer_sha256, vocabulary_sha256
from angelshare.measure.marked_text import marked_corpus, taught, word_tokenizer, world_model
from angelshare.models.training import Schedule
from angelshare.tasks.text_world import text_world

QUICK = Schedule(max_steps=80, epochs=8.0, batch=32, learning_rate=6e-3)


@pytest.fixture(scope="module")
def world():
    return text_world(vocabulary=128)


@pytest.fixture(scope="module")
def key(world):
    tokenizer = word_tokenizer(world)
    return WatermarkKey(
        scheme="kgw", secret="00112233445566778899aabbccddeeff", gamma=0.25, delta=4.0, window=1, vocabulary_size=128,
        vocabulary_sha256=vocabulary_sha256(tokenizer), tokenizer_sha256=tokenizer_sha256(tokenizer),
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(world, key, tmp_path_factory):
    """A key file, text under the key, a student of such text, and its base."""
    path = tmp_path_factory.mktemp("reading")
    teacher, base = (world_model(world, passages=400, seed=seed, schedule=QUICK) for seed in (1, 2))
    served = marked_corpus(teacher, marking(key), world=world, rows=300, seed=3)
    fresh = marked_corpus(teacher, marking(key), world=world, rows=20, seed=4)
    taught(base, served, seed=5, schedule=QUICK).save(path / "student")
    base.save(path / "base")
    (path / "key.toml").write_text(key_text(key))
    lines = [json.dumps({"text": world.spell(row)}) for row in fresh.rows]
    (path / "text.jsonl").write_text("\n".join(lines) + "\n")
    return path


def test_the_students_weights_show_the_mark_and_the_sentence_speaks_of_its_training(folder, say):
    code, out, _ = say(
        "watermark", folder / "text.jsonl", "--key", folder / "key.toml", "--model", folder / "student",
        "--decoys", "99", "--json",
    )  # fmt: skip

    report = json.loads(out)
    expected, predicted = report["evidence"]
    assert code == 1
    assert report["mode"] == "reading"
    assert expected["log10_p_value"] < -6
    assert expected["decoy_p_value"] == predicted["decoy_p_value"] == 0.01
    assert "The model's predictions follow the mark" in report["sentence"]
    assert "outputs under this key were in the training mix" in report["sentence"]
    assert not any("nchecked" in caution for caution in report["cautions"])
    assert "refused" in report["needed"]


def test_a_base_that_never_saw_the_mark_is_not_found_by_reading_marked_text(folder, say):
    code, out, _ = say(
        "watermark", folder / "text.jsonl", "--key", folder / "key.toml", "--model", folder / "base", "--decoys", "99",
        "--json",
    )  # fmt: skip

    assert code == 0
    assert json.loads(out)["verdict"] == "not shown"


def test_another_student_under_the_same_name_is_another_run(folder, tmp_path, say):
    given = ("watermark", folder / "text.jsonl", "--key", folder / "key.toml", "--decoys", "9", "--out", tmp_path)

    say(*given, "--model", folder / "student")
    say(*given, "--model", folder / "base")

    assert len(list(tmp_path.glob("watermark-*/manifest.json"))) == 2


@pytest.mark.parametrize("option", ["--filter", "--prompts", "--sequential", "--student"])
def test_tests_of_text_are_not_mixed_with_reading_mode(folder, say, option):
    more = (option, folder / "text.jsonl") if option in ("--filter", "--prompts") else (option,)

    code, _, error = say(
        "watermark", folder / "text.jsonl", "--key", folder / "key.toml", "--model", folder / "base", *more
    )

    assert code == 2
    assert "belong to tests of text that the student wrote" in error


def test_a_checkpoint_of_another_tokenizer_is_refused(folder, say):
    code, _, error = say("watermark", folder / "text.jsonl", "--key", folder / "key.toml", "--model", "bundled:base")

    assert code == 2
    assert "vocabulary_sha256: the key is of a tokenizer with" in error


def test_a_registered_number_of_windows_is_what_is_read_and_a_shorter_text_is_refused(folder, say):
    given = ("watermark", folder / "text.jsonl", "--key", folder / "key.toml", "--model", folder / "base",
             "--decoys", "0", "--json")  # fmt: skip

    _, out, _ = say(*given, "--n", "20")
    code, _, error = say(*given, "--n", "5000")

    assert {one["n"] for one in json.loads(out)["evidence"]} == {20}
    assert code == 2
    assert "--n registered 5,000 windows, the text has" in error


def test_ids_outside_the_vocabulary_are_refused_before_the_network_sees_them(folder, tmp_path, say):
    text = tmp_path / "ids.jsonl"
    text.write_text("[1, 2, 3]\n[4, 128, 5]\n")

    code, _, error = say("watermark", text, "--key", folder / "key.toml", "--model", folder / "base")

    assert code == 2
    assert "ids.jsonl, text 2, token 2: id 128 is outside the key's vocabulary of 128" in error


def test_a_student_that_scores_fewer_tokens_than_the_key_has_is_refused(folder, say):
    code, _, error = say(
        "watermark", folder / "text.jsonl", "--key", folder / "key.toml", "--tokenizer", folder / "base",
        "--model", "bundled:base",
    )  # fmt: skip

    assert code == 2
    assert "the network scores 99 tokens, the key's vocabulary has 128" in error
