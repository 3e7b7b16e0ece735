import numpy as np
import pytest

from angelshare.detect.signals.pace import no_ramp, over_subscription, rhythm, sustained
from traffic_groups import START, made, nobody


def weeks(n, hours):
    week = np.zeros((n, 168), dtype=np.int32)
    for day in range(7):
        week[:, [day * 24 + hour for hour in hours]] += 2
    return week


def test_accounts_at_any_hour_stand_out_among_those_that_keep_to_some():
    week = np.concatenate([weeks(10, range(24)), weeks(90, (9, 10, 11))])
    accounts = made(100, week=week)

    assert rhythm(accounts).value[0] == pytest.approx(1.0, abs=0.01)
    assert rhythm(accounts).value[50] < 0.1
    assert sustained(np.arange(10), accounts, nobody()) > 5
    assert sustained(np.arange(40, 50), accounts, nobody()) < 0


def test_the_measure_of_rhythm_does_not_depend_on_how_much_was_asked():
    rng = np.random.default_rng(0)
    few, many = (rng.multinomial(size, [1 / 24] * 24, size=2000) for size in (5, 200))
    week = np.zeros((4000, 168), dtype=np.int32)
    week[:2000, :24], week[2000:, :24] = few, many

    value = rhythm(made(4000, week=week)).value

    assert value[:2000].mean() == pytest.approx(1.0, abs=0.03)
    assert value[2000:].mean() == pytest.approx(1.0, abs=0.03)


def test_new_accounts_that_start_at_full_rate_have_no_ramp():
    active = np.tile([2, 10, 40], (100, 1))
    active[:10] = [40, 40, 40]
    accounts = made(100, active=active, columns={"created_at": np.full(100, START)})

    assert no_ramp(np.arange(10), accounts, nobody()) > 5
    assert no_ramp(np.arange(20, 30), accounts, nobody()) < 0


def test_accounts_of_the_history_have_no_first_day():
    accounts = made(100, columns={"created_at": np.full(100, START)})

    assert no_ramp(np.arange(10), accounts, accounts) is None


def test_usage_is_held_against_the_plan():
    plan = ["free"] * 60 + ["business"] * 60
    tokens = np.full(120, 1_000)
    tokens[60:] = 1_000_000
    tokens[:10] = 1_000_000
    tokens += np.arange(120)
    accounts = made(120, columns={"output_tokens": tokens}, plan=plan)

    assert over_subscription(np.arange(10), accounts, nobody()) > 5
    assert over_subscription(np.arange(70, 80), accounts, nobody()) < 1
    assert over_subscription(np.arange(10), made(120, columns={"output_tokens": tokens}), nobody()) is None
