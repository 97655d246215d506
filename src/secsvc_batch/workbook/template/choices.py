"""The hidden sheet of choices, and the names by which drop-downs find them."""

from xlsxwriter.utility import xl_range_abs
from xlsxwriter.workbook import Workbook

from secsvc_batch.workbook.layout import Sheet
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content
from secsvc_batch.workbook.template.places import quoted
from secsvc_batch.workbook.template.styles import Styles
from secsvc_batch.workbook.template.validations import STAFF_NUMBERS, staff_sheet


def write_choices(workbook: Workbook, styles: Styles, content: Content, sheet: Sheet) -> None:
    """Write the hidden sheet of choices and define a name for each list on it.

    A list that depends on another cell stands in two columns: what is chosen there (``..._of``), sorted,
    and what is then offered (``..._first`` is its first cell).
    """
    worksheet = workbook.add_worksheet(sheet.name(content.lang))
    worksheet.hide()
    name = quoted(sheet.name(content.lang))
    column = 0

    def write(heading: str, items: tuple[str, ...]) -> str:
        nonlocal column
        worksheet.set_column(column, column, 24, styles.text)
        worksheet.write_string(0, column, heading, styles.optional)
        for row, item in enumerate(items, 1):
            worksheet.write_string(row, column, item, styles.text)
        cells = f"{name}!{xl_range_abs(1, column, max(len(items), 1), column)}"
        column += 1
        return cells

    for drop_down in content.drop_downs.values():
        workbook.define_name(drop_down.name, f"={write(drop_down.heading, drop_down.items)}")
    for key, dependent in content.dependents.items():
        of = write(dependent.heading, tuple(of for of, _ in dependent.pairs))
        offered = write(dependent.heading, tuple(item for _, item in dependent.pairs))
        workbook.define_name(f"{key}_of", f"={of}")
        workbook.define_name(f"{key}_first", "=" + offered.partition(":")[0])
    workbook.define_name(STAFF_NUMBERS, _filled_staff_numbers(content))


def _filled_staff_numbers(content: Content) -> str:
    """Return a formula for the staff numbers down to the last one that is filled in."""
    sheet, field = staff_sheet(content.layout)
    column = grid.FIRST_COLUMN + sheet.fields.index(field)
    name = quoted(sheet.name(content.lang))
    cells = f"{name}!{xl_range_abs(grid.FIRST_ROW, column, grid.last_row(sheet), column)}"
    first = f"{name}!{xl_range_abs(grid.FIRST_ROW, column, grid.FIRST_ROW, column)}"
    filled = f'SUMPRODUCT(MAX(({cells}<>"")*(ROW({cells})-{grid.FIRST_ROW})))'
    return f"=OFFSET({first},0,0,MAX(1,{filled}),1)"
