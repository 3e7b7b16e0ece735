"""Marks in what students write: each watermark's key looked for in every student's own answers, beside decoy keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from angelshare.core import plugins
from angelshare.core.defend import Matrix, TraceFound
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Steerable
from angelshare.core.record import record
from angelshare.core.records import Use
from angelshare.core.seeds import stream
from angelshare.defences.watermark.keys import decoy_keys, fingerprint, read_key, require_match
from angelshare.defences.watermark.tally import tallies
from angelshare.measure.defend_material import Where
from angelshare.stats.marks import evidence

MARKED = ("watermark", "adfp")
"""Defences that write under a key, named by their option `key`."""
NULL = "the writer never saw text under this key"


@record
class TraceWork:
    """Look for a mark in some texts."""

    key: str
    """Path of the key file."""

    texts: Sequence[str]
    """What was written."""

    reader: Use
    """A local model whose tokenizer reads it: the marked teacher."""

    decoys: int
    """Decoy keys."""

    words: Sequence[str | int]
    """Names the stream of the decoys."""


def look_for(work: TraceWork) -> TraceFound:
    """Score texts under the key and its decoys."""
    key = read_key(Path(work.key))
    model: Any = plugins.build("models", work.reader)
    if not isinstance(model, Steerable):
        raise PlanError(f"'{work.reader.use}' has no tokenizer to read marked text with; name a local model")
    require_match(key, model.tokenizer)
    rows = model.tokenizer(list(work.texts), add_special_tokens=False)["input_ids"] if work.texts else []
    streams = [np.array(row, dtype=np.int64) for row in rows]
    keys = [key, *decoy_keys(key, work.decoys, stream("decoys", *work.words))]
    own, *others = tallies(keys, streams)
    if own.n == 0:
        return TraceFound(evidence=None, key_fingerprint=fingerprint(key))
    tested = evidence(own, others, test=f"{key.scheme}, exact {own.law}", null=NULL)
    return TraceFound(evidence=tested, key_fingerprint=fingerprint(key))


def marked_rows(matrix: Matrix) -> Mapping[str, str]:
    """Map each marked row to its key file."""
    return {row.name: str(row.options["key"]) for row in matrix.defence if row.use in MARKED and "key" in row.options}


def teacher_place(defence: str) -> Where:
    """Name the marked teacher's own replies among the places of traces."""
    return Where(defence, "teacher", 0, 0)
