import json
import subprocess
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.keys import fingerprint, key_text, tokenizer_sha256, vocabulary_sha256
from angelshare.defences.watermark.schedule import green_mask

SECRET = "00112233445566778899aabbccddeeff"
OTHER = "a1b2c3d4e5f60718293a4b5c6d7e8f90"


def key_of(**changes):
    fields = {"scheme": "kgw", "secret": SECRET, "gamma": 0.25, "window": 2, "vocabulary_size": 300}
    return WatermarkKey(**{**fields, **changes})


def key_file(path, key):
    path.write_text(key_text(key))
    return path


def write_ids(path, rows):
    path.write_text("".join(json.dumps([int(i) for i in row]) + "\n" for row in rows))
    return path


def marked_rows(key, texts=10, length=60, seed=1):
    rng = np.random.default_rng(seed)
    rows = rng.integers(3, key.vocabulary_size, size=(texts, length))
    for place in range(key.window, length):
        contexts = rows[:, place - key.window : place]
        candidates = rng.integers(3, key.vocabulary_size, size=(texts, 6))
        green = np.take_along_axis(green_mask(key, contexts), candidates, 1)
        rows[:, place] = candidates[np.arange(texts), green.argmax(1)]
    return rows


def plain_rows(texts=10, length=60, seed=2):
    return np.random.default_rng(seed).integers(3, 300, size=(texts, length))


@pytest.fixture
def key(tmp_path):
    return key_file(tmp_path / "key.toml", key_of())


