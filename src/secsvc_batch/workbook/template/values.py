"""What can stand in a cell of an applicant's workbook when the program itself fills one in."""

from collections.abc import Mapping, Sequence
from datetime import date

Value = str | int | float | date | Mapping[str, str] | None
"""``date`` is a real date cell, ``{"text": ...}`` and ``str`` are text cells, None is blank."""

Row = Mapping[str, Value]
"""Values by field id; what is left out is blank. An empty row leaves a gap."""

WorkbookData = Mapping[str, Row | Sequence[Row]]
"""Sheets by their id: one row for a form, a sequence of rows for a table."""

EPOCH = date(1899, 12, 30).toordinal()
"""Ordinal of the day that Excel numbers 0."""


def text_of(value: Value) -> str | None:
    """Return the text of a text value, else None.

    >>> text_of({"text": "R9.5.9"})
    'R9.5.9'
    """
    if isinstance(value, str):
        return value
    # Asked of every cell; the abstract Mapping is the slow question and comes last.
    if value is None or isinstance(value, (date, int, float)):
        return None
    return value["text"]


def is_blank(value: Value) -> bool:
    """Tell whether nothing would be written for ``value``."""
    return value is None or text_of(value) == ""
