"""New sheets: what stands in the cells, how it looks, and what Excel would refuse."""

import datetime
import io
import re
from collections.abc import Callable
from dataclasses import replace

import openpyxl
import pytest
from lxml import etree
from openpyxl.worksheet.worksheet import Worksheet

from secsvc_batch.workbook.annotate import PALETTE, Annotation, Cell, NewSheet, annotate_bytes
from secsvc_batch.workbook.annotate.sheet_xml import ORDER

Unzip = Callable[[bytes], dict[str, bytes]]


def sheet_of(data: bytes, *rows: list[Cell | None], name: str = "判定", **options: object) -> Worksheet:
    """Annotate ``data`` with one sheet and return it as openpyxl reads it."""
    sheet = replace(NewSheet(name, "test", rows), **options)  # type: ignore[arg-type]
    book = openpyxl.load_workbook(
        io.BytesIO(annotate_bytes(data, Annotation(sheets=[sheet]))), rich_text=False
    )
    found = book.worksheets[0]
    assert isinstance(found, Worksheet)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+81-3",
        "-5",
        "@x",
        " 前後 ",
        "改行\nあり",
        "<b>&amp;</b>",
        "_x0041_",
        "\ttab",
        '"quoted"',
        "𠮟る",
    ],
)
def test_text_is_read_back_as_it_was_given(plain: bytes, text: str) -> None:
    cell = sheet_of(plain, [Cell(text)])["A1"]
    assert cell.data_type == "s"
    # openpyxl does not resolve Excel's escapes
    assert str(cell.value).replace("_x005F_", "_") == text


@pytest.mark.parametrize("text", ["=1+1", "+81-3", "-5", "@x"])
def test_text_that_starts_like_a_formula_stays_text_when_it_is_edited(plain: bytes, text: str) -> None:
    sheet = sheet_of(plain, [Cell(text), Cell("text")])
    assert sheet["A1"].quotePrefix is True
    assert not sheet["B1"].quotePrefix


def test_no_formula_is_written(plain: bytes, annotation: Annotation, unzip: Unzip) -> None:
    parts = unzip(annotate_bytes(plain, annotation))
    assert not any(re.search(rb"<f[\s>]", parts[f"xl/worksheets/sheet{number}.xml"]) for number in (4, 5))


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("a\x00b\x1fc", "abc"),
        ("\ud800x", "x"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\ufffe!", "!"),
        ("あ" * 40000, "あ" * 32766 + "…"),
    ],
)
def test_what_no_cell_can_hold_is_left_out(plain: bytes, given: str, read: str) -> None:
    assert sheet_of(plain, [Cell(given)])["A1"].value == read


def test_long_text_is_cut_by_the_units_that_excel_counts(plain: bytes) -> None:
    value = str(sheet_of(plain, [Cell("𠮟" * 20000)])["A1"].value)
    assert len(value.encode("utf-16-le")) // 2 <= 32767
    assert value.startswith("𠮟" * 16000)


def test_numbers_dates_and_truth_values_keep_their_kind(plain: bytes) -> None:
    day = datetime.date(2026, 10, 1)
    row: list[Cell | None] = [
        Cell(3, "integer"), Cell(1.5, "number"), Cell(day, "date"), Cell(True), Cell(None),
        Cell(float("nan")),
        Cell(datetime.datetime(2026, 10, 1, 12), "date"), Cell(datetime.date(1899, 1, 1), "date"), None,
    ]  # fmt: skip
    values = [cell.value for cell in sheet_of(plain, row)[1]]
    midday = datetime.datetime(2026, 10, 1, 12)
    midnight = datetime.datetime(2026, 10, 1)
    assert values[:8] == [3, 1.5, midnight, True, None, None, midday, "1899-01-01"]


@pytest.mark.parametrize("day", [datetime.date(1904, 1, 2), datetime.date(2026, 10, 1)])
def test_days_are_counted_as_the_workbook_counts_them(
    plain: bytes, plain_1904: bytes, day: datetime.date
) -> None:
    for data in (plain, plain_1904):
        value = sheet_of(data, [Cell(day, "date")])["A1"].value
        assert isinstance(value, datetime.datetime)
        assert value.date() == day


def test_the_first_weeks_of_excels_calendar_are_right(plain: bytes, unzip: Unzip) -> None:
    rows = [[Cell(datetime.date(1900, 2, 28), "date"), Cell(datetime.date(1900, 3, 1), "date")]]
    parts = unzip(annotate_bytes(plain, Annotation(sheets=[NewSheet("判定", "m", rows)])))
    assert re.findall(rb"<v>(\d+)</v>", parts["xl/worksheets/sheet4.xml"]) == [b"59", b"61"]


def test_links_lead_to_cells(plain: bytes) -> None:
    link = sheet_of(plain, [Cell("要員", "link", "'要員'!A5")])["A1"].hyperlink
    assert link.location == "'要員'!A5"


def test_a_name_that_is_taken_gets_a_number_and_links_follow(plain: bytes) -> None:
    sheets = [NewSheet("要員", "m", [[Cell("x", "link", "'案件 一覧'!A1")]]), NewSheet("案件 一覧", "m", [])]
    data = annotate_bytes(plain, Annotation(sheets=[*sheets, NewSheet("案件 一覧", "n", [])]))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames[:3] == ["要員 (2)", "案件 一覧", "案件 一覧 (2)"]
    other = annotate_bytes(
        plain, Annotation(sheets=[NewSheet("資格", "m", [[Cell("x", "link", "'資格'!A1")]])])
    )
    sheet = openpyxl.load_workbook(io.BytesIO(other)).worksheets[0]
    assert sheet["A1"].hyperlink.location == "'資格 (2)'!A1"


