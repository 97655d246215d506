"""One fast look through a worksheet's XML: how far it reaches, errors, formulas without a value, merges.

The look is made of searches over bytes, which is exact for the plain form in which Excel,
LibreOffice, Google Sheets, openpyxl and xlsxwriter write cells (``<c r="A1" ...>``). Anything else
(prefixed names, cells without an address, other quotes) is noticed by counting and goes through a
real XML parser instead, so that no spelling hides a cell from the bounds.
"""

import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from xml.sax.saxutils import unescape

from lxml import etree

from secsvc_batch.workbook.limits import MAX_COLUMN, MAX_ROW, Limits, RefusedFileError

_OPEN, _CLOSE, _EMPTY, _WORD = b"<sheetData", b"</sheetData>", b"<sheetData/>", b"sheetData"
# within this window (104 columns, 9999 rows) no sheet is large; beyond it cells are looked at one by one
_NEAR_COLUMN, _NEAR_ROW = 104, 9999
_ODD = re.compile(rb'<c(?! r="[A-C]?[A-Z][0-9]{1,4}")')
_ATTRIBUTES = rb'(?: [A-Za-z]+="[^"<>]*")*'
_FILLED = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?!' + _ATTRIBUTES + rb" ?/>)")
_ADDRESSED = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"')
_PREFIXED = re.compile(rb"<[^\s<>]*:c[\s/>]")
# no group is possessive: Python before 3.11.5 matches those wrongly
_ERROR = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?=[^<>]*\bt\s*=\s*["\']e["\'])[^<>]*+(?<!/)>'
    # no further than the next cell: a million cells that never end must not be searched a million times
    rb"([^<]*+(?:<(?!/?c[\s/>])[^<]*+){0,9999})</c\s*>"
)
_ERROR_TYPE = re.compile(rb'"e"')
_END_OF_CELL = b"</c"
_VALUE = re.compile(rb"<v[^<>]*>([^<]*)</v>")
# a formula without a value, in some columns; each try ends at the next tag, so that no text makes it slow
_UNCACHED = (
    rb'<c r="(%s)([0-9]{1,7})"([^<>]*+)>\s*+'
    rb"<f\b[^<>]*+(?:(?<=/)>|>[^<]*+</f>)\s*+(?:<v\s*+/>|<v>\s*+</v>)?\s*+</c>"
)
_ANY_COLUMN = rb"[A-Z]{1,3}"
_MERGE = re.compile(rb'<(?:[^\s<>]*:)?mergeCell\s+ref="([^"]*)"')
_ELEMENT = re.compile(rb"<[^!?]")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")


class NotPlainError(Exception):
    """A large sheet writes its cells in a way that only an XML parser can follow."""


@dataclass
class SheetScan:
    """What one worksheet part holds. Rows are 1-based, columns 0-based.

    ``last_row`` and ``last_column`` bound every cell that has a value (upper bounds, not always
    tight); ``far_cell`` is the address that made the sheet reach so far, '' in an ordinary sheet.
    ``merges`` are (first row, first column, last row, last column).
    """

    last_row: int = 0
    last_column: int = -1
    far_cell: str = ""
    counted: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncached: set[tuple[int, int]] = field(default_factory=set)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    # looks for formulas without a value in some columns, when somebody asks: most sheets of a template hold
    # thousands, in columns of its own
    look_up: Callable[[bytes], Iterator[tuple[bytes, bytes]]] | None = None
    # counts cells with a value beside those in ``counted``, when somebody asks
    count: Callable[[], int] | None = None

    @property
    def filled(self) -> int:
        """How many cells have a value at most."""
        return self.counted + (self.count() if self.count is not None else 0)

    def uncached_in(self, columns: Collection[int]) -> set[tuple[int, int]]:
        """Return row and column of the formulas without a value in some columns (0-based)."""
        found = {place for place in self.uncached if place[1] in columns}
        if self.look_up is not None and columns:
            letters = {column_letters(column).encode(): column for column in columns}
            found |= {(int(row), letters[name]) for name, row in self.look_up(b"|".join(letters))}
        return found

    @property
    def area(self) -> int:
        """Cells that a reader which fills a rectangle would allocate."""
        return self.last_row * (self.last_column + 1)


