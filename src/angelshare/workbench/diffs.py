"""What two states of a dossier differ in, by meaning: fields, claims by id, sets as sets, numbers as estimates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from angelshare.core.catalogue import CataloguedSource, Cell, Citation, Claim
from angelshare.core.dossier import Change, Dossier, Measured
from angelshare.core.records import Number
from angelshare.report.numbers import full
from angelshare.workbench.diff_words import number_words, text_words
from angelshare.workbench.number_names import unit_of

Action: TypeAlias = Literal["added", "removed", "changed"]

TEXTS = ("kind", "title", "label", "definition")
SETS = ("used_by", "related", "articles", "references")
CLAIM_TEXTS = ("statement", "status", "evidence", "review", "verified_on", "expires_on", "note")
CLAIM_SETS = ("supersedes", "superseded_by")
CELL_TEXTS = ("relation", "claim", "pinpoint")
SOURCE_TEXTS = ("title", "url", "publisher", "on", "kind", "note")


def compare(before: Dossier | None, after: Dossier) -> Sequence[Change]:
    """List what changed, in the order of the page; of a first revision, everything it says is added."""
    old = before or Dossier(slug=after.slug, kind=after.kind, title="", label="", definition="")
    return [
        *_texts("", TEXTS, _said(before, TEXTS) if before else {}, _said(after, TEXTS)),
        *_paragraphs(old.scope, after.scope),
        *_texts("facts/", sorted({*old.facts, *after.facts}), old.facts, after.facts),
        *_measured(old.measured, after.measured),
        *(change for name in SETS for change in _sets(name, getattr(old, name), getattr(after, name))),
        *_cells(old.cells, after.cells),
        *_texts("", ["note"], {"note": old.note}, {"note": after.note}),
        *_claims(old.claims, after.claims),
        *_sources(old.sources, after.sources),
    ]


def numbers_of(dossier: Dossier) -> Mapping[str, Number]:
    """Give every measured number by its path: "measured/delay/numbers/delay_months"."""
    return {
        f"measured/{key}/numbers/{name}": number
        for key, block in _keyed(dossier.measured).items()
        for name, number in block.numbers.items()
    }


def _change(path: str, before: str, after: str, words: str) -> Change:
    action: Action = "added" if not before else "removed" if not after else "changed"
    return Change(path=path, action=action, before=before, after=after, words=words)


def _texts(
    root: str, names: Sequence[str], before: Mapping[str, str], after: Mapping[str, str], *, of: str = ""
) -> Iterator[Change]:
    for name in names:
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            said = f"{of}{name.replace('_', ' ')}"
            yield _change(f"{root}{name}", old, new, text_words(said, old, new))


def _said(thing: object, names: Sequence[str]) -> Mapping[str, str]:
    return {name: str(getattr(thing, name)) for name in names}


def _paragraphs(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """Match paragraphs, so that one put in between does not change all that follow; numbered as they stand now."""
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for at in range(max(j - i, m - k)):
            old = before[i + at] if i + at < j else ""
            new = after[k + at] if k + at < m else ""
            number = k + at + 1 if new else i + at + 1
            yield _change(f"scope/{number}", old, new, text_words(f"scope, paragraph {number}", old, new))


def _sets(name: str, before: Sequence[str], after: Sequence[str], *, of: str = "", root: str = "") -> Iterator[Change]:
    said = f"{of}{name.replace('_', ' ')}"
    for gone in sorted({*before} - {*after}):
        yield _change(f"{root}{name}/{gone}", gone, "", f"{said}: without {gone}")
    for come in sorted({*after} - {*before}):
        yield _change(f"{root}{name}/{come}", "", come, f"{said}: now with {come}")


def _keyed(blocks: Sequence[Measured]) -> Mapping[str, Measured]:
    """Key measured blocks by kind; where a page has several of a kind, the later ones by kind and label."""
    keyed: dict[str, Measured] = {}
    for place, block in enumerate(blocks):
        names = (block.kind, f"{block.kind}:{block.label}", f"{block.kind}:{block.label}:{place}")
        keyed[next(name for name in names if name not in keyed)] = block
    return keyed


def _measured(before: Sequence[Measured], after: Sequence[Measured]) -> Iterator[Change]:
    old, new = _keyed(before), _keyed(after)
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        root = f"measured/{key}/"
        numbers = (was.numbers if was else {}), (now.numbers if now else {})
        for name in dict.fromkeys([*numbers[0], *numbers[1]]):
            yield from _number(f"{root}numbers/{name}", name, numbers[0].get(name), numbers[1].get(name))
        names = ("label", "run", "sentence")
        texts = (_said(was, names) if was else {}), (_said(now, names) if now else {})
        yield from _texts(root, names, *texts, of=f"measured {key}: ")


def _number(path: str, name: str, before: Number | None, after: Number | None) -> Iterator[Change]:
    if before == after:
        return
    unit = unit_of(name)
    old, new = (full(number, unit=unit) if number is not None else "" for number in (before, after))
    yield _change(path, old, new, number_words(name, before, after))


def _cells(before: Sequence[Cell], after: Sequence[Cell]) -> Iterator[Change]:
    old, new = ({f"{cell.instrument}/{cell.topic}": cell for cell in cells} for cells in (before, after))
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        instrument, _, topic = key.partition("/")
        texts = (_said(was, CELL_TEXTS) if was else {}), (_said(now, CELL_TEXTS) if now else {})
        yield from _texts(f"cells/{key}/", CELL_TEXTS, *texts, of=f"{instrument} on {topic}: ")


def _claims(before: Sequence[Claim], after: Sequence[Claim]) -> Iterator[Change]:
    old, new = ({claim.id: claim for claim in claims} for claims in (before, after))
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        if was is None or now is None:
            held = [claim for claim in (was, now) if claim]
            yield from (_whole_claim(claim, gone=now is None) for claim in held)
            continue
        root, of = f"claims/{key}/", f"claim {key}: "
        yield from _texts(root, CLAIM_TEXTS, _said(was, CLAIM_TEXTS), _said(now, CLAIM_TEXTS), of=of)
        for name in CLAIM_SETS:
            yield from _sets(name, getattr(was, name), getattr(now, name), of=of, root=root)
        yield from _citations(was.sources, now.sources, of=of, root=root)


def _whole_claim(claim: Claim, *, gone: bool) -> Change:
    words = f"claim {claim.id} {'removed' if gone else 'added'} ({claim.status}): {claim.statement}"
    path, said = f"claims/{claim.id}", claim.statement
    return _change(path, said, "", words) if gone else _change(path, "", said, words)


def _citations(before: Sequence[Citation], after: Sequence[Citation], *, of: str, root: str) -> Iterator[Change]:
    old, new = ({f"{c.source} {c.pinpoint}".strip(): c.quote for c in cited} for cited in (before, after))
    yield from _sets("sources", [*old], [*new], of=of, root=root)
    for key in sorted(old.keys() & new.keys()):
        if old[key] != new[key]:
            words = text_words(f"{of}quote from {key}", old[key], new[key])
            yield _change(f"{root}sources/{key}/quote", old[key], new[key], words)


def _sources(before: Sequence[CataloguedSource], after: Sequence[CataloguedSource]) -> Iterator[Change]:
    old, new = ({source.id: source for source in sources} for sources in (before, after))
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        if was and now:
            texts = _said(was, SOURCE_TEXTS), _said(now, SOURCE_TEXTS)
            yield from _texts(f"sources/{key}/", SOURCE_TEXTS, *texts, of=f"source {key}: ")
        elif was:
            yield _change(f"sources/{key}", was.title, "", f"source {key} removed: {was.title}")
        elif now:
            yield _change(f"sources/{key}", "", now.title, f"source {key} added: {now.title}")
