from __future__ import annotations

from pathlib import Path

import pytest

from angelshare.core.errors import StorageError
from angelshare.defences.watermark.keys import read_key, require_match
from angelshare.models.checkpoint import CheckpointModel


@pytest.mark.parametrize(("name", "scheme"), [("words-kgw", "kgw"), ("words-gumbel", "gumbel")])
def test_a_key_of_the_package_is_read_from_anywhere_and_fits_its_teacher(name, scheme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    key = read_key(Path(f"bundled:{name}"))

    assert key.scheme == scheme
    assert key.secret not in repr(key)
    require_match(key, CheckpointModel("bundled:words-teacher").tokenizer)


def test_a_key_the_package_lacks_is_named():
    with pytest.raises(StorageError, match="mine"):
        read_key(Path("bundled:mine"))
