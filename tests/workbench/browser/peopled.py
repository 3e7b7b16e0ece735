"""Fill a workspace for the stories: python peopled.py PASSWORD.

People of every role, with verified addresses and that password, and a page revised on two days long gone.
"""

# ruff: noqa: E402 - Django has to be set up before its models are imported
import sys
from dataclasses import replace
from datetime import UTC, datetime

import django

django.setup()

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from angelshare.core.dossier import Dossier
from angelshare.workbench.chain import publish
from angelshare.workbench.models import User
from angelshare.workbench.models.people import Role

NAMES = {
    "rosa": Role.RESEARCHER,
    "cyrus": Role.CIVIL_SOCIETY,
    "edith": Role.EDITOR,
    "rufus": Role.REVIEWER,
    "ada": Role.ADMIN,
    "totila": Role.RESEARCHER,
}
"""User name to role."""

hashed = make_password(sys.argv[1])
for name, role in NAMES.items():
    user = User.objects.create(username=name, email=f"{name}@example.org", role=role, password=hashed)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)

first = Dossier(
    slug="dated", kind="concept", title="Dated", label="Test", definition="What was thought first.",
    facts={"status": "under discussion"},
)  # fmt: skip
then = replace(first, definition="What is known now.", facts={"status": "settled"})
for number, dossier in ((1, first), (10, then)):
    publish(dossier, message="M", author=None, reviewer=None, now=datetime(2026, 11, number, 12, tzinfo=UTC))
