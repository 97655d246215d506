"""Annotates a workbook by patching its package: every part of the original stays, most of them bit for bit.

New sheets are put in front, cells are highlighted by conditional formats (no cell's own format changes),
and messages stand in a column of their own beside the rows.  What an earlier annotation left is taken out
first, so that annotating twice gives what annotating once gives.  Knows nothing of verdicts or findings.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

from secsvc_batch.workbook.annotate.apply import apply
from secsvc_batch.workbook.annotate.book import Book
from secsvc_batch.workbook.annotate.model import (
    LEVELS,
    MARKER_PREFIX,
    Annotation,
    AnnotationError,
    Cell,
    NewSheet,
)
from secsvc_batch.workbook.annotate.package import Package
from secsvc_batch.workbook.annotate.strip import is_annotated, strip_book
from secsvc_batch.workbook.annotate.styles import PALETTE

__all__ = [
    "LEVELS",
    "MARKER_PREFIX",
    "PALETTE",
    "Annotation",
    "AnnotationError",
    "Cell",
    "NewSheet",
    "annotate",
    "annotate_bytes",
    "strip",
]


def annotate(source: Path, target: Path, annotation: Annotation) -> str:
    """Write the workbook ``source`` with ``annotation`` to ``target``, whole or not at all.

    Returns the SHA-256 of what was written.  ``source`` is only read; the folder of ``target`` is made.
    Raises AnnotationError for a package that cannot be annotated, OSError, and ValueError for an annotation
    that no workbook can hold (an unknown style or level, choices that are too long, a malformed address).
    """
    data = annotate_bytes(source.read_bytes(), annotation)
    target.parent.mkdir(parents=True, exist_ok=True)
    # not the target's own name with more to it: that may be as long as a name can be
    part = target.with_name(f".{hashlib.sha256(target.name.encode()).hexdigest()[:32]}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return hashlib.sha256(data).hexdigest()


def annotate_bytes(data: bytes, annotation: Annotation) -> bytes:
    """Return the workbook ``data`` with ``annotation`` in place of any earlier one.

    The same input gives the same bytes.  Errors as for ``annotate``.
    """
    book = Book(Package(data))
    earlier = strip_book(book, [annotation.note_header]) if is_annotated(book) else {}
    apply(book, annotation, earlier)
    book.save()
    return book.package.to_bytes()


def strip(data: bytes, note_headers: Collection[str] = ()) -> bytes:
    """Return the workbook ``data`` without our sheets, highlights and messages; as it is when it has none.

    ``note_headers``: headers of message columns, for files that a program saved without our hidden names.
    """
    book = Book(Package(data))
    if not is_annotated(book):
        return data
    strip_book(book, note_headers)
    book.save()
    return book.package.to_bytes()
