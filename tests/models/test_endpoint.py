from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from angelshare.core import plugins
from angelshare.core.errors import (
    AuthorisationError,
    EndpointError,
    LedgerError,
    LimitReached,
    PlanError,
    UnknownKeyError,
)
from angelshare.core.protocols import Remote
from angelshare.core.records import Authorisation, Completion, Limits, Message, Price, Query, Sampling, Use
from angelshare.models.endpoint import EndpointModel
from angelshare.store.ledger import Ledger
from stub_server import StubServer

LEAVE = Authorisation(by="A. Person", reference="letter 7", until="2026-12-31")
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
PRICE = Price(model="m", usd_per_million_in=1000.0, usd_per_million_out=10_000.0, on="2026-11-01", source="price list")
"""7 tokens in and 3 out, as the stub bills, cost 0.037 dollars."""


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def query(text: str = "hello", **sampling: object) -> Query:
    return Query(id=f"q-{text}", messages=[Message(role="user", content=text)], sampling=Sampling(**sampling))


def ask(model: EndpointModel, path: Path, queries: list[Query], **opened: object) -> list[Completion]:
    settings = {"authorisation": LEAVE, "limits": Limits(), "prices": (PRICE,), "now": lambda: NOW} | opened
    model.open(path, **settings)
    try:
        return list(model.answer(queries))
    finally:
        model.close()


def one(model: EndpointModel, path: Path, **sampling: object) -> Completion:
    return ask(model, path, [query(**sampling)])[0]


# --- leave, options, keys ---------------------------------------------------------------------------


def test_a_model_that_no_run_opened_is_refused(stub):
    model = EndpointModel(stub.url("ok"), "m")
    assert isinstance(model, Remote)
    assert model.remote
    with pytest.raises(AuthorisationError, match=r"not opened by a run .*\[authorisation\]"):
        list(model.answer([query()]))


@pytest.mark.parametrize(
    ("authorisation", "message"),
    [
        (None, r"needs an \[authorisation\] block"),
        (
            Authorisation(by="A", reference="r", until="2026-11-23"),
            r"by A \(r\) .* ended on 2026-11-23, today is 2026-11-24",
        ),
        (Authorisation(by="A", reference="r", until="soon"), "'soon' is no ISO date"),
        (Authorisation(by=" ", reference="r", until="2026-12-31"), "authorisation.by is empty"),
    ],
)
def test_even_on_loopback_nothing_is_asked_without_valid_leave(stub, path, authorisation, message):
    before = stub.calls()
    with pytest.raises(AuthorisationError, match=message):
        ask(EndpointModel(stub.url("ok"), "m"), path, [query()], authorisation=authorisation)
    assert stub.calls() == before
    assert not path.exists()


def test_leave_holds_through_its_last_day(stub, path):
    last = Authorisation(by="A", reference="r", until="2026-11-24")
    assert ask(EndpointModel(stub.url("ok"), "m"), path, [query()], authorisation=last)[0].text == "olleh"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "ftp://x/v1"}, "not an http"),
        ({"url": "https://me:pw@api.example.org/v1"}, "carries a user name or password for api.example.org"),
        ({"url": "https://api.example.org/v1?api_key=s3cret"}, "'api_key' looks like a secret"),
        ({"url": "http://api.example.org/v1", "key_env": "K"}, "unencrypted; use https"),
        ({"concurrency": 0}, "'concurrency' = 0: must be at least 1"),
        ({"timeout_seconds": float("nan")}, "timeout_seconds"),
        ({"extra": {"temperature": 1}}, "'temperature' is set by the plan"),
        ({"extra": {"api_key": "s3cret"}}, "'api_key' looks like a secret; .*named by key_env"),
        ({"extra": {"headers": [{"X-Auth": "s3cret"}]}}, "'X-Auth' looks like a secret"),
        ({"extra": {"metadata": {"note": "Bearer s3cret-s3cret"}}}, "'note' looks like a secret"),
    ],
)
def test_an_option_that_cannot_be_meant_is_named_and_no_secret_shown(options, message):
    with pytest.raises(PlanError, match=message) as caught:
        EndpointModel(**({"url": "http://127.0.0.1:1/v1", "model": "m"} | options))
    assert "pw" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_missing_key_is_named_by_its_variable(stub, path, monkeypatch):
    monkeypatch.delenv("STUB_KEY", raising=False)
    with pytest.raises(AuthorisationError, match="STUB_KEY"):
        one(EndpointModel(stub.url("ok"), "m", key_env="STUB_KEY"), path)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("STUB_KEY", "sk-very-secret-0123456789")
    return "sk-very-secret-0123456789"


