"""The FLOP ledger of a model under every rule-set: which compute thresholds see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from importlib.resources import files

from angelshare.core.compute import ComputeLedger, ModelCard, RuleSet, ThresholdRow
from angelshare.core.errors import PlanError, nearest
from angelshare.core.record import record
from angelshare.core.records import Number, Source
from angelshare.core.strict import decode_toml
from angelshare.govern.compute_draws import Drawn, Settings, draw, number
from angelshare.govern.compute_lines import WorkedLine, line_row, quantity_row, read_quantities, work_lines
from angelshare.govern.compute_rows import Case, threshold_row
from angelshare.govern.compute_units import Range
from angelshare.govern.compute_verdicts import flop_span
from angelshare.govern.compute_words import sentence
from angelshare.govern.rulesets import sorted_rules, stands, state_on

BUNDLED = "bundled:"
"""Before the name of a model that travels with the package."""

_SIMPLE = "6ND and 2ND leave out attention over the context and other overhead (Kaplan et al. 2020, section 2.1)."


@record
class Asked:
    """What a ledger is asked for, besides the model and the rule-sets."""

    as_of: dt.date
    """The day whose law is answered with."""

    settings: Settings
    """Level, draws, seed."""

    show_all: bool = False
    """Rows for rule-sets that did not stand on that day too."""


@record
class Provenance:
    """Where a ledger comes from."""

    version: str
    """Version of angelshare."""

    command: str
    """How to run it again."""

    made_at: str
    """Instant in UTC."""

    files: Sequence[Source] = ()
    """Input files: name, SHA-256 as address."""


def bundled_model(name: str) -> str:
    """Give the text of a worked example that travels with the package, by name; raises PlanError."""
    found = {
        entry.name.removesuffix(".toml"): entry
        for entry in files("angelshare.govern").joinpath("models").iterdir()
        if entry.name.endswith(".toml")
    }
    if name not in found:
        raise PlanError(f"no bundled model is called '{name}'; {nearest(name, found)}")
    return found[name].read_text(encoding="utf-8")


def parse_model(text: str, where: str) -> ModelCard:
    """Read a model description; its quantities are checked when the ledger is made.

    Raises PlanError or UnknownKeyError.
    """
    card = decode_toml(text, ModelCard, where)
    if not card.lines:
        raise PlanError(f"{where}: no line says where compute was spent; add at least one [[lines]]")
    return card


def ledger(
    card: ModelCard, rules: Sequence[RuleSet], asked: Asked, *, where: str, provenance: Provenance
) -> ComputeLedger:  # fmt: skip
    """Work out a model's lines and hold them against every rule-set.

    Args:
        card: the model.
        rules: rule-sets, in any order.
        asked: day, level, draws and seed.
        where: name of the model's file, for messages.
        provenance: version, command and instant.

    Raises PlanError for quantities that cannot be read or units that do not come out, and for two rule-sets of one id.
    """
    settings = asked.settings
    _check_settings(settings)
    ranges = read_quantities(card, where)
    worked = work_lines(card, ranges, settings, where=where)
    rows, hidden = _rows(card, worked, _samples(ranges, settings), sorted_rules(rules), asked=asked)
    return ComputeLedger(
        model=card.name, total_flop=_total(worked, settings), parent_flop=_parent(worked, settings), rows=rows,
        sentence=sentence(card.name, rows, asked.as_of.isoformat()),
        lines=[line_row(line, ranges, settings) for line in worked],
        quantities=[quantity_row(name, card, held) for name, held in ranges.items()],
        as_of=asked.as_of.isoformat(), hidden=hidden, notes=_notes(card, worked), level=settings.level,
        draws=settings.draws, seed=settings.seed, files=provenance.files, version=provenance.version,
        command=provenance.command, made_at=provenance.made_at,
    )  # fmt: skip


def sees(result: ComputeLedger) -> bool:
    """Say whether any threshold in force sees the model for certain: exit code 1."""
    return any(row.seen == "yes" and row.state == "in force" for row in result.rows)


def _rows(
    card: ModelCard, worked: Sequence[WorkedLine], samples: Mapping[str, Drawn], rules: Sequence[RuleSet], *,
    asked: Asked,
) -> tuple[Sequence[ThresholdRow], int]:  # fmt: skip
    states = {one.id: state_on(one, asked.as_of) for one in rules}
    shown = [one for one in rules if asked.show_all or stands(states[one.id])]
    rows = [
        threshold_row(Case(
            card=card, worked=worked, samples=samples, rules=one, threshold=threshold, state=states[one.id],
            settings=asked.settings,
        ))
        for one in shown
        for threshold in one.thresholds
    ]  # fmt: skip
    return rows, len(rules) - len(shown)


def _samples(ranges: Mapping[str, Range | None], settings: Settings) -> Mapping[str, Drawn]:
    return {
        name: draw(held, name, settings)
        for name, held in ranges.items()
        if held is not None and held.dimensions == {"sample": 1}
    }


def _total(worked: Sequence[WorkedLine], settings: Settings) -> Number:
    own = [line for line in worked if line.line.kind != "parent_training"]
    unknown = sorted({name for line in own if line.flop is None for name in line.unknown})
    return number(
        flop_span(own, (), settings), settings,
        refused=f"unknown, and nothing is assumed: {', '.join(unknown)}" if own else "only the teacher is described",
    )  # fmt: skip


def _parent(worked: Sequence[WorkedLine], settings: Settings) -> Number | None:
    parent = [line for line in worked if line.line.kind == "parent_training"]
    if not parent:
        return None
    unknown = sorted({name for line in parent for name in line.unknown})
    refused = f"unknown, and nothing is assumed: {', '.join(unknown)}"
    return number(flop_span(parent, (), settings), settings, refused=refused)


def _notes(card: ModelCard, worked: Sequence[WorkedLine]) -> Sequence[str]:
    notes = [card.note] if card.note else []
    for name, given in card.quantities.items():
        if given.value == "unknown":
            assumed = f"assumed to be {given.assume} because {given.because}" if given.assume else "nothing is assumed"
            notes.append(f"{name} is unknown; {assumed}.")
    notes += [f"Line '{line.line.name}': {line.line.unusual}" for line in worked if line.line.unusual]
    if any(line.line.method in ("6ND", "2ND") for line in worked):
        notes.append(_SIMPLE)
    return notes


def _check_settings(settings: Settings) -> None:
    if not 0 < settings.level < 1:
        raise PlanError(f"the level {settings.level:g} is not between 0 and 1; 0.95 is usual")
    if settings.draws < FEWEST_DRAWS:
        raise PlanError(f"{settings.draws} draws are too few for ends of an interval; give at least {FEWEST_DRAWS}")
    if settings.draws > MOST_DRAWS:
        raise PlanError(f"{settings.draws} draws are more than memory holds with ease; give at most {MOST_DRAWS}")


FEWEST_DRAWS, MOST_DRAWS = 1000, 1_000_000
"""Fewer draws leave the ends of a 95 % interval to fewer than 25 of them; more change no printed digit."""
