"""Real text without a mark, as token ids: LLM answers where they are at hand, and four corpora any installation has."""

from __future__ import annotations

import importlib.metadata
import io
import itertools
import json
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from angelshare.core.seeds import stream

ANSWERS = Path("../shared/data/lineage")
"""Where the field notes' answers of real models are kept beside this repository; they are not part of it."""

ANSWER_FILES = (
    "teachers/alpacaeval_teachers.jsonl.zst",
    "dev/alpacaeval_dev.jsonl.zst",
    "external_mtbench/mtbench.jsonl.zst",
)
CUT = "\u27ea\u2026\u27eb"
"""Where those files leave out the middle of a long answer; what stands before it is taken."""

LEAST, MOST = 120, 400
"""Tokens of a text; shorter ones are left out, longer ones cut."""

VOCABULARY = 32_000
EXCHANGED = 0.05
"""Share of words that differ between near-duplicates."""

TRAINED_ON = 6_000_000
"""Characters of each corpus at most that the tokenizer is trained on."""


class Corpora(NamedTuple):
    """Texts by corpus, as ids of a tokenizer trained on them."""

    texts: Mapping[str, Sequence[NDArray[np.int64]]]
    vocabulary: int
    skipped: str
    """Why there are no answers; empty if there are."""


def load(answers: Path, *, count: int, few: int, trained_on: int = TRAINED_ON) -> Corpora:
    """Gather `count` answers and `few` texts of each other corpus, and train a byte-level BPE on them all.

    The tokenizer sees `trained_on` characters of each corpus at most.
    """
    skipped = ""
    raw: dict[str, list[str]] = {}
    try:
        raw["LLM answers"] = _answers(answers)
    except (FileNotFoundError, ModuleNotFoundError) as error:
        skipped = f"the answers of real models were not at hand ({error.__class__.__name__}: {answers.name})"
    raw["code"] = _code()
    raw["templated JSON"] = [_json(stream("marks", "json", index)) for index in range(2 * few)]
    raw["near-duplicates"] = _near_duplicates(raw.get("LLM answers") or raw["code"], 2 * few)
    raw["other languages"] = _languages()
    tokenizer = _trained(raw, trained_on)
    wanted = {name: count if name == "LLM answers" else few for name in raw}
    texts = {name: list(_encoded(tokenizer, raw[name], wanted[name])) for name in raw}
    return Corpora(texts=texts, vocabulary=tokenizer.get_vocab_size(), skipped=skipped)


def _answers(folder: Path) -> list[str]:
    """Read the answers, shuffled so that any number of first ones is from all models."""
    import zstandard  # noqa: PLC0415 - needed for these files alone

    texts: list[str] = []
    for name in ANSWER_FILES:
        with (folder / name).open("rb") as file:
            lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
            texts += [json.loads(line)[4].split(CUT)[0] for line in lines]
    kept = sorted({text for text in texts if len(text) >= 2 * LEAST})
    stream("marks", "answers").shuffle(kept)
    return kept


def _code() -> list[str]:
    """Cut the modules of the running interpreter's standard library into pieces of about 1,400 characters."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    pieces = []
    for path in sorted(folder.glob("*.py")):
        source = path.read_text(encoding="utf-8", errors="ignore")
        pieces += [source[start : start + 1_400] for start in range(0, len(source), 1_400)]
    stream("marks", "code").shuffle(pieces)
    return pieces


def _json(rng: Generator) -> str:
    """Write records of one template, as an API's reply would be."""
    first, last = ["Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus"], ["Arlt", "Berg", "Costa", "Diaz", "Eder"]
    rows = [
        {
            "id": int(rng.integers(10**6)),
            "name": f"{rng.choice(first)} {rng.choice(last)}",
            "active": bool(rng.random() < 0.8),  # noqa: PLR2004 - most are
            "created_at": f"2026-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}T{rng.integers(24):02d}:00:00Z",
            "score": round(float(rng.random()), 3),
            "tags": [str(tag) for tag in rng.choice(["new", "vip", "trial"], 2)],
        }
        for _ in range(int(rng.integers(5, 9)))
    ]
    return json.dumps({"status": "ok", "page": int(rng.integers(100)), "results": rows}, indent=1)


def _near_duplicates(source: Sequence[str], count: int) -> list[str]:
    """Write each text as four versions of one passage with a word in twenty exchanged."""
    words = [text.split(" ")[:60] for text in source[:count]]
    pool = list(itertools.chain.from_iterable(words))
    texts = []
    for index, passage in enumerate(words):
        rng = stream("marks", "near-duplicates", index)
        versions = [
            [pool[rng.integers(len(pool))] if rng.random() < EXCHANGED else word for word in passage] for _ in range(4)
        ]
        texts.append("\n".join(" ".join(version) for version in versions))
    return texts


def _languages() -> list[str]:
    """Join the translated messages of Django's own catalogues, language by language."""
    texts = []
    for path in sorted(Path(str(importlib.metadata.distribution("django").locate_file("django"))).rglob("django.po")):
        lines = path.read_text(encoding="utf-8").splitlines()
        messages = [line.split('"', 1)[1].rstrip('"') for line in lines if line.startswith("msgstr") and '"' in line]
        whole = " ".join(message for message in messages if message)
        texts += [whole[start : start + 900] for start in range(0, len(whole) - 400, 900)]
    stream("marks", "languages").shuffle(texts)
    return texts


def _trained(raw: Mapping[str, Sequence[str]], characters: int):  # type: ignore[no-untyped-def] # noqa: ANN202 - a Tokenizer of tokenizers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: PLC0415 - the marks extra

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(_first_characters(raw.values(), characters), trainer)
    return tokenizer


def _first_characters(corpora: Iterable[Sequence[str]], most: int) -> Iterator[str]:
    for texts in corpora:
        taken = 0
        for text in texts:
            taken += len(text)
            if taken > most:
                break
            yield text


def _encoded(tokenizer, texts: Sequence[str], count: int) -> Iterator[NDArray[np.int64]]:  # type: ignore[no-untyped-def] # noqa: ANN001 - as above
    """Encode texts until `count` are long enough."""
    found = 0
    for text in texts:
        if found == count:
            return
        ids = np.array(tokenizer.encode(text).ids[:MOST], dtype=np.int64)
        if len(ids) >= LEAST:
            found += 1
            yield ids
