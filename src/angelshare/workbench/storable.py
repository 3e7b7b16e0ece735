"""What a database can hold: PostgreSQL takes no text with a NUL character, so neither do we anywhere."""

from __future__ import annotations

from collections.abc import Mapping

from angelshare.core.errors import RunFolderError


def refuse_nul(value: object, where: str) -> None:
    """Raise RunFolderError, naming the place, if plain data holds text with a NUL character, as key or as value."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            refuse_nul(key, where)
            refuse_nul(inner, f"{where}: {key}")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            refuse_nul(inner, f"{where}[{number}]")
    elif isinstance(value, str) and "\0" in value:
        raise RunFolderError(
            f"{where}: the text {value[:40]!r} holds a NUL character, which no database keeps; take it out of what was "
            "measured, and measure again"
        )
