"""Calendar arithmetic on day numbers (days since 1970-01-01), vectorised.

"Complete years / months from a to b" count both days and are anniversary-based: a start on the 31st
has its anniversary on the last day of a shorter month.
"""

from dataclasses import dataclass
from datetime import date

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


def _anniversary(start: Days, months: NDArray[np.int64]) -> NDArray[np.int64]:
    day = start.astype(np.int64).astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    day_of_month = (day - month).astype(np.int64)
    target = month + months
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(target.astype("datetime64[D]").astype(np.int64) + np.minimum(day_of_month, length - 1))


def complete_months(start: Days, end: Days) -> tuple[Days, NDArray[np.bool_]]:
    """Return the complete months from start to end (both included) and whether days are left over.

    Zero and no rest where end lies before start.
    """
    after = end.astype(np.int64) + 1
    months = after.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) - start.astype(
        np.int64
    ).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months -= _anniversary(start, months) > after
    months = np.where(end >= start, months, 0)
    rest = (end >= start) & (_anniversary(start, months) < after)
    return months.astype(np.int32), rest


def complete_years(start: Days, end: Days) -> tuple[Days, NDArray[np.bool_]]:
    """Return the complete years from start to end (both included) and whether days are left over."""
    months, _ = complete_months(start, end)
    years = months // 12
    after = end.astype(np.int64) + 1
    rest = (end >= start) & (_anniversary(start, 12 * years.astype(np.int64)) < after)
    return years.astype(np.int32), rest
