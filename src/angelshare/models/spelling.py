"""From a token as text, which is what interfaces show, to a token of another model."""

from __future__ import annotations

from typing import Any


class Spelling:
    """Finds a tokenizer's tokens by how they are written."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401 - a transformers tokenizer
        self._tokenizer = tokenizer
        self._known: dict[str, int] = {}

    def id(self, token: str) -> int:
        """Find the token that is written like `token`, or -1."""
        if token not in self._known:
            ids = self._tokenizer(token, add_special_tokens=False)["input_ids"]
            self._known[token] = ids[0] if len(ids) == 1 else -1
        return self._known[token]
