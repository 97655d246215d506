"""The sheets of a template: the form, the tables and the hidden lists."""

from collections.abc import Mapping, Sequence
from datetime import date

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from secsvc_batch.messages import word
from secsvc_batch.workbook.layout import Field, Sheet
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content, PrefilledRow
from secsvc_batch.workbook.template.styles import MUTED, NAVY, REQUIRED_MARK, Styles
from secsvc_batch.workbook.template.validations import STAFF_NUMBERS, add_validation, staff_sheet
from secsvc_batch.workbook.template.values import EPOCH, Row, Value, is_blank, text_of

_A4 = 9
_FORM_LABEL, _FORM_VALUE, _FORM_HINT = grid.FIRST_COLUMN, grid.FIRST_COLUMN + 1, grid.FIRST_COLUMN + 2
_FORM_WIDTHS = (18, 46, 56)
_TAB_INPUT, _TAB_PREFILLED = NAVY, MUTED


def write_cell(worksheet: Worksheet, row: int, column: int, value: Value, style: Format) -> None:
    """Write ``value`` with ``style``; text is never taken for a formula, a link or a number."""
    text = text_of(value)
    if text is not None:
        if text:
            worksheet.write_string(row, column, text, style)
    elif isinstance(value, date):
        worksheet.write_number(row, column, value.toordinal() - EPOCH, style)
    elif isinstance(value, (int, float)):
        worksheet.write_number(row, column, value, style)


def set_page(worksheet: Worksheet, lang: str, *, landscape: bool = True) -> None:
    """Set up ``worksheet`` to print on A4, one page wide."""
    if landscape:
        worksheet.set_landscape()
    worksheet.set_paper(_A4)
    worksheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    worksheet.fit_to_pages(1, 0)
    worksheet.set_footer("&C" + word("template.footer", lang))


def _open(workbook: Workbook, styles: Styles, content: Content, sheet: Sheet, capacity: str) -> Worksheet:
    """Add a sheet with its title, its line of help and what it has room for."""
    lang = content.lang
    worksheet = workbook.add_worksheet(sheet.name(lang))
    worksheet.set_default_row(grid.LINE_HEIGHT + 1)
    worksheet.hide_gridlines(2)
    worksheet.set_column(0, 0, grid.MARK_WIDTH)
    worksheet.set_row(grid.TITLE_ROW, 27)
    worksheet.write_string(grid.TITLE_ROW, grid.FIRST_COLUMN, sheet.name(lang), styles.title)
    worksheet.write_string(
        grid.HELP_ROW, grid.FIRST_COLUMN, sheet.help(lang) if sheet.help else "", styles.help
    )
    worksheet.write_string(grid.CAPACITY_ROW, grid.FIRST_COLUMN, capacity, styles.capacity)
    set_page(worksheet, lang)
    return worksheet


def write_form(workbook: Workbook, styles: Styles, content: Content, sheet: Sheet, values: Row) -> None:
    """Write the sheet ``sheet`` with one labelled cell per field."""
    worksheet = _open(workbook, styles, content, sheet, word("template.form_capacity", content.lang))
    worksheet.set_tab_color(_TAB_INPUT)
    for offset, width in enumerate(_FORM_WIDTHS):
        worksheet.set_column(_FORM_LABEL + offset, _FORM_LABEL + offset, width)
    for row, field in enumerate(sheet.fields, grid.FIRST_ROW):
        style = styles.form_date if field.type == "date" else styles.form_text
        worksheet.set_row(row, 24)
        worksheet.write_string(row, _FORM_LABEL, field.label(content.lang), styles.header(field))
        worksheet.write_blank(row, _FORM_VALUE, None, style)
        write_cell(worksheet, row, _FORM_VALUE, values.get(field.id), style)
        if field.help:
            worksheet.write_string(row, _FORM_HINT, field.help(content.lang), styles.hint)
        add_validation(worksheet, content, sheet, field, (row, _FORM_VALUE, row, _FORM_VALUE))
    worksheet.freeze_panes(grid.FIRST_ROW, 0)


def write_table(
    workbook: Workbook, styles: Styles, content: Content, sheet: Sheet, rows: Sequence[Row]
) -> None:
    """Write the sheet ``sheet``: headers, pre-filled rows and the applicant's ``rows``."""
    key = "template.capacity_prefilled" if sheet.prefilled else "template.capacity"
    worksheet = _open(workbook, styles, content, sheet, word(key, content.lang, rows=sheet.capacity))
    worksheet.set_tab_color(_TAB_PREFILLED if sheet.prefilled else _TAB_INPUT)
    prefilled = content.prefilled(sheet)
    widths = _widths(content, sheet, prefilled)
    _write_headers(worksheet, styles, content, sheet, widths)
    lines = {
        row: _write_prefilled(worksheet, styles, sheet, widths, row, entry)
        for row, entry in enumerate(prefilled, grid.FIRST_ROW)
    }
    columns = _columns(styles, sheet)
    for row, values in _placed(sheet, prefilled, rows):
        for field_id, value in values.items():
            column, style = columns[field_id]
            write_cell(worksheet, row, column, value, style)
            text = text_of(value)
            if text is not None:
                lines[row] = max(lines.get(row, 1), grid.lines_of(text, widths[column]))
    for row, needed in lines.items():
        if needed > 1:
            worksheet.set_row(row, grid.height_of(needed))
    first, last = grid.FIRST_COLUMN, grid.FIRST_COLUMN + len(sheet.fields) - 1
    _rule_lines(worksheet, styles, (grid.FIRST_ROW, first, grid.last_row(sheet), last))
    worksheet.freeze_panes(grid.FIRST_ROW, grid.FIRST_COLUMN + 1)
    worksheet.repeat_rows(grid.HEADER_ROW)


