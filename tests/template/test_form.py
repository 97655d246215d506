"""The template as a form: marks, messages, protection, dependent drop-downs, examples."""

import io
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from python_calamine import CalamineWorkbook

from secsvc_batch.messages import word
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.workbook.reader import read_submission
from secsvc_batch.workbook.template import Template
from tests.support import conformance_cases, conformance_workbook, header_of
from tests.template.recalculate import recalculated


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load_standard()


@pytest.fixture(scope="module")
def book(standard: Standard) -> Workbook:
    stream = io.BytesIO()
    Template(standard, standard.layout).write(stream)
    return openpyxl.load_workbook(stream)


def test_every_sheet_is_protected_without_a_password_and_input_is_free(
    book: Workbook, standard: Standard
) -> None:
    for sheet in standard.layout.tables:
        worksheet = book[sheet.name.ja]
        assert worksheet.protection.sheet
        assert not worksheet.protection.password
        assert not worksheet.protection.formatColumns, "columns may be made wider"
        if sheet.shape == "table":
            header, columns = header_of(worksheet, sheet)
            for field in sheet.fields:
                column = columns[field.id]
                dimensions = worksheet.column_dimensions.values()
                (dimension,) = [d for d in dimensions if int(d.min or 0) <= column <= int(d.max or 0)]
                cell = worksheet.cell(header + 1, columns[field.id])
                locked = cell.protection.locked if cell.has_style else dimension.protection.locked
                assert locked == (field.locked and sheet.prefilled is not None), (sheet.id, field.id)
                assert worksheet.cell(header, columns[field.id]).protection.locked


def test_every_row_within_the_capacity_has_its_mark_and_message(book: Workbook, standard: Standard) -> None:
    for sheet in (s for s in standard.layout.tables if s.shape == "table"):
        worksheet = book[sheet.name.ja]
        header, columns = header_of(worksheet, sheet)
        message = max(columns.values()) + 1
        assert worksheet.cell(header, message).value == word("template.message_header", "ja")
        for row in (header + 1, header + sheet.capacity):
            assert worksheet.cell(row, 1).value == f"=mark_{sheet.id}"
            assert worksheet.cell(row, message).value == f"=message_{sheet.id}"


def test_examples_are_not_offered_to_complete_what_is_typed_below_them(
    book: Workbook, standard: Standard
) -> None:
    for sheet in (s for s in standard.layout.tables if s.shape == "table"):
        header, columns = header_of(book[sheet.name.ja], sheet)
        examples = [book[sheet.name.ja].cell(header - 1, column).value for column in columns.values()]
        assert any(examples)
        assert all(str(example).startswith(" ") for example in examples if example)


