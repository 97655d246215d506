"""The blank workbook: sheets, headers, pre-filled rows, drop-downs and the committed templates."""

import io
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from secsvc_batch.messages import word
from secsvc_batch.resources import resource
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.standard.model import Follows, Requirement
from secsvc_batch.workbook.layout import Field, Layout, Sheet, load_layout
from secsvc_batch.workbook.template import (
    Template,
    template_names,
    write_all_templates,
    write_template,
)
from secsvc_batch.workbook.template.content import Content
from tests.support import Stranger, conformance_cases, conformance_workbook, header_of, same_package

LANGUAGES = ("ja", "en")


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load_standard()


@pytest.fixture(scope="module")
def layout() -> Layout:
    return load_layout()


@pytest.fixture(scope="module")
def books(standard: Standard, layout: Layout) -> dict[str, Workbook]:
    """The template for all services, by language."""
    return {lang: _written(standard, layout, lang=lang) for lang in LANGUAGES}


def _bytes(standard: Standard, layout: Layout, **options: Any) -> bytes:
    stream = io.BytesIO()
    write_template(stream, standard, layout, **options)
    return stream.getvalue()


def _written(standard: Standard, layout: Layout, **options: Any) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(_bytes(standard, layout, **options)))


def _tables(layout: Layout) -> list[Sheet]:
    return [sheet for sheet in layout.tables if sheet.shape == "table"]


def _cell(book: Workbook, sheet: Sheet, field: str, offset: int = 1, lang: str = "ja") -> Any:
    worksheet = book[sheet.name(lang)]
    header, columns = header_of(worksheet, sheet, lang)
    return worksheet.cell(header + offset, columns[field])


def _column(book: Workbook, sheet: Sheet, field: str, lang: str = "ja") -> list[Any]:
    worksheet = book[sheet.name(lang)]
    header, columns = header_of(worksheet, sheet, lang)
    cells = (worksheet.cell(row, columns[field]).value for row in range(header + 1, worksheet.max_row + 1))
    return [value for value in cells if value is not None]


def _validation(book: Workbook, sheet: Sheet, field: str) -> Any:
    place = _cell(book, sheet, field)
    for validation in book[sheet.name.ja].data_validations.dataValidation:
        if place.coordinate in validation.sqref:
            return validation
    raise AssertionError(f"{sheet.id}.{field} has no validation")


def _offered(book: Workbook, name: str) -> list[str]:
    ((title, cells),) = book.defined_names[name.lstrip("=")].destinations
    found = book[title][cells]
    return [cell.value for line in found for cell in line] if isinstance(found, tuple) else [found.value]


def _without_condition(formula: str) -> str:
    """Return the name that a dependent drop-down offers where nothing is chosen in the other column."""
    return formula.split("),")[1].split(",")[0] if formula.startswith("IF(") else formula


def _fields(layout: Layout) -> Iterator[tuple[Sheet, Field]]:
    for sheet in _tables(layout):
        for field in sheet.fields:
            yield sheet, field


def _list_of(requirement: Requirement) -> str:
    assert isinstance(requirement.requires, Follows)
    return requirement.requires.list


# --- sheets and headers ---------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sheets_stand_in_the_order_in_which_one_fills_them_in(
    books: dict[str, Workbook], layout: Layout, lang: str
) -> None:
    names = [word("template.intro_sheet", lang), *(sheet.name(lang) for sheet in layout.tables)]
    names += [
        word("template.check_sheet", lang),
        layout.by_id["lists"].name(lang),
        word("template.calc_sheet", lang),
    ]
    assert books[lang].sheetnames == names


