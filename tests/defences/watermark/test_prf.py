import math
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from angelshare.core.errors import MissingExtraError
from angelshare.defences.watermark import prf

REFERENCE_KEY = np.frombuffer(bytes(range(16)), dtype="<u8").astype(np.uint64)
"""The key 00 01 … 0f of SipHash's own vectors."""


def words(count):
    """Ids whose little-endian bytes are 00 01 02 …, as in SipHash's own vectors."""
    return np.frombuffer(bytes(range(4 * count)), dtype="<u4").astype(np.int64)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        # lengths 0, 4, 8, 12 and 16 bytes of the reference implementation's SipHash-2-4 table
        (0, 0x726FDB47DD0E0E31),
        (1, 0xCF2794E0277187B7),
        (2, 0x93F5F5799A932462),
        (3, 0x751E8FBC860EE5FB),
        (4, 0x3F2ACC7F57C29BDB),
    ],
)
def test_siphash_gives_the_words_of_its_reference(count, expected):
    assert int(prf.siphash(REFERENCE_KEY, words(count), 0, count)) == expected


def test_a_single_number_hashes_as_a_window_of_one():
    ids = np.array([0, 7, 2**31 - 1])

    assert [prf.siphash_one(REFERENCE_KEY, token) for token in ids] == [
        prf.siphash(REFERENCE_KEY, ids, place, place + 1) for place in range(3)
    ]


def test_draws_are_the_outputs_of_splitmix64():
    # the first outputs after seed 1234567 in the public-domain reference
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]

    found = prf.draws(np.full(3, 1234567, dtype=np.uint64), np.arange(3))

    assert found.tolist() == expected


def test_every_bit_of_key_window_and_target_flips_half_the_bits_of_the_draw():
    rng = np.random.default_rng(1)
    flips = {"key": [], "window": [], "target": []}
    for _ in range(400):
        key = rng.integers(0, 2**64, 2, dtype=np.uint64)
        ids = rng.integers(0, 2**17, 5)
        before = drawn(key, ids)
        bit = int(rng.integers(0, 17))
        for what, place in (("window", int(rng.integers(0, 4))), ("target", 4)):
            other = ids.copy()
            other[place] ^= 1 << bit
            flips[what].append(before ^ drawn(key, other))
        changed = key.copy()
        changed[rng.integers(0, 2)] ^= np.uint64(1) << np.uint64(rng.integers(0, 64))
        flips["key"].append(before ^ drawn(changed, ids))

    for changes in flips.values():
        bits = np.unpackbits(np.array(changes, dtype=np.uint64).view(np.uint8)).reshape(400, 64)
        # 25,600 fair coins, and 400 for each bit: five standard deviations either way
        assert abs(bits.mean() - 0.5) < 5 * 0.5 / math.sqrt(bits.size)
        assert np.abs(bits.mean(0) - 0.5).max() < 5 * 0.5 / math.sqrt(400)


def drawn(key, ids):
    seeds = np.array([prf.siphash(key, ids, 0, 4)], dtype=np.uint64)
    return prf.draws(seeds, ids[4:])[0]


def test_uniform_numbers_are_uniform_over_tokens_and_over_windows():
    key = prf.subkeys("5eed" * 8)
    ids = np.arange(50_004)
    seeds = np.array([prf.siphash(key, ids, place, place + 4) for place in range(50_000)], dtype=np.uint64)

    over_tokens = prf.uniforms_of(prf.draws(np.full(50_000, seeds[0]), ids[:50_000]))
    over_windows = prf.uniforms_of(prf.draws(seeds, np.full(50_000, 3)))

    assert stats.kstest(over_tokens, "uniform").pvalue > 1e-3
    assert stats.kstest(over_windows, "uniform").pvalue > 1e-3
    assert abs(stats.pearsonr(over_tokens[:-1], over_tokens[1:]).statistic) < 5 / math.sqrt(50_000)


def test_uniform_numbers_never_reach_zero_or_one():
    ends = np.array([0, 2**64 - 1], dtype=np.uint64)

    assert prf.uniforms_of(ends).tolist() == [2.0**-53, 1 - 2.0**-53]


def test_the_exponential_is_the_logarithm_to_the_last_digits():
    u = np.concatenate([np.arange(1, 2000) / 2000, 1 - 2.0 ** -np.arange(2, 54), 2.0 ** -np.arange(2, 54)])

    found = np.array([prf.exponential(value) for value in u])

    assert np.abs(found + np.log(1 - u)).max() < 1e-14


def test_a_fingerprint_says_nothing_of_the_draw():
    seeds = np.random.default_rng(2).integers(0, 2**64, 20_000, dtype=np.uint64)
    names = np.array([prf.fingerprint_of(seed, 5) for seed in seeds], dtype=np.uint64)
    drawn_bits = prf.draws(seeds, np.full(20_000, 5))

    agree = np.unpackbits((names ^ drawn_bits).view(np.uint8)).reshape(-1, 64).mean(0)

    assert np.abs(agree - 0.5).max() < 5 * 0.5 / math.sqrt(20_000)


def test_without_numba_the_extra_to_install_is_named():
    shown = (
        "import sys; sys.modules['numba'] = None\n"
        "from angelshare.core.errors import MissingExtraError\n"
        "try:\n    import angelshare.defences.watermark.prf\n"
        "except MissingExtraError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)

    assert "pip install 'angelshare[marks]'" in done.stdout
    assert issubclass(MissingExtraError, Exception)


def test_compiled_code_is_kept_only_where_the_user_says_so(tmp_path):
    # a copy of the package stands for an installation, first read-only and without leave to write
    shown = (
        "from angelshare.defences.watermark import prf; import numpy as np; "
        "print(prf.draws(np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=np.int64))[0])"
    )
    package = tmp_path / "site" / "angelshare"
    copy_package(package)
    package_files = set(package.rglob("*"))
    environment = {"PYTHONPATH": str(tmp_path / "site"), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}

    first = run(shown, environment)
    unasked = set(package.rglob("*")) - package_files
    run(shown, environment | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")})

    assert first.strip() == "16294208416658607535"
    assert unasked == set()
    assert any((tmp_path / "kept").rglob("*.nbi"))
    assert set(package.rglob("*")) == package_files


def run(code, environment):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def copy_package(target):
    """Copy what the hash needs, without write permission on its folders."""
    from importlib.resources import files  # noqa: PLC0415 - one test needs it

    source = files("angelshare")
    for part in ("__init__.py", "core", "defences/__init__.py", "defences/watermark"):
        found = source / part
        for path in [found] if found.is_file() else sorted(found.glob("*.py")):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    for folder in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        folder.chmod(0o555)
