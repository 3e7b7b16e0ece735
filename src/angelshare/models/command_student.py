"""Recipe `command`: an external trainer in its own environment; pairs and a spec go in, a checkpoint comes out."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from angelshare.core.errors import CheckpointError, PlanError, TrainerError
from angelshare.core.protocols import Fitted
from angelshare.core.record import record
from angelshare.core.records import FORMAT_VERSION, Message, Meter, Pair, Transcript
from angelshare.core.strict import decode_json, encode
from angelshare.models.checkpoint import CheckpointModel, checkpoint_path
from angelshare.store.files import atomic_write, make_folder, write_jsonl

TAIL = 12
"""Lines of the trainer's standard error that a message quotes."""
PLACES = ("{pairs}", "{spec}", "{out}")


@record
class Spec:
    """What the trainer is told, as `spec.json`."""

    seed: int
    """The same pairs and seed should give the same weights."""

    base: str
    """Folder of the checkpoint to start from; or the plan's word for it, if no such folder is here."""

    gguf_file: str = ""
    """Name of the GGUF file inside it, if the weights are in that format."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """The plan's `trainer` table, as it stands."""

    format: int = FORMAT_VERSION
    """Version of these files."""


class CommandStudent:
    """Learn by a command: it reads {pairs} and {spec}, and writes a Hugging Face checkpoint to the folder {out}.

    The command runs without a shell, inside the workspace; its words that name an existing file are made absolute.
    {pairs} is JSON Lines of `core.records.Transcript` (prompt and completion as message lists). If the trainer writes
    `meter.json` (a `core.records.Meter`) into {out}, training cost enters the cost sheet.

    Args:
        command: words, or one string that is split as a shell would.
        base: checkpoint to start from.
        gguf_file: name of a GGUF file inside it, if the weights are in that format.
        trainer: passed on in the spec.
        minutes: the command is stopped after this long; 0 is no cap.
        eval_batch: rows decoded together when the student answers.

    Raises TrainerError if the command fails, PlanError for a bad command or meter, CheckpointError for no checkpoint.
    """

    def __init__(
        self, command: str | Sequence[str], *, base: str, gguf_file: str = "", trainer: Mapping[str, Any] | None = None,
        minutes: float = 0.0, eval_batch: int = 256,
    ) -> None:  # fmt: skip
        self.command = tuple(shlex.split(command) if isinstance(command, str) else command)
        missing = [place for place in PLACES if not any(place in word for word in self.command)]
        if missing:
            raise PlanError(
                f"'command': the command has no {' and no '.join(missing)}; it needs all of {', '.join(PLACES)}"
            )
        self.base, self.gguf_file, self.trainer = base, gguf_file, dict(trainer or {})
        self.minutes, self.eval_batch = minutes, eval_batch

    def fit(self, pairs: Sequence[Pair], *, seed: int, workspace: Path) -> Fitted:
        """Write the pairs, run the command, load what it left."""
        if any(pair.weight != pairs[0].weight for pair in pairs):
            raise PlanError("'command': pairs of unequal weight cannot be written as transcripts; use 'sequence'")
        workspace = workspace.resolve()
        files = {"pairs": workspace / "pairs.jsonl", "spec": workspace / "spec.json", "out": workspace / "checkpoint"}
        write_jsonl(files["pairs"], [_line(pair) for pair in pairs])
        atomic_write(files["spec"], encode(self._spec(seed)))
        make_folder(files["out"])
        program, *words = self.command
        # a bare program name is looked up on PATH even if a file of that name lies about
        words = [program if "/" not in program else _filled(program, files), *(_filled(word, files) for word in words)]
        self._run(words, workspace)
        if not any(files["out"].iterdir()):
            raise CheckpointError(f"{self.command[0]}: the trainer ended well but wrote no checkpoint to {{out}}")
        model = CheckpointModel(str(files["out"]), batch=self.eval_batch, name="student")
        return Fitted(model, _meter(files["out"] / "meter.json"))

    def _spec(self, seed: int) -> Spec:
        folder = checkpoint_path(self.base)
        base = str(folder.resolve()) if folder.is_dir() else self.base
        return Spec(seed=seed, base=base, gguf_file=self.gguf_file, options=self.trainer)

    def _run(self, words: Sequence[str], workspace: Path) -> None:
        log = workspace / "stderr.txt"
        try:
            with log.open("wb") as errors:
                # the plan's own command, run as the plan's user would
                done = subprocess.run(  # noqa: S603 - see above; no shell is involved
                    words, cwd=workspace, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                    timeout=self.minutes * 60 or None, check=False,
                )  # fmt: skip
        except FileNotFoundError:
            raise PlanError(f"'command': no program '{words[0]}'; give its path, or put it on PATH") from None
        except PermissionError:
            raise PlanError(f"'command': '{words[0]}' may not be executed; make it executable") from None
        except subprocess.TimeoutExpired:
            raise TrainerError(
                f"'command': stopped after {self.minutes:g} minutes; raise `minutes` or train for less. {_tail(log)}"
            ) from None
        if done.returncode:
            raise TrainerError(f"'command': {shlex.join(words)} ended with exit code {done.returncode}. {_tail(log)}")


def _filled(word: str, files: Mapping[str, Path]) -> str:
    for name, path in files.items():
        word = word.replace(f"{{{name}}}", str(path))
    # made absolute but not resolved: a virtual environment's python is a link that must be called by its own name
    return str(Path(word).absolute()) if Path(word).is_file() else word


def _line(pair: Pair) -> Transcript:
    return Transcript(
        prompt=pair.query.messages,
        completion=(Message(role="assistant", content=pair.reply),),
        id=pair.query.id,
        logprobs=pair.logprobs,
    )


def _meter(path: Path) -> Meter | None:
    """Read the trainer's own meter, if it left one."""
    if not path.is_file():
        return None
    meter = decode_json(path.read_bytes(), Meter, str(path))
    counts = (meter.steps, meter.examples, meter.tokens)
    numbers = (*counts, meter.training_flop, meter.cpu_seconds, meter.wall_seconds, meter.loss)
    if min(numbers) < 0:
        raise PlanError(f"{path}: a number is negative; write what was measured, or no meter.json at all")
    return meter


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-TAIL:]
    return "Its last words:\n" + "\n".join(lines) if lines else "It printed nothing."