def test_links_and_cursors_stand_on_cells_to_fill_in(book: Workbook) -> None:
    first, *others = (sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    links = {link.location for line in first.iter_rows() for cell in line if (link := cell.hyperlink)}
    assert links == {f"'{s.title}'!{s.sheet_view.selection[-1].activeCell}" for s in others}
    for sheet in others:
        cell = sheet[str(sheet.sheet_view.selection[-1].activeCell)]
        column = sheet.column_dimensions[cell.column_letter]
        assert not (cell.protection if cell.has_style else column.protection).locked, sheet.title


def test_screen_readers_find_the_headers(book: Workbook, standard: Standard) -> None:
    for sheet in standard.layout.tables:
        worksheet = book[sheet.name.ja]
        (name,) = {"ColumnTitle", "RowTitle"} & set(worksheet.defined_names)
        place = str(worksheet.defined_names[name].attr_text).rpartition("!")[2]
        first = worksheet[place.replace("$", "")]
        if sheet.shape == "form":
            assert (name, first.value) == ("RowTitle", sheet.fields[0].label.ja)
        else:
            assert (name, first.row) == ("ColumnTitle", header_of(worksheet, sheet)[0])


def test_the_numbers_of_lists_are_told_where_one_is_chosen(book: Workbook, standard: Standard) -> None:
    told = [str(rule.prompt) for rule in book["資格"].data_validations.dataValidation]
    assert any(f"1-1: {standard.lists.titles['1-1'].ja}" in prompt for prompt in told)


def test_example_rows_are_never_read_as_data(standard: Standard, tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    Template(standard, standard.layout).write(path)
    submission = read_submission(path, path.name, standard.layout, standard.edition.edition)
    rows = {kind: len(data.rows) for kind, data in submission.sheets.items()}
    prefilled = {s.id for s in standard.layout.tables if s.prefilled or s.shape == "form"}
    assert {kind for kind, count in rows.items() if count} == prefilled


def test_formulas_of_the_template_are_no_finding(standard: Standard, tmp_path: Path) -> None:
    path = tmp_path / "filled.xlsx"
    case = next(c for c in conformance_cases() if c["name"].startswith("all six services"))
    Template(standard, standard.layout).write(path, conformance_workbook(case, standard.layout))
    submission = read_submission(path, path.name, standard.layout, standard.edition.edition)
    assert not submission.refused
    assert [finding.code for finding in submission.findings] == []


def test_names_offered_follow_the_list_that_was_chosen(book: Workbook) -> None:
    rules = {
        str(rule.sqref).split(":")[0]: rule.formula1 for rule in book["資格"].data_validations.dataValidation
    }
    assert "OFFSET(pick_credential_first,MATCH($H5,pick_credential_of,0)" in rules["C5"]
    assert rules["C5"].startswith("IF(ISNA("), "where no list is chosen all names are offered"


def test_case_types_follow_the_service_of_the_case(book: Workbook) -> None:
    rules = {
        str(rule.sqref).split(":")[0]: rule.formula1 for rule in book["案件"].data_validations.dataValidation
    }
    assert "MATCH($C5,pick_case_type_of,0)" in rules["D5"]


SLIPS = {
    "staff": [
        {"staff_id": "S001", "employed_from": {"text": "去年の春"}},
        {"staff_id": "S001"},
        {"name": "番号のない人"},
        {"staff_id": "S004", "role_audit": "部長"},
        {"staff_id": "S005", "employed_from": "2026-04-01", "employed_until": "2025-04-01"},
        {"staff_id": "S006", "role_audit": "技術責任者"},
    ],
    "credentials": [
        {"staff_id": "S999", "credential": "CISSP"},
        {"staff_id": "S006", "credential": "その他"},
        {"staff_id": "S006", "credential": "町内会長"},
        {"staff_id": "S006", "credential": "CISSP", "equivalent": "○"},
        {"staff_id": "S006", "credential": "CISSP"},
    ],
    "cases": [
        {
            "case_id": "C1", "service": "脆弱性診断", "case_type": "マネージドセキュリティ",
            "contract_form": "個別", "started_on": "2025-04-01",
            "participants": "S006、S777", "reviewers": "外部",
        },
    ],
}  # fmt: skip
TOLD = {
    "staff": ["日付になっていません", "他の行と同じ", "「要員番号」が空欄", "一覧（▼）", "より前です", ""],
    "credentials": [
        "「要員」シートにない",
        "名称を記入",
        "例示の一覧にありません",
        "「対象例示」も選んで",
        "",
    ],
    "cases": ["このサービスの区分ではありません"],
}


@pytest.mark.slow
@pytest.mark.libreoffice
def test_each_slip_is_told_beside_its_row(standard: Standard, tmp_path: Path) -> None:
    path = tmp_path / "slips.xlsx"
    data = conformance_workbook({"workbook": SLIPS}, standard.layout)
    Template(standard, standard.layout).write(path, data)
    saved = recalculated(path, tmp_path / "saved")
    workbook = CalamineWorkbook.from_path(saved)
    for sheet_id, messages in TOLD.items():
        sheet = standard.layout.by_id[sheet_id]
        rows = workbook.get_sheet_by_name(sheet.name.ja).to_python(skip_empty_area=False)
        for offset, message in enumerate(messages):
            row = rows[4 + offset]
            shown = str(row[1 + len(sheet.fields)])
            assert message in shown, (sheet_id, offset)
            assert row[0] == ("▲" if message else "○"), (sheet_id, offset, shown)
        assert set(rows[4 + len(messages)]) == {""}, "a blank row shows nothing"
        faults = [row for row in rows if row[0] == "▲"]
        summary = str(rows[0][4])
        assert f"{len(faults)}行" in summary
        assert str(faults[0][1 + len(sheet.fields)]) in summary


@pytest.mark.slow
@pytest.mark.libreoffice
def test_rows_of_services_not_applied_for_say_so_by_a_mark(standard: Standard, tmp_path: Path) -> None:
    path = tmp_path / "one.xlsx"
    Template(standard, standard.layout).write(path, {"services": [{"service": "脆弱性診断"}]})
    workbook = CalamineWorkbook.from_path(recalculated(path, tmp_path / "saved"))
    for sheet in (sheet for sheet in standard.layout.tables if sheet.prefilled):
        rows = workbook.get_sheet_by_name(sheet.name.ja).to_python(skip_empty_area=False)[4:]
        marks = {str(row[1])[:4]: row[0] for row in rows if row[1]}
        assert {mark for clause, mark in marks.items() if clause.startswith("2-1(")} == {"▲"}
        assert {mark for clause, mark in marks.items() if not clause.startswith("2-1(")} == {"－"}
