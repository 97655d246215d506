"""Hostile packages: what is wrong with the zip file or the parts around the sheets."""

import struct
import zipfile
from collections.abc import Iterator
from itertools import pairwise

from secsvc_batch.sample import refused
from tests.hostile.package import (
    BOOK,
    RELATIONS,
    SHEETS,
    STRINGS,
    changed,
    directory_entry,
    local_offset,
    parts,
    sheet,
    with_sheets,
    with_stream,
    zipped,
)

_STAFF = SHEETS["staff"]
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def extra(name: str, content: bytes = b"x") -> bytes:
    """A good workbook with one more member."""
    return zipped(parts(), [(name, content)])


def symbolic_link() -> bytes:
    """A member that an unpacker would make a link to a file of the system."""
    content = bytearray(extra("xl/media/picture.png", b"/etc/passwd"))
    entry = directory_entry(content, "xl/media/picture.png")
    content[entry + 5] = 3  # made on Unix
    struct.pack_into("<I", content, entry + 38, 0o120777 << 16)
    return bytes(content)


def overlapping() -> bytes:
    """Two members that share the bytes of one."""
    content = bytearray(zipped(parts()))
    first, second = local_offset(content, SHEETS["services"]), directory_entry(content, _STAFF)
    struct.pack_into("<I", content, second + 42, first)
    return bytes(content)


def nested() -> bytes:
    """A member whose bytes lie within another one: its local header stands in the other's stored content."""
    inner = b"hidden content"
    name = b"xl/inner.bin"
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, len(inner), len(inner), len(name), 0)
    outer = header + name + inner
    content = bytearray(
        zipped(parts(), [("xl/outer.bin", outer), ("xl/inner.bin", inner)], zipfile.ZIP_STORED)
    )
    begin = local_offset(content, "xl/outer.bin") + 30 + len("xl/outer.bin")
    entry = directory_entry(content, "xl/inner.bin")
    crc = struct.unpack_from("<I", content, entry + 16)[0]
    struct.pack_into("<I", content, begin + 14, crc)
    struct.pack_into("<I", content, entry + 42, begin)
    return bytes(content)


def wrong_crc() -> bytes:
    """A member whose checksum is another one."""
    content = bytearray(zipped(parts()))
    entry, start = directory_entry(content, _STAFF), local_offset(content, _STAFF)
    for offset in (entry + 16, start + 14):
        struct.pack_into("<I", content, offset, 0x12345678)
    return bytes(content)


def flipped() -> bytes:
    """Some bytes of one member turned round."""
    content = bytearray(zipped(parts()))
    start = local_offset(content, _STAFF) + 200
    for offset in range(start, start + 8):
        content[offset] ^= 0xFF
    return bytes(content)


def wrong_size() -> bytes:
    """A member that inflates to far more than it says."""
    content = bytearray(zipped(parts(), [("xl/media/big.bin", bytes(50 << 20))]))
    entry, start = directory_entry(content, "xl/media/big.bin"), local_offset(content, "xl/media/big.bin")
    for offset in (entry + 24, start + 22):
        struct.pack_into("<I", content, offset, 1000)
    return bytes(content)


def secret_member() -> bytes:
    """A member with the mark of encryption."""
    content = bytearray(zipped(parts()))
    entry, start = directory_entry(content, _STAFF), local_offset(content, _STAFF)
    content[entry + 8] |= 1
    content[start + 6] |= 1
    return bytes(content)


def bomb() -> bytes:
    """A few megabytes that inflate to a cell of two gigabytes."""

    def pieces() -> Iterator[bytes]:
        start, _, end = sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>#</t></is></c></row>').partition(
            b"#"
        )
        yield start
        for _ in range(2047):
            yield b"A" * (1 << 20)
        yield end

    return with_stream(parts(), _STAFF, pieces())


def many_strings() -> bytes:
    """Five million shared strings in little space."""

    def pieces() -> Iterator[bytes]:
        start, stop, end = parts()[STRINGS].partition(b"</sst>")
        yield start
        for _ in range(500):
            yield b"<si><t/></si>" * 10_000
        yield stop + end

    return with_stream(parts(), STRINGS, pieces())


