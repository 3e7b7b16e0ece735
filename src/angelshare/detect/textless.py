"""Accounts without anything that was computed from a prompt: what `--no-text` looks at."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
from scipy import sparse

from angelshare.detect.accounts import Accounts
from angelshare.detect.link_tables import Links

LINKS = ("skeleton", "simhash", "capability", "language")
"""Kinds of link that come from prompts."""
COLUMNS = ("text_known", "cot", "rubric", "rff_n", "prompt_chars", "prompt_chars_sq")
"""Columns that do, beside the counts of those links."""


def without_text(accounts: Accounts) -> Accounts:
    """Blank every column, link and feature that comes from prompts, as if the logs had been taken in without them."""
    counts = [name for kind in LINKS for name in (f"distinct_{kind}", f"top_{kind}", f"same_{kind}")]
    gone = {name: np.zeros(len(accounts), dtype=np.int64) for name in (*COLUMNS, *counts) if name in accounts.columns}
    links = {kind: _nothing(kind, len(accounts)) for kind in LINKS if kind in accounts.links}
    return dataclasses.replace(
        accounts, columns={**accounts.columns, **gone}, rff=np.zeros_like(accounts.rff),
        links={**accounts.links, **links},
    )  # fmt: skip


def _nothing(kind: str, n: int) -> Links:
    return Links(
        kind=kind, values=pa.array([], pa.string()), counts=sparse.csr_matrix((n, 0), dtype=np.int64),
        first_at=np.empty(0, dtype=np.int64),
    )  # fmt: skip
