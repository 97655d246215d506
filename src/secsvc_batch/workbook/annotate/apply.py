"""Puts an annotation into a workbook that has none."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from secsvc_batch.workbook.annotate.book import Book, SheetPart, folded
from secsvc_batch.workbook.annotate.large import LARGE, TooLargeError
from secsvc_batch.workbook.annotate.model import LEVELS, Annotation, NewSheet
from secsvc_batch.workbook.annotate.newsheet import FORMULA_LIKE, SheetWriter, sheet_name
from secsvc_batch.workbook.annotate.sheet_xml import (
    OccupiedError,
    SheetXml,
    open_sheet,
    plain,
    save_sheet,
    selected,
    unselected,
)
from secsvc_batch.workbook.annotate.strip import NOTE_NAME, SHEET_NAME
from secsvc_batch.workbook.annotate.styles import QUOTED, Stylesheet, minimal, with_looks
from secsvc_batch.workbook.annotate.text import MAX_COLUMNS, Box, box, letters, range_lists, sheet_prefix


def apply(book: Book, annotation: Annotation, earlier: Mapping[str, int]) -> None:
    """Change the parts of ``book`` (not saved).

    ``earlier``: sheet name -> column in which messages stood before.
    """
    unknown = {level for levels in annotation.highlights.values() for level in levels} - set(LEVELS)
    if unknown:
        raise ValueError(f"unknown levels of highlights: {', '.join(sorted(unknown))}")
    styles = _styles(book)
    areas = _mark_sheets(book, annotation, styles, earlier)
    if annotation.sheets:
        _deselect_others(book)
        _add_sheets(book, annotation.sheets, styles)
    for number, (name, area) in enumerate(areas, 1):
        book.add_name(f"{NOTE_NAME}{number}", sheet_prefix(name) + _absolute(area), hidden=True)


def _styles(book: Book) -> Stylesheet:
    """Give the workbook's stylesheet our looks, or the workbook a stylesheet."""
    part = book.part_of("styles")
    if not part:
        # under the name that every program expects, and without a relation that leads nowhere
        dangling = book.relationships.by_type("styles")
        if dangling:
            book.relationships.remove(dangling.id)
        part = book.free_part("styles.xml") or book.free_part("styles{}.xml")
        book.add_part(part, "styles", minimal(book.namespace))
        book.package.settle(part)
    before = book.package.packed(part)
    sheet = with_looks(before)
    if sheet.packed is not before:
        book.package.write(part, sheet.packed)
    return sheet


def _mark_sheets(
    book: Book, annotation: Annotation, styles: Stylesheet, earlier: Mapping[str, int]
) -> list[tuple[str, Box]]:
    """Write highlights and messages; return (sheet name, area of the messages)."""
    areas = []
    done: set[str] = set()
    for name in annotation.touched():
        sheet = book.sheet(name)
        if sheet is None or sheet.kind != "worksheet" or sheet.part in done:
            continue
        done.add(sheet.part)
        area = _mark(book, sheet, annotation, styles, earlier)
        if area:
            areas.append((sheet.name, area))
    return areas


def _mark(
    book: Book, sheet: SheetPart, annotation: Annotation, styles: Stylesheet, earlier: Mapping[str, int]
) -> Box | None:
    """Write highlights and messages of one sheet; return the area of the messages."""
    name = next(name for name in annotation.touched() if folded(name) == folded(sheet.name))
    notes = annotation.notes.get(name, {})
    xml = open_sheet(book.package, sheet.part, max(notes, default=0))
    xml.remove_rules()
    xml.add_rules(_ranges(annotation.highlights.get(name, {})), styles.rules)
    area = None
    if notes and name in annotation.note_columns:
        header_row, column = annotation.note_columns[name]
        column = min(column, earlier.get(sheet.name, column))
        area = _write_notes(xml, annotation.note_header, header_row, column, notes, styles)
    if annotation.sheets:
        xml.deselect()
    save_sheet(book.package, sheet.part, xml)
    return area


def _ranges(levels: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the ranges of each level; a cell that has an error is not marked as a warning too."""
    errors = set(levels.get("error", ()))
    return {
        level: range_lists(cell for cell in cells if level == "error" or cell not in errors)
        for level, cells in levels.items()
    }


def _write_notes(
    xml: SheetXml, header: str, header_row: int, column: int, notes: Mapping[int, str], styles: Stylesheet
) -> Box | None:
    """Write the messages; return their area, None when there is no room right of the applicant's cells."""
    if column >= MAX_COLUMNS:
        return None
    texts = {row: (text, _style(text, "note", styles)) for row, text in notes.items()}
    if header_row and header:
        texts[header_row] = (header, _style(header, "note_header", styles))
    at = column
    try:
        xml.put_strings(at, texts)
    except OccupiedError:
        at = xml.last_column() + 1
        if at >= MAX_COLUMNS:
            return None
        xml.put_strings(at, texts)
    xml.set_width(at)
    return min(texts), at, max(texts), at


def _style(text: str, name: str, styles: Stylesheet) -> int:
    return styles.cells[name + QUOTED if text.startswith(FORMULA_LIKE) else name]


def _deselect_others(book: Book) -> None:
    """Take the mark of being selected off every sheet: sheets selected together are edited together."""
    package = book.package
    for sheet in book.sheets:
        part = package.find(sheet.part)
        if not part or not selected(partial(package.head, part), package.size(part)):
            continue
        if package.size(part) <= LARGE:
            package.write(part, unselected(plain(package.read(part))))
        else:
            with suppress(TooLargeError):
                xml = open_sheet(package, part)
                xml.deselect()
                save_sheet(package, part, xml)


def _add_sheets(book: Book, sheets: Sequence[NewSheet], styles: Stylesheet) -> None:
    taken = {folded(sheet.name) for sheet in book.sheets}
    names: list[str] = []
    for sheet in sheets:
        names.append(sheet_name(sheet.name, taken))
        taken.add(folded(names[-1]))
    # of several sheets that asked for one name, links mean the first
    renamed = {sheet.name: name for sheet, name in reversed(list(zip(sheets, names, strict=True)))}
    for index, (sheet, name) in enumerate(zip(sheets, names, strict=True)):
        writer = SheetWriter(sheet, styles.cells, renamed, date1904=book.date1904)
        book.add_sheet(index, name, writer.to_bytes(book.namespace, selected=index == 0))
    for index, (sheet, name) in enumerate(zip(sheets, names, strict=True)):
        start = sheet_prefix(name)
        book.add_name(f"{SHEET_NAME}{index + 1}", f"{start}$A$1", hidden=True)
        if sheet.title_rows:
            first, _, last = sheet.title_rows.partition(":")
            book.add_name("_xlnm.Print_Titles", f"{start}${first}:${last or first}", index)
        if sheet.autofilter:
            book.add_name(
                "_xlnm._FilterDatabase", start + _absolute(box(sheet.autofilter)), index, hidden=True
            )
    book.open_at_first()


def _absolute(area: Box) -> str:
    top, left, bottom, right = area
    start = f"${letters(left)}${top}"
    return start if area[:2] == area[2:] else f"{start}:${letters(right)}${bottom}"
