"""What validation finds: every code with a sample that fails and one that passes."""

import json
import random
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secsvc_batch.tables import cells
from secsvc_batch.tables.facts import FACTS, is_corporate_number
from secsvc_batch.tables.findings import EngineFault, counts
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.schemas import UNREADABLE_CODES, failures, row_checks
from secsvc_batch.tables.typed import Tables, application_ids
from secsvc_batch.tables.validation import shown
from secsvc_batch.workbook.layout import Layout

BASE_DATE = date(2026, 10, 1)
ROUND_CODES = {
    "duplicate_application", "shared_credential_number", "person_in_two_firms", "same_name_elsewhere",
    "same_contract", "identical_text",
}  # fmt: skip

Found = Callable[..., pd.DataFrame]
Book = Callable[..., Any]
Said = Callable[..., list[tuple[str, str, str]]]
Row = Mapping[str, Any]
Sheets = dict[str, list[Row]]

APPLICANT = {"organisation": "株式会社みなと", "corporate_number": "6010001000001"}
STAFF = {"staff_id": "S001", "employed_from": date(2018, 4, 1), "role_audit": "技術責任者"}
CREDENTIAL = {
    "staff_id": "S001",
    "credential": "公認情報セキュリティ主任監査人",
    "acquired_on": date(2024, 5, 10),
    "expires_on": date(2027, 5, 9),
    "list_id": "1-1",
}
CASE = {
    "case_id": "C1", "service": "脆弱性診断", "case_type": "プラットフォーム", "contract_form": "個別",
    "started_on": date(2025, 1, 10), "ended_on": date(2025, 4, 20), "participants": "S001",
    "reviewers": "外部", "reviewed_on": date(2025, 4, 18),
}  # fmt: skip
SERVICE = {
    "service": "情報セキュリティ監査", "application_type": "新規", "service_name": "監査サービス",
    "quality_manager": "S001",
}  # fmt: skip
TEACHING = {
    "staff_id": "S001",
    "kind": "専門家コミュニティ講師",
    "organisation": "OWASP Japan",
    "started_on": date(2024, 4, 1),
}
TRAINING = {
    "staff_id": "S001",
    "purpose": "研修修了",
    "course": "SANS SEC542",
    "form": "受講",
    "completed_on": date(2024, 4, 1),
}
SPECIFICATION = {"clause": "2-1(1)イ[基準]", "standard": "OWASP Web Security Testing Guide"}
ORDERLY: Sheets = {
    "applicant": [APPLICANT],
    "services": [SERVICE],
    "staff": [STAFF],
    "credentials": [CREDENTIAL],
    "teaching": [TEACHING],
    "training": [TRAINING],
    "cases": [CASE],
}


def orderly(**sheets: list[Row]) -> Sheets:
    """Return an applicant without findings, some sheets replaced."""
    return {**ORDERLY, **sheets}


def test_an_orderly_applicant_has_no_findings(found: Found) -> None:
    assert found(ORDERLY)["code"].tolist() == []


