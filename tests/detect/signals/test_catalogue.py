import time
from typing import get_args

import numpy as np

from angelshare.core.traffic import LookAlike, Signal
from angelshare.detect.columns import FOLDS
from angelshare.detect.links import KEPT
from angelshare.detect.signals import SIGNALS, off
from traffic_groups import made, nobody


def test_every_named_signal_has_a_measure_and_a_twin():
    assert [spec.name for spec in SIGNALS] == list(get_args(Signal))
    for spec in SIGNALS:
        assert spec.twin
        assert set(spec.twins) <= set(get_args(LookAlike)), spec.name
        assert spec.twins, spec.name
        assert set(spec.needs) <= {*FOLDS, *KEPT, "plan"}, spec.name
    assert {spec.role for spec in SIGNALS} == {"opens", "decides", "context"}


def test_every_honest_workload_is_the_twin_of_some_signal():
    assert {kind for spec in SIGNALS for kind in spec.twins} == set(get_args(LookAlike))


def test_logs_without_a_field_turn_its_signals_off_and_say_why():
    bare = made(40, columns={name: np.zeros(40) for name in ("text_known", "rff_n", "status_known", "tokens_known")})

    said = off(bare)

    assert any(line.startswith("synchrony: needs bin") for line in said)
    assert any(line.startswith("capability-focus: needs features of prompts") for line in said)
    assert any(line.startswith("subscription-to-usage: needs plan and tokens_known") for line in said)
    assert not any(line.startswith(("sustained-24-7", "harvest-shape", "new-accounts-together")) for line in said)


def test_a_signal_that_is_off_gives_no_value_for_a_group():
    bare = made(40, columns={name: np.zeros(40) for name in ("text_known", "rff_n", "status_known", "tokens_known")})
    dead = {line.split(":")[0] for line in off(bare)}

    given = {spec.name for spec in SIGNALS if spec.measure(np.arange(12), bare, nobody()) is not None}

    assert dead
    assert not dead & given - {"synchrony"}


def test_every_value_is_a_finite_number():
    rng = np.random.default_rng(0)
    accounts = made(
        300, columns={name: rng.integers(0, 60, 300) for name in ("cot", "no_session", "blocked", "denied")}
    )

    for spec in SIGNALS:
        value = spec.measure(np.arange(30), accounts, nobody())
        assert value is None or (isinstance(value, float) and np.isfinite(value)), spec.name


def test_five_thousand_accounts_take_milliseconds_once_the_period_is_prepared():
    rng = np.random.default_rng(0)
    n = 6_000
    week = rng.multinomial(20, [1 / 168] * 168, size=n)
    columns = {name: rng.integers(0, 60, n) for name in ("cot", "no_session", "blocked", "denied", "streamed")}
    accounts = made(n, week=week, columns=columns, rff=rng.normal(size=(n, 64)))
    group = np.sort(rng.choice(n, 5_000, replace=False))
    for spec in SIGNALS:
        spec.measure(group, accounts, accounts)

    begun = time.process_time()
    for spec in SIGNALS:
        spec.measure(group, accounts, accounts)

    assert time.process_time() - begun < 1.0
