"""What is found across the applications of a round."""

import pickle
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from secsvc_batch.messages import finding_types
from secsvc_batch.tables.findings import render
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.round_checks import CODES, KEY_COLUMNS, concat_keys, cross_findings, cross_keys
from secsvc_batch.tables.typed import Tables

Read = Callable[..., tuple[RawTables, Tables]]
Sheets = dict[str, list[dict[str, Any]]]

LONG = (
    "当社では、全社員が年に一度、外部の講師による演習を受け、その結果を技術責任者が記録し、"
    "次年度の計画に反映しています。"
)
CASE = {
    "case_id": "C1", "service": "脆弱性診断", "client": "株式会社海辺商事", "started_on": date(2025, 1, 10),
    "ended_on": date(2025, 4, 20),
}  # fmt: skip


def person(name: str | None, number: str | None, credential: str = "CISSP") -> Sheets:
    """Return an applicant with one person, who holds one credential."""
    held = {"staff_id": "S1", "credential": credential, "credential_number": number}
    return {"staff": [{"staff_id": "S1", "name": name}], "credentials": [held]}


@pytest.fixture
def across(read: Read) -> Callable[..., list[tuple[str, str, str]]]:
    """Return code, file and cell of the findings across applicants."""

    def check(*books: Any) -> list[tuple[str, str, str]]:
        raw, tables = read(*books)
        found = cross_findings(cross_keys(tables, raw))
        return sorted(zip(found["code"], found["file"], found["cell"], strict=True))

    return check


Across = Callable[..., list[tuple[str, str, str]]]


def test_applications_that_share_nothing_have_no_findings(across: Across) -> None:
    first = person("港 太郎", "A-1001") | {"cases": [CASE], "specifications": [{"description": LONG}]}
    other = person("浜 花子", "A-1002") | {
        "cases": [{**CASE, "ended_on": date(2025, 4, 21)}],
        "specifications": [{"description": LONG.replace("年", "月")}],
    }

    assert across(first, other) == []
    assert across(first) == []
    assert across() == []
    assert len(cross_findings(concat_keys([]))) == 0


def test_an_application_number_in_two_files_is_an_error_on_both(across: Across, book: Any) -> None:
    numbered = {"applicant": [{"application_id": "k0001"}]}

    found = across(book(numbered, "a.xlsx"), book({"applicant": [{}]}, "x/K0001.xlsx"), book({}, "b.xlsx"))

    assert found == [
        ("duplicate_application", "a.xlsx", "B2"),
        ("duplicate_application", "x/K0001.xlsx", "B2"),
    ]
    assert finding_types()["duplicate_application"].severity == "error"


def test_a_credential_number_with_different_people_is_found_between_and_within_firms(across: Across) -> None:
    twice = person("港 太郎", "A-1001")
    twice["staff"].append({"staff_id": "S2", "name": "浜 花子"})
    twice["credentials"].append(
        {"staff_id": "S2", "credential": "CISSP", "credential_number": "Ａ－１００１"}
    )

    assert across(person("港 太郎", "A-1001"), person("浜 花子", "a-1001")) == [
        ("shared_credential_number", "0.xlsx", "D4"),
        ("shared_credential_number", "1.xlsx", "D4"),
    ]
    assert across(twice) == [
        ("shared_credential_number", "0.xlsx", "D4"),
        ("shared_credential_number", "0.xlsx", "D5"),
    ]


def test_people_without_a_name_are_told_apart_by_firm_and_number(across: Across) -> None:
    found = across(person(None, "A-1001"), person(None, "A-1001"))

    assert [code for code, _, _ in found] == ["shared_credential_number"] * 2


def test_the_same_name_and_credential_number_is_the_same_person_in_two_firms(across: Across) -> None:
    assert across(person("港 太郎", "A-1001"), person("港太郎", "A-1001")) == [
        ("person_in_two_firms", "0.xlsx", "D4"),
        ("person_in_two_firms", "1.xlsx", "D4"),
        ("same_name_elsewhere", "0.xlsx", "B4"),
        ("same_name_elsewhere", "1.xlsx", "B4"),
    ]


