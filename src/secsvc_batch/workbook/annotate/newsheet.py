"""The XML of a new sheet, by joining strings: a sheet has thousands of cells."""

import datetime
import math
import re
from collections.abc import Mapping
from functools import lru_cache

from secsvc_batch.workbook.annotate.heights import Heights
from secsvc_batch.workbook.annotate.model import MARKER_PREFIX, Cell, NewSheet, Value
from secsvc_batch.workbook.annotate.styles import PALETTE, QUOTED
from secsvc_batch.workbook.annotate.text import (
    address,
    box,
    clean,
    letters,
    quoted,
    range_lists,
    sheet_prefix,
    string_item,
)

_NAME_ILLEGAL = re.compile(r"[\[\]:*?/\\]")
_NAME_LENGTH = 31
_CHOICES_LENGTH = 255
_MAX_LINKS = 65530
FORMULA_LIKE = ("=", "+", "-", "@")
"""What text must not start with where it could be taken for a formula."""
_EPOCH = datetime.datetime(1899, 12, 30)
_EPOCH_1904 = datetime.datetime(1904, 1, 1)
_LEAP_BUG = datetime.datetime(1900, 3, 1)


def sheet_name(name: str, taken: set[str]) -> str:
    """Return ``name`` as Excel allows it, with a number when it is in ``taken`` (casefolded): 判定 (2)."""
    name = _NAME_ILLEGAL.sub("_", clean(name)).strip("'") or "_"
    number = 1
    while True:
        suffix = f" ({number})" if number > 1 else ""
        found = _cut(name, _NAME_LENGTH - len(suffix)) + suffix
        if found.casefold() not in taken:
            return found
        number += 1


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def serial(day: datetime.date, *, date1904: bool) -> float | None:
    """Return the number by which Excel knows ``day``; None before its calendar starts."""
    moment = day if isinstance(day, datetime.datetime) else datetime.datetime(day.year, day.month, day.day)
    moment = moment.replace(tzinfo=None)
    span = moment - (_EPOCH_1904 if date1904 else _EPOCH)
    number = span.days + span.seconds / 86400 if span.seconds else span.days
    if not date1904 and moment < _LEAP_BUG:
        number -= 1
    return number if number >= (0 if date1904 else 1) else None


# stands for the number of the row in the form of a row; no text holds it
_NUMBER = "\0"
_MOST_KEPT_ROWS = 20_000
# the form of a row, the height that fits it, and its links (column, place)
Made = tuple[str, float | None, list[tuple[str, str]]]


class _KeptRows(dict[tuple[Cell | None, ...], Made]):
    """Rows made before: the workbooks of a round say the same things again and again."""

    def __setitem__(self, key: tuple[Cell | None, ...], made: Made) -> None:
        if len(self) >= _MOST_KEPT_ROWS:
            self.clear()
        super().__setitem__(key, made)


@lru_cache(maxsize=8)
def _kept_rows(styles: tuple[str, ...], widths: tuple[float, ...], date1904: bool) -> _KeptRows:
    """Return the rows kept for sheets of these cell formats, widths and calendar."""
    return _KeptRows()


# a round leads to the same cells again and again
_kept_quoted = lru_cache(maxsize=8192)(quoted)