@pytest.mark.parametrize(
    ("given", "read"), [("a/b:c*[d]?\\", "a_b_c__d___"), ("'x'", "x"), ("", "_"), ("長" * 40, "長" * 31)]
)
def test_sheet_names_are_made_such_as_excel_takes(plain: bytes, given: str, read: str) -> None:
    assert sheet_of(plain, [Cell("x")], name=given).title == read


def test_the_marker_stands_where_nothing_else_does(plain: bytes) -> None:
    wide: list[Cell | None] = [Cell("表題", "title"), None, None, None]
    assert sheet_of(plain, list(wide))["D1"].value == "secsvc-batch:test"
    assert sheet_of(plain, list(wide), merges=["C1:D1"])["B1"].value == "secsvc-batch:test"
    assert sheet_of(plain, list(wide), merges=["A1:D1"])["E1"].value == "secsvc-batch:test"
    assert sheet_of(plain, [Cell("a"), Cell("b")])["C1"].value == "secsvc-batch:test"
    assert sheet_of(plain)["A1"].value == "secsvc-batch:test"


def test_the_page_is_set_up_for_print(plain: bytes) -> None:
    sheet = sheet_of(
        plain, [Cell("x")], [Cell("y")], title_rows="1:2", freeze=(1, 2), tab_color="2F4B6E", footer="a & b"
    )
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    properties = sheet.sheet_properties
    assert properties.pageSetUpPr is not None
    assert properties.tabColor is not None
    assert (properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$1:$2", "C2")
    assert properties.tabColor.rgb == "FF2F4B6E"
    assert sheet.oddFooter is not None
    assert "a & b" in str(sheet.oddFooter.left.text).replace("&&", "&")
    assert sheet_of(plain, [Cell("x")], landscape=False).page_setup.orientation == "portrait"


def test_examiners_can_type_into_their_columns_only(plain: bytes) -> None:
    sheet = sheet_of(
        plain, [Cell("a"), Cell(None, "input")], protect=True, validations=[("B1:B9", ["適合", '"不"適合'])]
    )
    assert sheet.protection.sheet
    assert (sheet["A1"].protection.locked, sheet["B1"].protection.locked) == (True, False)
    rule = sheet.data_validations.dataValidation[0]
    assert (str(rule.sqref), rule.formula1) == ("B1:B9", '"適合,""不""適合"')


def test_a_filter_brings_its_hidden_name(plain: bytes, unzip: Unzip) -> None:
    sheet = NewSheet("判 定's", "m", [[Cell("a"), Cell("b")], [Cell("c")]], autofilter="A1:B2")
    parts = unzip(annotate_bytes(plain, Annotation(sheets=[sheet])))
    assert "'判 定''s'!$A$1:$B$2</definedName>".encode() in parts["xl/workbook.xml"]
    assert b'<autoFilter ref="A1:B2"/>' in parts["xl/worksheets/sheet4.xml"]


def test_rows_are_as_high_as_their_text_needs(plain: bytes) -> None:
    long = "脆弱性診断の技術責任者が資格または実績を有すること。"
    rows: list[list[Cell | None]] = [[Cell(long * 3)], [Cell("短い")], [Cell(long)], [Cell(long)]]
    sheet = sheet_of(plain, *rows, widths=[20, 60], heights=[None, None, 99], merges=["A4:B4"])
    heights = [sheet.row_dimensions[row].height for row in (1, 2, 3, 4)]
    assert (heights[0] or 0) > 100
    assert heights[1:] == [None, 99, None]


@pytest.mark.parametrize("name", sorted(PALETTE))
def test_every_style_can_be_used(plain: bytes, name: str) -> None:
    look, cell = PALETTE[name], sheet_of(plain, [Cell("x", name)])["A1"]
    assert (cell.font.b, cell.font.sz, cell.font.color.rgb) == (look.bold, look.size, "FF" + look.ink)
    assert cell.fill.fgColor.rgb == ("FF" + look.fill if look.fill else "00000000")
    assert cell.border.left.style == (look.frame or None)
    assert (cell.alignment.wrap_text or False, cell.protection.locked) == (look.wrap, not look.unlocked)


def test_verdicts_differ_without_colour(plain: bytes) -> None:
    frames = {
        name: (PALETTE[name].frame, PALETTE[name].bold, PALETTE[name].italic)
        for name in ("pass", "review", "met_otherwise")
    }
    assert len(set(frames.values())) == 3

    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert lightness(PALETTE["pass"].fill) - lightness(PALETTE["fail"].fill) > 120


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"rows": [[Cell("x", "nowhere")]]}, "unknown style 'nowhere'"),
        ({"merges": ["A1-B2"]}, "not a cell or range"),
        ({"validations": [("A1", ["x" * 256])]}, "longer than 255"),
        ({"validations": [("A1", ["a,b"])]}, "comma"),
    ],
)
def test_what_no_workbook_can_hold_is_refused(plain: bytes, options: dict[str, object], reason: str) -> None:
    sheet = replace(NewSheet("判定", "m", [[Cell("x")]]), **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=reason):
        annotate_bytes(plain, Annotation(sheets=[sheet]))


def test_elements_stand_in_the_order_of_the_schema(
    everything: bytes, annotation: Annotation, unzip: Unzip
) -> None:
    parts = unzip(annotate_bytes(everything, annotation))
    for number in (1, 2, 3, 5, 6):
        root = etree.fromstring(parts[f"xl/worksheets/sheet{number}.xml"])
        names = [etree.QName(child).localname for child in root]
        assert names == sorted(names, key=ORDER.index)