# (code, rows that fail, cell, rows that pass)
SAMPLES: list[tuple[str, Sheets, str, Sheets]] = [
    (
        "unreadable_date",
        {"credentials": [{**CREDENTIAL, "expires_on": "更新手続中"}]},
        "F4",
        {"credentials": [{**CREDENTIAL, "expires_on": "2027/5/9"}]},
    ),
    (
        "unreadable_date",
        {"staff": [{**STAFF, "employed_from": "18/4/1"}]},
        "E4",
        {"staff": [{**STAFF, "employed_from": None}]},
    ),
    (
        "unknown_choice",
        {"staff": [{**STAFF, "role_audit": "責任者"}]},
        "G4",
        {"staff": [{**STAFF, "role_audit": "Technical lead"}]},
    ),
    (
        "unknown_choice",
        {"services": [{**SERVICE, "variants": "ア及びイ"}]},
        "C4",
        {"services": [{**SERVICE, "variants": "ア、イ"}]},
    ),
    (
        "unknown_choice",
        {"cases": [{**CASE, "client_managed": "はい"}]},
        "O4",
        {"cases": [{**CASE, "client_managed": "〇"}]},
    ),
    (
        "unreadable_cell",
        {"staff": [{**STAFF, "name": "#N/A"}]},
        "B4",
        {"staff": [{**STAFF, "name": "N/A"}]},
    ),
    (
        "unreadable_cell",
        {"cases": [{**CASE, "reviewed_on": "#VALUE!"}]},
        "L4",
        {"cases": [{**CASE, "reviewed_on": None}]},
    ),
    (
        "required_blank",
        {"staff": [STAFF, {"name": "佐藤"}]},
        "A5",
        {"staff": [STAFF, {**STAFF, "staff_id": "2"}]},
    ),
    (
        "required_blank",
        {"applicant": [{**APPLICANT, "organisation": None}]},
        "B3",
        {"applicant": [{**APPLICANT, "address": None}]},
    ),
    (
        "duplicate_key",
        {"staff": [STAFF, {**STAFF, "staff_id": "Ｓ００１"}]},
        "A5",
        {"staff": [STAFF, {**STAFF, "staff_id": "S1"}]},
    ),
    (
        "duplicate_key",
        {"services": [SERVICE, {**SERVICE, "service": "Information security audit"}]},
        "A5",
        {"services": [SERVICE, {**SERVICE, "service": "機器検証"}]},
    ),
    (
        "duplicate_key",
        {"cases": [CASE, CASE]},
        "A5",
        {"cases": [CASE, {**CASE, "case_id": "C2"}]},
    ),
    (
        "unknown_person",
        {"training": [{**TRAINING, "staff_id": "S009"}]},
        "A4",
        {"training": [{**TRAINING, "staff_id": "Ｓ００１"}]},
    ),
    (
        "unknown_person",
        {"cases": [{**CASE, "participants": "S001、外部"}]},
        "I4",
        {"cases": [{**CASE, "participants": "S001", "reviewers": "S001\nExternal"}]},
    ),
    (
        "end_before_start",
        {"staff": [{**STAFF, "employed_until": date(2018, 3, 31)}]},
        "F4",
        {"staff": [{**STAFF, "employed_until": date(2018, 4, 1)}]},
    ),
    (
        "wrong_corporate_number",
        {"applicant": [{**APPLICANT, "corporate_number": "7010001000001"}]},
        "B4",
        {"applicant": [{**APPLICANT, "corporate_number": "８７００１１０００５９０１"}]},
    ),
    (
        "wrong_corporate_number",
        {"applicant": [{**APPLICANT, "corporate_number": "010001000001"}]},
        "B4",
        {"applicant": [{**APPLICANT, "corporate_number": 6010001000001.0}]},
    ),
    (
        "claim_without_list",
        {"credentials": [{**CREDENTIAL, "equivalent": "○", "list_id": None}]},
        "H4",
        {"credentials": [{**CREDENTIAL, "equivalent": "×", "list_id": None}]},
    ),
    (
        "unlisted_name",
        {"credentials": [{**CREDENTIAL, "credential": "ITパスポート"}]},
        "B4",
        {"credentials": [{**CREDENTIAL, "credential": "ITパスポート", "equivalent": "○"}]},
    ),
    (
        "unlisted_name",
        {"credentials": [{**CREDENTIAL, "credential": "その他", "credential_other": "ITパスポート"}]},
        "B4",
        {"credentials": [{**CREDENTIAL, "credential": "その他", "credential_other": "ＣＩＳＳＰ"}]},
    ),
    (
        "unlisted_name",
        {"teaching": [{**TEACHING, "organisation": "町内会"}]},
        "C4",
        {"teaching": [{**TEACHING, "organisation": "港大学", "kind": "高等教育機関講師"}]},
    ),
    (
        "unlisted_name",
        {"training": [{**TRAINING, "course": "社内勉強会"}]},
        "C4",
        {"training": [{**TRAINING, "course": "社内勉強会", "purpose": "教育・研修"}]},
    ),
    (
        "unlisted_name",
        {"specifications": [{**SPECIFICATION, "standard": "ISO/IEC 27007"}]},
        "D4",
        {"specifications": [SPECIFICATION]},
    ),
    (
        "other_without_name",
        {"credentials": [{**CREDENTIAL, "credential": "その他", "equivalent": "○"}]},
        "B4",
        {"credentials": [{**CREDENTIAL, "credential": "Other", "credential_other": "CISSP"}]},
    ),
    (
        "unknown_list",
        {"credentials": [{**CREDENTIAL, "list_id": "7-1"}]},
        "G4",
        {"credentials": [{**CREDENTIAL, "list_id": "１－１"}]},
    ),
    (
        "unknown_clause",
        {"procedures": [{"clause": "1(2)", "status": "実施"}]},
        "A4",
        {"procedures": [{"clause": "1(1)ア[リスト]", "status": "実施"}]},
    ),
    (
        "unreadable_count",
        {"headcounts": [{"clause": "2-1(1)ア(ア)", "stated_count": "三"}]},
        "C4",
        {"headcounts": [{"clause": "2-1(1)ア(ア)", "stated_count": "３名"}]},
    ),
    (
        "choice_of_other_service",
        {"cases": [{**CASE, "case_type": "マネージドセキュリティ"}]},
        "C4",
        {"cases": [{**CASE, "case_type": "その他診断"}]},
    ),
    (
        "date_after_base_date",
        {"cases": [{**CASE, "reviewed_on": date(2026, 10, 2)}]},
        "L4",
        {"cases": [{**CASE, "reviewed_on": date(2026, 10, 1), "ended_on": date(2027, 4, 1)}]},
    ),
    (
        "date_read_from_text",
        {"staff": [{**STAFF, "employed_from": "H30.4.1"}]},
        "E4",
        {"staff": [{**STAFF, "employed_from": "2018年4月1日"}]},
    ),
    ("below_capacity", {"staff": [{**STAFF, "row": 304}]}, "A304", {"staff": [{**STAFF, "row": 303}]}),
]


