"""Preflight tells workbooks from everything else and keeps hostile ones out."""

import re
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secsvc_batch.messages import finding_types
from secsvc_batch.workbook.limits import LIMITS, Limits, RefusedFileError
from secsvc_batch.workbook.preflight import Package, inspect, preflight
from secsvc_batch.workbook.sheetxml import (
    NotPlainError,
    SheetScan,
    address,
    check_prolog,
    column_letters,
    column_number,
    scan_parsed,
    scan_sheet,
    scan_stream,
)

MakeBook = Callable[..., Path]
EditPackage = Callable[..., Path]

SHEET = "xl/worksheets/sheet3.xml"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
COLUMNS = range(16_384)


def refusal(content: bytes | Path, limits: Limits = LIMITS) -> str:
    """Return the code with which the content is refused."""
    with pytest.raises(RefusedFileError) as caught:
        checked(content, limits)
    assert caught.value.code in finding_types()
    return caught.value.code


def checked(content: bytes | Path, limits: Limits = LIMITS) -> Package:
    """Return the package after a look through every sheet."""
    package = preflight(content, limits) if isinstance(content, Path) else inspect(content, limits)
    for sheet in package.sheets:
        sheet.check()
    return package


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def sheet_xml(cells: str, tail: str = "") -> bytes:
    return f"<worksheet><sheetData>{cells}</sheetData>{tail}</worksheet>".encode()


def with_sheet(edit_package: EditPackage, book: Path, xml: bytes) -> Path:
    return edit_package(book, lambda name, old: xml if name == SHEET else old)


def area(package: Package) -> int:
    return max(sheet.scan.area for sheet in package.sheets if sheet.scan)


# --- what kind of file ------------------------------------------------------------------------------


def test_an_honest_workbook_passes_with_its_sheets_in_order(make_book: MakeBook) -> None:
    package = preflight(make_book(properties={"secsvc_edition": "4.1"}))
    assert [sheet.name for sheet in package.sheets][:3] == ["申請者", "申請サービス", "要員"]
    assert package.sheets[2].part == SHEET
    assert package.properties == {"secsvc_edition": "4.1"}
    assert not package.date1904


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (bytes(5000), "file_damaged"),
        (OLE2 + wide("Root Entry") + wide("Workbook"), "file_xls"),
        (OLE2 + wide("EncryptionInfo") + wide("EncryptedPackage"), "file_encrypted"),
        (OLE2 + wide("WordDocument"), "file_other"),
        ("要員番号,氏名\r\nS001,山田\r\n".encode(), "file_text"),
        ("要員番号,氏名\r\nS001,山田\r\n".encode("cp932"), "file_text"),
        ("要員番号\t氏名".encode("utf-16"), "file_text"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html><body>login</body></html>", "file_html"),
        (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table></table></html>", "file_html"),
        (b"%PDF-1.7\n", "file_other"),
        (b"<?xml version='1.0'?><Workbook/>", "file_other"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "file_other"),
        (b"PK\x03\x04 cut off in the middle of the way", "file_damaged"),
    ],
)
def test_other_files_under_the_name_of_a_workbook_are_told_apart(content: bytes, code: str) -> None:
    assert refusal(content) == code


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "file_ods"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text"}, "file_other"),
        ({"readme.txt": b"hello"}, "file_other"),
    ],
)
def test_other_packages_are_told_apart(tmp_path: Path, parts: dict[str, bytes], code: str) -> None:
    path = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    assert refusal(path) == code


@pytest.mark.parametrize(
    ("target", "code"), [("xl/workbook.bin", "file_xlsb"), ("word/document.xml", "file_other")]
)
def test_the_main_part_decides(
    make_book: MakeBook, edit_package: EditPackage, target: str, code: str
) -> None:
    def change(name: str, old: bytes) -> bytes:
        return old.replace(b"xl/workbook.xml", target.encode()) if name == "_rels/.rels" else old

    assert refusal(edit_package(make_book(), change)) == code


def test_a_workbook_with_macros_is_refused(make_book: MakeBook, edit_package: EditPackage) -> None:
    path = edit_package(make_book(), lambda _, old: old, extra={"xl/vbaProject.bin": b"code"})
    assert refusal(path) == "file_macro"


