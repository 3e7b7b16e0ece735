import json

import pytest

from angelshare.core.errors import PlanError, SealError
from angelshare.lineage.pack import new_key, seal_pack, verify_pack

FILES = {"report.json": b'{"verdict": "cannot tell"}\n', "seal.json": b"{}\n"}


def test_a_pack_gives_back_what_was_put_in_and_names_its_signer():
    key = new_key()
    data = seal_pack(FILES, key, made_at="2026-11-24T10:00:00+00:00")

    found = verify_pack(data, "x.zip")

    assert found.files == FILES
    assert len(found.signer) == 64
    assert verify_pack(seal_pack(FILES, key, made_at="later"), "x.zip").signer == found.signer
    assert verify_pack(seal_pack(FILES, new_key(), made_at="later"), "x.zip").signer != found.signer


def test_every_single_byte_counts():
    data = seal_pack(FILES, new_key(), made_at="2026-11-24T10:00:00+00:00")

    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(PlanError, match=r"x.zip"):
            verify_pack(bytes(changed), "x.zip")


def test_a_file_exchanged_and_chained_anew_is_found_by_the_signature():
    mine = seal_pack(FILES, new_key(), made_at="now")
    other = seal_pack(FILES | {"report.json": b'{"verdict": "derived"}\n'}, new_key(), made_at="now")
    chain = verify_pack(other, "x").chain
    forged = verify_pack(mine, "x").chain

    assert chain.signature != forged.signature
    assert chain.links[-1].link != forged.links[-1].link


def test_a_key_that_is_none_is_an_error_and_nothing_to_pack_is_too():
    with pytest.raises(SealError, match="the key cannot be read"):
        seal_pack(FILES, b"hello", made_at="now")
    with pytest.raises(SealError, match="nothing to pack"):
        seal_pack({}, new_key(), made_at="now")


def test_what_is_no_pack_is_refused():
    with pytest.raises(SealError, match="not an evidence pack"):
        verify_pack(json.dumps({}).encode(), "x.zip")
