"""What a long run has counted so far, line by line in a file, so that it goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from angelshare.stats.calibration.marks_study import Alarms
from calibration.mark_corpora import Corpora
from calibration.mark_scores import Rule


class Kept:
    """Counts of finished parts; without a path nothing is kept."""

    def __init__(self, path: Path | None, corpora: Corpora) -> None:
        """Read what the file holds of these very texts; other lines in it are left alone."""
        self._path, self._texts = path, _digest(corpora)
        self._done: dict[str, dict[Rule, Alarms]] = {}
        if path is None or not path.exists():
            return
        for line in path.read_text(encoding="utf-8").splitlines():
            part = _parsed(line)
            if part and part["texts"] == self._texts:
                self._done[part["name"]] = {Rule(*rule): _alarms(counts) for rule, counts in part["rules"]}

    def get(self, name: str) -> dict[Rule, Alarms] | None:
        """Give the counts of a part, if it was finished before."""
        return self._done.get(name)

    def add(self, name: str, rules: Mapping[Rule, Alarms]) -> None:
        """Write down the counts of a part."""
        if self._path is None:
            return
        plain = [[list(rule), [np.asarray(field).tolist() for field in alarms]] for rule, alarms in rules.items()]
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"texts": self._texts, "name": name, "rules": plain}) + "\n")


def _parsed(line: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - whatever JSON holds
    """Parse a line; the last one may have been cut short by a kill, and is then counted again."""
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def _alarms(counts: Sequence[object]) -> Alarms:
    tests, least, by_bin, by_key, draws = (np.array(field) for field in counts)
    return Alarms(int(tests), float(least), by_bin, by_key, int(draws))


def _digest(corpora: Corpora) -> str:
    digest = hashlib.sha256(str(corpora.vocabulary).encode())
    for name, texts in corpora.texts.items():
        digest.update(name.encode())
        for text in texts:
            digest.update(text.tobytes() + b"|")
    return digest.hexdigest()
