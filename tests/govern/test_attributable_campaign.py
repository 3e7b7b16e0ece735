"""A campaign is read strictly: every figure has a unit, a range that can be, and a source."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.govern.campaign import campaign_assumptions, parse_campaign
from angelshare.govern.campaign_presets import PRESETS, preset, preset_text
from angelshare.govern.campaign_terms import OPTIONAL, TERMS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "attributable.md"


def edited(old: str, new: str) -> str:
    text = preset_text("medium")
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


def table(name: str, line: str, new: str) -> str:
    """The medium preset with one line of one table changed."""
    before, head, after = preset_text("medium").partition(f"[{name}]\n")
    assert head
    assert line in after
    return before + head + after.replace(line, new, 1)


@pytest.mark.parametrize(
    ("name", "exchanges"), [("small", 1e5), ("medium", 1e6), ("large", 1e7), ("alleged-2026", 28.8e6)]
)
def test_a_preset_has_the_size_its_name_says(name, exchanges):
    campaign = preset(name)

    asked = campaign.accounts.central * campaign.requests_per_account_day.central * campaign.days.central
    assert asked == pytest.approx(exchanges)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_names_no_party_and_gives_every_figure_a_source_and_a_mark(name):
    parties = re.compile(
        r"anthropic|openai|google|deepseek|moonshot|minimax|alibaba|qwen|claude|gemini|gpt|china|chinese", re.IGNORECASE
    )

    assert parties.search(preset_text(name)) is None
    listed = campaign_assumptions(preset(name))
    assert len(listed) >= 14
    assert all(item.source.title and item.mark in ("measured", "reported", "assumed") for item in listed)
    assert all(
        item.source.title.startswith("assumed") for item in listed if item.mark == "assumed" and item.low < item.high
    )


def test_an_unknown_preset_is_refused_with_the_nearest_name():
    with pytest.raises(PlanError, match="did you mean 'large'"):
        preset("larg")


def test_a_bare_number_is_a_point_with_the_campaigns_own_source_and_mark():
    campaign = preset("alleged-2026")

    accounts = campaign.accounts
    assert (accounts.low, accounts.central, accounts.high, accounts.shape) == (25000, 25000, 25000, "fixed")
    assert accounts.source == campaign.source
    assert accounts.mark == "reported"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (edited("accounts = 1000", "accounts = -5"), "accounts: found -5 accounts; it must be above 0"),
        (edited("days = 40", "days = 0"), "days: found 0 days; it must be above 0"),
        (edited("accounts = 1000", "accounts = nan"), "expected a finite number"),
        (edited("accounts = 1000", 'accounts = "many"'), "accounts: expected a table of Quantity"),
        (edited("accounts = 1000\n", ""), "missing key 'accounts'"),
        (table("usable_share", "high = 0.9", "high = 1.5"), "usable_share: 1.5 share is outside .* give a share"),
        (table("usable_share", "low = 0.2", "low = 0.95"), "usable_share: low 0.95 is above high 0.9; swap them"),
        (table("usable_share", "central = 0.6", "central = 0.1"), "central 0.1 is outside 0.2 to 0.9"),
        (table("output_tokens", "low = 1000", "low = 1"), "give tokens, not thousands of tokens"),
        (table("output_tokens", "low = 1000", 'unit = "thousand tokens"\nlow = 1000'), "unit 'thousand tokens'"),
        (table("usd_per_million_out", "low = 10", "low = 0.00001"), "dollars per million tokens, not per token"),
        (table("usd_per_million_in", ', on = "2025-12-17"', ""), "a price needs the date it was read at"),
        (table("usd_per_million_in", "2025-12-17", "last May"), "'last May' is no ISO date"),
        (table("skills", "source = ", "sauce = "), r"unknown key 'sauce'; did you mean 'source'"),
        (edited('title = "assumed: nine draws in ten"', 'title = " "'), "share_needed: source: empty title; say where"),
        (table("transfer", 'shape = "triangular"', 'shape = "log_uniform"'), "log_uniform needs a low end above 0"),
        (table("skills", 'shape = "log_uniform"', 'shape = "fixed"'), "a fixed figure has one value"),
        (table("skills", 'shape = "log_uniform"', 'shape = "normal"'), "normal"),
        (edited("days = 14", "days = 0"), "defence 'stopped after 14 days': days is 0; it must be above 0"),
        (edited("days = 14\n", ""), "it changes nothing"),
        (edited('name = "price times three"', 'name = "stopped after 14 days"'), "given twice"),
        (edited("accounts = 1000", "accounts = ["), "not valid TOML"),
    ],
)  # fmt: skip
def test_a_figure_that_cannot_be_is_one_clear_error(text, message):
    with pytest.raises(PlanError, match=message):
        parse_campaign(text, "mine.toml")


def test_an_unknown_key_names_its_nearest_spelling():
    with pytest.raises(UnknownKeyError, match=r"mine\.toml: unknown key 'acounts'; did you mean 'accounts'"):
        parse_campaign("acounts = 3\n" + preset_text("small"), "mine.toml")


def test_a_range_without_a_source_is_refused():
    lines = preset_text("medium").splitlines()
    start = lines.index("[transfer]")
    where = next(i for i in range(start, len(lines)) if lines[i].startswith("source ="))

    with pytest.raises(PlanError, match="transfer: missing key 'source'"):
        parse_campaign("\n".join(lines[:where] + lines[where + 1 :]), "mine.toml")


# --- the guide ------------------------------------------------------------------------------------


def test_the_guide_lists_every_input_with_its_neutral_value():
    text = DOCS.read_text(encoding="utf-8")

    for name, term in TERMS.items():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
        shown = "its central value" if term.neutral is None else f"{term.neutral:g}"
        assert f"| {'no limit' if name in OPTIONAL else shown} |" in row, name


def test_the_guide_names_every_preset_and_its_example_is_a_campaign():
    text = DOCS.read_text(encoding="utf-8")
    examples = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)

    for name in PRESETS:
        assert f"`{name}`" in text
    assert examples
    for example in examples:
        assert parse_campaign(example, DOCS.name).name == tomllib.loads(example)["name"]
