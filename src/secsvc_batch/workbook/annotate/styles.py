"""The looks of our cells, and the stylesheet part that holds them beside the applicant's own.

Colours keep apart for the colour-blind and in black and white print: pale blue with dark text, dark
vermilion with white text, a thick frame, grey.  Every look is found again in a stylesheet that has it
already, so that a stylesheet does not grow from one annotation to the next.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from lxml import etree

from secsvc_batch.workbook.annotate.opc import local, parse, serialise, whole
from secsvc_batch.workbook.annotate.package import Packed, pack

FONT = "Yu Gothic"
"""Comes with Windows, Office for Mac and is replaced by the Japanese font at hand elsewhere."""
QUOTED = "'"
"""Appended to a style's name: text that starts like a formula stays text when it is edited."""
_GRID = "BFBFBF"
_INK = "222222"


@dataclass(frozen=True)
class Look:
    """How a cell looks. Colours: six hexadecimal digits; size in points; frame: a border style of Excel's."""

    size: float = 10
    bold: bool = False
    italic: bool = False
    underline: bool = False
    ink: str = _INK
    fill: str = ""
    frame: str = "thin"
    frame_ink: str = _GRID
    across: str = "left"
    down: str = "top"
    wrap: bool = True
    indent: int = 0
    number: str = ""
    unlocked: bool = False
    quoted: bool = False


_VERDICT = Look(across="center", down="center", bold=True)
_HEAD = Look(bold=True, down="center", across="center", fill="2F4B6E", ink="FFFFFF", frame_ink="8497B0")

PALETTE: dict[str, Look] = {
    "title": Look(size=16, bold=True, frame="", wrap=False, down="center"),
    "subtitle": Look(size=11, bold=True, frame="", wrap=False, down="center"),
    "plain": Look(frame="", wrap=False),
    "paragraph": Look(frame=""),
    "muted": Look(size=9, ink="6B6B6B", frame="", wrap=False),
    "marker": Look(size=1, ink="D9D9D9", frame="", wrap=False),
    "header": _HEAD,
    "header_input": replace(_HEAD, fill="7F6000", frame_ink="BF9000"),
    "label": Look(bold=True, fill="E9EDF4", down="center"),
    "text": Look(),
    "wrap": Look(),
    "center": Look(across="center"),
    "number": Look(across="right", number="General"),
    "integer": Look(across="right", number="#,##0"),
    "date": Look(across="center", number="yyyy-mm-dd"),
    "group": Look(bold=True, fill="D6DCE5", down="center"),
    "group1": Look(bold=True, fill="E4E8EE", down="center", indent=1),
    "group2": Look(bold=True, fill="EFF2F6", down="center", indent=2),
    "group3": Look(bold=True, fill="F7F8FA", down="center", indent=3),
    "indent1": Look(indent=1),
    "indent2": Look(indent=2),
    "indent3": Look(indent=3),
    "indent4": Look(indent=4),
    "pass": replace(_VERDICT, fill="DCE9F7", ink="1B4F86"),
    "met_otherwise": replace(
        _VERDICT, fill="EEF4FB", ink="1B4F86", italic=True, frame="dashed", frame_ink="1B4F86"
    ),
    "fail": replace(_VERDICT, fill="A83200", ink="FFFFFF", frame_ink="7A2400"),
    "review": replace(_VERDICT, fill="FFFFFF", ink="000000", frame="thick", frame_ink="000000"),
    "not_applicable": replace(_VERDICT, bold=False, fill="EDEDED", ink="757575"),
    "link": Look(ink="0B5394", underline=True),
    "error": Look(bold=True, fill="F9D5C9", ink="8A2900", across="center"),
    "warning": Look(bold=True, fill="FFF2CC", ink="6B5000", across="center"),
    "info": Look(fill="E8EEF5", ink="3B5573", across="center"),
    "input": Look(fill="FFFBE6", frame_ink="BF9000", number="@", unlocked=True),
    "note": Look(size=9, ink="A83200", frame=""),
    "note_header": Look(size=9, bold=True, ink="FFFFFF", fill="A83200", down="center"),
}
"""Every style by name. Symbols stand in the text, never in the colour alone."""

_RULES = {
    "error": ('<font><b/><color rgb="FF8A2900"/></font>', "FFF9CBBB", "FF8A2900"),
    "warning": ("", "FFFFEB9C", "FFBF9000"),
}
_MINIMAL = (
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
)
_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
    "colors", "extLst",
)  # fmt: skip
_TAG = re.compile("<(/?)(?=[A-Za-z])")
_Key = tuple[object, ...]
_LAST_BUILT_IN = 163
_BUILT_IN = {"": 0, "General": 0, "@": 49}


@dataclass(frozen=True)
class Stylesheet:
    """A stylesheet with our looks.

    packed  the part
    cells   cell format of each style
    rules   differential format of each level of highlight
    """

    packed: Packed
    cells: dict[str, int]
    rules: dict[str, int]


def minimal(namespace: str) -> bytes:
    """Return a stylesheet for a workbook that has none."""
    return f'<styleSheet xmlns="{namespace}">{_MINIMAL}</styleSheet>'.encode()


@lru_cache(maxsize=64)
def with_looks(packed: Packed) -> Stylesheet:
    """Return the stylesheet ``packed`` with our looks; kept, as most files of a round share one."""
    source = packed.unpack()
    editor = _Editor(parse(source))
    looks = {name: editor.cell_format(look) for name, look in PALETTE.items()}
    texts = {name: look for name, look in PALETTE.items() if look.number in ("", "@")}
    looks |= {name + QUOTED: editor.cell_format(replace(look, quoted=True)) for name, look in texts.items()}
    looks |= {name + QUOTED: looks[name] for name in PALETTE if name not in texts}
    rules = {level: editor.rule_format(level) for level in _RULES}
    return Stylesheet(pack(editor.to_bytes()) if editor.grown else packed, looks, rules)


