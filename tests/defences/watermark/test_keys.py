import dataclasses
import json
import re
import stat
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from angelshare.core.errors import KeyMismatchError, PlanError, StorageError, UnknownKeyError
from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.keys import (
    SCHEMES_OF,
    check_key,
    decoy_keys,
    fingerprint,
    key_text,
    parse_key,
    read_key,
    require_match,
    tokenizer_sha256,
    vocabulary_sha256,
    write_key,
)
from angelshare.defences.watermark.prf import draws, uniforms_of
from angelshare.defences.watermark.schedule import scorer_of

SECRET = "00c0ffee" * 4
KEY = WatermarkKey(scheme="kgw", secret=SECRET, gamma=0.25, vocabulary_size=4)


def tokenizer(*words):
    return Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token=words[0]))


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        dataclasses.replace(KEY, scheme="synthid", layers=12, window=5, vocabulary_sha256="ab" * 32),
        dataclasses.replace(KEY, scheme="gumbel", second_secret="beef" * 4),
    ],
)
def test_a_key_is_read_as_it_was_written(tmp_path, key):
    write_key(tmp_path / "KEY.toml", key)

    assert read_key(tmp_path / "KEY.toml") == key


def test_only_its_owner_can_read_a_key_file(tmp_path):
    write_key(tmp_path / "KEY.toml", KEY)

    assert stat.S_IMODE((tmp_path / "KEY.toml").stat().st_mode) == 0o600


def test_a_key_is_never_written_over_another(tmp_path):
    write_key(tmp_path / "KEY.toml", KEY)

    with pytest.raises(PlanError, match="a lost key cannot be had again"):
        write_key(tmp_path / "KEY.toml", dataclasses.replace(KEY, secret="11" * 16))
    assert read_key(tmp_path / "KEY.toml") == KEY


def test_a_file_that_is_not_there_or_not_text_says_so(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(StorageError, match="cannot read this key file: no such file"):
        read_key(tmp_path / "none.toml")
    with pytest.raises(PlanError, match="not UTF-8"):
        read_key(tmp_path / "binary")


def test_a_misspelt_field_names_the_nearest():
    with pytest.raises(UnknownKeyError, match=r"KEY\.toml: unknown key 'windw'; did you mean 'window'"):
        parse_key('scheme = "kgw"\nsecret = "00c0ffee00c0ffee"\nvocabulary_size = 4\nwindw = 3\n', "KEY.toml")


def test_a_missing_field_is_named():
    with pytest.raises(PlanError, match="missing key 'vocabulary_size'"):
        parse_key('scheme = "kgw"\nsecret = "00c0ffee00c0ffee"\n', "KEY.toml")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gamma": 0.0}, "gamma: found 0.0; a share strictly between 0 and 1"),
        ({"gamma": 1.0}, "gamma"),
        ({"delta": 0.0}, "delta: found 0.0; must be above 0"),
        ({"window": 0}, "window: found 0; 1 to 64 tokens"),
        ({"layers": 65}, "layers: found 65; 1 to 64"),
        ({"vocabulary_size": 1}, "vocabulary_size: found 1"),
        ({"vocabulary_sha256": "AB" * 32}, "vocabulary_sha256: expected 64 lower-case"),
        ({"secret": "c0ffee"}, "secret: expected 16 to 64 hexadecimal digits, an even number; found 6 characters"),
        ({"secret": "z" * 32}, "secret: expected"),
        ({"secret": "0" * 17}, "secret: expected"),
        ({"second_secret": "beef" * 4}, "only a gumbel mark has a second key"),
        ({"scheme": "gumbel", "second_secret": SECRET}, "the two keys of a dual mark must differ"),
        ({"schedule": "vllm-gumbel"}, "scheme: 'vllm-gumbel' draws gumbel, not 'kgw'"),
        ({"schedule": "transformers-self"}, "seeding: 'transformers-self' seeds by self, not 'left'"),
        ({"schedule": "vllm-sbw"}, "seeding: 'vllm-sbw' seeds by self, additive, not 'left'"),
        ({"schedule": "transformers-left"}, "secret: expected 16 hexadecimal digits: the generator's number"),
        ({"schedule": "transformers-synthid", "scheme": "synthid", "layers": 2},
         None),
        ({"schedule": "transformers-synthid", "scheme": "synthid", "layers": 3},
         "secret: expected 48 hexadecimal digits: 16 for each of 3 layers"),
    ],
)  # fmt: skip
def test_a_key_no_schedule_can_draw_is_refused_by_field_and_without_its_secret(fields, message):
    key = dataclasses.replace(KEY, **fields)
    if message is None:
        check_key(key, "KEY.toml")
        return

    with pytest.raises(PlanError) as caught:
        check_key(key, "KEY.toml")

    assert str(caught.value).startswith(f"KEY.toml: {message}") or message in str(caught.value)
    assert key.secret not in str(caught.value)


