from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil

import pytest

import angelshare
from angelshare.core.errors import AngelshareError, MissingExtraError


def below(kind: type[AngelshareError]) -> set[type[AngelshareError]]:
    return {kind}.union(*(below(child) for child in kind.__subclasses__()))


for room in pkgutil.iter_modules(angelshare.__path__, "angelshare."):
    # the workbench's modules need Django set up, and its errors are all in core
    if room.name not in ("angelshare.workbench", "angelshare.__main__"):
        place = getattr(importlib.import_module(room.name), "__path__", [])
        for found in pkgutil.walk_packages(place, f"{room.name}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)  # errors of other rooms join their family when they are read
KINDS = sorted((kind for kind in below(AngelshareError) if kind.__module__.startswith("angelshare.")), key=str)


def test_the_family_is_whole():
    assert {"AngelshareError", "WorkerError", "NoGapError", "BrokenPromiseError"} <= {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_comes_home_from_a_worker_with_its_class_and_message(kind):
    error = MissingExtraError("'x'", "hf") if kind is MissingExtraError else kind("what was found, and what would do")
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(same) is kind
        assert str(same) == str(error)


def test_a_missing_extra_says_what_to_install():
    assert str(MissingExtraError("'trl'", "hf")) == (
        "'trl' needs an optional dependency; install it with: pip install 'angelshare[hf]'"
    )
