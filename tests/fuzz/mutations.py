"""Structured damage to workbooks: at cells, in the XML of parts, in the zip package.

A mutation is a name and three numbers that choose where and what, so that hypothesis can shrink it; every
choice is taken modulo what there is.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

Parts = dict[str, bytes]
_CELL = re.compile(rb"<c [^>]*?(?:/>|>.*?</c>)", re.DOTALL)
_TAG = re.compile(rb"<[^<>]*>")
_ATTRIBUTE = re.compile(rb'([\w:.-]+)="([^"]*)"')
_ADDRESS = re.compile(rb'r="([A-Z]+[0-9]+)"')
_DAMAGED_BYTES = 64

UNREADABLE = (
    b't="e"><v>#N/A</v>',
    b't="e"><v>#REF!</v>',
    b't="e"><f>1/0</f><v>#DIV/0!</v>',
    b"><f>TODAY()</f>",
    b't="str"><f>A1</f><v>#VALUE!</v>',
)
"""Contents that nobody can read as a value."""
CONTENTS = (
    *UNREADABLE,
    b"><v>-1</v>", b"><v>0</v>", b"><v>60</v>", b"><v>1E+308</v>", b"><v>1E+999</v>", b"><v>nan</v>",
    b"><v>-0.0</v>", b"><v>2958466</v>", b"><v>1234567890123456789</v>", b"><v></v>", b"><v/>", b"><v>x</v>",
    b't="b"><v>1</v>', b't="b"><v>7</v>', b't="s"><v>0</v>', b't="s"><v>999999</v>', b't="s"><v>-1</v>',
    b't="s"><v/>', b't="d"><v>2024-02-30T25:00:00Z</v>', b't="q"><v>1</v>', b't="str"><v>\xe2\x97\x8b</v>',
    b't="inlineStr"><is><t>=1+1</t></is>', b't="inlineStr"><is/>', b't="inlineStr"><is><t/></is>',
    b't="inlineStr"><is><r><t>a</t></r><rPh sb="0" eb="1"><t>b</t></rPh></is>',
    b't="inlineStr"><is><t>_x0000__xD800__x001B_[0m&#x202E;\xef\xb7\xba</t></is>',
    b't="inlineStr"><is><t>S001\xe3\x80\x81S001\xe3\x80\x81,,;</t></is>',
    b't="inlineStr"><is><t>\xe4\xbb\xa4\xe5\x92\x8c\xe5\x85\x83\xe5\xb9\xb413\xe6\x9c\x8832\xe6\x97\xa5</t></is>',
    b't="inlineStr"><is><t>' + b"\xe9\x95\xb7" * 40_000 + b"</t></is>",
    b't="inlineStr"><is><t>secsvc-batch:annotation</t></is>',
    b'><f t="shared" si="0"/><v>1</v>', b'><f t="array" ref="A1:XFD1048576">1</f><v>1</v>', b"/",
)  # fmt: skip
VALUES = (
    b"", b"0", b"-1", b"1", b"65535", b"99999999999999999999", b"A0", b"A1048577", b"XFE1", b"A1:XFD1048576",
    b"B2:A1", b"$A$1", b"true", b"x" * 300, b"&lt;&amp;", b"&#0;", b"&#x1F;", b"\xff\xfe", b"../../x.xml",
    b"/etc/passwd",
    b"http://server.example/", b"rId1", b"inlineStr", b"s", b"visible", b"veryHidden", b"worksheet",
    b"External",
    b"\xe8\xa6\x81\xe5\x93\xa1", b"secsvc_batch_note_1", b"'a'!$A$1:$A$5",
)  # fmt: skip
SNIPPETS = (
    b"<!-- -->", b"<![CDATA[<c>]]>", b"<?pi x?>", b"<!DOCTYPE a>", b"<x/>", b"</x>", b"<x>", b"&amp;", b"&x;",
    b"<",
    b"<c/>", b'<c r="A1"/>', b'<row r="1"/>', b"</row>",
    b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
    b"<sheetData/>", b"</sheetData>", b'<mergeCell ref="A1:B2"/>', b"\x00", b"\xff", b"\xef\xbb\xbf", b"  \n",
    b'<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1"><formula>LEN("secsvc-batch")'
    b"&gt;0</formula></cfRule></conditionalFormatting>",
    b'<definedName name="secsvc_batch_note_1">\'a\'!$A$1</definedName>',
)  # fmt: skip


@dataclass(frozen=True)
class Mutation:
    """One change: its name, and numbers that choose part, place and value."""

    name: str
    part: int
    place: int
    value: int


def mutated(content: Parts, mutations: tuple[Mutation, ...]) -> bytes:
    """Return the package of ``content`` after all ``mutations``, those of parts first."""
    content = dict(content)
    for one in mutations:
        if one.name in IN_PARTS and content:
            IN_PARTS[one.name](content, one)
    data = _zipped(content, mutations)
    for one in mutations:
        if one.name in IN_BYTES and data:
            data = IN_BYTES[one.name](data, one)
    return data


def with_cells(
    content: Parts, kinds: tuple[str, ...], changes: tuple[Mutation, ...], first_row: int
) -> bytes:
    """Return the package with cells made unreadable, in the parts ``kinds`` below row ``first_row`` only."""
    content = dict(content)
    for one in changes:
        name = kinds[one.part % len(kinds)]
        cells = [found for found in _CELL.finditer(content[name]) if _row(found[0]) >= first_row]
        if cells:
            _put(content, name, cells[one.place % len(cells)], UNREADABLE[one.value % len(UNREADABLE)])
    return _zipped(content, ())


def _row(cell: bytes) -> int:
    found = re.search(rb'r="[A-Z]+([0-9]+)"', cell)
    return int(found[1]) if found else 0


def _pick(content: Parts, one: Mutation, ending: str = "") -> str:
    names = [name for name in content if name.endswith(ending)] or list(content)
    return names[one.part % len(names)]


def _put(content: Parts, name: str, cell: re.Match[bytes], inner: bytes) -> None:
    found = _ADDRESS.search(cell[0])
    start = b'<c r="' + (found[1] if found else b"A1") + b'" '
    new = start + inner + (b">" if inner == b"/" else b"</c>")
    content[name] = content[name][: cell.start()] + new + content[name][cell.end() :]


def _cell(content: Parts, one: Mutation) -> None:
    name = _pick({key: data for key, data in content.items() if b"<c " in data} or content, one)
    cells = list(_CELL.finditer(content[name]))
    if cells:
        _put(content, name, cells[one.place % len(cells)], CONTENTS[one.value % len(CONTENTS)])


def _tags(content: Parts, one: Mutation) -> tuple[str, list[re.Match[bytes]]]:
    name = _pick(content, one)
    return name, list(_TAG.finditer(content[name]))


def _splice(content: Parts, name: str, start: int, end: int, new: bytes) -> None:
    content[name] = content[name][:start] + new + content[name][end:]


def _drop_tag(content: Parts, one: Mutation) -> None:
    name, tags = _tags(content, one)
    if tags:
        tag = tags[one.place % len(tags)]
        _splice(content, name, tag.start(), tag.end(), b"")


def _double_tag(content: Parts, one: Mutation) -> None:
    name, tags = _tags(content, one)
    if tags:
        tag = tags[one.place % len(tags)]
        _splice(content, name, tag.end(), tag.end(), tag[0] * (1 + one.value % 50))


def _rename_tag(content: Parts, one: Mutation) -> None:
    name, tags = _tags(content, one)
    if tags:
        tag, other = tags[one.place % len(tags)], tags[one.value % len(tags)]
        _splice(content, name, tag.start(), tag.end(), other[0])


def _drop_element(content: Parts, one: Mutation) -> None:
    """Cut from one tag to another, which need not be its own end."""
    name, tags = _tags(content, one)
    if len(tags) > 1:
        at = one.place % (len(tags) - 1)
        to = tags[min(at + 1 + one.value % 20, len(tags) - 1)]
        _splice(content, name, tags[at].start(), to.start(), b"")


def _insert(content: Parts, one: Mutation) -> None:
    name, tags = _tags(content, one)
    start = tags[one.place % len(tags)].end() if tags else 0
    _splice(content, name, start, start, SNIPPETS[one.value % len(SNIPPETS)])


def _attribute(content: Parts, one: Mutation) -> None:
    name = _pick(content, one)
    found = list(_ATTRIBUTE.finditer(content[name]))
    if found:
        attribute = found[one.place % len(found)]
        _splice(content, name, attribute.start(2), attribute.end(2), VALUES[one.value % len(VALUES)])


def _drop_attribute(content: Parts, one: Mutation) -> None:
    name = _pick(content, one)
    found = list(_ATTRIBUTE.finditer(content[name]))
    if found:
        attribute = found[one.place % len(found)]
        _splice(content, name, attribute.start(), attribute.end(), attribute[0] * (one.value % 3))


def _quotes(content: Parts, one: Mutation) -> None:
    name = _pick(content, one)
    content[name] = content[name].replace(b'"', b"'")


def _prefix(content: Parts, one: Mutation) -> None:
    """Write the sheet's elements with a prefix, as some programs do."""
    name = _pick(content, one, ".xml")
    data = re.sub(rb"<(/?)([A-Za-z])", rb"<\1p:\2", content[name])
    content[name] = data.replace(b"xmlns=", b"xmlns:p=", 1)


