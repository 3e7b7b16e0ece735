"""A figure to stand in somebody else's page: drawn anew, with the hash of its data in the picture."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

from angelshare.core.dossier import Dossier
from angelshare.core.errors import NoSuchPageError, nearest
from angelshare.report.markup import escape
from angelshare.report.svg import Figure, standalone
from angelshare.workbench.measured import figures
from angelshare.workbench.models import Revision, Run


def embedded(dossier: Dossier, revision: Revision, name: str) -> str:
    """Draw a figure of the first run on a page that has one of this name; raises NoSuchPageError."""
    known: list[str] = []
    for block in dossier.measured:
        run = Run.objects.filter(sha256=block.run).first()
        drawn = {figure.name: figure for figure in figures(run)} if run else {}
        if name in drawn:
            return _signed(drawn[name], block.run, f"/{dossier.slug}/", revision.sha256)
        known += drawn
    raise NoSuchPageError(f"page '{dossier.slug}' has no figure '{name[:60]}'; {nearest(name[:60], known)}")


def policy(svg: str) -> str:
    """Give the content policy of one picture: nothing but its own style, named by hash, and framing by anyone.

    Source: Content Security Policy Level 3, W3C Working Draft, section 2.3.1 (hash-source) and 6.4.2 (frame-ancestors).
    """
    styles = re.findall(r"<style>(.*?)</style>", svg, flags=re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    allowed = " ".join(f"'sha256-{value}'" for value in hashes) or "'none'"
    return f"default-src 'none'; style-src {allowed}; frame-ancestors *"


def _signed(figure: Figure, run: str, where: str, revision: str) -> str:
    """Write the hash of the run where a reader sees it, and both hashes whole where a program finds them."""
    seen = replace(figure, threat=f"{figure.threat} Run {run[:12]}, {where}".strip())
    said = escape(f"run sha256:{run}; page {where} revision sha256:{revision}")
    return re.sub(r"(<svg[^>]*>)", rf"\1<metadata>{said}</metadata>", standalone(seen), count=1)
