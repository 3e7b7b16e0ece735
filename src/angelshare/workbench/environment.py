"""What the environment says of a deployment, taken apart and refused where it cannot be meant."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

import dj_database_url

from angelshare.core.errors import PlanError

MOST_PROXIES = 10
"""More in front of one server are a slip of the pen."""


def origin(text: str) -> str:
    """Read ANGELSHARE_ORIGIN: scheme, host and port, and nothing after them; "" for none. Raises PlanError."""
    parts = urlsplit(text.strip())
    try:
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        whole = False
    if text and not (whole and parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)):
        raise PlanError(f"ANGELSHARE_ORIGIN is '{text}': write it as https://workbench.example, with no path")
    return f"{parts.scheme}://{parts.netloc}" if text else ""


def database(text: str) -> dj_database_url.DBConfig:
    """Read DATABASE_URL; raises PlanError, which never repeats it, since it holds a password."""
    try:
        kind = urlsplit(text).scheme
        if kind in ("postgres", "postgresql", "sqlite"):
            return dj_database_url.parse(text, conn_max_age=600)
    except ValueError:  # a port that is no number, a bracket too many
        kind = "malformed"
    raise PlanError(f"DATABASE_URL is {kind or 'no address'}: write it as postgres://user:password@host:5432/name")


def proxies(text: str) -> int:
    """Read ANGELSHARE_PROXIES, a small number; "" for none. Raises PlanError."""
    if text and not (text.isascii() and text.isdigit() and int(text) <= MOST_PROXIES):
        raise PlanError(
            f"ANGELSHARE_PROXIES is '{text[:20]}': say how many proxies stand in front, 0 to {MOST_PROXIES}"
        )
    return int(text or 0)


def networks(text: str) -> Sequence[str]:
    """Read ANGELSHARE_WEBHOOK_NETWORKS, separated by commas; raises PlanError for one that is none."""
    given = [part.strip() for part in text.split(",") if part.strip()]
    for one in given:
        try:
            ipaddress.ip_network(one)
        except ValueError as error:
            raise PlanError(f"ANGELSHARE_WEBHOOK_NETWORKS: {error}; write 127.0.0.0/8,10.1.0.0/16") from None
    return given
