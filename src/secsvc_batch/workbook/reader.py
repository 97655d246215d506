"""A workbook handed in -> its sheets as columns of raw values, with the place of every value.

Preflight first, then values by python-calamine. Sheets are found by name (else by their headers),
fields by header or label text in either language. What is wrong with the *file* comes back as
findings; what is wrong with a *value* is left to validation, which sees the raw text.
"""

import bisect
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from dataclasses import field as default
from datetime import date
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from secsvc_batch.tables.cells import ERROR_TEXTS, UNCACHED, RawCell
from secsvc_batch.workbook.headers import (
    Found,
    Row,
    is_annotation,
    locate,
    resemblance,
    suggestions,
    unread_columns,
)
from secsvc_batch.workbook.layout import Field, Layout, Sheet, fold
from secsvc_batch.workbook.limits import LIMITS, Limits, RefusedFileError
from secsvc_batch.workbook.preflight import Package, SheetPart, fingerprint, preflight
from secsvc_batch.workbook.readable import readable, sheet_name
from secsvc_batch.workbook.sheetxml import SheetScan, address, column_letters, first_number
from secsvc_batch.workbook.values import clean, has_unseen, visible

__all__ = ["UNCACHED", "FileFinding", "RawCell", "SheetData", "Submission", "read_submission"]

VERSION_PROPERTY = "secsvc_template_version"
EDITION_PROPERTY = "secsvc_edition"
BASE_DATE_PROPERTY = "secsvc_base_date"
# a message names this many cells or ranges
_NAMED = 8
# of a sheet of an unknown name: enough to see headers
_PEEKED_SHEETS, _PEEKED_ROWS, _PEEKED_COLUMNS = 64, 200, 256
# a number cell holds fifteen digits, what was typed behind them is lost
_TOO_LONG = 1e15

Values = list[Sequence[Any]]


@dataclass(frozen=True)
class FileFinding:
    """Something wrong with a file as a whole, one of its sheets or headers.

    ``code`` is in messages/findings.yaml and ``params`` fill its placeholders; ``sheet`` is the
    sheet's name as it stands in the workbook (the template's name where it is missing).
    """

    code: str
    sheet: str = ""
    cell: str = ""
    row: int = 0
    field: str = ""
    raw: str = ""
    params: dict[str, str] = default(default_factory=dict)


@dataclass
class SheetData:
    """One sheet kind of one workbook.

    ``columns``: field -> 0-based column (of the value cell in a form); a field that was not found is
    missing. ``field_rows``: in a form field -> 1-based row of its value cell. ``rows``: 1-based
    numbers of the rows with data ([0] in a form). ``cells``: field -> one value per entry of
    ``rows``. ``note_column``: 0-based first free column right of everything, or the one in which
    messages of an earlier annotation stand.
    """

    kind: str
    name: str
    header_row: int
    columns: dict[str, int]
    field_rows: dict[str, int]
    rows: list[int]
    cells: dict[str, list[RawCell]]
    note_column: int


@dataclass
class Submission:
    """One file of a round. ``refused``: nothing could be read, ``findings`` say why.

    ``base_date``: what the office wrote into the template's properties, as it stands there.
    """

    path: Path
    file: str
    sha256: str
    size: int
    template_version: str = ""
    edition: str = ""
    sheets: dict[str, SheetData] = default(default_factory=dict)
    findings: list[FileFinding] = default(default_factory=list)
    refused: bool = False
    base_date: str = ""


def read_submission(
    path: Path,
    file: str,
    layout: Layout,
    edition: str,
    limits: Limits = LIMITS,
    known: tuple[str, int] | None = None,
) -> Submission:
    """Read one workbook. ``file`` is its name within the round, ``edition`` the round's edition.

    ``known``: what ``fingerprint`` gave for the file, where somebody asked already. A file that cannot be
    read gives a refused submission with one finding; nothing is raised for it.
    """
    sha256, size = known or fingerprint(path)
    submission = Submission(path, file, sha256, size)
    try:
        _Reading(preflight(path, limits), submission, layout, limits).read(edition)
    except RefusedFileError as error:
        refuse(submission, error)
    return submission


