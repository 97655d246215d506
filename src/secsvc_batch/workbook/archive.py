"""The zip package of a workbook, opened without trust: strict directory, bounded inflate, CRC."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from secsvc_batch.workbook.limits import Limits, RefusedFileError

_ENTRY = b"PK\x01\x02"
_END = b"PK\x05\x06"
_LOCAL = struct.Struct("<4s22xHH")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 0x1, 0x800
_SLICE = 1 << 16
# what zipfile raises on bytes that are no proper zip
_ZIP_ERRORS = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, IndexError, OSError)


@dataclass(frozen=True, slots=True)
class Member:
    """One part: where its compressed bytes lie, and what they must inflate to."""

    name: str
    start: int
    end: int
    method: int
    size: int
    crc: int


def open_archive(data: bytes, limits: Limits) -> dict[str, Member]:
    """Return the members of the zip ``data`` by case-folded name.

    Raises RefusedFileError: file_damaged (no proper zip), file_unsafe (names, duplicates, overlaps,
    unknown methods), file_inflates (declared sizes).
    """
    if data.rfind(_END) < 0:
        raise RefusedFileError("file_damaged", part="")
    # counted before the directory is parsed: a million entries cost memory by themselves
    if data.count(_ENTRY) > limits.members:
        raise RefusedFileError("file_unsafe", part=f"> {limits.members}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos, directory = archive.infolist(), archive.start_dir
    except _ZIP_ERRORS as error:
        raise RefusedFileError("file_damaged", part="") from error
    members: dict[str, Member] = {}
    for info in infos:
        if info.is_dir():
            continue
        key = _checked_name(info).casefold()
        if key in members:
            raise RefusedFileError("file_unsafe", part=info.filename)
        members[key] = _member(data, info)
    _check_layout(infos, members, directory, limits)
    return members


def _checked_name(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    bad = name.startswith("/") or any(mark in name for mark in ("\\", ":", "\0"))
    bad = bad or stat.S_ISLNK(info.external_attr >> 16)
    if bad or any(step in ("", ".", "..") for step in name.split("/")):
        raise RefusedFileError("file_unsafe", part=name.replace("\0", ""))
    return name


def _member(data: bytes, info: zipfile.ZipInfo) -> Member:
    offset = info.header_offset
    name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437", "replace")
    try:
        magic, name_length, extra_length = _LOCAL.unpack_from(data, offset)
    except struct.error as error:
        raise RefusedFileError("file_damaged", part=info.filename) from error
    start = offset + 30 + name_length + extra_length
    if magic != b"PK\x03\x04" or data[offset + 30 : offset + 30 + name_length] != name:
        raise RefusedFileError("file_damaged", part=info.filename)
    if info.flag_bits & _ENCRYPTED or info.compress_type not in (_STORED, _DEFLATED):
        raise RefusedFileError("file_unsafe", part=info.filename)
    end = start + info.compress_size
    return Member(info.filename, start, end, info.compress_type, info.file_size, info.CRC)


def _check_layout(
    infos: list[zipfile.ZipInfo], members: dict[str, Member], directory: int, limits: Limits
) -> None:
    starts = sorted(info.header_offset for info in infos)
    ends = sorted(member.end for member in members.values())
    if not members or starts[0] != 0 or ends[-1] > directory:
        raise RefusedFileError("file_damaged", part="")
    ordered = sorted((member.start, member.end, member.name) for member in members.values())
    for (_, end, _), (start, _, name) in pairwise(ordered):
        # between two parts lies at least a local header
        if end > start - 30:
            raise RefusedFileError("file_unsafe", part=name)
    total = 0
    for member in members.values():
        total += member.size
        if member.size > limits.sheet_bytes or total > limits.total_bytes:
            raise RefusedFileError("file_inflates", part=member.name)


def inflate(data: bytes, member: Member) -> bytes:
    """Return the part, never more than its declared size. Raises RefusedFileError (file_damaged)."""
    raw = data[member.start : member.end]
    if member.method == _DEFLATED:
        try:
            raw = zlib.decompressobj(-15).decompress(raw, member.size + 1)
        except zlib.error as error:
            raise RefusedFileError("file_damaged", part=member.name) from error
    if len(raw) != member.size or zlib.crc32(raw) != member.crc:
        raise RefusedFileError("file_damaged", part=member.name)
    return raw


def stream(data: bytes, member: Member, piece_bytes: int) -> Iterator[bytes]:
    """Yield the part in pieces of about ``piece_bytes``; size and CRC are checked at the end."""
    size, crc = 0, 0
    for piece in _pieces(data, member, piece_bytes):
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if size > member.size:
            break
        yield piece
    if size != member.size or crc != member.crc:
        raise RefusedFileError("file_damaged", part=member.name)


def _pieces(data: bytes, member: Member, piece_bytes: int) -> Iterator[bytes]:
    if member.method == _STORED:
        for start in range(member.start, member.end, piece_bytes):
            yield data[start : min(start + piece_bytes, member.end)]
        return
    engine = zlib.decompressobj(-15)
    try:
        for start in range(member.start, member.end, _SLICE):
            rest = data[start : min(start + _SLICE, member.end)]
            while rest and not engine.eof:
                yield engine.decompress(rest, piece_bytes)
                rest = engine.unconsumed_tail
        yield engine.flush()
    except zlib.error as error:
        raise RefusedFileError("file_damaged", part=member.name) from error
