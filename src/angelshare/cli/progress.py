"""How far a run has come: a bar on a terminal, a line now and then elsewhere; always on standard error."""

from __future__ import annotations

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

EVERY_SECONDS = 10.0
"""Off a terminal, at most one line in this time."""


class Bar:
    """Progress of one run, as `measure.run.Progress`."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = self._console.is_terminal
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console, transient=False,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._name, self._done, self._total, self._said = "", 0, 0, 0.0

    def __enter__(self) -> Self:
        if self._live:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._bar.stop()

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` units."""
        self._name, self._done, self._total, self._said = name, 0, total, 0.0
        if self._live:
            self._task = self._bar.add_task(name, total=total)
        else:
            self._say()

    def advance(self, units: int) -> None:
        """Finish some units."""
        self._done += units
        if self._live and self._task is not None:
            self._bar.advance(self._task, units)
        elif time.monotonic() - self._said > EVERY_SECONDS or self._done >= self._total:
            self._say()

    def _say(self) -> None:
        self._said = time.monotonic()
        print(f"{self._name}: {self._done:,}/{self._total:,}", file=sys.stderr, flush=True)  # noqa: T201 - progress
