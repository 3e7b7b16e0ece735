"""Tell what looks like a secret from what only shares a word with one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

ALWAYS: Final = frozenset({
    "apikey", "auth", "authorisation", "authorization", "bearer", "cookie", "credential", "credentials", "jwt", "oauth",
    "passphrase", "passwd", "password", "secret", "secrets", "sig",
})  # fmt: skip
"""Words that betray a secret wherever they stand in a name."""
BEFORE_KEY: Final = frozenset({
    "access", "account", "api", "auth", "encryption", "license", "private", "secret", "service", "signing",
    "subscription",
})  # fmt: skip
"""Words that make a key a secret one; a `prompt_cache_key` is none."""
BEFORE_TOKEN: Final = frozenset({
    "access", "api", "auth", "bearer", "csrf", "hf", "id", "identity", "refresh", "security", "session", "user",
})  # fmt: skip
"""Words that make a token a secret; an `eos_token` is a piece of text."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_VALUE = re.compile(
    r"^(?:Bearer|Basic)\s+\S{8,}$"
    r"|(?<![A-Za-z0-9])(?:sk|pk|rk|ant|gsk|xai|pplx)-[\w-]{16,}"  # model providers
    r"|(?<![A-Za-z0-9])(?:hf|gh[opsur]|github_pat|glpat|npm|r8)[_-]\w{16,}"  # hubs and hosts of code
    r"|(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])|(?<![A-Za-z0-9])AIza[\w-]{30,}|xox[abprs]-[\w-]{10,}"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def secret_name(name: str) -> bool:
    """Say whether a name is one that secrets go by: `api_key`, `X-Auth`, `accessToken`, `password`."""
    words = [word.lower() for word in _WORD.findall(name)]
    if ALWAYS & set(words):
        return True
    if words in (["key"], ["token"]):
        return True
    pairs = list(pairwise(words))
    return any(after == "key" and before in BEFORE_KEY for before, after in pairs) or (
        words[-1:] == ["token"] and any(after == "token" and before in BEFORE_TOKEN for before, after in pairs)
    )


def secret_value(text: str) -> bool:
    """Say whether a text has the shape of a key: a provider's prefix, a bearer header, a signed web token."""
    return _VALUE.search(text.strip()) is not None


def secrets_in(value: object, name: str = "") -> Iterator[str]:
    """List the names in nested tables and lists whose name or value looks like a secret; never the values."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if secret_name(str(key)) and inner is not None and not isinstance(inner, bool):
                yield str(key)
            else:
                yield from secrets_in(inner, str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from secrets_in(inner, name)
    elif isinstance(value, str) and secret_value(value):
        yield name
