"""A zip package whose members are copied as they are (compressed bytes and all) unless they are replaced."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from secsvc_batch.workbook.annotate.model import AnnotationError
from secsvc_batch.workbook.zipped import DEFLATED, FIXED_DATE, FIXED_TIME, STORED, Zipped, written

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_ENCRYPTED, _DESCRIPTOR = 0x1, 0x8


@dataclass(frozen=True, slots=True)
class Packed(Zipped):
    """A member of a workbook that is being annotated."""

    def unpack(self, limit: int | None = None) -> bytes:
        """Return the content, at most its declared size (or the first ``limit`` bytes of it)."""
        bound = self.size if limit is None else min(limit, self.size)
        if self.method == STORED:
            return self.data[:bound]
        try:
            # a bound of zero would mean "no bound" to zlib
            return zlib.decompressobj(-15).decompress(self.data, bound) if bound else b""
        except zlib.error as error:
            raise AnnotationError(f"a part cannot be inflated: {error}") from error


def pack(data: bytes) -> Packed:
    """Deflate ``data`` at the fastest level."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packed_of(packer.compress(data) + packer.flush(), zlib.crc32(data), len(data))


def packed_of(packed: bytes, crc: int, size: int) -> Packed:
    """Return a member of deflated bytes with CRC and size of what they inflate to."""
    return Packed(DEFLATED, 0, FIXED_TIME, FIXED_DATE, 0, crc, size, packed)


class Package:
    """The members of one zip package by name, in their order; names are found whatever their case."""

    def __init__(self, data: bytes) -> None:
        """Read the directory of ``data``; AnnotationError when it is no zip file or is encrypted."""
        self._members: dict[str, Packed] = {}
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for info in archive.infolist():
                    self._members[info.filename] = _member(data, info)
        except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError) as error:
            raise AnnotationError(f"not a zip package: {error}") from error
        self._folded = {name.lower(): name for name in self._members}
        self._fresh: dict[str, bytes] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def find(self, name: str) -> str:
        """Return the member's own spelling of ``name``, or '' when there is none."""
        return name if name in self._members else self._folded.get(name.lower(), "")

    def packed(self, name: str) -> Packed:
        """Return the compressed member ``name``; AnnotationError when there is none."""
        found = self.find(name)
        if not found:
            raise AnnotationError(f"the package lacks {name}")
        return self._members[found]

    def size(self, name: str) -> int:
        """Return how many bytes ``name`` has when inflated; AnnotationError when there is none."""
        fresh = self._fresh.get(self.find(name))
        return self.packed(name).size if fresh is None else len(fresh)

    def read(self, name: str) -> bytes:
        """Return the content of ``name``, as replaced; AnnotationError when it cannot be read."""
        fresh = self._fresh.get(self.find(name))
        return self.packed(name).unpack() if fresh is None else fresh

    def head(self, name: str, limit: int) -> bytes:
        """Return the first ``limit`` bytes of ``name``."""
        fresh = self._fresh.get(self.find(name))
        return self.packed(name).unpack(limit) if fresh is None else fresh[:limit]

    def write(self, name: str, data: bytes | Packed) -> None:
        """Replace or add ``name``; deflated when the package is written out."""
        name = self.find(name) or name
        self._folded[name.lower()] = name
        if isinstance(data, Packed):
            self._fresh.pop(name, None)
            self._members[name] = data
        else:
            self._fresh[name] = data
            self._members.setdefault(name, Packed(STORED, 0, 0, 0, 0, 0, 0, b""))

    def settle(self, name: str) -> None:
        """Compress a part that was written, so that ``packed`` gives it."""
        fresh = self._fresh.pop(self.find(name), None)
        if fresh is not None:
            self._members[self.find(name)] = pack(fresh)

    def remove(self, name: str) -> None:
        """Remove ``name`` if it is there."""
        found = self.find(name)
        if found:
            del self._members[found], self._folded[found.lower()]
            self._fresh.pop(found, None)

    def to_bytes(self) -> bytes:
        """Return the package: unchanged members bit for bit, replaced ones with a fixed date."""
        members = self._members.items()
        return written(
            (name, pack(self._fresh[name]) if name in self._fresh else packed) for name, packed in members
        )


def _member(data: bytes, info: zipfile.ZipInfo) -> Packed:
    if info.flag_bits & _ENCRYPTED or info.compress_type not in (STORED, DEFLATED):
        raise AnnotationError(f"{info.filename} is encrypted or compressed in an unusual way")
    local = _LOCAL.unpack_from(data, info.header_offset)
    start = info.header_offset + _LOCAL.size + local[9] + local[10]
    year, month, day, hour, minute, second = info.date_time
    return Packed(
        method=info.compress_type,
        flags=info.flag_bits & ~_DESCRIPTOR,
        time=hour << 11 | minute << 5 | second >> 1,
        date=max(year - 1980, 0) << 9 | month << 5 | day,
        attributes=info.external_attr,
        crc=info.CRC,
        size=info.file_size,
        data=data[start : start + info.compress_size],
    )
