"""Raw columns become values and states."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from secsvc_batch.tables import cells
from secsvc_batch.tables.cells import BLANK, ERROR, OK, UNREADABLE
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.typed import Tables

Read = Callable[..., tuple[RawTables, Tables]]


def test_every_state_of_a_date_column_is_told_apart(read: Read) -> None:
    days = [None, date(2025, 4, 1), "R7.4.1", "更新手続中", "#N/A"]

    column = read({"staff": [{"staff_id": str(i), "employed_from": day} for i, day in enumerate(days)]})[1][
        "staff"
    ]["employed_from"]

    assert column.state.tolist() == [BLANK, OK, OK, UNREADABLE, ERROR]
    assert column.value.tolist() == [0, 20179, 20179, 0, 0]
    assert column.value.dtype == np.int32


def test_choices_are_known_by_their_words_in_both_languages(read: Read) -> None:
    table = read(
        {"staff": [{"role_audit": text} for text in ("技術責任者", "Engaged", " 従事者　", "責任者", None)]}
    )[1]["staff"]

    assert table["role_audit"].value.tolist() == [0, 1, 1, -1, -1]
    assert table["role_audit"].state.tolist() == [OK, OK, OK, UNREADABLE, BLANK]
    assert table.has("role_audit", "worker").tolist() == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "chosen", "state"),
    [
        ("ア", ["a"], OK),
        ("ア、ウ", ["a", "c"], OK),
        ("ア イ", ["a", "b"], OK),
        ("ア及びイ", [], UNREADABLE),
        ("ア、エ", ["a"], UNREADABLE),
        (None, [], BLANK),
    ],
)
def test_several_choices_are_unreadable_where_one_of_them_is(
    read: Read, text: str | None, chosen: list[str], state: int
) -> None:
    table = read({"services": [{"service": "機器検証", "variants": text}]})[1]["services"]

    assert [v for v in ("a", "b", "c") if table.includes("variants", v)[0]] == chosen
    assert table["variants"].state.tolist() == [state]


def test_outcomes_are_told_by_their_first_letter_and_not_split_at_spaces(read: Read) -> None:
    texts = ["a 管理者権限、ｂ", "d: 別の成果", "未達", "管理者権限"]
    table = read({"cases": [{"case_id": str(i), "outcome": text} for i, text in enumerate(texts)]})[1][
        "cases"
    ]

    assert table.includes("outcome", "a").tolist() == [True, False, False, False]
    assert table.includes("outcome", "a", "b", "c", "d").tolist() == [True, True, False, False]
    assert table["outcome"].state.tolist() == [OK, OK, OK, UNREADABLE]


def test_marks_and_claims_follow_their_own_rules(read: Read) -> None:
    marks = read({"cases": [{"client_managed": text} for text in ("〇", "×", "済", None)]})[1]["cases"][
        "client_managed"
    ]
    claims = read({"credentials": [{"equivalent": text} for text in ("○", "同等です", "×", None)]})[1][
        "credentials"
    ]["equivalent"]

    assert (marks.value.tolist(), marks.state.tolist()) == ([1, 2, 0, 0], [OK, OK, UNREADABLE, BLANK])
    assert claims.value.tolist() == [True, True, False, False]


def test_joined_staff_numbers_come_apart_with_the_row_they_stand_in(read: Read) -> None:
    table = read({"cases": [{"participants": text} for text in ("S1、Ｓ２", None, "#REF!", 3.0)]})[1]["cases"]

    items = table.items("participants")

    assert list(zip(items.position.tolist(), items.value.tolist(), strict=True)) == [
        (0, "S1"),
        (0, "S2"),
        (3, "3"),
    ]


def test_a_formula_that_was_never_calculated_is_an_error_and_not_a_blank(read: Read) -> None:
    column = read({"headcounts": [{"clause": "x", "stated_count": cells.UNCACHED}]})[1]["headcounts"][
        "stated_count"
    ]

    assert column.error.tolist() == [True]
    assert column.unreadable.tolist() == [True]
    assert column.blank.tolist() == [False]


def test_the_rows_of_all_applicants_stand_in_one_table(read: Read) -> None:
    table = read({"staff": [{"staff_id": "1"}, {"staff_id": "2"}]}, {}, {"staff": [{"staff_id": "1"}]})[1][
        "staff"
    ]

    assert table.applicant.tolist() == [0, 0, 2]
    assert table.row.tolist() == [4, 5, 4]
    assert len(table) == 3