class SheetWriter:
    """Writes one new sheet.

    styles   style name -> cell format (names with QUOTED too)
    renamed  sheet names of this annotation that had to be changed: links follow them
    """

    def __init__(
        self, sheet: NewSheet, styles: Mapping[str, int], renamed: Mapping[str, str], *, date1904: bool
    ) -> None:
        self._sheet = sheet
        self._styles = {name: f' s="{number}"' for name, number in styles.items()}
        self._renamed = {sheet_prefix(old): sheet_prefix(new) for old, new in renamed.items() if old != new}
        self._date1904 = date1904
        self._links: list[str] = []
        self._width = max((len(row) for row in sheet.rows), default=0)

    def to_bytes(self, namespace: str, *, selected: bool) -> bytes:
        """Return the part; ``selected`` for the sheet that the workbook opens at."""
        rows = self._rows()
        sheet = self._sheet
        orientation = "landscape" if sheet.landscape else "portrait"
        last = address((1, 0, max(len(sheet.rows), 1), max(self._width, 1) - 1))
        parts = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
            f'<worksheet xmlns="{namespace}">',
            _properties(sheet),
            f'<dimension ref="{last}"/>',
            _views(sheet, selected=selected),
            '<sheetFormatPr defaultRowHeight="18"/>',
            _columns(sheet),
            f"<sheetData>{rows}</sheetData>",
            _protection(sheet),
            f'<autoFilter ref="{sheet.autofilter}"/>' if sheet.autofilter else "",
            _merges(sheet),
            _validations(sheet),
            "".join(("<hyperlinks>", *self._links, "</hyperlinks>")) if self._links else "",
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>',
            f'<pageSetup paperSize="9" orientation="{orientation}" fitToWidth="1" fitToHeight="0"/>',
            _footer(sheet),
            "</worksheet>",
        )
        return "".join(parts).encode()

    def _rows(self) -> str:
        out: list[str] = []
        heights = Heights(self._sheet)
        kept = _kept_rows(tuple(self._styles.values()), tuple(self._sheet.widths), self._date1904)
        for number, row in enumerate(self._marked(), 1):
            key = tuple(row)
            made = kept.get(key)
            if made is None:
                made = kept[key] = self._made(row, heights)
            form, fitting, links = made
            if number in heights.merged_rows:
                fitting = heights.fitting(number, row)
            cells = form.replace(_NUMBER, str(number))
            for column, place in links:
                self._link(f"{column}{number}", place)
            given = heights.given(number)
            if given is not None:
                out.append(f'<row r="{number}" ht="{given:g}" customHeight="1">{cells}</row>')
            elif fitting is not None:
                out.append(f'<row r="{number}" ht="{fitting:g}">{cells}</row>')
            elif cells:
                out.append(f'<row r="{number}">{cells}</row>')
        return "".join(out)

    def _marked(self) -> list[list[Cell | None]]:
        """Return the rows with the marker in the last cell of the first row that is free and not merged."""
        rows = [list(row) for row in self._sheet.rows] or [[]]
        merged = {
            c for area in map(box, self._sheet.merges) if area[0] == 1 for c in range(area[1], area[3] + 1)
        }
        first = rows[0]
        width = self._width or 1
        first += [None] * (width - len(first))
        free = [c for c in range(width) if c not in merged and first[c] is None]
        position = free[-1] if free else width
        first += [None] * (position + 1 - len(first))
        text = self._sheet.marker
        first[position] = Cell(text if text.startswith(MARKER_PREFIX) else MARKER_PREFIX + text, "marker")
        self._width = max(self._width, position + 1)
        return rows

    def _made(self, row: list[Cell | None], heights: Heights) -> Made:
        out: list[str] = []
        links: list[tuple[str, str]] = []
        styles = self._styles
        for column, cell in enumerate(row):
            if cell is None:
                continue
            value, style, link = cell
            if style not in styles:
                raise ValueError(f"unknown style {style!r}; known: {', '.join(PALETTE)}")
            reference = letters(column) + _NUMBER
            if type(value) is str:
                if not value:
                    out.append(f'<c r="{reference}"{styles[style]}/>')
                    continue
                form = styles[style + QUOTED] if value[0] in FORMULA_LIKE else styles[style]
                out.append(f'<c r="{reference}"{form} t="inlineStr"><is>{string_item(value)}</is></c>')
            else:
                out.append(self._other(reference, value, styles[style]))
            if link:
                links.append((letters(column), link))
        return "".join(out), heights.fitting(0, row), links

    def _other(self, reference: str, value: Value, form: str) -> str:
        """Return a cell that is blank, a number, a truth value, a date, or text of another class."""
        if isinstance(value, bool):
            return f'<c r="{reference}"{form} t="b"><v>{int(value)}</v></c>'
        number: float | None = None
        if isinstance(value, datetime.date):
            number = serial(value, date1904=self._date1904)
            value = value.isoformat() if number is None else value
        elif isinstance(value, int | float):
            if isinstance(value, float) and not math.isfinite(value):
                return f'<c r="{reference}"{form}/>'
            number = int(value) if isinstance(value, int) else float(value)
        if number is not None:
            return f'<c r="{reference}"{form}><v>{number!r}</v></c>'
        if value is None:
            return f'<c r="{reference}"{form}/>'
        return f'<c r="{reference}"{form} t="inlineStr"><is>{string_item(str(value))}</is></c>'

    def _link(self, reference: str, place: str) -> None:
        if len(self._links) >= _MAX_LINKS:
            return
        for old, new in self._renamed.items():
            if place.startswith(old):
                place = new + place[len(old) :]
                break
        self._links.append(f'<hyperlink ref="{reference}" location="{_kept_quoted(place)}"/>')


