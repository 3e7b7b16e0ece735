from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from angelshare.core.errors import PlanError, RunFolderError, StorageError, UnknownKeyError
from angelshare.core.records import Source
from angelshare.store.files import (
    append_jsonl,
    atomic_write,
    make_folder,
    mend_jsonl,
    read_jsonl,
    sha256_file,
    write_jsonl,
)

ONE, TWO = Source(title="one", url="a"), Source(title="two", url="b", on="2026-01-02")


def test_a_file_is_replaced_whole_and_no_part_of_it_stays_behind(tmp_path):
    path = tmp_path / "x.json"
    atomic_write(path, b"old")
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [found.name for found in tmp_path.iterdir()] == ["x.json"]


def test_a_writer_killed_in_the_middle_leaves_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "x.bin"
    atomic_write(path, b"old")
    script = (
        "import os, sys, pathlib\n"
        "from angelshare.store import files\n"
        "os.fsync = lambda handle: os.kill(os.getpid(), 9)\n"
        "files.atomic_write(pathlib.Path(sys.argv[1]), b'n' * 100_000)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -9
    assert path.read_bytes() == b"old"


def test_a_full_disk_is_a_named_error_that_names_the_file():
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which Linux has")
    with pytest.raises(StorageError, match=r"/dev/full: cannot append .* disk is full: free some space"):
        append_jsonl(Path("/dev/full"), [ONE])


def test_a_file_beyond_the_size_limit_is_a_named_error_and_leaves_nothing(tmp_path):
    script = (
        "import resource, signal, sys, pathlib\n"
        "from angelshare.core.errors import StorageError\n"
        "from angelshare.store.files import atomic_write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    atomic_write(pathlib.Path(sys.argv[1]), b'n' * 2000)\n"
        "except StorageError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "x")], check=True, capture_output=True, text=True
    )
    assert "cannot write this file" in done.stdout
    assert "ulimit" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_a_named_error(tmp_path):
    with pytest.raises(StorageError, match="no such file or folder"):
        atomic_write(tmp_path / "absent" / "x", b"")


def test_a_folder_cannot_be_made_where_a_file_stands(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(StorageError, match="cannot create this folder"):
        make_folder(tmp_path / "x" / "y")


def test_records_come_back_as_they_were_written(tmp_path):
    path = tmp_path / "s.jsonl"
    write_jsonl(path, [ONE])
    append_jsonl(path, [TWO, ONE])
    assert list(read_jsonl(path, Source)) == [ONE, TWO, ONE]


def test_a_wrong_line_is_named_by_file_and_number(tmp_path):
    path = tmp_path / "s.jsonl"
    write_jsonl(path, [ONE])
    with path.open("ab") as file:
        file.write(b'{"title": "x", "ulr": "y"}\n')
    with pytest.raises(UnknownKeyError, match=r"s\.jsonl, line 2: unknown key 'ulr'; did you mean 'url'"):
        list(read_jsonl(path, Source))
    path.write_bytes(b"\n{oops}\n")
    with pytest.raises(PlanError, match=r"line 2: not valid JSON"):
        list(read_jsonl(path, Source))


def test_a_half_written_last_line_is_reported_by_readers_and_writers_and_can_be_cut_off(tmp_path):
    path = tmp_path / "s.jsonl"
    write_jsonl(path, [ONE, TWO])
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    with pytest.raises(RunFolderError, match=r"line 2: half written"):
        list(read_jsonl(path, Source))
    with pytest.raises(RunFolderError, match="half written"):
        append_jsonl(path, [ONE])
    assert mend_jsonl(path) == len(whole) - whole.index(b"\n") - 1 - 7
    append_jsonl(path, [TWO])
    assert path.read_bytes() == whole


def test_a_hash_is_that_of_the_bytes(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert sha256_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(StorageError, match="cannot read"):
        sha256_file(tmp_path / "absent")
