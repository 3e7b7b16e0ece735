"""Forms of accounts and of staff."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest

from angelshare.workbench.models import User
from angelshare.workbench.models.people import Role
from angelshare.workbench.tokens import LONGEST, SCOPES

POLICYMAKER = Role.POLICYMAKER
SELF_CHOSEN = (Role.RESEARCHER, Role.CIVIL_SOCIETY, Role.POLICYMAKER)
"""What someone may say they are at sign-up."""

REASON = 10
"""Characters at least in a recorded reason."""


class SignupForm(forms.Form):
    """What sign-up asks beside address, name and password; allauth calls `signup` once the account stands."""

    role = forms.ChoiceField(
        label="I am",
        choices=[(role.value, role.label) for role in SELF_CHOSEN],
        help_text="Policymakers are verified by staff; until then the account works as a researcher's.",
    )
    affiliation = forms.CharField(
        label="Affiliation",
        required=False,
        max_length=200,
        help_text="Optional; for policymakers the office that staff can verify.",
    )

    def clean(self) -> dict[str, object]:
        """Ask a policymaker for the office, which is what staff verify."""
        cleaned = super().clean() or {}
        if cleaned.get("role") == POLICYMAKER and not str(cleaned.get("affiliation", "")).strip():
            self.add_error("affiliation", "Give the office you work for, so that staff can verify it.")
        return cleaned

    def signup(self, request: HttpRequest, user: User) -> None:  # noqa: ARG002 - allauth gives both
        """Keep what was said; a claim to be a policymaker stays a claim until staff verify it."""
        claimed = self.cleaned_data["role"]
        user.claims_policymaker = claimed == POLICYMAKER
        user.role = Role.RESEARCHER if user.claims_policymaker else claimed
        user.affiliation = self.cleaned_data["affiliation"].strip()
        user.save(update_fields=["claims_policymaker", "role", "affiliation"])


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's form is generic in its stubs only
    """What people may change about themselves."""

    class Meta:
        """Name and affiliation; the role is not theirs to change."""

        model = User
        fields = ("first_name", "last_name", "affiliation")


class TokenForm(forms.Form):
    """A token to be made."""

    name = forms.CharField(max_length=80, help_text="Where it is used, for example: nightly export.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label="Lives (days)", min_value=1, max_value=LONGEST.days, initial=90)

    def lives(self) -> timedelta:
        """Say how long the token shall live."""
        return timedelta(days=self.cleaned_data["days"])


class DeleteForm(forms.Form):
    """The confirmation that an account shall go: its name, typed, so that no stray click deletes one."""

    username = forms.CharField(label="Type your user name to confirm")

    def __init__(self, *args: object, username: str) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # request.POST, or nothing
        self._expected = username

    def clean_username(self) -> str:
        """Refuse any other name."""
        typed: str = self.cleaned_data["username"]
        if typed != self._expected:
            raise forms.ValidationError(f"That is not '{self._expected}'.")
        return typed


class VerifyForm(forms.Form):
    """What staff decide about someone who says they are a policymaker."""

    decision = forms.ChoiceField(choices=[("verify", "Verify"), ("decline", "Decline")])
    reason = forms.CharField(
        min_length=REASON,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you saw, and where: kept with the account and in the audit log.",
    )


class AppointForm(forms.Form):
    """A role given to someone."""

    role = forms.ChoiceField(choices=Role.choices)
    reason = forms.CharField(min_length=REASON, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
