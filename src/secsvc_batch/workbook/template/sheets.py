"""The sheets of a template that are filled in: the form and the tables."""

from collections.abc import Mapping, Sequence
from datetime import date

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from secsvc_batch.messages import word
from secsvc_batch.workbook.layout import Field, Sheet
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.checks import cell_message, row_message
from secsvc_batch.workbook.template.content import Content, PrefilledRow
from secsvc_batch.workbook.template.page import add_sheet, mark_titles, protect, set_page
from secsvc_batch.workbook.template.precheck.plan import Plan
from secsvc_batch.workbook.template.styles import MUTED, NAVY, REQUIRED_MARK, Styles
from secsvc_batch.workbook.template.validations import add_validation
from secsvc_batch.workbook.template.values import EPOCH, Row, Value, is_blank, text_of

_FORM_LABEL, _FORM_VALUE, _FORM_HINT = grid.FIRST_COLUMN, grid.FIRST_COLUMN + 1, grid.FIRST_COLUMN + 2
_FORM_MESSAGE = _FORM_HINT + 1
_FORM_WIDTHS = (18, 46, 62, 40)
_TAB_INPUT, _TAB_PREFILLED = NAVY, MUTED
_WIDE = 200
"""Columns wider than this are printed on two pages: one would be too small to read."""


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


def _open(workbook: Workbook, styles: Styles, content: Content, sheet: Sheet, capacity: str) -> Worksheet:
    """Add a sheet with its title and a line of help, which also says what the sheet has room for."""
    lang = content.lang
    tab = _TAB_PREFILLED if sheet.prefilled else _TAB_INPUT
    help_text = "　".join([*([sheet.help(lang)] if sheet.help else []), capacity])
    worksheet = add_sheet(workbook, styles, sheet.name(lang), help_text, tab)
    worksheet.set_row(grid.EXAMPLE_ROW, grid.LINE_HEIGHT + 3, styles.plain)
    worksheet.set_selection(*grid.first_input(sheet), *grid.first_input(sheet))
    return worksheet


def write_form(
    workbook: Workbook, styles: Styles, content: Content, sheet: Sheet, values: Row, plan: Plan
) -> None:
    """Write the sheet ``sheet`` with one labelled cell per field."""
    worksheet = _open(workbook, styles, content, sheet, word("template.form_capacity", content.lang))
    for offset, width in enumerate(_FORM_WIDTHS):
        worksheet.set_column(_FORM_LABEL + offset, _FORM_LABEL + offset, width)
    for row, field in enumerate(sheet.fields, grid.FIRST_ROW):
        style = styles.form_date if field.type == "date" else styles.form_text
        worksheet.set_row(row, 24)
        worksheet.write_string(row, _FORM_LABEL, field.label(content.lang), styles.header(field))
        worksheet.write_blank(row, _FORM_VALUE, None, style)
        write_cell(worksheet, row, _FORM_VALUE, values.get(field.id), style)
        worksheet.write_string(row, _FORM_HINT, _form_hint(content, field), styles.hint)
        cell, message = (xl_rowcol_to_cell(row, column) for column in (_FORM_VALUE, _FORM_MESSAGE))
        worksheet.write_formula(
            row, _FORM_MESSAGE, f"={cell_message(sheet, field, plan, cell)}", styles.message, ""
        )
        mark = f'=IF(LEN({message})>0,"▲",IF(LEN({cell})=0,"","○"))'
        worksheet.write_formula(row, 0, mark, styles.mark, "")
        add_validation(worksheet, content, sheet, field, (row, _FORM_VALUE, row, _FORM_VALUE))
    last = grid.FIRST_ROW + len(sheet.fields) - 1
    _colour_marks(worksheet, styles, last)
    worksheet.freeze_panes(grid.FIRST_ROW, 0)
    mark_titles(workbook, worksheet, grid.FIRST_ROW, _FORM_LABEL, beside=True)
    set_page(worksheet, content.lang)
    protect(worksheet)


def _form_hint(content: Content, field: Field) -> str:
    lang = content.lang
    example = word("template.example", lang, text=field.example(lang)) if field.example else ""
    return "　".join(part for part in (field.help(lang) if field.help else "", example) if part)


def write_table(
    workbook: Workbook, styles: Styles, content: Content, sheet: Sheet, rows: Sequence[Row]
) -> None:
    """Write the sheet ``sheet``: headers, pre-filled rows and the applicant's ``rows``."""
    key = "template.capacity_prefilled" if sheet.prefilled else "template.capacity"
    worksheet = _open(workbook, styles, content, sheet, word(key, content.lang, rows=sheet.capacity))
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
    if prefilled:
        below = (grid.FIRST_ROW, first, grid.FIRST_ROW + len(prefilled) - 1, last)
        worksheet.conditional_format(
            *below, {"type": "formula", "criteria": f"=asked_{sheet.id}=0", "format": styles.not_asked}
        )
    # the rows below pre-filled ones are seldom needed
    last_ruled = grid.FIRST_ROW + len(prefilled) - 1 if prefilled else grid.last_row(sheet)
    _rule_lines(worksheet, styles, (grid.FIRST_ROW, first, last_ruled, last))
    _write_marks(worksheet, styles, content, sheet)
    _write_summary(worksheet, styles, content, sheet)
    worksheet.freeze_panes(grid.FIRST_ROW, grid.FIRST_COLUMN + 1)
    mark_titles(workbook, worksheet, grid.HEADER_ROW, 0)
    worksheet.repeat_rows(grid.HEADER_ROW)
    wide = sum(widths.values()) > _WIDE
    if wide:
        worksheet.repeat_columns(0, grid.FIRST_COLUMN)
    set_page(worksheet, content.lang, wide=2 if wide else 1)
    protect(worksheet)


