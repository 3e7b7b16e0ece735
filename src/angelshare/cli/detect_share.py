"""What sharing does: sketch cases under an agreed secret, and match two bundles of sketches."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from angelshare.cli.detect_run import read_case
from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.strict import plain
from angelshare.core.traffic import ShareMarking
from angelshare.detect.accounts import load
from angelshare.detect.case import CASE, CaseDocument
from angelshare.detect.match import Matched, matched, read_bundle
from angelshare.detect.share import KINDS, sketched
from angelshare.detect.state import State
from angelshare.detect.stix import Entry, Terms, bundle
from angelshare.report.numbers import phrase
from angelshare.store.files import atomic_write, storage_errors


@record
class Sharing:
    """How cases are to be shared."""

    tlp: ShareMarking
    """TLP 2.0 marking."""

    expires: str
    """Last day of use."""

    key: Path
    """File of the agreed secret."""

    state: Path
    """State under that secret."""

    provider: str
    """Name to share under."""


def share_cases(cases: Sequence[Path], to: Path, sharing: Sharing) -> None:
    """Write a bundle of keyed sketches; cases that honest workloads explain are left out."""
    documents = [read_case(folder) for folder in _folders(cases)]
    told = [one for one in documents if one.case.verdict != "look-alike"]
    if not told:
        raise PlanError("none of these cases is to be shared: all are explained by honest workloads")
    state = State(sharing.state)
    secret = state.key(sharing.key).secret
    terms = Terms(
        marking=sharing.tlp, expires_on=sharing.expires, provider=sharing.provider,
        made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    atomic_write(to, bundle([_sketched(one, state, secret) for one in told], terms))
    click.echo(f"{to}: {len(told)} clusters, {sharing.tlp}, until {sharing.expires}")


def match_bundles(one: Path, other: Path, *, as_json: bool) -> int:
    """Match two bundles and print what they say together; gives the number of joint clusters."""
    today = dt.datetime.now(dt.UTC).date()
    read = []
    for path in (one, other):
        with storage_errors(path, "read this bundle"):
            read.append(read_bundle(path.read_bytes(), path.name, on=today))
    (mine, gone), (theirs, gone_there) = read
    found = matched(mine, theirs, expired=gone + gone_there)
    if as_json:
        sys.stdout.write(json.dumps(plain(found), indent=2, ensure_ascii=False) + "\n")
    else:
        _print(found)
    return len(found.joint)


def _print(found: Matched) -> None:
    click.echo(f"{len(found.joint)} joint clusters in {found.compared} comparisons; {found.expired} expired")
    for cluster in found.joint:
        click.echo("  " + " + ".join(cluster.clusters))
        for who in cluster.seen_apart_by:
            click.echo(f"    {who} sees these apart")
    for tie in found.ties:
        click.echo(f"  {tie.one} and {tie.other}: {tie.kind}, similarity {phrase(tie.similarity, level=0)}")
    click.echo(found.caution)


def _sketched(document: CaseDocument, state: State, secret: bytes) -> Entry:
    case = document.case
    accounts = load(state, case.first_at[:10], case.last_at[:10], kinds=KINDS)
    return sketched(case, accounts, key=secret, run_sha256=document.context.run_sha256)


def _folders(cases: Sequence[Path]) -> Sequence[Path]:
    """Give case folders; a folder of cases stands for each of them."""
    found: list[Path] = []
    for path in cases:
        inside = sorted(inner.parent for inner in path.glob(f"*/{CASE}")) if path.is_dir() else []
        found += inside or [path]
    return found
