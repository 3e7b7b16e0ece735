import numpy as np
import pytest

from angelshare.detect.schema import RFF
from angelshare.detect.signals.prompts import focus, harness, harvest_shape, novelty, reasoning, templates
from traffic_groups import made, nobody, rows, shared

GROUP = np.arange(10)


def of_group(value, *, n=100, other=0):
    return np.where(np.arange(n) < 10, value, other)


def test_asking_for_reasoning_stands_out():
    accounts = made(100, columns={"cot": of_group(50, other=5)})

    assert reasoning(GROUP, accounts, nobody()) > 5
    assert reasoning(GROUP, made(100, columns={"text_known": np.zeros(100)}), nobody()) is None


def test_prompts_sent_again_word_for_word_stand_out_and_templates_do_not():
    again = {"simhash": {f"canary{n}": dict.fromkeys(range(10), 6) for n in range(9)}}
    once = {"simhash": {f"filling{n}": dict.fromkeys(range(10), 1) for n in range(54)}}

    assert harness(GROUP, made(100, links=again), nobody()) > 5
    assert harness(GROUP, made(100, links=once), nobody()) <= 0


def test_templates_of_a_groups_own_are_shared_more_than_those_everybody_has():
    everybody = {f"viral{n}": dict.fromkeys(range(100), 3) for n in range(3)}
    own = {f"own{n}": dict.fromkeys(range(10), 3) for n in range(3)}
    accounts = made(100, links={"skeleton": everybody | own})

    assert templates(GROUP, accounts, nobody()) > 2
    assert templates(np.arange(50, 60), accounts, nobody()) < 0.1


def test_focus_counts_kinds_of_work_that_students_are_taught_and_no_other():
    asked = {"code": dict.fromkeys(range(10), 50), "chat": dict.fromkeys(range(100), 10)}
    served = {"extraction": dict.fromkeys(range(10), 50), "chat": dict.fromkeys(range(100), 10)}

    assert focus(GROUP, made(100, links={"capability": asked}), nobody()) > 2
    assert focus(GROUP, made(100, links={"capability": served}), nobody()) == pytest.approx(0.0)
    assert focus(np.arange(50, 60), made(100, links={"capability": asked}), nobody()) < 0
    assert focus(GROUP, made(100), nobody()) is None


def test_single_unstreamed_requests_with_long_answers_have_the_shape_of_a_harvest():
    columns = {
        "no_session": of_group(60, other=10), "streamed": of_group(0, other=50), "many_choices": of_group(30),
        "output_tokens": of_group(60_000, other=6_000), "input_tokens": np.full(100, 6_000),
        "distinct_skeleton": of_group(20, other=3),
    }  # fmt: skip
    accounts = made(100, columns=columns)

    assert harvest_shape(GROUP, accounts, nobody()) > 5
    assert harvest_shape(np.arange(50, 60), accounts, nobody()) < 0


def test_a_dense_group_where_history_was_thin_is_novel():
    rng = np.random.default_rng(0)
    usual = rng.normal(size=(300, RFF))
    means = np.concatenate([5.0 + 0.2 * rng.normal(size=(20, RFF)), usual[:80]])
    current = made(100, rff=means * 60)
    history = made(300, rff=usual * 60, ids=[f"h{row:03}" for row in range(300)])

    assert novelty(np.arange(20), current, history) > 1
    assert novelty(np.arange(20, 60), current, history) < 0.2
    assert novelty(rows(0, 1, 2), current, history) is None
    assert novelty(np.arange(20), made(100, rff=means * 60, columns={"rff_n": np.zeros(100)}), history) is None


def test_groups_without_a_template_in_common_are_about_as_expected():
    rng = np.random.default_rng(1)
    pools = [[*rng.choice(500, 3, replace=False)] for _ in range(200)]
    links = {"skeleton": shared([])}
    for value in rng.permutation(200):
        links["skeleton"][f"t{value}"] = dict.fromkeys(pools[value], 2)
    accounts = made(500, links=links)

    found = [templates(rng.choice(500, 30, replace=False), accounts, nobody()) for _ in range(50)]

    assert abs(np.mean(found)) < 0.2
