"""What `angelshare watermark` does: read, check, test, and write a run folder where one is asked for."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.markup import escape

from angelshare import __version__
from angelshare.core.errors import MissingExtraError, PlanError
from angelshare.core.marks import WatermarkKey, WatermarkReport
from angelshare.core.record import record
from angelshare.core.records import FORMAT_VERSION
from angelshare.core.strict import decode_json, encode
from angelshare.defences.watermark.arrays import IntArray
from angelshare.defences.watermark.keys import BUNDLED, fingerprint, read_key, require_match
from angelshare.defences.watermark.tally import require_in_range
from angelshare.lineage.case import Case, Settings
from angelshare.lineage.subject import Encode, Material, encoded, encoded_texts, parse_material
from angelshare.lineage.watermark import Made, examine
from angelshare.report.documents import report_json
from angelshare.report.watermark_publish import REPORT, publish_watermark
from angelshare.report.watermark_tables import marks_table
from angelshare.store.files import sha256_file, storage_errors
from angelshare.store.manifest import NAME as MANIFEST
from angelshare.store.manifest import Subject, seal, source_state, verify_run
from angelshare.store.runs import Begun, run_folder, run_path


@record
class Request:
    """What was asked for on the command line."""

    text: Path
    """What to test."""

    keys: Sequence[Path]
    """Key files."""

    model: str | None
    """Checkpoint of a student, for reading mode."""

    tokenizer: Path | None
    """The generator's tokenizer."""

    prompts: Path | None
    """Prompts to leave out."""

    outputs: Path | None
    """The teacher's marked outputs."""

    settings: Settings
    """How to test."""


class _Loaded(NamedTuple):
    """What turns text into ids, and the network of reading mode."""

    encode: Encode | None
    tokenizer: Any
    network: Any


def make_watermark(request: Request, out: Path | None) -> tuple[WatermarkReport, Path | None]:
    """Make the report, or read the one that the same request left under `out`; gives its folder, None without one."""
    started, clock = datetime.now(UTC), time.monotonic()
    keys = [read_key(path) for path in request.keys]
    digest = _digest(request, keys)
    folder = None if out is None else run_path(out, "watermark", digest)
    if folder is not None and (folder / MANIFEST).exists():  # a finished run is checked and shown, never written again
        verify_run(folder)
        return decode_json((folder / REPORT).read_bytes(), WatermarkReport, str(folder / REPORT)), folder
    made = Made(version=__version__, at=started.isoformat(timespec="seconds"))
    if folder is None:
        return examine(keys, _case(request, keys), request.settings, made), None
    commit, dirty = source_state()
    begun = Begun(
        format=FORMAT_VERSION, plan_sha256=digest, version=__version__, started_at=made.at,
        commit=commit + ("+dirty" if dirty else ""),
    )  # fmt: skip
    report = examine(keys, _case(request, keys), request.settings, made)
    with run_folder(folder, _as_toml(request, keys), begun) as run:
        publish_watermark(report, folder, command=command(request))
        shutil.rmtree(run.scratch, ignore_errors=True)
        subject = Subject(kind="watermark", name="watermark", sha256=digest, seeds=[request.settings.seed])
        seal(folder, subject, started_at=run.begun.started_at, seconds=time.monotonic() - clock)
    return report, folder


def show(report: WatermarkReport, folder: Path | None, *, as_json: bool) -> None:
    """Print the report to standard output."""
    if as_json:
        sys.stdout.write(report_json(report).decode())
        return
    console = Console()
    console.print(marks_table(report))
    for one in report.evidence:
        if one.caution:
            console.print(escape(f"{one.test}: {one.caution}"), highlight=False, style="dim")
    console.print(escape(report.sentence), highlight=False)
    for caution in report.cautions:
        console.print(escape(caution), highlight=False, style="dim")
    if folder is not None:
        click.echo(f"report: {folder}/report.html")


def command(request: Request) -> str:
    """Spell the command again: files by name, options that differ from their defaults."""
    plain, standard = request.settings, Settings()
    words = ["angelshare", "watermark", request.text.name]
    words += [word for key in request.keys for word in ("--key", key.name)]
    named = {
        "--model": request.model and Path(request.model).name,
        "--tokenizer": request.tokenizer and request.tokenizer.name,
        "--prompts": request.prompts and request.prompts.name, "--filter": request.outputs and request.outputs.name,
        "--decoys": None if plain.decoys == standard.decoys else plain.decoys,
        "--level": None if plain.level == standard.level else f"{plain.level:g}",
        "--n": plain.fixed or None, "--seed": plain.seed or None,
    }  # fmt: skip
    words += [word for name, value in named.items() if value is not None for word in (name, str(value))]
    words += ["--student"] * plain.student + ["--sequential"] * plain.sequential
    return shlex.join(words)