def _write_marks(worksheet: Worksheet, styles: Styles, content: Content, sheet: Sheet) -> None:
    """Write the mark at the left and the message at the right of every row within the capacity."""
    message = grid.FIRST_COLUMN + len(sheet.fields)
    lang, last = content.lang, grid.last_row(sheet)
    worksheet.set_column(message, message, grid.MESSAGE_WIDTH)
    worksheet.write_string(grid.HEADER_ROW, 0, word("template.mark_header", lang), styles.locked_header)
    worksheet.write_string(
        grid.HEADER_ROW, message, word("template.message_header", lang), styles.locked_header
    )
    for row in range(grid.FIRST_ROW, last + 1):
        worksheet.write_formula(row, 0, f"=mark_{sheet.id}", styles.mark, "")
        worksheet.write_formula(row, message, f"=message_{sheet.id}", styles.message, "")
    _colour_marks(worksheet, styles, last)


def _write_summary(worksheet: Worksheet, styles: Styles, content: Content, sheet: Sheet) -> None:
    """Say above the headers, where it is always seen, how many rows have something to mend, and the first."""
    marks, messages = (
        xl_range_abs(grid.FIRST_ROW, column, grid.last_row(sheet), column)
        for column in (0, grid.FIRST_COLUMN + len(sheet.fields))
    )
    first = f'MATCH("▲",{marks},0)'
    values = {
        "count": f'COUNTIF({marks},"▲")',
        "row": f"({first}+{grid.FIRST_ROW})",
        "message": f"INDEX({messages},{first})",
    }
    sentence = word("template.summary", content.lang, **{name: f"{{{name}}}" for name in values})
    text = f.filled(sentence, values)
    formula = f'=IF({values["count"]}=0,"",{text})'
    worksheet.write_formula(grid.TITLE_ROW, grid.SUMMARY_COLUMN, formula, styles.doubt_line, "")


def _colour_marks(worksheet: Worksheet, styles: Styles, last: int) -> None:
    for symbol, style in (("▲", styles.bad), ("○", styles.good)):
        worksheet.conditional_format(
            grid.FIRST_ROW, 0, last, 0,
            {"type": "cell", "criteria": "==", "value": f'"{symbol}"', "format": style},
        )  # fmt: skip


def define_row_names(content: Content, plan: Plan) -> None:
    """Add to ``plan`` the mark and the message of the rows of every table."""
    for sheet in content.layout.tables:
        if sheet.shape != "table":
            continue
        if sheet.prefilled:
            plan.aligned(f"asked_{sheet.id}", [_asked_for(content, row) for row in content.prefilled(sheet)])
        message = xl_col_to_name(grid.FIRST_COLUMN + len(sheet.fields), True)
        told = f"{plan.places.sheet(sheet.id)}!{message}1"
        content_here = f"COUNTA({plan.places.row_here(sheet.id, locked=sheet.prefilled is None)})"
        plan.name(f"message_{sheet.id}", row_message(sheet, plan))
        # a row that is not asked for shows so by more than its colour
        blank = f'IF(asked_{sheet.id}&""="0","－","")' if sheet.prefilled else '""'
        plan.name(f"mark_{sheet.id}", f'IF(LEN({told})>0,"▲",IF({content_here}=0,{blank},"○"))')


def _asked_for(content: Content, row: PrefilledRow) -> str:
    """1 where the service of a pre-filled row is applied for, 0 where others are, 2 where none is yet."""
    service = content.standard.service_of(row.clause).id
    return f"IF(services_filled=0,2,IF(service_{service}>0,1,0))"


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
        _write_example(worksheet, styles, content, column, field)
        height = max(height, grid.height_for(label + REQUIRED_MARK, widths[column]))
        cells = (grid.FIRST_ROW, column, grid.last_row(sheet), column)
        add_validation(worksheet, content, sheet, field, cells)
    worksheet.set_row(grid.HEADER_ROW, max(height, 26))


def _write_example(worksheet: Worksheet, styles: Styles, content: Content, column: int, field: Field) -> None:
    """Write an example above the header: the first one says so, and what stands there is never data.

    The blank in front keeps it from being offered to complete what somebody types in the column.
    """
    text = field.example(content.lang) if field.example else ""
    if column == grid.FIRST_COLUMN:
        text = word("template.example", content.lang, text=text)
    worksheet.write_string(grid.EXAMPLE_ROW, column, f" {text}" if text else "", styles.example)


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
        field.id: (column, styles.locked if field.locked else styles.column(field))
        for column, field in enumerate(sheet.fields, grid.FIRST_COLUMN)
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
