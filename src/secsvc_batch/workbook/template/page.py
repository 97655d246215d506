"""What all sheets have in common: title, printed page, protection."""

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from secsvc_batch.messages import word
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.places import quoted
from secsvc_batch.workbook.template.styles import Styles
from secsvc_batch.workbook.template.worksheet import PlainWorksheet

_A4 = 9
_ALLOWED = ("format_columns", "format_rows", "sort", "autofilter", "insert_hyperlinks", "format_cells")


def add_sheet(workbook: Workbook, styles: Styles, name: str, help_text: str, tab: str) -> Worksheet:
    """Add a sheet with its title and its line of help."""
    sheet = workbook.add_worksheet(name, PlainWorksheet)
    sheet.set_tab_color(tab)
    sheet.set_default_row(grid.LINE_HEIGHT + 1)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, grid.MARK_WIDTH)
    sheet.set_row(grid.TITLE_ROW, 27, styles.plain)
    sheet.set_row(grid.HELP_ROW, grid.LINE_HEIGHT + 3, styles.plain)
    sheet.write_string(grid.TITLE_ROW, grid.FIRST_COLUMN, name, styles.title)
    sheet.write_string(grid.HELP_ROW, grid.FIRST_COLUMN, help_text, styles.help)
    return sheet


def set_page(worksheet: Worksheet, lang: str, *, landscape: bool = True, wide: int = 1) -> None:
    """Set up ``worksheet`` to print on A4, so many pages wide."""
    if landscape:
        worksheet.set_landscape()
    worksheet.set_paper(_A4)
    worksheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    worksheet.fit_to_pages(wide, 0)
    worksheet.set_footer("&C" + word("template.footer", lang))


def mark_titles(
    workbook: Workbook, worksheet: Worksheet, row: int, column: int, *, beside: bool = False
) -> None:
    """Name the cell in which headers begin (``beside``: labels), so that screen readers read them out.

    The name is the one that they look for; Excel has no other mark for headers outside its own tables.
    """
    sheet, name = quoted(worksheet.get_name()), "RowTitle" if beside else "ColumnTitle"
    workbook.define_name(f"{sheet}!{name}", f"={sheet}!{xl_rowcol_to_cell(row, column, True, True)}")


def protect(worksheet: Worksheet) -> None:
    """Protect what is not to be filled in, without a password; layout stays free."""
    worksheet.protect("", dict.fromkeys(_ALLOWED, True))
