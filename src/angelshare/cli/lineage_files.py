"""What `lineage convert`, `register`, `pack` and `verify` do with files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from angelshare import __version__
from angelshare.core.errors import PlanError, RunFolderError, SealError
from angelshare.core.lineage import LineageReport
from angelshare.core.strict import decode_json, encode
from angelshare.lineage.folders import read_folder
from angelshare.lineage.formats import Reply, rows
from angelshare.lineage.pack import Verified, new_key, seal_pack, verify_pack
from angelshare.lineage.seal import parse_seal, register
from angelshare.store.files import atomic_write, make_folder, storage_errors, write_jsonl
from angelshare.store.manifest import NAME as MANIFEST
from angelshare.store.manifest import verify_run
from angelshare.tasks.imports import read_inspect_log


def convert_files(files: Sequence[Path], out: Path) -> Iterator[Path]:
    """Write each file's replies as JSON Lines into `out`."""
    make_folder(out)
    for path in files:
        target = out / f"{path.stem}.jsonl"
        if target.exists():
            raise PlanError(f"{target} is there already; move it, or give another --out")
        write_jsonl(target, list(_replies(path)))
        yield target


def _replies(path: Path) -> Iterable[Reply]:
    if path.suffix == ".eval":
        # the reader gives replies by item; prompts' texts are not part of scores, so none is hashed
        return [
            Reply(prompt_id=score.item, text=score.text, truncated=score.truncated)
            for score in read_inspect_log(path).scores
            if score.draw == 0
        ]
    with storage_errors(path, "read these answers"):
        data = path.read_bytes()
    return [numbered.reply for numbered in rows(data, path.name)]


def register_test(
    teachers: Path, panel: Path, siblings: Path | None, *, suspect: str, alpha: float, seed: int, out: Path
) -> str:
    """Write a seal and give its hash."""
    if out.exists():
        raise SealError(f"{out} is there already: a registration is never written over; give another --out")
    seal = register(
        read_folder(teachers, "teachers"), read_folder(panel, "panel"),
        None if siblings is None else read_folder(siblings, "siblings"), suspect=suspect, alpha=alpha, seed=seed,
        method=__version__, made_at=_now(),
    )  # fmt: skip
    make_folder(out.parent)
    atomic_write(out, encode(seal) + b"\n")
    return seal.sha256


def pack_run(run: Path, key: Path, out: Path) -> str:
    """Sign a finished run into one file; gives the signer's hash."""
    manifest = verify_run(run)
    if manifest.kind != "lineage":
        raise RunFolderError(f"{run}: made by '{manifest.kind}'; give a run folder of angelshare lineage test --out")
    files = {name: (run / name).read_bytes() for name in [*manifest.files, MANIFEST]}
    data = seal_pack(files, _key(key), made_at=_now())
    make_folder(out.parent)
    atomic_write(out, data)
    return f"signer {_checked(data, out.name).signer}"


def verify_file(path: Path, *, signer: str | None) -> Sequence[str]:
    """Verify a pack and say what it holds."""
    with storage_errors(path, "read this pack"):
        data = path.read_bytes()
    found = _checked(data, path.name)
    if signer is not None and signer.removeprefix("signer ").strip().lower() != found.signer:
        raise SealError(f"{path.name}: signed by {found.signer}, not by the signer demanded")
    report = decode_json(found.files["report.json"], LineageReport, f"{path.name}: report.json")
    return [
        f"verified: {len(found.files)} files", f"signer {found.signer}",
        f"packed {found.chain.made_at} (said by the packer, not proven)",
        f"registered {report.registered}" if report.registered else "not registered beforehand", report.sentence,
    ]  # fmt: skip


def _checked(data: bytes, where: str) -> Verified:
    """Verify a pack, and that its report names the registration it holds, which came first."""
    found = verify_pack(data, where)
    if "report.json" not in found.files:
        raise SealError(f"{where}: holds no report.json: not the pack of a lineage test")
    report = decode_json(found.files["report.json"], LineageReport, f"{where}: report.json")
    if "seal.json" not in found.files:
        if report.registered:
            raise SealError(f"{where}: the report names a registration that the pack does not hold")
        return found
    seal = parse_seal(found.files["seal.json"], f"{where}: seal.json")
    if seal.sha256 != report.registered:
        raise SealError(f"{where}: the report names another registration than the pack holds")
    if seal.registration.made_at > report.made_at:
        raise SealError(f"{where}: the registration says {seal.registration.made_at}, after its report")
    return found


def _key(path: Path) -> bytes:
    if path.exists():
        with storage_errors(path, "read this key"):
            return path.read_bytes()
    made = new_key()
    with storage_errors(path, "write this key"):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(made)
    return made


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
