"""A run folder made before a number was measured stays readable."""

from __future__ import annotations

import hashlib
import json
import shutil

from angelshare.cli.auditing import reread

LATER = ("logit_recovery", "divergences", "long_prompts")


def test_a_report_that_lacks_later_numbers_is_held_to_what_it_says(tiny_run, tmp_path):
    _, _, whole = tiny_run
    folder = shutil.copytree(whole, tmp_path / whole.name)
    manifest = json.loads((folder / "manifest.json").read_text())
    older = {key: value for key, value in json.loads((folder / "report.json").read_text()).items() if key not in LATER}
    cells = {path: json.loads(path.read_text()) for path in (folder / "cells").glob("*.json")}
    for cell in cells.values():
        del cell["divergences"]
    for path, content in (cells | {folder / "report.json": older}).items():
        path.write_text(json.dumps(content))
        manifest["files"][str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))

    audit, _ = reread(folder)

    assert audit.verdict.sentence == older["verdict"]["sentence"]
    assert (audit.logit_recovery, audit.divergences, audit.long_prompts) == ((), (), ())
