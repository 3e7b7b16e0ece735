"""The form of a proposal: a dossier field by field, its claims and sources as small forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from django import forms

from angelshare.core.catalogue import CataloguedSource, Cell, Claim, ClaimStatus, EvidenceLevel, Review
from angelshare.core.dossier import Dossier, DossierKind
from angelshare.core.errors import PlanError
from angelshare.core.strict import convert, plain
from angelshare.workbench.forms_lines import cells_in, cells_text, citations_in, citations_text, ids_in, paragraphs_in

WIDE = forms.Textarea(attrs={"rows": 3})
TALL = forms.Textarea(attrs={"rows": 10})
SOURCE_KINDS = ("primary", "secondary", "data", "paper")
PARAGRAPHS = "An empty line parts paragraphs. One may end with the claims behind it: [claims: first-id, second-id]."
NEW_KINDS = [(kind, kind) for kind in get_args(DossierKind) if kind != "run"]


def _options(kind: Any) -> Sequence[tuple[str, str]]:  # noqa: ANN401 - a Literal of strings
    return [(name, name.replace("_", " ")) for name in get_args(kind)]


class NewPageForm(forms.Form):
    """Where a page that does not exist yet is to stand, and what it is about."""

    slug = forms.SlugField(max_length=120, label="Address", help_text="Lower case, words joined by hyphens.")
    kind = forms.ChoiceField(choices=NEW_KINDS, label="What it is about")


class DossierForm(forms.Form):
    """The fields of a page; plain text throughout."""

    base = forms.CharField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(max_length=300)
    label = forms.CharField(max_length=200, help_text="Class, in words: “Risk classification”, “Statute, EU”.")
    definition = forms.CharField(widget=WIDE, max_length=1_000, help_text="One sentence.")
    scope = forms.CharField(widget=TALL, required=False, max_length=60_000, help_text=PARAGRAPHS)
    used_by = forms.CharField(widget=WIDE, required=False, help_text="Addresses of instruments, one a line.")
    related = forms.CharField(widget=WIDE, required=False, help_text="Addresses of related concepts, one a line.")
    articles = forms.CharField(widget=WIDE, required=False, help_text="Addresses of articles, one a line.")
    cells = forms.CharField(
        widget=WIDE, required=False, help_text="One a line: instrument | topic | relation | claim | pinpoint."
    )
    note = forms.CharField(widget=WIDE, required=False, max_length=5_000, label="Editorial note")
    references = forms.CharField(widget=WIDE, required=False, help_text="Ids of further sources below, one a line.")
    message = forms.CharField(max_length=500, label="Why", help_text="A sentence; it stays in the revision history.")

    def clean_cells(self) -> Sequence[Cell]:
        """Read the cells. Raises ValidationError for a line that is none."""
        try:
            return cells_in(self.cleaned_data["cells"])
        except PlanError as error:
            raise forms.ValidationError(str(error)) from error


class FactForm(forms.Form):
    """One fact."""

    name = forms.CharField(max_length=120)
    value = forms.CharField(widget=forms.Textarea(attrs={"rows": 1}), max_length=2_000)


class ClaimForm(forms.Form):
    """One claim."""

    id = forms.SlugField(max_length=120, label="Id", help_text="Never changes once published.")
    statement = forms.CharField(widget=WIDE, max_length=2_000, help_text="An allegation names who makes it.")
    status = forms.ChoiceField(choices=_options(ClaimStatus), initial="reported")
    evidence = forms.ChoiceField(choices=_options(EvidenceLevel), initial="text_seen")
    review = forms.ChoiceField(choices=_options(Review), initial="unreviewed", required=False)
    verified_on = forms.CharField(max_length=10, help_text="2026-11-24")
    expires_on = forms.CharField(max_length=10, required=False)
    sources = forms.CharField(widget=WIDE, help_text="One a line: source | pinpoint | quote of at most 15 words.")
    supersedes = forms.CharField(required=False, help_text="Ids of claims it replaces, parted by spaces.")
    superseded_by = forms.CharField(required=False, help_text="Ids of the claims that replaced it.")
    note = forms.CharField(widget=WIDE, required=False, max_length=2_000)


class SourceForm(forms.Form):
    """One source."""

    id = forms.SlugField(max_length=120, label="Id")
    title = forms.CharField(max_length=500)
    url = forms.CharField(max_length=1_000, label="Address")
    publisher = forms.CharField(max_length=300)
    on = forms.CharField(max_length=10, required=False, label="Dated")
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in SOURCE_KINDS], initial="primary")
    note = forms.CharField(widget=WIDE, required=False, max_length=1_000)


FactForms = forms.formset_factory(FactForm, extra=1, can_delete=True, max_num=80, absolute_max=90)
ClaimForms = forms.formset_factory(ClaimForm, extra=1, can_delete=True, max_num=60, absolute_max=61)
SourceForms = forms.formset_factory(SourceForm, extra=1, can_delete=True, max_num=80, absolute_max=81)


class EditForms:
    """Everything a proposal is written with: the page's own fields, facts, claims and sources."""

    def __init__(self, before: Dossier, base: str, data: Mapping[str, Any] | None) -> None:
        self._before = before
        self.page = DossierForm(data, initial=_initial(before) | {"base": base})
        facts = [{"name": name, "value": value} for name, value in before.facts.items()]
        self.facts = FactForms(data, initial=facts, prefix="facts")
        self.claims = ClaimForms(data, initial=[_claim_initial(claim) for claim in before.claims], prefix="claims")
        sources = [{name: getattr(source, name) for name in SourceForm.base_fields} for source in before.sources]
        self.sources = SourceForms(data, initial=sources, prefix="sources")

    def is_valid(self) -> bool:
        """Say whether every part can be read; all are looked at, so that all errors show at once."""
        valid = [part.is_valid() for part in (self.page, self.facts, self.claims, self.sources)]
        return all(valid)

    def dossier(self) -> Dossier:
        """Put the dossier together; what the form does not show (measured numbers, kind) stays as it was.

        Raises PlanError for a choice or line that the record refuses.
        """
        said = self.page.cleaned_data
        return replace(
            self._before,
            title=said["title"].strip(),
            label=said["label"].strip(),
            definition=said["definition"].strip(),
            note=_lines(said["note"]),
            used_by=ids_in(said["used_by"]),
            related=ids_in(said["related"]),
            articles=ids_in(said["articles"]),
            references=ids_in(said["references"]),
            scope=paragraphs_in(said["scope"]),
            cells=said["cells"],
            facts={fact["name"].strip(): _lines(fact["value"]) for fact in _kept(self.facts)},
            claims=[_claim(data) for data in _kept(self.claims)],
            sources=[_source(data) for data in _kept(self.sources)],
        )


