"""How to cite a page: pinned to the revision that was read and the day it was read on, in seven forms.

Forms after: APA 7th edition (section 10.16), Chicago Manual of Style 18th edition (chapter 14, websites),
Cite Them Right (Harvard), OSCOLA 4th edition (section 3.4.8), BibTeX `misc`, RIS (type ELEC),
CSL-JSON 1.0 (type webpage).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, TypeAlias, get_args

from angelshare.core.record import record
from angelshare.govern.catalogue.bibtex import MONTHS, escape, keys_of

Style: TypeAlias = Literal["apa", "chicago", "harvard", "oscola", "bibtex", "ris", "csl-json"]
"""A form of citation."""

NAMES: Mapping[Style, str] = {
    "apa": "APA", "chicago": "Chicago", "harvard": "Harvard", "oscola": "OSCOLA", "bibtex": "BibTeX", "ris": "RIS",
    "csl-json": "CSL-JSON",
}  # fmt: skip
"""What each form is called."""

FILES: Mapping[Style, tuple[str, str]] = {
    "bibtex": ("bib", "application/x-bibtex; charset=utf-8"),
    "ris": ("ris", "application/x-research-info-systems; charset=utf-8"),
    "csl-json": ("json", "application/vnd.citationstyles.csl+json; charset=utf-8"),
}
"""Forms that reference managers read as files: suffix and media type."""

STYLES: tuple[Style, ...] = get_args(Style)
AUTHOR, SITE = "angelshare", "angelshare workbench"
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@record
class Cited:
    """What a citation names."""

    slug: str
    """Address of the page."""

    title: str
    """Title in that revision."""

    number: int
    """Number of the revision."""

    sha256: str
    """Hash of the revision."""

    published_on: date
    """Day the revision was published."""

    accessed_on: date
    """Day it was read."""

    url: str
    """Address that shows this revision for ever."""

    @property
    def version(self) -> str:
        """Name the revision: its number and the first twelve digits of its hash."""
        return f"revision {self.number}, {self.sha256[:12]}"


def citation(cited: Cited, style: Style) -> str:
    """Write a citation in one form."""
    return _WRITERS[style](cited)


def _apa(cited: Cited) -> str:
    on = cited.published_on
    return (
        f"{AUTHOR}. ({on.year}, {_LONG_MONTHS[on.month - 1]} {on.day}). {cited.title} ({_capital(cited.version)}). "
        f"Retrieved {_american(cited.accessed_on)}, from {cited.url}"
    )


def _chicago(cited: Cited) -> str:
    return (
        f"{SITE}. “{cited.title}.” {_capital(cited.version)}. Last modified {_american(cited.published_on)}. "
        f"Accessed {_american(cited.accessed_on)}. {cited.url}."
    )


def _harvard(cited: Cited) -> str:
    return (
        f"{AUTHOR} ({cited.published_on.year}) ‘{cited.title}’, {SITE}, {cited.version}. Available at: {cited.url} "
        f"(Accessed: {_british(cited.accessed_on)})."
    )


def _oscola(cited: Cited) -> str:
    return (
        f"{AUTHOR}, ‘{cited.title}’ ({SITE}, {_british(cited.published_on)}, {cited.version}) <{cited.url}> "
        f"accessed {_british(cited.accessed_on)}"
    )


def _bibtex(cited: Cited) -> str:
    key = keys_of([f"{AUTHOR}-{cited.slug}-{cited.number}"])[f"{AUTHOR}-{cited.slug}-{cited.number}"]
    fields = {
        "author": f"{{{{{AUTHOR}}}}}",
        "title": f"{{{{{escape(cited.title)}}}}}",
        "year": f"{{{cited.published_on.year}}}",
        "month": MONTHS[cited.published_on.month - 1],
        "howpublished": rf"{{\url{{{cited.url}}}}}",
        "note": f"{{{escape(f'{SITE}, {cited.version}. Accessed {cited.accessed_on.isoformat()}')}}}",
    }
    return f"@misc{{{key},\n" + ",\n".join(f"  {name} = {value}" for name, value in fields.items()) + "\n}\n"


def _ris(cited: Cited) -> str:
    """Write the tagged lines; a line break inside a value would begin another."""
    lines = {
        "TY": "ELEC",
        "AU": AUTHOR,
        "TI": " ".join(cited.title.split()),
        "T2": SITE,
        "PY": f"{cited.published_on.year}",
        "DA": cited.published_on.strftime("%Y/%m/%d"),
        "ET": cited.version,
        "UR": cited.url,
        "Y2": cited.accessed_on.strftime("%Y/%m/%d"),
        "ER": "",
    }
    return "".join(f"{name}  - {value}\r\n" for name, value in lines.items())


def _csl(cited: Cited) -> str:
    item = {
        "id": f"{AUTHOR}-{cited.slug}-{cited.number}",
        "type": "webpage",
        "author": [{"literal": AUTHOR}],
        "title": cited.title,
        "container-title": SITE,
        "version": cited.version,
        "issued": _parts(cited.published_on),
        "accessed": _parts(cited.accessed_on),
        "URL": cited.url,
    }
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


_WRITERS: Mapping[Style, Callable[[Cited], str]] = {
    "apa": _apa, "chicago": _chicago, "harvard": _harvard, "oscola": _oscola, "bibtex": _bibtex, "ris": _ris,
    "csl-json": _csl,
}  # fmt: skip


def _parts(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _british(day: date) -> str:
    return f"{day.day} {_LONG_MONTHS[day.month - 1]} {day.year}"


def _american(day: date) -> str:
    return f"{_LONG_MONTHS[day.month - 1]} {day.day}, {day.year}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
