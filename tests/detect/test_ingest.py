"""Logs into a state folder: whole or not at all, the same bytes again, and nothing of a prompt."""

import gzip
import json
import random
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from angelshare.core.errors import LogError, PlanError, UnknownKeyError
from angelshare.detect.days import DayFiles
from angelshare.detect.ingest import files_of, ingest
from angelshare.detect.schema import REQUESTS
from angelshare.detect.state import State

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "traffic"
KEY = bytes(range(32))


def log(path, n=40, days=2, bad=0):
    rows = [
        {
            "ts": f"2026-11-{10 + k % days:02}T10:{k % 60:02}:00Z",
            "account_id": f"acct-{k % 5}",
            "model": "cask-large",
            "input_tokens": k,
            "client_address": f"203.0.113.{k % 200}",
            "user_agent": "python-httpx/0.27",
            "payment": f"card-{k % 3}",
            "email": f"user{k}@lab.example.org",
            "prompt_text": f"Solve puzzle {k} of zanzibar step by step",
        }
        for k in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{not json\n" * bad)
    return path


def contents(state):
    kept = [path for name in ("requests", "inputs") for path in (state.folder / name).rglob("*") if path.is_file()]
    return {path.relative_to(state.folder).as_posix(): path.read_bytes() for path in kept}


def table(state):
    parts = [pq.read_table(path) for path in sorted(state.requests.rglob("*.parquet"))]
    return pa.concat_tables(parts)


def test_requests_land_in_a_file_per_day_and_input_in_the_canonical_schema(tmp_path):
    state = State(tmp_path / "s")

    lines = ingest([log(tmp_path / "a.jsonl", n=41)], state, key=KEY)

    assert (lines.read, lines.skipped, lines.other) == (41, 0, 0)
    assert [day.isoformat() for day in state.known_days()] == ["2026-11-10", "2026-11-11"]
    found = table(state)
    assert found.schema == REQUESTS
    assert found.num_rows == 41
    assert found["cot"].to_pylist() == [True] * 41
    assert len(set(found["request_id"].to_pylist())) == 41


def test_no_prompt_address_agent_card_or_mail_is_anywhere_in_the_state(tmp_path):
    state = State(tmp_path / "s")
    ingest([log(tmp_path / "a.jsonl", bad=0)], state, key=KEY)

    values = " ".join(str(value) for row in table(state).to_pylist() for value in row.values())
    for secret in ("zanzibar", "203.0.113", "httpx", "card-1", "lab.example", "user1"):
        assert secret not in values
        assert not any(secret.encode() in data for data in contents(state).values())
    one = table(state).to_pylist()[0]
    assert all(one[name] for name in ("ip_prefix", "user_agent_hash", "payment_hash", "email_domain_hash", "skeleton"))


def test_addresses_of_one_network_meet_and_another_operators_do_not(tmp_path):
    path = log(tmp_path / "a.jsonl")
    ours, theirs = State(tmp_path / "s"), State(tmp_path / "t")
    ingest([path], ours, key=KEY)
    ingest([path], theirs, key=KEY[::-1])

    (prefix,) = set(table(ours)["ip_prefix"].to_pylist())
    assert prefix not in table(theirs)["ip_prefix"].to_pylist()


def test_without_text_no_feature_is_computed_even_if_the_log_has_prompts(tmp_path):
    state = State(tmp_path / "s")
    ingest([log(tmp_path / "a.jsonl")], state, key=KEY, text=False)

    for name in ("skeleton", "simhash", "cot", "capability", "rff"):
        assert table(state)[name].null_count == 40


def test_an_input_taken_in_before_is_not_read_again_and_counts_once(tmp_path):
    state, path = State(tmp_path / "s"), log(tmp_path / "a.jsonl")
    seen = []
    ingest([path], state, key=KEY, advance=seen.append)
    before = contents(state)
    same = tmp_path / "copy.jsonl"
    same.write_bytes(path.read_bytes())

    lines = ingest([path, same, tmp_path / "a.jsonl"], state, key=KEY, advance=seen.append)

    assert lines.read == 40
    assert sum(seen) == 40
    assert contents(state) == before


def test_the_order_and_grouping_of_inputs_change_nothing(tmp_path):
    a, b = log(tmp_path / "a.jsonl"), log(tmp_path / "b.jsonl", n=30)
    together, apart = State(tmp_path / "s"), State(tmp_path / "t")
    ingest([a, b], together, key=KEY)
    ingest([b], apart, key=KEY)
    ingest([a], apart, key=KEY)

    assert contents(together) == contents(apart)


def test_too_many_bad_lines_are_refused_with_reasons_and_places_unless_tolerated(tmp_path):
    state, path = State(tmp_path / "s"), log(tmp_path / "a.jsonl", bad=2)

    with pytest.raises(
        LogError, match=r"2 of 42 lines cannot be read.*not valid JSON \(2\).*line 41, 42.*--tolerate 0.06"
    ):
        ingest([path], state, key=KEY)
    assert contents(state) == {}

    lines = ingest([path], state, key=KEY, tolerate=0.06)
    assert (lines.read, lines.skipped, dict(lines.reasons)) == (40, 2, {"not valid JSON": 2})
    assert [(bad.file, bad.line) for bad in lines.samples] == [("a.jsonl", 41), ("a.jsonl", 42)]


def test_one_bad_line_in_a_hundred_is_counted_and_let_pass(tmp_path):
    lines = ingest([log(tmp_path / "a.jsonl", n=99, bad=1)], State(tmp_path / "s"), key=KEY)

    assert (lines.read, lines.skipped) == (99, 1)


def test_a_log_of_another_format_is_named(tmp_path):
    with pytest.raises(LogError, match="it looks like 'bedrock'; use --reader bedrock"):
        ingest([FIXTURES / "bedrock.jsonl"], State(tmp_path / "s"), key=KEY, reader="helicone")


def test_a_file_taken_in_with_other_settings_is_not_taken_for_the_same(tmp_path):
    state, path = State(tmp_path / "s"), log(tmp_path / "a.jsonl")
    ingest([path], state, key=KEY, text=False)

    with pytest.raises(PlanError, match="without text"):
        ingest([path], state, key=KEY)
    with pytest.raises(PlanError, match="took it in with --reader table"):
        ingest([path], state, key=KEY, text=False, reader="helicone")


def test_an_empty_log_is_no_fault_and_a_log_of_rubbish_is(tmp_path):
    (tmp_path / "empty.log").write_text("")
    (tmp_path / "rubbish.log").write_bytes(b"{oops\n\xff\xfe\n")
    state = State(tmp_path / "s")

    assert ingest([tmp_path / "empty.log"], state, key=KEY).read == 0
    with pytest.raises(LogError, match="lines cannot be read"):
        ingest([tmp_path / "rubbish.log"], state, key=KEY)


def test_a_folder_gives_its_files_in_order_without_hidden_and_unfinished_ones(tmp_path):
    for name in ("b.log", "a.log", ".c.log", "_SUCCESS", "d.part"):
        (tmp_path / name).write_text("x")

    assert [path.name for path in files_of([tmp_path])] == ["a.log", "b.log"]
    with pytest.raises(PlanError, match="no such file"):
        files_of([tmp_path / "absent"])


def test_our_own_parquet_passes_through_with_the_features_it_has(tmp_path):
    first, second = State(tmp_path / "s"), State(tmp_path / "t")
    ingest([log(tmp_path / "a.jsonl")], first, key=KEY)
    out = tmp_path / "own.parquet"
    pq.write_table(table(first), out)

    ingest([out], second, key=KEY)

    again = table(second)
    for name in ("ts", "account_id", "request_id", "skeleton", "simhash", "rff", "input_tokens"):
        assert again[name].to_pylist() == table(first)[name].to_pylist()


def test_a_bad_row_of_a_parquet_file_is_counted_alone(tmp_path):
    made = {"ts": [1_795_514_400, 7], "account_id": ["a", "b"], "model": ["m", "m"], "input_tokens": [1.0, 2.5]}
    pq.write_table(pa.table(made), tmp_path / "a.parquet")

    lines = ingest([tmp_path / "a.parquet"], State(tmp_path / "s"), key=KEY, tolerate=0.5)

    assert (lines.read, lines.skipped) == (1, 1)
    assert [bad.line for bad in lines.samples] == [2]


def test_a_parquet_file_without_a_needed_column_says_what_it_has(tmp_path):
    pq.write_table(pa.table({"ts": ["2026-11-24"], "acount_id": ["a"], "model": ["m"]}), tmp_path / "a.parquet")

    with pytest.raises(LogError, match="no column 'account_id'; did you mean 'acount_id'"):
        ingest([tmp_path / "a.parquet"], State(tmp_path / "s"), key=KEY, reader="table")


def test_a_damaged_parquet_file_is_refused(tmp_path):
    state = State(tmp_path / "s")
    ingest([log(tmp_path / "a.jsonl")], state, key=KEY)
    data = next(state.requests.rglob("*.parquet")).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[: len(data) // 2])

    with pytest.raises(LogError, match="damaged Parquet"):
        ingest([tmp_path / "cut.parquet"], state, key=KEY)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[columns]\nacount_id = "x"\n', "no column 'acount_id'; did you mean 'account_id'"),
        ('[colums]\nts = "x"\n', "unknown key 'colums'; did you mean 'columns'"),
        ('[units]\ninput_tokens = "s"\n', "units: no column 'input_tokens'"),
        ('[units]\nts = "minutes"\n', "minutes"),
        ('[columns]\nts = "x"\n[constants]\nts = "y"\n', "both a column and a constant"),
    ],
)
def test_a_mapping_file_is_held_to_the_columns_there_are(tmp_path, text, says):
    (tmp_path / "m.toml").write_text(text)

    with pytest.raises(PlanError, match=says) as caught:
        ingest([FIXTURES / "gateway.jsonl"], State(tmp_path / "s"), key=KEY, reader=f"table:{tmp_path / 'm.toml'}")
    assert isinstance(caught.value, UnknownKeyError) or "columns" not in says


def test_many_days_at_once_are_written_in_bounded_pieces_and_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("angelshare.detect.days.GROUP", 50)
    monkeypatch.setattr("angelshare.detect.days.HELD", 120)
    ingest([log(tmp_path / "a.jsonl", n=900, days=9)], State(tmp_path / "s"), key=KEY)
    big = table(State(tmp_path / "s"))
    with DayFiles(tmp_path) as days:
        for start in range(0, 900, 100):
            days.add(big.slice(start, 100))

    assert len(days.written) == 9
    assert sum(pq.read_metadata(tmp_path / f"{day}.parquet").num_rows for day in days.written) == 900
    assert max(pq.read_metadata(tmp_path / f"{day}.parquet").num_row_groups for day in days.written) > 1


CHILD = """
    import os, signal, sys, time
    from pathlib import Path
    from angelshare.detect.ingest import ingest
    from angelshare.detect.state import State
    import angelshare.detect.readers.table
    folder, inputs = Path(sys.argv[1]), [Path(name) for name in sys.argv[2].split(",")]
    for delay in map(float, sys.argv[3].split(",")):
        child = os.fork()
        if child == 0:
            ingest(inputs, State(folder), key=bytes(range(32)))
            os._exit(0)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        print(int(os.WIFSIGNALED(status)), flush=True)
"""


def test_an_ingest_killed_anywhere_and_run_again_gives_the_same_bytes(tmp_path):
    inputs = [log(tmp_path / "a.jsonl", n=6_000, days=6), log(tmp_path / "b.jsonl", n=3_000, days=20)]
    zipped = tmp_path / "c.jsonl.gz"
    zipped.write_bytes(gzip.compress(log(tmp_path / "c.jsonl", n=2_000, days=3).read_bytes(), mtime=0))
    inputs.append(zipped)
    whole, killed = State(tmp_path / "whole"), State(tmp_path / "killed")
    expected = ingest(inputs, whole, key=KEY)
    delays = [random.Random(7).uniform(0.02, 0.8) for _ in range(10)]

    names = ",".join(map(str, inputs))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(killed.folder), names, ",".join(map(str, delays))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = ingest(inputs, killed, key=KEY)

    assert done.stdout.split().count("1") >= 3, f"too fast to be killed: {done.stdout} {signal.SIGKILL}"
    assert lines == expected
    assert contents(killed) == contents(whole)
    assert not (killed.folder / "scratch").exists()