def key_page():
    return (Path(__file__).parents[3] / "docs" / "key-file.md").read_text(encoding="utf-8")


def test_the_page_lists_every_field_with_its_default_and_every_schedule():
    for field in dataclasses.fields(WatermarkKey):
        row = next(line for line in key_page().splitlines() if line.startswith(f"| `{field.name}` |"))
        told = row.split("|")[2].strip().strip("`")
        expected = "must be given" if field.default is dataclasses.MISSING else str(field.default) or "empty"
        assert told == expected, field.name
    for schedule in SCHEMES_OF:
        assert f"`{schedule}`" in key_page()


def test_the_page_gives_the_vectors_the_code_gives():
    rows = re.findall(
        r"^\| (left|self|min|additive|none) \| ([\d ]*)\| (\d+) \| `(\w+)` \| `(\w+)` \| (\S+) \|$",
        key_page(),
        re.MULTILINE,
    )
    for seeding, window, target, seed, draw, u in rows:
        kind = {"scheme": "unigram"} if seeding == "none" else {"seeding": seeding}
        key = WatermarkKey(
            **({"scheme": "kgw", "secret": "00112233445566778899aabbccddeeff", "vocabulary_size": 50_257} | kind)
        )
        ids = np.array([*map(int, window.split()), int(target)])
        seeds = scorer_of(key).seeds(ids, np.array([len(ids) - 1]))
        drawn = draws(seeds, ids[-1:])
        assert (f"{seeds[0]:016x}", f"{drawn[0]:016x}", float(uniforms_of(drawn)[0])) == (seed, draw, float(u))
    assert len(rows) == 17


# --- the secret stays one --------------------------------------------------------------------------


def test_a_key_shows_neither_secret_when_printed():
    shown = repr(dataclasses.replace(KEY, scheme="gumbel", second_secret="beef" * 4))

    assert SECRET not in shown
    assert "beef" not in shown
    assert "vocabulary_size=4" in shown


def test_a_wrong_file_never_shows_the_secret_it_holds():
    texts = [
        f'scheme = "kgw"\nsecret = "{SECRET}"\nvocabulary_size = "4"\n',
        f'scheme = "kwg"\nsecret = "{SECRET}"\nvocabulary_size = 4\n',
        f'scheme = "kgw"\nsecret = "{SECRET}\nvocabulary_size = 4\n',
        f'scheme = "kgw"\nsecret = ["{SECRET}"]\nvocabulary_size = 4\n',
        f'secret = "{SECRET}"\nvocabulary_size = 4\n',
        f'scheme = "kgw"\nsecret = "{SECRET}"\nvocabulary_size = 4\nsecrets = "{SECRET}"\n',
    ]
    for text in texts:
        with pytest.raises(PlanError) as caught:
            parse_key(text, "KEY.toml")
        assert SECRET not in str(caught.value)


def test_a_fingerprint_is_the_same_for_a_key_and_another_for_any_other():
    others = [dataclasses.replace(KEY, **change) for change in ({"secret": "11" * 16}, {"gamma": 0.5}, {"window": 3})]
    prints = [fingerprint(key) for key in (KEY, *others)]

    assert fingerprint(parse_key(key_text(KEY), "KEY.toml")) == prints[0]
    assert len(set(prints)) == 4
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in prints)


# --- decoys ---------------------------------------------------------------------------------------


def test_decoys_differ_from_the_key_in_their_secrets_alone():
    key = dataclasses.replace(KEY, scheme="gumbel", second_secret="beef" * 4)

    decoys = decoy_keys(key, 50, np.random.default_rng(0))

    assert len({one.secret for one in decoys}) == len({one.second_secret for one in decoys}) == 50
    for one in decoys:
        check_key(one, "decoy")
        assert dataclasses.replace(one, secret=key.secret, second_secret=key.second_secret) == key


