"""The address of a mail server, taken apart."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from angelshare.core.errors import PlanError
from angelshare.core.record import record


@record
class Smtp:
    """How to reach a mail server."""

    host: str
    """Host name."""

    port: int
    """Port: 465 by default where TLS starts at once, else 587."""

    user: str
    """User name; "" for none."""

    password: str
    """Password; "" for none."""

    ssl: bool
    """TLS from the first byte; else STARTTLS."""


def smtp_settings(url: str) -> Smtp:
    """Take EMAIL_URL apart; raises PlanError, which never repeats the URL, since it holds a password."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise PlanError("EMAIL_URL is no mail server: write it as smtp://user:password@host:587 or smtps://…:465")
    try:
        port = parts.port
    except ValueError:
        raise PlanError("EMAIL_URL has a port that is no number: write it as smtp://user:password@host:587") from None
    ssl = parts.scheme == "smtps"
    return Smtp(
        host=parts.hostname,
        port=port or (465 if ssl else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ssl=ssl,
    )
