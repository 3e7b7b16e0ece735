import json
from datetime import UTC, datetime

import pytest

from angelshare.core.errors import AnswersError, AuthorisationError, PlanError
from angelshare.lineage.collect import collect, read_plan, read_probes
from angelshare.lineage.folders import read_answers

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def plan_file(folder, ask, extra=""):
    (folder / "probes.jsonl").write_text(
        "".join(json.dumps({"prompt_id": f"p{n}", "prompt": f"Say {n}."}) + "\n" for n in range(4))
    )
    rows = [
        {"prompt": [{"role": "user", "content": f"Say {n}."}], "id": f"x{n}",
         "completion": [{"role": "assistant", "content": f"said {n}"}]}
        for n in range(4)
    ]  # fmt: skip
    (folder / "old.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "collect.toml"
    path.write_text(f'name = "c"\nprompts = "probes.jsonl"\n{extra}\n{ask}')
    return path


def replay(folder, name="one"):
    return f'[[ask]]\nname = "{name}"\nmodel = {{use = "replay", options = {{path = {json.dumps(str(folder / "old.jsonl"))}}}}}\n'


def run(path, out):
    plan = read_plan(path)
    done = []
    files = list(collect(plan, read_probes(path.parent / plan.prompts), out, now=lambda: NOW, advance=done.append))
    return files, sum(done)


def test_every_model_is_asked_the_same_prompts_and_a_second_run_keeps_what_is_there(tmp_path):
    path = plan_file(tmp_path, replay(tmp_path) + replay(tmp_path, "two"))

    files, done = run(path, tmp_path / "out")
    before = [file.stat().st_mtime_ns for file in files]
    again, _ = run(path, tmp_path / "out")

    first, second = (read_answers(file)[0].answers for file in files)
    assert first.replies == second.replies
    assert first.replies["p2"].text == "said 2"
    assert first.replies["p2"].prompt_sha256
    assert done == 8
    assert [file.stat().st_mtime_ns for file in again] == before


def test_a_remote_model_is_refused_without_leave(tmp_path):
    ask = '[[ask]]\nname = "far"\nmodel = {use = "openai", options = {url = "http://127.0.0.1:9/v1", model = "m"}}\n'

    with pytest.raises(AuthorisationError, match="'m' is remote"):
        run(plan_file(tmp_path, ask), tmp_path / "out")


def test_answers_to_other_prompts_are_not_mixed_in(tmp_path):
    path = plan_file(tmp_path, replay(tmp_path))
    run(path, tmp_path / "out")
    (tmp_path / "probes.jsonl").write_text('{"prompt_id": "p0", "prompt": "Say 1."}\n')

    with pytest.raises(AnswersError, match="answers other prompts than the plan now asks"):
        run(path, tmp_path / "out")


def test_names_that_cannot_be_files_and_prompts_given_twice_are_errors(tmp_path):
    with pytest.raises(PlanError, match="cannot name a file of its own"):
        read_plan(plan_file(tmp_path, replay(tmp_path, "../x")))
    (tmp_path / "twice.jsonl").write_text('{"prompt_id": "a", "prompt": "x"}\n' * 2)
    with pytest.raises(AnswersError, match="line 2: prompt 'a' is given twice"):
        read_probes(tmp_path / "twice.jsonl")