def column_number(letters: str) -> int:
    """Return the 0-based number of a column: A is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(column: int) -> str:
    """Return the letters of a 0-based column number: 0 is A."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def address(row: int, column: int) -> str:
    """Return the A1 address of a 1-based row and 0-based column."""
    return f"{column_letters(column)}{row}"


def local_name(element: etree._Element) -> str:
    """Return an element's name without namespace or prefix (declared or not), '' for comments."""
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def scan_sheet(data: bytes, part: str, limits: Limits) -> SheetScan:
    """Look through a whole worksheet part. ``part`` names it in errors.

    Raises RefusedFileError: file_damaged (malformed XML, addresses or merges outside a sheet).
    """
    scan = SheetScan()
    start, end = data.find(_OPEN), data.rfind(_CLOSE)
    if end < 0 and data.find(_EMPTY) > 0:
        end = start
    # the word once more than that: a comment or a prefix could hide the real cells
    words = 1 if end == start else 2
    if start < 0 or end < start or data.count(_WORD) != words:
        return scan_parsed(data, part, limits)
    odd = _ODD.search(data, start, end) is not None
    if not _plain(data, start, end, odd):
        return scan_parsed(data, part, limits)
    _scan_cells(data, start, end, odd, part, scan, limits)
    scan.count = partial(data.count, _END_OF_CELL, start, end)
    if data.find(b"<f", start, end) >= 0:
        scan.look_up = partial(_uncached, data, start, end, part, limits)
    _scan_merges(data, end, part, scan, limits)
    return scan


def scan_stream(pieces: Iterable[bytes], part: str, limits: Limits) -> SheetScan:
    """Look through a large worksheet part piece by piece, holding a few rows at a time.

    A sheet with borders down to the last row is mostly empty cells; only what holds values counts
    towards ``limits.content_bytes``. Raises RefusedFileError as ``scan_sheet`` does and for too much
    content (file_inflates); NotPlainError when the cells are not in plain form.
    """
    scan = SheetScan()
    content = words = 0
    tail: list[bytes] = []
    for piece in _whole_rows(checked(pieces, part), part, limits):
        words += piece.count(_WORD)
        end = piece.find(b"</sheetData")
        if tail:
            tail.append(piece)
            content += len(piece)
        else:
            stop = len(piece) if end < 0 else end
            start = max(piece.find(_OPEN), 0)
            if not _cut_well(piece, start, stop):
                raise NotPlainError(part)
            if piece.find(b"</c", start, stop) >= 0 or piece.find(b":c", start, stop) >= 0:
                odd = _ODD.search(piece, start, stop) is not None
                if not _plain(piece, start, stop, odd):
                    raise NotPlainError(part)
                content += stop - start
                _scan_cells(piece, start, stop, odd, part, scan, limits)
                scan.counted += piece.count(_END_OF_CELL, start, stop)
                for name, row in _uncached(piece, start, stop, part, limits, _ANY_COLUMN):
                    scan.uncached.add((int(row), column_number(name.decode())))
                    _check_marks(scan, part, limits)
            if end >= 0:
                tail.append(piece[end:])
        if content > limits.content_bytes:
            raise RefusedFileError("file_inflates", part=part)
    if words != 2:
        raise NotPlainError(part)
    _scan_merges(b"".join(tail), 0, part, scan, limits)
    return scan


def checked(pieces: Iterable[bytes], part: str) -> Iterator[bytes]:
    """Yield the pieces of a part, each after ``check_prolog``. Raises RefusedFileError."""
    settled = False
    for piece in pieces:
        settled = settled or check_prolog(piece, part)
        yield piece


