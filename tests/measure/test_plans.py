from __future__ import annotations

import pytest

from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.measure.plans import budgets, controls, parse_plan, plan_hash, seeds


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def test_an_unknown_key_is_named_with_its_nearest_spelling(tiny_text):
    with pytest.raises(UnknownKeyError, match=r"x\.toml: unknown key 'budgts'; did you mean 'budgets'\?"):
        parse_plan(changed(tiny_text, "budgets = [48, 96]", "budgts = [48, 96]"), "x.toml")


def test_an_unknown_key_inside_a_table_is_named_with_its_place(tiny_text):
    with pytest.raises(UnknownKeyError, match=r"x\.toml: prices\[0\]: unknown key 'modell'; did you mean 'model'\?"):
        parse_plan(changed(tiny_text, 'model = "closed"', 'modell = "closed"'), "x.toml")


def test_a_value_of_the_wrong_type_is_named(tiny_text):
    with pytest.raises(PlanError, match=r"x\.toml: items: Expected `int`, got `str`"):
        parse_plan(changed(tiny_text, "items = 30", 'items = "many"'), "x.toml")


def test_a_missing_key_is_named(tiny_text):
    with pytest.raises(PlanError, match=r"x\.toml: missing key 'question'"):
        parse_plan(changed(tiny_text, 'question = "Does the machinery hold together?"', ""), "x.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("budgets = [48, 96]", "budgets = []", "at least one positive number of queries"),
        ("seeds = [1, 2]", "seeds = [1, 1]", "each once"),
        ('arms = ["answers", "traces"]', 'arms = ["gold"]', "controls run by themselves"),
        ('arms = ["answers", "traces"]', 'arms = ["gold_all"]', "learns from the teacher's own replies"),
        ('headline = "traces"', 'headline = "logits"', "not among arms"),
        ('headline = "traces"', 'leave_out = ["answers"]', "not a control"),
        ('headline = "traces"', "level = 1.5", r"level must be in \[0.5, 1\)"),
        ('on = "2026-11-24"', 'on = "last week"', "expected an ISO date"),
        ('headline = "traces"', "arm = { gold = { budgets = [7] } }", r"budgets \[7\] are not among the plan's"),
        ("budgets = [48, 96]", "budgets = [48, 48]", r"x\.toml: budgets must list .*each once, found \[48, 48\]"),
        ("seeds = [1, 2]", "seeds = [-1, 2]", r"x\.toml: seeds must list .*none negative"),
        ('headline = "traces"', "arm = { gold = { budgets = [] } }", r"x\.toml: arm\.gold: budgets must list at least"),
        ('headline = "traces"', "arm = { gold = { budgets = [0] } }", r"arm\.gold: budgets .*positive .*found \[0\]"),
        ('headline = "traces"', "arm = { gold = { budgets = [48, 48] } }", r"arm\.gold: budgets must .*each once"),
        ('headline = "traces"', "arm = { gold = { seeds = [] } }", r"arm\.gold: seeds must list at least one seed"),
        ('headline = "traces"', "arm = { gold = { seeds = [1, 1] } }", r"arm\.gold: seeds .*each once, found \[1, 1\]"),
        ('headline = "traces"', "elicitation = []", r"x\.toml: elicitation must list at least one way"),
        (
            'headline = "traces"',
            'elicitation = ["few_shot", "few_shot"]',
            r"elicitation must .*each once, found \['few_shot', 'few_shot'\]",
        ),
        ("usd_per_million_in = 1.0", "usd_per_million_in = -1.0", "prices: closed: usd_per_million_in must not be neg"),
        (
            "usd_per_million_out = 5.0",
            "usd_per_million_out = -5",
            "prices: closed: usd_per_million_out must not be neg",
        ),
        ('headline = "traces"', "limits = { dollars = -1 }", r"limits\.dollars must not be negative, found -1"),
        ('headline = "traces"', "limits = { calls = -3 }", r"limits\.calls must not be negative, found -3"),
        ('headline = "traces"', "threshold = nan", r"x\.toml: threshold: expected a finite number, found nan"),
        ('headline = "traces"', "limits = { minutes = inf }", r"limits: minutes: expected a finite number, found inf"),
    ],
)
def test_a_plan_that_cannot_be_done_is_refused_in_words(tiny_text, old, new, message):
    with pytest.raises(PlanError, match=message):
        parse_plan(changed(tiny_text, old, new), "x.toml")


@pytest.mark.parametrize("name", ["", "../other", "a/b", "/absolute/a", ".hidden", "two words", "a\\\\b", "a\\n"])
def test_a_name_that_could_lead_out_of_the_runs_folder_is_refused(tiny_text, name):
    with pytest.raises(PlanError, match=r"x\.toml: name: .*lest the run be written elsewhere"):
        parse_plan(changed(tiny_text, 'name = "tiny"', f'name = "{name}"'), "x.toml")


@pytest.mark.parametrize("name", ["a", "7b-chat_v2.1", "X"])
def test_an_ordinary_name_is_taken(tiny_text, name):
    assert parse_plan(changed(tiny_text, 'name = "tiny"', f'name = "{name}"'), "x.toml").name == name


def test_comments_and_key_order_do_not_change_the_plan_hash(tiny_text):
    plan = parse_plan(tiny_text, "x.toml")
    moved = changed(tiny_text, "items = 30\n", "").replace("ring_items = 12", "# a word\nring_items = 12\nitems = 30")
    assert plan_hash(parse_plan(moved, "x.toml")) == plan_hash(plan)
    assert plan_hash(parse_plan(changed(tiny_text, "items = 30", "items = 31"), "x.toml")) != plan_hash(plan)


def test_controls_run_unless_left_out_and_open_only_with_an_open_teacher(tiny_text):
    assert controls(parse_plan(tiny_text, "x")) == ("gold", "self", "shuffled")
    without = changed(tiny_text, 'headline = "traces"', 'leave_out = ["gold"]')
    assert controls(parse_plan(without, "x")) == ("self", "shuffled")
    opened = changed(
        tiny_text, 'headline = "traces"', 'open_teacher = { use = "hf", options = { path = "bundled:base" } }'
    )
    assert controls(parse_plan(opened, "x")) == ("gold", "self", "shuffled", "open")


def test_an_arm_may_have_budgets_and_seeds_of_its_own(tiny_text):
    plan = parse_plan(
        changed(tiny_text, 'headline = "traces"', "arm = { self = { budgets = [48], seeds = [2] } }"), "x"
    )
    assert (budgets(plan, "self"), seeds(plan, "self")) == ((48,), (2,))
    assert (budgets(plan, "gold"), seeds(plan, "gold")) == ((48, 96), (1, 2))
