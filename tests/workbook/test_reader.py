"""The reader finds sheets and fields by their texts and says what is wrong with a file."""

import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from secsvc_batch.messages import LANGUAGES, finding_types, word
from secsvc_batch.tables.cells import date_of, days
from secsvc_batch.workbook import reader
from secsvc_batch.workbook.layout import Layout
from secsvc_batch.workbook.limits import LIMITS, Limits
from secsvc_batch.workbook.reader import UNCACHED, FileFinding, SheetData, Submission, read_submission
from secsvc_batch.workbook.values import clean

MakeBook = Callable[..., Path]
EditPackage = Callable[..., Path]
Read = Callable[..., Submission]

PEOPLE = [
    {"staff_id": "001", "name": "山田", "employed_from": date(2020, 4, 1), "role_audit": "技術責任者"},
    {"staff_id": "００２", "name": "佐藤"},
]


@pytest.fixture
def read(layout: Layout) -> Read:
    def read_path(path: Path, limits: Limits = LIMITS) -> Submission:
        submission = read_submission(path, path.name, layout, "4.1", limits)
        for finding in submission.findings:
            entry = finding_types()[finding.code]
            for lang in LANGUAGES:
                values = {"sheet": finding.sheet, "raw": finding.raw, **finding.params}
                wanted = re.findall(r"\{(\w+)\}", getattr(entry.message, lang) + getattr(entry.remedy, lang))
                assert set(wanted) <= set(values), f"{finding.code} leaves a gap in its text"
        return submission

    return read_path


def codes(submission: Submission) -> list[tuple[str, str]]:
    return [(finding.code, finding.cell or finding.field) for finding in submission.findings]


def rows(sheet: SheetData) -> dict[int, dict[str, Any]]:
    """Return what is filled in, by row number and field."""
    return {
        number: {name: cells[at] for name, cells in sheet.cells.items() if cells[at] is not None}
        for at, number in enumerate(sheet.rows)
    }


