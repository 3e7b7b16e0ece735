"""One anatomy for every page: what stands on it, in order, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import F
from django.utils.safestring import SafeString, mark_safe

from angelshare.core.catalogue import CataloguedSource, Cell, Claim
from angelshare.core.dossier import Dossier, DossierKind
from angelshare.core.record import record
from angelshare.report.numbers import count
from angelshare.workbench.claims_shown import ClaimRow, claim_rows
from angelshare.workbench.dossiers import TREATMENTS
from angelshare.workbench.graph import related_map
from angelshare.workbench.matrix_grid import Relation, shown_relation
from angelshare.workbench.models import Page, Revision
from angelshare.workbench.reading import Reading
from angelshare.workbench.runs_shown import RunBlock, run_blocks

KIND_NAMES: Mapping[DossierKind, str] = {
    "concept": "Concept", "instrument": "Instrument", "topic": "Topic", "article": "Article", "campaign": "Allegation",
    "terms": "Provider terms", "run": "Run",
}  # fmt: skip
"""What a page of each kind is called."""

STEP, LINE, PUBLISHED = "step of ", "threshold, ", "published "
"""How facts begin that are shown as lists of their own: an instrument's steps and thresholds, published figures."""

TREATMENT = "treatment of distillation"
_RECENT = 5


@record
class Linked:
    """A page that this one names."""

    slug: str
    """Its address."""

    title: str
    """Its title, or its slug where there is no such page."""

    definition: str
    """Its one sentence; "" where there is no such page."""

    exists: bool
    """There is such a page."""


@record
class CellRow:
    """One row of the page's part of the matrix."""

    other: Linked
    """The topic, on an instrument's page; the instrument, on a topic's."""

    anchor: str
    """Id of the row."""

    relation: Relation
    """What the instrument says on the topic."""

    pinpoint: str
    """Where."""

    claim: Claim | None
    """The claim behind it."""


@record
class First:
    """The instrument that was first to govern a topic."""

    instrument: Linked
    """Which."""

    on: str
    """Date of its first recorded step."""


@record
class Anatomy:
    """Everything a page shows."""

    reading: Reading
    """Page, revision and day."""

    kicker: str
    """What stands above the title: what it is, and its class where that says more."""

    facts: Mapping[str, Sequence[str]]
    """Short facts, each by line."""

    facts_lead: bool
    """The facts are what the page is for (an allegation's flags, a provider's terms), so they stand in the text."""

    steps: Mapping[str, str]
    """An instrument's life: date and status to event."""

    lines: Mapping[str, str]
    """An instrument's thresholds: what is counted and where the line is, to what follows."""

    published: Mapping[str, str]
    """Figures that others published."""

    runs: Sequence[RunBlock]
    """What our own runs measured."""

    used_by: Sequence[Linked]
    """Instruments."""

    related: Sequence[Linked]
    """Concepts."""

    graph: SafeString
    """Their map; "" if there is none."""

    articles: Sequence[Linked]
    """Articles."""

    cells: Sequence[CellRow]
    """Its row or column of the matrix."""

    first: First | None
    """Of a topic: who governed it first."""

    claims: Sequence[ClaimRow]
    """Claims."""

    sources: Sequence[CataloguedSource]
    """References."""

    history: Sequence[Revision]
    """Its latest revisions up to the one read, newest first."""


def anatomy(reading: Reading) -> Anatomy:
    """Gather what a page shows."""
    dossier = reading.dossier
    other = [cell.topic if dossier.kind == "instrument" else cell.instrument for cell in dossier.cells]
    linked = pages_named([*dossier.used_by, *dossier.related, *dossier.articles, *other])
    return Anatomy(
        reading=reading,
        kicker=_kicker(dossier),
        facts=(facts := _short_facts(dossier)),
        facts_lead=bool(facts) and dossier.kind in ("campaign", "terms"),
        steps=_facts_from(dossier, STEP),
        lines={threshold_words(name): said for name, said in _facts_from(dossier, LINE).items()},
        published=_facts_from(dossier, PUBLISHED),
        runs=run_blocks(dossier.measured),
        used_by=[linked[name] for name in dossier.used_by],
        related=[linked[name] for name in dossier.related],
        graph=mark_safe(related_map(dossier.slug, dossier.title, dossier.related)),  # noqa: S308 - escaped by report.markup
        articles=[linked[name] for name in dossier.articles],
        cells=_cell_rows(dossier, linked),
        first=_first(dossier, linked) if dossier.kind == "topic" else None,
        claims=claim_rows(dossier, reading.on),
        sources=dossier.sources,
        history=_history(reading),
    )