def _properties(sheet: NewSheet) -> str:
    colour = f'<tabColor rgb="FF{sheet.tab_color}"/>' if sheet.tab_color else ""
    return f'<sheetPr>{colour}<pageSetUpPr fitToPage="1"/></sheetPr>'


def _views(sheet: NewSheet, *, selected: bool) -> str:
    rows, columns = sheet.freeze
    mark = ' tabSelected="1"' if selected else ""
    start = f'<sheetViews><sheetView showGridLines="0"{mark} workbookViewId="0"'
    if not rows and not columns:
        return start + "/></sheetViews>"
    pane = "bottomRight" if rows and columns else "bottomLeft" if rows else "topRight"
    corner = f"{letters(columns)}{rows + 1}"
    across = f' xSplit="{columns}"' if columns else ""
    down = f' ySplit="{rows}"' if rows else ""
    return (
        f'{start}><pane{across}{down} topLeftCell="{corner}" activePane="{pane}" state="frozen"/>'
        f'<selection pane="{pane}" activeCell="{corner}" sqref="{corner}"/></sheetView></sheetViews>'
    )


def _columns(sheet: NewSheet) -> str:
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width:g}" customWidth="1"/>'
        for number, width in enumerate(sheet.widths, 1)
    )
    return f"<cols>{columns}</cols>" if columns else ""


def _protection(sheet: NewSheet) -> str:
    if not sheet.protect:
        return ""
    allowed = 'formatColumns="0" formatRows="0" autoFilter="0" sort="0"'
    return f'<sheetProtection sheet="1" objects="1" scenarios="1" {allowed}/>'


def _merges(sheet: NewSheet) -> str:
    if not sheet.merges:
        return ""
    merges = "".join(f'<mergeCell ref="{address(box(merge))}"/>' for merge in sheet.merges)
    return f'<mergeCells count="{len(sheet.merges)}">{merges}</mergeCells>'


def _validations(sheet: NewSheet) -> str:
    out = []
    for where, choices in sheet.validations:
        joined = ",".join(choices)
        if len(joined) > _CHOICES_LENGTH or any("," in choice for choice in choices):
            raise ValueError(f"the choices for {where} are longer than 255 characters or hold a comma")
        formula = string_item('"' + joined.replace('"', '""') + '"').partition(">")[2].removesuffix("</t>")
        for sqref in range_lists(where.split()):
            out.append(
                '<dataValidation type="list" allowBlank="1" showInputMessage="1" showErrorMessage="1" '
                f'sqref="{sqref}"><formula1>{formula}</formula1></dataValidation>'
            )
    return f'<dataValidations count="{len(out)}">{"".join(out)}</dataValidations>' if out else ""


def _footer(sheet: NewSheet) -> str:
    text = quoted("&L" + sheet.footer.replace("&", "&&")) if sheet.footer else ""
    return f"<headerFooter><oddFooter>{text}&amp;R&amp;A  &amp;P / &amp;N</oddFooter></headerFooter>"
