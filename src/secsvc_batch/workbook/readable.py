"""What the reading library is given of a workbook: the sheets that were looked at, and what they need.

It sees nothing that nobody checked, and does not inflate again what preflight has inflated.
"""

import zlib
from xml.sax.saxutils import escape

from secsvc_batch.workbook.archive import Member, inflate
from secsvc_batch.workbook.limits import LIMITS, Limits
from secsvc_batch.workbook.preflight import Package, SheetPart
from secsvc_batch.workbook.zipped import STORED, Zipped, written, zipped

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# shared by the sheets; they stand under these names, as preflight has seen to
_SHARED = ("xl/styles.xml", "xl/sharedStrings.xml")
_CLASSIC_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}


def sheet_name(part: SheetPart) -> str:
    """Return the name under which the reading library finds a sheet."""
    return str(part.number)


def readable(package: Package, limits: Limits = LIMITS) -> bytes:
    """Return a package of the sheets whose ``scan`` was asked for."""
    sheets = [part for part in package.sheets if part.looked_at]
    relations = [(sheet_name(part), "worksheet", f"worksheets/{part.number}.xml") for part in sheets]
    tags = "".join(
        f'<sheet name="{part.number}" sheetId="{part.number + 1}" r:id="{part.number}"/>' for part in sheets
    )
    book = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><workbookPr date1904="{int(package.date1904)}"/>'
        f"<sheets>{tags}</sheets></workbook>"
    )
    members = {
        "_rels/.rels": _stored(_relations([("book", "officeDocument", "xl/workbook.xml")])),
        "xl/workbook.xml": _stored(book.encode()),
        "xl/_rels/workbook.xml.rels": _stored(_relations(relations)),
    }
    for name in _SHARED:
        if member := package.members.get(name.casefold()):
            members[name] = _as_it_is(package.data, member)
    for part in sheets:
        members[f"xl/worksheets/{part.number}.xml"] = _sheet(package, part, limits)
    return written(members.items())


def _relations(relations: list[tuple[str, str, str]]) -> bytes:
    tags = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for key, kind, target in relations
    )
    return f'<Relationships xmlns="{_PACKAGE}">{tags}</Relationships>'.encode()


def _sheet(package: Package, part: SheetPart, limits: Limits) -> Zipped:
    """Return a worksheet, without errors for which the library would give it up.

    Some programs store words of their own, such as Err:502, or errors that are newer than it.
    """
    member = package.members[part.part.casefold()]
    unknown = set(part.scan.errors.values()) - _CLASSIC_ERRORS if part.scan else set()
    if unknown and member.size <= limits.stream_above:
        xml = part.xml or inflate(package.data, member)
        for text in unknown:
            xml = xml.replace(b">" + escape(text).encode() + b"</", b">#VALUE!</")
        return _stored(xml)
    if part.xml:
        return zipped(STORED, member.crc, member.size, part.xml)
    return _as_it_is(package.data, member)


def _as_it_is(data: bytes, member: Member) -> Zipped:
    return zipped(member.method, member.crc, member.size, data[member.start : member.end])


def _stored(data: bytes) -> Zipped:
    return zipped(STORED, zlib.crc32(data), len(data), data)
