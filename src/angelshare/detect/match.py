"""Which clusters of two providers belong together, from their bundles of keyed sketches alone."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Sequence

from angelshare.core.errors import AngelshareError, PlanError
from angelshare.core.record import record
from angelshare.core.records import Estimate
from angelshare.core.strict import decode_json
from angelshare.detect.share import HASHES, SKETCH_FORMAT, Signature, Sketch
from angelshare.detect.stix import PATTERN, TLP_IDS
from angelshare.stats.conformal import share as exact_share

LEAST = 0.05
"""Similarity that the interval must lie above for two clusters to be joined."""
LEVEL = 0.95
"""Level over all comparisons of two bundles, by Bonferroni."""


@record
class SharedCluster:
    """One cluster of a bundle, as read."""

    name: str
    """Pseudonym."""

    provider: str
    """Who shared it."""

    sketch: Sketch
    """The sketch."""


@record
class JointTie:
    """Two clusters that share more than chance allows."""

    one: str
    """Cluster of the first bundle."""

    other: str
    """Cluster of the second bundle."""

    kind: str
    """What they share."""

    similarity: Estimate
    """Jaccard similarity of their sets of values."""


@record
class JointCluster:
    """Clusters of both providers that hang together."""

    clusters: Sequence[str]
    """Provider and pseudonym of each."""

    seen_apart_by: Sequence[str]
    """Providers that see more than one of them, and none of what ties these together."""


@record
class Matched:
    """What two bundles say together."""

    joint: Sequence[JointCluster]
    """Joint clusters; empty if none."""

    ties: Sequence[JointTie]
    """Why."""

    compared: int
    """Comparisons made."""

    expired: int
    """Clusters left out because their time had run out."""

    caution: str
    """What to bear in mind."""


CAUTION = (
    "A match is not an accusation. It says that values rare at both providers are common to two groups; how often that "
    "happens to honest groups is not known from these files. Both providers look at their own cases before acting."
)


def read_bundle(data: bytes, where: str, *, on: dt.date) -> tuple[Sequence[SharedCluster], int]:
    """Read a bundle's clusters and count those that have expired.

    Raises PlanError for what is no bundle of sketches, is not marked, or is of another format.
    """
    try:
        objects = json.loads(data)["objects"]
        names = {one["id"]: one["name"] for one in objects if one["type"] == "identity"}
        found = [one for one in objects if one["type"] == "indicator" and one["pattern_type"] == PATTERN]
        marks = set(TLP_IDS.values())
        if not all(marks & set(one["object_marking_refs"]) for one in found):
            raise PlanError(f"{where}: a sketch bears no TLP marking; ask the sender under which it is shared")
        live = [one for one in found if dt.date.fromisoformat(one["valid_until"][:10]) >= on]
        clusters = [
            SharedCluster(
                name=one["name"].rpartition(" ")[2], provider=names[one["created_by_ref"]],
                sketch=decode_json(one["pattern"], Sketch, where),
            )
            for one in live
        ]  # fmt: skip
    except AngelshareError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise PlanError(f"{where}: not a bundle of sketches ({error!r:.120}); give a file of `detect share`") from None
    for cluster in clusters:
        if cluster.sketch.format > SKETCH_FORMAT:
            raise PlanError(f"{where}: sketches of format {cluster.sketch.format}; this angelshare reads 1")
    return clusters, len(found) - len(live)


def matched(one: Sequence[SharedCluster], other: Sequence[SharedCluster], *, expired: int = 0) -> Matched:
    """Join the clusters of two bundles that share more values than similarity `LEAST` explains.

    Raises PlanError if they are under two secrets, whose hashes cannot be compared.
    """
    if len({cluster.sketch.key_check for cluster in (*one, *other)}) > 1:
        raise PlanError("the sketches are under two secrets; both providers sketch again under the agreed one")
    pairs = [
        (mine, theirs, kind)
        for mine, theirs in itertools.product(one, other)
        for kind in mine.sketch.kinds
        if kind in theirs.sketch.kinds
    ]
    level = 1 - (1 - LEVEL) / max(1, len(pairs))
    ties = []
    for mine, theirs, kind in pairs:
        found = similarity(mine.sketch.kinds[kind], theirs.sketch.kinds[kind], level=level)
        if found.low is not None and found.low > LEAST:
            ties.append(JointTie(one=_name(mine), other=_name(theirs), kind=kind, similarity=found))
    return Matched(joint=_joint([*one, *other], ties), ties=ties, compared=len(pairs), expired=expired, caution=CAUTION)


def similarity(one: Signature, other: Signature, *, level: float) -> Estimate:
    """Estimate the Jaccard similarity of two sets from their signatures: the share of equal hashes.

    Source: MinHash, Broder 1997; exact binomial interval, Clopper & Pearson 1934.
    """
    if len(one.hashes) != HASHES or len(other.hashes) != HASHES:
        raise PlanError(f"a signature has not {HASHES} hashes; ask for the bundle again")
    equal = sum(mine == theirs for mine, theirs in zip(one.hashes, other.hashes, strict=True))
    return exact_share(equal, HASHES, level=level)


def _joint(clusters: Sequence[SharedCluster], ties: Sequence[JointTie]) -> Sequence[JointCluster]:
    """Give the connected groups of clusters, the largest first."""
    group = {_name(cluster): {_name(cluster)} for cluster in clusters}
    for tie in ties:
        whole = group[tie.one] | group[tie.other]
        for name in whole:
            group[name] = whole
    provider = {_name(cluster): cluster.provider for cluster in clusters}
    found = {frozenset(names) for names in group.values() if len(names) > 1}
    made = []
    for names in sorted(found, key=lambda names: (-len(names), sorted(names))):
        of = [provider[name] for name in names]
        made.append(JointCluster(
            clusters=sorted(names), seen_apart_by=sorted({who for who in of if of.count(who) > 1})
        ))  # fmt: skip
    return made


def _name(cluster: SharedCluster) -> str:
    return f"{cluster.provider}: {cluster.name}"
