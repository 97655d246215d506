"""Values as the reading library gives them -> raw cells: text, number, day or None."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any

from secsvc_batch.tables.cells import RawCell

_DAY = timedelta(days=1)
_FIRST_YEAR = 1900
# controls, marks of direction, characters without width, what no character is: nobody sees them, and they
# keep equal names apart
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_LONGEST = 32_767
"""characters of a cell; no spreadsheet program writes more"""


def clean(values: Iterable[Any], unseen: list[str] | None = None) -> list[RawCell]:
    """Return raw cells: '' and white space become None, a date-time its day, TRUE and FALSE text.

    A number cell in a format for durations is the number that it holds; a time of day becomes text. What
    nobody can see in a text (controls, marks of direction) is taken out; such texts are added to ``unseen``.
    """
    return [
        (
            (
                value
                if len(value) <= _LONGEST and value.isprintable() and not value.isspace()
                else _seen(value, unseen)
            )
            if value
            else None
        )
        if type(value) is str
        else _clean(value)
        for value in values
    ]


def visible(text: str) -> str:
    """Return a text without what nobody can see."""
    return text if text.isprintable() else _UNSEEN.sub("", text)


def has_unseen(value: Any) -> bool:
    """Tell whether a text holds what ``clean`` takes out."""
    return isinstance(value, str) and not value.isprintable() and bool(_UNSEEN.search(value))


def _seen(text: str, unseen: list[str] | None) -> str | None:
    if unseen is not None and _UNSEEN.search(text):
        unseen.append(text)
    text = _UNSEEN.sub("", text)
    return text[:_LONGEST] if text and not text.isspace() else None


def _clean(value: Any) -> RawCell:
    kind = type(value)
    if value is None:
        return None
    if kind is date or kind is datetime:
        # the calendar begins in 1900: an earlier day is what the library makes of no number at all
        day: date = value if kind is date else value.date()
        return day if day.year >= _FIRST_YEAR else "#NUM!"
    if kind is float or kind is int:
        return float(value) if isfinite(value) else str(value)
    if kind is bool:
        return "TRUE" if value else "FALSE"
    if kind is timedelta:
        return value / _DAY  # type: ignore[no-any-return]
    return value.isoformat() if kind is time else str(value)
