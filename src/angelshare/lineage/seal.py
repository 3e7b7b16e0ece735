"""A pre-registration: what will be tested and how, fixed and hashed before the suspect's answers are read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from angelshare.core.errors import SealError
from angelshare.core.record import record
from angelshare.core.records import FORMAT_VERSION
from angelshare.core.strict import decode_json, encode
from angelshare.lineage.folders import Folder, Given


@record
class Registration:
    """What is fixed before a suspect's answers are read."""

    format: int
    """Format version."""

    suspect: str
    """Who is to be asked, in words; the answers themselves are not read."""

    method: str
    """Version of angelshare whose frozen method is used."""

    alpha: float
    """Level of the test over all teachers."""

    seed: int
    """Seed of the deal of prompts to bags."""

    prompts: Mapping[str, str]
    """SHA-256 of each prompt's text by its id; empty text is not known."""

    teachers: Mapping[str, str]
    """SHA-256 of each teacher's answers by name."""

    panel: Mapping[str, str]
    """SHA-256 of each panel model's answers by name."""

    siblings: Mapping[str, str]
    """The same of the siblings; empty for none."""

    lists: Mapping[str, str]
    """SHA-256 of teachers.toml, panel.toml and siblings.toml: families, projects, what is documented."""

    made_at: str
    """Instant in UTC."""


@record
class Seal:
    """A pre-registration and its hash."""

    registration: Registration
    """What was fixed."""

    sha256: str
    """SHA-256 of `registration` as canonical JSON."""


def register(
    teachers: Folder, panel: Folder, siblings: Folder | None, *, suspect: str, alpha: float, seed: int, method: str,
    made_at: str,
) -> Seal:  # fmt: skip
    """Fix a test: the prompts are those that every teacher, panel model and sibling answered."""
    folders = [teachers, panel, *([siblings] if siblings else [])]
    sets = [read.answers for folder in folders for read in folder.reads]
    common = set(sets[0].replies).intersection(*(set(one.replies) for one in sets))
    if not common:
        raise SealError("teachers and panel share no prompt; collect them with one list of prompts first")
    prompts = {
        prompt: next((one.replies[prompt].prompt_sha256 for one in sets if one.replies[prompt].prompt_sha256), "")
        for prompt in sorted(common)
    }
    registration = Registration(
        format=FORMAT_VERSION, suspect=suspect, method=method, alpha=alpha, seed=seed, prompts=prompts,
        teachers=dict(teachers.hashes), panel=dict(panel.hashes), siblings=dict(siblings.hashes) if siblings else {},
        lists=_lists(teachers, panel, siblings), made_at=made_at,
    )  # fmt: skip
    return Seal(registration=registration, sha256=registration_sha256(registration))


def registration_sha256(registration: Registration) -> str:
    """Hash a registration as canonical JSON."""
    return hashlib.sha256(encode(registration)).hexdigest()


def parse_seal(data: bytes, where: str) -> Seal:
    """Read a seal and check its hash; raises SealError."""
    seal = decode_json(data, Seal, where)
    found = registration_sha256(seal.registration)
    if found != seal.sha256:
        raise SealError(
            f"{where}: the registration was altered: its hash is {found[:16]}…, the seal says {seal.sha256[:16]}…; "
            "take the file that was written at the registration"
        )
    return seal


def require_registered(seal: Seal, given: Given, *, alpha: float, seed: int, method: str) -> None:
    """Refuse a test that is not the one registered; raises SealError that names every difference."""
    fixed = seal.registration
    siblings = given.siblings
    now = {
        "--alpha": (fixed.alpha, alpha), "--seed": (fixed.seed, seed), "version": (fixed.method, method),
        "teachers": (dict(fixed.teachers), dict(given.teachers.hashes)),
        "panel": (dict(fixed.panel), dict(given.panel.hashes)),
        "siblings": (dict(fixed.siblings), dict(siblings.hashes) if siblings else {}),
        "lists": (dict(fixed.lists), _lists(given.teachers, given.panel, siblings)),
    }  # fmt: skip
    different = [_difference(name, *values) for name, values in now.items() if values[0] != values[1]]
    different += _prompts_apart(fixed, given)
    if different:
        raise SealError(
            f"this is not the test that was registered ({'; '.join(different)}): run it as registered, or without "
            "--prereg, and then the report says that it was not registered"
        )


def _prompts_apart(fixed: Registration, given: Given) -> Sequence[str]:
    replies = given.suspect.replies
    lacking = [prompt for prompt in fixed.prompts if prompt not in replies]
    other = [
        prompt for prompt, digest in fixed.prompts.items()
        if prompt in replies and digest and replies[prompt].prompt_sha256 not in ("", digest)
    ]  # fmt: skip
    said = [f"the suspect lacks {len(lacking)} registered prompts, first '{lacking[0]}'"] if lacking else []
    return said + ([f"{len(other)} prompts have another text, first '{other[0]}'"] if other else [])


def _lists(teachers: Folder, panel: Folder, siblings: Folder | None) -> dict[str, str]:
    lists = {"teachers": teachers.list_sha256, "panel": panel.list_sha256}
    return lists | ({"siblings": siblings.list_sha256} if siblings else {})


def _difference(name: str, then: object, now: object) -> str:
    if isinstance(then, dict) and isinstance(now, dict):
        apart = sorted(key for key in then.keys() | now.keys() if then.get(key) != now.get(key))
        return f"{name}: {', '.join(apart[:3])}{' …' if len(apart) > 3 else ''} changed"  # noqa: PLR2004 - three are enough to see
    return f"{name} was {then}, is {now}"
