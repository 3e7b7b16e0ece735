"""Finished runs for the tests: published by the report room and sealed by the store, as the verbs do it."""

from __future__ import annotations

import atexit
import functools
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

from click.testing import CliRunner

import angelshare
from angelshare.cli import app
from angelshare.detect.shown import without_accounts
from angelshare.report.defend_publish import publish_defend
from angelshare.report.delay_publish import publish_delay
from angelshare.report.detect_publish import publish_detect
from angelshare.report.lineage_publish import publish_lineage
from angelshare.report.publish import publish
from angelshare.report.watermark_publish import publish_watermark
from angelshare.store.manifest import Subject, seal
from report import detect_sample
from report.defend_sample import lab
from report.delay_sample import report
from report.lineage_sample import examined
from report.sample import sample
from report.watermark_sample import tested


def audit_run(folder: Path) -> Path:
    """Copy a sealed audit run to a folder of its own; the run is made once."""
    return Path(shutil.copytree(_audit(), folder))


@functools.cache
def _audit() -> Path:
    made = tempfile.mkdtemp(prefix="audit-of-tests-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    folder = Path(made) / "run"
    publish(sample(), folder)
    subject = Subject(kind="measure", name="sample", sha256="0" * 64, seeds=[1])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    return folder


def zipped(folder: Path, archive: Path) -> Path:
    """Pack a folder as a zip with the folder at its top."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    return archive


def tarred(folder: Path, archive: Path) -> Path:
    """Pack a folder as a gzipped tar."""
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, arcname=folder.name)
    return archive


def delay_run(folder: Path) -> Path:
    """Write a sealed delay run."""
    publish_delay(report(), folder)
    subject = Subject(kind="delay", name="delay", sha256="1" * 64, seeds=[1])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    return folder


def ledger_run(folder: Path) -> Path:
    """Write the compute ledger of a shipped model description, by the verb itself."""
    models = Path(angelshare.__file__).parent / "govern" / "models"
    done = CliRunner().invoke(app, ["ledger", str(models / "api-student.toml"), "--out", str(folder)])
    assert done.exit_code in (0, 1), done.output  # 1 says that a threshold may see it
    return folder if (folder / "report.json").exists() else next(folder.rglob("report.json")).parent


def defend_run(folder: Path) -> Path:
    """Write a sealed run of the defence lab."""
    publish_defend(lab(), folder)
    subject = Subject(kind="defend", name="m", sha256="2" * 64, seeds=[1])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    return folder


def watermark_run(folder: Path) -> Path:
    """Write a sealed watermark test."""
    publish_watermark(tested(), folder, command="angelshare watermark a.txt --key k.toml")
    subject = Subject(kind="watermark", name="watermark", sha256="3" * 64, seeds=[1])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    return folder


def detect_run(folder: Path) -> Path:
    """Write a sealed detect run, as the verb does: accounts are counted in it, not named."""
    publish_detect(
        without_accounts(detect_sample.report()), folder, command="angelshare detect logs --calibrate benign"
    )
    subject = Subject(kind="detect", name="detect", sha256="4" * 64, seeds=[])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    return folder


def lineage_run(folder: Path) -> Path:
    """Write a sealed lineage test."""
    publish_lineage(examined(), folder, command="angelshare lineage test spirit.jsonl --teachers t --panel p")
    subject = Subject(kind="lineage", name="spirit", sha256="4" * 64, seeds=[0])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    return folder
