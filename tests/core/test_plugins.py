from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from angelshare.core.errors import AngelshareError, PlanError, PluginError, UnknownKeyError
from angelshare.core.plugins import EXTRA_OF, build, check
from angelshare.core.records import Completion, Query, Use

ROOT = Path(__file__).resolve().parents[2]
BUILT: list[str] = []


class Echo:
    """A model that says what it is asked."""

    remote = False

    def __init__(self, name: str = "echo", *, times: int = 1) -> None:
        BUILT.append(name)
        if times < 1:
            raise ValueError(f"times is {times}, less than one")
        self.name, self.times = name, times

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        return (Completion(query_id=query.id, text=query.messages[-1].content * self.times) for query in queries)


class FarEcho(Echo):
    """Says that it is remote, but cannot be opened."""

    remote = True


class Silent(Echo):
    """Has the name of a method, but no method."""

    answer = None


class Untyped(Echo):
    def __init__(self, name="untyped"):
        super().__init__(name)


@dataclass
class Sized:
    size: int

    def __post_init__(self) -> None:
        if self.size > 9:
            raise ValueError("size is too large")


class Buggy(Echo):
    """Takes its options well and then trips over a fault of its own, in another module."""

    def __init__(self) -> None:
        super().__init__()
        json.loads("{")


def without_options() -> Echo:
    return Echo()


def here(name: str) -> str:
    return f"{__name__}:{name}"


def test_every_extra_that_an_error_recommends_is_declared():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(EXTRA_OF.values()) - set(declared) == set()


@pytest.mark.parametrize(
    ("socket", "use", "options", "message"),
    [
        ("tasks", "os:getcwd", {}, "tasks: 'os:getcwd' gave str, which has no 'domains', 'extract', 'items', 'name'"),
        ("models", "builtins:int", {}, "'builtins:int'"),
        ("models", here("FarEcho"), {}, "gave FarEcho, which has no 'close', 'open'; see core/protocols.py"),
        ("models", here("Silent"), {}, "gave Silent, which has no 'answer'"),
        ("students", here("Echo"), {}, "gave Echo, which has no 'fit'"),
        ("readers", here("Echo"), {}, "gave Echo, which has no 'fits', 'rows'"),
        ("detectors", here("Echo"), {}, "gave Echo, which has no 'examine'"),
        ("defences", "os:getcwd", {}, "gave str, which has no '__call__' .a defence takes a model"),
        ("models", "os:sep", {}, "'os:sep' is str, not a class or function"),
        ("models", "os:", {}, "no models named 'os:'"),
        ("models", ":x", {}, "no models named ':x'"),
        ("models", "..os:x", {}, "no models named '..os:x'"),
    ],
)
def test_what_is_not_a_plugin_of_its_socket_is_refused_by_what_it_lacks(socket, use, options, message):
    with pytest.raises(PluginError, match=message):
        build(socket, Use(use=use, options=options))


@pytest.mark.parametrize(
    ("use", "options", "message"),
    [
        (
            here("Echo"),
            {"times": 0},
            r"\['times'\]: ValueError: times is 0, less than one \(test_plugins\.py, line \d+\)",
        ),
        (here("Sized"), {"size": 10}, r"\['size'\]: ValueError: size is too large \(test_plugins\.py, line"),
    ],
)
def test_options_that_a_factory_refuses_are_named(use, options, message):
    with pytest.raises(PluginError, match=rf"models: '{use}' cannot be built with the options {message}") as caught:
        build("models", Use(use=use, options=options))
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_fault_deeper_down_is_shown_whole():
    with pytest.raises(json.JSONDecodeError) as caught:
        build("models", Use(use=here("Buggy")))
    assert not isinstance(caught.value, AngelshareError)


def test_a_plugin_without_annotations_is_built():
    assert build("models", Use(use=here("Untyped"), options={"name": "x"})).name == "x"


def test_an_option_of_the_wrong_type_is_named():
    with pytest.raises(PlanError, match="times: Expected `int`, got `str`"):
        build("models", Use(use=here("Echo"), options={"times": "many"}))


@pytest.mark.parametrize(
    ("use", "options", "kind", "message"),
    [
        ("Echo", {"tims": 2}, UnknownKeyError, "unknown option 'tims'; did you mean 'times'"),
        ("Echo", {"times": "two"}, PlanError, "times: Expected `int`"),
        ("Echo", {"times": float("nan")}, PlanError, "times: expected a finite number, found nan"),
        ("Sized", {}, PlanError, "missing option 'size'"),
        ("Absent", {}, PluginError, "cannot load"),
    ],
)
def test_a_check_finds_what_a_build_would_before_anything_is_built(use, options, kind, message):
    before = len(BUILT)
    with pytest.raises(kind, match=message):
        check("models", Use(use=here(use), options=options))
    assert len(BUILT) == before


def test_a_check_of_what_is_right_builds_nothing():
    before = len(BUILT)
    check("models", Use(use=here("Echo"), options={"times": 2}))
    check("tasks", Use(use="reasoning-gym:chain_sum"))
    check("models", Use(use="hf", options={"path": "no/such/checkpoint"}))
    assert len(BUILT) == before


def test_an_argument_for_a_factory_that_takes_none_is_refused(monkeypatch):
    from angelshare.core import plugins  # noqa: PLC0415 - the one test that plugs something in

    class Point:
        load = staticmethod(functools.partial(lambda: without_options))

    monkeypatch.setattr(plugins, "installed", lambda socket: {"plain": Point})
    with pytest.raises(PluginError, match="takes no argument after ':'"):
        check("models", Use(use="plain:x"))
