"""Turn the catalogue into dossiers: a page per concept, instrument, topic, article, allegation and set of terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from angelshare.core.catalogue import (
    Allegation,
    Claim,
    DistillationTreatment,
    Figure,
    Instrument,
    Precision,
    ProviderTerms,
    Threshold,
    Topic,
)
from angelshare.core.catalogue_pages import Article, Catalogue, Concept
from angelshare.core.dossier import Dossier
from angelshare.workbench.ties import tied

NOT_AN_ACCUSATION = (
    "A match is not an accusation, and an allegation is not a finding: this page shows what its sources say, and who "
    "says it."
)
"""Stands on every page about an alleged campaign."""

TREATMENTS: Mapping[DistillationTreatment, str] = {
    "excludes": "leaves distillation out of what it counts",
    "included_then_repealed": "once counted distillates, and was replaced by a text that does not",
    "targets": "goes after distillation without leave",
    "permits": "allows distillation",
    "silent": "says nothing on distillation",
    "implicit": "reaches distillation only through general words",
}
"""What an instrument does about distillation, as the end of a sentence."""

FIGURES_ON: Mapping[str, str] = {
    "delay_months": "topic-lead",
    "cost_usd": "model-distillation-risk",
    "score_percent": "model-distillation-risk",
}
"""Page that shows a published figure, by its kind; such a figure has no page of its own."""

UNNAMED_ON = "model-distillation-risk"
"""Page that shows the claims which no other entry names."""

_STANCES = {"forbids": "forbid", "permits": "allow", "permits_with_duty": "allow, with a duty,"}
_WINDOWS = {"stated": "stated", "partly_stated": "stated in part", "not_stated": "not stated"}
_ANSWERS = {
    "denied": "denied",
    "no_comment": "no comment",
    "not_found": "no statement found",
    "nobody_named": "nobody is named",
}
_PUBLISHED = {"delay_months": "delay", "cost_usd": "cost", "score_percent": "scores"}


def from_catalogue(catalogue: Catalogue) -> Sequence[Dossier]:
    """Give every page of a catalogue, each with the claims and sources that it rests on; slugs are the entries' ids.

    Raises DanglingIdError where an entry names one that is not there.
    """
    pages = [
        *(_concept(one) for one in catalogue.concepts),
        *(_instrument(one, catalogue) for one in catalogue.instruments),
        *(_topic(one, catalogue) for one in catalogue.topics),
        *(_article(one, catalogue) for one in catalogue.articles),
        *(_campaign(one, catalogue) for one in catalogue.allegations),
        *(_terms(one, catalogue) for one in catalogue.terms),
    ]
    named = _claims_by_page(catalogue)
    return [_sourced(page, named[page.slug], catalogue) for page in pages]


def _sourced(page: Dossier, names: Iterable[str], catalogue: Catalogue) -> Dossier:
    """Put in the claims, those they replaced or were replaced by among them, the sources and published figures."""
    claims = _with_kin(names, catalogue)
    wanted = {citation.source for claim in claims for citation in claim.sources} | set(page.references)
    return replace(
        page,
        facts={**page.facts, **_published([one for one in catalogue.figures if FIGURES_ON[one.kind] == page.slug])},
        claims=claims,
        sources=[source for source in catalogue.sources if source.id in wanted],
    )


def _with_kin(names: Iterable[str], catalogue: Catalogue) -> Sequence[Claim]:
    """Give claims in the order named, each once, followed by every claim that they are linked to by succession."""
    held = {claim.id: claim for claim in catalogue.claims}
    order: dict[str, Claim] = {}
    waiting = list(dict.fromkeys(names))
    while waiting:
        claim = held.get(waiting[0]) or catalogue.claim(waiting[0])
        order.setdefault(waiting.pop(0), claim)
        waiting += [name for name in (*claim.supersedes, *claim.superseded_by) if name not in order]
    return list(order.values())


def _claims_by_page(catalogue: Catalogue) -> Mapping[str, Sequence[str]]:
    """Name the claims behind each page, by its slug."""
    names = [*(one.id for one in catalogue.instruments), *(one.id for one in catalogue.topics)]
    cells = {name: [cell.claim for cell in catalogue.cells_of(name)] for name in names}
    found: dict[str, list[str]] = {}
    found |= {concept.id: list(concept.claims) for concept in catalogue.concepts}
    found |= {one.id: [*one.claims, *cells[one.id]] for one in catalogue.instruments}
    found |= {one.id: cells[one.id] for one in catalogue.topics}
    found |= {one.id: [name for part in one.paragraphs for name in part.claims] for one in catalogue.articles}
    found |= {allegation.id: [allegation.claim] for allegation in catalogue.allegations}
    found |= {terms.id: [terms.claim] for terms in catalogue.terms}
    for figure in catalogue.figures:
        if FIGURES_ON[figure.kind] in found:
            found[FIGURES_ON[figure.kind]].append(figure.claim)
    named = {name for names in found.values() for name in names}
    kin = {
        name for claim in catalogue.claims if claim.id in named for name in (*claim.supersedes, *claim.superseded_by)
    }
    if UNNAMED_ON in found:
        found[UNNAMED_ON] += [claim.id for claim in catalogue.claims if claim.id not in named | kin]
    return found


def _concept(concept: Concept) -> Dossier:
    return Dossier(
        slug=concept.id, kind="concept", title=concept.name, label="Concept", definition=concept.definition,
        scope=concept.scope, used_by=concept.used_by, related=concept.related, articles=concept.articles,
        note=concept.note, references=concept.references,
    )  # fmt: skip


def _instrument(instrument: Instrument, catalogue: Catalogue) -> Dossier:
    last = instrument.history[-1]
    facts = {
        "jurisdiction": instrument.jurisdiction,
        "kind": instrument.kind,
        "status": f"{_words(last.status)} since {last.on}",
        "treatment of distillation": instrument.treatment,
        "pinpoint": instrument.pinpoint,
        "counting": instrument.counting,
        **{f"step of {step.on}, {_words(step.status)}": step.event for step in instrument.history},
        **{_threshold(line): line.meaning for line in instrument.thresholds},
    }
    return Dossier(
        slug=instrument.id, kind="instrument", title=instrument.name,
        label=f"{_capital(instrument.kind)}, {instrument.jurisdiction}",
        definition=f"{_capital(instrument.kind)} ({instrument.jurisdiction}) that {TREATMENTS[instrument.treatment]}.",
        facts=_stated(facts), cells=catalogue.cells_of(instrument.id), note=instrument.note,
        related=[concept.id for concept in catalogue.concepts if instrument.id in concept.used_by],
    )  # fmt: skip


def _topic(topic: Topic, catalogue: Catalogue) -> Dossier:
    cells = catalogue.cells_of(topic.id)
    counts = {
        relation: sum(cell.relation == relation for cell in cells)
        for relation in ("governs", "implicit", "silent", "conflicts")
    }
    facts = {
        **{relation: f"{n} instrument{'' if n == 1 else 's'}" for relation, n in counts.items()},
        "not looked at": f"{len(catalogue.instruments) - len(cells)} of {len(catalogue.instruments)} instruments",
    }
    return Dossier(
        slug=topic.id, kind="topic", title=topic.name, label="Topic", definition=topic.question, facts=facts,
        cells=cells, articles=[article.id for article in catalogue.articles if article.topic == topic.id],
    )  # fmt: skip


def _article(article: Article, catalogue: Catalogue) -> Dossier:
    return Dossier(
        slug=article.id, kind="article", title=article.title, label="Topic article", definition=article.summary,
        scope=[tied(paragraph) for paragraph in article.paragraphs],
        facts={"topic": catalogue.topic(article.topic).name},
        related=[concept.id for concept in catalogue.concepts if article.id in concept.articles],
    )  # fmt: skip


def _campaign(allegation: Allegation, catalogue: Catalogue) -> Dossier:
    claim = catalogue.claim(allegation.claim)
    window = _WINDOWS[allegation.window]
    if allegation.window == "stated":
        window = f"{allegation.from_on} to {allegation.to_on}"
    facts = {
        "alleged by": allegation.alleged_by,
        "about, as the source puts it": allegation.about,
        "the source names the party as": allegation.named,
        "whose model": allegation.target,
        "alleged on": allegation.alleged_on,
        "the figure counts": _words(allegation.counts),
        "exchanges": _amount(allegation.exchanges, allegation.exchanges_are),
        "accounts": _amount(allegation.accounts, allegation.accounts_are),
        "period": window,
        "basis, as stated": allegation.basis,
        "answer of the party": "; ".join(filter(None, [_ANSWERS[allegation.response], allegation.response_note])),
    }
    return Dossier(
        slug=allegation.id, kind="campaign",
        title=f"What {allegation.alleged_by} alleged on {allegation.alleged_on}: {allegation.about}",
        label="Allegation", definition=claim.statement, facts=_stated(facts), note=NOT_AN_ACCUSATION,
    )  # fmt: skip


def _terms(terms: ProviderTerms, catalogue: Catalogue) -> Dossier:
    held_in = catalogue.instrument(terms.instrument)
    facts = {
        "provider": terms.provider, "held in": held_in.name, "stance": _words(terms.stance), "reach": terms.reach,
        "duty": terms.duty, "jurisdiction": held_in.jurisdiction,
    }  # fmt: skip
    return Dossier(
        slug=terms.id, kind="terms", title=f"{terms.provider}: {held_in.name}", label="Provider terms",
        definition=f"The terms {_STANCES[terms.stance]} training {terms.reach} on the outputs.",
        facts=_stated(facts), used_by=[terms.instrument],
    )  # fmt: skip


def _published(figures: Sequence[Figure]) -> Mapping[str, str]:
    """Write published figures as facts: one per subject, day and method."""
    facts: dict[str, list[str]] = {}
    hows: dict[str, str] = {}
    for figure in figures:
        how = "; ".join(filter(None, [figure.method, figure.caveat]))
        name = f"published {_PUBLISHED[figure.kind]}: {figure.subject} ({figure.on})"
        if hows.setdefault(name, how) != how:
            name = f"{name}, {figure.metric}"
            hows[name] = how
        facts.setdefault(name, []).append(f"{figure.metric}: {figure.as_published}")
    return {name: f"{'; '.join(said)} ({hows[name]})" for name, said in facts.items()}


def _threshold(line: Threshold) -> str:
    return f"threshold, {_words(line.quantity)} {'at least' if line.inclusive else 'above'} {line.value:g}"


def _amount(number: int | None, given: Precision) -> str:
    if number is None:
        return "not stated"
    before = {"floor": "more than ", "approximate": "about ", "exact": "", "not_stated": ""}[given]
    return f"{before}{number:,}"


def _stated(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out what the catalogue has no words for."""
    return {name: said for name, said in facts.items() if said}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
