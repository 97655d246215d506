"""Row heights for wrapped text: Excel fits rows when it opens a file, LibreOffice trusts the file."""

import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from secsvc_batch.workbook.annotate.model import Cell, NewSheet
from secsvc_batch.workbook.annotate.styles import PALETTE, QUOTED
from secsvc_batch.workbook.annotate.text import box

_DEFAULT_WIDTH = 8.5
_MAX_HEIGHT = 409.0
# points of one line per point of letter size in Yu Gothic, and above and below the text
_LINE, _SPACE = 1.5, 3.5
# half-width letters that one step of indent takes, and what the borders of a cell take
_INDENT, _EDGE = 1.5, 0.8
_LETTER = 10.0
_KEPT_LENGTH = 400


def text_width(text: str) -> float:
    """Return the width of the one-line ``text`` in half-width letters: kanji and kana count two.

    >>> text_width("脆弱性 ABC")
    10.0
    """
    # outside ASCII a letter takes three bytes where it is wide; a quick measure is enough here
    return len(text) + (len(text.encode("utf-8", "replace")) - len(text)) / 2


@cache
def _shape(style: str) -> tuple[bool, float, float]:
    look = PALETTE[style.removesuffix(QUOTED)]
    return look.wrap, look.size, look.indent * _INDENT + _EDGE


def _height(text: str, style: str, width: float) -> float:
    """Return the height of a cell, 0 when one line is enough."""
    wrap, size, lost = _shape(style)
    if not wrap:
        return 0.0
    room = max((width - lost) * _LETTER / size, 2.0)
    lines = sum(math.ceil(text_width(line) / room) or 1 for line in text.split("\n"))
    return lines * size * _LINE + _SPACE if lines > 1 else 0.0


# a round says the same things again and again
_kept_height = lru_cache(maxsize=8192)(_height)


class Heights:
    """Tells how high the rows of a new sheet must be."""

    def __init__(self, sheet: NewSheet) -> None:
        self._widths = sheet.widths
        self._given = sheet.heights
        self._merged = self._merges(sheet)
        self.merged_rows = {row for row, _ in self._merged}

    def _merges(self, sheet: NewSheet) -> Mapping[tuple[int, int], float]:
        """Return the width of merged cells by (row, column); cells merged over rows have room enough."""
        widths = {}
        for top, left, bottom, right in map(box, sheet.merges):
            width = sum(self._width(column) for column in range(left, right + 1))
            widths[top, left] = width if top == bottom else math.inf
        return widths

    def _width(self, column: int) -> float:
        return self._widths[column] if column < len(self._widths) else _DEFAULT_WIDTH

    def given(self, number: int) -> float | None:
        """Return the height that was asked for row ``number`` (1-based), None for an automatic one."""
        return self._given[number - 1] if number <= len(self._given) else None

    def fitting(self, number: int, row: Sequence[Cell | None]) -> float | None:
        """Return the height in points that shows all text of row ``number`` (0: one without merged cells).

        None when one line is enough.
        """
        needed = 0.0
        merged = self._merged
        for column, cell in enumerate(row):
            if cell is None or type(cell.value) is not str:
                continue
            text = cell.value
            width = self._width(column)
            if len(text) * 2 <= width - 8 and "\n" not in text:
                continue
            measure = _kept_height if len(text) <= _KEPT_LENGTH else _height
            height = measure(text, cell.style, merged.get((number, column), width))
            if height > needed:
                needed = height
        return min(needed, _MAX_HEIGHT) if needed else None
