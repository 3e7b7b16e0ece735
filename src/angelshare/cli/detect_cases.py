"""What the verbs on one case do: verify, review, act."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click

from angelshare import __version__
from angelshare.cli.detect_run import STATE, page_of, read_case, write_case
from angelshare.core.errors import PlanError, RunFolderError
from angelshare.core.strict import convert
from angelshare.core.traffic import Review
from angelshare.detect.actions import actions_csv, decided
from angelshare.detect.case import CASE, CASE_PAGE, NOTICE, CaseDocument, reviewed
from angelshare.detect.sign import KEY_NAME, SHOWN, signing_key
from angelshare.store.files import atomic_write, storage_errors


def show_verified(path: Path, public_key: str | None, *, as_json: bool) -> None:
    """Verify a case and its page, and say who signed it; raises RunFolderError after any change."""
    pinned = None if public_key is None else _public_key(public_key)
    document = read_case(path, pinned=pinned)
    page = _folder(path) / CASE_PAGE
    if page.exists() and document.context.version == __version__ and page.read_bytes() != page_of(document).encode():
        raise RunFolderError(f"{page}: not the page of {CASE}; restore it from a copy, or read {CASE} itself")
    signers = sorted({seal.public_key for seal in document.seals})
    if as_json:
        said: dict[str, Any] = {
            "case": document.case.id, "verdict": document.case.verdict, "links": len(document.links),
            "signed_by": signers, "pinned": pinned is not None, "reviews": len(document.case.reviews),
        }  # fmt: skip
        click.echo(json.dumps(said, indent=2))
        return
    click.echo(
        f"case {document.case.id}: {document.case.verdict}; every byte is as signed; {len(document.links)} links, "
        f"{len(document.case.reviews)} decisions"
    )
    for signer in signers:
        click.echo(f"signed by {signer[:SHOWN]}…" + ("" if pinned else "; compare it with the operator’s public key"))
    click.echo(NOTICE)


def add_review(path: Path, said: tuple[str, str, str], key: Path | None) -> None:
    """Chain a decision to a case; the earlier file stays beside it under the number of its decisions."""
    folder = _folder(path)
    document = read_case(path)
    decision, by, reason = said
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    review = convert({"at": at, "by": by, "decision": decision, "reason": reason}, Review, "the decision")
    secret = signing_key(key or folder.parent.parent / STATE / KEY_NAME)
    later = reviewed(document, review, secret)
    before = folder / f"case-{len(document.case.reviews)}.json"
    with storage_errors(folder, "keep the earlier file"):
        atomic_write(before, (folder / CASE).read_bytes())
    write_case(later, folder)
    click.echo(f"case {document.case.id}: {decision} by {by}; the file before it is kept as {before.name}")


def write_actions(path: Path, action: str, until: str, *, to: Path) -> None:
    """Write the action list of a case after a person's decision."""
    try:
        last = dt.date.fromisoformat(until)
    except ValueError:
        raise PlanError(f"--until {until}: no date; write one like 2026-12-31") from None
    document: CaseDocument = read_case(path)
    rows = decided(document.case, action, until=last.isoformat())  # type: ignore[arg-type]  # click lists the choices
    atomic_write(to, actions_csv(rows).encode())
    click.echo(f"{to}: {len(rows)} accounts")


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _public_key(given: str) -> str:
    """Take a key as given, or from the file of that name."""
    path = Path(given)
    text = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else given.strip().lower()
    if len(text) != 64 or set(text) - set("0123456789abcdef"):  # noqa: PLR2004 - 32 bytes
        raise PlanError(f"--public-key {given}: neither 64 hexadecimal digits nor a file of them; give signing-key.pub")
    return text
