"""Raw tables to typed ones: every field becomes a value array and a state array.

States: 0 blank, 1 ok, 2 unreadable (text that is no such value), 3 error (the cell shows an Excel
error or a formula that was never calculated: nobody can know what was meant). Values by field type:

========== ======================================================================================
text, id, list, listed, clause   object: normalised text, '' where blank
choice     int16: index in the vocabulary, -1 where none
choices    int64: bit per vocabulary entry (unreadable where any part is unknown)
mark       int8: 0 none, 1 ○, 2 ×
claim      bool: equivalence is claimed
date       int32: days since 1970-01-01, 0 where blank or unreadable
count      int64: stated number, 0 where blank or unreadable
ids        object: normalised text of the whole cell; the single values come from ``Table.items``
========== ======================================================================================

Each distinct raw value of a column is judged once; the rest is array indexing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.tables import cells
from secsvc_batch.tables.cells import BLANK, ERROR, OK, UNREADABLE, RawCell
from secsvc_batch.tables.coded import (
    Bools,
    Coded,
    Column,
    Ints,
    Objects,
    column_of,
    fixed,
    objects,
    pair_keys,
)
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.workbook.layout import Choice, Field, Layout

__all__ = ["Bools", "Coded", "Column", "Ints", "Items", "Objects", "Table", "Tables", "typed_tables"]

Judged = tuple[object, int]
T = TypeVar("T")


@dataclass(frozen=True)
class Items(Coded):
    """The single values of a column of joined values, as normalised text.

    ``position``: int32, index of the row in the table, ascending.
    """

    position: Ints


@dataclass
class Table:
    """One sheet kind of all applicants: ``applicant`` and ``row`` int32, one Column per field.

    Rows stand in the order of applicants. What is asked of a table again is kept in ``memo``.
    """

    kind: str
    applicant: Ints
    row: Ints
    columns: dict[str, Column]
    vocabularies: dict[str, list[str]] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.applicant)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` gave for ``key`` the first time."""
        return _once(self.memo, key, make)

    def codes(self, name: str, choices: Sequence[str]) -> NDArray[np.int16]:
        """Return the vocabulary indices of ``choices`` in column ``name``."""
        words = self.vocabularies[name]
        return np.array([words.index(choice) for choice in choices], dtype=np.int16)

    def has(self, name: str, *choices: str) -> Bools:
        """Tell per row whether a choice column holds one of ``choices``."""
        column = self.columns[name]

        def make() -> Bools:
            return fixed(column.spread(np.isin(column.distinct, self.codes(name, choices))))

        return self.once((name, choices), make)

    def includes(self, name: str, *choices: str) -> Bools:
        """Tell per row whether a column of several choices includes one of ``choices``."""
        column = self.columns[name]

        def make() -> Bools:
            bits = int(sum(1 << int(code) for code in self.codes(name, choices)))
            return fixed(column.spread((column.distinct & bits) != 0))

        return self.once(("includes", name, choices), make)

    def repeated(self, name: str) -> Bools:
        """Tell per row whether a row above of the same applicant holds the same value (blank: no)."""
        column = self.columns[name]
        at = np.flatnonzero(column.ok)
        keys = pair_keys(self.applicant[at], column.numbered(column.numbers)[at], len(column.distinct))
        later = np.zeros(len(self), dtype=bool)
        later[at[pd.Series(keys).duplicated().to_numpy()]] = True
        return later

    def items(self, name: str) -> Items:
        """Return the single values of an ids column; unreadable cells give none."""
        return self.once(("items", name), lambda: _explode(self.columns[name]))


def _explode(column: Column) -> Items:
    """Split each distinct cell once."""
    numbers: dict[str, int] = {}
    parts = [
        [numbers.setdefault(part, len(numbers)) for part in (cells.split_values(text) if state == OK else ())]
        for text, state in zip(column.distinct.tolist(), column.states.tolist(), strict=True)
    ]
    sizes = np.array([len(part) for part in parts], dtype=np.intp)
    firsts = np.cumsum(sizes) - sizes
    counts = column.spread(sizes)
    position = np.repeat(np.arange(len(column), dtype=np.int32), counts)
    place_in_cell = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    every_part = np.array([number for part in parts for number in part], dtype=np.intp)
    codes = every_part[column.spread(firsts)[position] + place_in_cell]
    return Items(codes, objects(numbers), position)


def _once(memo: dict[Any, Any], key: Any, make: Callable[[], T]) -> T:
    if key not in memo:
        memo[key] = make()
    result: T = memo[key]
    return result


