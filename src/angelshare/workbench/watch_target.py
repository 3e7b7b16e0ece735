"""What a watch listens to: found on the page before the watch is made, and said in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from angelshare.core.dossier import Dossier
from angelshare.core.errors import WatchError, nearest
from angelshare.core.strict import convert
from angelshare.workbench.diffs import numbers_of
from angelshare.workbench.models import Page, Watch
from angelshare.workbench.number_names import number_name
from angelshare.workbench.watch_match import bound_words

NEEDS_PAGE = (Watch.Kind.PAGE, Watch.Kind.FIELD, Watch.Kind.CLAIM, Watch.Kind.THRESHOLD)
NEEDS_NO_TARGET = (Watch.Kind.PAGE, Watch.Kind.EXPIRY)


def heard_at(kind: str, slug: str, target: str) -> str:
    """Give the target of a watch in full; the end of a number's address will do where no other number has it.

    Raises WatchError for what is not there, so that nobody waits for what cannot come.
    """
    target, label = target.strip(), Watch.Kind(kind).label
    page = Page.objects.select_related("head").filter(slug=slug, head__isnull=False).first()
    if page is None and (slug or kind in NEEDS_PAGE):
        raise WatchError(f"a watch on {label} needs a page; there is none at '{slug}'")
    if kind not in NEEDS_NO_TARGET and not target:
        raise WatchError(f"a watch on {label} must say which")
    if kind == Watch.Kind.CELL:
        _refuse_cell(target)
    if page is None or page.head is None or not target:
        return target
    dossier = convert(page.head.dossier, Dossier, f"page {slug}")
    if kind == Watch.Kind.THRESHOLD:
        return _number(dossier, target)
    if kind in (Watch.Kind.CLAIM, Watch.Kind.EXPIRY):
        _refuse_unknown(target, [claim.id for claim in dossier.claims], f"page '{slug}' has no claim '{target}'")
    if kind == Watch.Kind.FIELD:
        fields = [field.name for field in dataclasses.fields(dossier)]
        _refuse_unknown(target.partition("/")[0], fields, f"page '{slug}' has no field '{target}'")
    return target


def said(watch: Watch) -> str:
    """Say in words what a watch listens for."""
    where, what = watch.slug or "every page", watch.target
    words = {
        Watch.Kind.PAGE.value: f"any change of {where}",
        Watch.Kind.THRESHOLD.value: f"{_number_words(what)} of {where}: {bound_words(watch.bound)}",
        Watch.Kind.SEARCH.value: f"pages found by “{what}”",
        Watch.Kind.EXPIRY.value: f"claim {what} when it expires" if what else f"claims of {where} that expire",
        Watch.Kind.CLAIM.value: f"claim {what} of {where}",
        Watch.Kind.CELL.value: f"what {what.replace('/', ' says on ', 1)}",
    }
    return words.get(watch.kind, f"{what} of {where}")


def _number_words(path: str) -> str:
    """Say which number: "measured/audit/numbers/recovery" is "recovery (audit)"."""
    block, _, name = path.removeprefix("measured/").partition("/numbers/")
    return f"{number_name(name)} ({block.partition(':')[0]})" if name else number_name(path)


def _number(dossier: Dossier, target: str) -> str:
    known = numbers_of(dossier)
    found = [path for path in known if path == target or path.endswith(f"/{target}")]
    if len(found) != 1:
        which = "more than one number is called" if found else f"page '{dossier.slug}' has no number"
        raise WatchError(f"{which} '{target}'; {nearest(target, found or known)}")
    return found[0]


def _refuse_cell(target: str) -> None:
    if target.count("/") != 1:
        raise WatchError(f"'{target}' is no cell; write INSTRUMENT/TOPIC")
    for slug, kind in zip(target.split("/"), ("instrument", "topic"), strict=True):
        if not Page.objects.filter(slug=slug, head__isnull=False).exists():
            raise WatchError(f"'{target}': there is no {kind} at '{slug}'; write INSTRUMENT/TOPIC")


def _refuse_unknown(name: str, known: Iterable[str], says: str) -> None:
    listed = list(known)
    if name not in listed:
        raise WatchError(f"{says}; {nearest(name, listed)}")