def pages_named(slugs: Iterable[str]) -> Mapping[str, Linked]:
    """Give every page named, also one that is not there."""
    wanted = list(dict.fromkeys(slugs))
    rows = Page.objects.filter(slug__in=wanted, head__isnull=False).values_list(
        "slug", "title", F("head__dossier__definition")
    )
    found = {
        slug: Linked(slug=slug, title=title, definition=definition or "", exists=True)
        for slug, title, definition in rows
    }
    return {slug: found.get(slug) or Linked(slug=slug, title=slug, definition="", exists=False) for slug in wanted}


def threshold_words(name: str) -> str:
    """Write a threshold for people: "training flop above 1e+25" is "training FLOP above 10²⁵"."""
    words, _, value = name.replace(" flop", " FLOP").replace(" usd", " in US$").rpartition(" ")
    try:
        amount = count(float(value))
    except ValueError:
        return name  # a fact that a person wrote, in a form of its own
    return f"{words} {amount.replace('.00 ×', ' ×').removeprefix('1 × ')}"


def treatment_words(said: str) -> str:
    """Say what an instrument does about distillation, if this is one of the catalogue's words for it."""
    return next((words for name, words in TREATMENTS.items() if name == said), said)


def _kicker(dossier: Dossier) -> str:
    kind = KIND_NAMES[dossier.kind]
    return dossier.label if kind.lower() in dossier.label.lower() else f"{kind} · {dossier.label}"


def _short_facts(dossier: Dossier) -> Mapping[str, Sequence[str]]:
    apart = (STEP, LINE, PUBLISHED)
    facts = {name: said for name, said in dossier.facts.items() if not name.startswith(apart)}
    if TREATMENT in facts:
        facts[TREATMENT] = treatment_words(facts[TREATMENT])
    return {name[:1].upper() + name[1:]: said.splitlines() for name, said in facts.items()}


def _facts_from(dossier: Dossier, start: str) -> Mapping[str, str]:
    found = {name.removeprefix(start): said for name, said in dossier.facts.items() if name.startswith(start)}
    return {name[:1].upper() + name[1:]: said for name, said in found.items()}


def _cell_rows(dossier: Dossier, linked: Mapping[str, Linked]) -> Sequence[CellRow]:
    claims = {claim.id: claim for claim in dossier.claims}
    treatments = {dossier.slug: dossier.facts.get(TREATMENT, "")}
    if dossier.kind == "topic":
        treatments = dict(_treatments([cell.instrument for cell in dossier.cells]))
    return [_cell_row(cell, dossier, linked, (claims.get(cell.claim), treatments)) for cell in dossier.cells]


def _cell_row(
    cell: Cell, dossier: Dossier, linked: Mapping[str, Linked], known: tuple[Claim | None, Mapping[str, str]]
) -> CellRow:
    other = cell.topic if dossier.kind == "instrument" else cell.instrument
    claim, treatments = known
    return CellRow(
        other=linked[other],
        anchor=f"cell-{other}",
        relation=shown_relation(cell, treatments.get(cell.instrument, "")),
        pinpoint=cell.pinpoint,
        claim=claim,
    )


def _treatments(instruments: Sequence[str]) -> Mapping[str, str]:
    rows = Page.objects.filter(slug__in=instruments).values_list("slug", F("head__dossier__facts"))
    return {slug: (facts or {}).get(TREATMENT, "") for slug, facts in rows}


def _first(dossier: Dossier, linked: Mapping[str, Linked]) -> First | None:
    """Say which instrument that governs the topic has the earliest recorded step."""
    governing = [cell.instrument for cell in dossier.cells if cell.relation == "governs"]
    rows = Page.objects.filter(slug__in=governing).values_list("slug", F("head__dossier__facts"))
    begun = [
        (min(name.removeprefix(STEP)[:10] for name in facts if name.startswith(STEP)), slug)
        for slug, facts in rows
        if any(name.startswith(STEP) for name in facts or {})
    ]
    return First(instrument=linked[min(begun)[1]], on=min(begun)[0]) if begun else None


def _history(reading: Reading) -> Sequence[Revision]:
    revision = reading.revision
    chain = Revision.objects.filter(page_id=revision.page_id, number__lte=revision.number)
    return list(chain.defer("dossier").prefetch_related("changes").order_by("-number")[:_RECENT])