def _key(element: etree._Element) -> _Key:
    """What makes two elements the same: name, attributes, children."""
    children = tuple(_key(child) for child in element if isinstance(child.tag, str))
    return local(element), tuple(sorted(element.items())), children


@lru_cache(maxsize=2048)
def _key_of(xml: str) -> _Key:
    return _key(etree.fromstring(xml))


class _Editor:
    """Finds or adds the entries of one stylesheet."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._namespace = etree.QName(root).namespace
        self._prefix = f"{root.prefix}:" if root.prefix else ""
        self._known: dict[str, dict[_Key, int]] = {}
        self._sizes: dict[str, int] = {}
        self._new: dict[str, list[str]] = {}
        self._numbers: dict[str, int] = {}

    @property
    def grown(self) -> bool:
        """Whether anything had to be added."""
        return bool(self._new)

    def to_bytes(self) -> bytes:
        """Return the part with the entries that were missing."""
        declared = (
            f'xmlns:{self._prefix[:-1]}="{self._namespace}"' if self._prefix else f'xmlns="{self._namespace}"'
        )
        for name, entries in self._new.items():
            joined = _TAG.sub(rf"<\1{self._prefix}", "".join(entries))
            holder = self._list(name)
            holder.extend(list(etree.fromstring(f"<new {declared}>{joined}</new>")))
            holder.set("count", str(self._sizes[name]))
        return serialise(self._root)

    def _list(self, name: str) -> etree._Element:
        found = self._root.find(f"{{{self._namespace}}}{name}")
        if found is None:
            found = etree.Element(f"{{{self._namespace}}}{name}", count="0")
            place = _ORDER.index(name)
            before = [child for child in self._root if local(child) in _ORDER[:place]]
            self._root.insert(self._root.index(before[-1]) + 1 if before else 0, found)
        return found

    def _entry(self, name: str, xml: str) -> int:
        """Return the index in the list ``name`` of an entry equal to ``xml``, added when there is none."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = {}
            keys = [_key(child) for child in self._list(name) if isinstance(child.tag, str)]
            for number, key in enumerate(keys):
                known.setdefault(key, number)
            self._sizes[name] = len(keys)
        wanted = _key_of(xml)
        if wanted not in known:
            known[wanted] = self._sizes[name]
            self._sizes[name] += 1
            self._new.setdefault(name, []).append(xml)
        return known[wanted]

    def _number_format(self, code: str) -> int:
        if code in _BUILT_IN:
            return _BUILT_IN[code]
        if not self._numbers:
            for element in self._list("numFmts"):
                self._numbers.setdefault(element.get("formatCode", ""), whole(element, "numFmtId", 0))
        if code not in self._numbers:
            number = max((_LAST_BUILT_IN, *self._numbers.values())) + 1
            self._entry("numFmts", f'<numFmt numFmtId="{number}" formatCode="{code}"/>')
            self._numbers[code] = number
        return self._numbers[code]

    def cell_format(self, look: Look) -> int:
        """Return the index of the cell format of ``look``."""
        number = self._number_format(look.number)
        fill = self._entry("fills", _fill(look.fill)) if look.fill else 0
        border = self._entry("borders", _border(look.frame, "FF" + look.frame_ink)) if look.frame else None
        if border is None:
            border = self._entry("borders", "<border><left/><right/><top/><bottom/><diagonal/></border>")
        font = self._entry("fonts", _font(look))
        indent = f' indent="{look.indent}"' if look.indent else ""
        wrap = ' wrapText="1"' if look.wrap else ""
        quote = ' quotePrefix="1"' if look.quoted else ""
        return self._entry(
            "cellXfs",
            f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
            f'{quote} applyNumberFormat="1" applyFont="1" applyFill="1" '
            f'applyBorder="1" applyAlignment="1" applyProtection="1">'
            f'<alignment horizontal="{look.across}" vertical="{look.down}"{wrap}{indent}/>'
            f'<protection locked="{0 if look.unlocked else 1}"/></xf>',
        )

    def rule_format(self, level: str) -> int:
        """Return the index of the differential format of a highlight."""
        font, fill, frame = _RULES[level]
        sides = "".join(
            f'<{side} style="thin"><color rgb="{frame}"/></{side}>'
            for side in ("left", "right", "top", "bottom")
        )
        return self._entry(
            "dxfs",
            f'<dxf>{font}<fill><patternFill patternType="solid"><fgColor rgb="{fill}"/>'
            f'<bgColor rgb="{fill}"/></patternFill></fill><border>{sides}</border></dxf>',
        )


def _font(look: Look) -> str:
    marks = (
        ("<b/>" if look.bold else "") + ("<i/>" if look.italic else "") + ("<u/>" if look.underline else "")
    )
    colour = f'<color rgb="FF{look.ink}"/>'
    return f'<font>{marks}<sz val="{look.size:g}"/>{colour}<name val="{FONT}"/><family val="2"/></font>'


def _fill(colour: str) -> str:
    return (
        f'<fill><patternFill patternType="solid"><fgColor rgb="FF{colour}"/><bgColor indexed="64"/>'
        "</patternFill></fill>"
    )


def _border(style: str, colour: str) -> str:
    sides = "".join(
        f'<{side} style="{style}"><color rgb="{colour}"/></{side}>'
        for side in ("left", "right", "top", "bottom")
    )
    return f"<border>{sides}<diagonal/></border>"
