"""Archives made to break the importer: each is refused in words, at once, and nothing of it stays."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import tarfile
import tracemalloc
import zipfile

import pytest

from angelshare.core.errors import NoSuchPageError, RunFolderError, WorkbenchError
from angelshare.store.manifest import Subject, seal
from angelshare.workbench import imports, proposals, tar_streams
from angelshare.workbench.archives import Limits, unpack
from angelshare.workbench.chain import publish
from angelshare.workbench.imports import import_run
from angelshare.workbench.models import AuditEntry, Proposal, Run
from angelshare.workbench.publishing import bring
from workbench.runs import audit_run, delay_run, tarred

LOW = Limits(archive_bytes=1 << 20, entry_bytes=100_000, total_bytes=150_000, entries=10)


@pytest.fixture
def inside(tmp_path):
    (tmp_path / "inside").mkdir()
    return tmp_path / "inside"


def header(name: str, kind: bytes, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_bomb_in_the_header_of_a_tar_is_stopped_before_it_fills_memory(tmp_path, inside, kind):
    with gzip.open(tmp_path / "x.tar.gz", "wb", compresslevel=1) as packed:
        packed.write(header("x", kind, 1 << 26))
        packed.write(b"a" * (1 << 26))
    tracemalloc.start()
    with pytest.raises(RunFolderError, match="a header of 67,108,864 bytes"):
        unpack(tmp_path / "x.tar.gz", inside)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 << 20


def test_the_endless_map_of_a_sparse_file_is_not_read(tmp_path, inside):
    endless = bytearray(header("sparse", tarfile.GNUTYPE_SPARSE, 512))
    more = bytearray(512)
    endless[482] = more[504] = 1  # another block of the map follows
    endless[148:156] = b" " * 8
    endless[148:156] = b"%06o\0 " % sum(endless)
    with gzip.open(tmp_path / "x.tar.gz", "wb", compresslevel=1) as packed:
        packed.write(bytes(endless) + bytes(more) * 10_000)
    with pytest.raises(RunFolderError, match="sparse"):
        unpack(tmp_path / "x.tar.gz", inside)


def test_the_endless_map_of_an_extended_header_is_not_read(tmp_path, inside):
    entry = tarfile.TarInfo("sparse")
    entry.size = 1 << 30
    entry.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x"}
    with gzip.open(tmp_path / "x.tar.gz", "wb", compresslevel=1) as packed:
        packed.write(entry.tobuf(tarfile.PAX_FORMAT) + b"9" * (1 << 20))
    with pytest.raises(RunFolderError, match="sparse"):
        unpack(tmp_path / "x.tar.gz", inside)


def test_what_comes_out_of_a_tar_is_counted_headers_included(tmp_path):
    with gzip.open(tmp_path / "x.tar.gz", "wb", compresslevel=1) as packed:
        packed.write(b"a" * 200_000)
    stream = tar_streams.Plain(io.BytesIO((tmp_path / "x.tar.gz").read_bytes()), 150_000)
    assert sum(len(stream.read(10_000)) for _ in range(15)) == 150_000
    with pytest.raises(RunFolderError, match="more than a run may"):
        stream.read(1)


@pytest.mark.parametrize("wanted", [1 << 28, 1 << 30])
def test_an_xz_archive_that_asks_for_all_memory_is_refused(tmp_path, inside, wanted):
    greedy = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": wanted, "mf": lzma.MF_HC3}]
    compressor = lzma.LZMACompressor(filters=[greedy[0] | {"dict_size": 1 << 16}])
    packed = bytearray(compressor.compress(header("x", tarfile.REGTYPE, 0) + b"\0" * 1024) + compressor.flush())
    at = packed.index(b"\x21\x01") + 2  # the filter's id and the length of its properties come before the size
    packed[at] = 40 if wanted > 1 << 29 else 34
    size = (packed[12] + 1) * 4
    packed[12 + size - 4 : 12 + size] = struct.pack("<I", __import__("zlib").crc32(bytes(packed[12 : 12 + size - 4])))
    (tmp_path / "x.tar.xz").write_bytes(packed)
    with pytest.raises(RunFolderError, match="not a readable zip or tar archive"):
        unpack(tmp_path / "x.tar.xz", inside)


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", ""])
def test_every_packing_of_a_run_is_read(tmp_path, now, suffix):
    folder = audit_run(tmp_path / "run")
    with tarfile.open(tmp_path / "packed", f"w:{suffix}") as packed:
        packed.add(folder, arcname=".")
    assert import_run(tmp_path / "packed", by=None, now=now).kind == "audit"


@pytest.mark.parametrize("suffix", ["bz2", "xz"])
def test_a_tar_cut_short_is_refused_wherever_it_is_cut(tmp_path, now, suffix):
    folder = audit_run(tmp_path / "run")
    with tarfile.open(tmp_path / "whole", f"w:{suffix}") as packed:
        packed.add(folder, arcname="run")
    whole = (tmp_path / "whole").read_bytes()
    for share in (0.01, 0.4, 0.99):
        (tmp_path / "cut").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(RunFolderError):
            import_run(tmp_path / "cut", by=None, now=now)


def test_a_zip_of_a_hundred_thousand_nameless_entries_is_refused_before_they_are_read(tmp_path, inside):
    count = 100_000
    listed = (b"PK\x01\x02" + b"\0" * 42) * count
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, count & 0xFFFF, count & 0xFFFF, len(listed), 0, 0)
    (tmp_path / "x.zip").write_bytes(listed + end)
    with pytest.raises(RunFolderError, match="more than 5,000 entries"):
        unpack(tmp_path / "x.zip", inside)


def test_an_entry_without_a_name_is_refused(tmp_path, inside):
    listed = b"PK\x01\x02" + b"\0" * 42
    end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 1, 1, len(listed), 0, 0)
    (tmp_path / "x.zip").write_bytes(listed + end)
    with pytest.raises(RunFolderError, match="no path inside a run folder"):
        unpack(tmp_path / "x.zip", inside)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_zip_packed_in_an_unusual_way_is_refused(tmp_path, inside, method):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", method) as packed:
        packed.writestr("report.json", "{}")
    with pytest.raises(RunFolderError, match="packed in an unusual way"):
        unpack(tmp_path / "x.zip", inside)


@pytest.mark.parametrize("names", [["a", "a/b"], ["a/b", "a"]])
def test_a_name_that_is_a_file_and_a_folder_is_refused_as_the_archives_fault(tmp_path, inside, names):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        for name in names:
            packed.writestr(name, b"")
    with pytest.raises(RunFolderError, match="twice"):
        unpack(tmp_path / "x.zip", inside)


@pytest.mark.parametrize("name", [b"\xff\xfe.json", "\u202egnp.exe".encode(), ("é" * 130).encode(), b"n" * 241])
def test_a_name_that_no_page_could_print_or_no_disk_could_hold_is_refused(tmp_path, inside, name):
    entry = tarfile.TarInfo("placeholder")
    if len(name) <= 100:
        block = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
        block[:100] = name.ljust(100, b"\0")
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        data = bytes(block) + b"\0" * 1024
    else:
        entry.name = name.decode()
        data = entry.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024
    (tmp_path / "x.tar").write_bytes(data)
    with pytest.raises(RunFolderError, match="no path inside a run folder") as raised:
        unpack(tmp_path / "x.tar", inside)
    str(raised.value).encode()  # it stands on a page


def test_a_report_larger_than_any_of_ours_is_refused_unread(tmp_path, now):
    folder = audit_run(tmp_path / "run")
    (folder / "report.json").write_bytes(b"[" + b"0," * imports.REPORT_BYTES + b"0]")
    (folder / "manifest.json").unlink()
    subject = Subject(kind="measure", name="x", sha256="0" * 64, seeds=[1])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    with pytest.raises(RunFolderError, match=r"report\.json has more than 8,388,608 bytes"):
        import_run(folder, by=None, now=now)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{", "null", "[]", '{"files": {"../../etc/passwd": "0"}}', '{"kind": ' + "9" * 5_000 + "}"]
)
def test_a_manifest_made_to_break_the_reader_is_refused(tmp_path, now, text):
    folder = audit_run(tmp_path / "run")
    (folder / "manifest.json").write_text(text)
    with pytest.raises(RunFolderError):
        import_run(tarred(folder, tmp_path / "run.tar.gz"), by=None, now=now)


def test_a_manifest_that_vouches_for_files_outside_its_folder_is_refused(tmp_path, now):
    folder = audit_run(tmp_path / "run")
    manifest = json.loads((folder / "manifest.json").read_text())
    (tmp_path / "outside.txt").write_text("x")
    manifest["files"]["../outside.txt"] = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunFolderError):
        import_run(folder, by=None, now=now)


# --- what stays behind ----------------------------------------------------------------------------


@pytest.fixture
def page(make_dossier, now):
    return publish(make_dossier("alpha", measured=()), message="x", author=None, reviewer=None, now=now)


@pytest.mark.usefixtures("page")
def test_a_run_that_no_proposal_came_of_is_not_kept(people, tmp_path, monkeypatch, now):
    monkeypatch.setattr(proposals, "MOST_OPEN", 1)
    bring(audit_run(tmp_path / "a"), "alpha", message="", by=people["researcher"], now=now)
    with pytest.raises(WorkbenchError, match="wait for a decision"):
        bring(delay_run(tmp_path / "b"), "alpha", message="", by=people["researcher"], now=now)
    with pytest.raises(NoSuchPageError):
        bring(delay_run(tmp_path / "c"), "beta", message="", by=people["researcher"], now=now)

    assert [run.kind for run in Run.objects.all()] == ["audit"]
    assert Proposal.objects.count() == AuditEntry.objects.filter(action="upload").count() == 1


@pytest.mark.usefixtures("page")
def test_an_upload_that_breaks_the_reader_is_said_on_the_form_and_leaves_nothing(signed_in, workspace):
    for data in (b"PK\x05\x06" + b"\0" * 18, b"\x1f\x8b" + b"x" * 50, b"BZh9" + b"y" * 50, b"\xfd7zXZ\0" + b"z" * 50):
        sent = io.BytesIO(data)
        sent.name = "run.zip"
        answer = signed_in("researcher").post("/upload/", {"page": "alpha", "archive": sent})
        assert answer.status_code == 400
        assert "errorlist" in answer.content.decode()

    assert list((workspace / "uploads").iterdir()) == []
