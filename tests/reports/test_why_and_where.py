"""What does not pass tells an examiner why, and leads to the cells or to where something is missing."""

from typing import Any

import pandas as pd
import pytest

from secsvc_batch.reports.judgement import COLUMNS, JudgementSheets
from secsvc_batch.standard.loader import Standard
from tests.reports.chunks import HEADER_ROW, ReportedChunk, Workbook, case, changed, chunk_of

CREDENTIAL, RECORD, TEACHING = "2-1(1)ア(ア)", "2-1(1)ア(ウ)", "2-1(1)ア(イ)"
EDUCATION, AUDIT, MANAGER, COUNTS = "2-1(2)ウ(イ)", "2-1(2)ウ(ウ)", "2-1(2)ア", "2-1(1)ア[人数]"
OUTPUT, STANDARD = "2-1(2)イ(イ)", "2-1(1)イ[基準]"
NO_ENTRY = "この要件に当たる記入がない。"


@pytest.fixture
def book() -> dict[str, Any]:
    """An applicant for whom everything is in order."""
    return dict(case("vulnerability: everything in order"))


def column(standard: Standard, kind: str, field: str) -> str:
    fields = [one.id for one in standard.layout.by_id[kind].fields]
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[fields.index(field)]


def place(standard: Standard, kind: str, field: str, row: int) -> str:
    return f"{standard.layout.by_id[kind].name.ja}!{column(standard, kind, field)}{row}"


def row_of(book: Workbook, standard: Standard, clause: str) -> pd.Series:
    return chunk_of([book], standard).row(clause)


def shown(book: Workbook, standard: Standard, clause: str, lang: str = "ja") -> list[tuple[str, str, str]]:
    """Return place, what is added and why of every row of evidence."""
    chunk = chunk_of([book], standard)
    rows, node = chunk.evidence(lang), chunk.node(clause)
    listed = zip(rows.place, rows.adds, rows.why, rows.node, strict=True)
    return [(where, adds, why) for where, adds, why, at in listed if at == node]


def experts(book: Workbook) -> list[int]:
    """Return the rows of the technical leads."""
    staff = book["staff"]
    return [
        HEADER_ROW + 1 + at for at, row in enumerate(staff) if row.get("role_vulnerability") == "技術責任者"
    ]


def without_routes(book: Workbook) -> dict[str, Any]:
    return {**book, "credentials": [], "teaching": [], "training": [], "cases": []}


def test_a_route_without_entries_leads_to_the_technical_leads(
    standard: Standard, book: dict[str, Any]
) -> None:
    book = without_routes(book)
    for clause in (CREDENTIAL, TEACHING):
        assert row_of(book, standard, clause)["reason_text"] == NO_ENTRY
        assert shown(book, standard, clause) == [
            (place(standard, "staff", "staff_id", row), "× 数えない", NO_ENTRY) for row in experts(book)
        ]


def test_a_track_record_without_cases_is_a_total_of_none(standard: Standard, book: dict[str, Any]) -> None:
    rows = shown(without_routes(book), standard, RECORD)
    assert {(adds, why) for _, adds, why in rows} == {("合計 0件", NO_ENTRY)}


def test_a_track_record_that_is_too_short_says_so(standard: Standard) -> None:
    short = case("track record: four single contracts")
    assert row_of(short, standard, RECORD)["reason_text"] == "実績が、必要な数に達していない。"
    assert ("合計 4件", "実績が、必要な数に達していない。") in {
        (adds, why) for _, adds, why in shown(short, standard, RECORD)
    }


def test_a_route_fails_for_the_reason_of_the_rows_that_do_not_count(standard: Standard) -> None:
    row = row_of(case("credential expired the day before the base date"), standard, CREDENTIAL)
    assert "有効期限が、基準となる日より前に切れている" in row["reason_text"]


def test_where_nobody_has_the_role_the_header_of_its_column_is_shown(
    standard: Standard, book: dict[str, Any]
) -> None:
    nobody = {**book, "staff": [{**row, "role_vulnerability": None} for row in book["staff"]]}
    header = place(standard, "staff", "role_vulnerability", HEADER_ROW)
    for clause in (RECORD, EDUCATION):
        row = row_of(nobody, standard, clause)
        assert "該当する者がいない。" in row["reason_text"]
        assert header in row["evidence"].split(";")


