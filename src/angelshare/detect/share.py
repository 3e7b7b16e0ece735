"""Keyed sketches of a case: what two providers under one secret can compare, and nobody can read.

A sketch holds MinHash signatures (Broder 1997) of what members share, each hash drawn under the agreed secret, so that
without it no guess can be tested. No prompt, address or account id is in it: only values that at least
`LEAST_MEMBERS` members share and few others have go into a signature, and counts are told by class.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.strict import encode
from angelshare.core.traffic import CaseFile
from angelshare.detect.accounts import Accounts
from angelshare.detect.keyed import keyed_name
from angelshare.detect.link_tables import Links
from angelshare.detect.stix import Entry

SKETCH_FORMAT = 1
HASHES = 128
"""Length of a signature; the standard error of a similarity s is sqrt(s (1 - s) / 128)."""
LEAST_MEMBERS = 5
"""Members below which neither a case nor a value is shared: the k of k-anonymity (Samarati & Sweeney 1998)."""
RARE = 1e-3
"""Share of the accounts outside the case above which a value is too common to tell anything."""
KINDS = ("skeleton", "payment", "ip_prefix", "email_domain", "user_agent")
"""Kinds of link that are sketched."""
CLASSES = (5, 10, 50, 200, 1_000, 5_000)
"""Lower bounds of the classes in which members are counted."""


@record
class Signature:
    """MinHash of the values of one kind that members share."""

    values: int
    """How many values there are."""

    hashes: Sequence[str]
    """The least of each keyed hash, `HASHES` of them, 16 hexadecimal digits each."""


@record
class Sketch:
    """What is handed over of one case."""

    format: int
    """Version of this layout."""

    key_check: str
    """A hash that only the agreed secret gives; sketches under two secrets are never compared."""

    members: str
    """Members, by class: "10 to 49"."""

    signals: Sequence[str]
    """Signals that opened or decided the case, by name."""

    kinds: Mapping[str, Signature]
    """By kind of link."""


def sketched(case: CaseFile, accounts: Accounts, *, key: bytes, run_sha256: str) -> Entry:
    """Sketch one case for another provider.

    Args:
        case: a case; a look-alike is never shared.
        accounts: the case's days from a state whose key is the agreed secret, as its names are under that key.
        key: the agreed secret, 32 bytes.
        run_sha256: hash of the run, for a pseudonym that tells nothing of the operator's numbering.

    Raises PlanError for a look-alike, a case of too few members, or accounts that the state does not have.
    """
    if case.verdict == "look-alike":
        raise PlanError(f"case {case.id}: explained by an honest workload; such a case is not shared")
    if len(case.members) < LEAST_MEMBERS:
        raise PlanError(f"case {case.id}: {len(case.members)} members; fewer than {LEAST_MEMBERS} are not shared")
    rows = _rows(case, accounts)
    kinds = {kind: made for kind in KINDS if kind in accounts.links
             if (made := signature(accounts.links[kind], rows, key)) is not None}  # fmt: skip
    signals = [item.signal for item in case.evidence if item.role != "context"]
    sketch = Sketch(
        format=SKETCH_FORMAT, key_check=key_check(key), members=members_class(len(case.members)), signals=signals,
        kinds=kinds,
    )  # fmt: skip
    return Entry(
        name=f"cluster-{keyed_name(f'{run_sha256} {case.id}', key, purpose='shared cluster')}",
        first_on=case.first_at[:10], last_on=case.last_at[:10], sketch=encode(sketch).decode(),
        says=f"{sketch.members} accounts; verdict: {case.verdict}; signals: {', '.join(signals) or 'none'}.",
    )  # fmt: skip


def signature(links: Links, rows: NDArray[np.intp], key: bytes) -> Signature | None:
    """Sign the values that at least `LEAST_MEMBERS` of `rows` share and few others have; None if there is none."""
    inside = np.asarray((links.counts[rows] > 0).sum(axis=0)).ravel()
    outside = links.accounts() - inside
    others = max(1, links.counts.shape[0] - len(rows))
    kept = np.flatnonzero((inside >= LEAST_MEMBERS) & (outside <= RARE * others))
    if not len(kept):
        return None
    words = np.stack([_words(links.values[int(place)].as_py(), links.kind, key) for place in kept])
    return Signature(values=len(kept), hashes=[f"{word:016x}" for word in words.min(axis=0).tolist()])


def key_check(key: bytes) -> str:
    """Give a hash that shows two sketches to be under one secret, and nothing else of it."""
    return hmac.new(key, b"angelshare share", hashlib.sha256).hexdigest()[:16]


def members_class(members: int) -> str:
    """Say a number of members by its class."""
    low = max((bound for bound in CLASSES if bound <= members), default=CLASSES[0])
    later = [bound for bound in CLASSES if bound > low]
    return f"{low:,} to {later[0] - 1:,}" if later else f"{low:,} or more"


def _words(value: str, kind: str, key: bytes) -> NDArray[np.uint64]:
    """Draw the value's `HASHES` hashes under the secret: HMAC as a seed of SHAKE-256."""
    seed = hmac.new(key, f"share\0{kind}\0{value}".encode(), hashlib.sha256).digest()
    return np.frombuffer(hashlib.shake_256(seed).digest(8 * HASHES), dtype="<u8").astype(np.uint64)


def _rows(case: CaseFile, accounts: Accounts) -> NDArray[np.intp]:
    place = {account: row for row, account in enumerate(accounts.ids.tolist())}
    rows = [place[member.account] for member in case.members if member.account in place]
    if len(rows) < LEAST_MEMBERS:
        raise PlanError(
            f"case {case.id}: {len(rows)} of its {len(case.members)} accounts are in the state under the agreed key; "
            "take the logs of the case's days in there first: angelshare detect LOGS --key SHARED --state DIR"
        )
    return np.array(sorted(rows), dtype=np.intp)
