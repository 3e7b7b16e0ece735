"""`angelshare catalogue`: check the catalogue of instruments, export it, list its links."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from angelshare.core.catalogue_pages import Catalogue, Finding
    from angelshare.govern.catalogue.export import Format


@click.command()
@click.argument("action", type=click.Choice(["check", "export", "links"]))
@click.option(
    "--as-of",
    metavar="DATE",
    default=None,
    help="Show expiry and standing as of this day (2026-11-24).  [default: today]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "jsonld", "bibtex"]),
    default=None,
    help="What to export to; csv is several tables with a CSVW description and needs --out.  [default: json]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder for the exported files, each whole or absent; nothing is written outside it.",
)
@click.option(
    "--add",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Folder of your own catalogue files (*.toml), which extend the shipped ones; may be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def catalogue(
    *, action: str, as_of: str | None, form: Format | None, out: Path | None, add: tuple[Path, ...], as_json: bool
) -> None:
    """Read the catalogue of instruments, claims, allegations and concepts: ACTION is check, export or links.

    `check` lists what is wrong and what has expired: exit code 0 if nothing, 1 if entries must be looked at again,
    2 if any is wrong. `export` writes it as JSON, CSV, JSON-LD or BibTeX. `links` lists its sources by what was seen of
    them.
    """
    if action != "export" and (form or out):
        raise click.UsageError(f"--format and --out belong to `catalogue export`, not to `catalogue {action}`")
    on = _day(as_of)
    held = _read(add)
    if action == "check":
        from angelshare.govern.catalogue import check

        findings = check(held, on)
        _show_findings(held, findings, on, as_json=as_json)
        sys.exit(2 if any(finding.error for finding in findings) else min(1, len(findings)))
    from angelshare.govern.catalogue import require

    require(held)
    if action == "links":
        _show_links(held, on, as_json=as_json)
    else:
        _export(held, form or "json", on, out=out, as_json=as_json)


def _day(text: str | None) -> date:
    from angelshare.core.errors import DateError
    from angelshare.govern.catalogue.dates import day

    if text is None:
        return datetime.now(UTC).date()
    read = day(text)
    if read is None:
        raise DateError(f"--as-of: '{text}' is no day; write it as 2026-11-24")
    return read


def _read(folders: Sequence[Path]) -> Catalogue:
    from angelshare.core.errors import PlanError
    from angelshare.govern.catalogue import assemble, shipped_files

    texts = dict(shipped_files())
    for folder in folders:
        try:
            added = {str(path): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.toml"))}
        except (OSError, UnicodeDecodeError) as error:
            raise PlanError(f"{folder}: cannot read the catalogue files ({error})") from None
        if not added:
            raise PlanError(f"{folder}: no such folder, or no *.toml in it; give a folder of catalogue files")
        texts |= added
    return assemble(texts)


def _show_findings(held: Catalogue, findings: Sequence[Finding], on: date, *, as_json: bool) -> None:
    from angelshare.core.strict import plain

    if as_json:
        head = {"catalogue_sha256": held.sha256, "as_of": on.isoformat(), "entries": len(held.entries)}
        _print_json({**head, "findings": plain(findings)})
        return
    for finding in findings:
        click.echo(f"{finding.error or 'recheck'}: {finding.place}, '{finding.id}': {finding.says}")
    wrong = sum(bool(finding.error) for finding in findings)
    click.echo(
        f"{len(held.entries)} entries as of {on.isoformat()}: {wrong} wrong, {len(findings) - wrong} to recheck; "
        f"catalogue {held.sha256}"
    )


def _show_links(held: Catalogue, on: date, *, as_json: bool) -> None:
    from angelshare.core.strict import plain
    from angelshare.govern.catalogue import link_list, links_markdown

    if as_json:
        head = {"catalogue_sha256": held.sha256, "as_of": on.isoformat()}
        _print_json({**head, "groups": plain(link_list(held))})
    else:
        click.echo(links_markdown(held), nl=False)


def _export(held: Catalogue, form: Format, on: date, *, out: Path | None, as_json: bool) -> None:
    from angelshare.govern.catalogue import export
    from angelshare.store.files import atomic_write, make_folder, sha256_file

    files = export(held, form, on)
    if out is None:
        if len(files) > 1:
            raise click.UsageError("csv is several files: give --out FOLDER")
        if as_json and form != "json":
            raise click.UsageError(f"--json prints JSON, not {form}: give --out FOLDER, or --format json")
        sys.stdout.buffer.write(next(iter(files.values())))
        return
    make_folder(out)
    for name, data in files.items():
        atomic_write(out / name, data)
    if as_json:
        written = {name: sha256_file(out / name) for name in files}
        _print_json({"catalogue_sha256": held.sha256, "as_of": on.isoformat(), "out": str(out), "files": written})
    else:
        click.echo(f"{len(files)} file{'s' if len(files) > 1 else ''} in {out}, catalogue {held.sha256}")


def _print_json(document: Mapping[str, object]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
