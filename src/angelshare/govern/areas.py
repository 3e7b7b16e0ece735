"""What is known of a benchmark: its capability area, whether its questions are public, its scale."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib.resources import files

from angelshare.core.delay import Access, Benchmark
from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import Source
from angelshare.core.strict import decode_toml

LOG_UNITS = ("seconds", "minutes", "hours")
"""Units of time horizons: compared on a logarithm."""

UPPER = {"percent": 100.0, "share": 1.0}
"""Largest possible score by unit."""


@record
class KnownBenchmark:
    """One entry of `benchmarks.toml`."""

    name: str
    """Name as score files have it."""

    unit: str
    """What a score counts."""

    source: Source
    """Where area, access and scale were read."""

    aliases: Sequence[str] = ()
    """Other names it goes by."""

    area: str = ""
    """Capability area."""

    access: Access = ""
    """Public or private questions; "" where the source does not state it."""

    upper: float | None = None
    """Largest possible score."""

    log_scale: bool = False
    """Compared on a logarithm."""

    note: str = ""
    """What to bear in mind."""


@record
class Known:
    """The file `benchmarks.toml`."""

    benchmark: Sequence[KnownBenchmark]
    """Every entry, each name once."""


@functools.cache
def known_benchmarks() -> Mapping[str, KnownBenchmark]:
    """Map every name and alias, in lower case, to what is known; raises PlanError if one stands twice."""
    text = files("angelshare.govern").joinpath("benchmarks.toml").read_text(encoding="utf-8")
    found: dict[str, KnownBenchmark] = {}
    for entry in decode_toml(text, Known, "benchmarks.toml").benchmark:
        for name in {entry.name.lower(), *(alias.lower() for alias in entry.aliases)}:
            if name in found:
                raise PlanError(f"benchmarks.toml: '{name}' names two benchmarks; keep one")
            found[name] = entry
    return found


def scale_of(name: str, *, unit: str = "", area: str = "", access: Access = "") -> Benchmark:
    """Describe the scale of the benchmark `name`; what a file says of it goes before what is known.

    A dated release of a known board, such as "livebench 2026-01-08", is known under the board's name.
    """
    known = known_benchmarks().get(name.lower()) or known_benchmarks().get(name.lower().partition(" ")[0])
    if known is None:
        return Benchmark(
            name=name, unit=unit or "points", area=area, access=access,
            log_scale=unit in LOG_UNITS, upper=UPPER.get(unit),
        )  # fmt: skip
    said = unit if unit in UPPER or unit in LOG_UNITS else known.unit
    return Benchmark(
        name=name, unit=said, area=area or known.area, access=access or known.access,
        log_scale=said in LOG_UNITS, upper=UPPER.get(said, known.upper),
    )  # fmt: skip
