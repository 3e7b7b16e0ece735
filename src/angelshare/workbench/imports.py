"""Import a finished run: verified by its hashes, decoded strictly, known by the hash of its manifest, never run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from angelshare.core.errors import AngelshareError, RunFolderError
from angelshare.core.strict import plain
from angelshare.store.files import sha256_file
from angelshare.store.manifest import NAME, verify_run
from angelshare.workbench.archives import LIMITS, Limits, unpack, walk
from angelshare.workbench.models import Run, User
from angelshare.workbench.run_kinds import RunKind, kind_made_by, kind_named
from angelshare.workbench.storable import refuse_nul

REPORT = "report.json"
"""The one file of a run whose content is kept."""

REPORT_BYTES = 8 << 20
"""Most of it, and of the manifest: JSON takes ten times its size in memory, and a page draws all of it."""


def import_run(folder_or_archive: Path, *, by: User | None, now: datetime, limits: Limits = LIMITS) -> Run:
    """Import a run folder, or a zip or tar of one; a run that was imported before is given back as it is.

    The key is the SHA-256 of `manifest.json`, and of `report.json` for a ledger, whose folder has no manifest: the
    number that `sha256sum` prints for that file.

    Raises RunFolderError if it is unfinished, foreign, altered, too large, or not what it says it is.
    """
    if folder_or_archive.is_dir():
        return _import_folder(folder_or_archive, by=by, now=now, limits=limits)
    if not folder_or_archive.is_file():
        raise RunFolderError(f"{folder_or_archive}: no such run folder or archive")
    place = Path(settings.WORKSPACE) / "uploads"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        inside = Path(scratch) / "run"
        inside.mkdir()
        unpack(folder_or_archive, inside, limits)
        try:
            return _import_folder(_root(inside), by=by, now=now, limits=limits)
        except AngelshareError as error:
            # the message is for whoever sent it, to whom our folder's name says nothing
            raise type(error)(str(error).replace(scratch, folder_or_archive.name)) from None


def report_of(run: Run) -> object:
    """Decode the report of an imported run; raises PlanError if this version no longer reads it."""
    report: object = kind_named(run.kind).kept(run.report, f"run {run.sha256[:12]}")
    return report


def _root(unpacked: Path) -> Path:
    """Find the run folder in an archive: its top, or the one folder at its top."""
    inside = sorted(unpacked.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else unpacked


def _import_folder(folder: Path, *, by: User | None, now: datetime, limits: Limits) -> Run:
    walk(folder, limits)
    if not (folder / REPORT).is_file():
        raise RunFolderError(f"{folder}: no {REPORT}; give the folder that a finished verb wrote")
    for name in (REPORT, NAME):
        if (folder / name).is_file() and (folder / name).stat().st_size > REPORT_BYTES:
            raise RunFolderError(f"{folder}: {name} has more than {REPORT_BYTES:,} bytes, which no report of ours does")
    kind, manifest, digest = _identity(folder)
    report = kind.read((folder / REPORT).read_bytes(), str(folder / REPORT))
    refuse_nul(plain(report), str(folder / REPORT))
    refuse_nul(manifest, str(folder / NAME))
    with transaction.atomic():
        run, _ = Run.objects.get_or_create(
            sha256=digest,
            defaults={
                "kind": kind.name,
                "name": kind.title(report)[:120],
                "report": plain(report),
                "manifest": manifest,
                "uploaded_by": by,
                "uploaded_at": now,
            },
        )
    return run


def _identity(folder: Path) -> tuple[RunKind[Any], Mapping[str, object], str]:
    """Verify a folder, and say what made it, what vouches for it, and the hash it is known by."""
    if not (folder / NAME).exists() and not (folder / "begun.json").exists():
        kind, digest = kind_made_by(""), sha256_file(folder / REPORT)
        return kind, {"kind": kind.name, "files": {REPORT: digest}}, digest
    try:
        manifest = verify_run(folder)
    except (RecursionError, ValueError) as error:  # of json: nested too deep, or a number of thousands of digits
        raise RunFolderError(f"{folder}: {NAME} is not one of ours ({str(error)[:200]})") from None
    try:
        kind = kind_made_by(manifest.kind)
    except RunFolderError as error:
        raise RunFolderError(f"{folder}: {error}") from None
    if REPORT not in manifest.files:
        raise RunFolderError(f"{folder}: {NAME} does not vouch for {REPORT}; measure again")
    return kind, plain(manifest), sha256_file(folder / NAME)