@pytest.mark.parametrize("behaviour", ["echo", "denied"])
def test_the_key_appears_in_no_file_error_repr_or_log_even_if_the_endpoint_echoes_it(
    key, path, caplog, capfd, behaviour
):
    caplog.set_level(logging.DEBUG)
    with StubServer() as stub:
        model = EndpointModel(stub.url(behaviour), "m", key_env="STUB_KEY")
        model.open(path, authorisation=LEAVE, limits=Limits(), prices=(), now=lambda: NOW)
        shown = repr(model) + repr(vars(model))
        try:
            said = next(model.answer([query()])).text
        except EndpointError as error:
            said = str(error)
            assert "STUB_KEY" in said
        model.close()
    assert "[key]" in said  # the stub did send the key back
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    out, err = capfd.readouterr()
    for place in (written.decode("latin-1"), said, shown, caplog.text, out, err):
        assert key not in place


# --- answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_replies_come_in_order_with_their_cost(stub, path, api):
    queries = [query(f"text {k}") for k in range(100)]
    done = ask(EndpointModel(stub.url("ok"), "m", api=api, concurrency=8), path, queries)
    assert [c.query_id for c in done] == [q.id for q in queries]
    assert [c.text for c in done] == [q.messages[-1].content[::-1] for q in queries]
    assert {(c.tokens_in, c.tokens_out, c.tokens_delivered, c.usage_estimated) for c in done} == {(7, 3, 3, False)}
    assert done[0].cost_usd == pytest.approx(0.037)


def test_many_are_in_flight_but_never_more_than_allowed(path):
    with StubServer(delay_seconds=0.05) as stub:
        ask(EndpointModel(stub.url("ok"), "m", concurrency=5), path, [query(str(k)) for k in range(30)])
        assert stub.most_busy == 5


def test_an_answer_once_paid_for_is_never_asked_again(stub, path):
    queries = [query("again"), query("again"), query("again", draw=1), query("again", max_tokens=9)]
    before = stub.calls()
    first = ask(EndpointModel(stub.url("ok"), "m"), path, queries)
    assert stub.calls() - before == 3  # the second is the same request as the first; another draw is another request
    assert ask(EndpointModel(stub.url("ok"), "m"), path, queries) == first
    assert stub.calls() - before == 3
    with Ledger(path) as ledger:
        row = next(ledger.answers())
        assert ledger.totals().answers == 3
    assert (row.model, row.status, row.tokens_in, row.attempts, row.cost_usd) == ("m", 200, 7, 1, pytest.approx(0.037))
    assert '"usd_per_million_in":1000.0' in row.price
    assert row.response.startswith(b'{"id": "x"')
    assert "again" in row.request


def test_a_plan_cannot_move_the_ledger_out_of_its_run(stub, tmp_path):
    options = {"url": stub.url("ok"), "model": "m", "ledger": str(tmp_path / "elsewhere.sqlite")}
    with pytest.raises(UnknownKeyError, match="unknown option 'ledger'"):
        plugins.build("models", Use(use="openai", options=options))


def test_without_a_price_row_the_cost_is_absent_not_zero(stub, path):
    assert ask(EndpointModel(stub.url("ok"), "other"), path, [query()])[0].cost_usd is None