def _encoding(content: Parts, one: Mutation) -> None:
    name = _pick(content, one)
    encoding = ("utf-16", "utf-7", "shift_jis", "utf-8-sig", "cp1252")[one.value % 5]
    text = content[name].decode("utf-8", "replace").replace("UTF-8", encoding)
    content[name] = text.encode(encoding, "replace") if one.place % 2 else text.encode("utf-8")


def _cut_part(content: Parts, one: Mutation) -> None:
    name = _pick(content, one)
    content[name] = content[name][: one.place % (len(content[name]) + 1)]


def _flip_in_part(content: Parts, one: Mutation) -> None:
    name = _pick(content, one)
    data = bytearray(content[name])
    if data:
        data[one.place % len(data)] = one.value % 256
    content[name] = bytes(data)


def _drop_part(content: Parts, one: Mutation) -> None:
    del content[_pick(content, one)]


def _swap_parts(content: Parts, one: Mutation) -> None:
    first, second = _pick(content, one), list(content)[one.place % len(content)]
    content[first], content[second] = content[second], content[first]


def _rename_part(content: Parts, one: Mutation) -> None:
    name = _pick(content, one)
    new = (name.upper(), f"../{name}", f"/{name}", name.replace("/", "\\"), f"{name}x", f"x/{name}")[
        one.value % 6
    ]
    content[new] = content.pop(name)


