"""Sheets too large to be held: the middle of their rows passes through in pieces, only both ends are edited.

A table with borders down to the last row of the sheet inflates to a hundred megabytes and more, nearly all of
it empty rows that nothing is written into.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from secsvc_batch.workbook.annotate.model import AnnotationError
from secsvc_batch.workbook.annotate.package import Packed, packed_of
from secsvc_batch.workbook.zipped import DEFLATED

LARGE = 16 << 20
"""inflated bytes from which on a sheet is not held as a whole"""
_FRONT = 4 << 20
_MOST_FRONT = 32 << 20
_TAIL = 16 << 20
_PIECE, _SLICE = 1 << 18, 1 << 16
_END = b"</sheetData"
_ROW = b"<row"


class TooLargeError(AnnotationError):
    """A large sheet cannot be cut into its ends and its middle, or would have to be changed in its middle."""


@dataclass(frozen=True)
class Middle:
    """The rows of ``source`` between two offsets of its content; ``first_row`` is the number of the first."""

    source: Packed
    start: int
    end: int
    first_row: int

    def between(self, front: bytes, tail: bytes) -> Packed:
        """Return ``front``, these rows and ``tail`` as one member."""
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        out, crc, size = [], 0, 0
        for piece in self._with(front, tail):
            out.append(packer.compress(piece))
            crc = zlib.crc32(piece, crc)
            size += len(piece)
        out.append(packer.flush())
        return packed_of(b"".join(out), crc, size)

    def _with(self, front: bytes, tail: bytes) -> Iterator[bytes]:
        yield front
        offset = 0
        for piece in _pieces(self.source):
            yield piece[max(self.start - offset, 0) : max(self.end - offset, 0)]
            offset += len(piece)
        yield tail


def ends(packed: Packed, last_row: int) -> tuple[bytes, Middle]:
    """Return a large worksheet part without the rows in its middle, and these.

    They begin behind ``last_row`` and behind the first megabytes. Raises TooLargeError for a sheet that is
    written in an unusual way, or has too much before that row or behind its rows.
    """
    pieces = _pieces(packed)
    front, rest, first_row = _front(pieces, last_row)
    tail, offset = _tail(pieces, rest, len(front))
    return front + tail, Middle(packed, len(front), offset, first_row)


def _front(pieces: Iterator[bytes], last_row: int) -> tuple[bytes, bytes, int]:
    """Return what stands before the middle rows, what was read of these, and the number of the first."""
    front = b""
    for piece in pieces:
        front += piece
        if len(front) > _MOST_FRONT:
            break
        cut = front.rfind(_ROW)
        first_row = _row_number(front, cut) if len(front) > _FRONT else 0
        if first_row > last_row:
            if _END in front[:cut]:
                break
            return front[:cut], front[cut:], first_row
    raise TooLargeError("the rows of a large sheet cannot be told apart")


def _tail(pieces: Iterator[bytes], rest: bytes, offset: int) -> tuple[bytes, int]:
    """Return what stands behind the rows, and where it begins; ``rest`` begins at ``offset``."""
    while True:
        if b"<!" in rest or b"<?" in rest:
            raise TooLargeError("a large sheet holds comments")
        found = rest.find(_END)
        if found >= 0:
            break
        keep = min(len(rest), len(_END) - 1)
        offset += len(rest) - keep
        piece = next(pieces, None)
        if piece is None:
            raise TooLargeError("the rows of a large sheet do not end")
        rest = rest[len(rest) - keep :] + piece
    tail = [rest[found:]]
    for piece in pieces:
        tail.append(piece)
        if sum(map(len, tail)) > _TAIL:
            raise TooLargeError("too much stands behind the rows of a large sheet")
    return b"".join(tail), offset + found


def _row_number(data: bytes, start: int) -> int:
    """Return the number that the row beginning at ``start`` gives itself, 0 when it is not (yet) there."""
    tag = data[start : data.find(b">", start)] if start >= 0 else b""
    number = tag.partition(b' r="')[2].partition(b'"')[0]
    return int(number) if number.isdigit() and len(number) < 8 else 0


def _pieces(packed: Packed) -> Iterator[bytes]:
    if packed.method != DEFLATED:
        for start in range(0, len(packed.data), _PIECE):
            yield packed.data[start : start + _PIECE]
        return
    engine = zlib.decompressobj(-15)
    left = packed.size
    try:
        for start in range(0, len(packed.data), _SLICE):
            rest = packed.data[start : start + _SLICE]
            while rest and not engine.eof and left > 0:
                piece = engine.decompress(rest, min(_PIECE, left))
                rest = engine.unconsumed_tail
                left -= len(piece)
                yield piece
    except zlib.error as error:
        raise AnnotationError(f"a part cannot be inflated: {error}") from error