def many_elements() -> bytes:
    """A workbook part of ten million empty elements: small as bytes, large as a tree."""

    def pieces() -> Iterator[bytes]:
        start, _, end = parts()[BOOK].partition(b"</workbook>")
        yield start + b"<extLst><ext>"
        for _ in range(1000):
            yield b"<a/>" * 10_000
        yield b"</ext></extLst></workbook>" + end

    return with_stream(parts(), BOOK, pieces())


def many_members() -> bytes:
    """A hundred thousand members."""
    return zipped(parts(), ((f"xl/media/{number}", b"") for number in range(100_000)))


def many_sheets() -> bytes:
    """Five thousand sheets."""
    return with_sheets((f"Sheet{number}" for number in range(5000)), sheet(""))


def entities(declaration: str, use: str) -> bytes:
    """A document type in the strings."""

    def change(data: bytes) -> bytes:
        data = data.replace(b"?>", f"?><!DOCTYPE sst [{declaration}]>".encode(), 1)
        return data.replace(b"<t>", f"<t>{use}".encode(), 1)

    return changed(STRINGS, change)


def billion_laughs() -> bytes:
    """Entities that double again and again."""
    names = "abcdefghij"
    lines = ['<!ENTITY a "laugh">']
    lines += [f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names)]
    return entities("".join(lines), "&j;")


def decoy_strings() -> bytes:
    """Strings under the usual name that Excel does not show, and others that it does."""
    content = parts()
    content["xl/shown.xml"] = content[STRINGS]
    content[STRINGS] = content[STRINGS].replace("見本".encode(), "別人".encode())
    content[RELATIONS] = content[RELATIONS].replace(b"sharedStrings.xml", b"shown.xml")
    return zipped(content)


def decoy_book() -> bytes:
    """A second workbook part under the usual name."""
    content = parts()
    content["xl/book.xml"] = content[BOOK]
    content["xl/_rels/book.xml.rels"] = content[RELATIONS]
    content["_rels/.rels"] = content["_rels/.rels"].replace(b"xl/workbook.xml", b"xl/book.xml")
    return zipped(content)


def embedded_objects() -> bytes:
    """A document and a package within the workbook, with their relations."""
    content = parts()
    content["xl/embeddings/oleObject1.bin"] = refused.compound_file({"\x01Ole10Native": b"calc.exe"})
    content["xl/embeddings/inner.xlsx"] = zipped(parts())
    content["xl/worksheets/_rels/sheet4.xml.rels"] = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="o1" Type="{_OFFICE}/oleObject" Target="../embeddings/oleObject1.bin"/>'
        f'<Relationship Id="o2" Type="{_OFFICE}/package" Target="../embeddings/inner.xlsx"/>'
        "</Relationships>"
    ).encode()
    content["[Content_Types].xml"] = content["[Content_Types].xml"].replace(
        b"<Override",
        b'<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/>'
        b'<Default Extension="xlsx" ContentType="application/octet-stream"/><Override',
        1,
    )
    return zipped(content)


def external_links() -> bytes:
    """Links to workbooks on a server and to a program by DDE."""
    content = parts()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    content["xl/externalLinks/externalLink1.xml"] = (
        f'<externalLink xmlns="{main}" xmlns:r="{_OFFICE}"><externalBook r:id="rId1"/></externalLink>'
    ).encode()
    content["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/externalLinkPath" TargetMode="External" '
        r'Target="file://\\server.example\share\book.xlsx"/></Relationships>'
    ).encode()
    content["xl/externalLinks/externalLink2.xml"] = (
        f'<externalLink xmlns="{main}"><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    ).encode()
    relations = "".join(
        f'<Relationship Id="ext{n}" Type="{_OFFICE}/externalLink" '
        f'Target="externalLinks/externalLink{n}.xml"/>'
        for n in (1, 2)
    )
    end = b"</Relationships>"
    content[RELATIONS] = content[RELATIONS].replace(end, relations.encode() + end)
    books = b'<externalReference r:id="ext1"/><externalReference r:id="ext2"/>'
    references = b"<externalReferences>" + books + b"</externalReferences>"
    content[BOOK] = content[BOOK].replace(b"</sheets>", b"</sheets>" + references)
    types = "".join(
        f'<Override PartName="/xl/externalLinks/externalLink{n}.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"/>'
        for n in (1, 2)
    )
    content["[Content_Types].xml"] = content["[Content_Types].xml"].replace(
        b"</Types>", types.encode() + b"</Types>"
    )
    return zipped(content)
