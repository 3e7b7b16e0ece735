"""Make the first administrator, which no page can do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from angelshare.core.errors import PlanError
from angelshare.workbench import people
from angelshare.workbench.models import User
from angelshare.workbench.models.people import Role

FREE_NAMES = 1000
"""User names tried for an address whose own is taken."""


@transaction.atomic
def make_administrator(email: str, password: Callable[[], str], now: datetime) -> str:
    """Make the account of an address an administrator's, or a new account; returns its user name.

    `password` is asked for a new account only. Whoever runs the server vouches for the address.

    Raises PlanError for an address that is none, or a weak password.
    """
    try:
        validate_email(email)
        user = User.objects.filter(email__iexact=email).first() or _new(email, password(), now)
    except ValidationError as error:
        raise PlanError(f"{email}: {' '.join(error.messages)}") from None
    user.role = Role.ADMIN
    user.is_active = True
    user.save()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    people.note(None, "administrator made", user.get_username(), {"by": "the operator"}, now)
    return user.get_username()


def _new(email: str, password: str, now: datetime) -> User:
    wanted = email.partition("@")[0]
    names = [wanted, *(f"{wanted}{number}" for number in range(2, FREE_NAMES))]
    taken = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    user = User(username=next(name for name in names if name not in taken), email=email, date_joined=now)
    validate_password(password, user)
    user.set_password(password)
    return user
