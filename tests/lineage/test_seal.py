import dataclasses

import pytest

from angelshare.core.errors import SealError
from angelshare.core.strict import encode
from angelshare.lineage.folders import read_folder, read_given
from angelshare.lineage.seal import parse_seal, register, require_registered
from lineage.test_folders import answers, folder


@pytest.fixture
def world(tmp_path):
    teachers = folder(tmp_path / "t", "teachers", one={"a": "p", "b": "q"})
    panel = folder(tmp_path / "p", "panel", two={"a": "r", "b": "v", "c": "w"})
    seal = register(
        read_folder(teachers, "teachers"),
        read_folder(panel, "panel"),
        None,
        suspect="S",
        alpha=0.05,
        seed=0,
        method="1",
        made_at="now",
    )
    return tmp_path, teachers, panel, seal


def test_a_seal_holds_prompts_and_hashes_and_comes_back_from_its_file(world):
    _, _, _, seal = world

    assert list(seal.registration.prompts) == ["a", "b"]
    assert parse_seal(encode(seal), "seal.json") == seal


def test_a_changed_registration_is_found(world):
    _, _, _, seal = world
    changed = dataclasses.replace(seal, registration=dataclasses.replace(seal.registration, alpha=0.5))

    with pytest.raises(SealError, match=r"seal.json: the registration was altered"):
        parse_seal(encode(changed), "seal.json")


def test_the_registered_test_passes_and_any_other_is_refused_by_name(world):
    tmp_path, teachers, panel, seal = world
    suspect = answers(tmp_path / "s.jsonl", {"a": "x", "b": "y"})
    given = read_given(suspect, teachers, panel)

    require_registered(seal, given, alpha=0.05, seed=0, method="1")
    with pytest.raises(SealError, match=r"--alpha was 0.05, is 0.1; --seed was 0, is 1; version was 1, is 2"):
        require_registered(seal, given, alpha=0.1, seed=1, method="2")
    answers(panel / "two.jsonl", {"a": "changed", "b": "v", "c": "w"})
    with pytest.raises(SealError, match="panel: two changed"):
        require_registered(seal, read_given(suspect, teachers, panel), alpha=0.05, seed=0, method="1")


def test_a_suspect_that_left_out_prompts_is_refused(world):
    tmp_path, teachers, panel, seal = world
    suspect = answers(tmp_path / "s.jsonl", {"a": "x"})

    with pytest.raises(SealError, match="the suspect lacks 1 registered prompts, first 'b'"):
        require_registered(seal, read_given(suspect, teachers, panel), alpha=0.05, seed=0, method="1")
