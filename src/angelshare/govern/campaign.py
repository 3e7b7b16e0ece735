"""A campaign description: who queries how much at what price, every figure a number or a range with its source."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from typing import Literal

from angelshare.core.delay import Assumption, Mark
from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import Source
from angelshare.core.strict import convert
from angelshare.govern.campaign_terms import TERMS, check_value


@record
class Quantity:
    """One figure of a campaign: a range, or a point where low, central and high are equal."""

    low: float
    """Lower end."""

    central: float
    """Central value."""

    high: float
    """Upper end."""

    shape: Literal["fixed", "uniform", "triangular", "log_uniform"]
    """Distribution between the ends; triangular peaks at `central`."""

    source: Source
    """Where the range comes from; one that is only assumed says so."""

    mark: Mark = "assumed"
    """How well the range is founded."""

    unit: str = ""
    """Optional; checked against the unit the figure is read in, so that thousands are not taken for ones."""


@record
class AssumedDefence:
    """A countermeasure whose effect on the campaign is assumed, not measured."""

    name: str
    """Short name, unique in the campaign."""

    source: Source
    """Where the assumption comes from."""

    requests_per_account_day: float | None = None
    """Cap on requests per account and day; None leaves them as they are."""

    days: float | None = None
    """The campaign is stopped after this many days; None lets it run."""

    price_times: float | None = None
    """Factor on both prices; None leaves them. Changes the dose only of a campaign with a budget in dollars."""


@record
class Campaign:
    """How much is asked, by how many, at what price, and what of it can be used."""

    name: str
    """Short name."""

    about: str
    """What it describes, in one sentence; it names no party."""

    source: Source
    """Where bare numbers come from."""

    accounts: Quantity
    """Accounts that query side by side."""

    requests_per_account_day: Quantity
    """Exchanges per account and day, averaged over the campaign."""

    days: Quantity
    """Days the campaign lasts."""

    output_tokens: Quantity
    """Tokens billed as output per exchange, hidden reasoning included."""

    input_tokens: Quantity
    """Tokens billed as input per exchange."""

    usd_per_million_out: Quantity
    """Dollars per million output tokens; its source carries a date."""

    usd_per_million_in: Quantity
    """Dollars per million input tokens; its source carries a date."""

    usable_share: Quantity
    """Yield: share of exchanges that can be trained on."""

    skills: Quantity
    """Skills the exchanges are spread over evenly."""

    exchanges_per_query: Quantity
    """Exchanges of the campaign that teach as much as one query of the audit."""

    transfer: Quantity
    """General capability gained per share recovered of the audited task."""

    training_days: Quantity
    """Days from the last exchange to the trained student."""

    shortest_lead_months: Quantity
    """Shortest remaining lead that counts as containment."""

    share_needed: Quantity
    """Share of draws that must agree before a verdict is given."""

    mark: Mark = "assumed"
    """How well bare numbers are founded."""

    budget_usd: Quantity | None = None
    """Money for the teacher's tokens; None is no limit."""

    defences: Sequence[AssumedDefence] = ()
    """Countermeasures whose effect is assumed."""


PRICES = ("usd_per_million_out", "usd_per_million_in")
"""Figures that mean nothing without a date."""


def parse_campaign(text: str, where: str) -> Campaign:
    """Read a campaign from TOML; a figure is a bare number or a table of low, central, high, shape and source.

    Args:
        text: the TOML.
        where: its file, for messages.

    Raises UnknownKeyError for a key no field answers to, PlanError for anything else that cannot be: no source, a price
    without a date, ends out of order, a value out of its range, another unit.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{where}: not valid TOML ({error})") from None
    campaign = convert({key: _spelt_out(key, value, data) for key, value in data.items()}, Campaign, where)
    check_campaign(campaign, where)
    return campaign


def check_campaign(campaign: Campaign, where: str) -> None:
    """Refuse a campaign that cannot be; see `parse_campaign`."""
    _check_source(campaign.source, f"{where}: source")
    for name, quantity in _quantities(campaign).items():
        _check_quantity(name, quantity, f"{where}: {name}")
    names = [defence.name for defence in campaign.defences]
    for defence in campaign.defences:
        place = f"{where}: defence '{defence.name}'"
        if names.count(defence.name) > 1:
            raise PlanError(f"{place}: the name is given twice; give each defence its own")
        _check_defence(defence, place)


def campaign_assumptions(campaign: Campaign) -> tuple[Assumption, ...]:
    """List the campaign's figures as assumptions, in the order of its fields."""
    return tuple(
        Assumption(
            name=name, meaning=TERMS[name].meaning, unit=TERMS[name].unit, low=quantity.low, central=quantity.central,
            high=quantity.high, shape=quantity.shape, source=quantity.source, mark=quantity.mark,
        )
        for name, quantity in _quantities(campaign).items()
    )  # fmt: skip


def _quantities(campaign: Campaign) -> dict[str, Quantity]:
    named = {name: getattr(campaign, name) for name in TERMS if hasattr(campaign, name)}
    return {name: quantity for name, quantity in named.items() if quantity is not None}


def _spelt_out(key: str, value: object, data: Mapping[str, object]) -> object:
    """Turn a bare number into a point with the campaign's own source."""
    if key not in TERMS or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    point = {"low": value, "central": value, "high": value, "shape": "fixed", "source": data.get("source")}
    return point | ({"mark": data["mark"]} if "mark" in data else {})


def _check_quantity(name: str, quantity: Quantity, where: str) -> None:
    unit = TERMS[name].unit
    if quantity.unit and quantity.unit != unit:
        raise PlanError(f"{where}: unit '{quantity.unit}' cannot be read; give the figure in {unit}")
    if quantity.low > quantity.high:
        raise PlanError(f"{where}: low {quantity.low:g} is above high {quantity.high:g}; swap them")
    if not quantity.low <= quantity.central <= quantity.high:
        raise PlanError(
            f"{where}: central {quantity.central:g} is outside {quantity.low:g} to {quantity.high:g}; widen the range"
        )
    if quantity.shape == "fixed" and quantity.low != quantity.high:
        raise PlanError(f"{where}: a fixed figure has one value, found {quantity.low:g} to {quantity.high:g}")
    if quantity.shape == "log_uniform" and quantity.low <= 0:
        raise PlanError(f"{where}: log_uniform needs a low end above 0, found {quantity.low:g}; use uniform")
    for value in (quantity.low, quantity.high):
        check_value(name, value, where)
    _check_source(quantity.source, f"{where}: source")
    if name in PRICES and not quantity.source.on:
        raise PlanError(f'{where}: a price needs the date it was read at; add on = "YYYY-MM-DD" to its source')


def _check_source(source: Source, where: str) -> None:
    if not source.title.strip():
        raise PlanError(f"{where}: empty title; say where the figure comes from, or that it is assumed")
    if source.on:
        try:
            dt.date.fromisoformat(source.on)
        except ValueError:
            raise PlanError(f"{where}: '{source.on}' is no ISO date; write YYYY-MM-DD") from None


def _check_defence(defence: AssumedDefence, where: str) -> None:
    effects = {
        "requests_per_account_day": defence.requests_per_account_day,
        "days": defence.days,
        "price_times": defence.price_times,
    }
    given = {name: value for name, value in effects.items() if value is not None}
    if not given:
        raise PlanError(f"{where}: it changes nothing; give one of {', '.join(effects)}")
    for name, value in given.items():
        if value <= 0:
            raise PlanError(f"{where}: {name} is {value:g}; it must be above 0")
    _check_source(defence.source, f"{where}: source")
