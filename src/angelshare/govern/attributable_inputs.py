"""The named inputs of the counterfactual: from the campaign and from data, set by hand or switched off, and drawn."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from angelshare.core.delay import Assumption, Mark
from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import Estimate, Number, Refusal, Source
from angelshare.core.seeds import stream
from angelshare.govern.campaign import Campaign, campaign_assumptions
from angelshare.govern.campaign_terms import MEASURED, OPTIONAL, TERMS, check_value, known
from angelshare.stats.intervals import two_sided
from angelshare.stats.panel import FloatArray


@record
class Frontier:
    """The scale that turns recovery into time: the teacher's lead in points and the growth of the frontier."""

    gap_points: Number
    """Points between the teacher and the best open model, on one scale."""

    slope_points_per_year: Number
    """Growth of the frontier on that scale."""

    source: Source
    """Where both come from."""

    lag_months: Number | None = None
    """Lead without this distillation, as a panel estimates it; None takes the gap over the slope."""

    mark: Mark = "measured"
    """How well they are founded."""


class Inputs(NamedTuple):
    """What is known of every input."""

    assumptions: Sequence[Assumption]
    """In the order of TERMS."""

    level: Mapping[str, float]
    """Level of the interval of each measured input."""

    refused: Mapping[str, str]
    """Measured inputs that cannot be had, and why."""


def gather(campaign: Campaign, frontier: Frontier, curve_level: float, *, curve_source: Source) -> Inputs:
    """Bring the campaign's figures and the measured ones together.

    Args:
        campaign: the description.
        frontier: gap, slope and lag; a refused or unbounded one is listed as refused.
        curve_level: level of the recovery curve's band.
        curve_source: the audit.
    """
    ends = Estimate(value=0.0, low=-1.0, high=1.0, level=curve_level, n=0, method="ends of the audit's band")
    listed = [*campaign_assumptions(campaign), _measured("recovery_position", ends, curve_source, mark="measured")]
    level, refused = {"recovery_position": curve_level}, {}
    numbers = {"gap_points": frontier.gap_points, "slope_points_per_year": frontier.slope_points_per_year}
    if frontier.lag_months is not None:
        numbers["lag_months"] = frontier.lag_months
    for name, number in numbers.items():
        if isinstance(number, Refusal):
            refused[name] = number.refused
        elif number.low is None or number.high is None or number.low <= 0:
            refused[name] = f"{TERMS[name].meaning}: its interval is not bounded above 0"
        else:
            level[name] = number.level
            listed.append(_measured(name, number, frontier.source, mark=frontier.mark))
    return Inputs(listed, level, refused)


def set_value(inputs: Inputs, setting: str) -> Inputs:
    """Fix one input as `NAME=VALUE` or `NAME=low`, `NAME=central`, `NAME=high` says.

    A number also stands in for a measured input that was refused or not given. Raises PlanError for an unknown name, a
    value that is no number, or one that the input cannot take.
    """
    name, equals, text = (part.strip() for part in setting.partition("="))
    if not equals or not text:
        raise PlanError(f"'{setting}' sets nothing; write NAME=VALUE, or NAME=low, NAME=central or NAME=high")
    old = _find(inputs, known(name))
    if text in ("low", "central", "high"):
        if old is None:
            raise PlanError(f"{setting}: there is no range for '{name}' here; give a number")
        value, source = float({"low": old.low, "central": old.central, "high": old.high}[text]), old.source
    else:
        value, source = _number(setting, text), Source(title=f"set by hand: {setting}", url="")
        check_value(name, value, f"--set {setting}")
    new = Assumption(
        name=name, meaning=TERMS[name].meaning, unit=TERMS[name].unit, low=value, central=value, high=value,
        shape="fixed", source=source, mark=old.mark if old is not None and source is old.source else "assumed",
    )  # fmt: skip
    listed = {item.name: item for item in inputs.assumptions} | {name: new}
    refused = {key: reason for key, reason in inputs.refused.items() if key != name}
    return Inputs([listed[key] for key in TERMS if key in listed], inputs.level, refused)


def switch_off(inputs: Inputs, name: str) -> Inputs:
    """Switch one input off: it takes the neutral value that removes its effect, or loses its doubt if it is measured.

    Raises PlanError for an unknown name, or one that is not among the inputs.
    """
    if _find(inputs, known(name)) is None:
        raise PlanError(f"'{name}' is not among the inputs here, so it cannot be switched off; leave it out")
    listed = [dataclasses.replace(item, on=False) if item.name == name else item for item in inputs.assumptions]
    return inputs._replace(assumptions=listed)


