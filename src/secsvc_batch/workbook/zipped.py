"""Zip packages written member by member: what is compressed already is not compressed again."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

STORED, DEFLATED = 0, 8
UTF8 = 0x800
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
# 1 January 1980, midnight: the same bytes whenever and wherever a part is written
FIXED_TIME, FIXED_DATE = 0, (1 << 5) | 1


@dataclass(frozen=True, slots=True)
class Zipped:
    """A member as it stands in a package, with what its entry says; ``size`` in bytes when inflated."""

    method: int
    flags: int
    time: int
    date: int
    attributes: int
    crc: int
    size: int
    data: bytes


def zipped(method: int, crc: int, size: int, data: bytes) -> Zipped:
    """Return a member of a fixed date."""
    return Zipped(method, 0, FIXED_TIME, FIXED_DATE, 0, crc, size, data)


def written(members: Iterable[tuple[str, Zipped]]) -> bytes:
    """Return a package of these members in their order, each under its name."""
    out: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for name, member in members:
        encoded, flags = _encode(name, member.flags)
        common = (
            20, flags, member.method, member.time, member.date, member.crc, len(member.data), member.size,
            len(encoded),
        )  # fmt: skip
        local = _LOCAL.pack(0x04034B50, *common, 0)
        out += (local, encoded, member.data)
        directory.append(
            _CENTRAL.pack(0x02014B50, 20, *common, 0, 0, 0, 0, member.attributes, offset) + encoded
        )
        offset += len(local) + len(encoded) + len(member.data)
    tail = b"".join(directory)
    count = len(directory)
    return b"".join((*out, tail, _END.pack(0x06054B50, 0, 0, count, count, len(tail), offset, 0)))


def _encode(name: str, flags: int) -> tuple[bytes, int]:
    if flags & UTF8 or not name.isascii():
        try:
            return (name.encode("utf-8"), flags) if flags & UTF8 else (name.encode("cp437"), flags)
        except UnicodeEncodeError:
            return name.encode("utf-8", "replace"), flags | UTF8
    return name.encode("ascii"), flags
