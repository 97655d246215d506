"""What is looked at before any library opens a submission.

``preflight`` tells a workbook from everything else that is handed in under its name, and refuses
what would take the machine's memory or time: archives that inflate without end, names that leave
the package, entities, cells and merges beyond a sheet. Each part is inflated once; a worksheet is looked
through only when somebody asks for what it holds, and otherwise just found to be whole.
"""

import hashlib
import posixpath
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from secsvc_batch.workbook.archive import Member, inflate, open_archive, stream
from secsvc_batch.workbook.limits import LIMITS, Limits, RefusedFileError
from secsvc_batch.workbook.sheetxml import (
    NotPlainError,
    SheetScan,
    check_prolog,
    checked,
    local_name,
    scan_parsed,
    scan_sheet,
    scan_stream,
)

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_XML_SUFFIXES = (".xml", ".rels", ".vml")
_MACRO_RELATIONS = ("vbaproject", "xlmacrosheet", "xlintlmacrosheet")
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<meta", b"<table", b"mime-version:")
_USUAL = {
    "workbook": "xl/workbook.xml",
    "sharedstrings": "xl/sharedstrings.xml",
    "styles": "xl/styles.xml",
}
_STRING = re.compile(rb"<(?:[\w.-]+:)?si\b")
# a number too long for an index is none; a number that is no index counts all the same
_SHARED = re.compile(rb"<(?:[\w.-]+:)?v\b[^<>]*>\s*([0-9]{1,9})\s*<")
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


class Look(NamedTuple):
    """What a look at a worksheet gives; ``xml``: the part inflated, b'' where it is too large to be kept."""

    scan: SheetScan
    xml: bytes


@dataclass(frozen=True)
class SheetPart:
    """One sheet of the workbook: its number from 0, its name and its part in the package.

    ``look`` is None for what is no worksheet (chart sheets, dialogs).
    """

    number: int
    name: str
    part: str
    look: Callable[[], Look] | None = None

    @cached_property
    def _looked(self) -> Look | None:
        return self.look() if self.look else None

    @property
    def scan(self) -> SheetScan | None:
        """What the sheet holds, None for what is no worksheet. Raises RefusedFileError as ``preflight``."""
        return self._looked.scan if self._looked else None

    @property
    def xml(self) -> bytes:
        """The part inflated, b'' where it is large. Raises RefusedFileError as ``preflight``."""
        return self._looked.xml if self._looked else b""

    def check(self) -> None:
        """Look through the sheet. Raises RefusedFileError as ``preflight``."""
        _ = self._looked  # which is kept

    @property
    def looked_at(self) -> bool:
        """Whether somebody asked for ``scan``."""
        return "_looked" in vars(self)


@dataclass(frozen=True)
class Package:
    """A workbook that is safe to open: its bytes, sheets in workbook order and custom properties."""

    data: bytes
    sheets: tuple[SheetPart, ...]
    date1904: bool
    properties: dict[str, str]
    members: dict[str, Member]

    def check_rest(self, limits: Limits = LIMITS) -> None:
        """Find the sheets whole that nobody looked at, for the copy holds them too.

        Raises RefusedFileError (file_damaged, file_unsafe).
        """
        for sheet in self.sheets:
            if not sheet.looked_at:
                pieces = stream(self.data, self.members[sheet.part.casefold()], limits.piece_bytes)
                for _ in checked(pieces, sheet.part):
                    pass

    def part(self, name: str, most: int | None = None) -> bytes:
        """Return one part inflated again (rarely needed), nothing of one with more than ``most`` bytes."""
        member = self.members[name.casefold()]
        return b"" if most is not None and member.size > most else inflate(self.data, member)


def preflight(path: Path, limits: Limits = LIMITS) -> Package:
    """Check the file at ``path``. Raises RefusedFileError, whose code says what it is instead.

    The sheets are checked when their ``scan`` is asked for, or by ``Package.check_rest``.
    """
    return inspect(load(path, limits), limits)