def test_where_everybody_with_the_role_has_left_the_day_is_shown(
    standard: Standard, book: dict[str, Any]
) -> None:
    left = {**book, "staff": [{**row, "employed_until": "2026-01-31"} for row in book["staff"]]}
    day = place(standard, "staff", "employed_until", experts(book)[0])
    assert (day, "× 数えない", "基準となる日に在籍していない。") in shown(left, standard, RECORD)


def test_a_sheet_that_is_missing_is_named_without_a_cell(standard: Standard, book: dict[str, Any]) -> None:
    chunk = chunk_of([{**book, "staff": []}], standard)
    places = chunk.raw.source._places["staff"]
    places.names[:], places.columns[:] = "", -1
    assert chunk.row(RECORD)["evidence"] == "要員"


def test_people_without_education_are_shown_before_those_with(
    standard: Standard, book: dict[str, Any]
) -> None:
    first = book["training"][0]["staff_id"]
    some = {**book, "training": [row for row in book["training"] if row["staff_id"] != first]}
    at = next(n for n, row in enumerate(book["staff"]) if row["staff_id"] == first)
    rows = shown(some, standard, EDUCATION)
    assert rows[0] == (place(standard, "staff", "staff_id", HEADER_ROW + 1 + at), "× 数えない", NO_ENTRY)
    assert {adds for _, adds, _ in rows[1:]} == {"○ 数える"}


def test_with_everyone_required_partial_education_still_has_its_reason(
    standard: Standard, book: dict[str, Any]
) -> None:
    some = {**book, "training": [row for row in book["training"] if row["staff_id"] != "S001"]}
    row = row_of(some, standard.with_readings({"education_partial": "strict"}), EDUCATION)
    assert (row["verdict"], row["reasons"]) == ("fail", "education_partial")


def test_a_clause_without_its_row_leads_to_the_header(standard: Standard, book: dict[str, Any]) -> None:
    for kind, clause, field in (
        ("procedures", OUTPUT, "status"),
        ("procedures", AUDIT, "status"),
        ("specifications", STANDARD, "standard"),
        ("headcounts", COUNTS, "stated_count"),
    ):
        row = row_of({**book, kind: []}, standard, clause)
        header = place(standard, kind, field, HEADER_ROW)
        assert (row["reason_text"], row["evidence"]) == (NO_ENTRY, header)


def test_a_row_that_is_left_blank_leads_to_what_should_be_named(
    standard: Standard, book: dict[str, Any]
) -> None:
    rows = [row for row in book["specifications"] if row["clause"] != STANDARD]
    row = row_of({**book, "specifications": [*rows, {"clause": STANDARD}]}, standard, STANDARD)
    named = place(standard, "specifications", "standard", HEADER_ROW + 1 + len(rows))
    assert (row["reason_text"], row["evidence"]) == (NO_ENTRY, named)


def test_where_a_clause_cannot_be_read_its_cell_is_shown(standard: Standard, book: dict[str, Any]) -> None:
    at = next(n for n, row in enumerate(book["procedures"]) if row["clause"] == OUTPUT)
    lost = changed(book, "procedures", at, clause="不明")
    assert shown(lost, standard, OUTPUT) == [
        (place(standard, "procedures", "clause", HEADER_ROW + 1 + at), "△ 要確認", "読み取れないセルがある。")
    ]


def test_what_is_said_not_to_be_done_differs_from_what_is_left_blank(
    standard: Standard, book: dict[str, Any]
) -> None:
    at = next(n for n, row in enumerate(book["procedures"]) if row["clause"] == OUTPUT)
    refused = changed(book, "procedures", at, status="未実施")
    blank = changed(book, "procedures", at, status=None)
    assert row_of(refused, standard, OUTPUT)["reasons"] == "not_done"
    assert row_of(blank, standard, OUTPUT)["reasons"] == "not_stated"


def test_a_cell_that_cannot_be_read_is_the_one_that_is_shown(
    standard: Standard, book: dict[str, Any]
) -> None:
    at = next(n for n, row in enumerate(book["procedures"]) if row["clause"] == OUTPUT)
    row = row_of(changed(book, "procedures", at, carried_out_on={"text": "4月ごろ"}), standard, OUTPUT)
    assert row["evidence"] == place(standard, "procedures", "carried_out_on", HEADER_ROW + 1 + at)


