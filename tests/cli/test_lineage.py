import json

import pytest

from lineage.small_world import write_world


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"))


def sides(world):
    return ("--teachers", world["teachers"], "--panel", world["panel"])


def test_a_student_is_told_from_an_innocent_with_exit_codes_and_the_promised_json(world, say):
    code, out, _ = say("lineage", "test", world["student"], *sides(world), "--json")
    clear, other, _ = say("lineage", "test", world["innocent"], *sides(world), "--json")

    report = json.loads(out)
    first = report["verdicts"][0]
    assert code == (1 if any(one["verdict"] == "derived" for one in report["verdicts"]) else 0)
    assert first["teacher"] == "rye"
    assert {"teacher", "verdict", "p_value", "attainable_p", "power", "evidence"} <= set(first)
    assert first["p_value"] <= 0.05
    assert report["n_prompts"] == 60
    assert report["panel"]["projects"] >= 20
    assert "low" in report["panel"]["false_positive_rate"]
    assert "A match is not an accusation." in report["sentence"]
    assert clear == 0
    assert all(one["verdict"] != "derived" for one in json.loads(other)["verdicts"])


def test_a_registered_test_is_run_packed_and_verified_and_one_changed_byte_is_found(world, say, tmp_path):
    seal = tmp_path / "seal.json"
    code, digest, _ = say("lineage", "register", *sides(world), "--suspect", "the student", "--out", seal)
    assert code == 0
    _, _, err = say("lineage", "test", world["student"], *sides(world), "--prereg", seal, "--out", tmp_path)
    (run,) = tmp_path.glob("lineage-*")
    pack, key = tmp_path / "pack.zip", tmp_path / "key.pem"

    packed, signer, _ = say("lineage", "pack", run, "--key", key, "--out", pack)
    verified, told, _ = say("lineage", "verify", pack, "--signer", signer.strip())

    assert (packed, verified) == (0, 0), err
    assert digest.strip() in told
    assert key.stat().st_mode & 0o077 == 0
    assert (run / "report.html").exists()
    changed = bytearray(pack.read_bytes())
    changed[len(changed) // 2] ^= 1
    pack.write_bytes(bytes(changed))
    code, _, err = say("lineage", "verify", pack)
    assert code == 2
    assert "SealError" in err


def test_a_registration_is_never_written_over_and_another_level_is_refused(world, say, tmp_path):
    seal = tmp_path / "seal.json"
    say("lineage", "register", *sides(world), "--suspect", "x", "--out", seal)

    again = say("lineage", "register", *sides(world), "--suspect", "x", "--out", seal)
    other = say("lineage", "test", world["student"], *sides(world), "--prereg", seal, "--alpha", "0.1")

    assert again[0] == other[0] == 2
    assert "never written over" in again[2]
    assert "--alpha was 0.05, is 0.1" in other[2]


def test_results_of_other_tools_count_on_the_first_claims(world, say, tmp_path):
    file = tmp_path / "weights.json"
    file.write_text(
        json.dumps(
            {"result": [{"claim": "derived weights", "outcome": "excluded", "tool": "t 1", "of": "weights of a and b"}]}
        )
    )

    _, out, _ = say("lineage", "test", world["innocent"], *sides(world), "--import", file, "--json")

    (claim,) = [one for one in json.loads(out)["claims"] if one["claim"] == "derived weights"]
    assert claim["outcome"] == "excluded"
    assert claim["why"] == "imported: excluded by t 1 (weights of a and b)"


def test_a_panel_is_audited_and_prompts_are_chosen_with_their_expected_power(world, say, tmp_path):
    code, out, _ = say("lineage", "panel", *sides(world), "--json")
    chosen, told, _ = say("lineage", "probes", *sides(world), "--n", "20", "--out", tmp_path / "p.jsonl", "--json")

    assert code == chosen == 0
    assert json.loads(out)["projects"] == 20
    assert 0 < json.loads(out)["attainable_p"] < 0.05
    choice = json.loads(told)
    assert len(choice["chosen"]) == 20 == len((tmp_path / "p.jsonl").read_text().splitlines())
    ratios = [one["ratio"] for one in choice["chosen"]]
    assert ratios == sorted(ratios, reverse=True)
    assert choice["expected"][-1]["power"]["value"] > 0.5


def test_other_tools_files_are_converted_to_lines_that_the_test_reads(say, tmp_path):
    source = tmp_path / "model_outputs.json"
    source.write_text(json.dumps([{"instruction": "Why?", "output": "Because.", "generator": "m"}]))

    code, _, _ = say("lineage", "convert", source, "--out", tmp_path / "out")

    (row,) = [json.loads(line) for line in (tmp_path / "out/model_outputs.jsonl").read_text().splitlines()]
    assert code == 0
    assert (row["text"], row["prompt"]) == ("Because.", "Why?")


def test_bad_input_is_one_message_with_exit_code_two(world, say, tmp_path):
    bad = tmp_path / "s.jsonl"
    bad.write_text('{"prompt_id": "p0", "prompt": "Another question?", "text": "x"}\n')

    code, out, err = say("lineage", "test", bad, *sides(world))

    assert code == 2
    assert out == ""
    assert "PromptMismatchError" in err
    assert "line 1" in err
