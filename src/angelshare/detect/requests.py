"""Raw rows into the canonical request table: secrets named under the key, features in place of text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from angelshare.detect.features import FEATURES, features, no_features
from angelshare.detect.keyed import PURPOSES, keyed_name
from angelshare.detect.schema import REQUESTS

KEPT = 1 << 18
"""Keyed names remembered per kind, so that a value seen again is not hashed again."""


class Names:
    """Names values under the operator's key, and remembers the names it gave."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._given: dict[str, dict[str, str]] = {}

    def column(self, column: Any, raw: str) -> Any:  # noqa: ANN401 - Arrow columns of text
        """Turn a column of raw values into keyed names; null stays null."""
        coded = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        coded = coded.dictionary_encode()
        given = self._given.setdefault(raw, {})
        values = coded.dictionary.to_pylist()
        if len(given) + len(values) > KEPT:
            given.clear()
        target, cut = PURPOSES.get(raw, ("account", str))
        for value in values:
            if value not in given:
                given[value] = keyed_name(cut(value), self.key, purpose=target)
        return pa.array([given[value] for value in values], pa.string()).take(coded.indices)


def requests(table: Any, lines: NDArray[np.int64], sha256: str, *, names: Names, text: bool) -> Any:  # noqa: ANN401 - pyarrow tables
    """Make rows of `schema.REQUESTS`.

    Args:
        table: typed raw columns, see `readers.raw.RAW`.
        lines: line of each row, for the id of a request that has none.
        sha256: hash of the file, for the same.
        names: the operator's key.
        text: whether to use prompts, or features computed by an earlier ingest under the same key.
    """
    n, have = table.num_rows, set(table.column_names)
    made = {name: table[name] for name in REQUESTS.names if name in have}
    for raw, (target, _) in PURPOSES.items():
        if raw in have:
            named = names.column(table[raw], raw)
            made[target] = pc.coalesce(made[target], named) if target in made and target != raw else named
    made["account_id"] = _accounts(table, names)
    made["request_id"] = _ids(made.get("request_id"), lines, sha256)
    made |= _features(table, names.key, text=text)
    columns = [made[name].cast(field.type) if name in made else pa.nulls(n, field.type)
               for name, field in zip(REQUESTS.names, REQUESTS, strict=True)]  # fmt: skip
    return pa.table(columns, schema=REQUESTS)


def _features(table: Any, key: bytes, *, text: bool) -> dict[str, Any]:  # noqa: ANN401 - Arrow columns
    """Compute features from prompts; without prompts, keep what an earlier ingest computed."""
    n, have = table.num_rows, set(table.column_names)
    if not text:
        found = no_features(n)
    elif "prompt_text" in have and table["prompt_text"].null_count < n:
        found = features(table["prompt_text"], key, system=table["system_text"] if "system_text" in have else None)
    else:
        return {}
    return {name: found[name] for name in FEATURES}


def _accounts(table: Any, names: Names) -> Any:  # noqa: ANN401 - Arrow columns
    """Take the account's own id, else the keyed name of the credential or address that stands for it."""
    have = table.column_names
    if "account_secret" not in have:
        return table["account_id"]
    named = names.column(table["account_secret"], "account_secret")
    standing = pc.binary_join_element_wise("keyed", named, ":")
    return pc.coalesce(table["account_id"], standing) if "account_id" in have else standing


def _ids(column: Any, lines: NDArray[np.int64], sha256: str) -> Any:  # noqa: ANN401 - Arrow columns
    """Name requests that have no id by their file and line, and their place among the requests of that line."""
    if column is not None and column.null_count == 0:
        return column
    starts = np.flatnonzero(np.r_[True, lines[1:] != lines[:-1]])
    place = np.arange(len(lines)) - np.repeat(starts, np.diff(np.r_[starts, len(lines)]))
    made = pa.array([f"{sha256[:12]}-{line}-{k}" for line, k in zip(lines.tolist(), place.tolist(), strict=True)])
    return made if column is None else pc.coalesce(column, made)