def test_macros_under_another_name_are_found_by_their_relation(
    make_book: MakeBook, edit_package: EditPackage
) -> None:
    relation = (
        b'<Relationship Id="m" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject"'
    )

    def change(name: str, old: bytes) -> bytes:
        if name != "xl/_rels/workbook.xml.rels":
            return old
        return old.replace(b"</Relationships>", relation + b' Target="harmless.dat"/></Relationships>')

    path = edit_package(make_book(), change, extra={"xl/harmless.dat": b"code"})
    assert refusal(path) == "file_macro"


def test_a_macro_workbook_without_macros_is_read(make_book: MakeBook, edit_package: EditPackage) -> None:
    def change(name: str, old: bytes) -> bytes:
        plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        return old.replace(plain, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")

    assert len(preflight(edit_package(make_book(), change, name="book.xlsm")).sheets) == 10


def test_what_cannot_be_opened_and_what_is_too_large_is_said(tmp_path: Path, make_book: MakeBook) -> None:
    assert refusal(tmp_path / "nowhere.xlsx") == "file_unreadable"
    assert refusal(tmp_path) == "file_unreadable"
    assert refusal(make_book(), Limits(file_bytes=1000)) == "file_too_large"


# --- the package ------------------------------------------------------------------------------------


def test_a_truncated_workbook_is_damaged(make_book: MakeBook) -> None:
    content = make_book().read_bytes()
    assert refusal(content[: len(content) // 2]) == "file_damaged"


def test_flipped_bytes_in_any_part_are_noticed(make_book: MakeBook) -> None:
    path = make_book()
    with zipfile.ZipFile(path) as package:
        offset = package.getinfo("xl/theme/theme1.xml").header_offset
    content = bytearray(path.read_bytes())
    content[offset + 200] ^= 0xFF
    assert refusal(bytes(content)) == "file_damaged"


def test_two_parts_of_one_name_are_refused(make_book: MakeBook, edit_package: EditPackage) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = edit_package(make_book(), lambda _, old: old, extra={SHEET.upper(): b"<worksheet/>"})
    assert refusal(path) == "file_unsafe"


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside.xml", "xl/../../outside.xml", "C:/outside.xml"])
def test_names_that_leave_the_package_are_refused(
    make_book: MakeBook, edit_package: EditPackage, name: str
) -> None:
    assert refusal(edit_package(make_book(), lambda _, old: old, extra={name: b"x"})) == "file_unsafe"


def directory_entry(content: bytes | bytearray, name: bytes) -> int:
    """Return the offset of a part's entry in the central directory."""
    return next(
        m.start() for m in re.finditer(b"PK\x01\x02", content) if content[m.start() + 46 :].startswith(name)
    )


def test_parts_that_share_their_bytes_are_refused(make_book: MakeBook) -> None:
    content = bytearray(make_book().read_bytes())
    first, second = (directory_entry(content, f"xl/worksheets/sheet{n}.xml".encode()) for n in (2, 3))
    # the second part now is said to begin where the first one does; only its name still differs
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    content[second + 46 : second + 46 + len(SHEET)] = SHEET.encode()
    assert refusal(bytes(content)) in ("file_damaged", "file_unsafe")


def test_a_part_may_not_reach_into_the_next(make_book: MakeBook) -> None:
    content = bytearray(make_book().read_bytes())
    entry = directory_entry(content, SHEET.encode())
    struct.pack_into("<I", content, entry + 20, struct.unpack_from("<I", content, entry + 20)[0] + 500)
    assert refusal(bytes(content)) == "file_unsafe"


def test_a_part_may_not_inflate_to_more_than_it_declares(make_book: MakeBook) -> None:
    content = bytearray(make_book().read_bytes())
    struct.pack_into("<I", content, directory_entry(content, SHEET.encode()) + 24, 10)
    assert refusal(bytes(content)) == "file_damaged"


def test_bytes_before_the_package_are_refused(make_book: MakeBook) -> None:
    assert refusal(b"PK junk" + make_book().read_bytes()) == "file_damaged"


def test_numbers_and_sizes_of_parts_are_bounded(make_book: MakeBook) -> None:
    path = make_book()
    assert refusal(path, Limits(members=10)) == "file_unsafe"
    assert refusal(path, Limits(sheets=5)) == "file_unsafe"
    assert refusal(path, Limits(total_bytes=10_000)) == "file_inflates"
    assert refusal(path, Limits(part_bytes=1_000)) == "file_inflates"
    assert refusal(path, Limits(shared_strings=20)) == "file_inflates"


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "docProps/app.xml"])
def test_a_document_type_is_refused_wherever_it_stands(
    make_book: MakeBook, edit_package: EditPackage, part: str
) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'

    def change(name: str, old: bytes) -> bytes:
        return old.replace(b"?>", b"?>" + bomb, 1) if name == part else old

    assert refusal(edit_package(make_book(), change)) == "file_unsafe"


@pytest.mark.parametrize(
    "content",
    [
        '<?xml version="1.0"?><a/>'.encode("utf-16"),
        wide("<a/>"),
        b'<?xml version="1.0" encoding="UTF-7"?><a/>',
    ],
)
def test_only_utf8_hides_nothing(content: bytes) -> None:
    with pytest.raises(RefusedFileError):
        check_prolog(content, "part")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'Id="rId2"', b'Id="rId1"'),
        (b'Target="worksheets/sheet3.xml"', b'Target="../xl/worksheets/sheet3.xml"'),
        (b'Target="worksheets/sheet3.xml"', b'Target="worksheets/sheet%33.xml"'),
    ],
)
def test_a_sheet_must_be_found_in_one_way_only(
    make_book: MakeBook, edit_package: EditPackage, old: bytes, new: bytes
) -> None:
    def change(name: str, content: bytes) -> bytes:
        return content.replace(old, new) if name == "xl/_rels/workbook.xml.rels" else content

    assert refusal(edit_package(make_book(), change)) == "file_unsafe"


