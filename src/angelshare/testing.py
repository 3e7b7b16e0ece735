"""The conformance kit: one check per socket, for plug-ins of third parties and for the built-in ones alike.

Each check uses the plug-in as an audit would and raises BrokenPromiseError at the first promise of
`core.protocols` that does not hold. Passing does not make a plug-in right; failing makes its numbers wrong.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import AngelshareError, LogLineError
from angelshare.core.protocols import Defence, Detector, Fitted, Model, Reader, Remote, Student, Task
from angelshare.core.records import Completion, Evidence, Extractor, Item, Meter, Pair, Query, Ring

RINGS: tuple[Ring, ...] = ("near", "far", "held_out")
EXTRACTORS: tuple[Extractor, ...] = ("strict", "flexible")
ROUNDING = 1e-4
"""Slack for probabilities that were summed up in single precision."""


class BrokenPromiseError(AngelshareError, AssertionError):
    """A plug-in does not keep what its protocol promises."""


def check_model(model: Model, queries: Sequence[Query]) -> list[Completion]:
    """Check that `model` answers as promised, and give its answers.

    Args:
        model: what is checked; a remote one must be open.
        queries: at least two, which the model can answer.

    Raises BrokenPromiseError.
    """
    where = f"model {type(model).__name__}"
    _promise(isinstance(model, Model), where, "it has `name`, `remote` and `answer(queries)`")
    _promise(isinstance(model.name, str) and bool(model.name), where, "`name` is a text that is not empty")
    _promise(isinstance(model.remote, bool), where, "`remote` is True or False")
    _promise(not model.remote or isinstance(model, Remote), where, "a remote model has `open` and `close`")
    _promise(len(queries) > 1, where, "it is checked with two queries at least")
    _promise(not list(model.answer(iter(()))), where, "no queries get no completions")
    completions = list(model.answer(query for query in queries))
    _promise(
        [done.query_id for done in completions] == [query.id for query in queries], where,
        "each query gets one completion that carries its id, in the order of the queries",
    )  # fmt: skip
    for query, done in zip(queries, completions, strict=True):
        _check_completion(query, done, f"{where}, query {query.id}")
    if not model.remote:
        again = list(model.answer(reversed(queries)))[::-1]
        same = [a.text == b.text for a, b in zip(completions, again, strict=True)]
        _promise(all(same), where, "the same query and draw get the same text again, in whatever order they are asked")
    return completions


def check_student(student: Student, pairs: Sequence[Pair], *, workspace: Path, seed: int = 1) -> Fitted:
    """Check that a recipe trains as promised, and give what it trained; it trains twice, so give few pairs.

    Raises BrokenPromiseError.
    """
    where = f"student {type(student).__name__}"
    _promise(isinstance(student, Student), where, "it has `fit(pairs, *, seed, workspace)`")
    here = sorted(Path.cwd().iterdir())
    fitted, again = (_fitted(student, pairs, seed=seed, workspace=workspace / name) for name in ("first", "second"))
    _promise(isinstance(fitted, Fitted), where, "`fit` gives a Fitted(model, meter)")
    _promise(sorted(Path.cwd().iterdir()) == here, where, "scratch files go to `workspace`, not to the current folder")
    queries = [pair.query for pair in pairs[:8]]
    answers = check_model(fitted.model, queries)
    repeated = [done.text for done in again.model.answer(queries)]
    _promise([done.text for done in answers] == repeated, where, "the same pairs and seed give the same student")
    _promise(not fitted.model.remote, where, "a trained student is a local model")
    if fitted.meter is not None:
        _check_meter(fitted.meter, where)
    return fitted


def check_task(task: Task, *, n: int = 40) -> None:
    """Check that a task asks and judges as promised; `n` queries and `n` items per domain and ring are drawn.

    Raises BrokenPromiseError.
    """
    where = f"task {type(task).__name__}"
    _promise(isinstance(task, Task), where, "it has all that core.protocols.Task names")
    _promise(bool(task.domains), where, "`domains` names at least one queried domain")
    _promise(len(set(task.domains)) == len(task.domains), where, "`domains` names each domain once")
    queries = list(task.queries(n, seed=1))
    _check_queries(task, queries, where)
    asked = {tuple(item.query.messages) for item in queries} | {
        tuple(q.query.messages) for q in task.queries(n, seed=2)
    }
    items = {ring: list(task.items(ring, n)) for ring in RINGS}
    _promise(bool(items["near"]), where, "the near ring has test items: without them nothing can be measured")
    for ring in RINGS:
        _check_ring(task, ring, items[ring], n=n, asked=asked, where=f"{where}, ring {ring}")
    for item in [*queries, *(item for ring in RINGS for item in items[ring])]:
        _check_judgement(task, item, f"{where}, item {item.id}")
    for domain in task.domains:
        _check_blindness(task, [item for item in queries if item.domain == domain], f"{where}, domain {domain}")


def check_defence(defence: Defence, model: Model, queries: Sequence[Query]) -> list[Completion]:
    """Check that a defence turns `model` into a model and leaves `model` itself alone; give the defended answers.

    Raises BrokenPromiseError.
    """
    where = f"defence {getattr(defence, '__name__', type(defence).__name__)}"
    _promise(callable(defence), where, "it is called with a model")
    before = [done.text for done in model.answer(queries)]
    defended = defence(model)
    _promise(isinstance(defended, Model), where, "it gives a model, with `name`, `remote` and `answer(queries)`")
    _promise(defended.remote == model.remote, where, "a remote model stays remote, so that it still needs leave")
    cost = getattr(defended, "cost", None)
    _promise(cost is None or isinstance(cost, DefenceCost), where, "`cost`, where there is one, is a DefenceCost")
    answers = check_model(defended, queries)
    after = [done.text for done in model.answer(queries)]
    _promise(model.remote or before == after, where, "the model it was given answers as before")
    return answers


def check_reader(reader: Reader, records: Sequence[Any]) -> None:
    """Check that a reader knows the records of its own format, reads them alike twice, and refuses what is none.

    What the columns must be is the business of the room that reads them.

    Args:
        reader: the reader.
        records: sound records of its format as it gets them: JSON objects, or lines of text.

    Raises BrokenPromiseError.
    """
    where = f"reader {type(reader).__name__}"
    for method in ("fits", "rows"):
        _promise(callable(getattr(reader, method, None)), where, f"it has `{method}(record)`")
    _promise(bool(getattr(reader, "name", "")), where, "it has a `name`")
    _promise(any(reader.fits(record) for record in records), where, "`fits` knows a record of its own format")
    found = [dict(row) for record in records for row in reader.rows(record)]
    _promise(bool(found), where, "`rows` gives a request of sound records")
    _promise(
        all(isinstance(name, str) for row in found for name in row), where, "a row maps names of columns to values"
    )
    again = [dict(row) for record in records for row in reader.rows(record)]
    _promise(found == again, where, "the same records give the same rows again")
    odds: tuple[object, ...] = (None, 7, "", "?", [], {}, {"": None})
    for odd in odds:
        _promise(not reader.fits(odd), where, f"`fits` does not take {odd!r} for a record of its own")
        try:
            list(reader.rows(odd))
        except AngelshareError as error:
            _promise(isinstance(error, LogLineError), where, f"a bad line is a LogLineError, not {error!r}")
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            _promise(holds=False, where=where, promise=f"a bad line is a LogLineError, not a bare {error!r}")


def check_detector(detector: Detector, table: Any) -> list[Evidence]:  # noqa: ANN401 - whatever table its room uses
    """Check that a detector gives evidence in due form, and the same twice.

    Whether its p-values are calibrated takes a simulation, which no quick check replaces. Raises BrokenPromiseError.
    """
    where = f"detector {type(detector).__name__}"
    _promise(callable(getattr(detector, "examine", None)), where, "it has `examine(table)`")
    found = list(detector.examine(table))
    _promise(all(isinstance(each, Evidence) for each in found), where, "`examine` yields Evidence")
    for evidence in found:
        _promise(0 <= evidence.p_value <= 1, where, f"a p-value lies in [0, 1]; found {evidence.p_value}")
        _promise(math.isfinite(evidence.statistic), where, f"a statistic is a number; found {evidence.statistic}")
        _promise(evidence.n > 0, where, f"evidence rests on at least one unit; found n = {evidence.n}")
        _promise(bool(evidence.null.strip()), where, "evidence names its null hypothesis in words")
    _promise(list(detector.examine(table)) == found, where, "the same table gives the same evidence again")
    return found


def _promise(holds: bool, where: str, promise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise BrokenPromiseError(f"{where}: broken promise: {promise}")


def _check_completion(query: Query, done: Completion, where: str) -> None:
    _promise(isinstance(done, Completion), where, "`answer` yields Completion records")
    _promise(min(done.tokens_in, done.tokens_out, done.tokens_delivered) >= 0, where, "token counts are not negative")
    _promise(
        done.tokens_delivered <= done.tokens_out, where,
        f"no more tokens are delivered than billed; found {done.tokens_delivered} of {done.tokens_out}",
    )  # fmt: skip
    _promise(not (done.refused and done.text), where, "a refusal delivers no text")
    _promise(not done.text or done.tokens_out > 0 or done.usage_estimated, where, "a reply that has text has tokens")
    _promise(done.cost_usd is None or done.cost_usd >= 0, where, "a cost is not negative; None where it is not known")
    _promise(
        done.certainty is None or -ROUNDING <= done.certainty <= 1 + ROUNDING, where,
        f"a certainty is a probability; found {done.certainty}",
    )  # fmt: skip
    _promise(
        bool(query.sampling.top_logprobs) or not done.logprobs, where, "logprobs come only where they are asked for"
    )
    for place in done.logprobs:
        _promise(len(place.tokens) == len(place.logprobs), where, "each alternative has one log probability")
        _promise(all(p <= ROUNDING for p in place.logprobs), where, "log probabilities are numbers of at most 0")
        falling = list(place.logprobs) == sorted(place.logprobs, reverse=True)
        _promise(falling, where, "alternatives come the most likely first")


def _fitted(student: Student, pairs: Sequence[Pair], *, seed: int, workspace: Path) -> Fitted:
    workspace.mkdir()
    return student.fit(pairs, seed=seed, workspace=workspace)


def _check_meter(meter: Meter, where: str) -> None:
    for name in ("steps", "examples", "tokens", "training_flop", "wall_seconds"):
        value = getattr(meter, name)
        _promise(value > 0 and math.isfinite(value), where, f"the meter's `{name}` is above 0; found {value}")
    _promise(math.isfinite(meter.loss), where, f"the meter's `loss` is a number; found {meter.loss}")


def _check_queries(task: Task, queries: Sequence[Item], where: str) -> None:
    n = len(queries)
    _promise(n > 1, where, "there are queries to draw")
    _promise(len({item.id for item in queries}) == n, where, "query ids are unique")
    _promise(len({tuple(item.query.messages) for item in queries}) == n, where, "no query is drawn twice")
    _promise(all(item.ring == "queried" for item in queries), where, "queries are of the ring `queried`")
    _promise({item.domain for item in queries} <= set(task.domains), where, "queries are of the queried domains")
    counts = [sum(item.domain == domain for item in queries) for domain in task.domains]
    _promise(max(counts) - min(counts) <= 1, where, f"queries are balanced over domains; found {counts}")
    _promise(list(task.queries(n, seed=1)) == list(queries), where, "the same seed draws the same queries")
    _promise(list(task.queries(n // 2, seed=1)) == list(queries[: n // 2]), where, "the first k queries depend on no n")


def _check_ring(task: Task, ring: Ring, items: Sequence[Item], *, n: int, asked: Iterable[object], where: str) -> None:
    _promise(len({item.id for item in items}) == len(items), where, "item ids are unique")
    _promise(all(item.ring == ring for item in items), where, f"its items say they are `{ring}`")
    _promise(list(task.items(ring, n)) == list(items), where, "the same items are given again")
    domains = [item.domain for item in items]
    _promise(all(domains.count(domain) <= n for domain in set(domains)), where, "it gives n items a domain at most")
    outside = set(domains) - set(task.domains)
    _promise(not outside or ring == "held_out", where, f"its domains are queried ones; found {sorted(outside)}")
    _promise(ring != "held_out" or outside == set(domains), where, "held-out items are of domains never queried")
    both = {tuple(item.query.messages) for item in items} & set(asked)
    _promise(not both, where, f"a test item is never among the queries; found {len(both)} that are")


def _check_judgement(task: Task, item: Item, where: str) -> None:
    _promise(task.score(item, item.answer) == 1, where, "the reference answer scores 1")
    _promise(task.score(item, None) == 0, where, "no answer scores 0")
    for text in (item.worked or item.answer, item.answer, "", "?"):
        trace, answer = task.split(text)
        _promise(isinstance(trace, str) and isinstance(answer, str), where, "`split` gives two texts")
        for extractor in EXTRACTORS:
            found = task.extract(item, text, extractor)
            _promise(found is None or 0 <= task.score(item, found) <= 1, where, "a score lies in [0, 1]")
        style = list(task.style(item, text))
        _promise(len(style) == len(task.style_features), where, "a style vector has an entry per style feature")
        _promise(all(math.isfinite(value) for value in style), where, f"a style is made of numbers; found {style}")
    read = task.extract(item, item.answer, "flexible")
    _promise(
        read is not None and task.score(item, read) == 1, where,
        f"the reference answer, given as the reply, is read and scores 1; read {read!r} in {item.answer!r}",
    )  # fmt: skip


def _check_blindness(task: Task, items: Sequence[Item], where: str) -> None:
    """Change the reference answer behind a reply's back: the style must not notice."""
    for item, other in pairwise(items):
        text = item.worked or item.answer
        blind = list(task.style(item, text)) == list(task.style(dataclasses.replace(item, answer=other.answer), text))
        _promise(blind, where, "style does not look at whether a reply is right")
