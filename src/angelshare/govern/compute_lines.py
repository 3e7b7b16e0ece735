"""From quantities to FLOP and dollars, line by line.

6ND: training takes six operations per parameter and token, two forward and four backward; N is the parameters active
for a token, D the tokens trained on, repeats counted (Kaplan et al. 2020, section 2.1, where N leaves embeddings out;
Hoffmann et al. 2022, appendix F, which compares it with an exact count).
2ND: a forward pass takes two (Kaplan et al. 2020, section 2.1). Both leave out attention over the context.
hardware: peak FLOP a second and device x device time x utilisation (Sevilla et al. 2022).
stated: the product of the factors is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.compute import ComputeLine, LineKind, Method, ModelCard, ModelLine, QuantityRow
from angelshare.core.errors import PlanError, nearest
from angelshare.core.record import record
from angelshare.core.records import Number, Refusal
from angelshare.govern.compute_draws import Drawn, Settings, Span, draw, number, times
from angelshare.govern.compute_units import Dimensions, Range, parse_quantity, product, unit_name

COEFFICIENTS: Mapping[Method, float] = {"6ND": 6.0, "2ND": 2.0, "hardware": 1.0, "stated": 1.0}

_DUE: Mapping[Method, Dimensions] = {
    "6ND": {"parameter": 1, "token": 1},
    "2ND": {"parameter": 1, "token": 1},
    "hardware": {"FLOP": 1},
    "stated": {"FLOP": 1},
}
_TAKES: Mapping[Method, str] = {
    "6ND": "parameters and tokens (or samples and tokens/sample), and epochs",
    "2ND": "parameters and tokens (or samples and tokens/sample)",
    "hardware": "FLOP/s/GPU, GPU-hours and a utilisation in percent",
    "stated": "FLOP, or FLOP/token and tokens",
}
_WHOLE_TRAININGS: tuple[LineKind, ...] = ("pre_training", "inherited_weights", "parent_training")
LEAST_FLOP, MOST_FLOP = 1.0, 1e60
"""Amounts that a line can come out in; beyond them, sums and ratios are no longer numbers."""
_FEWEST, _MOST = 0.1, 1e6
"""Tokens per parameter between which a whole training lies; published ones run from about 1 to 6e4."""


@record
class WorkedLine:
    """A line with its amounts."""

    line: ModelLine
    """As it stands in the file."""

    flop: Drawn | None
    """FLOP; None if a factor is unknown."""

    cost: Drawn | None
    """Dollars; None if none is stated or a factor is unknown."""

    samples: Sequence[str]
    """Its factors that count exchanges."""

    unknown: Sequence[str]
    """Its factors that are unknown, whether a range is assumed for them or not."""


def read_quantities(card: ModelCard, where: str) -> Mapping[str, Range | None]:
    """Read every quantity; None is unknown without an assumption. Raises PlanError."""
    return {name: _read(name, card, where) for name in card.quantities}


def work_lines(
    card: ModelCard, ranges: Mapping[str, Range | None], settings: Settings, *, where: str
) -> Sequence[WorkedLine]:
    """Work out every line; raises PlanError for a name nobody gave, or units that do not come out."""
    drawn = {name: draw(held, name, settings) for name, held in ranges.items() if held is not None}
    _check_names(card, where)
    return [_work(line, card, ranges, drawn, settings=settings, where=where) for line in card.lines]


def line_row(worked: WorkedLine, ranges: Mapping[str, Range | None], settings: Settings) -> ComputeLine:
    """Say what a line came to."""
    line, flop = worked.line, worked.flop
    return ComputeLine(
        name=line.name, kind=line.kind, method=line.method, working=_working(line, ranges),
        flop=_stated(flop, f"unknown, and nothing is assumed: {', '.join(worked.unknown)}", settings),
        least_flop=None if flop is None else flop.low, most_flop=None if flop is None else flop.high,
        cost_usd=_stated(worked.cost, "a factor of the cost is unknown", settings) if line.cost else None,
        assumed=worked.unknown,
    )  # fmt: skip


def quantity_row(name: str, card: ModelCard, held: Range | None) -> QuantityRow:
    """Say how a quantity was read."""
    given = card.quantities[name]
    unknown = given.value == "unknown"
    return QuantityRow(
        name=name,
        low=None if held is None else held.low,
        central=None if held is None else held.central,
        high=None if held is None else held.high,
        unit="" if held is None else unit_name(held.dimensions),
        basis="unknown" if held is None else "assumed" if unknown else "given",
        source=f"{given.source}; assumed because {given.because}" if unknown and given.because else given.source,
    )


def _read(name: str, card: ModelCard, where: str) -> Range | None:
    given, place = card.quantities[name], f"{where}: quantity '{name}'"
    if not given.source.strip():
        raise PlanError(f"{place}: it names no source; say where {given.value!r} comes from")
    if given.value != "unknown":
        if given.assume:
            raise PlanError(
                f"{place}: it has a value and an assumption; write value = \"unknown\" or leave 'assume' out"
            )
        return parse_quantity(given.value, place)
    if not given.assume:
        return None
    if not given.because.strip():
        raise PlanError(f"{place}: it assumes {given.assume!r} and does not say why; add 'because'")
    return parse_quantity(given.assume, f"{place}, assumption")


def _check_names(card: ModelCard, where: str) -> None:
    names = [line.name for line in card.lines]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise PlanError(f"{where}: two lines are called '{doubled[0]}'; give each a name of its own")
    used = {factor for line in card.lines for factor in (*line.factors, *line.cost)}
    idle = sorted(set(card.quantities) - used)
    if idle:
        raise PlanError(f"{where}: no line uses the quantity '{idle[0]}'; name it among the factors, or remove it")
    for line in card.lines:
        for factor in (*line.factors, *line.cost):
            if factor not in card.quantities:
                hint = nearest(factor, card.quantities)
                raise PlanError(f"{where}: line '{line.name}' names no known quantity '{factor}'; {hint}")


def _work(
    line: ModelLine, card: ModelCard, ranges: Mapping[str, Range | None], drawn: Mapping[str, Drawn], *,
    settings: Settings, where: str,
) -> WorkedLine:  # fmt: skip
    place = f"{where}: line '{line.name}'"
    if not line.factors:
        raise PlanError(f"{place}: it has no factors; method {line.method} takes {_TAKES[line.method]}")
    _check_units(line.factors, ranges, _DUE[line.method], f"{place}, method {line.method}", takes=_TAKES[line.method])
    if line.cost:
        _check_units(line.cost, ranges, {"dollar": 1}, f"{place}, cost", takes="dollars, or a price and what it is for")
    _check_scale(line, ranges, place)
    flop = _product(line.factors, drawn, COEFFICIENTS[line.method], settings.draws)
    if flop is not None and not (flop.central >= LEAST_FLOP and flop.high <= MOST_FLOP):
        raise PlanError(
            f"{place}: its factors come out in {flop.central:.2g} FLOP; a line has {LEAST_FLOP:g} to {MOST_FLOP:g}. "
            "Check the exponents of its quantities"
        )
    return WorkedLine(
        line=line,
        flop=flop,
        cost=_product(line.cost, drawn, 1.0, settings.draws) if line.cost else None,
        samples=[name for name in line.factors if (held := ranges[name]) and held.dimensions == {"sample": 1}],
        unknown=[name for name in line.factors if card.quantities[name].value == "unknown"],
    )


def _product(names: Sequence[str], drawn: Mapping[str, Drawn], coefficient: float, count: int) -> Drawn | None:
    if any(name not in drawn for name in names):
        return None
    return times([drawn[name] for name in names], coefficient, count)


def _check_units(
    names: Sequence[str], ranges: Mapping[str, Range | None], due: Dimensions, place: str, *, takes: str
) -> None:
    held = [ranges[name] for name in names]
    found = product(one.dimensions for one in held if one is not None)
    if any(one is None for one in held) or found == due:
        return  # the unit of an unknown quantity is unknown too
    rate = found.get("second", 0) < 0
    hint = "; that is a rate: multiply it by a time" if rate else ""
    if found.get("GPU", 0) > 0 and "FLOP" in found:
        hint = "; the rate is of all devices together: give FLOP/s/GPU with GPU-hours, or FLOP/s with hours"
    raise PlanError(
        f"{place}: {' x '.join(names)} comes out in {unit_name(found)}, where {unit_name(due)} is due{hint}. "
        f"It takes {takes}"
    )


def _check_scale(line: ModelLine, ranges: Mapping[str, Range | None], place: str) -> None:
    """Catch tokens or parameters in thousands: a whole training far outside what is published for one."""
    if line.kind not in _WHOLE_TRAININGS or line.method != "6ND" or line.unusual:
        return
    held = [one for name in line.factors if (one := ranges[name]) is not None]
    parameters = next((one.central for one in held if one.dimensions == {"parameter": 1}), None)
    if parameters is None or len(held) < len(line.factors):
        return
    tokens = 1.0
    for one in held:
        tokens *= 1.0 if one.dimensions == {"parameter": 1} else one.central
    if not _FEWEST <= tokens / parameters <= _MOST:
        raise PlanError(
            f"{place}: {tokens:.3g} tokens for {parameters:.3g} parameters are {tokens / parameters:.2g} tokens per "
            f"parameter; a whole training has {_FEWEST:g} to {_MOST:g}. Are tokens or parameters in thousands or "
            "millions? Write the scale in the quantity, or say under 'unusual' why it is right"
        )


def _working(line: ModelLine, ranges: Mapping[str, Range | None]) -> str:
    coefficient = [] if line.method in ("hardware", "stated") else [f"{COEFFICIENTS[line.method]:g}"]
    return " x ".join([*coefficient, *(f"{name} ({_span(ranges[name])})" for name in line.factors)])


def _span(held: Range | None) -> str:
    if held is None:
        return "unknown"
    low, high = (f"{end:.3g}".replace("e+", "e") for end in (held.low, held.high))
    return low if low == high else f"{low} to {high}"


def _stated(amount: Drawn | None, unknown: str, settings: Settings) -> Number:
    if amount is None:
        return Refusal(refused=unknown)
    return number(Span(least=amount, most=amount), settings, refused=unknown)
