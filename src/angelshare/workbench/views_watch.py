"""One watch: change how it tells, pause it, let it go on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from angelshare.core.errors import WatchError
from angelshare.workbench import watch_edit
from angelshare.workbench.forms_alerts import ChangeWatchForm
from angelshare.workbench.gates import gate, signed_in
from angelshare.workbench.models import Watch
from angelshare.workbench.watch_target import said


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@gate("watch")
def watch(request: HttpRequest, number: int) -> HttpResponse:
    """Show one of one's watches with the form that changes it; a new secret is shown once, on this answer only."""
    held = get_object_or_404(signed_in(request).watches, pk=number)
    secret = held.webhook_secret
    form = ChangeWatchForm(held, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            watch_edit.change(
                held,
                bound=form.bound(held.kind),
                weekly=told["frequency"] == Watch.Frequency.WEEKLY,
                by_email=told["by_email"],
                webhook_url=told["webhook_url"],
            )
        except WatchError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Changed: {said(held)}.")
            if held.webhook_secret in ("", secret):
                return redirect("watches")
    made = held if held.webhook_secret not in ("", secret) else None
    return render(request, "workbench/watch.html", {"watch": held, "words": said(held), "form": form, "made": made})


@require_POST
@gate("watch")
def pause(request: HttpRequest, number: int) -> HttpResponse:
    """Pause a watch, or let one that is paused go on."""
    held = get_object_or_404(signed_in(request).watches, pk=number)
    if held.paused_at is None:
        watch_edit.pause(held, timezone.now())
        messages.success(request, f"Paused: {said(held)}. You hear nothing of it until you let it go on.")
    else:
        watch_edit.go_on(held)
        messages.success(request, f"It listens again: {said(held)}.")
    return redirect("watches")
