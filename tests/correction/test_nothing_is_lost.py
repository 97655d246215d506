"""What people do to a workbook: everything typed is read right, or named in a finding."""

import unicodedata
from collections.abc import Callable, Mapping
from copy import copy
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from secsvc_batch.check.collect import check_files
from secsvc_batch.check.model import CheckedFile
from secsvc_batch.round.inputs import Input
from secsvc_batch.tables import cells
from secsvc_batch.workbook.layout import Sheet, load_layout
from tests.check.books import book, case_data
from tests.correction.books import read, rewritten, through_libreoffice
from tests.support import header_of, shipped_standard

BASE_DATE = date(2026, 10, 1)
CASE = "all six services in one workbook"
Content = dict[str, list[dict[str, object]]]
Change = Callable[[Workbook], None]


@pytest.fixture(scope="session")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission for all six services, without the sheets that only calculate (they are slow to copy)."""
    folder = tmp_path_factory.mktemp("sent")
    workbook = openpyxl.load_workbook(book(folder / "whole.xlsx", case_data(CASE)))
    typed_into = {sheet.name.ja for sheet in load_layout().tables}
    for name in set(workbook.sheetnames) - typed_into:
        del workbook[name]
    workbook.defined_names.clear()
    for page in workbook.worksheets:
        page.data_validations.dataValidation.clear()
        page.conditional_formatting = ConditionalFormattingList()
    workbook.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def content(path: Path) -> Content:
    """Return what a workbook says, sheet by sheet and row by row, whatever way it is written."""
    submission = read(path)
    assert not submission.refused, submission.findings
    said: Content = {}
    for sheet in load_layout().tables:
        data = submission.sheets[sheet.id]
        kinds = {field.id: field.type for field in sheet.fields}
        rows = [
            {name: _meaning(kinds[name], column[at]) for name, column in data.cells.items()}
            for at in range(len(data.rows))
        ]
        said[sheet.id] = [{name: value for name, value in row.items() if value != ""} for row in rows]
    return said


def _meaning(kind: str, raw: cells.RawCell) -> object:
    if raw is None:
        return ""
    if kind == "date":
        return cells.date_of(raw)
    if kind == "count":
        return cells.count_of(raw)
    if kind == "clause":
        return cells.clause_of(raw)
    if kind in ("ids", "choices"):
        return cells.split_raw(raw)
    return cells.text_of(raw)


@cache
def checked(path: Path) -> CheckedFile:
    (one,) = check_files([Input(path, path.name)], shipped_standard(), BASE_DATE, "ja")
    assert one.status == "read", one.detail
    return one


def verdicts(path: Path) -> dict[str, str]:
    return {node.clause: node.verdict for service in checked(path).services for node in service.requirements}


def codes(path: Path) -> set[str]:
    return {finding.code for finding in checked(path).findings}


def changed(sent: Path, target: Path, change: Change) -> Path:
    """Open with openpyxl, change, save."""
    workbook = openpyxl.load_workbook(sent)
    change(workbook)
    workbook.save(target)
    return target


def assert_read_alike(path: Path, sent: Path, more: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Same content, same verdicts, and no other findings than ``more`` besides those of ``sent``."""
    now, before = content(path), content(sent)
    for kind in before:
        assert now[kind] == before[kind], kind
    assert verdicts(path) == verdicts(sent)
    assert codes(path) - codes(sent) == set(more)


def tables(workbook: Workbook) -> list[tuple[Sheet, Worksheet, int, dict[str, int]]]:
    """Return every table of the template: sheet, worksheet, header row, column by field (from 1)."""
    found: list[tuple[Sheet, Worksheet, int, dict[str, int]]] = []
    for sheet in load_layout().tables:
        if sheet.shape == "table":
            page = workbook[sheet.name.ja]
            assert isinstance(page, Worksheet)
            header, columns = header_of(page, sheet)
            found.append((sheet, page, header, columns))
    return found


def each_cell(workbook: Workbook, *types: str) -> list[Any]:
    """Return the filled-in cells of fields of some types."""
    return [
        cell
        for sheet, page, header, columns in tables(workbook)
        for field in sheet.fields
        if field.type in types and not field.locked
        for (cell,) in page.iter_rows(header + 1, page.max_row, columns[field.id], columns[field.id])
        if cell.value not in (None, "")
    ]


