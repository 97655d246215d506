"""Highlights and messages on the applicant's own sheets, as several programs write them."""

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from lxml import etree
from openpyxl.worksheet.worksheet import Worksheet

from secsvc_batch.workbook.annotate import Annotation, annotate_bytes
from secsvc_batch.workbook.annotate.model import NOTE_WIDTH
from secsvc_batch.workbook.annotate.sheet_xml import ORDER, SheetXml
from secsvc_batch.workbook.annotate.sheet_xml import plain as as_plain
from secsvc_batch.workbook.annotate.text import merged, range_lists

Unzip = Callable[[bytes], dict[str, bytes]]
Rezip = Callable[[dict[str, bytes]], bytes]
DIALECTS = ("xlsxwriter", "openpyxl", "prefixed", "google", "strict", "bare")
STAFF = "xl/worksheets/sheet1.xml"


def staff(parts: dict[str, bytes]) -> etree._Element:
    """Return the root of the staff sheet, whose part is the first by name."""
    return etree.fromstring(parts["book/tabs/a.xml" if "book/main.xml" in parts else STAFF])


def rules(root: etree._Element) -> list[tuple[str, str, int]]:
    """Return (ranges, formula, priority) of every conditional format."""
    found = []
    for block in root.findall("{*}conditionalFormatting"):
        for rule in block.iter("{*}cfRule"):
            formula = rule.findtext("{*}formula") or ""
            found.append((block.get("sqref", ""), formula, int(rule.get("priority", "0"))))
    return found


def notes(root: etree._Element, column: str = "M") -> dict[str, str]:
    cells = {cell.get("r", ""): "".join(map(str, cell.itertext())) for cell in root.iter("{*}c")}
    return {address: text for address, text in cells.items() if address.startswith(column) and text}


def with_staff(data: bytes, unzip: Unzip, rezip: Rezip, change: Callable[[bytes], bytes]) -> bytes:
    parts = unzip(data)
    parts[STAFF] = change(parts[STAFF])
    return rezip(parts)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_cells_are_highlighted_and_rows_have_their_messages(
    dialects: dict[str, bytes], annotation: Annotation, unzip: Unzip, dialect: str
) -> None:
    root = staff(unzip(annotate_bytes(dialects[dialect], annotation)))
    formula = 'LEN("secsvc-batch")>0'
    assert rules(root) == [("B5:C6", formula, 1), ("A9", formula, 2)]
    assert notes(root) == {
        "M3": "事務局からの指摘", "M5": "× 日付が読めません。", "M9": "△ 重複しています。", "M57": "○ 下の行",
    }  # fmt: skip
    numbers = [int(row.get("r", "0")) for row in root.iter("{*}row")]
    assert numbers == sorted(set(numbers))
    names = [etree.QName(child).localname for child in root]
    assert names == sorted(names, key=ORDER.index)
    assert (
        len({etree.QName(element).namespace for element in root.iter("{*}c", "{*}is", "{*}t", "{*}cfRule")})
        == 1
    )


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name not in ("strict", "bare")])
def test_other_readers_see_the_annotated_copy(
    dialects: dict[str, bytes], annotation: Annotation, dialect: str
) -> None:
    data = annotate_bytes(dialects[dialect], annotation)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["判定", "指摘", "要員", "資格", "案件"]
    sheet = book["要員"]
    assert isinstance(sheet, Worksheet)
    assert (sheet["M5"].value, sheet["M5"].font.color.rgb, sheet["M5"].alignment.wrap_text) == (
        "× 日付が読めません。", "FFA83200", True,
    )  # fmt: skip
    assert sheet.column_dimensions["M"].width == NOTE_WIDTH
    assert sheet.dimensions == "A1:M57"
    fills = [rule.dxf.fill.bgColor.rgb for block in sheet.conditional_formatting for rule in block.rules]
    assert fills == ["FFF9CBBB", "FFFFEB9C"]


