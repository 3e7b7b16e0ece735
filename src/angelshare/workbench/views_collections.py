"""Collections: one's own, and those shared by link."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from angelshare.core.errors import WorkbenchError
from angelshare.workbench import collections as kept
from angelshare.workbench.gates import gate, signed_in
from angelshare.workbench.models import Collection, CollectionItem

LONGEST_NOTE = 2_000


@never_cache
@require_http_methods(["GET", "POST"])
@gate("save")
def collections(request: HttpRequest) -> HttpResponse:
    """List one's collections; make one, or save a page into the reading list or another."""
    user, now = signed_in(request), timezone.now()
    if request.method == "POST":
        try:
            if slug := request.POST.get("page"):
                number = request.POST.get("collection", "")
                into = (
                    get_object_or_404(Collection, pk=int(number), owner=user)
                    if number.isascii() and number.isdecimal()
                    else kept.reading_list(user, now)
                )
                kept.save_page(into, slug, now)
                messages.success(request, f"Saved in “{into.name}”.")
            else:
                into = kept.make(user, request.POST.get("name", ""), now)
            return redirect("collection", number=into.pk)
        except WorkbenchError as error:
            messages.error(request, str(error))
            return redirect("collections")
    held = user.collections.annotate(size=Count("items")).order_by("-reading_list", "name", "pk")
    return render(request, "workbench/collections.html", {"held": held})


@never_cache
@require_http_methods(["GET", "POST"])
@gate("save")
def collection(request: HttpRequest, number: int) -> HttpResponse:
    """Show one of one's own collections; change its notes, name, sharing."""
    held = get_object_or_404(Collection, pk=number, owner=signed_in(request))
    if request.method == "POST":
        try:
            return _changed(request, held)
        except WorkbenchError as error:
            messages.error(request, str(error))
            return redirect("collection", number=held.pk)
    seen = {
        "held": held,
        "items": held.items.select_related("page").order_by("added_at", "pk"),
        "others": Collection.objects.filter(owner=held.owner).exclude(pk=held.pk).order_by("name"),
        "address": request.build_absolute_uri(reverse("shared", args=[held.share_key])) if held.share_key else "",
        "own": True,
    }
    return render(request, "workbench/collection.html", seen)


def _changed(request: HttpRequest, held: Collection) -> HttpResponse:
    said, now = request.POST, timezone.now()
    match said.get("do"):
        case "note":
            item = _item(held, said.get("item", ""))
            item.note = said.get("note", "").strip()[:LONGEST_NOTE]
            item.save(update_fields=["note"])
        case "remove":
            _item(held, said.get("item", "")).delete()
        case "add":
            kept.save_page(held, said.get("page", "").strip(), now, note=said.get("note", "").strip()[:LONGEST_NOTE])
        case "share":
            kept.share(held)
        case "private":
            kept.make_private(held)
        case "delete":
            held.delete()
            messages.success(request, f"“{held.name}” is deleted.")
            return redirect("collections")
        case other:
            raise WorkbenchError(f"a collection cannot '{other}'")
    return redirect("collection", number=held.pk)


def _item(held: Collection, number: str) -> CollectionItem:
    return get_object_or_404(held.items, pk=int(number) if number.isascii() and number.isdecimal() else 0)


@require_safe
def shared(request: HttpRequest, key: str) -> HttpResponse:
    """Show a shared collection to whoever holds its link; no account needed."""
    held = get_object_or_404(Collection.objects.select_related("owner"), share_key=key)
    items = held.items.select_related("page").order_by("added_at", "pk")
    answer = render(request, "workbench/collection.html", {"held": held, "items": items, "own": False})
    # the address is the key: it must not leak into other sites' logs or a search engine
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
