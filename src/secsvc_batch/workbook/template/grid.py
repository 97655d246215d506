"""Where things stand on the sheets of a template, and how wide and high text needs them to be."""

import math
import unicodedata
from functools import cache

from secsvc_batch.workbook.layout import Sheet

TITLE_ROW, HELP_ROW, EXAMPLE_ROW, HEADER_ROW = 0, 1, 2, 3
FIRST_ROW = 4
"""First data row of a table and first labelled row of a form, 0-based."""

FIRST_COLUMN = 1
"""The first column holds a mark on every row."""

MARK_WIDTH = 6
MESSAGE_WIDTH = 46
SUMMARY_COLUMN = 4
"""Column of the title row that says how many rows have something to mend."""

LINE_HEIGHT = 17


def last_row(sheet: Sheet) -> int:
    """Return the last row (0-based) that a table is made for."""
    return FIRST_ROW + sheet.capacity - 1


def first_input(sheet: Sheet) -> tuple[int, int]:
    """Return row and column of the first cell to fill in."""
    if sheet.shape == "form":
        return FIRST_ROW, FIRST_COLUMN + 1
    free = next(i for i, field in enumerate(sheet.fields) if not field.locked)
    return FIRST_ROW, FIRST_COLUMN + free


def text_width(text: str) -> int:
    """Return the width of ``text`` in columns: 2 for a full-width character, else 1.

    >>> text_width("例示1-1")
    7
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


@cache
def header_width(label: str, width: float) -> float:
    """Return ``width``, widened where a word of the bold ``label`` and its mark would be broken."""
    # Words matter only where there are spaces; Japanese may break anywhere.
    words = label.split(" ") if label.isascii() else []
    return max([width, *(len(word) * 1.15 + 3.5 for word in words)])


def lines_of(text: str, width: float) -> int:
    """Return how many lines ``text`` takes, wrapped in a column of ``width``."""
    # A full-width character takes a little less than two digits.
    usable = max((width - 1) * 1.05, 2)
    if 2 * len(text) <= usable and "\n" not in text:
        return 1
    return sum(max(1, math.ceil(text_width(part) / usable)) for part in text.split("\n"))


@cache
def height_for(text: str, width: float) -> int:
    """Return the row height in points that a text of the template needs in a column of ``width``."""
    return height_of(lines_of(text, width))


def height_of(lines: int) -> int:
    """Return the row height in points for so many lines."""
    return lines * LINE_HEIGHT + 3


@cache
def locked_width(texts: tuple[str, ...], width: float) -> float:
    """Return ``width``, widened so that most of ``texts`` stand on one line.

    A row without a height of its own grows while people type into it.
    """
    return max(width, min(60, max(map(text_width, texts), default=0) / 1.05 + 1.5))