def test_refusals_filters_and_truncation_are_states(stub, tmp_path):
    found = {
        b: one(EndpointModel(stub.url(b), "m"), tmp_path / b) for b in ("refusal", "filter", "filter400", "length")
    }
    assert [(c.refused, c.truncated, c.text) for c in found.values()] == [
        (True, False, ""),
        (True, False, ""),
        (True, False, ""),
        (False, True, "olleh"),
    ]


@pytest.mark.parametrize("behaviour", ["nousage", "badusage"])
def test_missing_or_absurd_usage_is_estimated_and_flagged(stub, path, behaviour):
    done = one(EndpointModel(stub.url(behaviour), "m"), path, text="twelve chars")
    assert (done.tokens_in, done.tokens_out, done.usage_estimated) == (3, 3, True)
    assert done.cost_usd == pytest.approx(0.033)


@pytest.mark.parametrize(
    ("behaviour", "billed", "delivered"),
    [("hidden", 20, 8), ("beside", 32, 20), ("reasons", 20, 20)],
)
def test_hidden_reasoning_is_billed_but_not_delivered(stub, path, behaviour, billed, delivered):
    done = one(EndpointModel(stub.url(behaviour), "m"), path)
    assert (done.tokens_out, done.tokens_delivered) == (billed, delivered)
    assert done.reasoning == ("first this, then that" if behaviour == "reasons" else "")


def test_content_in_parts_is_joined(stub, path):
    assert one(EndpointModel(stub.url("parts"), "m"), path).text == "ab"


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_top_logprobs_are_read(stub, path, api):
    done = one(EndpointModel(stub.url("ok"), "m", api=api), path, top_logprobs=2)
    assert (list(done.logprobs[0].tokens), list(done.logprobs[0].logprobs)) == (["a", "z"], [-0.1, -2.5])


def test_system_message_stop_and_extra_fields_are_sent(stub, path):
    model = EndpointModel(
        stub.url("ok"),
        "m",
        system="Be brief.",
        stop=["END"],
        extra={"top_p": 0.5, "min_tokens": 1, "nested": {"stop_token_ids": [3]}},
        max_tokens_field="max_completion_tokens",
    )
    one(model, path, max_tokens=11)
    sent = list(stub.counts)[-1]
    for part in (
        '"content":"Be brief."',
        '"stop":["END"]',
        '"top_p":0.5',
        '"max_completion_tokens":11',
        '"min_tokens":1',
        '"stop_token_ids":[3]',
        '"stream":false',
    ):
        assert part in sent


# --- lies and failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("html", r"web page instead of JSON .*login page; check the url"),
        ("login", r"redirects elsewhere \(HTTP 302\)"),
        ("notjson", r"not valid JSON .*Hello! How can I"),
        ("list", "expected a JSON object, found list"),
        ("events", "stream of events though none was asked for"),
        ("nochoices", r"no 'choices' \(its keys: \['id', 'result'\]\)"),
        ("emptychoices", r"no 'choices' but an error \('overloaded backend'\)"),
        ("nomessage", "neither 'message' nor 'text'"),
        ("nocontent", "'message' has no 'content'"),
        ("number", "content is int, not text"),
        ("half", r"cut its answer short .*gave up after 2 such attempts"),
        ("cutjson", r"ends in the middle, after 60 bytes; gave up after 2"),
        ("denied", r"denies access \(HTTP 401"),
        ("forbidden", r"denies access \(HTTP 403, 'not for you'\)"),
        ("nomodel", r"no such model or path \(HTTP 404, 'The model does not exist'\); check model"),
        ("badrequest", r"refuses the request \(HTTP 400, 'max_tokens is too large'\)"),
        ("broken", r"failed \(HTTP 500, 'internal'\); gave up after 2"),
        ("hang", r"no answer within 0.3 s; raise timeout_seconds; gave up after 2"),
        ("storm", r"throttling us \(HTTP 429, 'slow down'\); no answer for .* patience_seconds = 1"),
        ("storm_long", r"86400 s more are asked for"),
    ],
)
def test_a_dead_or_lying_endpoint_is_a_named_error_and_its_lie_no_answer(stub, path, behaviour, message):
    timeout = 0.3 if behaviour == "hang" else 10
    model = EndpointModel(stub.url(behaviour), "m", retries=1, patience_seconds=1, timeout_seconds=timeout)
    with pytest.raises(EndpointError, match=message) as caught:
        one(model, path)
    assert stub.url(behaviour) in str(caught.value)
    assert "run the same command again" in str(caught.value)
    with Ledger(path) as ledger:
        assert ledger.totals().answers == 0
        *_, last = ledger.attempts()
    assert last.event in ("unpaid", "unsure")
    assert last.reason


