"""Every part of the applicant's workbook stays: most bit for bit, the touched sheets cell by cell."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator
from python_calamine import CalamineWorkbook

from secsvc_batch.workbook.annotate import Annotation, annotate, annotate_bytes, strip

Unzip = Callable[[bytes], dict[str, bytes]]
TOUCHED = {
    "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
    "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml",
}  # fmt: skip
GROWING = (
    "dimension", "sheetViews", "sheetData", "bookViews", "cellXfs", "fonts", "fills",
    "borders", "dxfs", "numFmts",
)  # fmt: skip
OURS = ("dimension", "sheetViews", "cols", "sheetData")


def raw_members(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Return method and compressed bytes of every member."""
    members = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename.encode())
            start += int.from_bytes(data[info.header_offset + 28 : info.header_offset + 30], "little")
            members[info.filename] = (info.compress_type, data[start : start + info.compress_size])
    return members


def canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n")


def children(root: etree._Element, *, leave_out: tuple[str, ...]) -> list[bytes]:
    found = [child for child in root if etree.QName(child).localname not in leave_out]
    return [canonical(child) for child in found if b"secsvc-batch" not in canonical(child)]


def cells(root: etree._Element, column: str) -> dict[str, bytes]:
    """Return every cell by address, but for those of ``column``."""
    found = {cell.get("r", ""): canonical(cell) for cell in root.iter("{*}c")}
    return {address: cell for address, cell in found.items() if address.rstrip("0123456789") != column}


def test_the_workbook_of_the_test_holds_all_that_editing_usually_loses(
    everything: bytes, unzip: Unzip
) -> None:
    text = b"".join(unzip(everything).values())
    for feature in (
        b"x14:dataValidation ", b"x14:sparkline", b"x14:dataBar", b"<xdr:txBody>", b'ObjectType="Button"',
        b"<rPr>", b"<rPh ", b"urn:example", b"<calcChain", b"<legacyDrawingHF", b"<v>900273</v>",
        b"<chartsheet", b"\x89PNG", b"<table ", b"xr:uid", b"secsvc template version",
    ):  # fmt: skip
        assert feature in text, feature
    assert "xl/printerSettings/printerSettings1.bin" in unzip(everything)
    assert "xl/comments1.xml" in unzip(everything)


def test_untouched_parts_are_copied_with_their_compressed_bytes(
    everything: bytes, annotation: Annotation
) -> None:
    before, after = raw_members(everything), raw_members(annotate_bytes(everything, annotation))
    assert {name for name, member in before.items() if after[name] != member} == TOUCHED
    assert set(after) - set(before) == {"xl/worksheets/sheet5.xml", "xl/worksheets/sheet6.xml"}


@pytest.mark.parametrize(("number", "column"), [(1, "M"), (2, "I"), (3, "P")])
def test_touched_sheets_keep_every_cell_and_every_element(
    everything: bytes, annotation: Annotation, unzip: Unzip, number: int, column: str
) -> None:
    part = f"xl/worksheets/sheet{number}.xml"
    before = etree.fromstring(unzip(everything)[part])
    after = etree.fromstring(unzip(annotate_bytes(everything, annotation))[part])
    assert cells(after, column) == cells(before, column)
    assert children(after, leave_out=OURS) == children(before, leave_out=OURS)
    assert sorted(after.items()) == sorted(before.items())
    widths = [canonical(col) for col in before.iter("{*}col")]
    assert [canonical(col) for col in after.iter("{*}col")][: len(widths)] == widths


def test_row_attributes_stay(everything: bytes, annotation: Annotation, unzip: Unzip) -> None:
    part = "xl/worksheets/sheet1.xml"

    def rows(data: bytes) -> dict[str, dict[str, str]]:
        found = etree.fromstring(unzip(data)[part]).iter("{*}row")
        return {row.get("r", ""): {str(k): str(v) for k, v in row.items() if k != "spans"} for row in found}

    before, after = rows(everything), rows(annotate_bytes(everything, annotation))
    assert {number: after[number] for number in before} == before
    assert set(after) - set(before) == {"57"}


