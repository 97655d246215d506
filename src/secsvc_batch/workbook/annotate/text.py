"""Addresses, ranges and XML text."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

MAX_COLUMNS = 16384
_MAX_TEXT = 32767
_KEPT_LENGTH = 400
_RANGES_PER_ELEMENT = 250
# what cannot stand in XML at all, what must be escaped, and what Excel would take for an escape of its own
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f&<>\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE_LIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})(?::\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6}))?")

Box = tuple[int, int, int, int]
"""First row, first column (0-based), last row, last column."""


@cache
def letters(column: int) -> str:
    """Return the letters of the 0-based ``column``.

    >>> letters(0), letters(27), letters(16383)
    ('A', 'AB', 'XFD')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


@cache
def column_number(name: str) -> int:
    """Return the 0-based column of ``name``.

    >>> column_number("AB")
    27
    """
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def box(address: str) -> Box:
    """Return the box of a cell or range; ValueError when it is neither.

    >>> box("$C$12")
    (12, 2, 12, 2)
    """
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise ValueError(f"not a cell or range: {address!r}")
    first, top, last, bottom = found.groups()
    left, right = column_number(first), column_number(last or first)
    up, down = int(top), int(bottom or top)
    return min(up, down), min(left, right), max(up, down), max(left, right)


def address(area: Box) -> str:
    """Return ``area`` as A1 or A1:B2.

    >>> address((12, 2, 14, 3))
    'C12:D14'
    """
    top, left, bottom, right = area
    first = f"{letters(left)}{top}"
    return first if (top, left) == (bottom, right) else f"{first}:{letters(right)}{bottom}"


def merged(cells: Iterable[str]) -> list[str]:
    """Return ``cells`` and ranges as few ranges, in order of column and row; '' is passed over.

    >>> merged(["B3", "A2", "A3", "B2", "", "D9"])
    ['A2:B3', 'D9']
    """
    areas: dict[int, set[int]] = {}
    whole: list[Box] = []
    for text in cells:
        if not text:
            continue
        area = box(text)
        if area[0] == area[2] and area[1] == area[3]:
            areas.setdefault(area[1], set()).add(area[0])
        else:
            whole.append(area)
    boxes: list[Box] = []
    open_runs: dict[tuple[int, int], int] = {}
    for column in sorted(areas):
        runs = _runs(sorted(areas[column]))
        grown: dict[tuple[int, int], int] = {}
        for run in runs:
            index = open_runs.get(run)
            if index is not None and boxes[index][3] == column - 1:
                boxes[index] = (*boxes[index][:3], column)
            else:
                index = len(boxes)
                boxes.append((run[0], column, run[1], column))
            grown[run] = index
        open_runs = grown
    return [address(area) for area in dict.fromkeys(boxes + whole)]


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def range_lists(cells: Iterable[str]) -> list[str]:
    """Return ``cells`` as lists of ranges, each short enough for one element."""
    ranges = merged(cells)
    step = _RANGES_PER_ELEMENT
    return [" ".join(ranges[start : start + step]) for start in range(0, len(ranges), step)]


def clean(text: str) -> str:
    """Return ``text`` without what no cell can hold: illegal characters and more than 32,767 units."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _ILLEGAL.sub("", text)
    # Excel counts UTF-16 units
    if len(text) > _MAX_TEXT // 2 and len(text) + sum(c > "\uffff" for c in text) > _MAX_TEXT:
        cut = text.encode("utf-16-le")[: 2 * (_MAX_TEXT - 1)]
        text = cut.decode("utf-16-le", "ignore") + "…"
    return text


def escaped(text: str) -> str:
    """Return ``text`` as the content of an XML element of Excel's."""
    if len(text) > _MAX_TEXT // 2 or _SPECIAL.search(text):
        text = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        text = _ESCAPE_LIKE.sub("_x005F_", text)
    return text


def quoted(text: str) -> str:
    """Return ``text`` as the content of an XML attribute in double quotes."""
    return escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def string_item(text: str) -> str:
    """Return the ``<t>`` element of ``text``, without prefix."""
    return _kept_item(text) if len(text) <= _KEPT_LENGTH else _string_item(text)


def _string_item(text: str) -> str:
    body = escaped(text)
    return f'<t xml:space="preserve">{body}</t>' if body != body.strip() else f"<t>{body}</t>"


# a round says the same things again and again
_kept_item = lru_cache(maxsize=8192)(_string_item)


def sheet_prefix(name: str) -> str:
    """Return ``name`` as it stands before an address.

    >>> sheet_prefix("A's")
    "'A''s'!"
    """
    return "'" + name.replace("'", "''") + "'!"
