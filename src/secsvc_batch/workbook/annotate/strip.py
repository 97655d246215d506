"""Takes earlier annotations out of a workbook, also after another program has saved it anew."""

import re
from collections.abc import Collection

from lxml import etree

from secsvc_batch.workbook.annotate.book import Book, SheetPart
from secsvc_batch.workbook.annotate.large import LARGE, TooLargeError
from secsvc_batch.workbook.annotate.model import MARKER, MARKER_PREFIX, NAME_PREFIX
from secsvc_batch.workbook.annotate.opc import local, parse
from secsvc_batch.workbook.annotate.sheet_xml import SheetXml, open_sheet, save_sheet
from secsvc_batch.workbook.annotate.text import Box, clean

SHEET_NAME = NAME_PREFIX + "sheet_"
NOTE_NAME = NAME_PREFIX + "note_"
_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
# a table's header stands in one of the first rows, and so do titles
_HEADER_ROWS = 60
# the marker is written in the first row; a user may have put rows above it
_MARKER_ROWS = 20


def is_annotated(book: Book) -> bool:
    """Return whether ``book`` was annotated before: by our defined names, else by the texts of its markers.

    A hidden name says so at no cost; programs that drop it move the markers to the shared strings.
    """
    if NAME_PREFIX.encode() in book.source:
        return True
    strings = book.part_of("sharedStrings")
    return bool(strings) and MARKER_PREFIX.encode() in book.package.read(strings)


def strip_book(book: Book, headers: Collection[str]) -> dict[str, int]:
    """Take our sheets, highlights, messages and names out of ``book`` (not saved).

    ``headers``: headers of message columns, for files that lost our names.
    Returns sheet name -> 0-based column in which messages stood.
    """
    texts = _shared_strings(book)
    markers = {index for index, text in texts.items() if text.startswith(MARKER_PREFIX)}
    notes = _note_areas(book)
    ours = [sheet for sheet in book.sheets if sheet.kind == "worksheet" and _has_marker(book, sheet, markers)]
    formulas = any(_FORMULA.search(book.package.read(sheet.part)) for sheet in ours)
    if ours:
        book.remove_sheets(ours)
        if formulas:
            # an examiner's formulas went with the sheet; Excel makes the chain anew
            book.drop_relationship("calcChain")
    wanted = {clean(header) for header in headers if header}
    shared_headers = {index for index, text in texts.items() if text in wanted}
    columns: dict[str, int] = {}
    for sheet in book.sheets:
        if sheet.kind == "worksheet":
            areas = [area for owner, area in notes if owner is sheet]
            column = _strip_sheet(book, sheet, areas, shared_headers, wanted)
            if column is not None:
                columns[sheet.name] = column
    return columns


def _note_areas(book: Book) -> list[tuple[SheetPart, Box]]:
    """Return where messages stand as our defined names tell, and remove all names of ours."""
    areas = []
    for element in book.names():
        name = element.get("name", "")
        if name.startswith(NAME_PREFIX):
            meant = book.referred(element)
            if meant and name.startswith(NOTE_NAME):
                areas.append(meant)
            book.remove_name(element)
    return areas


def _shared_strings(book: Book) -> dict[bytes, str]:
    """Return the shared strings by index (as it stands in cells), furigana left out."""
    part = book.part_of("sharedStrings")
    if not part:
        return {}
    items = (item for item in parse(book.package.read(part)) if local(item) == "si")
    return {str(index).encode(): _item_text(item) for index, item in enumerate(items)}


def _item_text(item: etree._Element) -> str:
    texts = []
    for child in item:
        name = local(child)
        if name == "t":
            texts.append(child.text or "")
        elif name == "r":
            texts += [run.text or "" for run in child if local(run) == "t"]
    return "".join(texts)


def _has_marker(book: Book, sheet: SheetPart, markers: Collection[bytes]) -> bool:
    if book.package.size(sheet.part) > LARGE:
        return False
    data = book.package.read(sheet.part)
    if not markers and MARKER_PREFIX.encode() not in data:
        return False
    found = SheetXml(data).find_strings(markers, lambda text: text.startswith(MARKER_PREFIX), _MARKER_ROWS)
    return next(found, None) is not None


def _strip_sheet(
    book: Book,
    sheet: SheetPart,
    areas: list[Box],
    shared: Collection[bytes],
    headers: Collection[str],
) -> int | None:
    """Take highlights and messages out of one sheet; return the column of the messages, None without any."""
    if book.package.size(sheet.part) > LARGE:
        try:
            xml = open_sheet(book.package, sheet.part, max((area[2] for area in areas), default=0))
        except TooLargeError:
            return None
    else:
        data = book.package.read(sheet.part)
        if not areas and not headers and MARKER.encode() not in data:
            return None
        xml = SheetXml(data)
    before = xml.to_bytes()
    if not areas:
        found = next(iter(xml.find_strings(shared, lambda text: text in headers, _HEADER_ROWS)), None)
        areas = [(found[0], found[1], xml.last_row(), found[1])] if found else []
    for top, column, bottom, _ in areas:
        xml.remove_cells(column, top, bottom)
        xml.drop_width(column)
    xml.remove_rules()
    if xml.to_bytes() != before:
        save_sheet(book.package, sheet.part, xml)
    return areas[-1][1] if areas else None