def _strings(content: Parts, one: Mutation) -> None:
    """Change the text of one shared string: what a cell says, or a header."""
    name = "xl/sharedStrings.xml"
    found = list(re.finditer(rb"<t[^>]*>([^<]*)</t>", content.get(name, b"")))
    if found:
        text = found[one.place % len(found)]
        other = found[one.value % len(found)][1] if one.value % 3 else VALUES[one.value % len(VALUES)]
        _splice(content, name, text.start(1), text.end(1), other)


IN_PARTS: dict[str, Callable[[Parts, Mutation], None]] = {
    "cell": _cell, "drop_tag": _drop_tag, "double_tag": _double_tag, "rename_tag": _rename_tag,
    "drop_element": _drop_element, "insert": _insert, "attribute": _attribute,
    "drop_attribute": _drop_attribute, "quotes": _quotes, "prefix": _prefix, "encoding": _encoding,
    "cut_part": _cut_part, "flip_in_part": _flip_in_part, "drop_part": _drop_part, "swap_parts": _swap_parts,
    "rename_part": _rename_part, "strings": _strings,
}  # fmt: skip


def _flip(data: bytes, one: Mutation) -> bytes:
    changed = bytearray(data)
    for number in range(1 + one.value % _DAMAGED_BYTES):
        changed[(one.place + number * (1 + one.part % 7)) % len(data)] ^= 1 + (one.value >> 6) % 255
    return bytes(changed)


def _flip_directory(data: bytes, one: Mutation) -> bytes:
    """Damage the directory at the end of the package, where sizes and offsets stand."""
    start = data.find(b"PK\x01\x02")
    at = start + one.place % max(len(data) - start, 1)
    return data[:at] + bytes([one.value % 256]) + data[at + 1 :] if start >= 0 else data


def _cut(data: bytes, one: Mutation) -> bytes:
    return data[: one.place % len(data)]


def _add(data: bytes, one: Mutation) -> bytes:
    at = (0, len(data), one.place % len(data))[one.value % 3]
    return data[:at] + bytes([one.value % 256]) * (1 + one.part % 200) + data[at:]


IN_BYTES: dict[str, Callable[[bytes, Mutation], bytes]] = {
    "flip": _flip, "flip_directory": _flip_directory, "cut": _cut, "add": _add,
}  # fmt: skip
IN_ZIP = ("stored", "twice")
NAMES = (*IN_PARTS, *IN_BYTES, *IN_ZIP)


def _zipped(content: Parts, mutations: tuple[Mutation, ...]) -> bytes:
    stored = any(one.name == "stored" for one in mutations)
    written = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with warnings.catch_warnings(), zipfile.ZipFile(written, "w", method, compresslevel=1) as package:
        warnings.simplefilter("ignore", UserWarning)
        for name, data in content.items():
            package.writestr(zipfile.ZipInfo(name), data, method)
        for one in mutations:
            if one.name == "twice" and content:
                package.writestr(zipfile.ZipInfo(_pick(content, one)), b"<x/>", method)
    return written.getvalue()
