"""Every log that a description names, read by its layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from angelshare.core.errors import PlanError, nearest
from angelshare.core.ready import Controls, ReadyScores, Scoring
from angelshare.tasks.alignment import LogSet
from angelshare.tasks.imports import ImportedScores, inspect_task, lm_eval_task, read_inspect_log, read_lm_eval

NEITHER = (
    "neither an Inspect log (.eval, .json) nor an lm-eval samples file (samples_TASK_TIME.jsonl, written with "
    "--log_samples)"
)


def read_logs(description: ReadyScores, folder: Path) -> LogSet:
    """Read the students', base's, teacher's and controls' logs; paths are relative to `folder`.

    Raises PlanError for a file in neither layout, named twice, or with other scores than asked for; StorageError.
    """
    controls = {name: getattr(description.controls, name) for name in Controls.__dataclass_fields__}
    _refuse_twice([
        *_flat(description.students), *description.base, *description.teacher,
        *(path for runs in controls.values() for path in _flat(runs)),
    ])  # fmt: skip
    read = _Reader(folder, description.scoring)
    logs = LogSet(
        students=[read.run(entry) for entry in description.students],
        base=[read.one(path) for path in description.base],
        teacher=[read.one(path) for path in description.teacher],
        controls={name: [read.run(entry) for entry in runs] for name, runs in controls.items() if runs},
    )
    unused = sorted(set(description.scoring) - read.seen - {"default"})
    if unused:
        raise PlanError(f"scoring: no log is of task '{unused[0]}'; {nearest(unused[0], [*read.seen, 'default'])}")
    return logs


def read_log(path: Path, scoring: Mapping[str, Scoring], name: str) -> ImportedScores:
    """Read one log, by its file's name; `scoring` is by task, `name` what errors and reports call the file.

    Raises as `read_logs`.
    """
    if path.suffix in (".eval", ".json"):
        if path.name.startswith("results_"):
            raise PlanError(f"{path}: lm-eval's results hold no scores by item; name the samples_….jsonl beside it")
        chosen = _chosen(scoring, inspect_task(path))
        log = read_inspect_log(path, strict=chosen.strict, flexible=chosen.flexible)
    elif path.suffix == ".jsonl":
        chosen = _chosen(scoring, lm_eval_task(path))
        log = read_lm_eval(path, metric=chosen.metric, strict=chosen.strict, flexible=chosen.flexible)
    else:
        raise PlanError(f"{path}: {NEITHER}")
    return log.called(name)


class _Reader:
    """Reads logs, and remembers of which tasks they were."""

    def __init__(self, folder: Path, scoring: Mapping[str, Scoring]) -> None:
        self._folder, self._scoring = folder, scoring
        self.seen: set[str] = set()

    def one(self, path: str) -> ImportedScores:
        log = read_log(self._folder / path, self._scoring, path)
        self.seen.add(log.task)
        return log

    def run(self, entry: str | Sequence[str]) -> list[ImportedScores]:
        return [self.one(path) for path in _flat([entry])]


def _chosen(scoring: Mapping[str, Scoring], task: str) -> Scoring:
    return scoring.get(task) or scoring.get("default") or Scoring()


def _flat(runs: Sequence[str | Sequence[str]]) -> list[str]:
    return [path for entry in runs for path in ([entry] if isinstance(entry, str) else entry)]


def _refuse_twice(paths: Sequence[str]) -> None:
    twice = next((path for place, path in enumerate(paths) if path in paths[:place]), None)
    if twice is not None:
        raise PlanError(f"'{twice}' is named twice; one log is one model's, so name it once")