@pytest.mark.parametrize(("code", "bad", "cell", "good"), SAMPLES)
def test_a_fault_is_found_in_its_cell_and_nothing_else_is(
    found: Found, code: str, bad: Sheets, cell: str, good: Sheets
) -> None:
    findings = found(orderly(**bad))

    assert list(zip(findings["code"], findings["cell"], strict=True)) == [(code, cell)]
    assert found(orderly(**good))["code"].tolist() == []


def test_every_code_of_the_checks_has_a_sample(layout: Layout) -> None:
    codes = {check.code for sheet in layout.tables for check in row_checks(sheet, layout)}

    assert codes == set(FACTS)
    assert codes | set(UNREADABLE_CODES.values()) | {"unreadable_cell"} == {code for code, *_ in SAMPLES}


# --- what the messages say ------------------------------------------------------------------------


def test_a_message_names_the_column_and_quotes_the_cell(said: Said) -> None:
    sheets = orderly(credentials=[{**CREDENTIAL, "expires_on": "更新手続中"}])

    assert said(sheets) == [("F4", "unreadable_date", "有効期限「更新手続中」を日付として読み取れません。")]
    assert said(sheets, lang="en")[0][2] == "Expires on: “更新手続中” cannot be read as a date."


@pytest.mark.parametrize(
    ("sheets", "hint"),
    [
        ({"services": [{**SERVICE, "service": "監査"}]}, "「情報セキュリティ監査」のことですか。"),
        ({"credentials": [{**CREDENTIAL, "credential": "cissp"}]}, "「CISSP」のことですか。"),
        ({"credentials": [{**CREDENTIAL, "list_id": "例示1-1"}]}, "「1-1」のことですか。"),
        ({"training": [{**TRAINING, "staff_id": "S-1"}]}, "「S001」のことですか。"),
        ({"procedures": [{"clause": "1 (1) ア [リスト]"}]}, "「1(1)ア[リスト]」のことですか。"),
    ],
)
def test_a_near_miss_is_answered_with_what_was_probably_meant(said: Said, sheets: Sheets, hint: str) -> None:
    assert said(orderly(**sheets))[0][2].endswith(hint)