def refuse(submission: Submission, error: RefusedFileError) -> Submission:
    """Leave nothing of a submission but the finding that says why it cannot be read, and return it."""
    params = {name: visible(value) for name, value in error.params.items()}
    params |= {"cell": error.cell} if error.cell else {}
    finding = FileFinding(error.code, error.sheet, error.cell, params=params)
    submission.sheets, submission.findings, submission.refused = {}, [finding], True
    return submission


@contextmanager
def _library(code: str, **where: str) -> Iterator[None]:
    """Turn what the reading library raises for a bad file into RefusedFileError."""
    try:
        yield
    except (CalamineError, OSError, OverflowError, ValueError) as error:
        raise RefusedFileError(code, part="", **where) from error
    except BaseException as error:
        # a Rust panic is no Exception, and its class cannot be imported
        if type(error).__name__ != "PanicException":
            raise
        raise RefusedFileError(code, part="", **where) from error


class _Reading:
    """The reading of one workbook into ``submission``."""

    def __init__(self, package: Package, submission: Submission, layout: Layout, limits: Limits) -> None:
        self.package, self.submission, self.layout, self.limits = package, submission, layout, limits

    @cached_property
    def book(self) -> CalamineWorkbook:
        """The workbook in the reading library; asked for when the sheets to be read have been checked."""
        with _library("file_damaged"):
            return CalamineWorkbook.from_filelike(io.BytesIO(readable(self.package, self.limits)))

    def add(self, finding: FileFinding) -> None:
        """Add a finding; what it quotes of the file is made visible."""
        params = {name: visible(value) for name, value in finding.params.items()}
        self.submission.findings.append(replace(finding, raw=visible(finding.raw), params=params))

    def read(self, edition: str) -> None:
        self._check_properties(edition)
        chosen = self._choose()
        if not chosen:
            raise RefusedFileError("not_a_template")
        for sheet in self.layout.tables:
            part = chosen.get(sheet.id)
            if part is None:
                names = {"sheet_ja": sheet.name.ja, "sheet_en": sheet.name.en}
                self.add(FileFinding("sheet_missing", sheet.name.ja, params=names))
                continue
            try:
                rows = self._values(part)
            except RefusedFileError as error:
                if error.code != "sheet_unreadable":
                    raise
                self.add(FileFinding(error.code, part.name))
                continue
            self._read_sheet(sheet, part, rows)
        self.package.check_rest(self.limits)
        unreadable = any(finding.code == "sheet_unreadable" for finding in self.submission.findings)
        if not self.submission.sheets and not unreadable:
            raise RefusedFileError("not_a_template")

    def _check_properties(self, edition: str) -> None:
        submission, properties = self.submission, self.package.properties
        submission.template_version = properties.get(VERSION_PROPERTY, "")
        submission.edition = properties.get(EDITION_PROPERTY, "")
        submission.base_date = properties.get(BASE_DATE_PROPERTY, "")
        for code, found, expected in (
            ("template_version", submission.template_version, self.layout.template_version),
            ("edition_mismatch", submission.edition, edition),
        ):
            if found and found != expected:
                self.add(FileFinding(code, raw=found, params={"found": found, "expected": expected}))

    # --- which sheet is which ---------------------------------------------------------------------

    def _choose(self) -> dict[str, SheetPart]:
        """Return sheet kind -> sheet."""
        names = {fold(sheet.name(lang)): sheet for sheet in self.layout.sheets for lang in ("ja", "en")}
        chosen: dict[str, SheetPart] = {}
        others: list[SheetPart] = []
        for part in self.package.sheets:
            sheet = names.get(fold(part.name))
            if part.look is None or (sheet is not None and sheet.shape == "hidden"):
                continue
            if sheet is None:
                others.append(part)
            elif sheet.id in chosen:
                self.add(FileFinding("sheet_duplicate", part.name, params={"other": chosen[sheet.id].name}))
            else:
                chosen[sheet.id] = part
        missing = [sheet for sheet in self.layout.tables if sheet.id not in chosen]
        peeked = others[:_PEEKED_SHEETS] if missing else []
        for part in (*chosen.values(), *peeked):
            part.check()
        if peeked:
            values = self._peek(peeked)
            self._choose_renamed(missing, values, chosen, {part.name: part for part in others})
        return chosen

    def _peek(self, parts: list[SheetPart]) -> dict[str, Values]:
        """Read the beginnings of sheets of unknown names: one may be a sheet that was renamed."""
        values = {}
        for part in parts:
            try:
                rows = [row[:_PEEKED_COLUMNS] for row in self._values(part, _PEEKED_ROWS)]
            except RefusedFileError:
                continue
            if not is_annotation(rows):
                values[part.name] = rows
        return values

    def _choose_renamed(
        self,
        missing: list[Sheet],
        values: dict[str, Values],
        chosen: dict[str, SheetPart],
        parts: dict[str, SheetPart],
    ) -> None:
        scores = [
            (-resemblance(sheet, rows), order, name, sheet)
            for sheet in missing
            for order, (name, rows) in enumerate(values.items())
        ]
        taken: set[str] = set()
        for score, _, name, sheet in sorted(scores, key=lambda entry: entry[:2]):
            if score < 0 and sheet.id not in chosen and name not in taken:
                chosen[sheet.id] = parts[name]
                taken.add(name)
                expected = {"sheet_ja": sheet.name.ja, "sheet_en": sheet.name.en}
                self.add(FileFinding("sheet_renamed", name, params=expected))

    # --- values -----------------------------------------------------------------------------------

    def _values(self, part: SheetPart, most: int | None = None) -> Values:
        """Return the values of a sheet as rows from row 1, all of one length; '' is blank.

        ``most``: the number of rows that are wanted, None for all.
        """
        if part.scan is not None and part.scan.area > self.limits.area:
            raise RefusedFileError("sheet_too_large", sheet=part.name, cell=part.scan.far_cell)
        with _library("sheet_unreadable", sheet=part.name):
            sheet = self.book.get_sheet_by_name(sheet_name(part))
            rows: Values = list(sheet.to_python(skip_empty_area=False, nrows=most))
        return rows

    def _read_sheet(self, sheet: Sheet, part: SheetPart, rows: Values) -> None:
        found = locate(sheet, rows)
        if found is None:
            self.add(FileFinding("header_row_missing", part.name))
            return
        self._report_headers(sheet, part, found)
        scan = part.scan or SheetScan()
        width = len(rows[0]) if rows else 0
        note = found.note_column if found.note_column >= 0 else width
        merges = scan.merges
        if sheet.shape == "form":
            places = {name: _beside(place, merges) for name, place in found.places.items()}
        else:
            places = {name: (0, column) for name, (_, column) in found.places.items()}
        columns = {name: column for name, (_, column) in places.items()}
        self._overlay(rows, scan, set(columns.values()))
        data = SheetData(sheet.id, part.name, found.row, columns, {}, [], {}, note)
        unseen: list[str] = []
        if sheet.shape == "form":
            data.field_rows = {name: row for name, (row, _) in places.items()}
            data.rows = [0]
            data.cells = {name: [_at(rows, row, column, unseen)] for name, (row, column) in places.items()}
        else:
            _fill_table(data, sheet, rows, unseen)
            if len(data.rows) > self.limits.rows:
                raise RefusedFileError(
                    "too_many_rows", sheet=part.name, rows=len(data.rows), limit=self.limits.rows
                )
            self._report_unread(part, found, rows)
        self._check_dates(data, sheet, part)
        self._report_cells(data, part, scan)
        if unseen:
            self._report_unseen(data, part, rows)
        self._report_long_numbers(data, sheet, part)
        self.submission.sheets[sheet.id] = data

    def _overlay(self, rows: Values, scan: SheetScan, columns: set[int]) -> None:
        """Put errors and formulas without a value where the library gives blanks."""
        marks = [(place, text if text in ERROR_TEXTS else "#VALUE!") for place, text in scan.errors.items()]
        marks += [(place, UNCACHED) for place in scan.uncached_in(columns)]
        for (row, column), text in marks:
            if column not in columns:
                continue
            while len(rows) < row:
                rows.append([])
            line = list(rows[row - 1])
            line.extend([""] * (column + 1 - len(line)))
            line[column] = text
            rows[row - 1] = line
        if marks:
            width = max(columns) + 1
            rows[:] = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for row in rows]

    def _check_dates(self, data: SheetData, sheet: Sheet, part: SheetPart) -> None:
        """Mend what the library cannot know about date cells.

        It gives 1900-02-28 for the day 1900-02-29, which only Excel knows. In a workbook of the 1904
        system a number cell counts from another day than elsewhere.
        """
        xml = b""
        for name, column in data.columns.items():
            if sheet.by_id[name].type != "date":
                continue
            cells = data.cells[name]
            for index, value in enumerate(cells):
                if value == _LEAP_EVE and not self.package.date1904:
                    row = data.field_rows.get(name, data.rows[index])
                    xml = xml or part.xml or self.package.part(part.part, self.limits.stream_above)
                    number = first_number(xml, row, column)
                    cells[index] = "1900-02-29" if number is not None and number >= 60 else value
                elif self.package.date1904 and isinstance(value, float) and 1 <= value < _LAST_SERIAL_1904:
                    cells[index] = value + _DAYS_1904

    # --- findings ---------------------------------------------------------------------------------

    def _report_headers(self, sheet: Sheet, part: SheetPart, found: Found) -> None:
        for name, row, column in found.duplicates:
            first = address(*found.places[name])
            where = address(row, column)
            self._header("header_duplicate", sheet.by_id[name], part, cell=where, row=row, first=first)
        missing = [spec for spec in sheet.fields if spec.id not in found.places]
        meant = suggestions(missing, found) if missing else {}
        for spec in missing:
            if spec.id in meant:
                text, row, column = meant[spec.id]
                self._header("header_unknown", spec, part, cell=address(row, column), row=row, raw=text)
            else:
                code = "header_missing" if spec.required else "header_missing_optional"
                self._header(code, spec, part, row=found.row)

    def _report_unread(self, part: SheetPart, found: Found, rows: Values) -> None:
        reported = {finding.cell for finding in self.submission.findings if finding.sheet == part.name}
        unread = [
            f"{column_letters(column)}: {head}" if head else column_letters(column)
            for column, head in unread_columns(found, rows)
            if address(found.row, column) not in reported
        ]
        if unread:
            params = {"columns": _listed(unread), "count": str(len(unread))}
            self.add(FileFinding("column_not_read", part.name, row=0, params=params))

    def _header(
        self, code: str, spec: Field, part: SheetPart, *, row: int, cell: str = "", raw: str = "", **more: str
    ) -> None:
        params = {"header_ja": spec.label.ja, "header_en": spec.label.en, **more}
        self.add(FileFinding(code, part.name, cell, row, spec.id, raw, params))

    def _report_cells(self, data: SheetData, part: SheetPart, scan: SheetScan) -> None:
        if any(UNCACHED in values for values in data.cells.values()):
            places = sorted(
                (data.field_rows.get(name, data.rows[index]), data.columns[name])
                for name, values in data.cells.items()
                for index, value in enumerate(values)
                if value == UNCACHED
            )
            self._report_places("formula_uncached", part, places)
        merged = [merge for merge in scan.merges if data.header_row and _covers_data(merge, data)]
        if merged:
            ranges = [_range(*merge) for merge in sorted(merged)]
            params = {"ranges": _listed(ranges), "count": str(len(ranges))}
            first = min(merged)
            cell = address(*first[:2])
            self.add(FileFinding("merged_cells", part.name, cell, first[0], params=params))

    def _report_unseen(self, data: SheetData, part: SheetPart, rows: Values) -> None:
        """Say where characters that nobody sees were taken out."""
        places = [
            (row, column)
            for name, column in data.columns.items()
            for row in ([data.field_rows[name]] if data.field_rows else data.rows)
            if row <= len(rows) and column < len(rows[row - 1]) and has_unseen(rows[row - 1][column])
        ]
        self._report_places("unseen_characters", part, places)

    def _report_long_numbers(self, data: SheetData, sheet: Sheet, part: SheetPart) -> None:
        """Say where a number that names something has lost its last digits."""
        places = [
            (data.field_rows.get(name, data.rows[index]), data.columns[name])
            for name, values in data.cells.items()
            if sheet.by_id[name].type in ("id", "ids")
            for index, value in enumerate(values)
            if type(value) is float and abs(value) >= _TOO_LONG
        ]
        self._report_places("number_too_long", part, places)

    def _report_places(self, code: str, part: SheetPart, places: list[tuple[int, int]]) -> None:
        if places:
            cells = [address(*place) for place in sorted(places)]
            params = {"cells": _listed(cells), "count": str(len(cells))}
            self.add(FileFinding(code, part.name, cells[0], min(places)[0], params=params))


