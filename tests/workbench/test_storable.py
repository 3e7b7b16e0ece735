"""Text that PostgreSQL cannot keep is refused in words, on either database."""

from __future__ import annotations

import json

import pytest

from angelshare.core.errors import RunFolderError
from angelshare.store.files import sha256_file
from angelshare.workbench.imports import import_run
from angelshare.workbench.models import Run
from angelshare.workbench.storable import refuse_nul
from workbench.runs import audit_run


def test_a_report_with_a_nul_character_is_refused_by_name_of_its_place(tmp_path, now):
    folder = audit_run(tmp_path / "run")
    report = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps(report | {"plan": "quick\0plan"}))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["report.json"] = sha256_file(folder / "report.json")
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(RunFolderError, match=r"report.json: plan: .*NUL character.*measure again"):
        import_run(folder, by=None, now=now)

    assert not Run.objects.exists()


@pytest.mark.parametrize("value", [{"a": ["b", {"c": "d\0"}]}, {"a\0": 1}, ["\0"], "\0"])
def test_a_nul_character_is_found_wherever_it_stands(value):
    with pytest.raises(RunFolderError, match="NUL"):
        refuse_nul(value, "report")


def test_other_data_passes():
    refuse_nul({"a": [1, 2.5, None, True, "text with \\u0000 spelt out"]}, "report")
