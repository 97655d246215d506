"""All applicants' sheets as one frame per sheet kind, with the source of every cell carried along."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.workbook.layout import Layout, Sheet
from secsvc_batch.workbook.limits import MAX_COLUMN
from secsvc_batch.workbook.reader import SheetData, Submission
from secsvc_batch.workbook.sheetxml import column_letters

Ints = NDArray[np.int32]
Objects = NDArray[np.object_]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _Places:
    """Where one sheet kind stands in each file. Arrays by applicant, or applicant x field.

    Columns are 0-based, -1 where missing; ``field_rows`` (forms only) are 1-based.
    """

    fields: dict[str, int]
    names: Objects
    header_rows: Ints
    note_columns: Ints
    columns: NDArray[np.int16]
    field_rows: Ints | None


class SourceMap:
    """File, sheet and cell of everything that was read."""

    def __init__(self, places: dict[str, _Places]) -> None:
        self._places = places

    def sheet_names(self, kind: str, applicants: NDArray[Any]) -> Objects:
        """Return the sheet's name in each applicant's workbook, '' where it is missing."""
        names: Objects = self._places[kind].names[applicants]
        return names

    def cells(
        self, kind: str, field: str | NDArray[Any], applicants: NDArray[Any], rows: NDArray[Any]
    ) -> Objects:
        """Return addresses such as 'C12', '' where the column is missing.

        ``field`` is one name or an array of names; ``applicants`` and ``rows`` are arrays of one
        length. In a form the address is that of the field's own cell, whatever ``rows`` says.
        """
        places = self._places[kind]
        applicants = np.asarray(applicants)
        at = self._positions(places, field, len(applicants))
        # a field that the sheet does not have is nowhere
        columns = np.where(at < 0, -1, places.columns[applicants, at])
        numbers = np.asarray(rows) if places.field_rows is None else places.field_rows[applicants, at]
        texts = np.array(list(map(str, numbers.tolist())), dtype=object)
        addresses: Objects = _letters()[columns] + texts if len(texts) else texts
        addresses[columns < 0] = ""
        return addresses

    def columns(self, kind: str, field: str) -> NDArray[np.int16]:
        """Return the 0-based column of a field by applicant, -1 where it is missing."""
        places = self._places[kind]
        return places.columns[:, places.fields[field]]

    def note_columns(self, kind: str) -> Ints:
        """Return the 0-based column for messages by applicant, -1 where the sheet is missing."""
        return self._places[kind].note_columns

    def header_rows(self, kind: str) -> Ints:
        """Return the 1-based header row by applicant, 0 for forms and where the sheet is missing."""
        return self._places[kind].header_rows

    def missing(self, kind: str, field: str) -> Bools:
        """Tell by applicant whether the sheet or the column of ``field`` is missing."""
        return np.asarray(self.columns(kind, field) < 0)

    @staticmethod
    def _positions(places: _Places, field: str | NDArray[Any], length: int) -> NDArray[np.intp]:
        if isinstance(field, str):
            return np.full(length, places.fields.get(field, -1), dtype=np.intp)
        return np.fromiter((places.fields.get(name, -1) for name in field), np.intp, length)


@dataclass(frozen=True)
class RawTables:
    """What was read of all applicants.

    ``files``: one row per applicant (index = applicant number) with file, stem, sha256,
    template_version and edition. ``sheets``: per kind applicant, row (int32; 0 in a form) and every
    field of the layout as raw cells (object; None where blank or missing).
    """

    files: pd.DataFrame
    sheets: dict[str, pd.DataFrame]
    source: SourceMap


def concat(submissions: Sequence[Submission], layout: Layout) -> RawTables:
    """Return the sheets of all ``submissions`` one below the other; refused ones must not be among them."""
    names = np.array([submission.file for submission in submissions], dtype=object)
    files = pd.DataFrame(
        {
            "file": names,
            "stem": [PurePosixPath(name).stem for name in names],
            "sha256": [submission.sha256 for submission in submissions],
            "template_version": [submission.template_version for submission in submissions],
            "edition": [submission.edition for submission in submissions],
        },
        dtype=object,
    )
    sheets, places = {}, {}
    for sheet in layout.tables:
        data = [submission.sheets.get(sheet.id) for submission in submissions]
        sheets[sheet.id] = _frame(sheet, data)
        places[sheet.id] = _locate(sheet, data)
    return RawTables(files, sheets, SourceMap(places))


def _frame(sheet: Sheet, data: Sequence[SheetData | None]) -> pd.DataFrame:
    lengths = [len(one.rows) if one else 0 for one in data]
    total = sum(lengths)
    columns: dict[str, Any] = {
        "applicant": np.repeat(np.arange(len(data), dtype=np.int32), lengths),
        "row": np.fromiter(chain.from_iterable(one.rows for one in data if one), np.int32, total),
    }
    for field in sheet.fields:
        parts = (one.cells.get(field.id) or repeat(None, len(one.rows)) for one in data if one)
        values = np.empty(total, dtype=object)
        values[:] = list(chain.from_iterable(parts))
        columns[field.id] = pd.Series(values, dtype=object)
    return pd.DataFrame(columns)


def _locate(sheet: Sheet, data: Sequence[SheetData | None]) -> _Places:
    count, fields = len(data), {field.id: number for number, field in enumerate(sheet.fields)}
    columns = np.full((count, len(fields)), -1, dtype=np.int16)
    field_rows = np.zeros((count, len(fields)), dtype=np.int32) if sheet.shape == "form" else None
    names = np.full(count, "", dtype=object)
    header_rows, note_columns = np.zeros(count, np.int32), np.full(count, -1, np.int32)
    for number, one in enumerate(data):
        if one is None:
            continue
        names[number], header_rows[number], note_columns[number] = one.name, one.header_row, one.note_column
        columns[number, [fields[name] for name in one.columns]] = list(one.columns.values())
        if field_rows is not None:
            field_rows[number, [fields[name] for name in one.field_rows]] = list(one.field_rows.values())
    return _Places(fields, names, header_rows, note_columns, columns, field_rows)


@cache
def _letters() -> Objects:
    """Letters by 0-based column."""
    return np.array([column_letters(column) for column in range(MAX_COLUMN)], dtype=object)
