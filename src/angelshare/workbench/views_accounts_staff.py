"""What staff do about people: verify policymakers, appoint roles, read the log."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from angelshare.workbench import people
from angelshare.workbench.forms_accounts import AppointForm, VerifyForm
from angelshare.workbench.gates import gate, signed_in
from angelshare.workbench.models import AuditEntry, User
from angelshare.workbench.models.people import Role

PER_PAGE = 50


@never_cache
@require_safe
@gate("verify")
def staff(request: HttpRequest) -> HttpResponse:
    """List who waits to be verified, and find people."""
    wanted = request.GET.get("q", "").strip()
    found = User.objects.order_by("username")
    if wanted:
        found = found.filter(
            Q(username__icontains=wanted) | Q(email__icontains=wanted) | Q(affiliation__icontains=wanted)
        )
    seen = {
        "waiting": User.objects.filter(claims_policymaker=True, is_active=True).order_by("date_joined"),
        "wanted": wanted,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "workbench/accounts/staff.html", seen)


@never_cache
@require_http_methods(["GET", "POST"])
@gate("verify")
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth carries no types
def verify(request: HttpRequest, user_id: int) -> HttpResponse:
    """Verify or decline someone's claim to be a policymaker; the reason is kept. Nobody decides about themselves."""
    person = _someone_else(request, user_id)
    form = VerifyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        decide(
            person, signed_in(request), form.cleaned_data["decision"] == "verify", reason=form.cleaned_data["reason"]
        )
        messages.success(request, f"Decided about {person}.")
        return redirect("staff")
    return render(request, "workbench/accounts/verify.html", {"form": form, "person": person})


@transaction.atomic
def decide(person: User, staff_member: User, verified: bool, *, reason: str) -> None:  # noqa: FBT001 - the decision itself
    """Record a decision: a verified person becomes a policymaker, unless they hold an office here already."""
    now = timezone.now()
    person.claims_policymaker = False
    person.verified_by = staff_member
    person.verified_reason = reason
    person.verified_at = now if verified else None
    if verified and person.role in (Role.RESEARCHER, Role.CIVIL_SOCIETY):
        person.role = Role.POLICYMAKER
    person.save()
    done = "policymaker verified" if verified else "policymaker declined"
    people.note(staff_member, done, person.get_username(), {"reason": reason}, now)


@never_cache
@require_http_methods(["GET", "POST"])
@gate("appoint")
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth carries no types
def appoint(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give someone a role, with a reason. Nobody changes their own, so an administrator always remains."""
    person = _someone_else(request, user_id)
    form = AppointForm(request.POST or None, initial={"role": person.role})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            before, person.role = person.role, form.cleaned_data["role"]
            person.save(update_fields=["role"])
            detail = {"from": before, "to": person.role, "reason": form.cleaned_data["reason"]}
            people.note(request.user, "role changed", person.get_username(), detail, timezone.now())
        messages.success(request, f"{person} is now: {person.get_role_display()}.")
        return redirect("staff")
    return render(request, "workbench/accounts/appoint.html", {"form": form, "person": person})


@never_cache
@require_safe
@gate("audit")
def log(request: HttpRequest) -> HttpResponse:
    """Show what was done, newest first."""
    action, actor = request.GET.get("action", ""), request.GET.get("actor", "")
    entries = AuditEntry.objects.order_by("-at", "-pk")
    if action:
        entries = entries.filter(action=action)
    if actor:
        entries = entries.filter(actor_name=actor)
    seen = {
        "page": Paginator(entries, PER_PAGE).get_page(request.GET.get("page")),
        "actions": AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct(),
        "action": action,
        "actor": actor,
    }
    return render(request, "workbench/accounts/log.html", seen)


def _someone_else(request: HttpRequest, user_id: int) -> User:
    person = get_object_or_404(User, pk=user_id)
    if person == request.user:
        raise PermissionDenied("nobody decides about themselves")
    return person
