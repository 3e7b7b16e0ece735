"""The sentences of a case file: what the data say, with the error rate, and what they cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from angelshare.core.records import Estimate
from angelshare.core.traffic import LookAlike, SignalEvidence, StatuteHeading
from angelshare.detect.accounts import Accounts
from angelshare.detect.group import Candidate
from angelshare.detect.signals import SignalSpec

if TYPE_CHECKING:
    from angelshare.detect.calibrate import Calibration
    from angelshare.detect.decide import Ruling

NOTICE = "A match is not an accusation."
STRONG = 0.05
"""p-value up to which a signal is filed as a finding."""
PATTERN = ("template-sharing", "synchrony", "hand-over", "harvest-shape", "sustained-24-7", "no-ramp", "novel-cluster")
"""Signals of volume, structure, pattern, coordination and timing."""
FOCUS = ("capability-focus", "reasoning-elicitation")
ACCOUNTS = ("shared-infrastructure", "new-accounts-together", "one-credential-many-places", "subscription-to-usage")
TIMELINE = ("day-one-retarget",)
AROUND = ("failover-on-block", "aggregator-routing", "metadata-stripping", "countermeasure-harness")


def hypothesis(n: int, capabilities: Mapping[str, int]) -> str:
    """Say in one sentence what the group would be doing."""
    most = next(iter(capabilities), None)
    about = f", mostly {most}," if most else ""
    return f"{n:,} accounts act as one to collect a model's answers{about} for training another."


def sentence(ruling: Ruling, expected: Estimate, calibration: Calibration, *, p_value: float,
             fits: Sequence[tuple[LookAlike, float]]) -> str:  # fmt: skip
    """Say what the data say, in one sentence with its error rate, and the notice."""
    n, budget = len(calibration.reference), calibration.budget
    held = f"{expected.value:.2g} false campaigns expected per {budget.days:g} days at this score"
    if ruling.programme is not None:
        return f"Most of these accounts belong to the declared programme '{ruling.programme}'. {NOTICE}"
    if ruling.verdict == "campaign":
        return f"These accounts act as one, and no honest workload explains it: {held}. {NOTICE}"
    if ruling.look_alike is not None:
        return f"Explained by an honest workload, {ruling.look_alike} (fit {fits[0][1]:.2f} of 1). {NOTICE}"
    if expected.value <= budget.campaigns:
        return (
            f"Within the budget, but too weak to hold the false discoveries among this run's cases ({held}). {NOTICE}"
        )
    alike = round(p_value * (n + 1)) - 1
    if alike > 0:
        return (
            f"Not detectable at the budget of {budget}: {alike} of {n} honest groups as coordinated score as high "
            f"({held}); more days alone would not tell them apart. {NOTICE}"
        )
    need = calibration.days * expected.value / budget.campaigns
    return f"Not detectable at the budget of {budget} ({held}); it would need about {need:.0f} benign days. {NOTICE}"


def twin(spec: SignalSpec, fits: Mapping[LookAlike, float]) -> str:
    """Say which benign explanation of a signal was tried and how well it fits."""
    tried = sorted(((fits[kind], kind) for kind in spec.twins if kind in fits), reverse=True)
    said = f"; best of those tried: {tried[0][1]}, fit {tried[0][0]:.2f} of 1" if tried else ""
    return f"{spec.twin}{said}"


def alternatives(fits: Sequence[tuple[LookAlike, float]], ruling: Ruling) -> Sequence[str]:
    """List honest explanations that remain, the best first."""
    said = [f"{kind} (fit {fit:.2f} of 1)" for kind, fit in fits[:3]]
    if ruling.verdict == "campaign":
        said.append("one customer behind many accounts that has not been asked, such as a reseller or a course")
    return said


def unknowns(*, text: bool) -> Sequence[str]:
    """Say what traffic cannot show."""
    said = [
        "whether answers were used to train a model: see `angelshare lineage`",
        "who is behind the accounts: attribute them to an organisation before any measure is taken",
        "traffic through other providers, and transcripts bought elsewhere",
    ]
    return said if text else [*said, "what was asked: these logs were read without features of prompts"]


def statute(group: Candidate, current: Accounts, evidence: Sequence[SignalEvidence]) -> Sequence[StatuteHeading]:
    """File findings under the factors of H.R. 8283 section 3(11), in the bill's order."""
    found = {one.signal: one for one in evidence if one.p_value <= STRONG}
    requests = int(current.columns["requests"][group.members].sum())

    def under(names: Sequence[str]) -> list[str]:
        return [
            f"{name}: {found[name].observed:.2f} {found[name].unit}, p = {found[name].p_value:.3g}"
            for name in names if name in found
        ]  # fmt: skip

    volume = f"{requests:,} requests by {len(group):,} accounts in {len(current.days)} days"
    return [
        StatuteHeading(heading="volume, structure, pattern, coordination and timing",
                       findings=[volume, *under(PATTERN)], unknown="what other providers saw of the same accounts"),
        StatuteHeading(heading="concentration on specific capabilities", findings=under(FOCUS),
                       unknown="why these were asked for"),
        StatuteHeading(heading="multiple coordinated accounts", findings=[f"{len(group):,} accounts", *under(ACCOUNTS)],
                       unknown="who opened them"),
        StatuteHeading(heading="correlation with another model's development timeline", findings=under(TIMELINE),
                       unknown="another model's timeline is not in traffic"),
        StatuteHeading(heading="circumvention of access controls, fraudulent credentials, breach of terms",
                       findings=under(AROUND), unknown="what the terms in force said, and who agreed to them"),
    ]  # fmt: skip
