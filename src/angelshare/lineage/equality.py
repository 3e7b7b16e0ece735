"""Does a suspect give a teacher's own replies, word for word? Then it may be that model itself."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.lineage import ClaimResult
from angelshare.core.records import Evidence
from angelshare.lineage.answers import AnswerSet, Member, Panel

SAME = 0.5
"""Share of equal replies at which being the same model is not excluded."""
LEAST_WORDS = 8
"""Words of a reply below which two models may well agree by chance."""


def equal_share(first: AnswerSet, second: AnswerSet, prompts: Sequence[str]) -> float:
    """Give the share of replies of `LEAST_WORDS` words or more that are equal but for white space."""
    return _equal(_hashes(first, prompts), _hashes(second, prompts))


def _hashes(one: AnswerSet, prompts: Sequence[str]) -> list[int]:
    """Give a hash of each reply without its white space's form; 0 for one that is too short."""
    words = [one.replies[prompt].text.split() for prompt in prompts]
    return [hash(tuple(reply)) if len(reply) >= LEAST_WORDS else 0 for reply in words]


def _equal(first: Sequence[int], second: Sequence[int]) -> float:
    equal = sum(a == b for a, b in zip(first, second, strict=True) if a)
    return equal / max(sum(a != 0 for a in first), 1)


def same_model(suspect: AnswerSet, teachers: Sequence[Member], panel: Panel, prompts: Sequence[str]) -> ClaimResult:
    """Hold the suspect's share of replies equal to a teacher's against that of every project of the panel."""
    spoken = {one.name: _hashes(one.answers, prompts) for one in teachers}
    mine = _hashes(suspect, prompts)
    shares = {name: _equal(mine, hashes) for name, hashes in spoken.items()}
    nearest = max(shares, key=lambda name: shares[name])
    projects: dict[str, float] = {}
    for one in panel.members:
        theirs = _hashes(one.answers, prompts)
        share = max(_equal(theirs, hashes) for hashes in spoken.values())
        projects[one.project] = max(projects.get(one.project, 0.0), share)
    reached = sum(share >= shares[nearest] for share in projects.values())
    evidence = Evidence(
        test=f"share of replies equal to those of {nearest}", statistic=shares[nearest],
        p_value=(1 + reached) / (1 + len(projects)), n=len(prompts),
        null=f"the suspect repeats a teacher as often as a model of another of {len(projects)} projects does",
    )  # fmt: skip
    if shares[nearest] >= SAME:
        why = f"{shares[nearest]:.0%} of the replies are word for word those of {nearest}: it may be that model itself"
        return ClaimResult(claim="same model", outcome="not excluded", evidence=(evidence,), why=why)
    why = f"at most {shares[nearest]:.1%} of the replies are word for word those of a teacher ({nearest})"
    return ClaimResult(claim="same model", outcome="excluded", evidence=(evidence,), why=why)