def test_an_unknown_person_is_named_once_among_known_ones(said: Said) -> None:
    sheets = orderly(cases=[{**CASE, "participants": "S001、S007 S008、S007"}])

    assert said(sheets)[0][2] == "従事者の「S007、S008」は、シート「要員」にありません。"


def test_a_duplicate_tells_the_row_that_counts(said: Said) -> None:
    sheets = orderly(staff=[{**STAFF, "row": 9}, {**STAFF, "row": 12}, {**STAFF, "row": 40}])

    assert [message for _, _, message in said(sheets)] == ["要員番号「S001」は9行目にもあります。"] * 2


def test_days_worked_out_from_text_are_shown_once_for_a_column(found: Found, said: Said) -> None:
    sheets = orderly(
        staff=[{**STAFF, "staff_id": f"S{i:03}", "employed_from": "H30.4.1"} for i in range(1, 6)]
    )

    assert said(sheets) == [
        ("E4", "date_read_from_text", "在籍開始日「H30.4.1」を 2018-04-01 と読みました（この欄で5件）。")
    ]


# --- no cascades, no floods -----------------------------------------------------------------------


def test_without_the_staff_sheet_nobody_is_called_unknown(found: Found, book: Book) -> None:
    assert found(book(ORDERLY, without=("staff",)))["code"].tolist() == []


@pytest.mark.parametrize("column", ["credentials.list_id", "credentials.staff_id", "staff.staff_id"])
def test_a_column_that_is_missing_brings_no_further_findings(found: Found, book: Book, column: str) -> None:
    sheets = orderly(credentials=[{**CREDENTIAL, "equivalent": "○"}])

    assert found(book(sheets, without=(column,)))["code"].tolist() == []


def test_formulas_that_were_never_calculated_are_left_to_the_reader(found: Found) -> None:
    assert found(orderly(staff=[{**STAFF, "employed_from": cells.UNCACHED}]))["code"].tolist() == []


def test_of_a_flood_twenty_are_listed_and_the_rest_is_counted(found: Found, said: Said) -> None:
    sheets = orderly(cases=[{**CASE, "case_id": f"C{i}", "reviewed_on": "未定"} for i in range(50)])

    findings = found(sheets)

    assert findings["code"].value_counts().to_dict() == {"unreadable_date": 20, "more_of_the_same": 1}
    assert findings["cell"].tolist() == [f"L{row}" for row in range(4, 25)]
    assert said(sheets)[-1][2].startswith(
        "レビュー日には、同じ指摘（日付として読み取れません）がこのほかに30件"
    )
    assert counts(findings) == {"error": 50, "warning": 0, "info": 0}


def test_a_row_that_fails_two_checks_has_one_finding_for_each(found: Found) -> None:
    sheets = orderly(staff=[{**STAFF, "employed_from": "H30.4.1", "employed_until": "H29.4.1"}])

    assert sorted(found(sheets)["code"]) == ["date_read_from_text", "date_read_from_text", "end_before_start"]


# --- the frame ------------------------------------------------------------------------------------