def test_rows_without_numbers_are_counted(
    dialects: dict[str, bytes], annotation: Annotation, unzip: Unzip
) -> None:
    root = etree.fromstring(unzip(annotate_bytes(dialects["bare"], annotation))["book/tabs/c.xml"])
    rows = ["".join(map(str, row.itertext())) for row in root.iter("{*}row")]
    assert rows[:6] == ["ア2", "ア2", "ア2事務局からの指摘", "ア2", "ア2× 日付が読めません。", "ア2"]
    assert [row.get("r") for row in root.iter("{*}row")] == [None] * 6 + ["9", "57"]


def test_highlights_stand_before_the_applicants_rules_whose_priority_stays(
    everything: bytes, annotation: Annotation, unzip: Unzip
) -> None:
    found = rules(etree.fromstring(unzip(annotate_bytes(everything, annotation))[STAFF]))
    # first in the part, because LibreOffice shows the first; last in priority, because the others keep theirs
    assert [(where, priority) for where, _, priority in found] == [
        ("B5:C6", 3),
        ("A9", 4),
        ("E4:E23", 1),
        ("A4:A23", 2),
    ]


def test_an_error_hides_a_warning_on_the_same_cell(plain: bytes, unzip: Unzip) -> None:
    both = Annotation(highlights={"要員": {"warning": ["A5", "A6"], "error": ["A5"]}})
    assert [where for where, *_ in rules(staff(unzip(annotate_bytes(plain, both))))] == ["A5", "A6"]


def test_levels_and_sheets_that_do_not_exist(plain: bytes, unzip: Unzip) -> None:
    elsewhere = Annotation(
        highlights={"無い": {"error": ["A1"]}}, notes={"無い": {3: "x"}}, note_columns={"無い": (1, 2)}
    )
    parts, before = unzip(annotate_bytes(plain, elsewhere)), unzip(plain)
    assert all(parts[name] == before[name] for name in parts if "sheet" in name)
    with pytest.raises(ValueError, match="unknown levels of highlights: fatal"):
        annotate_bytes(plain, Annotation(highlights={"要員": {"fatal": ["A1"]}}))


def test_chart_sheets_are_passed_over(everything: bytes, unzip: Unzip) -> None:
    marked = Annotation(
        highlights={"グラフ": {"error": ["A1"]}}, notes={"グラフ": {1: "x"}}, note_columns={"グラフ": (1, 1)}
    )
    before, after = unzip(everything), unzip(annotate_bytes(everything, marked))
    assert after["xl/chartsheets/sheet1.xml"] == before["xl/chartsheets/sheet1.xml"]


def test_adjacent_cells_become_ranges_and_long_lists_several_elements() -> None:
    assert merged(f"{letter}{row}" for letter in "CAB" for row in (7, 5, 6)) == ["A5:C7"]
    assert merged(["A1", "A3", "B1:D9", "A1"]) == ["A1", "A3", "B1:D9"]
    lists = range_lists(f"A{row}" for row in range(1, 2001, 2))
    assert len(lists) == 4
    assert sum(len(part.split()) for part in lists) == 1000


def test_a_form_has_messages_without_a_header(plain: bytes, unzip: Unzip) -> None:
    form = Annotation(notes={"要員": {4: "× 必須です。"}}, note_columns={"要員": (0, 13)}, note_header="指摘")
    assert notes(staff(unzip(annotate_bytes(plain, form))), "N") == {"N4": "× 必須です。"}


def test_ranges_of_columns_are_split_around_the_messages(
    plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip
) -> None:
    hidden = b'<col min="4" max="16384" width="9" hidden="1"/></cols>'
    data = with_staff(plain, unzip, rezip, lambda xml: re.sub(rb'<col min="1" .*?</cols>', hidden, xml))
    root = staff(unzip(annotate_bytes(data, annotation)))
    found = [(col.get("min"), col.get("max"), col.get("hidden")) for col in root.iter("{*}col")]
    assert found == [("4", "12", "1"), ("13", "13", None), ("14", "16384", "1")]


def test_an_applicants_cell_is_never_overwritten(
    plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip
) -> None:
    def occupied(xml: bytes) -> bytes:
        return re.sub(rb'(<row r="9".*?)</row>', rb'\1<c r="M9"><v>5</v></c><c r="P9"/></row>', xml)

    root = staff(unzip(annotate_bytes(with_staff(plain, unzip, rezip, occupied), annotation)))
    assert notes(root, "M") == {"M9": "5"}
    assert notes(root, "Q")["Q9"] == "△ 重複しています。"


