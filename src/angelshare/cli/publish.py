"""`angelshare publish`: send a finished run to a workbench, as a proposal for one of its pages."""

from __future__ import annotations

import io
import ipaddress
import json
import os
import tarfile
import zipfile
from http import HTTPStatus
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from angelshare.core.errors import AuthorisationError, EndpointError, PlanError

if TYPE_CHECKING:
    import httpx2

PATIENCE_SECONDS = 120.0
"""Time for one answer: a large run is verified before it comes."""

MOST_WORDS = 500
"""Characters of a foreign server's words that are printed."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--to", "url", required=True, metavar="URL", help="The workbench: https://…, or http:// on this machine.")
@click.option("--page", required=True, metavar="SLUG", help="Page that is to show it: model-distillation-risk.")
@click.option("--message", default="", help="Why, in a sentence.")
@click.option(
    "--token-env",
    default="ANGELSHARE_TOKEN",
    show_default=True,
    metavar="NAME",
    help="Environment variable that holds your personal token, with the scope propose.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def publish(*, run: Path, url: str, page: str, message: str, token_env: str, as_json: bool) -> None:
    """Propose what RUN measured for a page of a workbench: RUN is a finished folder, or a zip or tar of one.

    The folder is verified here before anything is sent, and again there. Someone else decides whether the page shows
    it. Exit code 2 if it is refused.
    """
    base = _address(url)
    token = os.environ.get(token_env, "")
    if not token:
        raise AuthorisationError(
            f"no token in {token_env}; make one under your account at {base}, with the scope propose, and export it"
        )
    if not (token.isascii() and token.isprintable()):
        raise AuthorisationError(f"what {token_env} holds is no token: they are plain letters; copy it anew")
    made = _sent(base, token, _packed(run), page=page, message=message)
    if as_json:
        click.echo(json.dumps({**made, "url": f"{base}/proposals/{made['id']}/"}, indent=2, ensure_ascii=False))
    else:
        click.echo(f"proposal {made['id']} for '{page}', {made['state']}: {base}/proposals/{made['id']}/")


def _address(url: str) -> str:
    """Check where a token would go: over TLS, or no further than this machine."""
    import httpx2

    try:
        asked = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise PlanError(f"--to {url}: not an address ({error}); write https://workbench.example") from None
    if asked.scheme == "https" and asked.host:
        return url.rstrip("/")
    if asked.scheme == "http" and _is_here(asked.host):
        return url.rstrip("/")
    raise PlanError(f"--to {url}: a token is only sent by https://, or by http:// to this machine")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _packed(run: Path) -> IO[bytes]:
    """Verify a folder and pack it; an archive is sent as it is."""
    from angelshare.core.errors import RunFolderError
    from angelshare.store.manifest import NAME, verify_run

    if run.is_file():
        if not (zipfile.is_zipfile(run) or tarfile.is_tarfile(run)):  # no other file leaves this machine
            raise RunFolderError(f"{run}: not a zip or tar archive; give a run's folder, or one packed")
        return io.BytesIO(run.read_bytes())
    if (run / NAME).exists() or not (run / "report.json").is_file() or (run / "begun.json").exists():
        verify_run(run)  # a ledger's folder has no manifest: its report is all there is
    links = [path for path in run.rglob("*") if path.is_symlink()]
    if links:
        raise RunFolderError(f"{links[0]}: a link; a run holds plain files only: replace or remove it")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path in sorted(path for path in run.rglob("*") if path.is_file()):
            archive.add(path, arcname=f"run/{path.relative_to(run).as_posix()}")
    packed.seek(0)
    return packed


def _sent(base: str, token: str, archive: IO[bytes], *, page: str, message: str) -> dict[str, object]:
    import httpx2

    from angelshare import __version__

    headers = {"Authorization": f"Bearer {token}", "User-Agent": f"angelshare/{__version__}"}
    try:
        # no redirects: the token is for this address and no other
        answer = httpx2.post(
            f"{base}/api/v1/proposals", headers=headers, data={"page": page, "message": message},
            files={"archive": ("run", archive)}, timeout=PATIENCE_SECONDS, follow_redirects=False,
            verify=base.startswith("https:"),  # where there is no TLS, loading its authorities would only take time
        )  # fmt: skip
    except httpx2.HTTPError as error:
        raise EndpointError(f"{base}: no answer ({error}); is the workbench running there?") from None
    return _read(base, answer)


def _read(base: str, answer: httpx2.Response) -> dict[str, object]:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    if answer.status_code == HTTPStatus.CREATED and isinstance(said, dict) and {"id", "state"} <= set(said):
        return said
    trouble = said.get("error") if isinstance(said, dict) else None
    if not isinstance(trouble, dict):
        raise EndpointError(f"{base}: answered {answer.status_code}, which no workbench does; is the address right?")
    words = "".join(one for one in str(trouble.get("says", "")) if one.isprintable())[:MOST_WORDS]
    raise EndpointError(f"{base} refused it: {trouble.get('kind', answer.status_code)}: {words}")