def choose(inputs: Inputs, settings: Sequence[str], without: Sequence[str]) -> Inputs:
    """Apply settings, then switches; their order never matters. Raises PlanError when one input is named twice."""
    named = [*(setting.partition("=")[0].strip() for setting in settings), *without]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise PlanError(f"'{twice[0]}' is set or switched off twice; name it once")
    for setting in settings:
        inputs = set_value(inputs, setting)
    for name in without:
        inputs = switch_off(inputs, name)
    return inputs


def neutral(assumption: Assumption) -> float:
    """Give the value a switched-off input takes; no budget is an infinite one."""
    if assumption.name in OPTIONAL:
        return math.inf
    value = TERMS[assumption.name].neutral
    return assumption.central if value is None else value


def central_values(inputs: Inputs) -> dict[str, float]:
    """Give every input at its central value, or its neutral one where it is off."""
    return {item.name: item.central if item.on else neutral(item) for item in inputs.assumptions}


def draw(inputs: Inputs, seed: int, draws: int) -> dict[str, FloatArray]:
    """Draw (draws,) values of every input, each from its own stream, so that no input's draws depend on another's."""
    return {item.name: _draw(item, inputs.level, seed=seed, draws=draws) for item in inputs.assumptions}


def _draw(item: Assumption, level: Mapping[str, float], *, seed: int, draws: int) -> FloatArray:
    if not item.on:
        return np.full(draws, neutral(item))
    if item.low == item.high:
        return np.full(draws, item.central)
    u = stream("assumption", seed, item.name).random(draws)
    if item.shape == "uniform":
        return np.asarray(item.low + (item.high - item.low) * u)
    if item.shape == "log_uniform":
        return np.asarray(item.low * (item.high / item.low) ** u)
    if item.shape == "triangular":
        return _triangular(item, u)
    return _two_piece(item, level[item.name], u)


def _triangular(item: Assumption, u: FloatArray) -> FloatArray:
    """Invert the triangular distribution function (Johnson, Kotz & Balakrishnan 1995, section 26.9)."""
    width, left = item.high - item.low, item.central - item.low
    rising = item.low + np.sqrt(u * width * left)
    falling = item.high - np.sqrt((1.0 - u) * width * (width - left))
    return np.asarray(np.where(u * width < left, rising, falling))


def _two_piece(item: Assumption, level: float, u: FloatArray) -> FloatArray:
    """Draw so that low, central and high are the quantiles of an interval at `level`.

    A gap is a difference: drawn on its own scale, and 0 where the teacher would not be ahead. Slope and lag, a rate and
    a time, must be positive: drawn on the log scale.
    """
    from scipy.special import ndtri  # noqa: PLC0415 - scipy takes 0.2 s to import

    z = ndtri(np.clip(u, 1e-12, 1.0 - 1e-12)) / two_sided(level)
    if item.name in ("recovery_position", "gap_points"):
        least = 0.0 if item.name == "gap_points" else -np.inf
        piece = np.where(z < 0, z * (item.central - item.low), z * (item.high - item.central))
        return np.asarray(np.maximum(item.central + piece, least))
    below, above = math.log(item.central / item.low), math.log(item.high / item.central)
    return np.asarray(item.central * np.exp(np.where(z < 0, z * below, z * above)))


def _measured(name: str, number: Estimate, source: Source, *, mark: Mark) -> Assumption:
    """List an estimate that is bounded on both sides."""
    low, high = number.low, number.high
    if low is None or high is None:
        raise ValueError(f"{name}: not bounded on both sides")
    return Assumption(
        name=name, meaning=TERMS[name].meaning, unit=TERMS[name].unit, low=low, central=number.value, high=high,
        shape="measured", source=source, mark=mark,
    )  # fmt: skip


def _find(inputs: Inputs, name: str) -> Assumption | None:
    found = [item for item in inputs.assumptions if item.name == name]
    if not found and name not in (*MEASURED, *OPTIONAL):
        raise PlanError(f"the campaign has no '{name}'")
    return found[0] if found else None


def _number(setting: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise PlanError(
            f"{setting}: '{text}' is no number; write NAME=VALUE, NAME=low, NAME=central or NAME=high"
        ) from (None)
    if not math.isfinite(value):
        raise PlanError(f"{setting}: '{text}' is not finite")
    return value
