"""The nouns of the catalogue: claims and their sources, instruments, provider terms, allegations, published figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record

ClaimStatus: TypeAlias = Literal["measured", "reported", "disputed", "superseded", "withdrawn"]
"""What a claim is worth: measured by us, said by its source, contested, replaced by a later claim, taken back."""

EvidenceLevel: TypeAlias = Literal["measured_here", "text_seen", "secondary_seen", "memory"]
"""What we had before us, best first: our own data, the text itself or a copy of it, a page about it, nothing."""

Review: TypeAlias = Literal["unreviewed", "reviewed", "needs_recheck"]
"""Has a second person looked? Kept apart from the evidence level: a reviewed claim may still rest on memory."""

DistillationTreatment: TypeAlias = Literal[
    "excludes", "included_then_repealed", "targets", "permits", "silent", "implicit"
]
"""What an instrument does about distillation: leaves it out of a count, once counted it, goes after it, allows it, says
nothing, or reaches it through general words."""

InstrumentStatus: TypeAlias = Literal[
    "proposed", "adopted", "in_force", "amended", "superseded", "revoked", "rescinded", "statement"
]
"""Where an instrument stands; `adopted` is enacted or signed but not yet in force, `statement` never binds."""

Relation: TypeAlias = Literal["governs", "implicit", "silent", "conflicts"]
"""What an instrument says on a topic."""

Precision: TypeAlias = Literal["floor", "approximate", "exact", "not_stated"]
"""How a figure was given; a floor is "more than"."""


@record
class CataloguedSource:
    """A document that claims rest on."""

    id: str
    """Unique in the catalogue."""

    title: str
    """Title."""

    url: str
    """Where it is; http or https."""

    publisher: str
    """Who put it out."""

    on: str = ""
    """Date of the source: ISO day, month or year; "" if it bears none."""

    kind: Literal["primary", "secondary", "data", "paper"] = "primary"
    """The text itself, a page about it, a data set, a paper."""

    note: str = ""
    """What to know before relying on it, such as that a copy was read and not the original."""


@record
class Citation:
    """Where in a source a claim is found."""

    source: str
    """Id of a source."""

    pinpoint: str = ""
    """Article, paragraph, section or page."""

    quote: str = ""
    """At most fifteen of the source's own words, or none."""


@record
class Claim:
    """One dated statement, in our own words."""

    id: str
    """Unique in the catalogue."""

    statement: str
    """What is claimed; an allegation names who makes it."""

    status: ClaimStatus
    """What it is worth."""

    evidence: EvidenceLevel
    """What we had before us."""

    verified_on: str
    """ISO date on which it was last held against its sources."""

    sources: Sequence[Citation] = ()
    """What it rests on; at least one."""

    expires_on: str = ""
    """ISO date after which it must be looked at again; only a claim no longer upheld has none."""

    review: Review = "unreviewed"
    """Has a second person looked?"""

    supersedes: Sequence[str] = ()
    """Ids of claims it replaces."""

    superseded_by: Sequence[str] = ()
    """Ids of the claims that replaced it."""

    note: str = ""
    """Caveat; what would settle it."""


@record
class StatusChange:
    """A dated step in the life of an instrument."""

    on: str
    """ISO date."""

    status: InstrumentStatus
    """Where it stood from that day."""

    event: str
    """What happened."""


@record
class Threshold:
    """A line that an instrument draws."""

    quantity: Literal[
        "training_flop", "cluster_flop_per_second", "share_of_base_flop", "training_cost_usd", "revenue_usd", "users"
    ]
    """What is counted, with its unit."""

    value: float
    """Where the line is."""

    meaning: str
    """What follows on the other side of it."""

    inclusive: bool = False
    """True if the line itself is over the line."""


