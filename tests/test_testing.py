from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest

from angelshare.core import plugins
from angelshare.core.defences import DefenceCost
from angelshare.core.errors import LogLineError
from angelshare.core.marks import WatermarkKey
from angelshare.core.protocols import Fitted
from angelshare.core.records import Completion, Evidence, Pair, Query, TokenAlternatives, Use
from angelshare.defences.watermark.keys import write_key
from angelshare.models.checkpoint import CheckpointModel
from angelshare.tasks.skills import SkillsTask
from angelshare.testing import (
    BrokenPromiseError,
    check_defence,
    check_detector,
    check_model,
    check_reader,
    check_student,
    check_task,
)


class Echo:
    """A model that keeps every promise: it says the prompt again."""

    name = "echo"
    remote = False

    def answer(self, queries):
        for query in queries:
            yield self.one(query)

    def one(self, query: Query) -> Completion:
        text = query.messages[-1].content
        return Completion(
            query_id=query.id, text=text, tokens_in=len(text), tokens_out=len(text), tokens_delivered=len(text)
        )


@pytest.fixture(scope="module")
def queries() -> list[Query]:
    return [item.query for item in SkillsTask().items("near", 2)]


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return [Pair(query=item.query, reply=item.answer) for item in SkillsTask().queries(12, seed=1)]


# --- what is built in passes ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bundled:teacher", "bundled:base"])
def test_the_bundled_checkpoints_are_models(name, queries):
    sampled = [
        dataclasses.replace(
            q, id=f"{q.id}-hot", sampling=dataclasses.replace(q.sampling, temperature=1.0, top_logprobs=4)
        )
        for q in queries
    ]
    assert len(check_model(CheckpointModel(name), [*queries, *sampled])) == 2 * len(queries)


@pytest.mark.parametrize("name", ["sequence", "trace"])
def test_the_built_in_recipes_are_students(name, pairs, tmp_path):
    student = plugins.build("students", Use(use=name, options={"base": "bundled:base", "max_steps": 3}))
    assert check_student(student, pairs, workspace=tmp_path).meter.steps == 3


@pytest.mark.parametrize("use", ["skills", "reasoning-gym:chain_sum"])
def test_the_built_in_tasks_are_tasks(use):
    if use.startswith("reasoning-gym"):
        pytest.importorskip("reasoning_gym", reason="the extra angelshare[tasks] is not installed")
    check_task(plugins.build("tasks", Use(use=use)))


def test_labelled_lines_are_a_task(tmp_path):
    path = tmp_path / "capitals.jsonl"
    lines = [
        f'{{"prompt": "capital of land {k}?", "answer": "town {k % 7}", "domain": "{"ab"[k % 2]}"}}' for k in range(200)
    ]
    path.write_text("\n".join(lines) + "\n")
    check_task(plugins.build("tasks", Use(use="jsonl", options={"path": str(path), "test_share": 0.3})), n=30)


BASE = {"use": "hf", "options": {"path": "bundled:base"}}
TEACHER = {"use": "hf", "options": {"path": "bundled:teacher"}}
DEFENCES = {
    "adfp": {"proxy": BASE, "strength": 10.0, "key": "KEY"},
    "antidistillation": {"proxy": BASE, "task": {"use": "skills"}, "strength": 0.2, "queries": 8},
    "depth-cut": {"steps": 1},
    "doge": {"model": TEACHER},
    "product-of-experts": {"proxy": BASE, "weight": 0.3},
    "rate-refusal": {"share": 0.4, "most": 2},
    "rewrite": {"model": BASE},
    "smaller-model": {"model": BASE, "share": 0.5},
    "temperature": {"value": 1.5},
    "top-k": {"k": 1, "decimals": 1},
    "watermark": {"key": "KEY", "temperature": 1.0},
}
"""Options of the defences that need some."""


@pytest.mark.parametrize("name", sorted(plugins.installed("defences")))
def test_every_built_in_defence_is_a_defence(name, queries, tmp_path):
    teacher = CheckpointModel("bundled:teacher")
    key = tmp_path / "key.toml"
    write_key(key, WatermarkKey(scheme="kgw", secret="0123456789abcdef", vocabulary_size=99))
    options = {k: str(key) if v == "KEY" else v for k, v in DEFENCES.get(name, {}).items()}
    with_tops = [dataclasses.replace(q, sampling=dataclasses.replace(q.sampling, top_logprobs=2)) for q in queries]
    defence = plugins.build("defences", Use(use=name, options=options))
    assert check_defence(defence, teacher, with_tops)
    assert isinstance(defence(teacher).cost, DefenceCost)


# --- what is broken fails, and the message says which promise -------------------------------------


def broken(**changes):
    """An echo whose completions are changed."""

    class Broken(Echo):
        def one(self, query):
            return dataclasses.replace(super().one(query), **changes)

    return Broken()


class Backwards(Echo):
    def answer(self, queries):
        yield from reversed(list(super().answer(queries)))


