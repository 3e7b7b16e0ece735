"""Who is who in one comparison: the suspect, teachers by family, and what each documented model was taught by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from angelshare.lineage.answers import AnswerSet, Member, Panel

NONE = "none"
"""The class of models that no teacher taught."""


@dataclass(frozen=True, slots=True)
class Cast:
    """M models in one order, with what is documented of each."""

    names: Sequence[str]
    """(M,) names."""

    projects: Sequence[str]
    """(M,) training projects, the unit that is left out; a teacher's is its family."""

    families: Sequence[str]
    """(F,) families of teachers, sorted."""

    teaches: Sequence[str]
    """(M,) family of a teacher, else empty."""

    vendors: Sequence[str]
    """(M,) project of a teacher as declared, else that of the model: a teacher is no null for its own house."""

    taught: Sequence[frozenset[str] | None]
    """(M,) families it was taught by; empty for none, None for a teacher, a suspect and where nothing is known."""

    def targets(self) -> NDArray[np.float64]:
        """Give (M, F + 1) shares of the classes, `none` last; a row of zeros has no class and trains nothing."""
        target = np.zeros((len(self.names), len(self.families) + 1))
        for row, (teaches, taught) in enumerate(zip(self.teaches, self.taught, strict=True)):
            known = {teaches} if teaches else set(taught or ())
            here = [place for place, family in enumerate(self.families) if family in known]
            if here and len(here) == len(known):
                target[row, here] = 1 / len(here)
            elif taught is not None and not taught:
                target[row, -1] = 1
        return target

    def nulls(self) -> dict[str, NDArray[np.intp]]:
        """Give the rows of each null project: models documented as taught by none of the candidates."""
        rows: dict[str, list[int]] = {}
        for row, (project, taught) in enumerate(zip(self.projects, self.taught, strict=True)):
            if taught is not None and not taught & set(self.families):
                rows.setdefault(project, []).append(row)
        return {project: np.array(here, dtype=np.intp) for project, here in sorted(rows.items())}

    def ranked(self) -> dict[str, NDArray[np.intp]]:
        """Give the rows of each project a suspect is ranked among: the null projects, and teachers by family.

        A teacher is ranked for the families of other houses alone. Nobody documents whom it learnt from; if it did
        learn from the candidate, the test finds less and not more.
        """
        rows = self.nulls()
        for row, family in enumerate(self.teaches):
            if family:
                project = self.projects[row]
                rows[project] = np.append(rows.get(project, np.array([], dtype=np.intp)), row)
        return rows

    def barred(self, row: int) -> NDArray[np.bool_]:
        """Tell which families a model cannot be a null for: those of its own house."""
        house = self.vendors[row]
        own = {family for family, vendor in zip(self.teaches, self.vendors, strict=True) if family and vendor == house}
        return np.array([family in own for family in self.families])


def cast_of(suspect: AnswerSet, teachers: Sequence[Member], panel: Panel) -> tuple[Cast, list[AnswerSet]]:
    """Line up suspect (row 0), teachers and panel."""
    members = [*teachers, *panel.members]
    families = sorted({one.family for one in teachers})
    teaches = ["", *(one.family for one in teachers), *("" for _ in panel.members)]
    projects = ["", *(f"teacher {one.family}" for one in teachers), *(one.project for one in panel.members)]
    taught: list[frozenset[str] | None] = [None] * (1 + len(teachers))
    taught += [None if one.source.taught_by is None else frozenset(one.source.taught_by) for one in panel.members]
    vendors = ["", *(one.source.project or one.family for one in teachers), *(one.project for one in panel.members)]
    names = [suspect.name, *(one.name for one in members)]
    return Cast(names, projects, families, teaches, vendors, taught), [suspect, *(one.answers for one in members)]
