"""Rows of the matrix in a template."""

from __future__ import annotations

from django import template

from angelshare.workbench.matrix_rows import small_row, whole_row

register = template.Library()
register.simple_tag(whole_row, name="whole_row")
register.simple_tag(small_row, name="small_row")