def test_stylesheets_are_only_added_to(everything: bytes, annotation: Annotation, unzip: Unzip) -> None:
    before = etree.fromstring(unzip(everything)["xl/styles.xml"])
    after = etree.fromstring(unzip(annotate_bytes(everything, annotation))["xl/styles.xml"])
    for old, new in zip(before, after, strict=True):
        assert old.tag == new.tag
        assert [canonical(child) for child in new][: len(old)] == [canonical(child) for child in old]
        if new.get("count"):
            assert int(new.get("count", "")) == len(new)


def test_cached_formula_values_are_read_as_before(everything: bytes, annotation: Annotation) -> None:
    def values(data: bytes) -> list[list[object]]:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("要員")
        return [list[object](row[:12]) for row in sheet.to_python(skip_empty_area=False)]

    before, after = values(everything), values(annotate_bytes(everything, annotation))
    assert before[29][11] == 900273
    assert after[: len(before)] == before


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_names_tabs_and_hidden_sheets_stay(everything: bytes, annotation: Annotation) -> None:
    book = openpyxl.load_workbook(io.BytesIO(annotate_bytes(everything, annotation)))
    assert book.sheetnames == ["判定", "指摘", "要員", "資格", "案件", "選択肢", "グラフ"]
    assert book["選択肢"].sheet_state == "hidden"
    assert book.defined_names["職員"].attr_text == "要員!$A$4:$A$303"


def test_names_of_one_sheet_move_with_it(plain: bytes, annotation: Annotation) -> None:
    book = openpyxl.load_workbook(io.BytesIO(annotate_bytes(plain, annotation)))
    assert book["資格"].print_title_rows == "$3:$3"
    assert book["判定"].print_title_rows == "$3:$3"
    assert book["要員"].print_title_rows is None


def test_only_the_first_new_sheet_is_selected(plain: bytes, annotation: Annotation, unzip: Unzip) -> None:
    parts = unzip(annotate_bytes(plain, annotation))
    selected = [name for name, data in parts.items() if b'tabSelected="1"' in data]
    assert selected == ["xl/worksheets/sheet4.xml"]
    assert re.search(rb'<workbookView [^>]*activeTab="0"', parts["xl/workbook.xml"])


def test_sheets_without_findings_lose_their_selection_too(
    plain: bytes, annotation: Annotation, unzip: Unzip
) -> None:
    only_sheets = Annotation(sheets=annotation.sheets)
    parts = unzip(annotate_bytes(plain, only_sheets))
    assert b"tabSelected" in unzip(plain)["xl/worksheets/sheet1.xml"]
    assert b"tabSelected" not in parts["xl/worksheets/sheet1.xml"]


def test_stripping_gives_the_original_back(everything: bytes, annotation: Annotation, unzip: Unzip) -> None:
    before = unzip(everything)
    after = unzip(strip(annotate_bytes(everything, annotation)))
    assert set(after) == set(before)
    for part in before:
        if part in TOUCHED:
            old, new = etree.fromstring(before[part]), etree.fromstring(after[part])
            assert cells(new, "") == cells(old, "")
            assert sorted(children(new, leave_out=GROWING)) == sorted(children(old, leave_out=GROWING))
        else:
            assert after[part] == before[part]


def test_the_source_is_only_read_and_the_target_appears_whole(
    tmp_path: Path, plain: bytes, annotation: Annotation
) -> None:
    source, target = tmp_path / "a.xlsx", tmp_path / "out" / "社" / "a.xlsx"
    source.write_bytes(plain)
    annotate(source, target, annotation)
    assert source.read_bytes() == plain
    assert target.read_bytes() == annotate_bytes(plain, annotation)
    assert [path.name for path in target.parent.iterdir()] == ["a.xlsx"]


def test_nothing_is_left_when_the_package_cannot_be_annotated(tmp_path: Path, annotation: Annotation) -> None:
    source, target = tmp_path / "a.xlsx", tmp_path / "out" / "a.xlsx"
    source.write_bytes(b"not a workbook")
    with pytest.raises(Exception, match="zip"):
        annotate(source, target, annotation)
    assert not target.parent.exists()


def test_the_annotated_copy_is_without_a_fault(
    tmp_path: Path, everything: bytes, annotation: Annotation
) -> None:
    path = tmp_path / "annotated.xlsx"
    path.write_bytes(annotate_bytes(everything, annotation))
    result = OpenXmlValidator().validate(str(path))
    assert [str(error) for error in result.errors] == []