def _case(request: Request, keys: Sequence[WatermarkKey]) -> Case:
    loaded = _load(request)
    unchecked = ["Token ids were taken as given: no tokenizer was checked against the key."]
    if loaded.tokenizer is not None:
        unchecked = sorted({f"Unchecked: {one}." for key in keys for one in require_match(key, loaded.tokenizer)})
    material = _material(request.text)
    case = Case(
        material=material,
        streams=encoded(material, loaded.encode),
        prompts=_prompts(request.prompts, loaded.encode),
        outputs=[] if request.outputs is None else encoded(_given(request.outputs, "--filter"), loaded.encode),
        network=loaded.network,
        unchecked=unchecked,
    )
    if len(keys) > 1 and len({(key.vocabulary_size, key.vocabulary_sha256, key.tokenizer_sha256) for key in keys}) > 1:
        sizes = ", ".join(f"{path.name}: {key.vocabulary_size:,}" for path, key in zip(request.keys, keys, strict=True))
        raise PlanError(f"the keys are of different vocabularies or tokenizers ({sizes}); test the text for each alone")
    named = {"": request.text, "--prompts ": request.prompts, "--filter ": request.outputs}
    for (option, path), streams in zip(named.items(), (case.streams, case.prompts, case.outputs), strict=True):
        if path is not None:  # here, since neither a network nor a list of windows would say which id is wrong
            require_in_range(keys[0], streams, f"{option}{path.name}")
    return case


def _load(request: Request) -> _Loaded:
    """Load tokenizer and network, the lightest way that serves."""
    if request.model is not None:
        from angelshare.models.checkpoint import load

        network, tokenizer = load(request.model)
        fast = _tokenizer(request.tokenizer) if request.tokenizer is not None else tokenizer
        return _Loaded(_encoder(fast), fast, network.eval())
    if request.tokenizer is None:
        return _Loaded(None, None, None)
    fast = _tokenizer(request.tokenizer)
    return _Loaded(_encoder(fast), fast, None)


def _tokenizer(path: Path) -> Any:  # noqa: ANN401 - a tokenizer of tokenizers
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError:
        raise MissingExtraError("reading text with --tokenizer (it imports tokenizers)", "marks") from None
    file = _tokenizer_file(path)
    with storage_errors(file, "read this tokenizer"):
        data = file.read_bytes()
    try:
        return Tokenizer.from_buffer(data)
    except ValueError as error:
        raise PlanError(f"{file}: not a tokenizer.json ({error}); give the generator's") from error


def _encoder(tokenizer: Any) -> Encode:  # noqa: ANN401 - a tokenizer of transformers or tokenizers
    fast = getattr(tokenizer, "backend_tokenizer", tokenizer)

    def encode_text(text: str) -> Sequence[int]:
        ids: Sequence[int] = fast.encode(text, add_special_tokens=False).ids
        return ids

    return encode_text


def _material(path: Path) -> Material:
    with storage_errors(path, "read this text"):
        return parse_material(path.read_bytes(), path.name)


def _given(path: Path, option: str) -> Material:
    material = _material(path)
    if not len(material):
        raise PlanError(f"{option} {path.name}: holds no text; leave the option out, or give the right file")
    return material


def _prompts(path: Path | None, encode_text: Encode | None) -> Sequence[IntArray]:
    if path is None:
        return []
    material = _given(path, "--prompts")
    if material.prompts:
        return encoded_texts(material.prompts, encode_text, material.name)
    return encoded(material, encode_text)


def _digest(request: Request, keys: Sequence[WatermarkKey]) -> str:
    """Hash what the numbers depend on: contents and options, keys by their fingerprints."""
    files = {"text": request.text, "prompts": request.prompts, "outputs": request.outputs}
    parts = {
        "files": {name: sha256_file(path) for name, path in files.items() if path is not None},
        "tokenizer": _tree(request.tokenizer), "model": _weights(request.model),
        "keys": [fingerprint(key) for key in keys], "settings": encode(request.settings).decode(),
        "version": __version__,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _tree(path: Path | None) -> str:
    return "" if path is None else sha256_file(_tokenizer_file(path))


def _tokenizer_file(path: Path) -> Path:
    """Resolve `bundled:NAME`, a folder or a file."""
    kind, _, name = str(path).partition(":")
    place = Path(str(files("angelshare") / "bundled" / name)) if kind == BUNDLED else path
    return place / "tokenizer.json" if place.is_dir() else place


def _weights(model: str | None) -> Sequence[str]:
    """Hash every file of a checkpoint: another student under the same name is another run."""
    if model is None:
        return []
    from angelshare.models.checkpoint import checkpoint_path

    folder = checkpoint_path(model)
    return [f"{path.name} {sha256_file(path)}" for path in sorted(folder.glob("*")) if path.is_file()]


def _as_toml(request: Request, keys: Sequence[WatermarkKey]) -> str:
    """Write the request as the folder's plan; of a key, its fingerprint alone."""
    plain = request.settings
    lines = [
        "# What this run was asked for; keys by their fingerprints, which do not reveal them.",
        f"command = {json.dumps(command(request))}",
        f"keys = {json.dumps([fingerprint(key) for key in keys])}",
        f"level = {plain.level!r}", f"decoys = {plain.decoys}", f"seed = {plain.seed}",
        f"text_sha256 = {json.dumps(sha256_file(request.text))}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
