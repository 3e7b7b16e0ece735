"""Write the generated parts of the pages in docs: `python scripts/write_reference.py`.

A test holds the files against what this writes, so a new option, key or field cannot stay undocumented.
"""
# ruff: noqa: INP001 - scripts are no package

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

import click

from angelshare.cli import app
from angelshare.core.defend import DefendCell, DefendReport
from angelshare.core.records import Estimate, Number
from angelshare.core.strict import decode_json
from angelshare.govern.catalogue import links_markdown, shipped
from angelshare.report.numbers import count, given, hundredths, phrase

sys.path.insert(0, str(Path(__file__).parent))
from source_text import Field, options, records

ROOT = Path(__file__).resolve().parents[1]
SOCKETS = ("models", "students", "tasks", "defences", "readers", "detectors")
PLAN = ("Plan", "Use", "ArmPlan", "ThreatModel", "Authorisation", "Price", "Limits")
"""The records a plan is made of, in the order of the page."""
SCORES = ("ReadyScores", "Controls", "Scoring", "JudgeLogs", "JudgedLine")
"""The records a description of ready scores and a judged log are made of."""
READY = (
    "ReadyReport", "ReadyVerdict", "ReadyDomain", "ReadyControl", "ReadyLedger", "ReadyJudged", "ReadyLog",
)  # fmt: skip
"""The records a report on ready scores is made of."""
FILES: Mapping[str, Sequence[str]] = {
    "angelshare.store.runs": ("Begun", "ItemsNote"),
    "angelshare.core.records": (
        "Transcript", "Message", "TokenAlternatives", "CellResult", "Cell", "Arm", "Score", "Divergence", "Meter",
        "Manifest", "Estimate", "Refusal", "RecoveryPoint", "ThreatModel", "Price",
    ),
    "angelshare.core.audit": (
        "Audit", "Verdict", "Header", "Dot", "Curve", "Family", "Band", "Target", "Step", "RingRow", "LedgerRow",
        "StyleRow", "FidelityRow", "DivergenceRow", "ExtractorRow", "LogitRow", "ArmRow", "ElicitationRow", "LossRow",
        "CostSheet",
    ),
    "angelshare.store.rows": ("Answer", "Attempt"),
    "angelshare.core.marks": ("WatermarkReport", "MarkEvidence"),
}  # fmt: skip
"""The records in a run folder, by the module that holds them."""
CATALOGUE: Mapping[str, Sequence[str]] = {
    "angelshare.core.catalogue_pages": ("CatalogueFile", "About", "Concept", "Article", "Paragraph"),
    "angelshare.core.catalogue": (
        "CataloguedSource", "Claim", "Citation", "Instrument", "StatusChange", "Threshold", "Topic", "Cell",
        "ProviderTerms", "Allegation", "Figure",
    ),
}  # fmt: skip
"""The records of a catalogue file, by the module that holds them."""

LEDGER = (
    "ModelCard", "Quantity", "ModelLine", "RuleSet", "Threshold", "Count", "Fallback", "ComputeLedger", "ThresholdRow",
    "ComputeLine", "QuantityRow", "Source", "Estimate", "Refusal",
)  # fmt: skip
"""The records of `angelshare ledger`: a model, a rule-set, the result."""

DELAY = (
    "DelayReport", "DelayEstimate", "BenchmarkDelay", "Benchmark", "Spell", "FrontierStep", "SurvivalPoint",
    "Sensitivity", "AreaDelay", "PublishedLag", "AttributableDelay", "Assumption", "Tornado", "DefendedDelay",
    "Source", "Estimate", "Refusal",
)  # fmt: skip
"""The records of `angelshare delay --json`."""

DEFEND = (
    "Matrix", "DefencePlan", "StudentPlan", "DefendReport", "DefendCell", "DefenceRow", "PublicRow", "SizeRow",
    "TracePoint", "DefendHeader", "DefendedStudent", "TacticCost", "TeacherTiming", "TeacherLikelihood", "TraceFound",
)  # fmt: skip
"""The records of `angelshare defend`: the matrix, the report, and what a run keeps."""
ELSEWHERE: Mapping[str, Sequence[str]] = {
    "files.md": ("estimate", "refusal", "cellresult", "costsheet"),
    "plan.md": ("use", "threatmodel", "authorisation", "price", "limits"),
}
"""Records that the page of the lab holds but other pages document."""
TACTICS: Mapping[str, Sequence[str]] = {
    "angelshare.measure.tactics": ("Paraphrase", "Mixing", "TwoTeachers"),
    "angelshare.measure.tactics_learned": ("Filtering", "Reweighting", "Resampling", "Inversion"),
    "angelshare.measure.tactics_marks": ("Neutralising",),
}
"""The records of options of students' tactics."""


def plan_keys() -> str:
    """Document every key of a plan."""
    known = records("angelshare.core.records")
    return "\n\n".join(_section(name, *known[name], heading="###") for name in PLAN)