def check_prolog(data: bytes, part: str) -> bool:
    """Refuse a document type (entities) and any encoding but UTF-8. Raises RefusedFileError.

    Returns whether the first element begins in ``data`` and nothing can hide before it: what follows cannot
    have a document type any more.
    """
    first = _ELEMENT.search(data)
    settled = first is not None and data.find(b"<!", 0, first.end()) < 0
    if not settled and data.find(b"<!DOCTYPE") >= 0:
        raise RefusedFileError("file_unsafe", part=part)
    head = data[:200].lower()
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0")):
        raise RefusedFileError("file_damaged", part=part)
    if head.startswith((b"<?xml", b"\xef\xbb\xbf<?xml")):
        declared = re.search(rb"encoding\s*=\s*[\"']([^\"']*)", head.partition(b"?>")[0])
        if declared and declared[1] not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
            raise RefusedFileError("file_damaged", part=part)
    return settled


def first_number(data: bytes, row: int, column: int) -> float | None:
    """Return the number stored in one cell of a worksheet part, None when there is none."""
    found = re.search(rb'r="%s"[^<>]*>(?:<f[^<]*</f>)?<v>([^<]*)</v>' % address(row, column).encode(), data)
    try:
        return float(found[1]) if found else None
    except ValueError:
        return None


# --- plain form -----------------------------------------------------------------------------------


def _plain(data: bytes, start: int, end: int, odd: bool) -> bool:
    """Are all cells between the offsets written as ``<c r="A1"``? ``odd``: some are not near or not plain."""
    if odd and data.count(b"<c", start, end) != len(_ADDRESSED.findall(data, start, end)):
        return False
    # a single byte is found many times faster than two
    coloned = data.find(b":", start, end) >= 0 and data.find(b":c", start, end) >= 0
    return not coloned or not _PREFIXED.search(data, start, end)


def _cut_well(piece: bytes, start: int, end: int) -> bool:
    """Was the piece cut between two rows, and not inside a comment or a quoted attribute?"""
    if piece.find(b"<!", start, end) >= 0 or piece.find(b"'", start, end) >= 0:
        return False
    return piece.count(b'"', start, end) % 2 == 0


def _whole_rows(pieces: Iterable[bytes], part: str, limits: Limits) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        rest += piece
        cut = rest.rfind(b"<row")
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
        if len(rest) > limits.row_bytes:
            raise RefusedFileError("file_inflates", part=part)
    yield rest


def _scan_cells(
    data: bytes, start: int, end: int, odd: bool, part: str, scan: SheetScan, limits: Limits
) -> None:
    if odd:
        for letters, digits in _FILLED.findall(data, start, end):
            _reach(scan, int(digits), column_number(letters.decode()), part)
    else:
        scan.last_row = max(scan.last_row, _NEAR_ROW)
        scan.last_column = max(scan.last_column, _NEAR_COLUMN - 1)
    # an apostrophe is looked for before what stands in a pair of them: most sheets have none
    others = data.find(b"'", start, end) >= 0 and data.find(b"'e'", start, end) >= 0
    if others or _ERROR_TYPE.search(data, start, end):
        _scan_errors(data, start, end, part, scan, limits)


def _reach(scan: SheetScan, row: int, column: int, part: str) -> None:
    if not (0 < row <= MAX_ROW and 0 <= column < MAX_COLUMN):
        raise RefusedFileError("file_damaged", part=part)
    if row > scan.last_row or column > scan.last_column:
        if row > _NEAR_ROW or column >= _NEAR_COLUMN:
            scan.far_cell = address(row, column)
        scan.last_row = max(scan.last_row, row)
        scan.last_column = max(scan.last_column, column)


def _scan_errors(data: bytes, start: int, end: int, part: str, scan: SheetScan, limits: Limits) -> None:
    for found in _ERROR.finditer(data, start, end):
        value = _VALUE.search(found[3])
        text = unescape(value[1].decode("utf-8", "replace")) if value else ""
        scan.errors[int(found[2]), column_number(found[1].decode())] = text or "#VALUE!"
        _check_marks(scan, part, limits)


def _check_marks(scan: SheetScan, part: str, limits: Limits) -> None:
    if len(scan.errors) + len(scan.uncached) > limits.marks:
        raise RefusedFileError("file_inflates", part=part)


