"""What a single cell says."""

from datetime import date

import pytest

from secsvc_batch.tables import cells


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (None, ""),
        (" ＣＩＳＳＰ　（国際） ", "CISSP (国際)"),
        ("東京\n支社", "東京 支社"),
        ("〇", "○"),
        ("◯", "○"),
        (12.0, "12"),
        (0.5, "0.5"),
        (6010001000001.0, "6010001000001"),
        (date(2026, 10, 1), "2026-10-01"),
    ],
)
def test_text_is_compared_in_normal_form(raw: cells.RawCell, text: str) -> None:
    assert cells.text_of(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        date(2025, 4, 1), 45748.0, "45748", 45748.75, "2025/4/1", "2025-04-01", "2025.4.1",
        "2025年4月1日", "20250401", 20250401.0, "令和7年4月1日", "R7.4.1", "R7/4/1", "r7.4.1",
        "平成37年4月1日", "H37.4.1", "２０２５／４／１", "2025 / 4 / 1", "2025年 4月 1日",
        "令和 7 年 4 月 1 日", "令　和　７　年　４　月　１　日", "2025 04 01", "昭和100年4月1日",
        "2025/4/1 13:05", "2025-04-01T09:00:00", "2025年4月1日 9時30分", "2025年4月1日9時",
    ],
)  # fmt: skip
def test_one_day_is_read_in_all_its_ways_of_writing(raw: cells.RawCell) -> None:
    assert cells.date_of(raw) == cells.days(date(2025, 4, 1))


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("S99.4.1", date(2024, 4, 1)),
    ],
)
def test_eras_are_read_from_their_first_year_on_and_past_their_end(raw: str, day: date) -> None:
    assert cells.date_of(raw) == cells.days(day)


@pytest.mark.parametrize(
    "raw",
    [
        None, "", "更新手続中", "25/4/1", "2025/4", "2025年", "2025/13/1", "2025/2/29", "4/1/2025",
        "2025/4-1", "2025/4/1 2", "2025/4/1以降", "令和0年4月1日", "#N/A", "20251301", "00060", "123", 0.0,
        0.5, -3.0, 60.0, 1e12,
    ],
)  # fmt: skip
def test_anything_else_is_no_date(raw: cells.RawCell) -> None:
    assert cells.date_of(raw) is None


def test_serials_step_over_the_day_that_only_excel_knows() -> None:
    assert cells.date_of(59.0) == cells.days(date(1900, 2, 28))
    assert cells.date_of(61.0) == cells.days(date(1900, 3, 1))
    assert cells.date_of(1.0) == cells.days(date(1900, 1, 1))


@pytest.mark.parametrize(
    ("raw", "number"),
    [(3.0, 3), (0.0, 0), ("3", 3), ("３", 3), ("3名", 3), ("12 人", 12), (" 3 ", 3), ("0", 0), ("003", 3)],
)
def test_counts_are_whole_numbers_with_or_without_the_word_for_people(
    raw: cells.RawCell, number: int
) -> None:
    assert cells.count_of(raw) == number


@pytest.mark.parametrize("raw", [None, 2.5, -1.0, "-1", "三", "3名以上", "約3", "", date(2025, 1, 1)])
def test_anything_else_is_no_count(raw: cells.RawCell) -> None:
    assert cells.count_of(raw) is None


@pytest.mark.parametrize("raw", [1e12, 1e300, "1" * 12, "9" * 5000])
def test_a_number_beyond_all_bounds_is_stated_all_the_same(raw: cells.RawCell) -> None:
    assert cells.count_of(raw) == 999_999_999


def test_several_values_are_split_where_people_split_them() -> None:
    assert cells.split_raw("S001、S002,S003;S004 S005\nS006　Ｓ００７") == [f"S00{i}" for i in range(1, 8)]
    assert cells.split_raw("a 管理者権限、b 一般権限\nc 機密情報", at_space=False) == [
        "a 管理者権限", "b 一般権限", "c 機密情報",
    ]  # fmt: skip
    assert cells.split_raw(None) == []
    assert cells.split_raw(1.0) == ["1"]


def test_clause_numbers_keep_their_circled_digits() -> None:
    assert cells.clause_of(" 5(1)ア(ア)② ") == "5(1)ア(ア)②"


def test_errors_are_told_from_text_that_looks_like_them() -> None:
    assert cells.is_error("#N/A")
    assert cells.is_error(cells.UNCACHED)
    assert not cells.is_error("N/A")
    assert not cells.is_error(None)
