"""The upload form: bring a run, and propose what it measured for a page."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from angelshare.core.errors import AngelshareError, NoSuchPageError
from angelshare.workbench.api_own import receive
from angelshare.workbench.archives import LIMITS
from angelshare.workbench.gates import gate, signed_in


class RunForm(forms.Form):
    """Which run, for which page, and why."""

    page = forms.SlugField(label="Page", max_length=120, help_text="The end of its address: model-distillation-risk.")
    archive = forms.FileField(label="Run folder, as zip or tar", max_length=200, allow_empty_file=True)
    message = forms.CharField(label="Why", max_length=2_000, required=False, help_text="One sentence; may be left out.")


@gate("upload")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Show the form, or take a run and lead to the proposal it made."""
    form = RunForm(request.POST or None, request.FILES or None, initial={"page": request.GET.get("page", "")})
    if request.method == "POST" and form.is_valid():
        sent: UploadedFile[bytes] = form.cleaned_data["archive"]
        try:
            made = receive(sent, form.cleaned_data["page"], message=form.cleaned_data["message"], by=signed_in(request))
        except NoSuchPageError as error:
            form.add_error("page", str(error))
        except AngelshareError as error:
            form.add_error("archive", str(error))
        else:
            messages.success(request, "The run was verified; what it measured is proposed, and someone else decides.")
            return redirect("proposal", number=made.pk)
    status = 400 if form.errors else 200
    most = LIMITS.archive_bytes >> 20
    return render(request, "workbench/upload.html", {"form": form, "most_megabytes": most}, status=status)
