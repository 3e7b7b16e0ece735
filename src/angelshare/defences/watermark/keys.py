"""Key files: KEY.toml to a checked `WatermarkKey` and back, decoys, fingerprints, and whether a tokenizer fits."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Protocol

from numpy.random import Generator

from angelshare.core.errors import KeyMismatchError, PlanError
from angelshare.core.marks import Schedule, Scheme, WatermarkKey
from angelshare.core.strict import decode_toml, encode
from angelshare.store.files import storage_errors

SCHEMES_OF: Final[Mapping[Schedule, Sequence[Scheme]]] = {
    "angelshare": ("kgw", "unigram", "gumbel", "synthid"),
    "transformers-left": ("kgw",),
    "transformers-self": ("kgw",),
    "transformers-synthid": ("synthid",),
    "vllm-gumbel": ("gumbel",),
    "vllm-sbw": ("kgw",),
}
"""Which schemes a schedule draws."""
DIGITS: Final = (16, 64)
"""Fewest and most hexadecimal digits of a secret."""
WORD_DIGITS: Final = 16
"""Digits of a secret that is one 64-bit number, as other generators' keys are."""
LAYERS_AT_MOST: Final = 64
WINDOW_AT_MOST: Final = 64
VOCABULARY_AT_MOST: Final = 2**31 - 1
PADDING_AT_MOST: Final = 1024
"""By how much a network's vocabulary may exceed its tokenizer's, as padded embeddings do."""


BUNDLED: Final = "bundled"
"""Before the name of a key that travels with the package."""


class Vocabulary(Protocol):
    """What is asked of a tokenizer, of transformers or of tokenizers."""

    def get_vocab(self) -> dict[str, int]:
        """Give every token and its id."""
        ...


def read_key(path: Path) -> WatermarkKey:
    """Read a key file; raises StorageError, UnknownKeyError or PlanError, none of which shows the secret.

    `bundled:NAME` is a key that travels with the package: it is public, and serves to show how marks fare.
    """
    kind, _, name = str(path).partition(":")
    if kind == BUNDLED:
        path = Path(str(files("angelshare") / "bundled" / "keys" / f"{name}.toml"))
    with storage_errors(path, "read this key file"):
        data = path.read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise PlanError(f"{path}: not a key file (it is not UTF-8 text)") from None
    return parse_key(text, str(path))


def parse_key(text: str, where: str) -> WatermarkKey:
    """Turn the text of a key file into a checked key; `where` is named in errors."""
    key = decode_toml(text, WatermarkKey, where)
    check_key(key, where)
    return key


def write_key(path: Path, key: WatermarkKey) -> None:
    """Write a key file only its owner can read, and never over another; raises StorageError or PlanError."""
    check_key(key, "this key")
    if path.exists():
        raise PlanError(f"{path}: there is a file already, and a lost key cannot be had again; choose another name")
    with storage_errors(path, "write this key file"):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(key_text(key))
            file.flush()
            os.fsync(file.fileno())


