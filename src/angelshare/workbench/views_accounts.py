"""One's own account: what is kept, tokens, taking it along, leaving."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from angelshare.workbench import tokens as made_tokens
from angelshare.workbench.forms_accounts import DeleteForm, ProfileForm, TokenForm
from angelshare.workbench.gates import gate, signed_in
from angelshare.workbench.leaving import LastAdministratorError, delete_account, export
from angelshare.workbench.models import Revision
from angelshare.workbench.tokens import TokenError


@never_cache
@require_http_methods(["GET", "POST"])
@gate("account")
def account(request: HttpRequest) -> HttpResponse:
    """Show and change one's own details."""
    user = signed_in(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("account")
    return render(request, "workbench/accounts/account.html", {"form": form, "person": user})


@never_cache
@require_http_methods(["GET", "POST"])
@gate("tokens")
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth carries no types
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's tokens, and make one; its text is on this one answer only, never in a session or a redirect."""
    user = signed_in(request)
    form = TokenForm(request.POST or None)
    made = ""
    if request.method == "POST" and form.is_valid():
        try:
            made, _ = made_tokens.issue(
                user,
                form.cleaned_data["name"],
                form.cleaned_data["scopes"],
                lives=form.lives(),
                now=timezone.now(),
            )
            form = TokenForm()
        except TokenError as error:
            form.add_error(None, str(error))
    held = user.tokens.order_by("-created_at")
    seen = {"form": form, "made": made, "held": held, "now": timezone.now()}
    return render(request, "workbench/accounts/tokens.html", seen)


@require_POST
@gate("tokens")
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke one of one's own tokens."""
    if made_tokens.revoke(signed_in(request), token_id, timezone.now()):
        messages.success(request, "The token opens nothing any more.")
    else:
        messages.error(request, "You have no such token.")
    return redirect("tokens")


@never_cache
@require_safe
@gate("account")
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth carries no types
def take_along(request: HttpRequest) -> HttpResponse:
    """Hand out everything kept about the account, as JSON."""
    held = export(signed_in(request), timezone.now())
    answer = JsonResponse(held, encoder=DjangoJSONEncoder, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="angelshare-account.json"'
    return answer


@never_cache
@require_http_methods(["GET", "POST"])
@gate("account")
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth carries no types
def leave(request: HttpRequest) -> HttpResponse:
    """Delete the account once its name is typed."""
    user = signed_in(request)
    published = Revision.objects.filter(author=user).count()
    form = DeleteForm(*([request.POST] if request.method == "POST" else []), username=user.get_username())
    if request.method == "POST" and form.is_valid():
        try:
            delete_account(user, timezone.now())
        except LastAdministratorError as error:
            form.add_error(None, str(error))
        else:
            logout(request)
            messages.success(request, "Your account is deleted.")
            return redirect("home")
    return render(request, "workbench/accounts/leave.html", {"form": form, "published": published})