_LEAP_EVE = date(1900, 2, 28)
_DAYS_1904 = 1462
# beyond it a number is no serial but eight digits of a date
_LAST_SERIAL_1904 = 2_958_466 - _DAYS_1904


def _listed(names: list[str]) -> str:
    return "、".join(names[:_NAMED]) + ("、…" if len(names) > _NAMED else "")


def _range(first_row: int, first_column: int, last_row: int, last_column: int) -> str:
    return f"{column_letters(first_column)}{first_row}:{column_letters(last_column)}{last_row}"


def _covers_data(merge: tuple[int, int, int, int], data: SheetData) -> bool:
    """Does a merge make one of several cells that hold data? Only the first of them keeps its value."""
    first_row, first_column, last_row, last_column = merge
    rows = bisect.bisect_right(data.rows, last_row) - bisect.bisect_left(data.rows, first_row)
    columns = sum(first_column <= column <= last_column for column in data.columns.values())
    return rows * columns > 1


def _beside(place: tuple[int, int], merges: list[tuple[int, int, int, int]]) -> tuple[int, int]:
    """Place of the value beside a label: the next cell to the right, behind the label's own merge."""
    row, column = place
    for first_row, first_column, last_row, last_column in merges:
        if first_row <= row <= last_row and first_column <= column <= last_column:
            return row, last_column + 1
    return row, column + 1


