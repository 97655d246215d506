"""Calendar arithmetic on day numbers (days since 1970-01-01), vectorised.

"Complete years / months from a to b" count both days and are anniversary-based: a start on the 31st
has its anniversary on the last day of a shorter month.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from secsvc_batch.tables.cells import days

Days = NDArray[np.int32]


def years_before(day: date, years: int) -> date:
    """Return the same day ``years`` earlier; 29 February becomes the 28th.

    >>> years_before(date(2028, 2, 29), 3)
    datetime.date(2025, 2, 28)
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


@dataclass(frozen=True)
class Window:
    """The past years counted from the base date: ``first`` to ``base``; ``before`` is the day D3."""

    before: int
    first: int
    base: int

    @classmethod
    def past(cls, base: date, years: int) -> "Window":
        before = days(years_before(base, years))
        return cls(before=before, first=before + 1, base=days(base))


class Dates:
    """Days taken apart, each distinct one once. All int32: ``number`` the day itself, ``month`` the months
    since January 1970, ``day`` the day of the month from 0, ``length`` the days of the month."""

    def __init__(self, distinct: Days, codes: NDArray[np.intp]) -> None:
        self._distinct, self._codes = distinct, codes

    @classmethod
    def of(cls, days: Days) -> "Dates":
        return cls(days, np.arange(len(days)))

    @cached_property
    def _parts(self) -> tuple[Days, Days, Days]:
        day = self._distinct.astype("datetime64[D]")
        month = day.astype("datetime64[M]")
        first, following = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
        return month.astype(np.int32), (day - first).astype(np.int32), (following - first).astype(np.int32)

    @cached_property
    def number(self) -> Days:
        return self._distinct[self._codes]

    @cached_property
    def month(self) -> Days:
        return self._parts[0][self._codes]

    @cached_property
    def day(self) -> Days:
        return self._parts[1][self._codes]

    @cached_property
    def length(self) -> Days:
        return self._parts[2][self._codes]


def complete_months(start: Dates, after: Dates) -> tuple[Days, NDArray[np.bool_]]:
    """Return the complete months from start to the day before ``after``, and whether days are left over.

    Zero and no rest where there is no such day.
    """
    anniversary = np.minimum(start.day, after.length - 1)  # the one in the month of ``after``
    any_day = after.number > start.number
    months = (after.month - start.month - (anniversary > after.day)) * any_day
    return months, any_day & (anniversary != after.day)


def complete_years(start: Dates, after: Dates) -> tuple[Days, NDArray[np.bool_]]:
    """Return the complete years from start to the day before ``after``, and whether days are left over."""
    months, rest = complete_months(start, after)
    years = months // 12
    return years, rest | (months > years * 12)
