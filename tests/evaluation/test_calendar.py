"""Anniversaries, windows and counting months, against a day-by-day count in plain Python."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secsvc_batch.evaluation.calendar import Dates, Window, complete_months, complete_years, years_before
from secsvc_batch.tables.cells import day_of, days

DAYS = st.dates(date(1990, 1, 1), date(2040, 12, 31))


def anniversary(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(start.day, last))


def months_by_hand(start: date, end: date) -> int:
    months = 0
    while anniversary(start, months + 1) <= end + timedelta(days=1):
        months += 1
    return months


def both_ends(start: date, end: date) -> tuple[Dates, Dates]:
    low, after = np.array([days(start)], np.int32), np.array([days(end) + 1], np.int32)
    return Dates.of(low), Dates.of(after)


def counted(start: date, end: date) -> tuple[int, int]:
    period = both_ends(start, end)
    return int(complete_months(*period)[0][0]), int(complete_years(*period)[0][0])


@given(DAYS, st.integers(0, 4000))
def test_complete_months_and_years_agree_with_counting_anniversaries(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    months = months_by_hand(start, end)
    assert counted(start, end) == (months, months // 12)


@given(DAYS, st.integers(0, 4000))
def test_a_rest_is_left_unless_the_last_day_is_the_eve_of_an_anniversary(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    months, rest = complete_months(*both_ends(start, end))
    assert bool(rest[0]) == (anniversary(start, int(months[0])) != end + timedelta(days=1))


@pytest.mark.parametrize(
    ("start", "end", "months", "years"),
    [
        (date(2024, 4, 1), date(2025, 3, 31), 12, 1),
        (date(2024, 4, 1), date(2025, 3, 30), 11, 0),
        (date(2024, 1, 31), date(2024, 2, 27), 0, 0),
        (date(2024, 1, 31), date(2024, 2, 28), 1, 0),
        (date(2023, 1, 31), date(2023, 2, 27), 1, 0),
        (date(2024, 2, 29), date(2025, 2, 27), 12, 1),
        (date(2024, 4, 1), date(2024, 3, 31), 0, 0),
    ],
)
def test_known_periods(start: date, end: date, months: int, years: int) -> None:
    assert counted(start, end) == (months, years)


def test_the_window_begins_the_day_after_the_same_day_three_years_earlier() -> None:
    window = Window.past(date(2026, 10, 1), 3)
    assert day_of(window.before) == date(2023, 10, 1)
    assert day_of(window.first) == date(2023, 10, 2)
    assert day_of(window.base) == date(2026, 10, 1)


def test_three_years_before_a_leap_day_is_the_28th() -> None:
    assert years_before(date(2028, 2, 29), 3) == date(2025, 2, 28)
