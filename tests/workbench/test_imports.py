import dataclasses
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from angelshare.core.errors import RunFolderError
from angelshare.store.files import sha256_file
from angelshare.store.manifest import Subject, seal
from angelshare.workbench.archives import Limits, unpack
from angelshare.workbench.imports import import_run, report_of
from angelshare.workbench.models import Run
from workbench.runs import audit_run, delay_run, ledger_run, tarred, zipped

LOW = Limits(archive_bytes=1 << 20, entry_bytes=100_000, total_bytes=150_000, entries=10)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return audit_run(tmp_path_factory.mktemp("runs") / "audit")


def packed(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def resealed(folder: Path, kind: str = "measure") -> Path:
    (folder / "manifest.json").unlink()
    subject = Subject(kind=kind, name="x", sha256="0" * 64, seeds=[1])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    return folder


def test_a_folder_a_zip_and_a_tar_of_one_run_are_one_import(run, tmp_path, now):
    first = import_run(run, by=None, now=now)
    again = import_run(zipped(run, tmp_path / "run.zip"), by=None, now=now)
    third = import_run(tarred(run, tmp_path / "run.tar.gz"), by=None, now=now)
    assert first.pk == again.pk == third.pk == sha256_file(run / "manifest.json")
    assert Run.objects.count() == 1
    assert json.loads((run / "report.json").read_text()) == json.loads(json.dumps(Run.objects.get().report))


@pytest.mark.parametrize(("make", "kind"), [(audit_run, "audit"), (delay_run, "delay"), (ledger_run, "ledger")])
def test_every_kind_of_run_is_recognised_by_what_made_it(make, kind, tmp_path, now):
    imported = import_run(make(tmp_path / "run"), by=None, now=now)
    assert imported.kind == kind
    assert dataclasses.is_dataclass(report_of(imported))


def test_an_import_remembers_who_brought_it_and_leaves_nothing_behind(run, tmp_path, now, people, workspace):
    imported = import_run(zipped(run, tmp_path / "run.zip"), by=people["researcher"], now=now)
    assert imported.uploaded_by == people["researcher"]
    assert list((workspace / "uploads").iterdir()) == []


def test_an_altered_file_is_refused_by_name(tmp_path, now):
    folder = audit_run(tmp_path / "run")
    report = json.loads((folder / "report.json").read_text())
    report["verdict"]["sentence"] = "Everything evaporates."
    (folder / "report.json").write_text(json.dumps(report))
    with pytest.raises(RunFolderError, match=r"'report\.json' was altered"):
        import_run(folder, by=None, now=now)
    assert not Run.objects.exists()


def test_a_run_whose_report_is_not_the_report_of_its_kind_is_refused_though_its_hashes_hold(tmp_path, now):
    folder = audit_run(tmp_path / "run")
    (folder / "report.json").write_text('{"verdict": "fine", "surprise": 1}')
    with pytest.raises(RunFolderError, match="not the report of a run of kind audit"):
        import_run(resealed(folder), by=None, now=now)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"plan": ' + "9" * 5_000 + "}", "NaN", ""])
def test_json_meant_to_break_the_reader_is_refused(text, tmp_path, now):
    folder = audit_run(tmp_path / "run")
    (folder / "report.json").write_text(text)
    with pytest.raises(RunFolderError, match="not the report"):
        import_run(resealed(folder), by=None, now=now)


def test_a_manifest_of_another_verb_is_refused(tmp_path, now):
    with pytest.raises(RunFolderError, match="made by 'mystery'"):
        import_run(resealed(audit_run(tmp_path / "run"), kind="mystery"), by=None, now=now)


def test_an_unfinished_run_is_refused(tmp_path, now):
    folder = audit_run(tmp_path / "run")
    (folder / "manifest.json").unlink()
    (folder / "begun.json").write_text("{}")
    with pytest.raises(RunFolderError, match="unfinished"):
        import_run(folder, by=None, now=now)


def test_a_file_that_the_manifest_does_not_name_is_refused(tmp_path, now):
    folder = audit_run(tmp_path / "run")
    (folder / "extra.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(RunFolderError, match=r"'extra\.pkl' is not in manifest\.json"):
        import_run(folder, by=None, now=now)


@pytest.mark.parametrize(
    "name", ["../evil.txt", "a/../../evil.txt", "/etc/evil", "C:\\evil", "a\\..\\evil", "a\nb", "a/" * 20 + "b"]
)
def test_a_path_that_leaves_the_folder_is_refused_and_nothing_is_written_outside(name, tmp_path):
    inside = tmp_path / "deep" / "inside"
    inside.mkdir(parents=True)
    with pytest.raises(RunFolderError, match="no path inside a run folder"):
        unpack(packed(tmp_path / "x.zip", {name: b"x"}), inside)
    buffer = tmp_path / "x.tar"
    with tarfile.open(buffer, "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(RunFolderError, match="no path inside a run folder"):
        unpack(buffer, inside)
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_links_are_refused_in_zip_tar_and_folder(tmp_path, now):
    inside = tmp_path / "inside"
    inside.mkdir()
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(RunFolderError, match="link or device"):
        unpack(tmp_path / "x.zip", inside)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            entry = tarfile.TarInfo("link")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        with pytest.raises(RunFolderError, match="link or device"):
            unpack(tmp_path / "x.tar", inside)
    folder = audit_run(tmp_path / "run")
    (folder / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(RunFolderError, match="link or device"):
        import_run(folder, by=None, now=now)


def test_a_zip_bomb_is_stopped_while_it_comes_out(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    bomb = packed(tmp_path / "x.zip", {"big": b"\0" * 50_000_000})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(RunFolderError, match="unpacked"):
        unpack(bomb, inside, LOW)
    assert sum(path.stat().st_size for path in inside.rglob("*")) <= LOW.entry_bytes


def test_a_bomb_of_many_files_a_tar_bomb_and_a_crowd_are_stopped(tmp_path):
    for number, entries in enumerate([{str(n): b"\0" * 90_000 for n in range(3)}, {str(n): b"" for n in range(11)}]):
        inside = tmp_path / f"inside-{number}"
        inside.mkdir()
        with pytest.raises(RunFolderError, match=r"unpacked|entries"):
            unpack(packed(tmp_path / "x.zip", entries), inside, LOW)
    (tmp_path / "inside-tar").mkdir()
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("big")
        entry.size = 20_000_000
        archive.addfile(entry, io.BytesIO(b"\0" * entry.size))
    with pytest.raises(RunFolderError, match="unpacked"):
        unpack(tmp_path / "x.tar.gz", tmp_path / "inside-tar", LOW)


def test_an_oversized_archive_is_refused_unopened(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"\0" * (LOW.archive_bytes + 1))
    with pytest.raises(RunFolderError, match="an upload may have"):
        unpack(tmp_path / "x.zip", tmp_path, LOW)


def test_an_entry_that_stands_twice_is_refused(tmp_path):
    (tmp_path / "inside").mkdir()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("report.json", "a")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("report.json", "b")
    with pytest.raises(RunFolderError, match="twice"):
        unpack(tmp_path / "x.zip", tmp_path / "inside")


@pytest.mark.parametrize("data", [b"", b"not an archive", b"PK\x03\x04broken", b"\x1f\x8bbroken"])
def test_what_is_no_archive_is_refused(data, tmp_path, now):
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(RunFolderError, match="not a readable zip or tar"):
        import_run(tmp_path / "x.zip", by=None, now=now)


def test_a_broken_archive_is_refused_wherever_it_is_cut(run, tmp_path, now):
    whole = zipped(run, tmp_path / "whole.zip").read_bytes()
    tar = tarred(run, tmp_path / "whole.tar.gz").read_bytes()
    for data in (whole, tar):
        for share in (0.1, 0.5, 0.9):
            (tmp_path / "cut").write_bytes(data[: int(len(data) * share)])
            with pytest.raises(RunFolderError):
                import_run(tmp_path / "cut", by=None, now=now)
    assert not Run.objects.exists()
