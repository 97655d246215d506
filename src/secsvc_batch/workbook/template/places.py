"""Where the columns of the template are, as formulas name them."""

from dataclasses import dataclass
from functools import cached_property

from xlsxwriter.utility import xl_col_to_name

from secsvc_batch.workbook.layout import Sheet
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content


def quoted(name: str) -> str:
    """Return a sheet's name as formulas write it."""
    return "'" + name.replace("'", "''") + "'"


@dataclass(frozen=True)
class Places:
    """References to the columns of the sheets of one template.

    ``here`` references are relative to the row, as defined names hold them (row 1 stands for the row
    in which the name is used); all others are absolute.
    """

    content: Content

    @cached_property
    def sheets(self) -> dict[str, Sheet]:
        return self.content.layout.by_id

    def sheet(self, sheet_id: str) -> str:
        return quoted(self.sheets[sheet_id].name(self.content.lang))

    def column(self, sheet_id: str, field_id: str) -> str:
        """Return the letters of a column."""
        fields = self.sheets[sheet_id].fields
        index = next(i for i, field in enumerate(fields) if field.id == field_id)
        return str(xl_col_to_name(grid.FIRST_COLUMN + index))

    def last_column(self, sheet_id: str) -> str:
        return self.column(sheet_id, self.sheets[sheet_id].fields[-1].id)

    def here(self, sheet_id: str, field_id: str) -> str:
        """Return the cell of a field in the same row."""
        return f"{self.sheet(sheet_id)}!${self.column(sheet_id, field_id)}1"

    def row_here(self, sheet_id: str, *, locked: bool = True) -> str:
        """Return the cells of the same row; without ``locked`` from the first field to fill in on."""
        fields = self.sheets[sheet_id].fields
        first = fields[0] if locked else next(field for field in fields if not field.locked)
        name, column = self.sheet(sheet_id), self.column(sheet_id, first.id)
        return f"{name}!${column}1:${self.last_column(sheet_id)}1"

    def all(self, sheet_id: str, field_id: str) -> str:
        """Return all cells of a field within the capacity."""
        column, last = self.column(sheet_id, field_id), grid.last_row(self.sheets[sheet_id]) + 1
        return f"{self.sheet(sheet_id)}!${column}${grid.FIRST_ROW + 1}:${column}${last}"

    def at(self, sheet_id: str, field_id: str, row: int) -> str:
        """Return the cell of a field in ``row`` (0-based)."""
        return f"{self.sheet(sheet_id)}!${self.column(sheet_id, field_id)}${row + 1}"

    def below(self, sheet_id: str, first: int | None = None) -> str:
        """Return the cells below the capacity (or from row ``first``, 0-based, to its end)."""
        name, sheet = self.sheet(sheet_id), self.sheets[sheet_id]
        left = self.column(sheet_id, sheet.fields[0].id)
        end = grid.last_row(sheet) + 1
        top, bottom = (end + 1, end + _LOOKED_BELOW) if first is None else (first + 1, end)
        return f"{name}!${left}${top}:${self.last_column(sheet_id)}${bottom}"

    def headers(self, sheet_id: str) -> list[str]:
        """Return the cells of the headers."""
        return [self.at(sheet_id, field.id, grid.HEADER_ROW) for field in self.sheets[sheet_id].fields]


_LOOKED_BELOW = 2000