def test_absolute_targets_are_followed(make_book: MakeBook, edit_package: EditPackage) -> None:
    def change(name: str, content: bytes) -> bytes:
        return (
            content.replace(b'Target="w', b'Target="/xl/w') if name.endswith("workbook.xml.rels") else content
        )

    assert preflight(edit_package(make_book(), change)).sheets[2].part == SHEET


def test_a_sheet_whose_part_is_missing_is_damage(make_book: MakeBook, edit_package: EditPackage) -> None:
    path = edit_package(make_book(), lambda name, old: None if name == SHEET else old)
    assert refusal(path) == "file_damaged"


# --- cells, merges and sizes of sheets --------------------------------------------------------------

FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "xml",
    [
        sheet_xml(FAR),
        sheet_xml(FAR).replace(b'"', b"'"),
        sheet_xml(FAR).replace(b"<c r", b"<c\n r"),
        sheet_xml(FAR.replace("<c r", '<c s="1" r')),
        re.sub(rb"<(/?)(\w)", rb"<\1x:\2", sheet_xml(FAR)).replace(
            b"<x:worksheet", b'<x:worksheet xmlns:x="m"'
        ),
        b"<worksheet><!--<sheetData></sheetData>--><y:sheetData xmlns:y='m'>"
        + re.sub(rb"<(/?)(\w)", rb"<\1y:\2", FAR.encode())
        + b"</y:sheetData></worksheet>",
        sheet_xml(FAR.replace('XFD1048576">', 'XFD1048576" foo="/>">')),
    ],
)
def test_cells_at_the_ends_of_a_sheet_are_seen_in_any_spelling(
    make_book: MakeBook, edit_package: EditPackage, xml: bytes
) -> None:
    path = with_sheet(edit_package, make_book(), xml)
    scan = preflight(path).sheets[2].scan
    assert scan is not None
    assert scan.area > LIMITS.area
    assert scan.far_cell == "XFD1048576"


