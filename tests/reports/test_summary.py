from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from secsvc_batch.reports.counts import Refused, RoundCounts
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.reports.summary import write_summary
from tests.reports.chunks import BASE_DATE, ReportedChunk, case, changed, chunk_of

SHEETS = ["概要", "サービス別", "要件別", "申請者一覧", "指摘別"]


def counts_of(*chunks: ReportedChunk) -> RoundCounts:
    counts = RoundCounts()
    for chunk in chunks:
        counts.add(len(chunk.raw.files), chunk.verdicts(), chunk.applications(), chunk.findings)
    return counts


@pytest.fixture(scope="module")
def summary(everything: ReportedChunk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("summary") / "summary.xlsx"
    counts = counts_of(everything)
    counts.refused.append(Refused("=bad.xls", "file_xls", "理由"))
    write_summary(path, counts, everything.run, "ja")
    return path


def rows_of(path: Path, name: str) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(path)[name]
    assert isinstance(sheet, Worksheet)
    return list(sheet.iter_rows(values_only=True))


def test_the_summary_has_a_sheet_for_each_question(summary: Path) -> None:
    assert openpyxl.load_workbook(summary).sheetnames == SHEETS


def test_every_sheet_says_that_the_lists_are_samples(summary: Path) -> None:
    for name in SHEETS:
        assert any("見本リストによる試行結果" in str(row[0]) for row in rows_of(summary, name))


def test_files_and_verdicts_are_counted(summary: Path, everything: ReportedChunk) -> None:
    shown = {str(row[0]): row[1] for row in reversed(rows_of(summary, "概要"))}
    verdicts = everything.applications()["verdict"].value_counts()
    assert (shown["読み取ったファイル"], shown["読み取れなかったファイル"]) == (261, 1)
    assert shown["判定した申請"] == len(everything.applications())
    assert (shown["○ 適合"], shown["△ 要確認"], shown["× 不適合"]) == tuple(
        verdicts[["pass", "review", "fail"]]
    )


def test_a_refused_file_is_named_with_its_reason_and_never_as_a_formula(summary: Path) -> None:
    sheet = openpyxl.load_workbook(summary)["概要"]
    (cell,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=bad.xls"]
    assert cell.data_type == "s"


def test_each_requirement_has_its_counts_and_main_reasons(summary: Path, everything: ReportedChunk) -> None:
    table = everything.verdicts()
    nodes = table[(table["clause"] == "2-1(1)ア(ア)") & ~table["met_otherwise"]]["verdict"].value_counts()
    (row,) = [row for row in rows_of(summary, "要件別") if row[0] == "2-1(1)ア(ア)"]
    assert row[2:5] == (nodes["pass"], nodes["review"], nodes["fail"])
    assert str(row[7]).startswith("この要件に当たる記入がない（")
    assert "有効期限が、基準となる日より前に切れている（" in str(row[7])


def test_every_application_has_a_line(summary: Path, everything: ReportedChunk) -> None:
    applications = everything.applications()
    rows = rows_of(summary, "申請者一覧")
    lines = [row for row in rows if str(row[9] or "").endswith(".xlsx")]
    assert [line[0] for line in lines] == applications["application_id"].tolist()
    assert [line[4] for line in lines] == applications["leaves_pass"].tolist()


def test_findings_are_counted_by_kind_with_the_worst_first(summary: Path, everything: ReportedChunk) -> None:
    rows = [row for row in rows_of(summary, "指摘別") if row[5] and row[5] != "コード"]
    found = everything.findings["code"].value_counts()
    assert {row[5]: row[2] for row in rows} == found.to_dict()
    severities = [str(row[0])[0] for row in rows]
    assert severities == sorted(severities, key="×△－".index)


def test_counts_do_not_depend_on_the_chunks(
    everything: ReportedChunk, standard_books: list[ReportedChunk]
) -> None:
    one, two, both = standard_books
    parts, whole = counts_of(one, two), counts_of(both)
    assert parts.services == whole.services
    assert parts.requirements == whole.requirements
    assert parts.reasons == whole.reasons
    assert parts.concerned == whole.concerned
    assert everything.standard is both.standard


@pytest.fixture
def standard_books(everything: ReportedChunk) -> list[ReportedChunk]:
    names = ("all six services", "track record: the fifth begins on D3")
    books = [case(name) for name in names]
    standard = everything.standard
    return [chunk_of(books[:1], standard), chunk_of(books[1:], standard), chunk_of(books, standard)]


def test_findings_of_refused_files_name_the_files(everything: ReportedChunk) -> None:
    counts = RoundCounts()
    row = {"applicant": -1, "file": "x.xls", "code": "file_xls", "severity": "error", "message": "m"}
    counts.add_findings(pd.DataFrame([row]))
    assert counts.refused == [Refused("x.xls", "file_xls", "m")]
    assert counts.refused_files == 1
    assert counts.findings["file_xls"]["error"] == 1


def test_the_same_counts_give_the_same_bytes(
    summary: Path, everything: ReportedChunk, tmp_path: Path
) -> None:
    counts = counts_of(everything)
    counts.refused.append(Refused("=bad.xls", "file_xls", "理由"))
    write_summary(tmp_path / "again.xlsx", counts, everything.run, "ja")
    assert (tmp_path / "again.xlsx").read_bytes() == summary.read_bytes()


def test_official_lists_need_no_notice(everything: ReportedChunk, tmp_path: Path) -> None:
    standard = everything.standard
    official = replace(standard, lists=replace(standard.lists, status="official"))
    write_summary(tmp_path / "summary.xlsx", RoundCounts(), RunInfo(official, BASE_DATE), "en")
    texts = [str(value) for row in rows_of(tmp_path / "summary.xlsx", "Overview") for value in row]
    assert not [text for text in texts if "Trial result" in text]
    assert any("[official]" in text for text in texts)


def test_a_round_without_any_readable_file_has_a_summary(everything: ReportedChunk, tmp_path: Path) -> None:
    write_summary(tmp_path / "summary.xlsx", RoundCounts(), everything.run, "ja")
    assert openpyxl.load_workbook(tmp_path / "summary.xlsx").sheetnames == SHEETS


def test_names_with_control_characters_do_no_harm(everything: ReportedChunk, tmp_path: Path) -> None:
    book = changed(case("vulnerability: everything in order"), "applicant", 0, organisation="=A\x01B")
    chunk = chunk_of([book], everything.standard)
    write_summary(tmp_path / "summary.xlsx", counts_of(chunk), everything.run, "ja")
    assert "=AB" in [row[1] for row in rows_of(tmp_path / "summary.xlsx", "申請者一覧")]