def plugins() -> str:
    """Document every built-in plug-in with each of its options."""
    parts = []
    for socket in SOCKETS:
        own = sorted(
            point for point in entry_points(group=f"angelshare.{socket}") if point.value.startswith("angelshare.")
        )
        if own:
            parts.append(f"### {socket.capitalize()}")
        for point in own:
            says, fields = options(point.value)
            parts.append(f"#### `{point.name}`\n\n{says}\n\n{_table(fields, 'Option')}")
    return "\n\n".join(parts)


def file_fields() -> str:
    """Document every field of every record in a run folder."""
    parts = []
    for module, names in FILES.items():
        known = records(module)
        parts += [_section(name, *known[name], heading="###") for name in names]
    return "\n\n".join(parts)


def ready_fields(names: Sequence[str]) -> str:
    """Document every field of records of ready scores; what a number is stands on the page of files."""
    known = records("angelshare.core.ready")
    parts = [_section(name, *known[name], heading="###") for name in names]
    return (
        "\n\n".join(parts).replace("](#estimate)", "](files.md#estimate)").replace("](#refusal)", "](files.md#refusal)")
    )


def catalogue_keys() -> str:
    """Document every key of every record that a catalogue file can hold."""
    parts = []
    for module, names in CATALOGUE.items():
        known = records(module)
        parts += [_section(name, *known[name], heading="###") for name in names]
    return "\n\n".join(parts)


def catalogue_links() -> str:
    """List the shipped catalogue's sources by evidence level."""
    return links_markdown(shipped()).strip()


def ledger_keys() -> str:
    """Document every key of a model description, of a rule-set, and of a ledger's JSON."""
    known = records("angelshare.core.compute") | records("angelshare.core.records")
    return "\n\n".join(_section(name, *known[name], heading="###") for name in LEDGER)


def delay_keys() -> str:
    """Document every key of a delay's JSON."""
    known = records("angelshare.core.delay") | records("angelshare.core.records")
    return "\n\n".join(_section(name, *known[name], heading="###") for name in DELAY)


def defend_keys() -> str:
    """Document every key of a matrix and its tactics, and of a defence report."""
    known = records("angelshare.core.defend") | records("angelshare.core.marks")
    parts = [_section(name, *known[name], heading="###") for name in (*DEFEND, "MarkEvidence")]
    for module, names in TACTICS.items():
        tactics = records(module)
        parts += [_section(name, *tactics[name], heading="###") for name in names]
    text = "\n\n".join(parts)
    for page_of, names in ELSEWHERE.items():
        for name in names:
            text = text.replace(f"](#{name})", f"]({page_of}#{name})")
    return text


def defend_run(name: str) -> DefendReport:
    """Read what `refresh_defend.py` kept of a run of the lab."""
    path = ROOT / "docs" / "data" / f"{name}.json"
    return decode_json(path.read_bytes(), DefendReport, str(path))


def defend_results() -> str:
    """Write the tables of the full matrix: what each defence does, what it costs, and whether size turns the sign."""
    report = defend_run("defend")
    does = [
        (f"{row.defence} (control)" if row.control else row.defence, _number(row.passive), _number(row.worst_case),
         f"`{row.worst_student}`", _number(row.adaptive_gap), _number(row.reduction), _number(row.multiplier),
         row.verdict)
        for row in report.defences
    ]  # fmt: skip
    costs = [
        (row.defence, _number(row.accuracy), _number(row.teacher_loss), _number(row.likelihood_cost),
         _number(row.refused), _number(row.slowdown), _number(row.extra_passes), _number(row.days_to_notice))
        for row in report.defences
    ]  # fmt: skip
    sizes = [
        (one.defence, f"`{one.first}`", _number(one.reduction_first), f"`{one.second}`", _number(one.reduction_second),
         one.sign)
        for one in report.sizes
    ]  # fmt: skip
    header, spent = report.header, report.costs
    how = (
        f"{max(header.budgets):,} queries, {header.seeds} students a cell, {header.items} test items, brackets hold "
        f"{header.level:.0%} intervals; {count(spent.teacher_calls)} teacher calls, {count(spent.training_flop)} "
        f"training FLOP, {count(round(spent.training_cpu_seconds))} CPU-seconds of training; report made at commit "
        f"{header.commit[:7]}."
    )
    return "\n\n".join((
        report.sentence,
        how,
        _grid(("Defence", "Passive", "Worst case", "By", "Adaptive gap", "Reduction of the worst case", "Break-even ×",
               "Verdict"), does),
        _grid(("Defence", "Accuracy", "Lost", "Nats per token", "Refused", "Time per token, ratio", "Extra passes",
               "Days to notice"), costs),
        _grid(("Defence", "Student", "Its reduction", "Smaller base", "Its reduction", "Sign"), sizes),
    ))  # fmt: skip