def load(path: Path, limits: Limits = LIMITS) -> bytes:
    """Return the bytes of a regular file. Raises RefusedFileError (file_unreadable, file_too_large)."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise RefusedFileError("file_unreadable", reason="not a regular file")
        if status.st_size > limits.file_bytes:
            raise RefusedFileError("file_too_large", size=status.st_size >> 20, limit=limits.file_bytes >> 20)
        return path.read_bytes()
    except OSError as error:
        raise RefusedFileError("file_unreadable", reason=error.strerror or type(error).__name__) from error


def fingerprint(path: Path) -> tuple[str, int]:
    """Return SHA-256 and size in bytes of a file, ('', 0) when it cannot be read."""
    try:
        if not path.is_file():
            return "", 0
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest(), handle.tell()
    except OSError:
        return "", 0


def inspect(data: bytes, limits: Limits = LIMITS) -> Package:
    """Check the bytes of a file; see ``preflight``."""
    if not data.startswith(b"PK"):
        raise RefusedFileError(_what_it_is(data))
    members = open_archive(data, limits)
    _check_kind(data, members)
    structure = _Structure(data, members, limits)
    strings = _check_parts(data, members, structure, limits)
    sheets = tuple(
        SheetPart(
            number,
            name,
            part,
            partial(_look, data, members[part.casefold()], strings, limits) if table else None,
        )
        for number, (name, part, table) in enumerate(structure.sheets)
    )
    return Package(data, sheets, structure.date1904, structure.properties, members)


# --- what kind of file ------------------------------------------------------------------------------


def _what_it_is(data: bytes) -> str:
    """Return the finding code for bytes that are no zip."""
    if not data:
        return "file_empty"
    if data.startswith(_OLE2):
        return _what_ole2(data)
    if not data.strip(b"\0"):
        return "file_damaged"
    head = data[:65536].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(_HTML_STARTS):
        return "file_html"
    if head.startswith((b"<?xml", b"%pdf")):
        return "file_html" if b"<html" in head else "file_other"
    return "file_text" if _is_text(data[:65536]) else "file_other"


def _what_ole2(data: bytes) -> str:
    def holds(stream_name: str) -> bool:
        return stream_name.encode("utf-16-le") in data

    if holds("EncryptedPackage") or holds("EncryptionInfo"):
        return "file_encrypted"
    return "file_xls" if holds("Workbook") or holds("Book\0") else "file_other"


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if any(byte < 9 or 13 < byte < 27 for byte in head[:4096]):
        return False
    for encoding in ("utf-8", "cp932"):
        # the last character may be cut in two
        for cut in range(4):
            try:
                head[: len(head) - cut].decode(encoding)
                return True
            except UnicodeDecodeError:
                continue
    return False


def _check_kind(data: bytes, members: dict[str, Member]) -> None:
    """Refuse zips that are something else: OpenDocument, binary or macro workbooks, other packages."""
    names = list(members)
    if "mimetype" in members and members["mimetype"].size < 200:
        ods = inflate(data, members["mimetype"]).startswith(_ODS)
        raise RefusedFileError("file_ods" if ods else "file_other")
    if "[content_types].xml" not in members or "_rels/.rels" not in members:
        raise RefusedFileError("file_other")
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise RefusedFileError("file_macro")


# --- structure --------------------------------------------------------------------------------------


class _Structure:
    """Sheets in order with their parts, the date system and the custom document properties."""

    def __init__(self, data: bytes, members: dict[str, Member], limits: Limits) -> None:
        self._data, self._members, self._limits = data, members, limits
        self.known: dict[str, bytes] = {}
        package = self._relations("")
        book = next((p for kind, p in package.values() if kind == "officedocument"), "")
        if book.casefold().endswith(".bin"):
            raise RefusedFileError("file_xlsb")
        root = self._parse(book) if book.casefold() in members else None
        if root is None or local_name(root) != "workbook":
            raise RefusedFileError("file_other")
        relations = self._relations(book)
        if any(kind in _MACRO_RELATIONS for kind, _ in relations.values()):
            raise RefusedFileError("file_macro")
        self.sheets = self._list_sheets(root, relations)
        self._check_fixed(book, relations)
        properties = next((e for e in root if local_name(e) == "workbookPr"), None)
        self.date1904 = properties is not None and properties.get("date1904") in ("1", "true", "on")
        custom = next((p for kind, p in package.values() if kind == "custom-properties"), "")
        self.properties = self._custom(custom) if custom.casefold() in members else {}

    def _read(self, part: str) -> bytes:
        member = self._members.get(part.casefold())
        if member is None:
            raise RefusedFileError("file_damaged", part=part)
        if member.size > self._limits.tree_bytes:
            raise RefusedFileError("file_inflates", part=part)
        raw = inflate(self._data, member)
        check_prolog(raw, part)
        if raw.count(b"<") > self._limits.tags // 10:
            raise RefusedFileError("file_inflates", part=part)
        self.known[part.casefold()] = raw
        return raw

    def _parse(self, part: str) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            return etree.fromstring(self._read(part), parser)
        except etree.XMLSyntaxError as error:
            raise RefusedFileError("file_damaged", part=part) from error

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return id -> (last word of the type in lower case, target part) of one part."""
        folder, name = posixpath.split(part)
        relations: dict[str, tuple[str, str]] = {}
        for element in self._parse(posixpath.join(folder, "_rels", f"{name}.rels")):
            if local_name(element) != "Relationship" or element.get("TargetMode") == "External":
                continue
            key, target = element.get("Id", ""), element.get("Target", "")
            # two targets under one id, or a winding path: readers would not agree which part is meant
            if key in relations or any(mark in target for mark in ("..", "\\", "%", "//")):
                raise RefusedFileError("file_unsafe", part=target or key)
            kind = element.get("Type", "").rpartition("/")[2].casefold()
            relations[key] = kind, _resolve(folder, target)
        return relations

    def _list_sheets(
        self, root: etree._Element, relations: dict[str, tuple[str, str]]
    ) -> list[tuple[str, str, bool]]:
        """Return (name, part, is a worksheet) of every sheet."""
        sheets = []
        for element in root.iter("{*}sheet"):
            key = next((v for k, v in element.attrib.items() if str(k).endswith("}id")), "")
            kind, part = relations.get(str(key), ("", ""))
            if not part or part.casefold() not in self._members:
                raise RefusedFileError("file_damaged", part=element.get("name", ""))
            sheets.append((element.get("name", ""), part, kind == "worksheet"))
        if not sheets or len({name for name, _, _ in sheets}) < len(sheets):
            raise RefusedFileError("file_damaged", part="workbook.xml")
        if len(sheets) > self._limits.sheets:
            raise RefusedFileError("file_unsafe", part=f"> {self._limits.sheets}")
        return sheets

    def _check_fixed(self, book: str, relations: dict[str, tuple[str, str]]) -> None:
        """Refuse other parts than those under the usual names, where the reading library looks for them.

        Excel follows the relations: it must not see other strings or formats than the program does.
        """
        named = {kind: part.casefold() for kind, part in relations.values()}
        for kind, usual in _USUAL.items():
            part = book.casefold() if kind == "workbook" else named.get(kind)
            if part != usual and (part in self._members or usual in self._members):
                raise RefusedFileError("file_unsafe", part=part or usual)

    def _custom(self, part: str) -> dict[str, str]:
        return {
            element.get("name", ""): "".join(str(text) for text in element.itertext()).strip()
            for element in self._parse(part)
        }


