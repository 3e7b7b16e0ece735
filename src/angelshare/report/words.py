"""What reports call things: arms, rings, axes, and the line that names the threat model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from angelshare.core.audit import Audit, Axis, Header
from angelshare.core.records import ArmKind, Ring
from angelshare.report.numbers import count

ARMS: Mapping[ArmKind, str] = {
    "floor": "elicited base",
    "answers": "answers",
    "traces": "traces",
    "logits": "soft labels",
    "gold": "public labels",
    "gold_all": "unlimited labels",
    "self": "own outputs",
    "shuffled": "shuffled",
    "open": "open teacher",
    "corrupted": "corrupted",
}
"""Short names; the order is the order of every table and figure."""

MEANINGS: Mapping[ArmKind, str] = {
    "floor": "the open base asked in its best way, before any training",
    "answers": "students shown the teacher’s final answers",
    "traces": "students shown the teacher’s worked steps and answers",
    "logits": "students shown the teacher’s token probabilities",
    "gold": "control: students shown only the reference labels that are public",
    "gold_all": "reference labels without limit: what that many labels would be worth",
    "self": "control: students shown the base’s own outputs",
    "shuffled": "control: the teacher’s replies re-paired within a domain, so the form is right and the content wrong",
    "open": "control: students of the best open-weights teacher",
    "corrupted": "the teacher’s replies with wrong content",
}

RINGS: Mapping[Ring, str] = {
    "queried": "queried",
    "near": "near",
    "far": "far",
    "held_out": "held out",
}

RING_MEANINGS: Mapping[Ring, str] = {
    "queried": "the questions asked",
    "near": "same kind, not asked",
    "far": "same skill, other form",
    "held_out": "skill never asked",
}

AXES: Mapping[Axis, str] = {
    "queries": "queries",
    "tokens": "tokens billed",
    "dollars": "US dollars",
    "flop": "training FLOP",
}


def arms_present(kinds: Iterable[ArmKind]) -> list[ArmKind]:
    """Give the arms among `kinds`, each once, in the order of every table and figure."""
    present = set(kinds)
    return [arm for arm in ARMS if arm in present]


def condition(arm: ArmKind, budget: int) -> str:
    """Name an arm at a dose."""
    return ARMS[arm] if budget == 0 else f"{ARMS[arm]}, {count(budget)} queries"


def threat_line(header: Header) -> str:
    """Say in one line what the distiller was assumed to have; it stands under every figure."""
    data = header.threat.data_budget or "none stated"
    students = "adaptive students" if header.threat.adaptive else "passive students, which understate"
    return (
        f"Threat model: at most {count(header.headline_budget)} queries per student; interface: "
        f"{header.threat.interface}; other data: {data}; {students}."
    )


def largest_budgets(audit: Audit) -> Mapping[ArmKind, int]:
    """Map each arm with points to its largest dose."""
    largest: dict[ArmKind, int] = {}
    for point in audit.points:
        largest[point.arm] = max(point.budget, largest.get(point.arm, 0))
    return largest


def typeset(words: str) -> str:
    """Set typewriter apostrophes between letters, and after a plural s, as apostrophes."""
    return re.sub(r"(?<=\w)'(?=\w)|(?<=s)'(?=\s)", "’", words)


def instant(at: str) -> str:
    """Set an ISO instant for reading, to the minute; anything else stays as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*(?:Z|\+00:00)", at)
    return f"{found[1]}, {found[2]} UTC" if found else at


def source_tree(commit: str) -> str:
    """Name a commit by its first twelve digits, and say so if the tree had changed."""
    digits, _, changed = commit.partition("+")
    return f"{digits[:12] or 'unknown'}{', with uncommitted changes' if changed else ''}"