def _at(rows: Values, row: int, column: int, unseen: list[str]) -> RawCell:
    if row > len(rows) or column >= len(rows[row - 1]):
        return None
    return clean([rows[row - 1][column]], unseen)[0]


def _fill_table(data: SheetData, sheet: Sheet, rows: Values, unseen: list[str]) -> None:
    """Take the rows below the header in which something is filled in, whatever gaps lie between."""
    names = list(data.columns)
    below: Sequence[Row] = rows[data.header_row :]
    taken = list(map(itemgetter(*data.columns.values()), below)) if len(names) > 1 else []
    if len(names) == 1:
        taken = [(row[data.columns[names[0]]],) for row in below]
    # the headers pasted once more with a block of rows are no data
    heads = rows[data.header_row - 1]
    none = (("",) * len(names), tuple(heads[column] for column in data.columns.values()))
    numbers = [number for number, values in enumerate(taken, start=data.header_row + 1) if values not in none]
    filled = [values for values in taken if values not in none]
    columns = (
        [clean(values, unseen) for values in zip(*filled, strict=True)] if filled else [[] for _ in names]
    )
    # pre-filled cells are no data by themselves, but the clause of a pre-filled row is
    telling = [
        column
        for name, column in zip(names, columns, strict=True)
        if not sheet.by_id[name].locked or sheet.by_id[name].type == "clause"
    ]
    nothing = (None,) * len(telling)
    keep = [index for index, values in enumerate(zip(*telling, strict=True)) if values != nothing]
    if len(keep) < len(numbers):
        numbers = [numbers[index] for index in keep]
        columns = [[column[index] for index in keep] for column in columns]
    data.rows = numbers
    data.cells = dict(zip(names, columns, strict=True))