def test_findings_carry_application_file_and_place(found: Found) -> None:
    sheets = orderly(
        applicant=[{**APPLICANT, "application_id": "Ｋ００１２"}],
        staff=[{**STAFF, "role_audit": "長", "row": 17}],
    )

    finding = found({}, sheets).iloc[-1]

    assert finding.to_dict() == {
        "applicant": 1, "application_id": "K0012", "file": "1.xlsx", "sheet": "要員", "cell": "G17",
        "kind": "staff",
        "row": 17, "field": "role_audit", "raw": "長", "code": "unknown_choice", "params": "{}",
    }  # fmt: skip


def test_a_blank_application_number_is_the_stem_of_the_file(
    read: Callable[..., tuple[RawTables, Tables]],
) -> None:
    raw, tables = read({"applicant": [{"application_id": "K1"}]}, {"applicant": [{}]}, {})

    assert application_ids(tables, raw).tolist() == ["K1", "1", "2"]


def test_raw_cells_are_quoted_as_they_were_typed() -> None:
    assert [shown(raw) for raw in (None, " Ｒ７．４ ", 3.0, 0.25, date(2026, 1, 2), "#N/A")] == [
        "", "Ｒ７．４", "3", "0.25", "2026-01-02", "#N/A",
    ]  # fmt: skip


def test_no_applicants_have_no_findings(found: Found) -> None:
    assert len(found()) == 0
    assert list(found().columns) == list(found(ORDERLY).columns)


@pytest.mark.parametrize("number", ["6010001000001", "8700110005901", "7000012050002"])
def test_check_digits_of_real_corporate_numbers_are_right(number: str) -> None:
    assert is_corporate_number(number)
    assert not is_corporate_number(f"{(int(number[0]) + 1) % 10}{number[1:]}")


# --- the schemas ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frame: frame.drop(columns="name"),
        lambda frame: frame.assign(name=np.uint8(9)),
        lambda frame: frame.assign(name=np.nan),
        lambda frame: frame.drop(columns="duplicate_key:staff_id"),
        lambda frame: frame.assign(**{"duplicate_key:staff_id": None}),
        lambda frame: frame.assign(**{"duplicate_key:staff_id": 1}),
    ],
)
def test_a_frame_that_is_not_as_the_schema_says_is_a_fault_of_the_program(
    layout: Layout, spoil: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    sheet = layout.by_id["staff"]
    good = pd.DataFrame(
        {
            **{field.id: np.ones(3, dtype=np.uint8) for field in sheet.fields},
            **{check.column: np.ones(3, dtype=bool) for check in row_checks(sheet, layout)},
        }
    )

    assert failures(sheet, layout, good) == []
    with pytest.raises(EngineFault):
        failures(sheet, layout, spoil(good))


# --- properties -----------------------------------------------------------------------------------


POOL = [orderly(**bad) for _, bad, _, _ in SAMPLES] + [ORDERLY, {}]


def _key(findings: pd.DataFrame) -> list[tuple[object, ...]]:
    columns = ["file", "application_id", "sheet", "cell", "row", "field", "raw", "code", "params"]
    return sorted(findings[columns].itertuples(index=False, name=None))


@settings(max_examples=8, deadline=None)
@given(chosen=st.lists(st.sampled_from(range(len(POOL))), min_size=1, max_size=6), rng=st.randoms())
def test_a_batch_gives_what_the_singles_give_in_any_order(
    found: Found, book: Book, chosen: list[int], rng: random.Random
) -> None:
    books = [book(POOL[n], f"{i}.xlsx") for i, n in enumerate(chosen)]

    batch = found(*rng.sample(books, len(books)))

    assert _key(batch) == sorted(key for single in books for key in _key(found(single)))


def test_every_finding_has_parameters_that_can_be_read(found: Found) -> None:
    findings = found(*POOL)

    assert all(isinstance(json.loads(params), dict) for params in findings["params"])
    assert not findings.isna().any(axis=None)


def test_the_codes_of_the_round_are_no_codes_of_a_single_applicant() -> None:
    assert ROUND_CODES.isdisjoint(FACTS)
