"""Workbooks taken apart into their parts, and put together again with something wrong in them."""

import io
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from tests.support import ROOT

Parts = dict[str, bytes]
GOOD = ROOT / "data" / "sample-round" / "受付-0007.xlsx"
"""An application that passes in all its services."""
SHEETS = {
    "applicant": "xl/worksheets/sheet2.xml",
    "services": "xl/worksheets/sheet3.xml",
    "staff": "xl/worksheets/sheet4.xml",
    "credentials": "xl/worksheets/sheet5.xml",
    "training": "xl/worksheets/sheet7.xml",
    "cases": "xl/worksheets/sheet8.xml",
}
BOOK, RELATIONS, STRINGS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STAMP = (1980, 1, 1, 0, 0, 0)


@cache
def _good() -> tuple[tuple[str, bytes], ...]:
    with zipfile.ZipFile(GOOD) as book:
        return tuple((name, book.read(name)) for name in book.namelist())


def parts() -> Parts:
    """Return the parts of a good workbook."""
    return dict(_good())


def zipped(
    content: Parts, extra: Iterable[tuple[str, bytes]] = (), method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """Return parts as a package; ``extra`` may repeat names."""
    written = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(written, "w", method, compresslevel=1) as package:
        warnings.simplefilter("ignore", UserWarning)  # of a name that is there already
        for name, data in (*content.items(), *extra):
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = method
            package.writestr(info, data)
    return written.getvalue()


def with_stream(content: Parts, name: str, pieces: Iterator[bytes]) -> bytes:
    """Return parts as a package in which the part ``name`` is written piece by piece (a very large one)."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for part, data in content.items():
            if part != name:
                package.writestr(zipfile.ZipInfo(part, _STAMP), data, zipfile.ZIP_DEFLATED)
        info = zipfile.ZipInfo(name, _STAMP)
        info.compress_type = zipfile.ZIP_DEFLATED
        with package.open(info, "w", force_zip64=False) as target:
            for piece in pieces:
                target.write(piece)
    return written.getvalue()


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return the good workbook with one part changed."""
    content = parts()
    before = content[name]
    content[name] = change(before)
    assert content[name] != before, f"{name} is as it was"
    return zipped(content)


def put(content: Parts, sheet: str, cell: str, xml: str) -> None:
    """Put ``xml`` (a whole ``<c>`` element) in place of a cell, or into its row."""
    name = SHEETS[sheet]
    data = content[name].decode()
    old = re.compile(rf'<c r="{cell}"(?: [a-z]+="[^"]*")*(?:/>|>.*?</c>)', re.DOTALL)
    if old.search(data):
        data = old.sub(lambda _: xml, data, count=1)
    else:
        number = re.sub("[A-Z]", "", cell)
        row = re.compile(rf'(<row r="{number}"[^>]*?)(?:/>|>(.*?)</row>)', re.DOTALL)
        assert row.search(data), f"no row {number}"
        data = row.sub(lambda found: f"{found[1]}>{_ordered(found[2] or '', cell, xml)}</row>", data, count=1)
    content[name] = data.encode()


def _ordered(cells: str, cell: str, xml: str) -> str:
    letters = re.sub("[0-9]", "", cell)
    for found in re.finditer(r'<c r="([A-Z]+)', cells):
        if (len(found[1]), found[1]) > (len(letters), letters):
            return cells[: found.start()] + xml + cells[found.start() :]
    return cells + xml


def text_cell(cell: str, text: str) -> str:
    """Return a cell with an inline string; ``text`` is XML."""
    return f'<c r="{cell}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def with_cells(cells: dict[tuple[str, str], str]) -> bytes:
    """Return the good workbook with cells replaced: (sheet kind, address) -> ``<c>`` element."""
    content = parts()
    for (sheet, cell), xml in cells.items():
        put(content, sheet, cell, xml)
    return zipped(content)


def with_sheets(names: Iterable[str], xml: bytes) -> bytes:
    """Return the good workbook with more sheets, all of the same content."""
    content = parts()
    sheets, relations = [], []
    for number, name in enumerate(names):
        content[f"xl/worksheets/more{number}.xml"] = xml
        sheets.append(f'<sheet name="{name}" sheetId="{1000 + number}" r:id="more{number}"/>')
        relations.append(
            f'<Relationship Type="{_OFFICE}/worksheet" Id="more{number}" '
            f'Target="worksheets/more{number}.xml"/>'
        )
    content[BOOK] = content[BOOK].replace(b"</sheets>", "".join(sheets).encode() + b"</sheets>")
    end = b"</Relationships>"
    content[RELATIONS] = content[RELATIONS].replace(end, "".join(relations).encode() + end)
    return zipped(content)


def sheet(cells: str, tail: str = "", head: str = "") -> bytes:
    """Return a worksheet part."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{main}" xmlns:r="{links}">'
    return f"{start}{head}<sheetData>{cells}</sheetData>{tail}</worksheet>".encode()


def directory_entry(content: bytes | bytearray, name: str) -> int:
    """Return the offset of a part's entry in the central directory."""
    wanted = name.encode()
    for found in re.finditer(b"PK\x01\x02", content):
        start = found.start()
        if bytes(content[start + 46 :][: len(wanted)]) == wanted:
            return start
    raise AssertionError(f"no entry {name}")


def local_offset(content: bytes | bytearray, name: str) -> int:
    """Return where the local header of a part begins."""
    return int(struct.unpack_from("<I", content, directory_entry(content, name) + 42)[0])
