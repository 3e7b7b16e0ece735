"""Columns that many tables share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from angelshare.core.audit import Curve
from angelshare.report.table import Cell, Column, Table
from angelshare.report.words import ARMS, AXES

ARM = Column(key="arm", head="Arm", words=cast("Mapping[str, str]", ARMS))
BUDGET = Column(key="budget", head="Queries", kind="count")
DOMAIN = Column(key="domain", head="Domain")
CURVE = (
    ARM,
    Column(key="axis", head="Dose in", words=cast("Mapping[str, str]", AXES)),
    Column(key="measure", head="Of"),
)
"""What names a fitted curve; see `curve_name`."""


def number_column(key: str, head: str) -> Column:
    """Give a column of Numbers."""
    return Column(key=key, head=head, kind="number")


def months_column(key: str, head: str) -> Column:
    """Give a column of Numbers that are months, printed to at least a tenth."""
    return Column(key=key, head=head, kind="number", least=1)


def curve_name(curve: Curve) -> Sequence[Cell]:
    """Give the cells under `CURVE`."""
    return [curve.arm, curve.axis, curve.measure]


def data_table(
    name: str,
    title: str,
    columns: Sequence[Column],
    *,
    rows: Sequence[Sequence[Cell]],
    letter: str = "",
    note: str = "",
) -> Table:
    """Put rows under columns."""
    return Table(name=name, letter=letter, title=title, note=note, columns=columns, rows=rows)
