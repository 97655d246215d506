"""Packages that are no workbooks, or unusual ones."""

import io
import zipfile
from collections.abc import Callable

import pytest

from secsvc_batch.workbook.annotate import Annotation, AnnotationError, annotate_bytes
from secsvc_batch.workbook.annotate.opc import Relationships
from secsvc_batch.workbook.annotate.package import Package

Unzip = Callable[[bytes], dict[str, bytes]]
Rezip = Callable[[dict[str, bytes]], bytes]


def check(data: bytes) -> list[str]:
    """Return the member names of a package whose checksums hold."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"a,b\n1,2\n", b"\xd0\xcf\x11\xe0" * 200], ids=["empty", "cut", "csv", "xls"]
)
def test_what_is_no_package_is_refused(data: bytes, annotation: Annotation) -> None:
    with pytest.raises(AnnotationError, match="not a zip package"):
        annotate_bytes(data, annotation)


@pytest.mark.parametrize(
    ("part", "content", "reason"),
    [
        ("_rels/.rels", b"<Relationships/>", "no workbook"),
        ("xl/workbook.xml", b"<document/>", "no workbook"),
        ("xl/workbook.xml", b"<workbook", "not well-formed"),
        ("xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>', "document type"),
        ("xl/worksheets/sheet1.xml", b"<html/>", "no worksheet"),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r='5'>", "breaks off"),
        ("xl/worksheets/sheet1.xml", b"<!DOCTYPE worksheet [<!ENTITY a 'b'>]><worksheet/>", "document type"),
    ],
)  # fmt: skip
def test_broken_parts_are_refused(
    plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip, part: str, content: bytes, reason: str
) -> None:
    with pytest.raises(AnnotationError, match=reason):
        annotate_bytes(rezip({**unzip(plain), part: content}), annotation)


def test_a_missing_part_is_named(plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip) -> None:
    parts = unzip(plain)
    del parts["xl/worksheets/sheet2.xml"]
    with pytest.raises(AnnotationError, match=r"lacks xl/worksheets/sheet2\.xml"):
        annotate_bytes(rezip(parts), annotation)


def test_a_damaged_part_is_refused(plain: bytes, annotation: Annotation) -> None:
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        start = archive.getinfo("xl/workbook.xml").header_offset + 30 + len("xl/workbook.xml")
    with pytest.raises(AnnotationError, match="inflated"):
        annotate_bytes(plain[:start] + b"\xff" * 40 + plain[start + 40 :], annotation)


def test_more_than_the_declared_size_is_never_inflated() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"0" * 100_000)
    data = bytearray(out.getvalue())
    at = data.find(b"PK\x01\x02")
    data[at + 24 : at + 28] = (7).to_bytes(4, "little")
    assert Package(bytes(data)).read("a") == b"0000000"


def test_an_untouched_package_keeps_names_dates_and_bytes() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("日本語.txt", (2026, 4, 1, 9, 30, 10)), "x")
        archive.writestr("empty/", b"")
        archive.writestr("a.txt", b"y" * 1000, compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
    copy = Package(out.getvalue()).to_bytes()
    with zipfile.ZipFile(io.BytesIO(copy)) as new, zipfile.ZipFile(out) as old:
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            assert (before.filename, before.date_time, before.CRC) == (
                after.filename,
                after.date_time,
                after.CRC,
            )
            assert (before.compress_size, before.external_attr) == (after.compress_size, after.external_attr)
            assert old.read(before) == new.read(after)


def test_streamed_packages_and_leading_bytes_are_read(
    plain: bytes, annotation: Annotation, unzip: Unzip
) -> None:
    class Stream(io.RawIOBase):
        """Cannot seek: sizes stand behind the members."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in unzip(plain).items():
            archive.writestr(name, data)
    expected = unzip(annotate_bytes(plain, annotation))
    assert unzip(annotate_bytes(bytes(stream.data), annotation)) == expected
    assert unzip(annotate_bytes(b"leading" + plain, annotation)) == expected


def test_checksums_hold(everything: bytes, annotation: Annotation) -> None:
    names = check(annotate_bytes(everything, annotation))
    assert len(names) == len(set(names))


def test_targets_are_found_however_they_are_written(rezip: Rezip) -> None:
    targets = ["sheet%201.xml", "/xl/Sheet%202.XML", "./a/../b.xml", "..\\xl\\c.xml", "https://example.com/"]
    modes = ("Internal", "External")
    items = "".join(
        f'<Relationship Id="r{n}" Type="t/x" Target="{target}" TargetMode="{modes[":" in target]}"/>'
        for n, target in enumerate(targets)
    )
    relations = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{items}</Relationships>'
    parts = {"xl/sheet 1.xml": b"", "xl/sheet 2.xml": b"", "xl/b.xml": b"", "xl/c.xml": b""}
    package = Package(rezip({"xl/_rels/book.xml.rels": relations.encode(), **parts}))
    found = [item.part for item in Relationships(package, "xl/book.xml").items.values()]
    assert found == list(parts)
