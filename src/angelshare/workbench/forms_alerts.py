"""The form of a watch: what to listen for, and how to be told."""

from __future__ import annotations

from typing import Any

from django import forms

from angelshare.core.errors import UnsafeAddressError
from angelshare.workbench.models import Watch
from angelshare.workbench.webhooks import checked_url


class WatchForm(forms.Form):
    """What to listen for, and how to be told."""

    kind = forms.ChoiceField(choices=Watch.Kind.choices, initial=Watch.Kind.PAGE, label="Watch")
    slug = forms.SlugField(
        required=False, max_length=120, label="Page", help_text="Its address. Not needed for a search or a cell."
    )
    target = forms.CharField(
        required=False,
        max_length=300,
        label="Which",
        widget=forms.TextInput(attrs={"list": "targets"}),
        help_text="Field: definition, facts/status, … Claim: its id. Search: words. Cell: instrument/topic. "
        "Number: measured/delay/numbers/delay_months.",
    )
    side = forms.ChoiceField(
        required=False,
        label="Tell me when the number",
        choices=[
            ("", "—"),
            ("above", "is above"),
            ("below", "is below"),
            ("leaves", "has an interval that no longer holds"),
            ("outside", "is outside"),
        ],
    )
    line = forms.FloatField(required=False, label="Bound")
    upper = forms.FloatField(required=False, label="Upper bound", help_text="Only for “is outside”.")
    frequency = forms.ChoiceField(choices=Watch.Frequency.choices, initial=Watch.Frequency.IMMEDIATE, label="Tell me")
    by_email = forms.BooleanField(required=False, initial=True, label="By e-mail")
    webhook_url = forms.CharField(
        required=False,
        max_length=500,
        label="By webhook",
        help_text="An address that takes signed JSON by POST; Slack's incoming webhooks do.",
    )

    def clean_webhook_url(self) -> str:
        """Refuse what is no web address. Where it leads is looked at on every delivery, for names move."""
        url: str = self.cleaned_data["webhook_url"].strip()
        try:
            return str(checked_url(url)) if url else ""
        except UnsafeAddressError as error:
            raise forms.ValidationError(str(error)) from error

    def bound(self) -> dict[str, Any]:
        """Give the bound of a threshold; of any other watch, nothing."""
        if self.cleaned_data["kind"] != Watch.Kind.THRESHOLD:
            return {}
        side, line, upper = (self.cleaned_data[name] for name in ("side", "line", "upper"))
        return {"leaves": [line, upper]} if side == "outside" else {side: line}