@pytest.mark.parametrize("cell", ["XFE1", "A1048577", "A0", "AAAA1", "A9999999", "a1", "A1&#48;", "1A"])
def test_addresses_outside_a_sheet_are_damage(
    make_book: MakeBook, edit_package: EditPackage, cell: str
) -> None:
    xml = sheet_xml(f'<row r="1"><c r="{cell}"><v>1</v></c></row>')
    path = with_sheet(edit_package, make_book(), xml)
    if cell in ("A0", "A1&#48;"):
        # harmless: within the window, and the parser reads it as A10
        assert area(preflight(path)) < LIMITS.area
    else:
        assert refusal(path) == "file_damaged"


def test_borders_far_out_do_not_count_as_content(make_book: MakeBook, edit_package: EditPackage) -> None:
    xml = sheet_xml(
        '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="3"/></row>'
        '<row r="1048576"><c r="A1048576" s="1" /></row>'
    )
    package = preflight(with_sheet(edit_package, make_book(), xml))
    assert package.sheets[2].scan is not None
    assert (package.sheets[2].scan.last_row, package.sheets[2].scan.last_column) == (1, 0)


@pytest.mark.parametrize("reference", ["A1:XFE1", "A1:B1048577", "B2:A1", "A0:A1", "hello", ""])
def test_merges_outside_a_sheet_are_damage(
    make_book: MakeBook, edit_package: EditPackage, reference: str
) -> None:
    xml = sheet_xml("", f'<mergeCells><mergeCell ref="{reference}"/></mergeCells>')
    assert refusal(with_sheet(edit_package, make_book(), xml)) == "file_damaged"


def test_a_merge_over_the_whole_sheet_is_harmless(make_book: MakeBook, edit_package: EditPackage) -> None:
    xml = sheet_xml("", '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')
    scan = preflight(with_sheet(edit_package, make_book(), xml)).sheets[2].scan
    assert scan is not None
    assert scan.merges == [(1, 0, 1_048_576, 16_383)]


def test_too_many_merges_are_refused(make_book: MakeBook, edit_package: EditPackage) -> None:
    xml = sheet_xml("", '<mergeCell ref="A1:B1"/>' * 11)
    assert refusal(with_sheet(edit_package, make_book(), xml), Limits(merges=10)) == "file_unsafe"


def bordered(rows: int) -> bytes:
    """A table of one row, with borders down to row ``rows``."""
    empty = "".join(
        f'<row r="{n}" spans="1:3"><c r="A{n}" s="2"/><c r="B{n}" s="2"/></row>' for n in range(2, rows + 1)
    )
    return sheet_xml('<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>' + empty, '<mergeCell ref="A1:B1"/>')


SMALL_PIECES = Limits(stream_above=10_000, piece_bytes=4_096, content_bytes=20_000, row_bytes=50_000)


def test_a_sheet_with_borders_to_the_bottom_is_streamed_and_passes(
    make_book: MakeBook, edit_package: EditPackage
) -> None:
    path = with_sheet(edit_package, make_book(), bordered(20_000))
    scan = preflight(path, SMALL_PIECES).sheets[2].scan
    assert scan is not None
    assert scan.area < LIMITS.area
    assert scan.errors == {(1, 0): "#N/A"}
    assert scan.merges == [(1, 0, 1, 1)]


@pytest.mark.slow
def test_a_sheet_with_borders_to_the_very_last_row_passes(
    make_book: MakeBook, edit_package: EditPackage
) -> None:
    assert area(preflight(with_sheet(edit_package, make_book(), bordered(1_048_576)))) < LIMITS.area


def test_a_huge_cell_is_refused_before_it_is_inflated(make_book: MakeBook, edit_package: EditPackage) -> None:
    huge = sheet_xml(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"a" * 200_000}</t></is></c></row>')
    path = with_sheet(edit_package, make_book(), huge)
    assert refusal(path, SMALL_PIECES) == "file_inflates"
    assert refusal(path, Limits(sheet_bytes=100_000)) == "file_inflates"


def test_a_large_sheet_full_of_content_is_refused(make_book: MakeBook, edit_package: EditPackage) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 2_000))
    path = with_sheet(edit_package, make_book(), sheet_xml(rows))
    assert refusal(path, SMALL_PIECES) == "file_inflates"


