"""One pandera schema per sheet kind, made from the data dictionary.

Pandera sees a frame of facts, not the cells themselves (types are judged on the raw text before):

* per field its *reading*, a column of the field's name (uint8): the state of the typed table, with
  UNCACHED for a formula that was never calculated, tested by the checks of that column,
* per row check a boolean column ``code:field``, true where the check holds, tested by a check of the
  frame.

So a row that fails a row check is one failure, and not one per column of the frame; and there are no
missing values, which pandera would pass in silence. Each check answers yes or no for all rows at once
and ``failures`` finds the rows: pandera's own tables of failing cases, and a column per fact, cost more
than everything else together.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from numpy.typing import NDArray

from secsvc_batch.tables.cells import ERROR, UNREADABLE
from secsvc_batch.tables.findings import EngineFault
from secsvc_batch.workbook.layout import Field, Layout, Sheet

UNCACHED = ERROR + 1  # the reader reports these itself

# what an unreadable cell of a type is called; a cell of any type can show an error
UNREADABLE_CODES = {
    "date": "unreadable_date", "count": "unreadable_count", "choice": "unknown_choice",
    "choices": "unknown_choice", "mark": "unknown_choice",
}  # fmt: skip
ERROR_CODE = "unreadable_cell"
_KNOWN = "known_reading"


@dataclass(frozen=True)
class RowCheck:
    """A check of a row that the data dictionary asks for, told by its code and the field it is about."""

    code: str
    field: str

    @property
    def column(self) -> str:
        return f"{self.code}:{self.field}"


@dataclass(frozen=True)
class Failure:
    """Rows (positions in the table) that fail one check of one field."""

    code: str
    field: str
    positions: NDArray[np.intp]


def row_checks(sheet: Sheet, layout: Layout) -> tuple[RowCheck, ...]:
    """Return the row checks of a sheet, in the order of its columns."""
    checks = [RowCheck(code, field.id) for field in sheet.fields for code in _codes(field, sheet, layout)]
    if sheet.shape == "table":
        checks.append(RowCheck("below_capacity", sheet.fields[0].id))
    return tuple(checks)


def _codes(field: Field, sheet: Sheet, layout: Layout) -> Iterator[str]:
    if field.required:
        yield "required_blank"
    if field.unique or field.id in sheet.key:
        yield "duplicate_key"
    if field.references:
        yield "unknown_person"
    if field.check_digit:
        yield f"wrong_{field.check_digit}"
    if field.needs:
        yield "claim_without_list"
    if field.choices and any(choice.services for choice in layout.vocabularies[field.choices]):
        yield "choice_of_other_service"
    yield from _codes_of_type(field, sheet)


def _codes_of_type(field: Field, sheet: Sheet) -> Iterator[str]:
    if field.type == "listed":
        yield "unlisted_name"
        if field.other:
            yield "other_without_name"
    elif field.type == "list":
        yield "unknown_list"
    elif field.type == "clause":
        yield "unknown_clause"
    elif field.type == "date":
        if field.not_before:
            yield "end_before_start"
        elif sheet.shape == "table" and field.id not in {other.not_before for other in sheet.fields}:
            # A period may begin or end after the base date; what happens on one day has happened.
            yield "date_after_base_date"
        yield "date_read_from_text"


def schema(sheet: Sheet, layout: Layout) -> pa.DataFrameSchema:
    """Return the schema of the frame of facts of one sheet kind."""
    return pa.DataFrameSchema(
        {field.id: pa.Column(checks=_reading_checks(field)) for field in sheet.fields},
        checks=[
            _check(check.column, partial(_holds, name=check.column)) for check in row_checks(sheet, layout)
        ],
        name=sheet.id,
    )


def _reading_checks(field: Field) -> list[pa.Check]:
    code = UNREADABLE_CODES.get(field.type)
    checks = [_check(_KNOWN, _is_reading), _check(ERROR_CODE, partial(_free_of, state=ERROR))]
    return checks + ([_check(code, partial(_free_of, state=UNREADABLE))] if code else [])


def _check(name: str, test: Callable[[Any], bool]) -> pa.Check:
    return pa.Check(test, name=name, ignore_na=False)


def _holds(frame: pd.DataFrame, name: str) -> bool:
    return bool(_facts(frame[name]).all())


def _facts(column: pd.Series) -> NDArray[np.bool_]:
    """Return a column of facts; anything but true and false would not be told apart from true."""
    if column.dtype != bool:
        raise TypeError(f"{column.name}: facts are boolean, not {column.dtype}")
    return column.to_numpy()


def _is_reading(column: pd.Series) -> bool:
    return column.dtype == np.uint8 and bool((column.to_numpy() <= UNCACHED).all())


def _free_of(column: pd.Series, state: int) -> bool:
    return bool((column.to_numpy() != state).all())


def failures(sheet: Sheet, layout: Layout, frame: pd.DataFrame) -> list[Failure]:
    """Return every failing check of ``frame`` with its rows.

    Raises EngineFault where the frame itself does not have the schema's columns and types.
    """
    try:
        _schema_of(sheet, layout).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return [_failure(frame, error) for error in errors.schema_errors]
    return []


# The schemas of the data dictionary in use: making one costs as much as running it.
_made: dict[str, tuple[Layout, pa.DataFrameSchema]] = {}


def _schema_of(sheet: Sheet, layout: Layout) -> pa.DataFrameSchema:
    of, made = _made.get(sheet.id, (None, None))
    if made is None or of is not layout:
        made = schema(sheet, layout)
        _made[sheet.id] = layout, made
    return made


def _failure(frame: pd.DataFrame, error: pa.errors.SchemaError) -> Failure:
    name = getattr(error.check, "name", None)
    if error.reason_code is not pa.errors.SchemaErrorReason.DATAFRAME_CHECK or name in (None, _KNOWN):
        raise EngineFault(f"frame of facts: {error}")
    if name in frame.columns:
        code, field = str(name).split(":")
        return Failure(code, field, np.flatnonzero(~_facts(frame[name])))
    state = ERROR if name == ERROR_CODE else UNREADABLE
    field = str(error.schema.name)
    return Failure(str(name), field, np.flatnonzero(frame[field].to_numpy() == state))