def test_a_refused_connection_is_a_named_error_and_costs_nothing(path):
    with pytest.raises(EndpointError, match=r"127\.0\.0\.1:9/v1.* cannot be reached .*is the server running"):
        one(EndpointModel("http://127.0.0.1:9/v1", "m", retries=1), path)
    with Ledger(path) as ledger:
        assert ledger.totals().calls == 0


@pytest.mark.parametrize("behaviour", ["half_once", "cutjson_once", "broken_once", "busy_twice", "busy_date"])
def test_what_passes_by_itself_is_tried_again_and_recorded(path, behaviour):
    leave = Authorisation(by="A", reference="r", until="9999-12-31")
    with StubServer() as stub:
        model = EndpointModel(stub.url(behaviour), "m")
        done = ask(model, path, [query()], authorisation=leave, now=lambda: datetime.now(UTC))
        assert done[0].text == "olleh"
        calls = stub.calls()
    with Ledger(path) as ledger:
        assert next(ledger.answers()).attempts == calls == (3 if behaviour == "busy_twice" else 2)
        unsure = ledger.totals().unsure
    # a throttled call is free; one that failed half-way may have been billed
    assert unsure == (0 if behaviour.startswith("busy") else 1)


def test_a_failure_keeps_what_was_answered_and_the_next_sitting_goes_on_from_there(path):
    queries = [query(str(k)) for k in range(40)]
    with StubServer() as stub:
        good, bad = EndpointModel(stub.url("ok"), "m", concurrency=4), EndpointModel(stub.url("html"), "m")
        ask(good, path, queries[:20])
        with pytest.raises(EndpointError):
            ask(bad, path, queries[20:])
        calls = stub.calls()
        assert len(ask(good, path, queries)) == 40
        assert stub.calls() - calls == 20


def test_a_corrupt_ledger_row_stops_the_run_by_name(stub, path):
    one(EndpointModel(stub.url("ok"), "m"), path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER answers_no_UPDATE")
        connection.execute("UPDATE answers SET tokens_out = 1")
    connection.close()
    with pytest.raises(LedgerError, match="row 1 of 'answers' was changed"):
        one(EndpointModel(stub.url("ok"), "m"), path)


# --- limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "message", "most"),
    [
        (Limits(calls=10), "limits.calls = 10 is reached: 10 calls", 10),
        (Limits(tokens=100), "limits.tokens = 100 is reached", 10),
        (Limits(dollars=0.37), "limits.dollars = 0.37 is reached", 10),
    ],
)
def test_a_cap_stops_cleanly_is_never_overshot_and_says_how_to_go_on(path, limits, message, most):
    queries = [query(f"{k:03}", max_tokens=3) for k in range(50)]
    with StubServer(delay_seconds=0.01) as stub:
        model = EndpointModel(stub.url("ok"), "m", concurrency=8)
        with pytest.raises(LimitReached, match=message + ".*raise the limit .* run the same command again"):
            ask(model, path, queries, limits=limits)
        with Ledger(path) as ledger:
            spent = ledger.totals()
        assert 0 < spent.answers == stub.calls() <= most
        assert spent.unsure == 0  # everything in flight was recorded
        # used up but for less than one call's reservation: 19 prompt bytes and marks, 3 tokens out
        assert spent.calls == 10 or 10 * spent.calls + 22 > 100 or 0.037 * spent.calls + 0.049 > 0.37
        done = ask(model, path, queries)
        assert len(done) == len(queries) == stub.calls()


