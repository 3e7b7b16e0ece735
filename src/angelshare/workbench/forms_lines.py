"""Lists as people type them: ids, paragraphs, citations and cells, one a line, read and written back alike."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.catalogue import Cell, Citation
from angelshare.core.errors import PlanError
from angelshare.core.strict import convert

BAR = "|"


def ids_in(text: str) -> Sequence[str]:
    """Read ids parted by spaces, commas or line breaks; each once, in order."""
    return list(dict.fromkeys(text.replace(",", " ").split()))


def paragraphs_in(text: str) -> Sequence[str]:
    """Read paragraphs parted by empty lines; line breaks inside one become spaces."""
    blocks = text.replace("\r\n", "\n").split("\n\n")
    return [" ".join(block.split()) for block in blocks if block.strip()]


def citations_in(text: str) -> Sequence[Citation]:
    """Read citations, one a line: source | pinpoint | quote."""
    cited = []
    for line in filter(str.strip, text.splitlines()):
        source, pinpoint, quote = (*(part.strip() for part in line.split(BAR, 2)), "", "")[:3]
        cited.append(Citation(source=source, pinpoint=pinpoint, quote=quote))
    return cited


def citations_text(cited: Sequence[Citation]) -> str:
    """Write citations as they are read."""
    return "\n".join(f"{c.source} | {c.pinpoint} | {c.quote}".rstrip(" |") for c in cited)


def cells_in(text: str) -> Sequence[Cell]:
    """Read cells, one a line: instrument | topic | relation | claim | pinpoint. Raises PlanError."""
    cells = []
    for number, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        parts = [part.strip() for part in line.split(BAR, 4)]
        if len(parts) < 4:  # noqa: PLR2004 - the pinpoint may be missing
            raise PlanError(f"cell {number}: found {len(parts)} parts; write instrument | topic | relation | claim")
        instrument, topic, relation, claim, pinpoint = (*parts, "")[:5]
        said = {"instrument": instrument, "topic": topic, "relation": relation, "claim": claim, "pinpoint": pinpoint}
        cells.append(convert(said, Cell, f"cell {number}"))
    return cells


def cells_text(cells: Sequence[Cell]) -> str:
    """Write cells as they are read."""
    rows = [(cell.instrument, cell.topic, cell.relation, cell.claim, cell.pinpoint) for cell in cells]
    return "\n".join(" | ".join(row).rstrip(" |") for row in rows)
