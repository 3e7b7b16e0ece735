"""What a deployment must not be: checks that `angelshare serve check --deploy` runs beside Django's own."""

from __future__ import annotations

import ipaddress
import stat
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, run_checks  # noqa: A004 - Django's name
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

SHORTEST_SECRET = 50
"""Characters of a secret given by hand; Django's own bound (security.W009)."""

NETWORK_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"}
)
"""Where SQLite's locks and its write-ahead log cannot be trusted (sqlite.org/wal.html, "Disadvantages")."""


def problems(*, deploy: bool) -> list[CheckMessage]:
    """List what Django finds wrong with the settings and, for a deployment, what it and we find unsafe in them."""
    found = list(run_checks(include_deployment_checks=deploy))
    if deploy:
        for check in (check_origin, check_secret, check_mail, check_database, check_debug):
            found += check()
    return found


def pending_migrations() -> list[CheckMessage]:
    """Say whether the database is behind the code, or cannot be reached."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return [_error("E011", f"the database cannot be used ({error})", "start it, or mend DATABASE_URL")]
    if not plan:
        return []
    return [
        Warning(
            f"{len(plan)} migrations are to be applied", hint="`angelshare serve` applies them", id="workbench.W001"
        )
    ]


def check_origin() -> list[CheckMessage]:
    """Ask for an https origin and the host names that go with it."""
    found: list[CheckMessage] = []
    origin: str = settings.ORIGIN
    if not origin.startswith("https://"):
        found.append(
            _error("E001", f"ANGELSHARE_ORIGIN is '{origin}'", "set it to the https:// origin people will use")
        )
    hosts: Sequence[str] = settings.ALLOWED_HOSTS
    if "*" in hosts:
        found.append(_error("E002", "ANGELSHARE_HOSTS allows every host", "name the hosts, separated by commas"))
    elif all(is_loopback(host) for host in hosts):
        found.append(_error("E002", "only loopback hosts are served", "name the public hosts in ANGELSHARE_HOSTS"))
    return found


def check_secret() -> list[CheckMessage]:
    """Ask for a secret that is long, and read by its owner only."""
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < SHORTEST_SECRET or settings.SECRET_KEY.startswith("django-insecure-"):
        found.append(
            _error(
                "E003",
                "the secret is short or a default",
                f"give ANGELSHARE_SECRET_KEY {SHORTEST_SECRET} random characters",
            )
        )
    kept = Path(settings.WORKSPACE) / "secret"
    if kept.exists() and stat.S_IMODE(kept.stat().st_mode) & 0o077:
        found.append(_error("E004", f"others may read {kept}", f"chmod 600 {kept}"))
    return found


def check_mail() -> list[CheckMessage]:
    """Ask for a mail server and a sender: without them nobody can verify an address."""
    found: list[CheckMessage] = []
    if not settings.EMAIL_URL:
        found.append(_error("E005", "e-mail is only kept as files", "set EMAIL_URL=smtp://user:password@host:587"))
    if settings.DEFAULT_FROM_EMAIL.rpartition("@")[2] in ("", "localhost"):
        found.append(_error("E006", f"e-mail is sent from {settings.DEFAULT_FROM_EMAIL}", "set ANGELSHARE_FROM"))
    return found


def check_database() -> list[CheckMessage]:
    """Refuse SQLite on a network share, and say when its copies are nobody's job."""
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return []
    kind = filesystem_of(Path(settings.WORKSPACE), Path("/proc/self/mounts"))
    if kind in NETWORK_FILESYSTEMS:
        return [
            _error(
                "E007", f"SQLite lies on a network share ({kind})", "use a local disk, or DATABASE_URL for PostgreSQL"
            )
        ]
    return []


def check_debug() -> list[CheckMessage]:
    """Refuse debug pages, and hashers or cookies weaker than ours."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(_error("E008", "DEBUG is on: pages of errors show settings", "turn it off"))
    if not settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher"):
        found.append(_error("E009", "passwords are not hashed with Argon2 first", "restore PASSWORD_HASHERS"))
    if "'unsafe-inline'" in str(settings.CONTENT_SECURITY_POLICY):
        found.append(_error("E010", "the content security policy allows inline scripts or styles", "restore it"))
    return found


def is_loopback(host: str) -> bool:
    """Say whether a host name or address reaches this machine only."""
    bare = host.strip("[]")
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return bare == "localhost" or bare.endswith(".localhost")


def filesystem_of(place: Path, mounts: Path) -> str:
    """Read what kind of file system a folder lies on from the system's list of mounts; "" where there is none."""
    if not mounts.exists():
        return ""
    best, kind = "", ""
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, point, its_kind, *_ = line.split(" ")
        inside = place.is_relative_to(point.replace("\\040", " "))
        if inside and len(point) >= len(best):
            best, kind = point, its_kind
    return kind


def _error(number: str, found: str, mend: str) -> CheckMessage:
    return Error(found, hint=mend, id=f"workbench.{number}")