def _resolve(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    # some writers give the path from the root without its slash; the reading library takes it so too
    if folder and target.startswith(f"{folder}/"):
        return target
    return posixpath.join(folder, target) if target else ""


# --- parts ------------------------------------------------------------------------------------------


def _check_parts(
    data: bytes, members: dict[str, Member], structure: _Structure, limits: Limits
) -> "_Strings":
    """Check every part but the worksheets; return the shared strings."""
    worksheets = {part.casefold() for _, part, is_worksheet in structure.sheets if is_worksheet}
    strings = b""
    for key, member in members.items():
        if key in worksheets or key in structure.known:
            continue
        if member.size > limits.part_bytes:
            raise RefusedFileError("file_inflates", part=member.name)
        raw = inflate(data, member)
        if key.endswith(_XML_SUFFIXES):
            check_prolog(raw, member.name)
            _check_strings(raw, member.name, limits)
            if key == _USUAL["sharedstrings"]:
                strings = raw
    return _Strings(strings)


class _Strings:
    """The shared strings. A long one that a million cells refer to is copied a million times by a reader."""

    def __init__(self, xml: bytes) -> None:
        self._xml = xml

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Bytes of each string."""
        starts = np.array([found.start() for found in _STRING.finditer(self._xml)], dtype=np.int64)
        return np.diff(np.append(starts, len(self._xml)))

    def may_exceed(self, cells: int, limit: int) -> bool:
        """Tell whether so many cells could hold more than ``limit`` bytes."""
        # no cell can hold more than all of them, nor more than the longest: most workbooks are done with that
        return cells * len(self._xml) > limit and cells * int(self.lengths.max(initial=0)) > limit


def _look(data: bytes, member: Member, strings: _Strings, limits: Limits) -> Look:
    """Look through a worksheet."""
    scan, xml = _scan(data, member, limits)
    # counting takes a while; there cannot be more than the part has room for
    most = member.size // len('<c r="A1" t="s"><v>0</v></c>')
    if strings.may_exceed(most, limits.text_bytes) and strings.may_exceed(scan.filled, limits.text_bytes):
        _check_text(_sheet_pieces(data, member, limits), strings.lengths, member.name, limits)
    return Look(scan, xml if len(xml) <= limits.kept_bytes else b"")


def _sheet_pieces(data: bytes, member: Member, limits: Limits) -> Iterator[bytes]:
    """Yield a worksheet part in pieces that break between tags."""
    rest = b""
    for piece in stream(data, member, limits.piece_bytes):
        piece = rest + piece
        cut = piece.rfind(b"<v") if len(piece) < limits.row_bytes else len(piece)
        yield piece[: max(cut, 0)]
        rest = piece[max(cut, 0) :]
    yield rest


def _check_text(pieces: Iterable[bytes], lengths: NDArray[np.int64], part: str, limits: Limits) -> None:
    total = 0
    for piece in pieces:
        numbers = np.array([int(number) for number in _SHARED.findall(piece)], dtype=np.int64)
        total += int(lengths[numbers[numbers < len(lengths)]].sum())
        if total > limits.text_bytes:
            raise RefusedFileError("file_inflates", part=part)


def _scan(data: bytes, member: Member, limits: Limits) -> tuple[SheetScan, bytes]:
    if member.size > limits.stream_above:
        try:
            return scan_stream(stream(data, member, limits.piece_bytes), member.name, limits), b""
        except NotPlainError as error:
            if member.size > limits.part_bytes:
                raise RefusedFileError("file_inflates", part=member.name) from error
            return scan_parsed(inflate(data, member), member.name, limits), b""
    raw = inflate(data, member)
    check_prolog(raw, member.name)
    return scan_sheet(raw, member.name, limits), raw


def _check_strings(raw: bytes, part: str, limits: Limits) -> None:
    """Millions of tiny shared strings are small on disk and large in memory."""
    # below that size there is no room for so many
    if len(raw) > limits.shared_strings and raw.count(b"<si") + raw.count(b":si") > limits.shared_strings:
        raise RefusedFileError("file_inflates", part=part)