def test_a_submission_reads_as_it_was_written(sent: Path, tmp_path: Path) -> None:
    assert_read_alike(changed(sent, tmp_path / "a.xlsx", lambda _: None), sent)
    assert content(sent)["staff"]
    assert set(verdicts(sent).values()) >= {"pass"}


# --- pasted cells ---------------------------------------------------------------------------------

WIDE = {ord(char): ord(char) + 0xFEE0 for char in "0123456789/ABCDEFGHIJKLMNOPQRSTUVWXYZ-"}
SPELLINGS: Mapping[str, Callable[[date], str]] = {
    "slashes": lambda day: f"{day.year}/{day.month}/{day.day}",
    "dashes": lambda day: day.isoformat(),
    "dots": lambda day: f"{day.year}.{day.month}.{day.day}",
    "kanji": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "eight digits": lambda day: f"{day:%Y%m%d}",
    "full width": lambda day: f"{day.year}/{day.month}/{day.day}".translate(WIDE),
    "with a time": lambda day: f"{day.year}/{day.month}/{day.day} 0:00:00",
    "spaces around": lambda day: f"　{day.year}/{day.month}/{day.day} ",
    "era": lambda day: _era(day, "{era}{year}年{month}月{day}日"),
    "era letter": lambda day: _era(day, "{letter}{year}.{month}.{day}"),
}


def _era(day: date, pattern: str) -> str:
    reiwa = day >= date(2019, 5, 1)
    year = day.year - (2018 if reiwa else 1988)
    era, letter = ("令和", "R") if reiwa else ("平成", "H")
    return pattern.format(era=era, letter=letter, year=year, month=day.month, day=day.day)


@pytest.mark.parametrize("way", SPELLINGS)
def test_dates_pasted_as_text(sent: Path, tmp_path: Path, way: str) -> None:
    def change(workbook: Workbook) -> None:
        found = each_cell(workbook, "date")
        assert len(found) > 50
        for cell in found:
            cell.value = SPELLINGS[way](cell.value.date())
            cell.number_format = "@"

    read_anew = {"date_read_from_text"} if way in ("era", "era letter") else set()
    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent, read_anew)


@pytest.mark.parametrize(
    "form",
    [
        "General",
        "0",
        "@",
        '[$-ja-JP]ggge"年"m"月"d"日"',
        "[$-411]ge.m.d",
        'm"月"d"日"',
        "yyyy/m/d h:mm",
        "[h]:mm:ss",
    ],
)
def test_dates_pasted_in_other_formats(sent: Path, tmp_path: Path, form: str) -> None:
    def change(workbook: Workbook) -> None:
        for cell in each_cell(workbook, "date"):
            cell.value = (cell.value.date() - date(1899, 12, 30)).days
            cell.number_format = form

    path = changed(sent, tmp_path / "a.xlsx", change)
    assert_read_alike(path, sent, codes(path) & {"date_read_from_text"})


