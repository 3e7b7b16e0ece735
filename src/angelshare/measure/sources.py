"""Asking: the teacher, the base and the open teacher answer queries and test items, each only once per run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from angelshare.core import plugins
from angelshare.core.errors import RunFolderError
from angelshare.core.protocols import Model, Remote
from angelshare.core.record import record
from angelshare.core.records import Completion, Item, Plan, Price, Query, Sampling, Transcript, Use
from angelshare.measure.cell import Asking, ask, defended
from angelshare.measure.engines import Engine
from angelshare.models.replay import from_transcript, to_transcript
from angelshare.store.runs import RunFolder

Advance = Callable[[int], None]
"""Called with the number of units just finished."""


@record
class Errand:
    """A batch of queries for one source, kept under one name."""

    name: str
    """Transcript file name without ending."""

    use: Use
    """Which model."""

    queries: Sequence[Query]
    """What it is asked."""

    through: Sequence[Use] = ()
    """Defences between model and asker, the innermost first."""


def run_errands(
    errands: Sequence[Errand],
    plan: Plan,
    folder: RunFolder,
    *,
    engine: Engine,
    now: Callable[[], datetime],
    advance: Advance,
) -> dict[str, list[Completion]]:
    """Answer every errand not yet on disk: remote models here, through the ledger; local ones by the engine."""
    done: dict[str, list[Completion]] = {}
    missing = []
    for errand in errands:
        rows = folder.load_transcripts(errand.name)
        if rows is None:
            missing.append(errand)
        else:
            _require_same(errand, rows, folder.path)
            done[errand.name] = _read(errand, rows)
            advance(len(rows))
    local = [errand for errand in missing if not is_remote(errand.use)]
    jobs = [Asking(model=errand.use, queries=errand.queries, through=errand.through) for errand in local]
    for index, completions in engine.run(ask, jobs):
        errand = local[index]
        done[errand.name] = _keep(folder, errand, completions, plan, model_name(errand.use))
        advance(len(completions))
    # local models first: whatever is wrong with them shows before anyone is paid
    with ExitStack() as stack:
        paid = [errand for errand in missing if is_remote(errand.use)]
        models = {_key(e.use): e.use for e in paid}
        ready = {key: stack.enter_context(opened(use, plan, folder.path, now)) for key, use in models.items()}
        for errand in paid:
            model = ready[_key(errand.use)]
            replies = _counted(defended(model, errand.through).answer(errand.queries), advance)
            done[errand.name] = _keep(folder, errand, replies, plan, model.name)
    return done


def _key(use: Use) -> str:
    return use.use + repr(sorted(use.options.items()))


def _require_same(errand: Errand, rows: Sequence[Transcript], path: Path) -> None:
    """Refuse transcripts that answer other questions than this plan asks: the task's data were changed in between."""
    asked = [(query.id, tuple(query.messages), query.sampling.draw) for query in errand.queries]
    if [(row.id, tuple(row.prompt), row.draw) for row in rows] != asked:
        raise RunFolderError(
            f"{path}: transcripts/{errand.name}.jsonl answers other queries than the plan now asks; the task's data "
            "were changed since the run was begun: put them back, or use another --out"
        )


def is_remote(use: Use) -> bool:
    """Say whether a model is hosted by someone else, from the class alone: nothing is loaded or called."""
    return plugins.is_remote(use)


@contextmanager
def opened(use: Use, plan: Plan, path: Path, now: Callable[[], datetime]) -> Iterator[Model]:
    """Build a remote model and open its ledger under the plan's authorisation, limits and prices."""
    model: Remote = plugins.build("models", use)
    model.open(
        path / "ledger.sqlite", authorisation=plan.authorisation, limits=plan.limits, prices=plan.prices, now=now
    )
    try:
        yield model
    finally:
        model.close()


def model_name(use: Use) -> str:
    """Name a model in tables without building it."""
    for key in ("name", "model", "path"):
        if use.options.get(key):
            return str(use.options[key])
    return use.use


def price_of(plan: Plan, model: str) -> Price | None:
    """Find the plan's latest price row for a model."""
    return max((price for price in plan.prices if price.model == model), key=lambda price: price.on, default=None)


def cost_of(completion: Completion, price: Price | None) -> float | None:
    """Price one call in dollars; None without a price row."""
    if completion.cost_usd is not None or price is None:
        return completion.cost_usd
    return (completion.tokens_in * price.usd_per_million_in + completion.tokens_out * price.usd_per_million_out) / 1e6


def _counted(completions: Iterator[Completion], advance: Advance) -> Iterator[Completion]:
    for completion in completions:
        advance(1)
        yield completion


def _keep(
    folder: RunFolder, errand: Errand, completions: Iterator[Completion] | Sequence[Completion], plan: Plan, name: str
) -> list[Completion]:
    rows = list(completions)
    price = price_of(plan, name)
    priced = [dataclasses.replace(row, cost_usd=cost_of(row, price)) for row in rows]
    transcripts = [to_transcript(query, row, name) for query, row in zip(errand.queries, priced, strict=True)]
    folder.save_transcripts(errand.name, transcripts)
    return _read(errand, transcripts)


def _read(errand: Errand, rows: Sequence[Transcript]) -> list[Completion]:
    return [from_transcript(row, query) for row, query in zip(rows, errand.queries, strict=True)]


def asking_for_logprobs(item: Item, top: int) -> Query:
    """Ask a query with its top-k alternatives per token."""
    sampling = item.query.sampling
    wanted = Sampling(
        max_tokens=sampling.max_tokens, temperature=sampling.temperature, top_logprobs=top, draw=sampling.draw
    )
    return Query(id=item.query.id, messages=item.query.messages, sampling=wanted)
