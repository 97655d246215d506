"""Values as the reading library gives them -> raw cells: text, number, day or None."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any

from secsvc_batch.tables.cells import RawCell

_DAY = timedelta(days=1)


def clean(values: Iterable[Any]) -> list[RawCell]:
    """Return raw cells: '' and white space become None, a date-time its day, TRUE and FALSE text.

    A number cell in a format for durations is the number that it holds; a time of day becomes text.
    """
    return [
        value
        if (kind := type(value)) is date
        else (value if value and not value.isspace() else None)
        if kind is str
        else _clean(value)
        for value in values
    ]


def _clean(value: Any) -> RawCell:
    kind = type(value)
    if kind is date or value is None:
        return value  # type: ignore[no-any-return]
    if kind is float or kind is int:
        return float(value) if isfinite(value) else str(value)
    if kind is bool:
        return "TRUE" if value else "FALSE"
    if kind is datetime:
        return value.date()  # type: ignore[no-any-return]
    if kind is timedelta:
        return value / _DAY  # type: ignore[no-any-return]
    return value.isoformat() if kind is time else str(value)