class Tables(dict[str, Table]):
    """The tables of one chunk by sheet kind. What is asked of several of them again is kept in ``memo``."""

    def __init__(self, tables: Iterable[Table]) -> None:
        super().__init__((table.kind, table) for table in tables)
        self.memo: dict[Any, Any] = {}

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` gave for ``key`` the first time."""
        return _once(self.memo, key, make)


def typed_tables(sheets: dict[str, pd.DataFrame], layout: Layout) -> Tables:
    """Return the typed tables of raw ones (``RawTables.sheets``), one per sheet kind."""
    return Tables(_typed_table(sheets[sheet.id], sheet.id, layout) for sheet in layout.tables)


def without_repetitions(tables: Tables, layout: Layout) -> Tables:
    """Return the tables with the later rows of a number that must be unique as blank rows.

    The first row of a number counts. Every row keeps its position, which findings rest on.
    """
    return tables.once("without repetitions", lambda: Tables(_first_rows(tables, layout)))


def _first_rows(tables: Tables, layout: Layout) -> Iterator[Table]:
    for sheet in layout.tables:
        table = tables[sheet.id]
        for spec in sheet.fields:
            if spec.unique and (later := table.repeated(spec.id)).any():
                table = _blanked(table, later)
        yield table


def _blanked(table: Table, rows: Bools) -> Table:
    columns = {name: column.blanked(rows) for name, column in table.columns.items()}
    return replace(table, columns=columns, memo={})


def application_ids(tables: Tables, raw: RawTables) -> Objects:
    """Return the application number per applicant: what 受付番号 says, or else the file's stem."""
    ids: Objects = raw.files["stem"].to_numpy(dtype=object).copy()
    form = tables["applicant"]
    given = form["application_id"]
    ids[form.applicant[given.ok]] = given.value[given.ok]
    return ids


def _typed_table(frame: pd.DataFrame, kind: str, layout: Layout) -> Table:
    columns, vocabularies = {}, {}
    for spec in layout.by_id[kind].fields:
        columns[spec.id] = _column(frame[spec.id].to_numpy(dtype=object), spec, layout)
        if spec.choices:
            vocabularies[spec.id] = [choice.id for choice in layout.vocabularies[spec.choices]]
    return Table(
        kind=kind,
        applicant=frame["applicant"].to_numpy(dtype=np.int32),
        row=frame["row"].to_numpy(dtype=np.int32),
        columns=columns,
        vocabularies=vocabularies,
    )


_DTYPES: dict[str, Any] = {
    "choice": np.int16, "choices": np.int64, "mark": np.int8, "claim": np.bool_, "date": np.int32,
    "count": np.int64,
}  # fmt: skip


def _column(values: Objects, spec: Field, layout: Layout) -> Column:
    judge, empty = _judge(spec, layout)

    def judge_any(raw: RawCell) -> Judged:
        return (empty, ERROR) if cells.is_error(raw) else judge(raw)

    return column_of(values, judge_any, empty, _DTYPES.get(spec.type, object))


def _judge(spec: Field, layout: Layout) -> tuple[Callable[[RawCell], Judged], object]:
    """Return how a raw value of the field is judged, and the value of a blank."""
    if spec.type == "date":
        return _optional(cells.date_of, 0), 0
    if spec.type == "count":
        return _optional(cells.count_of, 0), 0
    if spec.type == "choice":
        return _choice(layout.vocabularies[str(spec.choices)]), -1
    if spec.type == "choices":
        return _choices(layout.vocabularies[str(spec.choices)]), 0
    if spec.type == "mark":
        return _mark, 0
    if spec.type == "claim":
        return _claim, False
    if spec.type == "clause":
        return _text(cells.clause_of), ""
    if spec.type == "ids":
        return _ids, ""
    return _text(cells.text_of), ""


def _optional(parse: Callable[[RawCell], int | None], default: int) -> Callable[[RawCell], Judged]:
    def judge(raw: RawCell) -> Judged:
        value = parse(raw)
        return (default, UNREADABLE) if value is None else (value, OK)

    return judge


def _text(parse: Callable[[RawCell], str]) -> Callable[[RawCell], Judged]:
    def judge(raw: RawCell) -> Judged:
        text = parse(raw)
        return text, OK if text else BLANK

    return judge


def _ids(raw: RawCell) -> Judged:
    # a cell of nothing but separators names nobody
    return (cells.text_of(raw), OK) if cells.split_raw(raw) else ("", BLANK)


def _vocabulary(choices: list[Choice]) -> dict[str, int]:
    return {cells.text_of(word): code for code, c in enumerate(choices) for word in (c.ja, c.en)}


def _choice(choices: list[Choice]) -> Callable[[RawCell], Judged]:
    known = _vocabulary(choices)

    def judge(raw: RawCell) -> Judged:
        code = known.get(cells.text_of(raw), -1)
        return code, OK if code >= 0 else UNREADABLE

    return judge


def _choices(choices: list[Choice]) -> Callable[[RawCell], Judged]:
    known = _vocabulary(choices)
    letters = {c.letter: code for code, c in enumerate(choices) if c.letter}

    def judge(raw: RawCell) -> Judged:
        bits, state = 0, OK
        for part in cells.split_raw(raw, at_space=not letters):
            code = letters.get(part[0], known.get(part, -1)) if letters else known.get(part, -1)
            bits, state = (bits | 1 << code, state) if code >= 0 else (bits, UNREADABLE)
        return bits, state if bits or state == UNREADABLE else BLANK

    return judge


def _mark(raw: RawCell) -> Judged:
    text = cells.text_of(raw)
    return {"○": (1, OK), "×": (2, OK)}.get(text, (0, UNREADABLE))


def _claim(raw: RawCell) -> Judged:
    return cells.text_of(raw) != "×", OK
