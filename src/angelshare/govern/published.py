"""Figures that others published on the delay, shown beside ours with how each was checked."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.resources import files

from angelshare.core.delay import PublishedLag
from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.strict import decode_toml


@record
class PublishedLags:
    """The file `published_lags.toml`."""

    lag: Sequence[PublishedLag]
    """Every figure, the oldest first."""


@functools.cache
def published_lags() -> Sequence[PublishedLag]:
    """Read the published figures; raises PlanError for one without a mark or a date."""
    text = files("angelshare.govern").joinpath("published_lags.toml").read_text(encoding="utf-8")
    lags = decode_toml(text, PublishedLags, "published_lags.toml").lag
    for lag in lags:
        if not lag.mark or not lag.source.on:
            raise PlanError(
                f"published_lags.toml: '{lag.source.title}' says neither how it was checked nor when; say so"
            )
    return lags
