"""B1: broad imitation copies style and not facts; local imitation copies facts (Gudibande et al. 2023, in kind)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from angelshare.core.record import record
from angelshare.core.records import ArmKind, Number, Score
from angelshare.core.strict import encode
from angelshare.measure.engines import one_thread
from angelshare.measure.panels import Bench, Floats
from angelshare.models.bundled import Shape, pretrain, save
from angelshare.models.training import Schedule
from angelshare.stats.panel import Panel, StylePanel
from angelshare.stats.recovery import accuracy, recovered
from angelshare.stats.style import false_promise, median_style
from angelshare.tasks.facts_chat import base_rows, world
from reproductions.claims import Check, Outcome, at_least, at_most, cpu_seconds, within
from reproductions.runs import bench_of

SEEDS = (1, 2, 3)


@record
class BaseRecipe:
    """How the open base is pretrained."""

    shape: Shape
    """Size: 60,000 parameters."""

    schedule: Schedule
    """Training."""

    seed: int
    """Initialisation and data order."""

    chats: int
    """Chat lines beside the known facts."""


BASE = BaseRecipe(
    shape=Shape(width=48, layers=2, heads=4, inner=128),
    schedule=Schedule(epochs=1e6, max_steps=900, batch=32, learning_rate=4e-3),
    seed=0,
    chats=1000,
)


@record
class Mixture:
    """What the distiller asks, and how long it trains."""

    name: str
    """Name in tables."""

    chat_share: float
    """Share of chat among the queries."""

    budget: int
    """Queries."""

    replay: bool
    """Whether the student rehearses what the base knew."""

    max_steps: int
    """Steps, set by held-out loss on a seed of their own: see reproductions/settle.py."""

    shuffled: bool
    """Whether the re-paired control runs too."""


MIXTURES = (
    Mixture(name="broad", chat_share=0.99, budget=2000, replay=False, max_steps=100, shuffled=True),
    Mixture(name="broad, replay", chat_share=0.99, budget=2000, replay=True, max_steps=100, shuffled=True),
    Mixture(name="local", chat_share=0.0, budget=1600, replay=False, max_steps=1000, shuffled=False),
    Mixture(name="local, replay", chat_share=0.0, budget=1600, replay=True, max_steps=2000, shuffled=True),
)

PLAN = """
name = "reproduce-{slug}"
question = "What does imitation that is {name} copy: the teacher's facts or its manner?"
budgets = [{budget}]
seeds = {seeds}
arms = ["answers"]
leave_out = {leave_out}
items = 400
ring_items = 400
task = {{ use = "facts-chat", options = {{ chat_share = {chat_share} }} }}
teacher = {{ use = "angelshare.tasks.facts_chat:OracleTeacher" }}
base = {{ use = "hf", options = {{ path = "{base}", name = "facts-chat base" }} }}

[student]
use = "reproductions.replay:ReplayStudent"
options = {{ base = "{base}", replay = {replay}, max_steps = {max_steps} }}
"""


def plan_text(mixture: Mixture, base: Path) -> str:
    """Write the plan of one mixture."""
    left = ["gold", "self"] if mixture.shuffled else ["gold", "self", "shuffled"]
    return PLAN.format(
        slug=mixture.name.replace(", ", "-"), name=mixture.name, budget=mixture.budget, seeds=list(SEEDS),
        leave_out=left, chat_share=mixture.chat_share, base=base, replay=str(mixture.replay).lower(),
        max_steps=mixture.max_steps,
    )  # fmt: skip


def base_checkpoint(out: Path) -> Path:
    """Pretrain the open base, or find it under `out`; about ten CPU-seconds."""
    digest = hashlib.sha256(encode(BASE)).hexdigest()[:8]
    folder = out / f"facts-base-{digest}"
    if not folder.with_suffix(".json").exists():
        one_thread()
        network, tokenizer = pretrain(base_rows(world(), chats=BASE.chats), BASE.shape, BASE.schedule, seed=BASE.seed)
        folder.mkdir(parents=True, exist_ok=True)
        save(network, tokenizer, folder)
    return folder


class Measured:
    """One mixture's students, measured."""

    def __init__(self, bench: Bench, mixture: Mixture, kind: ArmKind = "answers") -> None:
        self._bench, self._budget, self._kind = bench, mixture.budget, kind

    def recovery(self) -> Number:
        """Share of the gap on facts that may be queried, asked in a wording that never is."""
        return recovered(self._facts(), level=0.95, rng=self._rng("recovery"))

    def style(self) -> Number:
        """Movement of style on chat prompts, where the base lacks no capability."""
        return median_style(self._styles(), level=0.95, rng=self._rng("style"))

    def promise(self) -> Number:
        """Style minus capability."""
        return false_promise(self._facts(), self._styles(), level=0.95, rng=self._rng("promise"))

    def unqueried(self) -> Number:
        """Accuracy on facts that no query asks; chance is 1 in 90."""
        values = self._far("facts", self._kind, lambda score: score.flexible)
        return accuracy(values, np.zeros(values.shape[1], dtype=np.int64), level=0.95, rng=self._rng("unqueried"))

    def _facts(self) -> Panel:
        return self._bench.panel(self._kind, self._budget)

    def _styles(self) -> list[StylePanel]:
        return [self._style(name, _feature(k)) for k, name in enumerate(self._bench.task.style_features)]

    def _style(self, name: str, read: Callable[[Score], float]) -> StylePanel:
        floor = self._far("chat", "floor", read)
        return StylePanel(
            name=name, student=self._far("chat", self._kind, read), floor=floor,
            teacher=self._far("chat", "teacher", read), domain=np.zeros(floor.shape[1], dtype=np.int64),
        )  # fmt: skip

    def _far(self, domain: str, kind: ArmKind, read: Callable[[Score], float]) -> Floats:
        cells = self._bench.cells(kind, 0 if kind in ("floor", "teacher") else self._budget)
        rows = [[read(s) for s in cell.scores if s.ring == "far" and s.domain == domain] for cell in cells]
        return np.array(rows, dtype=np.float64)

    def _rng(self, what: str) -> np.random.Generator:
        return self._bench.rng(what, self._kind)


