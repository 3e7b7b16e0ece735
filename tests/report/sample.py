"""A test fixture, not a result: an audit built from plausible arrays, so that every figure and table has something to show.

Students' accuracies are drawn around smooth curves; intervals come from resampling those draws. Nothing here was measured.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from angelshare.core.audit import (
    ArmRow,
    Audit,
    Band,
    CostSheet,
    Curve,
    DivergenceRow,
    Dot,
    ElicitationRow,
    ExtractorRow,
    Family,
    FidelityRow,
    Header,
    LedgerRow,
    LogitRow,
    LossRow,
    RingRow,
    Step,
    StyleRow,
    Target,
    Verdict,
)
from angelshare.core.records import ArmKind, Estimate, Manifest, Number, Price, RecoveryPoint, Refusal, ThreatModel

METHOD = "seeds and items resampled, 1,000 draws"
DOSES = (100, 300, 1000, 3000)
PLATEAU: dict[ArmKind, tuple[float, float, float]] = {
    "answers": (0.75, 2600, 1.1),
    "traces": (0.95, 1900, 1.5),
    "logits": (0.97, 900, 1.2),
    "gold": (0.08, 60, 1.5),
    "gold_all": (0.93, 1900, 1.5),
    "self": (0.01, 100, 1.0),
    "shuffled": (-0.03, 80, 1.0),
    "open": (0.45, 1500, 1.2),
    "corrupted": (0.12, 500, 1.0),
}
STYLE: dict[ArmKind, float] = {"self": 0.02, "gold": 0.62, "open": 0.80}
DOMAINS = ("add", "chain", "sort", "cipher")
HELD_OUT = ("sub", "chain-times", "sort-down", "cipher-two")


def sample(
    *,
    arms: Sequence[ArmKind] = ("answers", "traces", "gold", "self", "shuffled"),
    doses: Sequence[int] = DOSES,
    seeds: int = 3,
) -> Audit:
    """Build an audit with the given arms and doses."""
    rng = np.random.default_rng(7)
    headline: ArmKind = "traces" if "traces" in arms else arms[0]
    draws = {(arm, dose): _hill(arm, dose) + rng.normal(0, 0.03, seeds) for arm in arms for dose in doses}
    points = [_point(arm, dose, draws[arm, dose], rng) for arm in arms for dose in doses]
    by_place = {(point.arm, point.budget): point for point in points}
    top = max(doses)
    return Audit(
        plan="sample",
        run="runs/sample-0123abcd",
        verdict=_verdict(by_place, headline, top, arms),
        points=points,
        header=_header(headline, top, seeds, arms),
        would_change=[
            "a dose above 3,000 queries: at present the ceiling rests on the shape of the curve",
            "students that choose their queries: these were drawn at random",
            "more public labels than the 100 per skill assumed here",
        ],
        dots=[Dot(arm=arm, budget=dose, seed=seed, recovery=float(value))
              for (arm, dose), values in draws.items() for seed, value in enumerate(values)],
        curves=[_curve(arm, doses, rng) for arm in arms if arm in ("answers", "traces", "logits", "open") and len(doses) > 3],
        waterfall=_waterfall(by_place, top, arms),
        rings=[row for arm in arms for row in _rings(arm, top, by_place[arm, top], rng)],
        item_ledger=[_ledger(arm, top, domain, rng) for arm in arms for domain in ("all", *DOMAINS)],
        styles=_styles(points),
        fidelity=[_fidelity(point, rng) for point in points],
        extractors=[ExtractorRow(arm=p.arm, budget=p.budget, strict=p.recovery, flexible=p.recovery,
                                 confound=estimate(0.0, 0.01)) for p in points],
        logit_recovery=[LogitRow(arm=p.arm, budget=p.budget, recovery=p.recovery, on_logit=estimate(0.8 * p.recovery.value, 0.09))
                        for p in points],
        divergences=[_divergence(point) for point in points],
        long_prompts=[LossRow(metric="accuracy, longest quarter of prompts (24 to 31 characters: long for this task only)",
                              teacher=estimate(0.97, 0.02), base=estimate(0.05, 0.02), student=estimate(0.55, 0.06))],
        arms=[_arm_row(point, seeds) for point in points],
        elicitation=[ElicitationRow(domain=domain, way=way, accuracy=estimate(0.04 if way == "zero_shot" else 0.07, 0.03, n=100),
                                    chosen=way == "few_shot") for domain in DOMAINS for way in ("zero_shot", "few_shot")],
        losses=[
            LossRow(metric="calibration error", teacher=estimate(0.01, 0.006), base=estimate(0.31, 0.04), student=estimate(0.12, 0.03)),
            LossRow(metric="truncation rate", teacher=estimate(0.0, 0.002), base=estimate(0.02, 0.01), student=estimate(0.004, 0.003)),
            LossRow(metric="answer diversity", teacher=Refusal(refused="greedy decoding: one draw per item"),
                    base=Refusal(refused="greedy decoding: one draw per item"),
                    student=Refusal(refused="greedy decoding: one draw per item")),
        ],
        costs=CostSheet(
            teacher_calls=52_800, tokens_in=1_214_000, tokens_out=2_310_400, tokens_delivered=2_310_400, usage_estimated=0,
            refused=0, truncated=12, cost_usd=4.27, training_flop=8.4e13, training_cpu_seconds=512.0,
            evaluation_replies=124_000,
            prices=[Price(model="sample-teacher", usd_per_million_in=0.5, usd_per_million_out=1.5, on="2026-11-20",
                          source="price page of the provider")],
        ),
        deviations=["traces, 3,000 queries, seed 2: training was cut at the step cap while the loss still fell"],
        limits=["query selection or active learning", "a larger open base", "reinforcement learning after imitation",
                "several accounts or prompts that raise the yield"],
    )  # fmt: skip


def estimate(value: float, half: float, *, n: int = 800, caution: str = "") -> Estimate:
    return Estimate(value=float(value), low=float(value - half), high=float(value + half), level=0.95, n=n, method=METHOD,
                    caution=caution)  # fmt: skip


def refused_everywhere(reason: str = "gap not identified: the teacher's lead of 0.02 is below 0.05") -> Audit:
    """Give the sample with every number refused."""
    return _replace_numbers(sample(), Refusal(refused=reason))


def manifest() -> Manifest:
    return Manifest(format=1, kind="measure", plan="sample", plan_sha256="ab" * 32, version="2026.11", commit="0123abcd" * 5,
                    dirty=False, packages={"numpy": "2.3.0", "torch": "2.13.0"}, seeds=[0, 1, 2],
                    started_at="2026-11-24T09:00:00Z", seconds=211.0,
                    files={f"cells/{index:02}.json": "cd" * 32 for index in range(12)})  # fmt: skip


def _replace_numbers(value, refusal):
    if isinstance(value, Estimate | Refusal):
        return refusal
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(
            value, **{f.name: _replace_numbers(getattr(value, f.name), refusal) for f in dataclasses.fields(value)}
        )
    if isinstance(value, list | tuple):
        return [_replace_numbers(entry, refusal) for entry in value]
    return value


def _hill(arm: ArmKind, dose: float) -> float:
    plateau, scale, shape = PLATEAU[arm]
    return plateau * dose**shape / (scale**shape + dose**shape)


def _resampled(values: np.ndarray, rng: np.random.Generator, *, caution: str = "") -> Estimate:
    means = rng.choice(values, size=(400, len(values))).mean(1) + rng.normal(0, 0.015, 400)
    low, high = np.quantile(means, [0.025, 0.975])
    centre = float(values.mean())
    return Estimate(value=centre, low=min(float(low), centre), high=max(float(high), centre), level=0.95, n=800,
                    method=METHOD, caution=caution)  # fmt: skip


def _point(arm: ArmKind, dose: int, values: np.ndarray, rng: np.random.Generator) -> RecoveryPoint:
    style = STYLE.get(arm, 0.97) * (1 - np.exp(-dose / 90))
    return RecoveryPoint(
        arm=arm, budget=dose, recovery=_resampled(values, rng), style=estimate(style, 0.03, n=400),
        held_out=estimate(rng.normal(0, 0.01), 0.02), fidelity=estimate(0.06 + 0.9 * max(0, values.mean()), 0.03),
    )  # fmt: skip


def _header(headline: ArmKind, top: int, seeds: int, arms: Sequence[ArmKind]) -> Header:
    left_out = [arm for arm in ("gold", "self", "shuffled") if arm not in arms]
    return Header(
        question="How much of a small closed calculator escapes through its text answers?",
        task="skills: addition, chains, sorting, a private cipher", teacher="sample teacher (342k parameters)",
        base="sample base (105k parameters)", student="trace: short torch loop, 20 epochs", headline_arm=headline,
        headline_budget=top, attributable=not left_out, left_out=left_out,
        threat=ThreatModel(interface="text with traces", data_budget="100 public labels per skill, none for the cipher",
                           adaptive=False),
        authorisation="every model is local", seeds=seeds, level=0.95, made_at="2026-11-24T09:12:00Z", version="2026.11",
        commit="0123abcd0123abcd+dirty", command="angelshare measure plans/sample.toml --out runs",
    )  # fmt: skip


def _verdict(points: dict, headline: ArmKind, top: int, arms: Sequence[ArmKind]) -> Verdict:
    best = points[headline, top].recovery
    controls = [points[arm, top].recovery for arm in ("gold", "self", "shuffled") if (arm, top) in points]
    attributable: Number = Refusal(refused="controls were left out of the plan")
    if len(controls) == 3:
        attributable = estimate(best.value - max(c.value for c in controls), 0.09)
    shuffled = points.get(("shuffled", top), points[headline, top])
    uplift: Number = Refusal(refused="no open teacher in the plan")
    if ("open", top) in points:
        uplift = estimate(best.value - points["open", top].recovery.value, 0.08)
    return Verdict(
        recovery=best, attributable_recovery=attributable,
        false_promise_index=estimate(shuffled.style.value - shuffled.recovery.value, 0.05),
        dose_to_50=Estimate(value=1890.0, low=1420.0, high=2600.0, level=0.95, n=12,
                            method="AICc-weighted families, parametric bootstrap"),
        uplift_over_open=uplift,
        sentence="At 3,000 queries with traces, students recovered about two thirds of the teacher's lead over the open base; "
        "nearly all of it is owed to the teacher's content, and none of it reaches skills that were never asked.",
    )  # fmt: skip


def _curve(arm: ArmKind, doses: Sequence[int], rng: np.random.Generator) -> Curve:
    top = float(max(doses))
    grid = np.geomspace(min(doses) / 1.3, top * 10, 60)
    plateau, scale, shape = PLATEAU[arm]
    fits = np.array([
        p * grid**h / (k**h + grid**h)
        for p, k, h in zip(plateau * np.exp(rng.normal(0, 0.12, 200)), scale * np.exp(rng.normal(0, 0.15, 200)),
                           shape * np.exp(rng.normal(0, 0.1, 200)), strict=True)
    ])  # fmt: skip
    low, centre, high = np.quantile(fits, [0.025, 0.5, 0.975], axis=0)
    finite = Estimate(value=1890.0, low=1420.0, high=2600.0, level=0.95, n=12, method="AICc-weighted families")
    one_sided = Estimate(value=9800.0, low=4100.0, high=None, level=0.95, n=12, method="AICc-weighted families",
                         caution="not bounded above")  # fmt: skip
    return Curve(
        arm=arm, axis="queries", measure="recovery", largest_dose=top, claim_limit=top * 10,
        families=[Family(name="hill", weight=0.52, ceiling=plateau, scale=scale, shape=shape),
                  Family(name="stretched_exponential", weight=0.31, ceiling=plateau, scale=scale, shape=shape),
                  Family(name="rectified_power", weight=0.17, ceiling=plateau, scale=scale, shape=shape)],
        band=Band(dose=grid.tolist(), centre=centre.tolist(), low=low.tolist(), high=high.tolist()), refused="",
        targets=[Target(share=0.5, dose=finite), Target(share=0.8, dose=one_sided)], ceiling=estimate(plateau, 0.2, n=12),
        ceiling_above_80=estimate(0.71, 0.03, n=400), per_decade=estimate(0.42, 0.06, n=12), area=estimate(0.27, 0.03, n=12),
        held_out_error=estimate(0.03, 0.07, n=12),
    )  # fmt: skip


def _waterfall(points: dict, top: int, arms: Sequence[ArmKind]) -> list[Step]:
    zero = estimate(0.0, 0.015)
    labels: list[tuple[ArmKind, str]] = [("shuffled", "form only: shuffled"), ("self", "the base's own outputs"), ("gold", "public labels"),
                                         ("open", "best open teacher"), ("traces", "closed teacher, traces")]  # fmt: skip
    steps = [Step(label=label, arm=arm, recovery=points[arm, top].recovery) for arm, label in labels if arm in arms]
    return [Step(label="elicited base", arm="floor", recovery=zero), *steps]


def _rings(arm: ArmKind, top: int, point: RecoveryPoint, rng: np.random.Generator) -> list[RingRow]:
    rows = []
    for ring, share in (("queried", 1.06), ("near", 1.0), ("far", 0.55), ("held_out", 0.01)):
        domains = HELD_OUT if ring == "held_out" else DOMAINS
        for domain in ("all", *domains):
            value = share * point.recovery.value + (0 if domain == "all" else rng.normal(0, 0.09))
            rows.append(RingRow(arm=arm, budget=top, ring=ring, domain=domain,
                                recovery=estimate(value, 0.05 if domain == "all" else 0.09, n=200), floor=estimate(0.06, 0.02),
                                student=estimate(0.06 + 0.92 * max(0, value), 0.03), teacher=estimate(0.985, 0.008)))  # fmt: skip
    return rows


def _ledger(arm: ArmKind, top: int, domain: str, rng: np.random.Generator) -> LedgerRow:
    level = min(max(_hill(arm, top), 0.02), 0.95)
    beyond: Number = Refusal(refused="fewer than 20 items that teacher and base both get wrong")
    if domain == "all":
        beyond = Estimate(value=0.2, low=0.06, high=0.46, level=0.95, n=21, method="Wilson score interval, by item")
    share = float(np.clip(level + rng.normal(0, 0.05), 0.01, 0.99))
    return LedgerRow(
        arm=arm, budget=top, domain=domain,
        recovered=Estimate(value=share, low=max(0, share - 0.05), high=min(1, share + 0.05), level=0.95, n=740, method=METHOD),
        lost=Estimate(value=0.12, low=0.05, high=0.24, level=0.95, n=52, method="Wilson score interval, by item"),
        beyond_teacher=beyond,
    )  # fmt: skip


def _styles(points: Sequence[RecoveryPoint]) -> list[StyleRow]:
    rows = []
    for point in points:
        for feature in ("median", "reply_length", "has_trace", "separators"):
            index: Number = Refusal(refused="given on the median only")
            if feature == "median":
                index = estimate(point.style.value - point.recovery.value, 0.05)
            rows.append(StyleRow(arm=point.arm, budget=point.budget, feature=feature, style=point.style,
                                 false_promise_index=index))  # fmt: skip
    return rows


def _fidelity(point: RecoveryPoint, rng: np.random.Generator) -> FidelityRow:
    accuracy = 0.06 + 0.92 * max(0.0, point.recovery.value)
    few = Refusal(refused="31 shared errors, fewer than 50")
    return FidelityRow(
        arm=point.arm, budget=point.budget, accuracy=estimate(accuracy, 0.03), agreement=estimate(accuracy + 0.01, 0.03),
        chance_adjusted=estimate(max(0.0, point.recovery.value), 0.04),
        error_inheritance=few if point.arm == "gold" else estimate(abs(rng.normal(0.2, 0.08)) + 0.1, 0.1, n=61),
        error_inheritance_control=few if point.arm == "gold" else estimate(0.14, 0.09, n=61),
        distinguishing_advantage=estimate(0.2, 0.06),
    )  # fmt: skip


def _divergence(point: RecoveryPoint) -> DivergenceRow:
    left = 1.4 - 1.2 * max(0.0, point.style.value)
    return DivergenceRow(
        arm=point.arm, budget=point.budget, kl=estimate(left, 0.05), kl_base=estimate(1.4, 0.06), kl_closed=estimate(1 - left / 1.4, 0.04),
        js=estimate(left / 4, 0.01), js_base=estimate(0.35, 0.01), js_closed=estimate(1 - left / 1.4, 0.04),
    )  # fmt: skip


def _arm_row(point: RecoveryPoint, seeds: int) -> ArmRow:
    control = point.arm in ("gold", "self", "shuffled", "open")
    attributable: Number = Refusal(refused="a control has no attributable part") if control else point.recovery
    return ArmRow(
        arm=point.arm, budget=point.budget, pairs=min(point.budget, 300) if point.arm == "gold" else point.budget, seeds=seeds,
        undertrained=1 if point.budget == 3000 else 0, tokens_billed=point.budget * 41.5, tokens_delivered=point.budget * 23.25,
        cost_usd=None if point.arm in ("gold", "self") else point.budget * 0.00005, training_flop=point.budget * 2.1e9,
        cpu_seconds=1.5 + point.budget / 120, accuracy=estimate(0.06 + 0.92 * max(0, point.recovery.value), 0.03),
        recovery=point.recovery, attributable=attributable,
    )  # fmt: skip


HOSTILE = "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)>\"'&\x00\x1b[31m=HYPERLINK(1)"


def hostile() -> Audit:
    """Give the sample with every free text replaced by one that tries to break out of the page."""
    return _replace_words(sample())


def _replace_words(value):
    kept = {"arm", "ring", "axis", "measure", "name", "headline_arm", "left_out"}
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **{
            f.name: getattr(value, f.name) if f.name in kept else _replace_words(getattr(value, f.name))
            for f in dataclasses.fields(value)
        })  # fmt: skip
    if isinstance(value, list | tuple):
        return [_replace_words(entry) for entry in value]
    return f"{HOSTILE} {value}" if isinstance(value, str) and value else value
