"""The watermark as a defence: every reply is written under a key."""

from __future__ import annotations

from pathlib import Path

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence, Model
from angelshare.core.records import Query
from angelshare.defences.between import Between
from angelshare.defences.narrow import at_least
from angelshare.defences.proxy import require_steerable
from angelshare.defences.watermark.generate import marking
from angelshare.defences.watermark.keys import fingerprint, read_key, require_match


def watermark(key: str, *, temperature: float = 0.0) -> Defence:
    """Write replies under a watermark, so that a student trained on them can be told by it.

    Args:
        key: path of the key file, which names scheme and strength; see docs/key-file.md. `bundled:words-kgw` and
            `bundled:words-gumbel` travel with the package for the bundled teacher of words: public, so no protection.
        temperature: sample at this temperature or above. Marks of Gumbel-max and SynthID lie in the draw: a greedy
            reply carries none and is refused. KGW and Unigram mark greedy replies too.

    The answer may change under KGW and Unigram, which move the distribution; Gumbel-max and SynthID keep it over
    keys. No extra passes. Reports name the key by its fingerprint.
    Source: the schemes' papers, named in defences/watermark/generate.py.

    Raises PlanError if the teacher cannot be steered or the temperature is negative, KeyMismatchError for a key of
    another tokenizer, StorageError if the file cannot be read.
    """
    if temperature < 0:
        raise PlanError(f"'watermark': temperature is {temperature:g}; give 0 or more")
    mark = read_key(Path(key))
    steer, public = marking(mark), fingerprint(mark)

    def asked(query: Query) -> Query:
        return at_least(query, temperature)

    def defended(model: Model) -> Model:
        steerable = require_steerable(model, "watermark")
        require_match(mark, steerable.tokenizer)
        marked = steerable.steered(steer, name=model.name)
        cost = DefenceCost(changes_answer=mark.scheme in ("kgw", "unigram") or temperature > 0)
        return Between(marked, f"{mark.scheme} under key {public}", cost=cost, ask=asked)

    return defended