@record
class Instrument:
    """A law, rule, bill, code, declaration, licence or contract."""

    id: str
    """Unique in the catalogue."""

    name: str
    """Full name."""

    jurisdiction: str
    """EU, US, US-CA, KR, international, provider, …"""

    kind: str
    """Statute, regulation, executive order, guidelines, terms of service, …"""

    history: Sequence[StatusChange]
    """Its life in order; the last step is where it stands."""

    treatment: DistillationTreatment
    """What it does about distillation."""

    pinpoint: str
    """Where it does so, or where it would."""

    claims: Sequence[str]
    """Ids of the claims that say all this; at least one."""

    thresholds: Sequence[Threshold] = ()
    """The lines it draws."""

    counting: str = ""
    """What enters its count of compute, in words."""

    note: str = ""
    """What to bear in mind."""


@record
class Topic:
    """A question that instruments are compared on."""

    id: str
    """Unique in the catalogue."""

    name: str
    """Short name."""

    question: str
    """What is asked of every instrument."""


@record
class Cell:
    """What one instrument says on one topic; absent where nobody has looked."""

    instrument: str
    """Id of the instrument."""

    topic: str
    """Id of the topic."""

    relation: Relation
    """Governs, implicit, silent, conflicts."""

    claim: str
    """Id of the claim behind it."""

    pinpoint: str = ""
    """Where."""


@record
class ProviderTerms:
    """What a provider lets others train on its outputs."""

    id: str
    """Unique in the catalogue."""

    provider: str
    """Who sets the terms."""

    instrument: str
    """Id of the instrument that holds them."""

    stance: Literal["forbids", "permits", "permits_with_duty"]
    """What they say of training other models on outputs."""

    reach: str
    """Which models the rule reaches: competing ones, any other language model, …"""

    claim: str
    """Id of the claim behind it."""

    duty: str = ""
    """What must be done in return, if anything."""


@record
class Allegation:
    """A campaign as someone alleges it. A match is not an accusation; an allegation is not a finding."""

    id: str
    """Unique in the catalogue."""

    alleged_by: str
    """Who says so; an interested party as a rule."""

    about: str
    """About whom, as the source puts it."""

    named: Literal["named", "affiliated", "unnamed"]
    """Does the source name the party, operators it links to the party, or nobody?"""

    target: str
    """Whose model."""

    alleged_on: str
    """ISO date."""

    claim: str
    """Id of the claim that states it, with who alleges it."""

    counts: Literal["attempts", "exchanges", "training", "not_stated"]
    """What the figure counts: attempts, exchanges answered, or outputs said to have been trained on."""

    exchanges_are: Precision
    """Is the figure a floor?"""

    accounts_are: Precision
    """The same for the accounts."""

    window: Literal["stated", "partly_stated", "not_stated"]
    """Is the period given?"""

    response: Literal["denied", "no_comment", "not_found", "nobody_named"]
    """What the party said, as far as we found."""

    exchanges: int | None = None
    """Requests or exchanges alleged; None if no figure is given."""

    accounts: int | None = None
    """Accounts alleged; None if no figure is given."""

    from_on: str = ""
    """First day of the period; needed if it is stated."""

    to_on: str = ""
    """Last day of the period; needed if it is stated."""

    basis: str = ""
    """What the source says it rests on."""

    response_note: str = ""
    """The party's answer in a few words, or what was searched."""


@record
class Figure:
    """A delay, cost or score that someone published, as published."""

    id: str
    """Unique in the catalogue."""

    kind: Literal["delay_months", "cost_usd", "score_percent"]
    """What it is, with its unit."""

    subject: str
    """Of what."""

    metric: str
    """On what."""

    method: str
    """How it was made."""

    as_published: str
    """The figure in its source's form."""

    on: str
    """Date of publication: ISO day or month."""

    claim: str
    """Id of the claim behind it."""

    value: float | None = None
    """As a number, where it is one."""

    low: float | None = None
    """Lower end of the range or interval, where given."""

    high: float | None = None
    """Upper end."""

    caveat: str = ""
    """What the figure leaves out."""
