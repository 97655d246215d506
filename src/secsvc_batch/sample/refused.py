"""Files that look like a submission from outside and must be refused."""

import io
import struct
import zipfile
from collections.abc import Callable

from secsvc_batch.sample.words import sample_words, say

SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")
_SMALLEST = 4096  # shorter streams would need a second table of sectors
_ROOT, _STREAM = 5, 2
_STAMP = (1980, 1, 1, 0, 0, 0)

_MACRO_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_PLAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_VBA_TYPE = "application/vnd.ms-office.vbaProject"


def compound_file(streams: dict[str, bytes]) -> bytes:
    """Return an OLE compound file with ``streams``, as old Excel and password protection use it."""
    bodies = {name: body.ljust(_SMALLEST, b"\0") for name, body in streams.items()}
    table: list[int] = [_FAT, _END]  # sector 0 holds the table itself, sector 1 the directory
    entries = [_entry("Root Entry", _ROOT, _END, 0, child=1)]
    data = b""
    for i, (name, body) in enumerate(bodies.items(), 1):
        sectors = -(-len(body) // SECTOR)
        following = i + 1 if i < len(bodies) else _FREE
        entries.append(_entry(name, _STREAM, len(table), len(body), right=following))
        table += [*range(len(table) + 1, len(table) + sectors), _END]
        data += body.ljust(sectors * SECTOR, b"\0")
    directory = b"".join(entries).ljust(SECTOR, b"\0")
    allocation = struct.pack(f"<{len(table)}I", *table).ljust(SECTOR, b"\xff")
    return _header() + allocation + directory + data


def _header() -> bytes:
    head = _MAGIC + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, _SMALLEST, _END, 0, _END, 0)
    return head + struct.pack("<109I", 0, *[_FREE] * 108)


def _entry(name: str, kind: int, start: int, size: int, right: int = _FREE, child: int = _FREE) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text), kind, 1, _FREE, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def encrypted(number: int, workbook: bytes) -> bytes:
    """Return a workbook that wants a password (its contents are zeros)."""
    return compound_file({"EncryptionInfo": b"\x04\x00\x04\x00", "EncryptedPackage": bytes(8)})


def old_excel(number: int, workbook: bytes) -> bytes:
    """Return the beginnings of an Excel 97-2003 workbook."""
    beginning = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 0x0005, 0, 0x07CD, 0, 0x0600)
    return compound_file({"Workbook": beginning + struct.pack("<HH", 0x000A, 0)})


def csv_text(number: int, workbook: bytes) -> bytes:
    """Return CSV text."""
    return say("csv", n=number).encode("utf-8")


def truncated(number: int, workbook: bytes) -> bytes:
    """Return the first two thirds of a workbook."""
    return workbook[: len(workbook) * 2 // 3]


def empty(number: int, workbook: bytes) -> bytes:
    """Return nothing."""
    return b""


def with_macro(number: int, workbook: bytes) -> bytes:
    """Return the workbook with a (meaningless) macro part."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            body = source.read(name)
            if name == "[Content_Types].xml":
                body = _macro_types(body)
            elif name == "xl/_rels/workbook.xml.rels":
                body = _macro_relation(body)
            out.writestr(zipfile.ZipInfo(name, _STAMP), body, zipfile.ZIP_DEFLATED)
        project = compound_file({"PROJECT": b'ID="{00000000-0000-0000-0000-000000000000}"'})
        out.writestr(zipfile.ZipInfo("xl/vbaProject.bin", _STAMP), project, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _macro_types(body: bytes) -> bytes:
    text = body.decode("utf-8").replace(_PLAIN_TYPE, _MACRO_TYPE)
    first = text.index("<Default")
    macro = f'<Default Extension="bin" ContentType="{_VBA_TYPE}"/>'
    return (text[:first] + macro + text[first:]).encode("utf-8")


def _macro_relation(body: bytes) -> bytes:
    kind = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    relation = f'<Relationship Id="rIdVba" Type="{kind}" Target="vbaProject.bin"/></Relationships>'
    return body.decode("utf-8").replace("</Relationships>", relation).encode("utf-8")


def other_workbook(number: int, workbook: bytes) -> bytes:
    """Return a workbook that is no template."""
    # Only here: every other file is written by the template's own writer.
    from xlsxwriter.workbook import Workbook

    target = io.BytesIO()
    book = Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, str(sample_words()["notice"]))
    sheet.write_row(2, 0, [1, 2, number])
    book.close()
    return target.getvalue()


REFUSED: dict[str, tuple[str, Callable[[int, bytes], bytes]]] = {
    "encrypted": (".xlsx", encrypted),
    "old_excel": (".xls", old_excel),
    "truncated": (".xlsx", truncated),
    "csv": (".xlsx", csv_text),
    "macro": (".xlsm", with_macro),
    "empty": (".xlsx", empty),
    "other_workbook": (".xlsx", other_workbook),
}
"""Kinds of files to refuse: name -> suffix and maker (applicant's number, a sound workbook)."""
