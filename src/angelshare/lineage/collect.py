"""Ask every model of a plan the same prompts: what a comparison of answers stands on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path

from angelshare.core import plugins
from angelshare.core.errors import AnswersError, PlanError
from angelshare.core.protocols import Model, Remote
from angelshare.core.record import record
from angelshare.core.records import Authorisation, Completion, Limits, Message, Price, Query, Sampling, Use
from angelshare.core.strict import decode_toml
from angelshare.lineage.formats import Reply
from angelshare.store.files import make_folder, read_jsonl, storage_errors, write_jsonl


@record
class Probe:
    """One line of a file of prompts."""

    prompt_id: str
    """Names the prompt."""

    prompt: str
    """The prompt, as the user's turn."""


@record
class Asked:
    """One model to be asked."""

    name: str
    """Its name, and that of its file."""

    model: Use
    """What answers."""


@record
class CollectPlan:
    """Which prompts are put to which models."""

    name: str
    """Short name."""

    prompts: str
    """JSON Lines of `prompt_id` and `prompt`, a path relative to the plan."""

    ask: Sequence[Asked]
    """The models: suspect, teachers or panel."""

    max_tokens: int = 512
    """Longest reply, the same for all."""

    temperature: float = 0.0
    """0 is greedy; the same for all."""

    system: str = ""
    """A system message, the same for all; empty for none."""

    authorisation: Authorisation | None = None
    """Needed as soon as any model is remote."""

    limits: Limits = field(default_factory=Limits)
    """Hard caps."""

    prices: Sequence[Price] = ()
    """Dated price rows."""


def read_plan(path: Path) -> CollectPlan:
    """Read a plan of collection; raises StorageError, PlanError or UnknownKeyError."""
    with storage_errors(path, "read this plan"):
        data = path.read_bytes()
    try:
        plan = decode_toml(data.decode("utf-8"), CollectPlan, str(path))
    except UnicodeDecodeError:
        raise PlanError(f"{path}: not UTF-8; save it as UTF-8") from None
    names = [asked.name for asked in plan.ask]
    for name in names:
        if names.count(name) > 1 or not name or set(name) & set("/\\") or name.startswith("."):
            raise PlanError(f"{path}: ask: '{name}' cannot name a file of its own; give each model another plain name")
    for asked in plan.ask:
        plugins.check("models", asked.model)
    return plan


def read_probes(path: Path) -> Sequence[Probe]:
    """Read a file of prompts; raises AnswersError for a prompt that is given twice or is empty."""
    probes = list(read_jsonl(path, Probe))
    seen: set[str] = set()
    for number, probe in enumerate(probes, start=1):
        if probe.prompt_id in seen or not probe.prompt.strip():
            what = "is given twice" if probe.prompt_id in seen else "is empty"
            raise AnswersError(f"{path}, line {number}: prompt '{probe.prompt_id}' {what}")
        seen.add(probe.prompt_id)
    if not probes:
        raise AnswersError(f"{path}: holds no prompts; one JSON object a line with prompt_id and prompt")
    return probes


def collect(
    plan: CollectPlan,
    probes: Sequence[Probe],
    out: Path,
    *,
    now: Callable[[], datetime],
    advance: Callable[[int], None],
) -> Iterator[Path]:
    """Ask each model every prompt and write its answers, whole or not at all; gives each file as it is done.

    A file that is there already is kept if it answers the same prompts, else refused. Paid answers stand in a ledger,
    so that a killed run pays for none of them again.

    Raises AuthorisationError for a remote model without leave, and what asking raises.
    """
    make_folder(out)
    for asked in plan.ask:
        path = out / f"{asked.name}.jsonl"
        if path.exists():
            _require_same(path, probes)
            advance(len(probes))
        else:
            with _opened(asked, plan, out, now) as model:
                write_jsonl(path, list(_asked(model, plan, probes, advance)))
        yield path


def _asked(
    model: Model, plan: CollectPlan, probes: Sequence[Probe], advance: Callable[[int], None]
) -> Iterator[Reply]:  # fmt: skip
    sampling = Sampling(max_tokens=plan.max_tokens, temperature=plan.temperature)
    first = [Message(role="system", content=plan.system)] if plan.system else []
    queries = [
        Query(id=probe.prompt_id, messages=[*first, Message(role="user", content=probe.prompt)], sampling=sampling)
        for probe in probes
    ]
    for probe, completion in zip(probes, model.answer(queries), strict=True):
        advance(1)
        yield _reply(probe, completion)


def _reply(probe: Probe, completion: Completion) -> Reply:
    return Reply(
        prompt_id=probe.prompt_id, text=completion.text, prompt=probe.prompt, truncated=completion.truncated
    )  # fmt: skip


@contextlib.contextmanager
def _opened(asked: Asked, plan: CollectPlan, out: Path, now: Callable[[], datetime]) -> Iterator[Model]:
    model: Model = plugins.build("models", asked.model)
    if not isinstance(model, Remote) or not model.remote:
        yield model
        return
    model.open(
        out / "ledger.sqlite", authorisation=plan.authorisation, limits=plan.limits, prices=plan.prices, now=now
    )  # fmt: skip
    try:
        yield model
    finally:
        model.close()


def _require_same(path: Path, probes: Sequence[Probe]) -> None:
    kept = [(reply.prompt_id, reply.prompt) for reply in read_jsonl(path, Reply)]
    if kept != [(probe.prompt_id, probe.prompt) for probe in probes]:
        raise AnswersError(
            f"{path}: answers other prompts than the plan now asks; put the prompts back, or use another --out"
        )