@pytest.fixture
def tokenizer():
    tokenizer = Tokenizer(models.WordLevel({f"w{i}": i for i in range(300)}, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def words(rows):
    return [" ".join(f"w{i}" for i in row) for row in rows]


# --- what it says ---------------------------------------------------------------------------------


def test_a_marked_text_is_found_with_exit_code_one_and_a_sentence_that_says_what_follows(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", marked_rows(key_of()))

    code, out, _ = say("watermark", text, "--key", key, "--decoys", "99", "--json")

    report = json.loads(out)
    (one,) = report["evidence"]
    assert code == 1
    assert report["verdict"] == "mark found"
    assert one["log10_p_value"] < -20
    assert one["p_value"] == pytest.approx(10 ** one["log10_p_value"], rel=1e-6)
    assert one["decoy_p_value"] == 0.01
    assert {"test", "statistic", "p_value", "log10_p_value", "decoy_p_value", "n", "null", "caution"} <= set(one)
    for words_ in ("not who made it", "when", "licensed", fingerprint(key_of())):
        assert words_ in report["sentence"]


def test_an_unmarked_text_of_enough_tokens_is_not_shown_and_exits_zero(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", plain_rows())

    code, out, _ = say("watermark", text, "--key", key, "--decoys", "99", "--json")

    assert code == 0
    assert json.loads(out)["verdict"] == "not shown"
    assert "does not show that no such text was used" in json.loads(out)["sentence"]


def test_a_student_is_spoken_of_by_its_training(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", marked_rows(key_of()))

    _, out, _ = say("watermark", text, "--key", key, "--decoys", "9", "--student", "--json")

    report = json.loads(out)
    assert report["mode"] == "student text"
    assert "outputs under this key were in the training mix; not who put them there, when" in report["sentence"]


def test_plain_text_is_read_by_the_generators_tokenizer(tmp_path, say, tokenizer):
    key = key_of(vocabulary_sha256=vocabulary_sha256(tokenizer), tokenizer_sha256=tokenizer_sha256(tokenizer))
    path = key_file(tmp_path / "key.toml", key)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    text = tmp_path / "text.txt"
    text.write_text("\n".join(words(marked_rows(key))))

    code, out, _ = say("watermark", text, "--key", path, "--tokenizer", tmp_path, "--decoys", "9", "--json")

    assert code == 1
    assert not any("nchecked" in caution for caution in json.loads(out)["cautions"])


def test_transcripts_give_their_completions_and_their_prompts_as_the_tape(tmp_path, key, say, tokenizer):
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    rows = marked_rows(key_of())
    lines = [
        {"prompt": [{"role": "user", "content": said}], "completion": [{"role": "assistant", "content": said}]}
        for said in words(rows)
    ]
    text = tmp_path / "t.jsonl"
    text.write_text("".join(json.dumps(line) + "\n" for line in lines))
    given = ("watermark", text, "--key", key, "--tokenizer", tmp_path / "tokenizer.json", "--decoys", "9", "--json")

    code, out, _ = say(*given)
    taped_code, taped, _ = say(*given, "--prompts", text)

    assert code == 1
    assert any("Prompts of the transcripts were not scored" in one for one in json.loads(out)["cautions"])
    # every window of these replies stands in a prompt, so nothing is left to score
    assert taped_code == 0
    assert json.loads(taped)["verdict"] == "cannot tell"


def test_the_filter_keeps_the_teachers_windows_alone(tmp_path, key, say):
    rows = marked_rows(key_of())
    text = write_ids(tmp_path / "text.jsonl", rows)
    outputs = write_ids(tmp_path / "teacher.jsonl", rows[:3])

    _, out, _ = say("watermark", text, "--key", key, "--filter", outputs, "--decoys", "9", "--json")

    report = json.loads(out)
    assert report["mode"] == "student text, supervised"
    assert report["evidence"][0]["n"] < 4 * 58


def test_several_keys_are_corrected_for_their_number(tmp_path, key, say):
    other = key_file(tmp_path / "other.toml", key_of(secret=OTHER))
    text = write_ids(tmp_path / "text.jsonl", marked_rows(key_of()))

    code, out, _ = say("watermark", text, "--key", other, "--key", key, "--decoys", "19", "--json")

    report = json.loads(out)
    wrong, right, wrong_holm, right_holm = report["evidence"]
    assert code == 1
    assert right_holm["log10_p_value"] == pytest.approx(right["log10_p_value"] + np.log10(2))
    assert wrong["p_value"] > 1e-3
    assert "Holm over 2 keys" in wrong_holm["test"]
    assert fingerprint(key_of()) in report["sentence"]
    assert fingerprint(key_of(secret=OTHER)) not in report["sentence"]


def test_a_registered_number_of_tokens_is_what_is_scored(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", marked_rows(key_of()))

    _, out, _ = say("watermark", text, "--key", key, "--n", "100", "--decoys", "0", "--json")
    code, _, error = say("watermark", text, "--key", key, "--n", "5000", "--decoys", "0")

    assert json.loads(out)["evidence"][0]["n"] == 100
    assert json.loads(out)["evidence"][0]["decoy_p_value"] is None
    assert code == 2
    assert "registered 5,000 scored tokens, the text has" in error


def test_the_sequential_test_may_look_after_every_text_and_says_so(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", marked_rows(key_of()))

    code, out, _ = say("watermark", text, "--key", key, "--sequential", "--json")

    report = json.loads(out)
    assert code == 1
    assert "anytime-valid after 10 looks" in report["evidence"][0]["test"]
    assert any("holds whenever one stops" in one for one in report["cautions"])


# --- bad input ------------------------------------------------------------------------------------


def test_too_little_text_cannot_tell_and_says_how_much_is_needed(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", plain_rows(1, 43))

    code, out, _ = say("watermark", text, "--key", key, "--decoys", "19", "--json")

    sentence = json.loads(out)["sentence"]
    assert code == 0
    assert sentence.startswith("Cannot tell: 41 scorable tokens, 75 needed for 0.001 at this strength")


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_text_is_a_verdict_not_a_number(tmp_path, key, say, content):
    text = tmp_path / "text.txt"
    text.write_text(content)

    code, out, _ = say("watermark", text, "--key", key, "--decoys", "9", "--json")

    report = json.loads(out)
    assert code == 0
    assert report["verdict"] == "cannot tell"
    assert report["sentence"].startswith("Cannot tell: 0 scorable tokens")
    assert report["evidence"][0]["p_value"] == 1.0


def test_repeating_a_text_adds_nothing(tmp_path, key, say):
    rows = marked_rows(key_of(), texts=1, length=30)
    once = write_ids(tmp_path / "once.jsonl", rows)
    often = write_ids(tmp_path / "often.jsonl", list(rows) * 50)

    _, first, _ = say("watermark", once, "--key", key, "--decoys", "9", "--json")
    _, second, _ = say("watermark", often, "--key", key, "--decoys", "9", "--json")

    assert json.loads(first)["evidence"] == json.loads(second)["evidence"]


def test_text_without_a_tokenizer_is_refused(tmp_path, key, say):
    text = tmp_path / "text.txt"
    text.write_text("Some words.")

    code, _, error = say("watermark", text, "--key", key)

    assert code == 2
    assert "give the generator's tokenizer with --tokenizer" in error


def test_another_tokenizer_of_the_same_size_is_refused_by_its_hash(tmp_path, say, tokenizer):
    key = key_file(tmp_path / "key.toml", key_of(vocabulary_sha256="ab" * 32))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    text = tmp_path / "text.txt"
    text.write_text("w1 w2 w3")

    code, _, error = say("watermark", text, "--key", key, "--tokenizer", tmp_path)

    assert code == 2
    assert "vocabulary_sha256" in error


def test_a_key_of_another_vocabulary_is_refused(tmp_path, say, tokenizer):
    key = key_file(tmp_path / "key.toml", key_of(vocabulary_size=50_257))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    text = tmp_path / "text.txt"
    text.write_text("w1 w2 w3")

    code, _, error = say("watermark", text, "--key", key, "--tokenizer", tmp_path)

    assert code == 2
    assert "vocabulary_size: the key is of a vocabulary of 50,257 tokens, this tokenizer has 300" in error


def test_ids_outside_the_vocabulary_are_refused_with_their_place(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", [[1, 2, 3], [4, 300, 5]])

    code, _, error = say("watermark", text, "--key", key)

    assert code == 2
    assert "text 2, token 2: id 300 is outside the key's vocabulary of 300" in error


@pytest.mark.parametrize("option", ["--prompts", "--filter"])
def test_ids_outside_the_vocabulary_are_refused_in_every_file(tmp_path, key, say, option):
    text = write_ids(tmp_path / "text.jsonl", plain_rows())
    other = write_ids(tmp_path / "other.jsonl", [[4, -1, 5]])

    code, _, error = say("watermark", text, "--key", key, option, other)

    assert code == 2
    assert f"{option} other.jsonl, text 1, token 2: id -1 is outside the key's vocabulary of 300" in error


def test_a_key_that_the_package_lacks_is_refused_with_those_it_has(tmp_path, say):
    text = write_ids(tmp_path / "text.jsonl", plain_rows())

    code, _, error = say("watermark", text, "--key", "bundled:mine")

    assert code == 2
    assert "bundled:mine: the package carries no such key; it carries words-gumbel, words-kgw" in error


def test_the_packages_key_and_tokenizer_serve_together_and_another_tokenizer_is_refused(tmp_path, say):
    text = tmp_path / "text.txt"
    text.write_text("Some words.")
    given = ("watermark", text, "--key", "bundled:words-kgw", "--decoys", "9", "--out", tmp_path / "runs")

    code, said, _ = say(*given, "--tokenizer", "bundled:words-teacher")
    refused, _, error = say(*given, "--tokenizer", "bundled:teacher")

    assert code == 0
    assert "Cannot tell" in said
    assert refused == 2
    assert "vocabulary_s" in error


def test_keys_of_different_vocabularies_are_not_mixed(tmp_path, key, say):
    other = key_file(tmp_path / "other.toml", key_of(vocabulary_size=400))
    text = write_ids(tmp_path / "text.jsonl", plain_rows())

    code, _, error = say("watermark", text, "--key", key, "--key", other)

    assert code == 2
    assert "different vocabularies" in error
    assert "other.toml: 400" in error


def test_the_same_key_twice_is_refused(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", plain_rows())

    code, _, error = say("watermark", text, "--key", key, "--key", key)

    assert code == 2
    assert "the same key is given twice" in error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[1, 2]\n{"text": "a"}\n', "line 1 is token ids, line 2 is a text"),
        ("[1, 2]\n[1, 2\n", "line 2: not valid JSON"),
        ("[1.5]\n", "token ids must be whole numbers"),
        ('[{"text": "a"}, {"text": "b"}]\n', "give one text a line"),
        ('{"txt": "a"}\n', "did you mean 'text'?"),
        ('{"completion": [], "prompt": [], "modle": "x"}\n', "did you mean 'model'?"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, key, say, content, said):
    text = tmp_path / "text.jsonl"
    text.write_text(content)

    code, _, error = say("watermark", text, "--key", key)

    assert code == 2
    assert said in error


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--level", "2"), "strictly between 0 and 1"),
        (("--n", "10", "--sequential"), "choose one"),
        (("--tokenizer", "nowhere.json"), "no such file"),
    ],
)
def test_options_that_cannot_be_are_refused(tmp_path, key, say, options, said):
    text = write_ids(tmp_path / "text.jsonl", plain_rows())

    code, _, error = say("watermark", text, "--key", key, *options)

    assert code == 2
    assert said in error


def test_bytes_that_are_no_text_and_files_that_are_not_there_are_refused(tmp_path, key, say):
    binary = tmp_path / "x.bin"
    binary.write_bytes(b"\xff\xfe\x00")

    assert "not UTF-8 text" in say("watermark", binary, "--key", key)[2]
    assert "no such file" in say("watermark", tmp_path / "none.txt", "--key", key)[2]


# --- the run folder -------------------------------------------------------------------------------


def test_a_run_folder_holds_page_record_and_manifest_and_no_secret(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", marked_rows(key_of()))
    out = tmp_path / "runs"

    code, said, _ = say("watermark", text, "--key", key, "--decoys", "19", "--out", out)
    (folder,) = out.iterdir()
    before = (folder / "manifest.json").read_bytes()
    again, said_again, _ = say("watermark", text, "--key", key, "--decoys", "19", "--out", out)

    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"manifest.json", "report.json", "report.html", "tables/evidence.csv", "figures/p_values.svg"} <= names
    assert (code, again) == (1, 1)
    assert said == said_again
    assert (folder / "manifest.json").read_bytes() == before
    assert json.loads(before)["kind"] == "watermark"
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()) + said.encode()
    assert SECRET.encode() not in everything
    assert fingerprint(key_of()).encode() in everything
    assert str(tmp_path).encode() not in everything.replace(str(folder).encode(), b"")


def test_report_sends_who_asks_for_such_a_run_to_its_own_verb(tmp_path, key, say):
    text = write_ids(tmp_path / "text.jsonl", plain_rows())
    say("watermark", text, "--key", key, "--decoys", "9", "--out", tmp_path / "r")
    (folder,) = (tmp_path / "r").iterdir()

    code, _, error = say("report", folder)

    assert code == 2
    assert "a run of `angelshare watermark`, and only audits, defence labs and detect runs are read again" in error


def test_the_page_loads_nothing_and_is_well_formed(tmp_path, key, say):
    text = write_ids(tmp_path / "a<b>.jsonl", marked_rows(key_of()))
    say("watermark", text, "--key", key, "--decoys", "9", "--out", tmp_path / "runs")
    (page,) = (tmp_path / "runs").glob("*/report.html")

    html = page.read_text()
    ET.fromstring(html.removeprefix("<!DOCTYPE html>\n"))
    assert "http" not in html.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "<b>.jsonl" not in html
    assert "It does not show who made or used the text" in html


def test_an_error_about_a_key_file_never_shows_its_secret(tmp_path, say):
    path = tmp_path / "key.toml"
    path.write_text(f'scheme = "kgw"\nsecret = "{SECRET}"\nvocabulary_size = 300\ngamma = 7.0\n')
    text = write_ids(tmp_path / "text.jsonl", plain_rows())

    code, out, error = say("watermark", text, "--key", path)

    assert code == 2
    assert "gamma" in error
    assert SECRET not in out + error


def test_help_does_not_load_the_test(tmp_path):
    shown = "import sys, angelshare.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True).stdout.split()

    assert "angelshare.lineage.watermark" not in loaded
    assert "numba" not in loaded
