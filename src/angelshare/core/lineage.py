"""The nouns of lineage: whose answers are compared, what the null panel is, and what may be said of each teacher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import Evidence, Number

LineageWord: TypeAlias = Literal["derived", "not shown", "cannot tell"]
"""What the data say of one teacher; a match is not an accusation."""

LineageClaim: TypeAlias = Literal[
    "same model", "derived weights", "taught by a family", "taught by a version", "a mixture"
]
"""The claims in their order: the first two are excluded before the third is tested."""


@record
class AnswerSource:
    """One model whose answers are in a folder of teachers, siblings or the panel."""

    name: str
    """Unique in its folder."""

    file: str
    """Its answers, a path relative to the folder's list."""

    family: str = ""
    """Teachers: versions that the test takes together; empty is the name itself."""

    project: str = ""
    """Who trained it, as one training project: the unit that is resampled; empty is the name itself."""

    base: str = ""
    """Pretrained family it starts from; empty is unknown."""

    size_b: float | None = None
    """Billions of parameters."""

    dated: str = ""
    """ISO date or year of release; empty is unknown."""

    taught_by: Sequence[str] | None = None
    """Families of teachers whose outputs it was trained on; empty is documented as none, None is unknown."""

    evidence: str = ""
    """Where `taught_by` is documented."""

    licence: str = ""
    """Licence of the answers."""


@record
class AnswerSources:
    """`teachers.toml`, `panel.toml` or `siblings.toml`."""

    model: Sequence[AnswerSource]
    """The models."""


@record
class Answer:
    """One reply to one probe prompt."""

    prompt: str
    """Identity of the prompt: the same in every file."""

    text: str
    """The reply."""

    truncated: bool = False
    """Whether it was cut short."""

    prompt_sha256: str = ""
    """Hash of the prompt's text where the file has it; empty is not checked and says so."""


@record
class PhraseExhibit:
    """A phrase that speaks for a teacher, for people to look at."""

    phrase: str
    """The words."""

    suspect: float
    """Uses per 1,000 words of the suspect."""

    teacher: float
    """The same of the teacher."""

    panel: float
    """The same of the panel, mean over projects."""


@record
class Confounder:
    """Something other than teaching that could make answers alike, measured."""

    name: str
    """Which."""

    suspect: str
    """Its value for the suspect."""

    panel: str
    """Its range in the panel."""

    outside: bool
    """Whether the suspect is outside that range."""


@record
class TeacherVerdict:
    """What the data say of one teacher."""

    teacher: str
    """Family of versions."""

    verdict: LineageWord
    """The word."""

    p_value: float
    """Conformal p-value: rank among the comparison projects' largest scores over teachers (max-type adjustment)."""

    p_unadjusted: float
    """The same against their scores for this teacher alone."""

    attainable_p: float
    """The smallest p-value that this many comparison projects allow, adjusted alike."""

    power: Number
    """Share of documented students of this teacher that a test of this size finds."""

    score: float
    """Score of being taught: fitted to be 1 for students and -1 for untaught models; one not fitted may pass them."""

    panel_scores: Mapping[str, float]
    """Score of being taught of each comparison project, for the histogram."""

    margin: float | None
    """How much better it fits than the next, in standard deviations of the null projects; None without a next."""

    versions: Mapping[str, float]
    """Scores of single versions, shown and not tested."""

    evidence: Sequence[Evidence]
    """Every test behind the word, with its null."""

    exhibits: Sequence[PhraseExhibit]
    """Phrases shared with this teacher more than with the panel."""

    reasons: Sequence[str]
    """Why this word and not a stronger one."""


@record
class ClaimResult:
    """One of the ordered claims and what became of it."""

    claim: LineageClaim
    """Which."""

    outcome: Literal["excluded", "not excluded", "tested", "not tested"]
    """What became of it."""

    evidence: Sequence[Evidence]
    """Tests behind it, ours or imported."""

    why: str
    """In words."""


@record
class PanelAudit:
    """How good a null panel is."""

    projects: int
    """Independent null projects: training projects that no candidate taught."""

    models: int
    """Models in them."""

    bases: Mapping[str, int]
    """Projects by base."""

    false_positive_rate: Number
    """Share of null projects called derived when each is left out and tested, with its Clopper-Pearson bound."""

    attainable_p: float
    """The smallest p-value possible: one in the comparison projects plus one."""

    cautions: Sequence[str]
    """What is wrong with it: one project dominates, near-duplicates, students among them."""


@record
class LineageReport:
    """What `angelshare lineage test` found: `report.json`, the page, and what `--json` prints."""

    suspect: str
    """Name of the file or model tested."""

    verdicts: Sequence[TeacherVerdict]
    """One per teacher, the strongest first."""

    none_of_them: Number
    """Share of the suspect's bags of replies that the classifier gives to the class `none`."""

    claims: Sequence[ClaimResult]
    """The ordered claims."""

    n_prompts: int
    """Prompts answered by suspect, teachers and panel alike."""

    laundered: Sequence[Evidence]
    """The same tests on text with its format stripped."""

    panel: PanelAudit
    """The null panel."""

    confounders: Sequence[Confounder]
    """Measured, each beside the panel."""

    registered: str
    """SHA-256 of the sealed pre-registration; empty for a test without one, which says so."""

    not_shown: Sequence[str]
    """What this does not show."""

    alternatives: Sequence[str]
    """Other explanations that remain."""

    sentence: str
    """What the data say, in one sentence."""

    made_at: str
    """Instant in UTC."""

    version: str
    """Version of angelshare."""

    cautions: Sequence[str] = ()
    """What to bear in mind."""