def test_a_number_that_differs_is_shown_beside_the_count(standard: Standard, book: dict[str, Any]) -> None:
    at = next(n for n, row in enumerate(book["headcounts"]) if row["clause"] == CREDENTIAL)
    rows = shown(changed(book, "headcounts", at, stated_count=17), standard, COUNTS)
    assert rows[0][1].startswith("△ 数えると")
    assert {adds for _, adds, _ in rows[1:]} == {"○ 一致"}


def test_the_cases_of_an_auditor_are_shown(standard: Standard, book: dict[str, Any]) -> None:
    at = next(n for n, row in enumerate(book["procedures"]) if row["clause"] == AUDIT)
    worker = str(book["cases"][0]["participants"]).split("、")[0]
    rows = shown(changed(book, "procedures", at, auditor=worker), standard, AUDIT)
    first_case = place(standard, "cases", "participants", HEADER_ROW + 1)
    reason = "監査者が、過去3年間に終わった案件の従事者である。"
    assert (first_case, "× 満たさない", reason) in rows


def test_an_unknown_variant_leads_to_the_variants(standard: Standard) -> None:
    row = row_of(case("device variant not stated"), standard, "5(1)ア(イ)(イ)")
    assert "variant_unknown" in row["reasons"].split(";")
    assert place(standard, "services", "variants", HEADER_ROW + 1) in row["evidence"].split(";")


def test_a_lecture_on_another_technology_says_why_it_does_not_count(
    standard: Standard, book: dict[str, Any]
) -> None:
    lecture = {"staff_id": "S001", "kind": "高等教育機関講師", "organisation": "OWASP Japan"}
    lecture |= {"technology": "監視・運用", "started_on": "2024-04-01"}
    ((_, adds, why),) = shown({**without_routes(book), "teaching": [lecture]}, standard, TEACHING)[:1]
    assert (adds, why) == ("× 数えない", "この要件で数える業務区分・対象技術であることが確かめられない。")


def test_cases_of_other_services_are_no_matter_to_a_track_record(standard: Standard) -> None:
    chunk = chunk_of([case("all six services")], standard)
    rows, node = chunk.evidence(), chunk.node("2-2(1)ア(イ)")
    services = {row["case_id"]: row["service"] for row in case("all six services")["cases"]}
    told = [text for text, at in zip(rows.told, rows.node, strict=True) if at == node and "：" in text]
    of = {services[text.split("：")[1].split("　")[0]] for text in told}
    assert "ペネトレーションテスト" in of
    assert of <= {"ペネトレーションテスト", "脆弱性診断"}


def test_what_follows_another_service_leads_to_that_verdict(standard: Standard) -> None:
    chunk = chunk_of([case("all six services")], standard)
    sheet = JudgementSheets(chunk.results, chunk.raw, chunk.run, "ja").sheet(0)
    lines = {row[0].value: (at, row) for at, row in enumerate(sheet.rows, start=1) if row and row[0]}
    link = lines["2-2(2)[2-1(2)]"][1][COLUMNS.index("evidence")]
    assert link is not None
    assert link.link == f"'判定'!A{lines['2-1(2)'][0]}"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_leaf_that_fails_or_is_open_has_a_sentence_and_a_link(
    everything: ReportedChunk, lang: str
) -> None:
    leaves = {leaf.clause for leaf in everything.standard.leaves}
    silent, seen = [], 0
    for sheet in JudgementSheets(everything.results, everything.raw, everything.run, lang):
        clause, linked = "", True
        for row in [*sheet.rows, [None] * len(COLUMNS)]:
            new = not row or row[0] is not None
            if new and not linked:
                silent.append((sheet.footer, clause))
            cells = dict(zip(COLUMNS, row, strict=False))
            link = cells.get("evidence")
            if new:
                head, verdict, reason = cells.get("clause"), cells.get("verdict"), cells.get("reason")
                clause = str(head.value) if head else ""
                lacking = clause in leaves and verdict is not None and verdict.style in ("fail", "review")
                seen += lacking
                linked = not lacking or bool(link and link.link)
                if lacking and not (reason and str(reason.value).split("\n")[0].endswith(("。", "."))):
                    silent.append((sheet.footer, clause))
            linked = linked or bool(link and link.link)
    assert seen > 400
    assert silent == []
