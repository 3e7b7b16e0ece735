"""Train the bundled teacher and base of the made language: `python -m angelshare.measure.bundle_words OUT`.

About two CPU-minutes. The teacher knows the language and the class of its words; the base knows the language and
guesses.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from angelshare.core.seeds import stream
from angelshare.measure.engines import one_thread
from angelshare.models.bundled import Shape, fresh_network, save, tokenised
from angelshare.models.training import Schedule, train
from angelshare.tasks.text_world import SPECIAL
from angelshare.tasks.words import class_name, language, vocabulary, worked_replies

SHAPE = Shape(width=64, layers=2, heads=4, inner=128, positions=128)
"""Teacher and base alike."""
SCHEDULE = Schedule(epochs=1e9, max_steps=2500, batch=32, learning_rate=6e-3)
ROWS = 40_000
"""Replies that each is taught."""


def word_tokenizer(words: Sequence[str]) -> PreTrainedTokenizerFast:
    """Make a tokenizer of one token a word, words parted by blanks, in Hugging Face's fast format."""
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token=SPECIAL[2]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=SPECIAL[0], eos_token=SPECIAL[1], unk_token=SPECIAL[2],
        clean_up_tokenization_spaces=False,
    )  # fmt: skip
    fast.chat_template = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
    return fast


def rows(name: str, *, knows: bool) -> list[tuple[str, str]]:
    """Draw (prompt, reply) rows; who does not know the classes is taught random ones."""
    rng = stream("bundled words", name)
    classes = int(language().classes.max()) + 1
    return [
        (prompt, f"{reply} {class_name(number if knows else int(rng.integers(classes)))}")
        for prompt, reply, number in worked_replies(ROWS, rng)
    ]


def train_words(out: Path) -> None:
    """Train both and write them, with their hashes, to `out`."""
    hashes = {}
    for seed, (name, knows) in enumerate((("words-teacher", True), ("words-base", False)), start=1):
        tokenizer = word_tokenizer(vocabulary())
        network = fresh_network(SHAPE, tokenizer, seed=seed)
        train(network, tokenised(tokenizer, rows(name, knows=knows)), SCHEDULE, seed=seed)
        hashes[name] = save(network, tokenizer, out / name)
    (out / "words.json").write_text(json.dumps({"weights_sha256": hashes}, indent=1) + "\n")


if __name__ == "__main__":
    one_thread()
    train_words(Path(sys.argv[1]))
