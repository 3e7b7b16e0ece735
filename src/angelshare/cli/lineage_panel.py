"""What `lineage panel` and `lineage probes` show."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from angelshare.core.strict import plain
from angelshare.lineage.answers import Panel
from angelshare.lineage.audit import audit_panel
from angelshare.lineage.folders import read_folder, require_same_prompts
from angelshare.lineage.probes import choose_probes
from angelshare.report.numbers import count, hundredths, phrase
from angelshare.store.files import write_jsonl


def show_audit(teachers: Path, panel: Path, *, alpha: float, as_json: bool) -> None:
    """Audit a panel and print what it can carry."""
    candidates, nulls = read_folder(teachers, "teachers"), read_folder(panel, "panel")
    require_same_prompts([*candidates.reads, *nulls.reads])
    audit = audit_panel(Panel(nulls.members), candidates.members, alpha=alpha)
    if as_json:
        _print(audit)
        return
    console = Console()
    console.print(f"{count(audit.projects)} null projects, {count(audit.models)} models", highlight=False)
    for base, n in audit.bases.items():
        console.print(escape(f"  base {base}: {count(n)}"), highlight=False)
    compared = count(round(1 / audit.attainable_p) - 1)
    console.print(
        f"smallest p possible: {count(audit.attainable_p)}, among {compared} comparison projects", highlight=False
    )
    console.print(
        escape(f"wrongly called derived, each project left out: {phrase(audit.false_positive_rate)}"), highlight=False
    )
    for caution in audit.cautions:
        console.print(escape(caution), highlight=False, style="dim")


def show_probes(teachers: Path, panel: Path, wanted: int, *, alpha: float, out: Path | None, as_json: bool) -> None:
    """Choose prompts and print the power to expect from them."""
    candidates, members = read_folder(teachers, "teachers"), read_folder(panel, "panel")
    require_same_prompts([*candidates.reads, *members.reads])
    choice = choose_probes(candidates.members, Panel(members.members), wanted, alpha=alpha)
    if out is not None:
        write_jsonl(out, choice.chosen)
    if as_json:
        _print(choice)
        return
    console = Console()
    for one in choice.expected:
        console.print(escape(f"{count(one.prompts)} prompts: power {phrase(one.power)}"), highlight=False)
    for worth in choice.chosen[:10]:
        console.print(escape(f"  {worth.prompt}: {hundredths(worth.ratio)}"), highlight=False)
    console.print(choice.caution, highlight=False, style="dim")


def _print(value: object) -> None:
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
