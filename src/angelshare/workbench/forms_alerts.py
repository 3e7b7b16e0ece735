"""The form of a watch: what to listen for, and how to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from angelshare.core.errors import UnsafeAddressError
from angelshare.workbench.models import Watch
from angelshare.workbench.webhooks import checked_url


class ToldForm(forms.Form):
    """How to be told, and past which bound: what of a watch can be changed."""

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

    def bound(self, kind: str) -> dict[str, Any]:
        """Give the bound of a threshold; of any other kind of watch, nothing."""
        if kind != Watch.Kind.THRESHOLD:
            return {}
        side, line, upper = (self.cleaned_data[name] for name in ("side", "line", "upper"))
        return {"leaves": [line, upper]} if side == "outside" else {side: line}


class ChangeWatchForm(ToldForm):
    """The same for a watch that stands; it is about what it was about."""

    def __init__(self, watch: Watch, data: Mapping[str, Any] | None) -> None:
        side, line = next(iter(watch.bound.items()), ("", None))
        lines = line if isinstance(line, list) else [line, None]
        told = {name: getattr(watch, name) for name in ("frequency", "by_email", "webhook_url")}
        bounds = {"side": "outside" if isinstance(line, list) else side, "line": lines[0], "upper": lines[1]}
        super().__init__(data, initial=told | bounds)
        if watch.kind != Watch.Kind.THRESHOLD:
            for name in bounds:
                del self.fields[name]


class WatchForm(ToldForm):
    """What to listen for, and how to be told."""

    field_order = ("kind", "slug", "target")
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