def test_an_empty_cell_gives_way_and_later_cells_stay_behind(
    plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip
) -> None:
    def styled(xml: bytes) -> bytes:
        return re.sub(rb'(<row r="9".*?)</row>', rb'\1<c r="M9" s="1"/><c r="XFD9" s="1"/></row>', xml)

    root = staff(unzip(annotate_bytes(with_staff(plain, unzip, rezip, styled), annotation)))
    row = next(row for row in root.iter("{*}row") if row.get("r") == "9")
    last = [cell.get("r") for cell in row][-2:]
    assert last == ["M9", "XFD9"]
    assert notes(root)["M9"] == "△ 重複しています。"


def test_without_room_there_are_highlights_only(plain: bytes, unzip: Unzip) -> None:
    full = Annotation(
        highlights={"要員": {"error": ["XFD1"]}},
        notes={"要員": {5: "x"}},
        note_columns={"要員": (3, 16384)},
        note_header="h",
    )
    root = staff(unzip(annotate_bytes(plain, full)))
    assert [where for where, *_ in rules(root)] == ["XFD1"]
    assert not notes(root, "XF")


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace(b"<sheetData>", b"<!-- <sheetData> <row> --><sheetData>"),
        lambda xml: xml.replace(b"</sheetData>", b"<?note x?></sheetData>"),
        lambda xml: xml.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"),
        lambda xml: b"\xef\xbb\xbf" + xml,
        lambda xml: xml.decode().replace('encoding="UTF-8"', 'encoding="Shift_JIS"').encode("shift_jis"),
        lambda xml: xml.replace(b'"', b"'"),
        lambda xml: (
            xml.replace(b"<c ", b"\n  <c ").replace(b"<row", b"\n<row").replace(b"</row>", b"\n</row>")
        ),
    ],
    ids=["comment", "instruction", "utf-16", "byte order mark", "shift_jis", "single quotes", "white space"],
)
def test_unusual_xml_is_annotated_all_the_same(
    plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip, change: Callable[[bytes], bytes]
) -> None:
    data = with_staff(plain, unzip, rezip, change)
    once = annotate_bytes(data, annotation)
    root = staff(unzip(once))
    assert [where for where, *_ in rules(root)] == ["B5:C6", "A9"]
    assert list(notes(root)) == ["M3", "M5", "M9", "M57"]
    assert b"tabSelected" not in unzip(once)[STAFF]
    assert annotate_bytes(once, annotation) == once


def test_a_sheet_without_rows_element_gets_one() -> None:
    xml = SheetXml(
        b'<worksheet xmlns="m"><sheetPr/><cols><col min="1" max="2"/></cols><pageMargins/></worksheet>'
    )
    xml.put_strings(1, {4: ("x", 7)})
    xml.add_rules({"error": ["B4"]}, {"error": 0})
    names = [etree.QName(child).localname for child in etree.fromstring(xml.to_bytes())]
    assert names == ["sheetPr", "cols", "sheetData", "conditionalFormatting", "pageMargins"]


def test_controls_wrapped_for_compatibility_do_not_mislead() -> None:
    inner = b"<mc:Choice><controls><mc:AlternateContent/></controls></mc:Choice>"
    wrapped = b"<mc:AlternateContent>" + inner + b"</mc:AlternateContent>"
    xml = SheetXml(
        b'<worksheet xmlns:mc="m"><sheetData/><mergeCells/>' + wrapped + b"<tableParts/></worksheet>"
    )
    xml.add_rules({"warning": ["A1"]}, {"warning": 3})
    names = [etree.QName(child).localname for child in etree.fromstring(xml.to_bytes())]
    assert names == ["sheetData", "mergeCells", "conditionalFormatting", "AlternateContent", "tableParts"]


def test_an_ordinary_part_is_not_rewritten(plain: bytes, unzip: Unzip) -> None:
    xml = unzip(plain)[STAFF]
    assert as_plain(xml) is xml
    assert SheetXml(xml).to_bytes() == xml