def _widths(content: Content, sheet: Sheet, prefilled: Sequence[PrefilledRow]) -> dict[int, float]:
    """Return the width of each column, by its number."""
    widths = {}
    for column, field in enumerate(sheet.fields, grid.FIRST_COLUMN):
        width = grid.header_width(field.label(content.lang), field.width)
        if field.locked:
            texts = tuple(entry.locked.get(field.id, "") for entry in prefilled)
            width = grid.locked_width(texts, width)
        widths[column] = width
    return widths


def _write_headers(
    worksheet: Worksheet, styles: Styles, content: Content, sheet: Sheet, widths: Mapping[int, float]
) -> None:
    height = 0
    for column, field in enumerate(sheet.fields, grid.FIRST_COLUMN):
        label = field.label(content.lang)
        worksheet.set_column(column, column, widths[column], styles.column(field))
        worksheet.write_string(grid.HEADER_ROW, column, label, styles.header(field))
        height = max(height, grid.height_for(label + REQUIRED_MARK, widths[column]))
        cells = (grid.FIRST_ROW, column, grid.last_row(sheet), column)
        add_validation(worksheet, content, sheet, field, cells)
    worksheet.set_row(grid.HEADER_ROW, max(height, 26))


def _write_prefilled(
    worksheet: Worksheet,
    styles: Styles,
    sheet: Sheet,
    widths: Mapping[int, float],
    row: int,
    entry: PrefilledRow,
) -> int:
    """Write a pre-filled row and return how many lines it needs."""
    lines = 1
    for column, field in enumerate(sheet.fields, grid.FIRST_COLUMN):
        if field.locked:
            text = entry.locked.get(field.id, "")
            worksheet.write_string(row, column, text, styles.locked)
            lines = max(lines, grid.lines_of(text, widths[column]))
        elif not _asked(field, entry):
            worksheet.write_blank(row, column, None, _unused(styles, field))
    return lines


def _asked(field: Field, entry: PrefilledRow) -> bool:
    return not field.only_checks or entry.check in field.only_checks


def _unused(styles: Styles, field: Field) -> Format:
    return styles.unused_date if field.type == "date" else styles.unused


def _columns(styles: Styles, sheet: Sheet) -> dict[str, tuple[int, Format]]:
    return {
        f.id: (c, styles.locked if f.locked else styles.column(f))
        for c, f in enumerate(sheet.fields, grid.FIRST_COLUMN)
    }


def _placed(
    sheet: Sheet, prefilled: Sequence[PrefilledRow], rows: Sequence[Row]
) -> list[tuple[int, dict[str, Value]]]:
    """Give each of ``rows`` its place: its pre-filled row, or the next free one below.

    A second row of one clause, and a clause that has no row of its own, stand below. In a row of its
    own a locked text that is left blank stays as it is.
    """
    free = {entry.clause: row for row, entry in reversed(list(enumerate(prefilled, grid.FIRST_ROW)))}
    key = next((field.id for field in sheet.fields if field.type == "clause"), "")
    below = grid.FIRST_ROW + len(prefilled)
    placed: list[tuple[int, dict[str, Value]]] = []
    for values in rows:
        place = free.pop(text_of(values.get(key)) or "", None)
        if place is None:
            place, below = below, below + 1
        placed.append((place, {name: value for name, value in values.items() if not is_blank(value)}))
    return placed


def _rule_lines(worksheet: Worksheet, styles: Styles, cells: tuple[int, int, int, int]) -> None:
    """Draw thin lines around the cells of the capacity.

    By a conditional format: hundreds of bordered blank cells would swell every file.
    """
    worksheet.conditional_format(*cells, {"type": "formula", "criteria": "=TRUE", "format": styles.grid})


def write_lists(workbook: Workbook, styles: Styles, content: Content, sheet: Sheet) -> None:
    """Write the hidden sheet of choices and define a name for each list on it."""
    worksheet = workbook.add_worksheet(sheet.name(content.lang))
    worksheet.hide()
    name = _quoted(sheet.name(content.lang))
    for column, drop_down in enumerate(content.drop_downs.values()):
        worksheet.set_column(column, column, 24, styles.text)
        worksheet.write_string(0, column, drop_down.heading, styles.optional)
        for row, item in enumerate(drop_down.items, 1):
            worksheet.write_string(row, column, item, styles.text)
        last = max(len(drop_down.items), 1)
        workbook.define_name(drop_down.name, f"={name}!{xl_range_abs(1, column, last, column)}")
    workbook.define_name(STAFF_NUMBERS, _filled_staff_numbers(content))


def _filled_staff_numbers(content: Content) -> str:
    """Return a formula for the staff numbers down to the last one that is filled in."""
    sheet, field = staff_sheet(content.layout)
    column = grid.FIRST_COLUMN + sheet.fields.index(field)
    name = _quoted(sheet.name(content.lang))
    cells = f"{name}!{xl_range_abs(grid.FIRST_ROW, column, grid.last_row(sheet), column)}"
    first = f"{name}!{xl_range_abs(grid.FIRST_ROW, column, grid.FIRST_ROW, column)}"
    filled = f'SUMPRODUCT(MAX(({cells}<>"")*(ROW({cells})-{grid.FIRST_ROW})))'
    return f"=OFFSET({first},0,0,MAX(1,{filled}),1)"


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