def test_numbers_pasted_as_text_and_text_pasted_as_numbers(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        for number, cell in enumerate(each_cell(workbook, "count")):
            cell.value = (str(cell.value), f"{cell.value}名", str(cell.value).translate(WIDE))[number % 3]
        page = workbook["申請者"]
        for row in page.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.isdigit() and len(cell.value) == 13:
                    cell.value, cell.number_format = int(cell.value), "General"

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


@pytest.mark.parametrize("form", ["#,##0", "0.00", "¥#,##0", "0%", "# ?/?", "0.E+00"])
def test_counts_pasted_in_other_formats(sent: Path, tmp_path: Path, form: str) -> None:
    def change(workbook: Workbook) -> None:
        for cell in each_cell(workbook, "count"):
            cell.number_format = form

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


def test_a_count_pasted_as_a_day_is_read_or_named(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        for cell in each_cell(workbook, "count"):
            cell.number_format = "yyyy/m/d"

    path = changed(sent, tmp_path / "a.xlsx", change)
    before = [row for row in content(sent)["headcounts"] if "stated_count" in row]
    assert before
    named = [finding for finding in checked(path).findings if finding.field == "stated_count"]
    assert len(named) == len(before)


def test_full_width_numbers_and_half_width_kana(sent: Path, tmp_path: Path) -> None:
    half = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}

    def change(workbook: Workbook) -> None:
        for cell in each_cell(workbook, "id", "ids"):
            cell.value = str(cell.value).translate(WIDE)
        for cell in each_cell(workbook, "choice"):
            cell.value = "".join(half.get(char, char) for char in str(cell.value))

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


def test_spaces_and_line_breaks_around_values(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        spaces = (" {} ", "　{}", "{}\u00a0", "{}\n", "\t{}")
        for number, cell in enumerate(each_cell(workbook, "text", "id", "choice", "listed", "mark", "list")):
            if isinstance(cell.value, str):
                cell.value = spaces[number % len(spaces)].format(cell.value)
        for cell in each_cell(workbook, "ids"):
            cell.value = str(cell.value).replace("、", "\n")

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


def test_cells_with_a_leading_apostrophe(sent: Path, tmp_path: Path) -> None:
    """The apostrophe that makes a text of what follows is a format in the file, and no part of the value."""

    def change(workbook: Workbook) -> None:
        for cell in each_cell(workbook, "id", "ids", "choice", "date"):
            if isinstance(cell.value, datetime):
                cell.value = cell.value.date().isoformat()
            cell.quotePrefix = True

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


def test_readings_of_japanese_names_are_no_part_of_them(sent: Path, tmp_path: Path) -> None:
    """Excel keeps how a name was typed beside it; a cell may have several pieces in several fonts."""

    def change(name: str, part: bytes) -> bytes:
        if name != "xl/sharedStrings.xml":
            return part
        plain = "<t>東京</t>".encode()
        assert plain in part
        spoken = (
            '<r><t>東</t></r><r><rPr><b/></rPr><t>京</t></r><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>'
            '<phoneticPr fontId="1"/>'
        )
        return part.replace(plain, spoken.encode())

    path = rewritten(changed(sent, tmp_path / "plain.xlsx", lambda _: None), tmp_path / "a.xlsx", change)
    assert_read_alike(path, sent)


# --- rows, columns, sheets ------------------------------------------------------------------------


def test_hidden_rows_and_columns_and_filters(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        for _, page, header, columns in tables(workbook):
            for row in range(header + 1, header + 4):
                page.row_dimensions[row].hidden = True
            last = get_column_letter(max(columns.values()))
            page.column_dimensions[last].hidden = True
            page.auto_filter.ref = f"A{header}:{last}{page.max_row}"
            page.auto_filter.add_filter_column(0, ["S001"])
        workbook["案件"].sheet_state = "hidden"

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


@pytest.mark.parametrize("places", [(1,), (3,), (1, 3, 3), (2, 5)])
def test_inserted_columns(sent: Path, tmp_path: Path, places: tuple[int, ...]) -> None:
    def change(workbook: Workbook) -> None:
        for _, page, header, _ in tables(workbook):
            for place in places:
                page.insert_cols(place)
                page.cell(header, place).value = "社内メモ"
                page.cell(header + 2, place).value = "確認済み"

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent, {"column_not_read"})


def test_columns_in_another_order(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        for _, page, header, columns in tables(workbook):
            places = sorted(columns.values())
            for row in range(header, page.max_row + 1):
                values = [page.cell(row, place).value for place in places]
                formats = [page.cell(row, place).number_format for place in places]
                for place, value, form in zip(places, reversed(values), reversed(formats), strict=True):
                    page.cell(row, place).value = value
                    page.cell(row, place).number_format = form

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


def test_headers_written_in_other_ways(sent: Path, tmp_path: Path) -> None:
    ways = ("{} ", " {}", "{}＊", "{}\n", "{}*", "　{}　")

    def change(workbook: Workbook) -> None:
        for _, page, header, columns in tables(workbook):
            for number, place in enumerate(columns.values()):
                cell = page.cell(header, place)
                text = str(cell.value).translate(WIDE)
                cell.value = ways[number % len(ways)].format(text[:2] + "\n" + text[2:])
                cell.alignment = Alignment(wrap_text=True)

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


@pytest.mark.parametrize("blank", [1, 4, 30])
def test_data_that_begin_below_and_have_gaps(sent: Path, tmp_path: Path, blank: int) -> None:
    def change(workbook: Workbook) -> None:
        for _, page, header, _ in tables(workbook):
            page.insert_rows(header + 1, blank)
            page.insert_rows(header + blank + 2, blank)

    path = changed(sent, tmp_path / "a.xlsx", change)
    assert_read_alike(path, sent, codes(path) & {"below_capacity"})


def test_lines_above_the_header(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        for _, page, _, _ in tables(workbook):
            page.insert_rows(1, 6)
            page.cell(2, 1).value = "提出前に部長の確認を受けること"

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


def test_a_header_pasted_again_among_the_data(sent: Path, tmp_path: Path) -> None:
    """Two blocks pasted below each other, each with its headers: the second header is no data."""

    def change(workbook: Workbook) -> None:
        for _, page, header, columns in tables(workbook):
            page.insert_rows(header + 2)
            for place in columns.values():
                page.cell(header + 2, place).value = page.cell(header, place).value

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


def test_two_header_rows_above_each_other(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        for _, page, header, columns in tables(workbook):
            page.insert_rows(header + 1)
            for place in columns.values():
                page.cell(header + 1, place).value = page.cell(header, place).value

    assert_read_alike(changed(sent, tmp_path / "a.xlsx", change), sent)


def test_merged_cells_are_named(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        _, page, header, columns = next(entry for entry in tables(workbook) if entry[0].id == "cases")
        for row in (header + 1, header + 2):
            page.cell(row, columns["client"]).value = "顧客1"
        place = columns["client"]
        page.merge_cells(start_row=header + 1, end_row=header + 2, start_column=place, end_column=place)

    path = changed(sent, tmp_path / "a.xlsx", change)
    merged = [finding for finding in checked(path).findings if finding.code == "merged_cells"]
    assert [finding.sheet for finding in merged] == ["案件"]
    assert "E5:E6" in merged[0].message


def test_renamed_and_moved_sheets_and_sheets_of_one_s_own(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        workbook["要員"].title = "要員一覧（2026）"
        workbook["案件"].title = "Sheet1"
        workbook.move_sheet("申請者", offset=6)
        extra = workbook.create_sheet("下書き", 0)
        extra["A1"] = "要員の候補"
        workbook.create_sheet("空のシート")

    path = changed(sent, tmp_path / "a.xlsx", change)
    assert_read_alike(path, sent, {"sheet_renamed"})
    renamed = {f.sheet: f.message for f in checked(path).findings if f.code == "sheet_renamed"}
    assert set(renamed) == {"要員一覧（2026）", "Sheet1"}


@pytest.mark.parametrize("declared", [True, False])
def test_a_workbook_saved_as_xlsm_without_macros(sent: Path, tmp_path: Path, declared: bool) -> None:
    plain, macro = (
        f"application/vnd.{kind}.main+xml".encode()
        for kind in ("openxmlformats-officedocument.spreadsheetml.sheet", "ms-excel.sheet.macroEnabled")
    )

    def change(name: str, part: bytes) -> bytes:
        return part.replace(plain, macro) if name == "[Content_Types].xml" and declared else part

    assert_read_alike(rewritten(sent, tmp_path / "a.xlsm", change), sent)


def test_a_thousand_rows_instead_of_three_hundred(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        for kind in ("staff", "cases"):
            _, page, header, columns = next(entry for entry in tables(workbook) if entry[0].id == kind)
            first = {place: page.cell(header + 1, place) for place in columns.values()}
            key = columns["staff_id" if kind == "staff" else "case_id"]
            below = page.max_row + 1
            for number in range(1000):
                row = below + number
                for place, cell in first.items():
                    new = page.cell(row, place)
                    new.value, new.number_format = cell.value, copy(cell.number_format)
                page.cell(row, key).value = f"N{number:04d}"

    path = changed(sent, tmp_path / "a.xlsx", change)
    for kind, key in (("staff", "staff_id"), ("cases", "case_id")):
        names = {row[key] for row in content(path)[kind]}
        assert names >= {f"N{number:04d}" for number in range(1000)}
        assert names >= {row[key] for row in content(sent)[kind]}
    below = [finding for finding in checked(path).findings if finding.code == "below_capacity"]
    assert {finding.sheet for finding in below} == {"要員", "案件"}


# --- formulas -------------------------------------------------------------------------------------


def typed_in(path: Path, cell: Callable[[Any, int, int, Any], None]) -> Path:
    """Write the submission with xlsxwriter alone, as another program would; ``cell`` writes each value."""
    data, layout = case_data(CASE), load_layout()
    workbook = xlsxwriter.Workbook(path)
    for sheet in layout.tables:
        page = workbook.add_worksheet(sheet.name.ja)
        if sheet.shape == "form":
            for row, field in enumerate(sheet.fields):
                page.write_string(row, 0, field.label.ja)
                cell(page, row, 1, data[sheet.id].get(field.id))
            continue
        for column, field in enumerate(sheet.fields):
            page.write_string(2, column, field.label.ja)
            for row, values in enumerate(data.get(sheet.id, [])):
                cell(page, 3 + row, column, values.get(field.id))
    workbook.close()
    return path


def plainly(page: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, Mapping):
        value = value["text"]
    if isinstance(value, date):
        page.write_number(row, column, (value - date(1899, 12, 30)).days)
    elif isinstance(value, int):
        page.write_number(row, column, value)
    elif value:
        page.write_string(row, column, value)


def by_formula(page: Any, row: int, column: int, value: Any) -> None:
    """A formula with its result, as Excel saves it."""
    if isinstance(value, Mapping):
        value = value["text"]
    if isinstance(value, date):
        days = (value - date(1899, 12, 30)).days
        page.write_formula(row, column, f"={days - 1}+1", None, days)
    elif isinstance(value, int):
        page.write_formula(row, column, f"={value}", None, value)
    elif value:
        quoted = value.replace('"', '""')
        page.write_formula(row, column, f'="{quoted}"', None, value)


def rows_of(path: Path) -> Content:
    """The content without pre-filled rows that nothing was typed into."""
    said = content(path)
    for kind in ("specifications", "procedures", "headcounts"):
        bare = (
            {"clause"},
            {"clause", "requirement"},
            {"clause", "content"},
            {"clause", "content", "list_id"},
        )
        said[kind] = [_typed_only(row) for row in said[kind] if set(row) not in bare]
        said[kind] = sorted((row for row in said[kind] if len(row) > 1), key=str)
    return said


def _typed_only(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in ("content", "requirement", "list_id")}


def test_a_workbook_of_xlsxwriter(sent: Path, tmp_path: Path) -> None:
    path = typed_in(tmp_path / "a.xlsx", plainly)
    assert rows_of(path) == rows_of(sent)
    assert verdicts(path) == verdicts(sent)


def test_formulas_are_read_by_their_results(sent: Path, tmp_path: Path) -> None:
    path = typed_in(tmp_path / "a.xlsx", by_formula)
    assert rows_of(path) == rows_of(sent)
    assert verdicts(path) == verdicts(sent)
    assert "formula_uncached" not in codes(path)


def test_formulas_without_results_are_named(sent: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        for cell in each_cell(workbook, "ids"):
            cell.value = f'="{cell.value}"'

    path = changed(sent, tmp_path / "a.xlsx", change)
    named = {finding.sheet for finding in checked(path).findings if finding.code == "formula_uncached"}
    assert named >= {"申請サービス", "案件"}
    worse = {"pass": 0, "not_applicable": 0, "review": 1, "fail": 2}
    assert all(worse[verdicts(path)[clause]] >= worse[before] for clause, before in verdicts(sent).items())


# --- LibreOffice ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_a_workbook_saved_by_libreoffice(sent: Path, tmp_path: Path) -> None:
    """Formulas are calculated, dates and texts keep their ways, what is hidden stays."""

    def change(workbook: Workbook) -> None:
        for number, cell in enumerate(each_cell(workbook, "date")):
            day = cell.value.date()
            if number % 3 == 0:
                cell.value = f"=DATE({day.year},{day.month},{day.day})"
            elif number % 3 == 1:
                cell.value, cell.number_format = list(SPELLINGS.values())[number % 6](day), "@"
            else:
                cell.value, cell.number_format = day + timedelta(0), '[$-411]ggge"年"m"月"d"日"'
        for cell in each_cell(workbook, "ids"):
            cell.value = f'="{cell.value}"'
        _, page, header, _ = tables(workbook)[1]
        page.row_dimensions[header + 1].hidden = True
        page.insert_cols(2)

    (tmp_path / "office").mkdir()
    path = through_libreoffice(changed(sent, tmp_path / "a.xlsx", change), tmp_path / "office")
    assert_read_alike(path, sent, codes(path) & {"date_read_from_text"})