def defend_traces() -> str:
    """Write the table of what is left of each mark, and what the defence and the student paid."""
    report = defend_run("defend-marks")
    most = max(report.header.budgets)
    recovered = {(cell.defence, cell.student): cell for cell in report.cells if cell.budget == most}
    rows = [
        (one.defence, f"`{one.student}`", f"{one.budget:,}" if one.budget else "–",
         ", ".join(hundredths(value) for value in one.log10_p), given(one.decoy_p) if one.decoy_p else "–",
         f"{one.n:,}", *_at(recovered.get((one.defence, one.student)), one.budget == most))
        for one in report.traces
    ]  # fmt: skip
    header = report.header
    how = (
        f"{header.seeds} students a cell, {header.items} test items, one text of a student each; "
        f"{count(round(report.costs.training_cpu_seconds))} CPU-seconds of training; report made at commit "
        f"{header.commit[:7]}."
    )
    heads = ("Mark", "Who wrote", "Queries", "log₁₀ p of each", "Decoy p", "Draws scored", "Recovery", "Reduction")
    return "\n\n".join((how, _grid(heads, rows)))


def _at(cell: DefendCell | None, shown: bool) -> tuple[str, str]:  # noqa: FBT001 - private
    return (_number(cell.recovery), _number(cell.reduction)) if cell and shown else ("", "")


def _number(number: Number) -> str:
    return phrase(number) if isinstance(number, Estimate) else "–"


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(one) for one in line)} |" for line in lines)


def commands() -> str:
    """Document every command with each of its arguments and options, as click knows them."""
    context = _context(app, "angelshare", None)
    parts = [_command("angelshare", app, context)]
    for name in sorted(app.commands):
        command = app.commands[name]
        own = _context(command, name, context)
        parts.append(_command(f"angelshare {name}", command, own))
        if isinstance(command, click.Group):
            parts += [
                _command(
                    f"angelshare {name} {verb}", command.commands[verb], _context(command.commands[verb], verb, own)
                )
                for verb in sorted(command.commands)
            ]
    return "\n\n".join(parts)


PARTS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "plan-keys": ("docs/plan.md", plan_keys),
    "plug-ins": ("docs/plan.md", plugins),
    "fields": ("docs/files.md", file_fields),
    "score-keys": ("docs/scores.md", lambda: ready_fields(SCORES)),
    "score-fields": ("docs/scores.md", lambda: ready_fields(READY)),
    "commands": ("docs/cli.md", commands),
    "catalogue-links": ("docs/catalogue.md", catalogue_links),
    "catalogue-keys": ("docs/catalogue.md", catalogue_keys),
    "ledger": ("docs/ledger.md", ledger_keys),
    "delay": ("docs/delay.md", delay_keys),
    "defend": ("docs/defend.md", defend_keys),
    "defend-results": ("docs/defend.md", defend_results),
    "defend-traces": ("docs/defend.md", defend_traces),
}
"""Marker to page and writer."""


def filled(page: str, marker: str, text: str) -> str:
    """Put `text` between a page's markers; raises LookupError if they are not there."""
    pattern = re.compile(rf"(<!-- {marker}:begin -->\n).*?(<!-- {marker}:end -->)", re.DOTALL)
    if not pattern.search(page):
        raise LookupError(f"the page has no <!-- {marker}:begin --> … <!-- {marker}:end -->")
    return pattern.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page)


def pages() -> dict[str, str]:
    """Give every generated page as it should be."""
    out: dict[str, str] = {}
    for marker, (name, write) in PARTS.items():
        page = out.get(name) or (ROOT / name).read_text(encoding="utf-8")
        out[name] = filled(page, marker, write())
    return out


def _section(name: str, says: str, fields: Sequence[Field], *, heading: str) -> str:
    return f"{heading} {name}\n\n{_one_line(says)}\n\n{_table(fields, 'Key')}"


def _table(fields: Sequence[Field], head: str) -> str:
    if not fields:
        return "No options."
    rows = [f"| {head} | Value | If left out | What it is |", "| --- | --- | --- | --- |"]
    for field in fields:
        default = "must be given" if field.default is None else _cell(field.default)
        rows.append(f"| `{field.name}` | {_cell(field.kind)} | {default} | {_cell(field.says)} |")
    return "\n".join(rows)


def _command(name: str, command: click.Command, context: click.Context) -> str:
    usage = command.get_usage(context).removeprefix("Usage: ")
    parts = [f"## `{name}`", _one_line(command.help or ""), f"```\n{usage}\n```"]
    rows = []
    for parameter in command.get_params(context):
        # arguments stand in the usage line and in the text; some versions of click list them, others do not
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None:
            rows.append(f"| `{_cell(record[0])}` | {_cell(_one_line(record[1]))} |")
    if rows:
        parts.append("\n".join(["| Option | What it does |", "| --- | --- |", *rows]))
    if isinstance(command, click.Group):
        listed = [
            f"- [`{each}`](#{name.replace(' ', '-')}-{each}): {command.commands[each].get_short_help_str(200)}"
            for each in sorted(command.commands)
        ]
        parts.append("\n".join(listed))
    return "\n\n".join(parts)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(command, info_name=name, parent=parent, **command.context_settings)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the pages that are not as they should be."""
    for name, text in pages().items():
        if (ROOT / name).read_text(encoding="utf-8") != text:
            (ROOT / name).write_text(text, encoding="utf-8")
            print(f"{name}: written")  # noqa: T201 - what a script says


if __name__ == "__main__":
    main()
