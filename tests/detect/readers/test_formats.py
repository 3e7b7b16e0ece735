"""Each vendor's format, from a fixture made after the vendor's documented schema, to rows of the request table."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from angelshare.core.errors import LogError, PlanError, PluginError
from angelshare.detect.readers.pieces import Tally, tables
from angelshare.detect.sniff import built_in, head, reader_named, sniffed
from angelshare.testing import check_reader

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "traffic"
PROMPT = "Think step by step: what is 12 times 9?"
TUTOR = "You are a tutor."


def read(name, reader=""):
    named = reader_named(reader) if reader else sniffed(FIXTURES / name)
    tally = Tally(str(name))
    rows = [row for table, _ in tables(FIXTURES / name, named, tally) for row in table.to_pylist()]
    return [{key: value for key, value in row.items() if value is not None} for row in rows], tally


def at(row):
    return row["ts"].isoformat()


def beside(reader, name):
    return f"{reader}:{FIXTURES / name}"


USUAL = {"input_tokens": 31, "output_tokens": 120, "prompt_text": PROMPT, "system_text": TUTOR}
FULL = USUAL | {"reasoning_tokens": 60, "cached_tokens": 16}
EXPECTED = [
    ("otel.jsonl", "", [
        FULL | {"request_id": "resp-1", "account_id": "acct-1", "org_id": "org-1", "session_id": "conv-1", "seed": 42,
                "model": "cask-large", "provider": "openai", "temperature": 0.0, "top_p": 1.0, "max_tokens": 512,
                "n_choices": 2, "stream": True, "finish_reason": "stop", "latency_ms": 1500.0, "ttft_ms": 250.0,
                "client_address": "203.0.113.9", "user_agent": "python-httpx/0.27"},
        {"account_id": "acct-2", "provider": "anthropic", "model": "cask-mini", "status": 429, "input_tokens": 11,
         "output_tokens": 0, "prompt_text": "Bonjour"},
        {"account_id": "acct-3", "input_tokens": 5, "output_tokens": 7},
    ]),
    ("litellm.jsonl", "", [
        FULL | {"request_id": "chatcmpl-1", "account_id": "acct-1", "org_id": "org-1", "end_user_id": "u-77",
                "model": "cask-large", "status": 200, "latency_ms": 2500.0, "ttft_ms": 500.0, "n_choices": 2,
                "tools_n": 1, "client_address": "203.0.113.9", "finish_reason": "stop", "temperature": 0.0},
        {"account_id": "team-2", "status": 429, "latency_ms": 100.0, "client_address": "2001:db8:1:2::3"},
        {"request_id": "chatcmpl-3", "account_id": "acct-3", "api_key_id": "ff00", "ttft_ms": 250.0, "seed": 7,
         "logprobs": True, "stream": True, "prompt_text": "Bonjour", "finish_reason": "length"},
    ]),
    ("litellm.csv", "", [FULL | {"account_id": "acct-1", "latency_ms": 2500.0}, {"status": 429}]),
    ("bedrock.jsonl", beside("bedrock", "bedrock-cloudtrail.json"), [
        USUAL | {"request_id": "b-1", "account_id": "arn:aws:iam::111122223333:user/one", "org_id": "111122223333",
                 "model": "cask.large-v1:0", "cached_tokens": 16, "temperature": 0.7, "top_p": 0.9, "max_tokens": 512,
                 "tools_n": 2, "stream": True, "finish_reason": "end_turn", "client_address": "203.0.113.9"},
        {"request_id": "b-2", "status": 429, "stream": False, "max_tokens": 100, "prompt_text": "Bonjour"},
    ]),
    ("vertex.jsonl", beside("vertex", "vertex-audit.json"), [
        FULL | {"request_id": "9007199254740993123", "account_id": "acct-9", "top_p": 0.95, "seed": 42,
                "n_choices": 2, "finish_reason": "max_tokens", "latency_ms": 812.5, "stream": True},
        {"request_id": "17", "account_id": "batch@lab.example.org", "email": "batch@lab.example.org", "status": 429,
         "client_address": "203.0.113.9", "prompt_text": "Bonjour"},
    ]),
    ("azure-apim.jsonl", beside("azure-apim", "azure-apim-gateway.jsonl"), [
        USUAL | {"request_id": "c-1", "account_id": "sub-1", "end_user_id": "u-1", "plan": "starter", "status": 200,
                 "model": "cask-large", "latency_ms": 1812.0, "stream": True, "client_address": "203.0.113.9"},
        {"request_id": "c-2", "account_id": "sub-2", "status": 429, "input_tokens": 3, "output_tokens": 4},
    ]),
    ("langfuse.jsonl", beside("langfuse", "langfuse-traces.jsonl"), [
        FULL | {"request_id": "o-1", "account_id": "acct-1", "session_id": "s-1", "latency_ms": 2500.0,
                "ttft_ms": 250.0, "max_tokens": 512},
        {"request_id": "o-3", "account_id": "acct-2", "session_id": "s-2", "status": 500, "prompt_text": "Bonjour"},
    ]),
    ("langfuse-api.json", "", [{"account_id": "acct-4", "temperature": 0.7, "prompt_text": "Hola"}]),
    ("helicone.jsonl", "", [
        FULL | {"request_id": "h-1", "account_id": "acct-1", "org_id": "org-1", "api_key_id": "pk-1", "status": 200,
                "session_id": "s-1", "latency_ms": 2500.0, "ttft_ms": 250.0, "country": "DE"},
        {"account_id": "org-2", "model": "cask-mini", "status": 429, "max_tokens": 10},
    ]),
    ("nginx.log", "", [
        {"account_id": "acct-1", "model": "cask-large", "request_id": "0f1e2d", "latency_ms": 2500.0,
         "input_tokens": 203, "output_tokens": 1201, "client_address": "203.0.113.9"},
        {"account_secret": "Bearer sk-secret", "model": "cask-mini", "status": 429},
        {"account_secret": "2001:db8:1:2::3", "model": "unknown"},
    ]),
    ("vllm.log", "vllm:2026", [
        {"account_secret": "10.0.0.2", "model": "lab/cask-large", "status": 200}, {"status": 429},
    ]),
    ("vllm.log", f"vllm:2026,access={FIXTURES / 'nginx.log'}", [
        {"request_id": "chatcmpl-0f1e2d", "account_id": "acct-1", "temperature": 0.7, "n_choices": 2,
         "max_tokens": 512, "prompt_text": "<|user|>Think step by step: what's 12 times 9?\n", "logprobs": False},
        {"account_secret": "Bearer sk-secret", "model": "cask-lab", "input_tokens": 3, "seed": 7, "logprobs": True},
    ]),
    ("table.csv", "", [
        {"account_id": "acct-1", "email": "one@lab.example.org", "payment": "card-1", "output_tokens": 120,
         "prompt_text": 'Think step by step:\nwhat is 12 times 9, "exactly"?'},
        {"account_id": "acct-2", "status": 429},
    ]),
    ("gateway.jsonl", beside("table", "gateway.toml"), [
        {"account_id": "acct-1", "email": "one@lab.example.org", "latency_ms": 2500.0, "provider": "cask",
         "prompt_text": PROMPT},
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "reader", "expected"), EXPECTED, ids=[f"{n} {r[:9]}" for n, r, _ in EXPECTED])
def test_a_vendors_log_gives_who_asked_what_when_and_how_much(name, reader, expected):
    rows, tally = read(name, reader)

    assert tally.reasons == {}
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert row | wanted == row
        assert at(row).startswith("2026-11-2")


@pytest.mark.parametrize(
    ("name", "format_"),
    [(name, name.partition(".")[0].removesuffix("-api")) for name, _, _ in EXPECTED if name != "gateway.jsonl"],
)
def test_a_format_is_told_by_its_first_records(name, format_):
    assert sniffed(FIXTURES / name).name.partition(":")[0] == format_


def test_a_log_of_no_known_format_names_the_readers_and_what_it_holds():
    with pytest.raises(LogError, match=r"azure-apim, bedrock.*Its records have: when, customer"):
        sniffed(FIXTURES / "gateway.jsonl")


def test_every_built_in_reader_keeps_the_promises_of_its_socket():
    records = {
        "nginx": [(FIXTURES / "nginx.log").read_text().splitlines()[0]],
        "vllm": (FIXTURES / "vllm.log").read_text().splitlines()[2:4],
        "table": [{"ts": "2026-11-24T10:00:00Z", "account_id": "a", "model": "m"}],
    }
    options = {"azure-apim": beside("azure-apim", "azure-apim-gateway.jsonl"), "vllm": "vllm:2026"}
    for name in built_in():
        if name == "azure-apim":  # gives a request at the end of a file, from several records
            continue
        check_reader(
            reader_named(options.get(name, name)),
            records.get(name) or head(FIXTURES / f"{name}.jsonl"),
        )


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("bedrok", PluginError, "did you mean 'bedrock'"),
        ("vllm:2026,acess=x", PlanError, "did you mean 'access'"),
        ("vllm:2026,nonsense", PlanError, "not OPTION=VALUE"),
    ],
)
def test_a_reader_misspelt_is_named_with_its_nearest(name, error, says):
    with pytest.raises(error, match=says):
        reader_named(name)


def test_an_azure_log_alone_says_which_file_is_missing():
    _, tally = read("azure-apim.jsonl")

    assert tally.read == 0
    (reason,) = tally.reasons
    assert "azure-apim:GATEWAYLOGS" in reason


def test_a_log_that_is_gzipped_reads_as_the_plain_one(tmp_path):
    zipped = tmp_path / "bedrock.jsonl.gz"
    zipped.write_bytes(gzip.compress((FIXTURES / "bedrock.jsonl").read_bytes()))

    assert read(zipped)[0] == read("bedrock.jsonl")[0]


def test_rows_of_a_vendor_out_of_parquet_read_as_those_out_of_json(tmp_path):
    rows = [json.loads(line) for line in (FIXTURES / "litellm.jsonl").read_text().splitlines()[:2]]
    nested = ("metadata", "messages", "response", "proxy_server_request", "request_tags")
    flat = [{k: json.dumps(v) if k in nested else v for k, v in row.items()} for row in rows]
    table = pa.Table.from_pylist(flat)
    for name in ("startTime", "endTime", "completionStartTime"):
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].cast(pa.timestamp("ns", tz="UTC")))
    pq.write_table(table, tmp_path / "spend.parquet")

    assert read(tmp_path / "spend.parquet")[0] == read("litellm.jsonl")[0][:2]


def test_a_mapping_reaches_into_structures_and_units_of_parquet(tmp_path):
    row = json.loads((FIXTURES / "gateway.jsonl").read_text())
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "g.parquet")

    assert (
        read(tmp_path / "g.parquet", beside("table", "gateway.toml"))[0]
        == read("gateway.jsonl", beside("table", "gateway.toml"))[0]
    )


def test_ids_that_bigquery_exports_as_decimals_stay_whole(tmp_path):
    row = json.loads((FIXTURES / "vertex.jsonl").read_text().splitlines()[0])
    row["request_id"] = Decimal(9007199254740993123)
    row["full_request"], row["full_response"] = json.dumps(row["full_request"]), json.dumps(row["full_response"])
    kept = {
        name: row[name]
        for name in ("logging_time", "api_method", "model", "request_id", "full_request", "full_response")
    }
    pq.write_table(pa.Table.from_pylist([kept]), tmp_path / "v.parquet")

    (found,), _ = read(tmp_path / "v.parquet")

    assert found["request_id"] == "9007199254740993123"
    assert (found["account_id"], found["output_tokens"]) == ("acct-9", 120)
