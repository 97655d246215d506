"""Sheets that are not held as a whole come out as if they were."""

import io
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator

import openpyxl
import pytest

from secsvc_batch.workbook.annotate import (
    Annotation,
    AnnotationError,
    annotate_bytes,
    large,
    strip,
)

Rezip = Callable[[dict[str, bytes]], bytes]
Unzip = Callable[[bytes], dict[str, bytes]]
Make = Callable[..., Annotation]
STAFF = "xl/worksheets/sheet1.xml"
FIRST = 100


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets from 20 kB on are large."""
    for module in ("sheet_xml", "apply", "strip"):
        monkeypatch.setattr(sys.modules[f"secsvc_batch.workbook.annotate.{module}"], "LARGE", 20_000)
    monkeypatch.setattr(large, "_FRONT", 6_000)
    monkeypatch.setattr(large, "_MOST_FRONT", 30_000)
    monkeypatch.setattr(large, "_PIECE", 1_000)


def bordered(book: bytes, unzip: Unzip, rezip: Rezip, rows: int = 2_000, more: str = "") -> bytes:
    """Return ``book`` with borders far below the table of its first sheet."""
    parts = unzip(book)
    numbers = range(FIRST, FIRST + rows)
    empty = "".join(f'<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>' for n in numbers)
    parts[STAFF] = parts[STAFF].replace(b"</sheetData>", empty.encode() + more.encode() + b"</sheetData>")
    return rezip(parts)


@pytest.fixture
def book(plain: bytes, unzip: Unzip, rezip: Rezip) -> bytes:
    return bordered(plain, unzip, rezip)


@pytest.fixture
def as_small(book: bytes, annotation: Annotation) -> bytes:
    """The book annotated with all of it in memory."""
    return annotate_bytes(book, annotation)


def test_a_large_sheet_is_annotated_as_a_small_one(
    as_small: bytes, book: bytes, annotation: Annotation, unzip: Unzip, small_bounds: None
) -> None:
    made = annotate_bytes(book, annotation)
    assert unzip(made) == unzip(as_small)
    openpyxl.load_workbook(io.BytesIO(made))


def test_annotating_a_large_sheet_twice_gives_what_annotating_once_gives(
    book: bytes, annotation: Annotation, unzip: Unzip, small_bounds: None
) -> None:
    once = annotate_bytes(book, annotation)
    assert unzip(annotate_bytes(once, annotation)) == unzip(once)
    assert unzip(strip(once))[STAFF].count(b"<row ") == unzip(book)[STAFF].count(b"<row ")


def test_a_message_further_down_is_written_as_long_as_it_can_be_held(
    book: bytes, annotation_with: Make, unzip: Unzip, small_bounds: None
) -> None:
    def noted(row: int) -> Annotation:
        given = annotation_with(columns={"要員": 12})
        return Annotation(
            given.sheets, {}, {"要員": {row: "× 下の行"}}, given.note_columns, given.note_header
        )

    made = unzip(annotate_bytes(book, noted(300)))[STAFF].decode()
    assert '<c r="M300"' in made
    assert made.index('r="M300"') < made.index('<row r="301"')
    with pytest.raises(AnnotationError):
        annotate_bytes(book, noted(1_900))


@pytest.mark.parametrize("more", ["<!-- x -->", "<?x y?>"])
def test_comments_among_the_rows_of_a_large_sheet_are_not_guessed_at(
    plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip, small_bounds: None, more: str
) -> None:
    with pytest.raises(AnnotationError):
        annotate_bytes(bordered(plain, unzip, rezip, more=more), annotation)


def _to_the_bottom(plain: bytes, unzip: Unzip) -> bytes:
    start, stop, end = unzip(plain)[STAFF].partition(b"</sheetData>")

    def pieces() -> Iterator[bytes]:
        yield start
        for first in range(FIRST, 1_048_577, 1000):
            rows = range(first, min(first + 1000, 1_048_577))
            yield "".join(f'<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>' for n in rows).encode()
        yield stop + end

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, data in unzip(plain).items():
            if name != STAFF:
                package.writestr(name, data)
        with package.open(STAFF, "w") as part:
            for piece in pieces():
                part.write(piece)
    return out.getvalue()


@pytest.mark.slow
def test_borders_to_the_bottom_of_a_sheet_cost_little_memory(
    plain: bytes, annotation: Annotation, unzip: Unzip
) -> None:
    book = _to_the_bottom(plain, unzip)
    tracemalloc.start()
    try:
        once = annotate_bytes(book, annotation)
        again = annotate_bytes(once, annotation)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert again == once
    assert peak < 100 << 20
