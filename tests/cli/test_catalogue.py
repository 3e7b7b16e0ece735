from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from angelshare.cli import main

SOURCE = '[[sources]]\nid = "src-mine"\ntitle = "Mine"\nurl = "https://example.org/mine"\npublisher = "Me"\n'
CLAIM = (
    '[[claims]]\nid = "mine"\nstatement = "The bill passed."\nstatus = "reported"\nevidence = "text_seen"\n'
    'verified_on = "2026-11-24"\nexpires_on = "2027-05-24"\nsources = [{ source = "src-mine" }]\n'
)


@pytest.fixture
def run(capfdbinary):
    def go(*arguments: str) -> tuple[int, bytes, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["catalogue", *arguments])
        out, err = capfdbinary.readouterr()
        return int(stopped.value.code or 0), out, err.decode()

    return go


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()

    def write(text: str) -> str:
        (folder / "entries.toml").write_text(text, encoding="utf-8")
        return str(folder)

    return write


def test_a_sound_catalogue_exits_zero_and_says_of_what(run):
    code, out, _ = run("check", "--as-of", "2026-11-24")

    assert code == 0
    assert "entries as of 2026-11-24" in out.decode()
    assert "0 wrong, 0 to recheck" in out.decode()


def test_expired_claims_exit_one_and_are_listed(run):
    code, out, _ = run("check", "--as-of", "2027-03-01", "--json")
    document = json.loads(out)

    assert code == 1
    assert document["as_of"] == "2027-03-01"
    assert len(document["findings"]) > 10
    assert {finding["error"] for finding in document["findings"]} == {""}
    assert run("check", "--as-of", "2027-03-01")[1].decode().startswith("recheck: ")


def test_wrong_entries_exit_two_with_file_and_place(run, mine):
    folder = mine(SOURCE + CLAIM.replace('sources = [{ source = "src-mine" }]', "sources = []"))

    code, out, _ = run("check", "--as-of", "2026-11-24", "--add", folder)

    assert code == 2
    assert f"NoSourceError: {Path(folder, 'entries.toml')}: claims[0], 'mine': the claim has no source" in out.decode()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("statement =", "statemant =", "UnknownKeyError"),
        ('sources = [{ source = "src-mine" }]', "", "NoSourceError"),
        ('source = "src-mine"', 'source = "src-nine"', "DanglingIdError"),
        ('source = "src-mine"', 'source = "src-mine", quote = "' + "word " * 16 + '"', "LongQuoteError"),
        ('verified_on = "2026-11-24"', 'verified_on = "2026-11-31"', "DateError"),
        ('id = "mine"', 'id = "sb53-definition"', "DuplicateIdError"),
    ],
)
def test_a_wrong_file_of_the_users_is_refused_by_name_file_and_place(run, mine, old, new, error):
    assert old in CLAIM
    folder = mine(SOURCE + CLAIM.replace(old, new))

    for action in ("export", "links"):
        code, out, err = run(action, "--add", folder)
        assert code == 2
        assert out == b""
        assert err.startswith(f"angelshare: {error}: {Path(folder, 'entries.toml')}: ")


def test_the_users_files_extend_the_shipped_ones(run, mine):
    folder = mine(SOURCE + CLAIM)

    code, out, _ = run("export", "--as-of", "2026-11-24", "--add", folder)
    document = json.loads(out)

    assert code == 0
    assert {"mine", "sb53-definition"} <= {claim["id"] for claim in document["claims"]}
    assert document["catalogue_sha256"] != json.loads(run("export", "--as-of", "2026-11-24")[1])["catalogue_sha256"]


@pytest.mark.parametrize(
    ("form", "names"),
    [("json", {"catalogue.json"}), ("jsonld", {"catalogue.jsonld"}), ("bibtex", {"catalogue.bib"}), ("csv", {"claims.csv", "csv-metadata.json"})],
)  # fmt: skip
def test_an_export_writes_its_folder_and_nothing_else(run, tmp_path, monkeypatch, form, names):
    monkeypatch.chdir(tmp_path)
    arguments = ("export", "--format", form, "--as-of", "2026-11-24", "--out", "deep/out", "--json")

    code, out, _ = run(*arguments)
    document = json.loads(out)
    before = {path.name: path.read_bytes() for path in (tmp_path / "deep/out").iterdir()}
    run(*arguments)

    assert code == 0
    assert names <= set(before) == set(document["files"])
    assert {path.name: path.read_bytes() for path in (tmp_path / "deep/out").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_links_are_printed_by_evidence_and_as_json(run):
    _, text, _ = run("links", "--as-of", "2026-11-24")
    _, out, _ = run("links", "--as-of", "2026-11-24", "--json")

    groups = json.loads(out)["groups"]
    assert [group["evidence"] for group in groups] == ["measured_here", "text_seen", "secondary_seen", "memory"]
    assert text.decode().startswith("### Measured here")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "--format", "json"), "belong to `catalogue export`"),
        (("links", "--out", "x"), "belong to `catalogue export`"),
        (("export", "--format", "csv"), "give --out FOLDER"),
        (("export", "--format", "bibtex", "--json"), "--json prints JSON"),
        (("check", "--as-of", "2026-02-30"), "DateError: --as-of: '2026-02-30' is no day"),
        (("check", "--add", "nowhere"), "nowhere: no such folder"),
        (("chek",), "'chek' is not one of"),
    ],
)
def test_a_wrong_option_says_what_would_do(run, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)

    code, out, err = run(*arguments)

    assert code == 2
    assert out == b""
    assert says in err
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder_is_one_message(run, tmp_path):
    (tmp_path / "file").write_text("")

    code, _, err = run("export", "--out", str(tmp_path / "file"))

    assert code == 2
    assert err.startswith("angelshare: StorageError: ")


def test_the_catalogue_reads_without_numpy_or_the_network():
    shown = (
        "import sys, runpy; sys.argv = ['angelshare', 'catalogue', 'links']\n"
        "try: runpy.run_module('angelshare', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'numpy', 'scipy', 'torch', 'httpx2', 'socket', 'ssl'}))"
    )
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