def edit(path: Path, change: Callable[[openpyxl.Workbook], object]) -> Path:
    """Change a workbook with openpyxl and save it in place."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


# --- values -----------------------------------------------------------------------------------------


def test_a_filled_in_template_is_read_without_a_finding(make_book: MakeBook, read: Read) -> None:
    path = make_book(
        {"applicant": [{"organisation": "株式会社例", "phone": "03-0000-0000"}], "staff": PEOPLE}
    )
    submission = read(path)
    assert codes(submission) == []
    assert not submission.refused
    assert submission.size == path.stat().st_size
    assert len(submission.sha256) == 64
    assert rows(submission.sheets["applicant"]) == {
        0: {"organisation": "株式会社例", "phone": "03-0000-0000"}
    }
    assert submission.sheets["applicant"].field_rows["phone"] == 11
    assert rows(submission.sheets["staff"]) == {
        5: {"staff_id": "001", "name": "山田", "employed_from": date(2020, 4, 1), "role_audit": "技術責任者"},
        6: {"staff_id": "００２", "name": "佐藤"},
    }
    assert submission.sheets["staff"].header_row == 4
    assert submission.sheets["staff"].note_column == 13


def test_the_english_template_is_read_the_same(make_book: MakeBook, read: Read) -> None:
    japanese, english = (read(make_book({"staff": PEOPLE}, lang=lang)) for lang in ("ja", "en"))
    assert english.findings == []
    assert rows(english.sheets["staff"]) == rows(japanese.sheets["staff"])
    assert english.sheets["staff"].name == "Staff"


def test_gaps_never_end_the_data(make_book: MakeBook, read: Read) -> None:
    people = [PEOPLE[0], *[None] * 400, PEOPLE[1]]
    assert read(make_book({"staff": people})).sheets["staff"].rows == [5, 406]


def test_white_space_alone_is_blank_and_makes_no_row(make_book: MakeBook, read: Read) -> None:
    people = [{"staff_id": " ", "name": "　\n"}, {"staff_id": " 7 ", "name": "  "}]
    assert rows(read(make_book({"staff": people})).sheets["staff"]) == {6: {"staff_id": " 7 "}}


def test_pre_filled_rows_are_rows_by_their_clause(make_book: MakeBook, read: Read) -> None:
    given = [
        {"clause": "1(1)イ", "content": "監査の基準", "list_id": "4-1"},
        {"content": "番号のない行", "list_id": "4-1"},
        {"standard": "番号の消えた行"},
    ]
    assert read(make_book({"specifications": given})).sheets["specifications"].rows == [5, 7]


def test_values_keep_their_kind() -> None:
    given = [1, 2.5, True, False, "", " ", "x ", date(2025, 4, 1), datetime(2025, 4, 1, 9, 30), time(9, 30)]
    expected = [1.0, 2.5, "TRUE", "FALSE", None, None, "x ", date(2025, 4, 1), date(2025, 4, 1), "09:30:00"]
    assert clean(given) == expected
    assert clean([timedelta(hours=36), float("nan"), float("inf")]) == [1.5, "nan", "inf"]


def test_error_cells_are_told_from_blank_ones(
    make_book: MakeBook, edit_package: EditPackage, read: Read
) -> None:
    def change(name: str, old: bytes) -> bytes:
        errors = {b"E5": b"#N/A", b"F5": b"#DIV/0!", b"G5": b"Err:502"}
        for cell, text in errors.items() if name == "xl/worksheets/sheet3.xml" else ():
            old = re.sub(
                rb'<c r="%s"[^>]*><v>\d+</v></c>' % cell, b'<c r="%s" t="e"><v>%s</v></c>' % (cell, text), old
            )
        return old

    person = {"staff_id": "1", "employed_from": "x", "employed_until": "x", "role_audit": "x"}
    path = edit_package(make_book({"staff": [person]}), change)
    assert rows(read(path).sheets["staff"]) == {
        5: {"staff_id": "1", "employed_from": "#N/A", "employed_until": "#DIV/0!", "role_audit": "#VALUE!"}
    }


def test_an_error_alone_makes_a_row(make_book: MakeBook, edit_package: EditPackage, read: Read) -> None:
    def change(name: str, old: bytes) -> bytes:
        row = b'<row r="9"><c r="B9" t="e"><v>#REF!</v></c></row></sheetData>'
        return old.replace(b"</sheetData>", row) if name == "xl/worksheets/sheet3.xml" else old

    assert rows(read(edit_package(make_book(), change)).sheets["staff"]) == {9: {"name": "#REF!"}}


def test_formulas_without_a_value_are_one_finding_and_never_blank(make_book: MakeBook, read: Read) -> None:
    def change(book: openpyxl.Workbook) -> None:
        page = book["要員"]
        page["B5"], page["B6"], page["P5"] = '="山"&"田"', "=A6", "=COUNTA(A5:M5)"

    submission = read(edit(make_book({"staff": [{"staff_id": "1"}]}), change))
    assert rows(submission.sheets["staff"]) == {5: {"staff_id": "1", "name": UNCACHED}, 6: {"name": UNCACHED}}
    (finding,) = submission.findings
    assert (finding.code, finding.sheet, finding.cell, finding.row) == ("formula_uncached", "要員", "B5", 5)
    assert finding.params == {"cells": "B5、B6", "count": "2"}


def test_a_formula_that_gives_the_empty_text_is_calculated_and_blank(
    make_book: MakeBook, edit_package: EditPackage, read: Read
) -> None:
    def change(_: str, old: bytes) -> bytes:
        return old.replace(b'<c r="B5"><f>', b'<c r="B5" t="str"><f>')

    submission = read(edit_package(make_book({"staff": [{"staff_id": "1", "name": '=""'}]}), change))
    assert codes(submission) == []
    assert rows(submission.sheets["staff"]) == {5: {"staff_id": "1"}}


def test_dates_of_the_1904_system_are_right(make_book: MakeBook, read: Read) -> None:
    person = {
        "staff_id": "1",
        "employed_from": date(2025, 4, 1),
        "employed_until": 45748 - 1462,
        "name": 45748,
    }
    path = make_book(
        {"staff": [person, {"staff_id": "2", "employed_from": 20250401}]}, options={"date_1904": True}
    )
    sheet = read(path).sheets["staff"]
    assert sheet.cells["employed_from"] == [date(2025, 4, 1), 20250401.0]
    assert [date_of(cell) for cell in sheet.cells["employed_until"]] == [days(date(2025, 4, 1)), None]
    assert sheet.cells["name"] == [45748.0, None]


def test_the_day_that_only_excel_knows_is_not_another_day(make_book: MakeBook, read: Read) -> None:
    def then(book: Any) -> None:
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        for row, serial in enumerate((59, 60, 61), start=4):
            book.get_worksheet_by_name("要員").write_number(row, 4, serial, day)

    cells = read(make_book(then=then)).sheets["staff"].cells["employed_from"]
    assert cells == [date(1900, 2, 28), "1900-02-29", date(1900, 3, 1)]
    assert [date_of(cell) is None for cell in cells] == [False, True, False]


def test_a_number_beyond_all_dates_makes_only_its_sheet_unreadable(make_book: MakeBook, read: Read) -> None:
    def then(book: Any) -> None:
        book.get_worksheet_by_name("要員").write_number("E5", 1e15, book.add_format({"num_format": "[h]:mm"}))

    submission = read(make_book(then=then))
    assert codes(submission) == [("sheet_unreadable", "")]
    assert "staff" not in submission.sheets
    assert len(submission.sheets) == 9


def test_hidden_and_filtered_rows_and_columns_are_read_all_the_same(make_book: MakeBook, read: Read) -> None:
    def then(book: Any) -> None:
        page = book.get_worksheet_by_name("要員")
        page.set_row(4, None, None, {"hidden": True})
        page.set_column(1, 1, 10, None, {"hidden": True})
        page.autofilter(3, 0, 5, 12)

    assert len(rows(read(make_book({"staff": PEOPLE}, then=then)).sheets["staff"])) == 2


def test_files_that_other_programs_saved_are_read_the_same(
    make_book: MakeBook, edit_package: EditPackage, read: Read
) -> None:
    path = make_book({"staff": PEOPLE, "applicant": [{"organisation": "例"}]})
    expected = read(path).sheets
    with zipfile.ZipFile(path) as package:
        strings = re.findall(rb"<si>(.*?)</si>", package.read("xl/sharedStrings.xml"), re.DOTALL)

    def inline(name: str, old: bytes) -> bytes:
        if "/sheet" not in name:
            return old
        return re.sub(
            rb' t="s"><v>(\d+)</v>', lambda m: b' t="inlineStr"><is>' + strings[int(m[1])] + b"</is>", old
        )

    def prefixed(name: str, old: bytes) -> bytes:
        if "/sheet" not in name:
            return old
        return re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", old).replace(b"xmlns=", b"xmlns:x=", 1)

    def strict(_: str, old: bytes) -> bytes:
        main, relations = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"officeDocument/2006"
        old = old.replace(main, b"http://purl.oclc.org/ooxml/spreadsheetml/main")
        base = b"http://schemas.openxmlformats.org/" + relations + b"/relationships"
        return old.replace(base, b"http://purl.oclc.org/ooxml/officeDocument/relationships")

    for change in (inline, prefixed, strict):
        submission = read(edit_package(path, change))
        assert submission.findings == []
        assert submission.sheets == expected, change.__name__
    saved = read(edit(path, lambda book: book.create_sheet("メモ")))
    assert saved.sheets == expected


# --- sheets -----------------------------------------------------------------------------------------


def test_a_missing_sheet_is_one_finding_and_no_more(make_book: MakeBook, read: Read) -> None:
    submission = read(make_book({"staff": PEOPLE}, without=("teaching", "cases")))
    found = [(f.code, f.sheet, f.params["sheet_en"]) for f in submission.findings]
    assert found == [("sheet_missing", "講師・リーダー経験", "Teaching"), ("sheet_missing", "案件", "Cases")]
    assert "staff" in submission.sheets


def test_sheet_names_are_folded(make_book: MakeBook, read: Read) -> None:
    submission = read(make_book({"staff": PEOPLE}, names={"staff": " 要　員 ", "services": "services"}))
    assert submission.findings == []
    assert submission.sheets["staff"].name == " 要　員 "


def test_a_renamed_sheet_is_found_by_its_headers(make_book: MakeBook, read: Read) -> None:
    names = {"staff": "社員名簿", "headcounts": "Sheet9", "applicant": "会社"}
    submission = read(make_book({"staff": PEOPLE}, names=names))
    found = {(f.code, f.sheet, f.params["sheet_ja"]) for f in submission.findings}
    assert found == {
        ("sheet_renamed", "社員名簿", "要員"),
        ("sheet_renamed", "Sheet9", "人数の明示"),
        ("sheet_renamed", "会社", "申請者"),
    }
    assert len(rows(submission.sheets["staff"])) == 2


def test_two_sheets_of_one_kind_are_reported_and_the_first_is_read(make_book: MakeBook, read: Read) -> None:
    def then(book: Any) -> None:
        book.add_worksheet("Staff").write_row(0, 0, ["Staff number", "Name"])

    submission = read(make_book({"staff": PEOPLE}, then=then))
    assert [(f.code, f.sheet, f.params["other"]) for f in submission.findings] == [
        ("sheet_duplicate", "Staff", "要員")
    ]
    assert len(submission.sheets["staff"].rows) == 2


def test_sheets_of_the_applicant_and_of_the_program_are_left_alone(make_book: MakeBook, read: Read) -> None:
    def then(book: Any) -> None:
        book.add_worksheet("メモ").write_string("XFD1048576", "遠くのメモ")
        page = book.add_worksheet("判定")
        page.write_string("H1", "secsvc-batch:annotation")
        page.write_row(3, 0, ["要件番号", "内容", "人数"])

    submission = read(make_book({"staff": PEOPLE}, without=("headcounts",), then=then))
    assert [(f.code, f.sheet) for f in submission.findings] == [("sheet_missing", "人数の明示")]


def test_chart_sheets_are_left_alone(make_book: MakeBook, read: Read) -> None:
    def then(book: Any) -> None:
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=要員!$A$5:$A$6"})
        book.add_chartsheet("グラフ").set_chart(chart)

    assert read(make_book({"staff": PEOPLE}, then=then)).findings == []


def test_a_workbook_of_another_kind_is_one_finding(make_book: MakeBook, read: Read, layout: Layout) -> None:
    def then(book: Any) -> None:
        book.add_worksheet("Staff").write_row(0, 0, ["Day", "Shift"])

    path = make_book(without=[sheet.id for sheet in layout.sheets], then=then)
    submission = read(path)
    assert submission.refused
    assert codes(submission) == [("not_a_template", "")]
    assert submission.sheets == {}


def test_a_value_at_the_far_end_of_a_sheet_refuses_the_file(make_book: MakeBook, read: Read) -> None:
    submission = read(edit(make_book(), lambda book: book["要員"].__setitem__("XFD1048576", "x")))
    assert submission.refused
    (finding,) = submission.findings
    assert (finding.code, finding.sheet, finding.cell) == ("sheet_too_large", "要員", "XFD1048576")
    assert finding.params == {"cell": "XFD1048576"}


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file_empty"), (b"a,b\n1,2\n", "file_text"), (b"PK\x03\x04", "file_damaged")]
)
def test_a_file_that_is_no_workbook_is_refused_with_one_finding(
    tmp_path: Path, read: Read, content: bytes, code: str
) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    submission = read(path)
    assert (submission.refused, codes(submission), submission.size) == (True, [(code, "")], len(content))


def test_a_missing_file_is_refused_too(tmp_path: Path, read: Read) -> None:
    submission = read(tmp_path / "gone.xlsx")
    assert (submission.refused, codes(submission), submission.sha256) == (True, [("file_unreadable", "")], "")


def test_a_panic_of_the_library_is_a_damaged_file(
    make_book: MakeBook, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    panic = type("PanicException", (BaseException,), {})

    class Broken:
        @staticmethod
        def from_filelike(_: object) -> None:
            raise panic

    monkeypatch.setattr(reader, "CalamineWorkbook", Broken)
    assert codes(read(make_book())) == [("file_damaged", "")]


def test_a_fault_of_the_program_is_no_finding(
    make_book: MakeBook, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locate(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reader, "locate", locate)
    path = make_book()
    with pytest.raises(ZeroDivisionError):
        read(path)


# --- headers ----------------------------------------------------------------------------------------


def test_headers_are_found_wherever_they_stand(make_book: MakeBook, read: Read) -> None:
    def change(book: openpyxl.Workbook) -> None:
        page = book["要員"]
        page.insert_rows(1, 9)
        page.insert_cols(1, 2)
        page.move_range("D13:D99", cols=20)
        book["申請者"].insert_cols(1)
        book["申請者"].insert_rows(1, 3)

    path = make_book({"staff": PEOPLE, "applicant": [{"organisation": "例"}]})
    expected = read(path).sheets
    found = read(edit(path, change)).sheets
    assert list(rows(found["staff"]).values()) == list(rows(expected["staff"]).values())
    assert (found["staff"].header_row, found["staff"].columns["name"]) == (13, 23)
    assert rows(found["applicant"]) == rows(expected["applicant"])
    assert found["applicant"].columns["organisation"] == 2


def test_spaces_widths_line_breaks_and_marks_in_headers_do_not_matter(
    make_book: MakeBook, read: Read
) -> None:
    headers = {
        ("staff", "staff_id"): "要員\n番号＊",
        ("services", "url"): " ＵＲＬ ",
        ("staff", "name"): "NAME",
    }
    submission = read(make_book({"staff": PEOPLE}, headers=headers))
    assert submission.findings == []
    assert rows(submission.sheets["staff"])[5]["staff_id"] == "001"


def test_missing_headers_are_one_finding_each_by_weight(make_book: MakeBook, read: Read) -> None:
    headers = {("staff", "staff_id"): None, ("staff", "office"): None, ("applicant", "organisation"): None}
    submission = read(make_book({"staff": PEOPLE}, headers=headers))
    assert [(f.code, f.sheet, f.field) for f in submission.findings] == [
        ("header_missing", "申請者", "organisation"),
        ("header_missing", "要員", "staff_id"),
        ("header_missing_optional", "要員", "office"),
    ]
    assert "staff_id" not in submission.sheets["staff"].columns
    assert len(submission.sheets["staff"].rows) == 2


def test_a_header_that_is_nearly_right_is_asked_about(make_book: MakeBook, read: Read) -> None:
    headers = {
        ("staff", "employed_from"): "在籍開始",
        ("cases", "ended_on"): "終了日（予定を含む）",
        ("applicant", "email"): "メールアドレス",
    }
    submission = read(make_book({"staff": PEOPLE}, headers=headers))
    found = [(f.code, f.sheet, f.cell, f.raw, f.params["header_ja"]) for f in submission.findings]
    assert found == [
        ("header_unknown", "申請者", "A10", "メールアドレス", "メール"),
        ("header_unknown", "要員", "E4", "在籍開始", "在籍開始日"),
        ("header_unknown", "案件", "H4", "終了日（予定を含む）", "終了日"),
    ]
    assert "employed_from" not in submission.sheets["staff"].columns


def test_columns_of_the_applicant_are_left_alone_but_named(make_book: MakeBook, read: Read) -> None:
    def then(book: Any) -> None:
        page = book.get_worksheet_by_name("要員")
        page.write_column(3, 13, ["社内メモ", "在宅", "在宅"])
        page.write_column(3, 14, ["在籍開始日メモ", "x", "x", "x", "x"])

    submission = read(make_book({"staff": PEOPLE}, then=then))
    (finding,) = submission.findings
    assert (finding.code, finding.sheet) == ("column_not_read", "要員")
    assert finding.params == {"columns": "N: 社内メモ、O: 在籍開始日メモ", "count": "2"}
    assert submission.sheets["staff"].rows == [5, 6]
    assert submission.sheets["staff"].note_column == 15


def test_a_header_that_stands_twice_is_reported_and_the_first_is_read(
    make_book: MakeBook, read: Read
) -> None:
    def then(book: Any) -> None:
        book.get_worksheet_by_name("要員").write_column(3, 13, ["Name", "別の名前"])

    submission = read(make_book({"staff": PEOPLE}, then=then))
    (finding,) = submission.findings
    assert (finding.code, finding.cell, finding.params["first"]) == ("header_duplicate", "N4", "B4")
    assert rows(submission.sheets["staff"])[5]["name"] == "山田"


def test_a_sheet_without_its_headers_is_one_finding(make_book: MakeBook, read: Read, layout: Layout) -> None:
    headers = {("staff", field.id): None for field in layout.by_id["staff"].fields}
    submission = read(make_book(headers=headers))
    assert [(f.code, f.sheet) for f in submission.findings] == [("header_row_missing", "要員")]
    assert "staff" not in submission.sheets


def test_words_of_the_data_are_not_taken_for_headers(make_book: MakeBook, read: Read) -> None:
    given = {
        "applicant": [{"contact": "担当者", "address": "電話"}],
        "staff": [{"staff_id": "要員番号", "name": "氏名"}],
    }
    submission = read(make_book(given))
    assert submission.findings == []
    assert rows(submission.sheets["applicant"]) == {0: {"contact": "担当者", "address": "電話"}}
    assert submission.sheets["staff"].header_row == 4


@pytest.mark.parametrize("lang", LANGUAGES)
def test_messages_of_an_earlier_annotation_are_ignored(make_book: MakeBook, read: Read, lang: str) -> None:
    def then(book: Any) -> None:
        header = word("annotate.note_header", lang)
        book.get_worksheet_by_name("要員").write_column(3, 15, [header, "日付が読めません", "", "x"])
        book.get_worksheet_by_name("申請者").write_column(2, 3, [header, "空欄です"])

    submission = read(make_book({"staff": PEOPLE}, headers={("staff", "office"): None}, then=then))
    assert codes(submission) == [("header_missing_optional", "office")]
    assert submission.sheets["staff"].rows == [5, 6]
    assert submission.sheets["staff"].note_column == 15
    assert submission.sheets["applicant"].note_column == 3


def test_merged_labels_have_their_value_behind_the_merge(make_book: MakeBook, read: Read) -> None:
    def change(book: openpyxl.Workbook) -> None:
        page = book["申請者"]
        page.merge_cells("A5:B5")
        page["C5"] = "株式会社例"

    submission = read(edit(make_book(), change))
    assert rows(submission.sheets["applicant"]) == {0: {"organisation": "株式会社例"}}
    assert submission.sheets["applicant"].columns["organisation"] == 2


def test_merges_within_the_data_are_named_and_others_are_not(make_book: MakeBook, read: Read) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for reference in ("A1:M1", "C5:C6", "D6:E6", "A50:B60"):
            book["要員"].merge_cells(reference)

    submission = read(edit(make_book({"staff": PEOPLE}), change))
    (finding,) = submission.findings
    assert finding.code == "merged_cells"
    assert finding.params == {"ranges": "C5:C6、D6:E6", "count": "2"}


# --- version and edition ----------------------------------------------------------------------------


def test_another_template_or_edition_is_said(make_book: MakeBook, read: Read) -> None:
    submission = read(make_book(properties={"secsvc_template_version": "0", "secsvc_edition": "3"}))
    assert (submission.template_version, submission.edition) == ("0", "3")
    assert [(f.code, f.params) for f in submission.findings] == [
        ("template_version", {"found": "0", "expected": "1"}),
        ("edition_mismatch", {"found": "3", "expected": "4.1"}),
    ]


@pytest.mark.parametrize("properties", [{}, {"secsvc_template_version": "1", "secsvc_edition": "4.1"}])
def test_the_same_version_or_none_is_no_matter(
    make_book: MakeBook, read: Read, properties: Mapping[str, str]
) -> None:
    submission = read(make_book(properties=properties))
    assert submission.findings == []
    assert submission.template_version == properties.get("secsvc_template_version", "")


def test_findings_of_a_file_carry_nothing_by_default() -> None:
    assert FileFinding("file_empty") == FileFinding("file_empty", "", "", 0, "", "", {})


def test_long_lists_of_cells_are_cut(make_book: MakeBook, read: Read) -> None:
    def change(book: openpyxl.Workbook) -> None:
        for row in range(5, 30):
            book["要員"].cell(row, 2, "=1+1")

    (finding,) = read(edit(make_book(), change)).findings
    assert finding.params["count"] == "25"
    assert finding.params["cells"].endswith("B12、…")