def test_only_choices_and_calculations_are_hidden(books: dict[str, Workbook], layout: Layout) -> None:
    hidden = [sheet.title for sheet in books["ja"].worksheets if sheet.sheet_state == "hidden"]
    assert hidden == [layout.by_id["lists"].name.ja, word("template.calc_sheet", "ja")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_header_is_exactly_its_label(books: dict[str, Workbook], layout: Layout, lang: str) -> None:
    rows = {header_of(books[lang][s.name(lang)], s, lang)[0] for s in _tables(layout)}
    assert rows == {4}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_label_of_the_form_has_its_cell_to_the_right(
    books: dict[str, Workbook], layout: Layout, lang: str
) -> None:
    form = layout.by_id["applicant"]
    worksheet = books[lang][form.name(lang)]
    labels = [cell.value for cell in worksheet["B"] if cell.value]
    assert labels[-len(form.fields) :] == [field.label(lang) for field in form.fields]
    assert [worksheet.cell(5 + i, 3).value for i in range(len(form.fields))] == [None] * len(form.fields)


def test_required_headers_show_a_mark_that_is_no_part_of_the_text(
    books: dict[str, Workbook], layout: Layout
) -> None:
    for sheet, field in _fields(layout):
        header = _cell(books["ja"], sheet, field.id, offset=0)
        assert header.value == field.label.ja
        assert ("＊" in header.number_format) == (field.required and not field.locked), field.id


def test_headers_stay_in_view(books: dict[str, Workbook], layout: Layout) -> None:
    assert {books["ja"][sheet.name.ja].freeze_panes for sheet in _tables(layout)} == {"C5"}


def test_sheets_print_on_a4_one_page_wide(books: dict[str, Workbook], layout: Layout) -> None:
    for sheet in layout.tables:
        page = books["ja"][sheet.name.ja]
        assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
        # A width of one page is the default and not written.
        pages = 2 if sheet.id in ("cases", "specifications") else 1
        assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (pages, 0), sheet.id


def test_help_and_capacity_stand_above_the_headers(books: dict[str, Workbook], layout: Layout) -> None:
    for sheet in _tables(layout):
        worksheet = books["ja"][sheet.name.ja]
        above = [worksheet.cell(row, 2).value for row in (1, 2, 3)]
        assert sheet.help is not None
        assert above[0] == sheet.name.ja
        assert str(above[1]).startswith(sheet.help.ja)
        assert sheet.prefilled is not None or f"{sheet.capacity}行" in str(above[1])
        assert str(above[2]).strip().startswith("例：")


def test_the_english_edition_has_no_japanese_but_clauses_and_listed_names(
    books: dict[str, Workbook], layout: Layout
) -> None:
    texts = [
        str(cell.value)
        for sheet in books["en"].worksheets
        if sheet.sheet_state == "visible"
        for line in sheet.iter_rows()
        for cell in line
        if cell.value and cell.column_letter not in "BC" and cell.row > 3 and cell.data_type != "f"
    ]
    assert texts
    assert not [text for text in texts if any("\u3040" <= c <= "\u9fff" for c in text)]


# --- cells ----------------------------------------------------------------------------------------


def test_identifiers_are_text_cells_and_dates_date_cells(books: dict[str, Workbook], layout: Layout) -> None:
    formats = {"date": "yyyy/mm/dd", "count": "0"}
    for sheet, field in _fields(layout):
        worksheet = books["ja"][sheet.name.ja]
        column = _cell(books["ja"], sheet, field.id).column
        (dimension,) = [d for d in worksheet.column_dimensions.values() if d.min <= column <= d.max]
        assert dimension.number_format == formats.get(field.type, "@"), (sheet.id, field.id)


def test_texts_are_never_formulas_links_or_numbers(standard: Standard, layout: Layout) -> None:
    texts = ["=1+1", "https://www.example.co.jp/", "00123", "+81", "@x", "{=SUM(1)}"]
    rows = [{"staff_id": text, "name": text} for text in texts]
    book = _written(standard, layout, data={"staff": rows})
    staff = layout.by_id["staff"]
    assert _column(book, staff, "name") == texts
    assert {_cell(book, staff, "staff_id", i + 1).data_type for i in range(len(texts))} == {"s"}


def test_each_kind_of_value_is_written_as_what_it_is(standard: Standard, layout: Layout) -> None:
    row = {
        "staff_id": {"text": "S001"},
        "name": "",
        "office": None,
        "employed_from": date(2020, 2, 29),
        "employed_until": {"text": "R9.5.9"},
    }
    data = {"staff": [row], "headcounts": [{"clause": "?", "stated_count": 2.5}]}
    book = _written(standard, layout, data=data)
    staff = layout.by_id["staff"]
    values = {name: _cell(book, staff, name).value for name in row}
    assert values["employed_from"].date() == date(2020, 2, 29)
    assert (values["staff_id"], values["employed_until"]) == ("S001", "R9.5.9")
    assert (values["name"], values["office"]) == (None, None)
    assert _column(book, layout.by_id["headcounts"], "stated_count") == [2.5]


def test_an_empty_row_leaves_a_gap(standard: Standard, layout: Layout) -> None:
    book = _written(standard, layout, data={"staff": [{"staff_id": "A"}, {}, {"staff_id": "B"}]})
    cells = [_cell(book, layout.by_id["staff"], "staff_id", i).value for i in (1, 2, 3)]
    assert cells == ["A", None, "B"]


def test_an_unknown_sheet_field_or_service_is_named_before_anything_is_written(
    standard: Standard, layout: Layout, tmp_path: Path
) -> None:
    target = tmp_path / "x.xlsx"
    with pytest.raises(ValueError, match="nonsense"):
        write_template(target, standard, layout, data={"staff": [{"nonsense": 1}]})
    with pytest.raises(ValueError, match="nowhere"):
        write_template(target, standard, layout, data={"nowhere": []})
    with pytest.raises(ValueError, match="cooking"):
        write_template(target, standard, layout, services=["cooking"])
    assert not target.exists()


# --- pre-filled rows ------------------------------------------------------------------------------


@pytest.mark.parametrize("sheet_id", ["specifications", "procedures", "headcounts"])
def test_every_clause_that_the_cases_fill_in_has_one_row(
    books: dict[str, Workbook], layout: Layout, sheet_id: str
) -> None:
    wanted = {row["clause"] for case in conformance_cases() for row in case["workbook"][sheet_id]}
    clauses = _column(books["ja"], layout.by_id[sheet_id], "clause")
    assert sorted(clauses) == sorted(wanted)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pre_filled_rows_state_the_title_and_the_list(
    books: dict[str, Workbook], standard: Standard, layout: Layout, lang: str
) -> None:
    sheet = layout.by_id["specifications"]
    clauses = _column(books[lang], sheet, "clause", lang)
    for i, clause in enumerate(clauses, 1):
        requirement = standard.by_clause[clause]
        assert _cell(books[lang], sheet, "content", i, lang).value == requirement.title(lang)
        assert _cell(books[lang], sheet, "list_id", i, lang).value == _list_of(requirement)


def test_a_row_of_a_clause_goes_to_its_own_place_and_others_below(standard: Standard, layout: Layout) -> None:
    sheet = layout.by_id["procedures"]
    own = _column(_written(standard, layout), sheet, "clause")
    rows = [
        {"clause": own[3], "document": "first"},
        {"clause": own[3], "document": "second"},
        {"clause": "9(9)", "document": "unknown"},
    ]
    book = _written(standard, layout, data={"procedures": rows})
    assert _column(book, sheet, "clause") == [*own, own[3], "9(9)"]
    assert _cell(book, sheet, "document", 4).value == "first"
    assert _column(book, sheet, "document") == ["first", "second", "unknown"]


def test_cells_that_a_row_does_not_ask_for_are_greyed_out(
    books: dict[str, Workbook], standard: Standard, layout: Layout
) -> None:
    sheet = layout.by_id["procedures"]
    for i, clause in enumerate(_column(books["ja"], sheet, "clause"), 1):
        check = standard.by_clause[clause].requires
        assert check is not None
        grey = _cell(books["ja"], sheet, "auditor", i).fill.fgColor.rgb == "FFEDEDED"
        assert grey == (check.check != "client_information")


def test_a_template_for_one_service_holds_the_rows_of_that_service_only(
    standard: Standard, layout: Layout
) -> None:
    for service in standard.edition.services:
        book = _written(standard, layout, services=[service.id])
        for sheet in (s for s in layout.tables if s.prefilled):
            clauses = _column(book, sheet, "clause")
            assert {standard.service_of(clause).id for clause in clauses} <= {service.id}


def test_a_template_for_penetration_alone_says_what_else_is_examined(
    standard: Standard, layout: Layout
) -> None:
    def notices(services: list[str]) -> list[str]:
        sheet = _written(standard, layout, services=services)[word("template.intro_sheet", "ja")]
        registration = layout.by_id["services"].by_id["registration_number"].label.ja
        return [cell.value for cell in sheet["B"] if cell.value and registration in str(cell.value)]

    alone = notices(["penetration"])
    assert len(alone) == 1
    assert standard.service("vulnerability").name.ja in alone[0]
    assert not notices(["penetration", "vulnerability"])


# --- drop-downs and messages ----------------------------------------------------------------------


def test_choices_are_offered_and_nothing_else_is_taken(books: dict[str, Workbook], layout: Layout) -> None:
    chosen = [(s, f) for s, f in _fields(layout) if f.type == "choice"]
    assert chosen
    for sheet, field in chosen:
        validation = _validation(books["ja"], sheet, field.id)
        words = dict.fromkeys(c.ja for c in layout.vocabularies[str(field.choices)])
        assert _offered(books["ja"], _without_condition(validation.formula1)) == list(words)
        assert validation.errorStyle in (None, "stop")


def test_listed_names_are_offered_with_other_at_the_end_and_free_text_is_taken(
    books: dict[str, Workbook], standard: Standard, layout: Layout
) -> None:
    listed = [(s, f) for s, f in _fields(layout) if f.type == "listed"]
    assert listed
    for sheet, field in listed:
        validation = _validation(books["ja"], sheet, field.id)
        names = dict.fromkeys(e.name for e in standard.lists.of_kinds(field.list_kinds))
        offered = _offered(books["ja"], _without_condition(validation.formula1))
        assert offered == [*names, layout.words["other"].ja]
        assert validation.errorStyle in ("information", "warning")


def test_a_service_template_offers_the_lists_of_that_service_only(standard: Standard, layout: Layout) -> None:
    book = _written(standard, layout, services=["audit"])
    validation = _validation(book, layout.by_id["credentials"], "list_id")
    assert _offered(book, validation.formula1) == ["1-1"]
    with pytest.raises(AssertionError, match="no validation"):
        _validation(book, layout.by_id["teaching"], "list_id")  # nothing to choose from
    applied = _validation(book, layout.by_id["services"], "service")
    assert _offered(book, applied.formula1) == [standard.service("audit").name.ja]


def test_staff_numbers_are_offered_from_the_staff_sheet(books: dict[str, Workbook], layout: Layout) -> None:
    referring = [(s, f) for s, f in _fields(layout) if f.references]
    assert {_validation(books["ja"], s, f.id).formula1 for s, f in referring} == {"staff_numbers"}
    assert "'要員'!$B$5:$B$304" in books["ja"].defined_names["staff_numbers"].attr_text


def test_defined_names_are_unique_and_no_two_columns_share_cells(books: dict[str, Workbook]) -> None:
    names = books["ja"].defined_names
    columns = [
        names[name].attr_text for name in names if name.startswith(("choice_", "name_", "number_", "v_"))
    ]
    assert len(columns) > 40
    assert len(columns) == len(set(columns))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_messages_keep_within_what_excel_takes(books: dict[str, Workbook], lang: str) -> None:
    validations = [v for s in books[lang].worksheets for v in s.data_validations.dataValidation]
    assert len(validations) > 50
    for v in validations:
        assert len(v.promptTitle or "") <= 32
        assert len(v.errorTitle or "") <= 32
        assert len(v.prompt or "") <= 255
        assert len(v.error or "") <= 255


def test_validations_cover_the_capacity(books: dict[str, Workbook], layout: Layout) -> None:
    for sheet, field in _fields(layout):
        if field.type in ("choice", "date"):
            (cells,) = _validation(books["ja"], sheet, field.id).sqref.ranges
            assert cells.max_row - cells.min_row + 1 == sheet.capacity, sheet.id


def test_a_date_that_is_none_is_asked_about_in_japanese(books: dict[str, Workbook], layout: Layout) -> None:
    validation = _validation(books["ja"], layout.by_id["staff"], "employed_from")
    assert (validation.type, validation.errorStyle) == ("date", "warning")
    assert validation.error == word("template.error_date", "ja")


# --- properties and reproducibility ---------------------------------------------------------------


def test_properties_carry_version_edition_and_base_date(standard: Standard, layout: Layout) -> None:
    # Any: the stubs do not know the custom properties.
    book: Any = _written(standard, layout, services=["audit"], base_date=date(2026, 10, 1))
    properties = {p.name: p.value for p in book.custom_doc_props.props}
    assert properties == {
        "secsvc_template_version": layout.template_version,
        "secsvc_edition": standard.edition.edition,
        "secsvc_services": "audit",
        "secsvc_base_date": "2026-10-01",
    }
    assert standard.edition.edition in book.properties.title
    assert "2026/10/01" in [cell.value for cell in book[word("template.intro_sheet", "ja")]["C"]]


def test_the_status_of_the_lists_is_shown_first(books: dict[str, Workbook], standard: Standard) -> None:
    notice = standard.lists.notice
    assert notice is not None
    assert notice.ja in [cell.value for cell in books["ja"].worksheets[0]["B"]]


def test_the_same_input_gives_the_same_bytes(standard: Standard, layout: Layout) -> None:
    data = conformance_workbook(conformance_cases()[0], layout)
    assert _bytes(standard, layout, data=data) == _bytes(standard, layout, data=data)


def test_one_template_writes_many_workbooks_without_mixing_them(standard: Standard, layout: Layout) -> None:
    template, blank = Template(standard, layout), io.BytesIO()
    template.write(io.BytesIO(), {"staff": [{"staff_id": "S001"}]})
    template.write(blank)
    assert blank.getvalue() == _bytes(standard, layout)


def test_writing_raises_no_warning(standard: Standard, layout: Layout) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _bytes(standard, layout, lang="en")


def test_committed_templates_are_what_the_program_writes(
    standard: Standard, layout: Layout, tmp_path: Path
) -> None:
    made = {path.name: path for path in write_all_templates(tmp_path, standard, layout)}
    committed = {path.name: path for path in resource("templates").glob("*.xlsx")}
    assert set(made) == set(committed) == set(template_names(standard))
    stale = [n for n, path in made.items() if not same_package(path.read_bytes(), committed[n].read_bytes())]
    assert not stale, "write them anew with write_all_templates and commit them"


# --- filled in from outside -----------------------------------------------------------------------


def test_an_outside_tool_and_the_writer_fill_in_the_same_cells(
    standard: Standard, layout: Layout, tmp_path: Path
) -> None:
    case = next(c for c in conformance_cases() if c["name"] == "two standards, one of them fit")
    data = conformance_workbook(case, layout)
    out = tmp_path / "outside.xlsx"
    Stranger(resource("templates") / "secsvc-template-all.ja.xlsx").fill(data, out)
    own, outside = _written(standard, layout, data=data), openpyxl.load_workbook(out)
    for sheet in layout.tables:
        assert _values(outside[sheet.name.ja]) == _values(own[sheet.name.ja]), sheet.id


def _values(worksheet: Worksheet) -> dict[str, Any]:
    return {cell.coordinate: cell.value for line in worksheet.iter_rows() for cell in line if cell.value}


def test_content_of_a_sheet_without_pre_filled_rows_is_empty(standard: Standard, layout: Layout) -> None:
    content = Content(standard, layout, "ja", ("audit",))
    assert content.prefilled(layout.by_id["staff"]) == []