def test_a_cap_counts_what_earlier_sittings_spent(stub, path):
    model = EndpointModel(stub.url("ok"), "m")
    ask(model, path, [query(f"first {k}") for k in range(6)])
    with pytest.raises(LimitReached, match="6 calls are spent"):
        ask(model, path, [query("one more")], limits=Limits(calls=6))


def test_dollars_cannot_be_capped_without_a_price(stub, path):
    with pytest.raises(PlanError, match="needs a price row"):
        ask(EndpointModel(stub.url("ok"), "m"), path, [query()], limits=Limits(dollars=1), prices=())


def test_an_endpoint_that_bills_more_than_asked_for_overshoots_by_one_call_at_most(path):
    with StubServer() as stub:
        model = EndpointModel(stub.url("greedy"), "m", concurrency=1)
        with pytest.raises(LimitReached):
            ask(model, path, [query(str(k), max_tokens=1) for k in range(20)], limits=Limits(tokens=100))
        assert stub.calls() <= 4  # 27 tokens a call; the fourth was let through at 81 + 18 reserved


def test_minutes_stop_a_run_even_in_the_middle_of_a_pause(path):
    with StubServer() as stub:
        start = time.monotonic()
        with pytest.raises(LimitReached, match=r"limits\.minutes"):
            ask(EndpointModel(stub.url("storm"), "m"), path, [query()], limits=Limits(minutes=0.01))
        assert time.monotonic() - start < 5


def test_the_rate_of_requests_is_held(path):
    with StubServer() as stub:
        start = time.monotonic()
        ask(EndpointModel(stub.url("ok"), "m", requests_per_minute=1200), path, [query(str(k)) for k in range(40)])
        seconds = time.monotonic() - start
    assert 0.9 <= seconds < 4  # 20 a second, the first second's worth at once


def test_the_rate_of_tokens_is_held_by_what_was_really_used(path):
    with StubServer() as stub:
        start = time.monotonic()
        # each is expected to take 1 + 200 tokens, and takes 10: the surplus is given back
        model = EndpointModel(stub.url("ok"), "m", tokens_per_minute=12_000, concurrency=1)
        ask(model, path, [query(str(k), max_tokens=200) for k in range(21)])
        seconds = time.monotonic() - start
    assert seconds < 4


def test_stopping_early_sends_nothing_more_and_keeps_what_was_in_flight(path):
    with StubServer(delay_seconds=0.05) as stub:
        model = EndpointModel(stub.url("ok"), "m", concurrency=4)
        model.open(path, authorisation=LEAVE, limits=Limits(), prices=(), now=lambda: NOW)
        replies = model.answer([query(str(k)) for k in range(100)])
        next(replies)
        replies.close()
        model.close()
        with Ledger(path) as ledger:
            assert ledger.totals().answers == stub.calls() < 20
    assert not [thread for thread in threading.enumerate() if thread.name in ("endpoint", "ledger")]


def test_a_plan_builds_it_by_name_with_checked_options(stub, path):
    options = {
        "url": stub.url("ok"),
        "model": "m",
        "requests_per_minute": 6000,
        "stop": ["END"],
        "extra": {"top_p": 0.5},
    }
    model = plugins.build("models", Use(use="openai", options=options))
    assert one(model, path).text == "olleh"
    with pytest.raises(UnknownKeyError, match="unknown option 'modle'; did you mean 'model'"):
        plugins.build("models", Use(use="openai", options={"url": stub.url("ok"), "modle": "m"}))