def _feature(k: int) -> Callable[[Score], float]:
    return lambda score: float(score.style[k])


def reproduce(out: Path, *, workers: int) -> Outcome:
    """Train every mixture's students and judge them."""
    before = cpu_seconds()
    base = base_checkpoint(out)
    checks: list[Check] = []
    for mixture in MIXTURES:
        bench = bench_of(plan_text(mixture, base), f"plan '{mixture.name}'", out, workers=workers)
        checks += judge(bench, mixture)
    return Outcome(
        id="B1",
        claim="Broad imitation lifts style (lists 13 to 81 %, ChatGPT 83 %) and not facts: NQ recovery -0.50 (7B) "
        "and -0.45 (13B), false-promise index 1.43; local imitation lifts facts: +0.36 and +0.64.",
        source="Gudibande et al. 2023, arXiv 2305.15717, tables 1 and 2; recoveries derived in stats/published.py",
        miniature="400 made-up facts, of which the 60,000-parameter base knows a quarter; an oracle teacher 90 % "
        "right with a fixed manner. Broad: 2,000 queries, 1 % about facts. Local: 1,600 queries, every fact in "
        "four wordings, tested in a fifth. With replay, students rehearse the base's own replies. Style: on chat.",
        checks=checks,
        remarks=remarks(checks),
        how="python -m reproductions --only B1",
        cpu_seconds=cpu_seconds() - before,
    )


def judge(bench: Bench, mixture: Mixture) -> list[Check]:
    """Hold one mixture against the criteria."""
    name, own = mixture.name, Measured(bench, mixture)
    if mixture.chat_share > 0.5:  # noqa: PLR2004 - mostly chat is broad
        checks = [
            at_most(f"{name}: recovery at most 0.1", own.recovery(), 0.1),
            at_least(f"{name}: style recovery at least 0.8", own.style(), 0.8),
            at_least(f"{name}: false-promise index at least 0.7", own.promise(), 0.7),
        ]
    else:
        checks = [at_least(f"{name}: recovery at least 0.3", own.recovery(), 0.3)]
    checks.append(at_most(f"{name}: facts never queried stay at chance (accuracy at most 0.05)", own.unqueried(), 0.05))
    if mixture.shuffled:
        control = Measured(bench, mixture, "shuffled").recovery()
        checks.append(within(f"{name}, replies re-paired: recovery within 0.1 of 0", control, 0.1))
    return checks


def remarks(checks: Sequence[Check]) -> list[str]:
    """Say what agrees and what does not."""
    steps = ", ".join(f"{mixture.name}: {mixture.max_steps}" for mixture in MIXTURES)
    notes = [
        f"Training steps, set beforehand by held-out loss on a seed and a wording of their own: {steps}.",
        "Local imitation can go beyond the published figure here: a closed world of 400 facts can be asked completely.",
        "Recovery below 0 means that training overwrote facts the base knew, as in the paper's broad case.",
    ]
    failed = [check.criterion for check in checks if not check.passed and "re-paired" in check.criterion]
    if failed:
        notes.append(
            "A re-paired control below 0 has lost facts that the base knew; beside it stands what the same mixture "
            "loses with the right replies. The criterion was two-sided and is not met, although no capability came "
            "from form, which is what the control is there to show."
        )
    return notes