def test_the_same_name_alone_is_only_a_note(across: Across) -> None:
    found = across(person("港 太郎", "A-1001"), person("港　太郎", "A-1002"))

    assert [code for code, _, _ in found] == ["same_name_elsewhere"] * 2
    assert finding_types()["same_name_elsewhere"].severity == "info"


@pytest.mark.parametrize("name", ["要員 001", "○○ ○○", "林", "***", None])
def test_placeholders_for_names_are_not_compared(across: Across, name: str | None) -> None:
    assert across(person(name, "A-1001"), person(name, "A-1002")) == []


@pytest.mark.parametrize("number", ["-", "123", "0000000", "****1234", None, "申請中です"])
def test_placeholders_for_numbers_are_not_compared(across: Across, number: str | None) -> None:
    assert across(person("港 太郎", number), person("浜 花子", number)) == []


def test_the_number_of_another_credential_is_another_number(across: Across) -> None:
    assert across(person("港 太郎", "A-1001"), person("浜 花子", "A-1001", "CISM")) == []


def test_one_contract_in_two_submissions_is_found(across: Across) -> None:
    found = across({"cases": [CASE]}, {"cases": [{**CASE, "case_id": "X", "client": "株式会社 海辺商事"}]})

    assert found == [("same_contract", "0.xlsx", "D4"), ("same_contract", "1.xlsx", "D4")]


@pytest.mark.parametrize(
    "change",
    [
        {"client": "A社"}, {"client": "株式会社○○"}, {"client": "xx株式会社"}, {"client": None},
        {"ended_on": None}, {"performed_by": "他社"}, {"service": None},
    ],
)  # fmt: skip
def test_contracts_that_tell_nothing_are_not_compared(across: Across, change: dict[str, Any]) -> None:
    rows = [{**CASE, **change}]

    assert across({"cases": rows}, {"cases": rows}) == []


def test_identical_long_texts_are_found_and_short_ones_are_not(across: Across) -> None:
    first: Sheets = {"specifications": [{"description": LONG}, {"description": "同上"}]}
    other: Sheets = {
        "credentials": [{"staff_id": "S1", "equivalence_reason": f" {LONG}\n"}],
        "specifications": [{"description": "同上"}],
    }

    assert across(first, other) == [("identical_text", "0.xlsx", "G4"), ("identical_text", "1.xlsx", "I4")]
    assert across({"specifications": [{"description": LONG}, {"description": LONG}]}) == []


def test_chunks_give_what_the_round_at_once_gives(read: Read, book: Any) -> None:
    books = [
        book(person(name, "A-1001"), f"{i}.xlsx") for i, name in enumerate(["港 太郎", "浜 花子", "港 太郎"])
    ]
    raw, tables = read(*books)
    parts = []
    for first, chunk in ((0, books[:2]), (2, books[2:])):
        chunk_raw, chunk_tables = read(*chunk)
        parts.append(pickle.loads(pickle.dumps(cross_keys(chunk_tables, chunk_raw, first))))

    whole, joined = cross_findings(cross_keys(tables, raw)), cross_findings(concat_keys(parts))

    assert len(whole) > 0
    columns = list(whole.columns)
    pd.testing.assert_frame_equal(
        joined.sort_values(columns, ignore_index=True), whole.sort_values(columns, ignore_index=True)
    )


def test_a_finding_says_where_the_others_stand(read: Read, book: Any) -> None:
    numbered = [
        {"applicant": [{"application_id": f"K{i}"}], **person(f"港 {i}郎", "A-1001")} for i in "一二三四五"
    ]
    raw, tables = read(*(book(sheets, f"{i}.xlsx") for i, sheets in enumerate(numbered)))

    texts = render(cross_findings(cross_keys(tables, raw)), "ja")

    assert texts["message"].iloc[0] == (
        "資格番号「A-1001」が、別の人の行にもあります（K二 資格 D4、K三 資格 D4、K四 資格 D4 ほか1件）。"
    )


def test_keys_are_narrow_and_hold_no_full_texts(read: Read) -> None:
    raw, tables = read({"specifications": [{"description": LONG * 20}]})

    keys = cross_keys(tables, raw)

    assert tuple(keys.columns) == KEY_COLUMNS
    assert keys["label"].str.len().max() <= 60


def test_every_code_across_applications_is_in_the_catalogue() -> None:
    assert set(CODES) <= set(finding_types())