class Forgetful(Echo):
    def answer(self, queries):
        yield from list(super().answer(queries))[1:]


class Moody(Echo):
    def __init__(self):
        self.mood = count()

    def one(self, query):
        return dataclasses.replace(super().one(query), text=f"mood {next(self.mood)}")


class Nameless(Echo):
    name = ""


class HalfRemote(Echo):
    remote = True


class Talkative(Echo):
    def answer(self, queries):
        yield from super().answer(queries)
        yield Completion(query_id="extra", text="and another thing", tokens_out=3)


@pytest.mark.parametrize(
    ("model", "promise"),
    [
        (Backwards(), "one completion that carries its id, in the order"),
        (Forgetful(), "one completion that carries its id, in the order"),
        (Talkative(), "no queries get no completions"),
        (Moody(), "the same text again"),
        (Nameless(), "`name` is a text that is not empty"),
        (HalfRemote(), "a remote model has `open` and `close`"),
        (object(), r"it has `name`, `remote` and `answer\(queries\)`"),
        (broken(tokens_delivered=99, tokens_out=9), "no more tokens are delivered than billed; found 99 of 9"),
        (broken(tokens_in=-1), "token counts are not negative"),
        (broken(refused=True), "a refusal delivers no text"),
        (broken(tokens_out=0, tokens_delivered=0), "a reply that has text has tokens"),
        (broken(cost_usd=-1.0), "a cost is not negative"),
        (broken(certainty=1.5), "a certainty is a probability; found 1.5"),
        (
            broken(logprobs=[TokenAlternatives(tokens=["a"], logprobs=[-1.0])]),
            "logprobs come only where they are asked",
        ),
    ],
)
def test_a_broken_model_fails_by_the_promise_it_breaks(model, promise, queries):
    with pytest.raises(BrokenPromiseError, match=f"model {type(model).__name__}.*broken promise: .*{promise}"):
        check_model(model, queries)


@pytest.mark.parametrize(
    ("tokens", "logprobs", "promise"),
    [
        (["a"], [-1.0, -2.0], "each alternative has one log probability"),
        (["a"], [0.5], "at most 0"),
        (["a", "b"], [-2.0, -1.0], "the most likely first"),
    ],
)
def test_alternatives_out_of_form_are_caught(tokens, logprobs, promise, queries):
    asking = [dataclasses.replace(q, sampling=dataclasses.replace(q.sampling, top_logprobs=2)) for q in queries]
    with pytest.raises(BrokenPromiseError, match=promise):
        check_model(broken(logprobs=[TokenAlternatives(tokens=tokens, logprobs=logprobs)]), asking)


def test_the_unbroken_echo_passes(queries):
    check_model(Echo(), queries)


class Parrot:
    """A student that keeps every promise."""

    def fit(self, pairs: Sequence[Pair], *, seed: int, workspace: Path) -> Fitted:
        return Fitted(Echo(), None)


class Restless(Parrot):
    runs = count()

    def fit(self, pairs, *, seed, workspace):
        run = next(self.runs)

        class Run(Echo):
            def one(self, query):
                return dataclasses.replace(super().one(query), text=f"run {run}")

        return Fitted(Run(), None)


class Untidy(Parrot):
    def fit(self, pairs, *, seed, workspace):
        Path("scratch.bin").touch()
        return super().fit(pairs, seed=seed, workspace=workspace)


class Bare(Parrot):
    def fit(self, pairs, *, seed, workspace):
        return Echo()