def _uncached(
    data: bytes, start: int, end: int, part: str, limits: Limits, columns: bytes
) -> Iterator[tuple[bytes, bytes]]:
    """Yield column letters and row digits of the formulas without a value; ``columns``: a pattern."""
    for number, found in enumerate(_uncached_pattern(columns).finditer(data, start, end)):
        if number >= limits.marks:
            raise RefusedFileError("file_inflates", part=part)
        name, row, attributes = found.groups()
        # a formula whose result is the empty text is calculated all right: t="str" and no value
        if b't="str"' not in attributes and b't="e"' not in attributes:
            yield name, row


@lru_cache(maxsize=256)
def _uncached_pattern(columns: bytes) -> re.Pattern[bytes]:
    return re.compile(_UNCACHED.replace(b"%s", columns))


def _scan_merges(data: bytes, start: int, part: str, scan: SheetScan, limits: Limits) -> None:
    if data.find(b"mergeCell", start) < 0:
        return
    references = _MERGE.findall(data, start)
    if len(references) > limits.merges:
        raise RefusedFileError("file_unsafe", part=part)
    scan.merges = [_merge(reference.decode("utf-8", "replace"), part) for reference in references]


def _merge(reference: str, part: str) -> tuple[int, int, int, int]:
    found = _RANGE.fullmatch(reference)
    if found is None:
        raise RefusedFileError("file_damaged", part=part)
    first_row, first_column = int(found[2]), column_number(found[1])
    last_row = int(found[4]) if found[4] else first_row
    last_column = column_number(found[3]) if found[3] else first_column
    if not (0 < first_row <= last_row <= MAX_ROW and first_column <= last_column < MAX_COLUMN):
        raise RefusedFileError("file_damaged", part=part)
    return first_row, first_column, last_row, last_column


# --- any other form -------------------------------------------------------------------------------


def scan_parsed(data: bytes, part: str, limits: Limits) -> SheetScan:
    """The same through an XML parser, for files that write their cells in another way."""
    scan = SheetScan()
    row = column = 0
    if data.count(b"<") > limits.tags:
        raise RefusedFileError("file_inflates", part=part)
    try:
        events = etree.iterparse(
            io.BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
        )
        for event, element in events:
            name = local_name(element)
            if name == "row" and event == "start":
                row, column = _number(element.get("r"), row + 1, part), 0
            elif name == "row":
                element.clear()
            elif name == "c" and event == "end":
                cell_row, column = _position(element, row, column, part)
                _scan_element(element, cell_row, column - 1, part, scan)
                _check_marks(scan, part, limits)
            elif name == "mergeCell" and event == "start":
                scan.merges.append(_merge(element.get("ref", ""), part))
                if len(scan.merges) > limits.merges:
                    raise RefusedFileError("file_unsafe", part=part)
    except etree.XMLSyntaxError as error:
        raise RefusedFileError("file_damaged", part=part) from error
    return scan


def _number(text: str | None, otherwise: int, part: str) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise RefusedFileError("file_damaged", part=part)
    return int(text)


def _position(element: etree._Element, row: int, column: int, part: str) -> tuple[int, int]:
    """Row and 1-based column of a cell; without an address it stands right of the one before."""
    reference = element.get("r")
    if reference is None:
        return row, column + 1
    found = _RANGE.fullmatch(reference)
    if found is None or found[3]:
        raise RefusedFileError("file_damaged", part=part)
    return int(found[2]), column_number(found[1]) + 1


def _scan_element(element: etree._Element, row: int, column: int, part: str, scan: SheetScan) -> None:
    if len(element) == 0:
        return
    _reach(scan, row, column, part)
    scan.counted += 1
    children = {local_name(child): child for child in element}
    value = children["v"].text if "v" in children else None
    kind = element.get("t", "n")
    if kind == "e":
        scan.errors[row, column] = value or "#VALUE!"
    elif "f" in children and not (value or "").strip() and kind != "str" and "is" not in children:
        scan.uncached.add((row, column))
