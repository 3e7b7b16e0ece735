"""Propose a change, see what is proposed, decide on it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from angelshare.core.dossier import Dossier
from angelshare.core.errors import AngelshareError, NoSuchPageError, StaleError
from angelshare.core.strict import convert
from angelshare.workbench import people, proposals
from angelshare.workbench.chain import dossier_at
from angelshare.workbench.forms_editing import EditForms, NewPageForm
from angelshare.workbench.gates import gate, signed_in
from angelshare.workbench.models import Proposal

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
@gate("propose")
def propose_page(request: HttpRequest) -> HttpResponse:
    """Ask where a new page is to stand, then go on to its form."""
    form = NewPageForm(request.GET or None)
    if form.is_bound and form.is_valid():
        answer = redirect("propose", slug=form.cleaned_data["slug"])
        answer["Location"] += f"?kind={form.cleaned_data['kind']}"
        return answer
    return render(request, "workbench/propose_page.html", {"form": form})


@require_http_methods(["GET", "POST"])
@gate("propose")
def propose(request: HttpRequest, slug: str) -> HttpResponse:
    """Edit a page field by field; what comes out is a proposal, never a revision."""
    before, base = _standing(slug, request.GET.get("kind", ""))
    forms = EditForms(before, base, request.POST if request.method == "POST" else None)
    if request.method == "POST" and forms.is_valid():
        said = forms.page.cleaned_data
        try:
            made = proposals.propose(
                forms.dossier(),
                base=said["base"],
                message=said["message"],
                author=signed_in(request),
                now=timezone.now(),
            )
        except AngelshareError as error:
            forms.page.add_error(None, str(error))
        else:
            messages.success(request, "Proposed. Someone other than you decides on it; you see here what they say.")
            return redirect("proposal", number=made.pk)
    return render(request, "workbench/propose.html", {"d": before, "new": not base, "forms": forms})


def _standing(slug: str, kind: str) -> tuple[Dossier, str]:
    try:
        dossier, revision = dossier_at(slug)
    except NoSuchPageError as error:
        plain = {"slug": slug, "kind": kind, "title": "", "label": "", "definition": ""}
        if not kind or kind == "run":
            raise Http404(str(error)) from error
        try:
            return convert(plain, Dossier, "new page"), ""
        except AngelshareError as fault:
            raise Http404(str(fault)) from fault
    return dossier, revision.sha256


@require_safe
@gate("propose")
def listed(request: HttpRequest) -> HttpResponse:
    """List proposals: everyone's to those who may see them, else one's own."""
    user = signed_in(request)
    everyone = people.may(user, "see_proposals")
    found = Proposal.objects.select_related("reviewer").order_by("-created_at")
    mine = found if everyone else found.filter(author=user)
    state = request.GET.get("state", "")
    shown = mine.filter(state=state) if state in Proposal.State.values else mine
    pages = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    seen = {"listed": pages, "everyone": everyone, "state": state, "states": Proposal.State.choices}
    return render(request, "workbench/proposals.html", seen)


@require_http_methods(["GET", "POST"])
@gate("propose")
def proposal(request: HttpRequest, number: int) -> HttpResponse:
    """Show one proposal as a semantic diff; a reviewer who is not its author decides, its author may take it back."""
    shown = get_object_or_404(Proposal.objects.select_related("base", "author", "reviewer", "run"), pk=number)
    user = signed_in(request)
    if not people.may(user, "see_proposals", shown):
        raise PermissionDenied("proposals are seen by editors, reviewers and their authors")
    decides = people.may(user, "review", shown) and shown.state == Proposal.State.OPEN
    if request.method == "POST":
        if request.POST.get("decision") == "withdraw" and shown.author_id == user.pk:
            return _withdrawn(request, shown)
        if not people.may(user, "review", shown):
            raise PermissionDenied("someone else must decide: a reviewer who is not the author")
        return _decided(request, shown)
    seen = {
        "proposal": shown,
        "d": proposals.dossier_in(shown),
        "changes": proposals.changes_of(shown),
        "stale": shown.state == Proposal.State.OPEN and proposals.is_stale(shown),
        "decides": decides,
        "own": shown.author_id == user.pk,
    }
    return render(request, "workbench/proposal.html", seen)


def _withdrawn(request: HttpRequest, shown: Proposal) -> HttpResponse:
    reason = request.POST.get("reason", "")
    try:
        proposals.withdraw(shown.pk, author=signed_in(request), reason=reason, now=timezone.now())
        messages.success(request, "Withdrawn; the reason is kept with it.")
    except AngelshareError as error:
        messages.error(request, str(error))
    return redirect("proposal", number=shown.pk)


def _decided(request: HttpRequest, shown: Proposal) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    try:
        if request.POST.get("decision") == "publish":
            revision = proposals.accept(shown.pk, reviewer=user, now=now)
            messages.success(request, f"Published as revision {revision.number}.")
            return redirect("page", slug=shown.slug)
        proposals.reject(shown.pk, reviewer=user, reason=request.POST.get("reason", ""), now=now)
        messages.success(request, "Rejected; the reason is kept with it.")
    except StaleError as error:
        messages.error(request, f"{error}. Reject this one and say so, or ask its author.")
    except AngelshareError as error:
        messages.error(request, str(error))
    return redirect("proposal", number=shown.pk)