def test_decoys_of_a_number_are_numbers_of_its_length():
    key = dataclasses.replace(KEY, schedule="transformers-left", secret=f"{15485863:016x}")
    drawn = [int(one.secret, 16) for one in decoy_keys(key, 200, np.random.default_rng(0))]

    assert max(drawn) < 2**24
    assert len(set(drawn)) > 190
    assert sum(number >= 2**23 for number in drawn) == pytest.approx(100, abs=40)


def test_decoys_keep_the_public_table_of_transformers_synthid_and_the_derivation_of_vllm():
    table = dataclasses.replace(
        KEY, scheme="synthid", schedule="transformers-synthid", secret=f"{654:016x}{400:016x}", layers=2,
        second_secret=f"{3:016x}",
    )  # fmt: skip
    dual = dataclasses.replace(
        KEY, scheme="gumbel", schedule="vllm-gumbel", secret=f"{2**63:016x}", second_secret=f"{2**63:016x}"
    )

    (of_table,), (of_dual,) = (decoy_keys(key, 1, np.random.default_rng(0)) for key in (table, dual))

    assert of_table.second_secret == table.second_secret
    assert of_table.secret != table.secret
    assert of_dual.second_secret == of_dual.secret != dual.secret


# --- whose tokenizer ------------------------------------------------------------------------------


def test_the_generators_own_tokenizer_passes_and_what_is_not_checked_is_said():
    mine = tokenizer("a", "b", "c", "d")
    full = dataclasses.replace(KEY, vocabulary_sha256=vocabulary_sha256(mine), tokenizer_sha256=tokenizer_sha256(mine))

    assert require_match(full, mine) == []
    assert require_match(KEY, mine) == [
        "the key file gives no vocabulary_sha256, so this was not checked",
        "the key file gives no tokenizer_sha256, so this was not checked",
    ]


def test_another_vocabulary_or_tokenizer_is_refused_by_field():
    mine, renamed = tokenizer("a", "b", "c", "d"), tokenizer("a", "b", "c", "e")
    lowered = tokenizer("a", "b", "c", "d")
    from tokenizers.normalizers import Lowercase  # noqa: PLC0415 - one test needs it

    lowered.normalizer = Lowercase()
    full = dataclasses.replace(KEY, vocabulary_sha256=vocabulary_sha256(mine), tokenizer_sha256=tokenizer_sha256(mine))

    with pytest.raises(KeyMismatchError, match=r"^vocabulary_sha256"):
        require_match(full, renamed)
    with pytest.raises(KeyMismatchError, match=r"^tokenizer_sha256"):
        require_match(full, lowered)
    with pytest.raises(KeyMismatchError, match=r"^vocabulary_size: .* of 4 tokens, this tokenizer has 5"):
        require_match(full, tokenizer("a", "b", "c", "d", "e"))
    with pytest.raises(KeyMismatchError, match=r"^vocabulary_size: .* of 50,257 tokens, this tokenizer has 4"):
        require_match(dataclasses.replace(KEY, vocabulary_size=50_257), mine)


def test_a_padded_network_vocabulary_is_the_same_vocabulary():
    assert require_match(dataclasses.replace(KEY, vocabulary_size=64), tokenizer("a", "b", "c", "d"))


def test_a_tokenizer_hash_does_not_depend_on_truncation_or_padding():
    mine, cut = tokenizer("a", "b"), tokenizer("a", "b")
    cut.enable_truncation(8)
    cut.enable_padding()

    assert tokenizer_sha256(mine) == tokenizer_sha256(cut)


def test_a_vocabulary_hash_is_that_of_its_lines():
    import hashlib  # noqa: PLC0415 - one test needs it

    assert vocabulary_sha256(tokenizer("b", "a")) == hashlib.sha256(b"b\t0\na\t1\n").hexdigest()


def test_the_bundled_tokenizer_hashes_alike_from_its_file_and_from_transformers():
    from importlib.resources import files  # noqa: PLC0415 - one test needs it

    from transformers import AutoTokenizer  # noqa: PLC0415 - slow to import

    folder = files("angelshare") / "bundled" / "teacher"
    loaded = AutoTokenizer.from_pretrained(str(folder))
    from_file = Tokenizer.from_file(str(folder / "tokenizer.json"))

    assert vocabulary_sha256(loaded) == vocabulary_sha256(from_file)
    assert tokenizer_sha256(loaded) == tokenizer_sha256(from_file)
    assert json.loads(from_file.to_str())["model"]