def _lines(text: str) -> str:
    """Undo what browsers do to line breaks, which would read as a change."""
    return text.replace("\r\n", "\n").strip()


def _kept(formset: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - a class made by formset_factory
    filled = [form.cleaned_data for form in formset.forms if form.cleaned_data]
    return [data for data in filled if not data.get("DELETE")]


def _initial(dossier: Dossier) -> dict[str, str]:
    texts = {name: str(getattr(dossier, name)) for name in ("title", "label", "definition", "note")}
    lists = {name: "\n".join(getattr(dossier, name)) for name in ("used_by", "related", "articles", "references")}
    return texts | lists | {"scope": "\n\n".join(dossier.scope), "cells": cells_text(dossier.cells)}


def _claim_initial(claim: Claim) -> dict[str, str]:
    texts = {name: str(getattr(claim, name)) for name in ClaimForm.base_fields}
    lists = {name: " ".join(getattr(claim, name)) for name in ("supersedes", "superseded_by")}
    return texts | lists | {"sources": citations_text(claim.sources)}


def _claim(data: Mapping[str, Any]) -> Claim:
    said = {name: _lines(str(data[name])) for name in ClaimForm.base_fields}
    lists: dict[str, Any] = {name: ids_in(said[name]) for name in ("supersedes", "superseded_by")}
    read = said | lists | {"review": said["review"] or "unreviewed", "sources": plain(citations_in(said["sources"]))}
    return convert(read, Claim, f"claim {said['id']}")


def _source(data: Mapping[str, Any]) -> CataloguedSource:
    said = {name: _lines(str(data[name])) for name in SourceForm.base_fields}
    return convert(said, CataloguedSource, f"source {said['id']}")
