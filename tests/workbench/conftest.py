"""A workspace of its own for the tests of the workbench: settings, a migrated database, people of every role.

Every test here runs in one transaction that is rolled back. A test that needs commits others can see (a second
process, a live server) asks for `committed`: its rows are then deleted afterwards.
"""

# ruff: noqa: E402 - the settings read the environment when Django is first imported
from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

WORKSPACE = Path(tempfile.mkdtemp(prefix="workbench-tests-"))
# before Django reads its settings, and before any module of the room is imported
os.environ["ANGELSHARE_WORKSPACE"] = str(WORKSPACE)
os.environ["DJANGO_SETTINGS_MODULE"] = "angelshare.workbench.settings"
for name in ("DATABASE_URL", "EMAIL_URL", "ANGELSHARE_ORIGIN", "ANGELSHARE_HOSTS"):
    os.environ.pop(name, None)
if postgres := os.environ.get("ANGELSHARE_TEST_DATABASE_URL"):
    # an empty database of its own; else SQLite in the workspace
    os.environ["DATABASE_URL"] = postgres

import django
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import override_settings, setup_test_environment, teardown_test_environment

django.setup()
if connection.vendor == "sqlite":
    # these files need not outlive a loss of power
    options = connection.settings_dict["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")

from angelshare.core.catalogue import CataloguedSource, Citation, Claim
from angelshare.core.dossier import Dossier, Measured
from angelshare.core.records import Estimate
from angelshare.workbench.models import User
from angelshare.workbench.models.people import Role

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""When the tests take place."""

PLAIN_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
"""Static files by their own names: no test waits for a manifest of hashed ones."""


@pytest.fixture(scope="session", autouse=True)
def workspace() -> Iterator[Path]:
    """The migrated workspace of this session; e-mail lands in django.core.mail.outbox."""
    setup_test_environment()
    with override_settings(STORAGES=PLAIN_FILES):
        call_command("migrate", verbosity=0)
        yield WORKSPACE
    connection.close()
    teardown_test_environment()
    shutil.rmtree(WORKSPACE, ignore_errors=True)


@pytest.fixture
def committed() -> None:
    """Asked for by tests whose rows other connections must see."""


@pytest.fixture(autouse=True)
def rows(request: pytest.FixtureRequest, workspace: Path) -> Iterator[None]:
    """The database as each test finds it: empty."""
    if "committed" in request.fixturenames:
        yield
        call_command("flush", verbosity=0, interactive=False)
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def letters() -> list:
    """E-mail sent in this test."""
    from django.core import mail  # noqa: PLC0415 - it exists only once the test environment stands

    mail.outbox = []
    return mail.outbox


@pytest.fixture
def now() -> datetime:
    """The instant the tests take place at."""
    return NOW


@pytest.fixture
def make_user(rows: None) -> Callable[..., User]:
    """Make a user: make_user("ann", role="editor"). Nobody can sign in with a password; use `signed_in`."""

    def make(username: str, role: str = "researcher", **fields: object) -> User:
        user = User(username=username, email=f"{username}@example.org", role=role, date_joined=NOW, **fields)
        user.set_unusable_password()
        user.save()
        return user

    return make


@pytest.fixture
def people(make_user: Callable[..., User]) -> Mapping[str, User]:
    """One user per role, by the role's name; the administrator is staff."""
    return {role: make_user(role, role=role, is_staff=role == Role.ADMIN) for role in Role.values}


@pytest.fixture
def client(rows: None) -> Client:
    """A browser nobody signed in with."""
    return Client()


@pytest.fixture
def signed_in(people: Mapping[str, User]) -> Callable[[str], Client]:
    """A browser signed in as the user of a role: signed_in("editor")."""

    def browser(role: str) -> Client:
        made = Client()
        made.force_login(people[role], backend="django.contrib.auth.backends.ModelBackend")
        return made

    return browser


@pytest.fixture
def make_dossier() -> Callable[..., Dossier]:
    """Make a small whole dossier; keywords replace its fields."""

    def make(slug: str = "distillation-risk", **fields: object) -> Dossier:
        given: dict = {
            "kind": "concept",
            "title": "Model distillation risk",
            "label": "Risk classification",
            "definition": "The risk that a model's capability leaves through its answers.",
            "scope": ("It concerns closed weights.",),
            "facts": {"status": "under discussion"},
            "measured": (make_measured(),),
            "related": ("containment",),
            "claims": (make_claim(),),
            "sources": (
                CataloguedSource(id="act", title="An Act", url="https://example.org/act", publisher="A parliament"),
            ),
        }
        return Dossier(slug=slug, **(given | fields))

    return make


def make_claim(id: str = "not-addressed", **fields: object) -> Claim:  # noqa: A002 - the field's own name
    """Make a claim with one source."""
    given: dict = {
        "statement": "The Act does not explicitly address distillation.",
        "status": "reported",
        "evidence": "text_seen",
        "verified_on": "2026-11-01",
        "expires_on": "2027-05-01",
        "sources": (Citation(source="act", pinpoint="Art. 51"),),
    }
    return Claim(id=id, **(given | fields))


def make_measured(value: float = 5.6, low: float = 4.6, high: float = 6.6) -> Measured:
    """Make what a delay run measured."""
    number = Estimate(value=value, low=low, high=high, level=0.95, n=40, method="bootstrap")
    return Measured(run="0" * 64, kind="delay", label="Delay of the best student", numbers={"delay_months": number})


@pytest.fixture
def claim() -> Callable[..., Claim]:
    """Make a claim: claim("id", status="disputed")."""
    return make_claim


@pytest.fixture
def measured() -> Callable[..., Measured]:
    """Make what a delay run measured: measured(6.1, 5.2, 7.0)."""
    return make_measured