def key_text(key: WatermarkKey) -> str:
    """Write the fields of a key that are not at their default as TOML; the text holds the secret."""
    lines = ["# Secret: whoever holds this file can find the mark, forge it and wash it out."]
    for field in dataclasses.fields(key):
        value = getattr(key, field.name)
        if field.name in ("scheme", "secret", "vocabulary_size") or value != field.default:
            lines.append(f"{field.name} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def fingerprint(key: WatermarkKey) -> str:
    """Name a key in public: 16 hexadecimal digits of scrypt (RFC 7914, n = 2^14) over all its fields.

    Slow on purpose, so that even a key as short as other generators allow is not found by trying.
    """
    return hashlib.scrypt(encode(key), salt=b"angelshare key fingerprint", n=2**14, r=8, p=1, dklen=8).hex()


def decoy_keys(key: WatermarkKey, count: int, rng: Generator) -> Sequence[WatermarkKey]:
    """Draw `count` keys like `key` in all but their secrets, which are uniform over numbers of the same length."""
    return [_decoy(key, rng) for _ in range(count)]


def require_match(key: WatermarkKey, tokenizer: Vocabulary) -> Sequence[str]:
    """Refuse a tokenizer that is not the generator's; give what could not be checked, in words.

    Raises KeyMismatchError that names the first field that differs.
    """
    vocabulary = tokenizer.get_vocab()
    size = 1 + max(vocabulary.values(), default=-1)
    if not size <= key.vocabulary_size <= size + PADDING_AT_MOST:
        raise KeyMismatchError(
            f"vocabulary_size: the key is of a vocabulary of {key.vocabulary_size:,} tokens, this tokenizer has "
            f"{size:,}; give the tokenizer of the generator"
        )
    unchecked = []
    found = {"vocabulary_sha256": vocabulary_sha256(tokenizer), "tokenizer_sha256": tokenizer_sha256(tokenizer)}
    for name, value in found.items():
        wanted = getattr(key, name)
        if not wanted:
            unchecked.append(f"the key file gives no {name}, so this was not checked")
        elif wanted != value:
            raise KeyMismatchError(
                f"{name}: the key is of a tokenizer with {wanted[:12]}…, this one has {value[:12] or 'none'}…; "
                "give the tokenizer of the generator: under another one every draw is another"
            )
    return unchecked


def require_alike(keys: Sequence[WatermarkKey]) -> None:
    """Refuse keys that differ in more than their secrets; raises KeyMismatchError naming the field."""
    for key in keys[1:]:
        for field in dataclasses.fields(key):
            first, other = getattr(keys[0], field.name), getattr(key, field.name)
            if field.name not in ("secret", "second_secret") and first != other:
                raise KeyMismatchError(
                    f"{field.name}: one key has {first!r}, another {other!r}; test texts of different keys one by one"
                )


def vocabulary_sha256(tokenizer: Vocabulary) -> str:
    """Hash a vocabulary as `token<TAB>id` lines in order of id."""
    lines = sorted(tokenizer.get_vocab().items(), key=lambda pair: (pair[1], pair[0]))
    return hashlib.sha256("".join(f"{token}\t{number}\n" for token, number in lines).encode()).hexdigest()


def tokenizer_sha256(tokenizer: object) -> str:
    """Hash what a tokenizer writes to tokenizer.json, keys sorted, truncation and padding left out; "" if it cannot."""
    written = getattr(getattr(tokenizer, "backend_tokenizer", tokenizer), "to_str", None)
    if not callable(written):
        return ""
    content: dict[str, Any] = json.loads(written())
    content = {name: part for name, part in content.items() if name not in ("truncation", "padding")}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check_key(key: WatermarkKey, where: str) -> None:
    """Refuse a key that no schedule can draw; raises PlanError naming field, found and wanted, never the secret."""
    for field, wrong, wanted in _rules(key):
        if wrong:
            raise PlanError(f"{where}: {field}: {wanted}")


def _rules(key: WatermarkKey) -> list[tuple[str, bool, str]]:
    """List field, whether it is wrong, and what it should be."""
    schemes = SCHEMES_OF[key.schedule]
    seeding = {"transformers-left": ("left",), "transformers-self": ("self",), "vllm-sbw": ("self", "additive")}
    seedings = seeding.get(key.schedule, ("left", "self", "min", "additive"))
    number = key.schedule not in ("angelshare", "transformers-synthid")
    return [
        ("scheme", key.scheme not in schemes, f"'{key.schedule}' draws {', '.join(schemes)}, not '{key.scheme}'"),
        ("seeding", key.scheme == "kgw" and key.seeding not in seedings,
         f"'{key.schedule}' seeds by {', '.join(seedings)}, not '{key.seeding}'"),
        ("layers", not 1 <= key.layers <= LAYERS_AT_MOST, f"found {key.layers}; 1 to {LAYERS_AT_MOST} can be drawn"),
        *_secret_rules(key, number=number),
        ("gamma", not 0 < key.gamma < 1, f"found {key.gamma}; a share strictly between 0 and 1"),
        ("delta", not key.delta > 0, f"found {key.delta}; must be above 0"),
        ("window", not 1 <= key.window <= WINDOW_AT_MOST, f"found {key.window}; 1 to {WINDOW_AT_MOST} tokens"),
        ("vocabulary_size", not 2 <= key.vocabulary_size <= VOCABULARY_AT_MOST,  # noqa: PLR2004 - fewer is no choice
         f"found {key.vocabulary_size}; 2 to {VOCABULARY_AT_MOST:,} tokens"),
        *[(name, re.fullmatch(r"(?:[0-9a-f]{64})?", getattr(key, name)) is None,
           "expected 64 lower-case hexadecimal digits, or nothing if it is not to be checked")
          for name in ("vocabulary_sha256", "tokenizer_sha256")],
    ]  # fmt: skip


def _secret_rules(key: WatermarkKey, *, number: bool) -> list[tuple[str, bool, str]]:
    if key.schedule == "transformers-synthid":
        first = key.layers * WORD_DIGITS
        return [
            ("secret", not _is_hex(key.secret, first, first),
             f"expected {first} hexadecimal digits: {WORD_DIGITS} for each of {key.layers} layers"),
            ("second_secret", bool(key.second_secret) and not _is_hex(key.second_secret, WORD_DIGITS, WORD_DIGITS),
             f"expected {WORD_DIGITS} hexadecimal digits (the seed of the sampling table), or nothing for 0"),
        ]  # fmt: skip
    least, most = DIGITS if not number else (WORD_DIGITS, WORD_DIGITS)
    said = f"expected {least} to {most} hexadecimal digits, an even number" if not number else (
        f"expected {WORD_DIGITS} hexadecimal digits: the generator's number, with zeros before it")  # fmt: skip
    return [
        ("secret", not _is_hex(key.secret, least, most), f"{said}; found {len(key.secret)} characters"),
        ("second_secret", bool(key.second_secret) and not _is_hex(key.second_secret, least, most),
         f"{said}, or nothing"),
        ("second_secret", bool(key.second_secret) and key.scheme != "gumbel", "only a gumbel mark has a second key"),
        ("second_secret", key.schedule == "angelshare" and bool(key.second_secret)
         and key.second_secret == key.secret, "the two keys of a dual mark must differ"),
    ]  # fmt: skip


def _is_hex(text: str, least: int, most: int) -> bool:
    return least <= len(text) <= most and len(text) % 2 == 0 and re.fullmatch("[0-9a-f]*", text) is not None


def _decoy(key: WatermarkKey, rng: Generator) -> WatermarkKey:
    if key.schedule == "angelshare":
        second = rng.bytes(len(key.second_secret) // 2).hex()
        return dataclasses.replace(key, secret=rng.bytes(len(key.secret) // 2).hex(), second_secret=second)
    words = [key.secret[at : at + WORD_DIGITS] for at in range(0, len(key.secret), WORD_DIGITS)]
    bits = max(int(word, 16).bit_length() for word in words)
    drawn = "".join(_number(bits, rng) for _ in words)
    second = key.second_secret
    if second and key.schedule == "vllm-gumbel":
        second = drawn if second == key.secret else _number(int(second, 16).bit_length(), rng)
    return dataclasses.replace(key, secret=drawn, second_secret=second)


def _number(bits: int, rng: Generator) -> str:
    """Draw a number below 2^bits, as 16 hexadecimal digits."""
    return f"{int.from_bytes(rng.bytes(8), 'little') & ((1 << max(bits, 1)) - 1):016x}"