@pytest.mark.parametrize(
    ("student", "promise"),
    [
        (Restless(), "the same pairs and seed give the same student"),
        (Untidy(), "scratch files go to `workspace`"),
        (Bare(), r"`fit` gives a Fitted\(model, meter\)"),
        (object(), "it has `fit"),
    ],
)
def test_a_broken_student_fails_by_the_promise_it_breaks(student, promise, pairs, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(BrokenPromiseError, match=f"student {type(student).__name__}: broken promise: {promise}"):
        check_student(student, pairs, workspace=tmp_path)


def test_the_unbroken_parrot_passes(pairs, tmp_path):
    assert check_student(Parrot(), pairs, workspace=tmp_path).meter is None


class Leaky(SkillsTask):
    def items(self, ring, n):
        queries = self.queries(n, seed=1)
        leak = [dataclasses.replace(item, id=f"leak-{item.id}", ring="near") for item in queries[:4]]
        return leak if ring == "near" else super().items(ring, n)


class Drifting(SkillsTask):
    def queries(self, n, *, seed):
        return super().queries(n, seed=seed + n)


class Lopsided(SkillsTask):
    def queries(self, n, *, seed):
        return [item for item in super().queries(4 * n, seed=seed) if item.domain == "add"][:n]


class Peeking(SkillsTask):
    def style(self, item, text):
        return (float(item.answer in text), 0.0)


class Stern(SkillsTask):
    def score(self, item, answer):
        return 0.0


class Lavish(SkillsTask):
    def score(self, item, answer):
        return 1.0


class Unstyled(SkillsTask):
    def style(self, item, text):
        return (1.0,)


class Untestable(SkillsTask):
    def items(self, ring, n):
        return []


class Mislabelled(SkillsTask):
    def items(self, ring, n):
        return super().items("near" if ring == "held_out" else ring, n)


@pytest.mark.parametrize(
    ("task", "promise"),
    [
        (Leaky(), "a test item is never among the queries; found 4"),
        (Drifting(), "the first k queries depend on no n"),
        (Lopsided(), r"balanced over domains; found \[40, 0, 0, 0\]"),
        (Peeking(), "style does not look at whether a reply is right"),
        (Stern(), "the reference answer scores 1"),
        (Lavish(), "no answer scores 0"),
        (Unstyled(), "an entry per style feature"),
        (Untestable(), "the near ring has test items"),
        (Mislabelled(), "its items say they are `held_out`"),
    ],
)
def test_a_broken_task_fails_by_the_promise_it_breaks(task, promise):
    with pytest.raises(BrokenPromiseError, match=f"task {type(task).__name__}.*broken promise: .*{promise}"):
        check_task(task)


def unhosted(model):
    """A defence that hides that someone else hosts the model."""
    hidden = Echo()
    hidden.remote = not model.remote
    return hidden


def costing(model):
    """A defence that tells its cost as a bare number."""
    echo = Echo()
    echo.cost = 2.0
    return echo


def spoiling(model):
    """A defence that changes the model it was given."""
    model.one = lambda query: Completion(query_id=query.id, text="spoilt", tokens_out=1)
    return Echo()


@pytest.mark.parametrize(
    ("defence", "promise"),
    [
        (lambda model: None, "it gives a model"),
        (unhosted, "a remote model stays remote"),
        (costing, "is a DefenceCost"),
        (spoiling, "the model it was given answers as before"),
        ("block", "it is called with a model"),
    ],
)
def test_a_broken_defence_fails_by_the_promise_it_breaks(defence, promise, queries):
    with pytest.raises(BrokenPromiseError, match=promise):
        check_defence(defence, Echo(), queries)


class LineReader:
    """Reads lines of account, time and model."""

    name = "lines"

    def fits(self, record: object) -> bool:
        return isinstance(record, str) and record.count(" ") == 2

    def rows(self, record: object) -> Iterator[dict[str, str]]:
        if not isinstance(record, str) or record.count(" ") != 2:
            raise LogLineError("not three words")
        yield dict(zip(("account_id", "ts", "model"), record.split(" "), strict=True))


class BareReader(LineReader):
    def rows(self, record):
        account, ts, model = record.split(" ")
        yield {"account_id": account, "ts": ts, "model": model}


class GreedyReader(LineReader):
    def fits(self, record):
        return True


class SilentReader(LineReader):
    def rows(self, record):
        return ()


@pytest.mark.parametrize(
    ("reader", "promise"),
    [
        (BareReader(), "a bad line is a LogLineError, not a bare"),
        (GreedyReader(), "`fits` does not take None"),
        (SilentReader(), "gives a request of sound records"),
    ],
)
def test_a_reader_is_held_to_its_own_format_and_to_a_named_error(reader, promise):
    records = ["a1 2026-01-01T00:00:00Z m", "a2 2026-01-01T00:00:01Z m"]

    check_reader(LineReader(), records)
    with pytest.raises(BrokenPromiseError, match=promise):
        check_reader(reader, records)


FOUND = Evidence(test="sign", statistic=2.0, p_value=0.04, n=30, null="both accounts write alike")


class Detective:
    """Yields the evidence it was made with."""

    def __init__(self, *found: object) -> None:
        self.found = found

    def examine(self, table: object) -> Iterator[Evidence]:
        yield from self.found


@pytest.mark.parametrize(
    ("changes", "promise"),
    [
        ({"p_value": 1.2}, r"a p-value lies in \[0, 1\]; found 1.2"),
        ({"p_value": float("nan")}, "a p-value lies in"),
        ({"statistic": float("inf")}, "a statistic is a number"),
        ({"n": 0}, "rests on at least one unit"),
        ({"null": " "}, "names its null hypothesis"),
    ],
)
def test_evidence_out_of_form_is_caught(changes, promise):
    assert check_detector(Detective(FOUND), None) == [FOUND]
    with pytest.raises(BrokenPromiseError, match=promise):
        check_detector(Detective(dataclasses.replace(FOUND, **changes)), None)
    with pytest.raises(BrokenPromiseError, match="yields Evidence"):
        check_detector(Detective("guilty"), None)


def test_the_kit_sits_on_core_alone():
    source = Path(check_model.__code__.co_filename).read_text()
    imported = [line for line in source.splitlines() if line.startswith(("from angelshare", "import angelshare"))]
    assert imported
    assert all(line.startswith("from angelshare.core") for line in imported)