ROWS = (
    '<row r="1"><c r="A1" t="e"><f>NA()</f><v>#N/A</v></c><c r="B1"><f>1+1</f></c></row>'
    '<row r="2"><c r="A2" s="1" t="e"><v>#DIV/0!</v></c><c r="B2"><f>1+1</f><v></v></c>'
    '<c r="C2"><f>1+1</f><v/></c></row>'
    '<row r="3"><c r="A3"><f t="shared" si="0"/></c><c r="B3" t="str"><f>""</f><v></v></c>'
    '<c r="C3"><f>1</f><v>1</v></c>'
    '<c r="AZ3"><f>1+1</f><v /></c><c r="BA3" t="s"><v>0</v></c></row>'
)
TAIL = '<mergeCells count="2"><mergeCell ref="A1:B2"/><mergeCell ref="C3:C9"/></mergeCells>'


def test_errors_and_formulas_without_a_value_are_seen() -> None:
    scan = scan_sheet(sheet_xml(ROWS, TAIL), "sheet", LIMITS)
    assert scan.errors == {(1, 0): "#N/A", (2, 0): "#DIV/0!"}
    assert scan.uncached_in(COLUMNS) == {(1, 1), (2, 1), (2, 2), (3, 0), (3, 51)}
    assert scan.merges == [(1, 0, 2, 1), (3, 2, 9, 2)]


@pytest.mark.parametrize(
    "spell",
    [
        lambda xml: xml.replace(b'"', b"'"),
        lambda xml: xml.replace(b"<c ", b"<c\t"),
        lambda xml: re.sub(rb' r="[A-Z]+\d+"', b"", xml.replace(b'r="AZ3"', b"").replace(b'r="BA3"', b"")),
        lambda xml: re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", xml).replace(
            b"worksheet>", b'worksheet xmlns:x="m">', 1
        ),
    ],
)
def test_every_spelling_of_a_sheet_says_the_same(spell: Callable[[bytes], bytes]) -> None:
    xml = sheet_xml(ROWS.replace("AZ3", "D3").replace("BA3", "E3"), TAIL)
    expected, found = scan_sheet(xml, "sheet", LIMITS), scan_sheet(spell(xml), "sheet", LIMITS)
    assert (found.errors, found.uncached_in(COLUMNS), found.merges) == (
        expected.errors,
        expected.uncached_in(COLUMNS),
        expected.merges,
    )


def told(scan: SheetScan) -> tuple[object, ...]:
    return scan.errors, scan.uncached_in(COLUMNS), scan.merges


def test_streaming_and_parsing_say_the_same_as_one_look() -> None:
    xml = sheet_xml(ROWS, TAIL)
    expected = scan_sheet(xml, "sheet", LIMITS)
    limits: Any = Limits(row_bytes=4_000)
    for size in (7, 50, 4096):
        pieces = (xml[start : start + size] for start in range(0, len(xml), size))
        streamed = scan_stream(pieces, "sheet", limits)
        assert (streamed.filled, streamed.far_cell, *told(streamed)) == (
            expected.filled,
            expected.far_cell,
            *told(expected),
        )
    parsed = scan_parsed(xml, "sheet", LIMITS)
    assert told(parsed) == told(expected)
    assert (parsed.last_row, parsed.last_column) == (3, 52)


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="XFD1"><!--<row--><v>1</v></c></row>',
        '<row r="1"><c r="XFD1" foo="<row"><v>1</v></c></row>',
        "<row r='1'><c r='XFD1'><v>1</v></c></row>",
    ],
)
def test_a_large_sheet_cannot_hide_cells_between_two_pieces(cells: str) -> None:
    with pytest.raises(NotPlainError):
        scan_stream([sheet_xml(cells)], "sheet", LIMITS)


def test_malformed_xml_of_another_spelling_is_damage() -> None:
    with pytest.raises(RefusedFileError, match="file_damaged"):
        scan_sheet(b"<x:worksheet><x:sheetData>", "sheet", LIMITS)


@pytest.mark.parametrize(
    ("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (16_383, "XFD")]
)
def test_columns_have_letters(column: int, letters: str) -> None:
    assert column_letters(column) == letters
    assert column_number(letters) == column
    assert address(7, column) == f"{letters}7"
