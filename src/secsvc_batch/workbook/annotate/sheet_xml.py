"""Edits of one worksheet part at the level of its bytes, so that everything else stays bit for bit.

In well-formed XML without comments, CDATA and processing instructions ``<`` can only start a tag: tags are
found by exact patterns that know quotes.  A part that has any of the three, or another encoding, is written
anew by lxml first (``plain``), and is then like all others.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise

from secsvc_batch.workbook.annotate.large import LARGE, Middle, TooLargeError, ends
from secsvc_batch.workbook.annotate.model import LEVELS, MARKER, NOTE_WIDTH, AnnotationError
from secsvc_batch.workbook.annotate.opc import parse, serialise
from secsvc_batch.workbook.annotate.package import Package
from secsvc_batch.workbook.annotate.text import address, box, column_number, letters, string_item

# a tag's attributes: outside quotes there is no slash but that of an empty element
# No group is possessive: Python before 3.11.5 matches those wrongly. What a group gives back fails at once.
_ATTRS = rb"""[^<>"'/]*+(?:(?:"[^"<]*"|'[^'<]*')[^<>"'/]*+)*"""
_ENCODING = re.compile(rb"""<\?xml[^>]*?\sencoding=["']([A-Za-z0-9._-]+)""")
_ROOT = re.compile(rb"<(?:([\w.-]+):)?(\w+)[\s/>]")
_R = re.compile(rb"""\sr=["']([A-Z]{0,3})(\d{1,9})["']""")
_SPANS = re.compile(rb"""\sspans=(?:"[^"]*"|'[^']*')""")
_PRIORITY = re.compile(rb"""\spriority=["'](\d{1,9})["']""")
_DIMENSION = re.compile(rb"""dimension\s+ref=["']([A-Z0-9:]+)["']""")
_VIEW = re.compile(rb"<(?:[\w.-]+:)?sheetView\b" + _ATTRS)
_SELECTED = re.compile(rb"""\stabSelected=["'](?:1|true)["']""")
_FILLED = re.compile(rb"<(?:[\w.-]+:)?(?:v|f|is)[\s>]")
_COL_BOUND = re.compile(rb"""\s(min|max)=["'](\d{1,9})["']""")
_OUR_FORMULA = re.compile(rb"LEN\(\s*(?:\"|&quot;|&#34;)%b(?:\"|&quot;|&#34;)\s*\)" % MARKER.encode())
_HEAD_BYTES = 2048

# the children of a worksheet in the order of the schema
ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr",
    "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate",
    "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks",
    "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties",
    "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF",
    "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
_BEFORE_RULES = ORDER[ORDER.index("conditionalFormatting") - 1]
_PLACE = {name.encode(): number for number, name in enumerate(ORDER)}


class OccupiedError(Exception):
    """A cell that was to be written holds something of the applicant's."""


def plain(data: bytes) -> bytes:
    """Return the part as UTF-8 (or ASCII) without comments, CDATA and processing instructions."""
    found = _ENCODING.match(data)
    usual = found is None or found[1].lower() in (b"utf-8", b"us-ascii", b"ascii")
    if usual and data[:1] == b"<" and b"<!" not in data and data.count(b"<?") <= 1:
        return data
    return serialise(parse(data, bare=True))


def unselected(data: bytes) -> bytes:
    """Return the part of a worksheet or chart sheet (or its beginning) without its mark of being selected."""
    return _VIEW.sub(lambda tag: _SELECTED.sub(b"", tag[0]), data)


def selected(head: Callable[[int], bytes], size: int) -> bool:
    """Return whether a sheet is marked as selected; ``head(n)`` gives the first n bytes of its ``size``.

    Reads no further than the sheet's views.  A part in another encoding is said to be selected.
    """
    limit = _HEAD_BYTES
    while True:
        data = head(limit)
        if data[:1] != b"<":
            return True
        if b"sheetViews>" in data or b"sheetData" in data or limit >= size:
            return b"tabSelected" in data and unselected(data) != data
        limit *= 4


def open_sheet(package: Package, part: str, last_row: int = 0) -> "SheetXml":
    """Return a worksheet part for editing; of a large one the rows behind ``last_row`` stay where they are.

    Raises AnnotationError; TooLargeError where a large sheet is written in an unusual way.
    """
    if package.size(part) <= LARGE:
        return SheetXml(package.read(part))
    package.settle(part)
    data, middle = ends(package.packed(part), last_row)
    return SheetXml(data, middle)


def save_sheet(package: Package, part: str, xml: "SheetXml") -> None:
    """Write an edited worksheet part back."""
    if xml.middle is None:
        package.write(part, xml.to_bytes())
    else:
        package.write(part, xml.middle.between(xml.head + xml.body, xml.tail))


class SheetXml:
    """One worksheet part, cut into what stands before, in and after its rows.

    ``middle``: rows of a large sheet that are not held; they stand behind the last row of ``body``.
    """

    def __init__(self, data: bytes, middle: Middle | None = None) -> None:
        self.middle = middle
        data = plain(data)
        root = _ROOT.search(data, data.find(b"?>") + 1 if data.startswith(b"<?") else 0)
        if not root or root[2] != b"worksheet":
            raise AnnotationError("a sheet part is no worksheet")
        p = re.escape(root[1] + b":") if root[1] else b""
        self._p = (root[1] + b":") if root[1] else b""
        self._row = re.compile(rb"<" + p + rb"row\b(" + _ATTRS + rb")(/?)>")
        # no further than the next cell: cells that never end must not be searched again and again
        inner = rb"[^<]*+(?:<(?!/?" + p + rb"c[\s/>])[^<]*+)*"
        self._cell = re.compile(
            rb"<" + p + rb"c\b(" + _ATTRS + rb")(?:/>|>(" + inner + rb")</" + p + rb"c\s*>)"
        )
        self._col = re.compile(rb"<" + p + rb"col\b(" + _ATTRS + rb")(?:/>|>\s*</" + p + rb"col\s*>)")
        self._cut(data, p)

    def _cut(self, data: bytes, p: bytes) -> None:
        start = re.search(rb"<" + p + rb"sheetData\b(" + _ATTRS + rb")(/?)>", data)
        if start is None:
            position = self._after(data, "sheetData")
            self.head, self.body = data[:position] + b"<" + self._p + b"sheetData>", b""
            self.tail = b"</" + self._p + b"sheetData>" + data[position:]
        elif start[2]:
            self.head, self.body = data[: start.end() - 2].rstrip() + b">", b""
            self.tail = b"</" + self._p + b"sheetData>" + data[start.end() :]
        else:
            end = data.find(b"</" + self._p + b"sheetData", start.end())
            if end < 0:
                raise AnnotationError("a sheet part breaks off")
            self.head, self.body, self.tail = data[: start.end()], data[start.end() : end], data[end:]

    def to_bytes(self) -> bytes:
        """Return the part."""
        return self.head + self.body + self.tail

    # -- children of the worksheet

    def _after(self, data: bytes, name: str) -> int:
        """Return where in ``data`` (a whole part or its tail) a child ``name`` belongs."""
        place = _PLACE[name.encode()]
        if data.startswith(b"</"):
            position = data.find(b">") + 1
        else:
            root = re.compile(rb"<" + re.escape(self._p) + rb"worksheet\b" + _ATTRS + rb">").search(data)
            if root is None:
                raise AnnotationError("a sheet part is empty")
            position = root.end()
        best = position
        while True:
            child = re.compile(rb"\s*<([\w.:-]+)" + _ATTRS + rb"(/?)>").match(data, position)
            if child is None:
                return best
            known = _PLACE.get(child[1].removeprefix(self._p)) if child[1].startswith(self._p) else None
            if known is not None and known > place:
                return best
            position = child.end() if child[2] else _element_end(data, child[1], child.end())
            if known is not None:
                best = position

    def add_rules(self, ranges: Mapping[str, list[str]], formats: Mapping[str, int]) -> None:
        """Add highlights: level -> lists of ranges, with the differential format of each level."""
        used = [int(number) for number in _PRIORITY.findall(self.tail)]
        priority = max(used, default=0)
        parts: list[bytes] = []
        p = self._p.decode()
        for level in LEVELS:
            for sqref in ranges.get(level, ()):
                priority += 1
                rule = f'type="expression" dxfId="{formats[level]}" priority="{priority}"'
                parts.append(
                    f'<{p}conditionalFormatting sqref="{sqref}"><{p}cfRule {rule}>'
                    f'<{p}formula>LEN("{MARKER}")&gt;0</{p}formula></{p}cfRule></{p}conditionalFormatting>'.encode()
                )
        if parts:
            # before the applicant's own: LibreOffice shows the first of several that hold for a cell
            position = self._after(self.tail, _BEFORE_RULES)
            self.tail = self.tail[:position] + b"".join(parts) + self.tail[position:]

    def remove_rules(self) -> None:
        """Remove our highlights, wherever a user or a program has moved them; other rules stay."""
        if MARKER.encode() not in self.tail:
            return
        p = re.escape(self._p)
        inner = rb"[^<]*+(?:<(?!/?%b[\s/>])[^<]*+)*"
        name = p + b"cfRule"
        rule = re.compile(rb"<%b\b%b(?:/>|>%b</%b\s*>)" % (name, _ATTRS, inner % name, name))
        name = p + b"conditionalFormatting"
        block = re.compile(rb"(<%b\b%b>)(%b)(</%b\s*>)" % (name, _ATTRS, inner % name, name))

        def kept(found: re.Match[bytes]) -> bytes:
            if not _OUR_FORMULA.search(found[2]):
                return found[0]
            inner = rule.sub(lambda one: b"" if _OUR_FORMULA.search(one[0]) else one[0], found[2])
            return found[1] + inner + found[3] if b"cfRule" in inner else b""

        self.tail = block.sub(kept, self.tail)

    def deselect(self) -> None:
        """Take the mark of being selected off the sheet's views."""
        if b"tabSelected" in self.head:
            self.head = unselected(self.head)

    # -- rows and cells

    def _rows(self) -> Iterator[tuple[int, re.Match[bytes], int, int]]:
        """Yield (row number, start tag, start and end of its cells)."""
        number = 0
        end_tag = b"</" + self._p + b"row"
        for tag in self._row.finditer(self.body):
            found = _R.search(tag[1])
            number = int(found[2]) if found else number + 1
            if tag[2]:
                yield number, tag, tag.end(), tag.end()
            else:
                end = self.body.find(end_tag, tag.end())
                if end < 0:
                    raise AnnotationError("a sheet part breaks off")
                yield number, tag, tag.end(), end

    def _cells(self, inner: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
        """Yield (0-based column, match) of the cells of one row."""
        column = -1
        for cell in self._cell.finditer(inner):
            found = _R.search(cell[1])
            column = column_number(found[1].decode()) if found and found[1] else column + 1
            yield column, cell

    def put_strings(self, column: int, texts: Mapping[int, tuple[str, int]]) -> None:
        """Write row -> (text, style) into the 0-based ``column`` as inline strings, with the rows they need.

        Raises OccupiedError, and changes nothing, when one of the cells holds something; TooLargeError for
        rows of a large sheet that are not held.
        """
        if self.middle is not None and max(texts) >= self.middle.first_row:
            raise TooLargeError("messages would stand too far down in a large sheet")
        waiting = sorted(texts, reverse=True)
        out: list[bytes] = []
        done = 0
        for number, tag, start, end in self._rows():
            while waiting and waiting[-1] < number:
                out += (self.body[done : tag.start()], self._new_row(waiting.pop(), column, texts))
                done = tag.start()
            if not waiting:
                break
            if waiting[-1] == number:
                waiting.pop()
                cell = self._string_cell(number, column, *texts[number])
                attributes = _SPANS.sub(b"", tag[1]).rstrip()
                inner = self._with_cell(self.body[start:end], column, cell)
                out += (self.body[done : tag.start()], b"<", self._p, b"row", attributes, b">", inner)
                done = end
                if tag[2]:
                    out.append(b"</" + self._p + b"row>")
        out.append(self.body[done:])
        out += (self._new_row(number, column, texts) for number in reversed(waiting))
        self.body = b"".join(out)
        self._widen_dimension(min(texts), max(texts), column)

    def _new_row(self, number: int, column: int, texts: Mapping[int, tuple[str, int]]) -> bytes:
        cell = self._string_cell(number, column, *texts[number])
        return b'<%brow r="%d">%b</%brow>' % (self._p, number, cell, self._p)

    def _string_cell(self, row: int, column: int, text: str, style: int) -> bytes:
        p = self._p.decode()
        item = string_item(text)
        if p:
            item = item.replace("<t", f"<{p}t", 1).replace("</t>", f"</{p}t>")
        start = f'<{p}c r="{letters(column)}{row}" s="{style}" t="inlineStr">'
        return f"{start}<{p}is>{item}</{p}is></{p}c>".encode()

    def _with_cell(self, inner: bytes, column: int, cell: bytes) -> bytes:
        # the last tag that starts like a cell's: mostly it is one, and further left, and no search is needed
        start = b"<" + self._p + b"c"
        last = inner.rfind(start)
        is_cell = last >= 0 and inner.startswith(b" ", last + len(start))
        found = _R.search(inner, last, inner.find(b">", last)) if is_cell else None
        if found and column_number(found[1].decode()) < column:
            return inner + cell
        for at, old in self._cells(inner):
            if at == column and old[2] and _FILLED.search(old[2]):
                raise OccupiedError
            if at >= column:
                return inner[: old.start()] + cell + inner[old.end() if at == column else old.start() :]
        return inner + cell

    def remove_cells(self, column: int, first: int, last: int) -> None:
        """Remove cells of a 0-based column in rows ``first`` to ``last``, and rows that are then empty."""
        out: list[bytes] = []
        done = 0
        for number, tag, start, end in self._rows():
            if number < first or tag[2]:
                continue
            if number > last:
                break
            inner = self.body[start:end]
            old = next((cell for at, cell in self._cells(inner) if at == column), None)
            if old is None:
                continue
            rest = inner[: old.start()] + inner[old.end() :]
            if rest.strip() or _R.sub(b"", _SPANS.sub(b"", tag[1])).strip():
                out += (self.body[done:start], rest)
                done = end
            else:
                out.append(self.body[done : tag.start()])
                done = self.body.find(b">", end) + 1
        self.body = b"".join((*out, self.body[done:]))

    def last_column(self) -> int:
        """Return the last 0-based column that any cell stands in, -1 without cells."""
        return max(
            (at for _, _, start, end in self._rows() for at, _ in self._cells(self.body[start:end])),
            default=-1,
        )

    def last_row(self) -> int:
        """Return the number of the last row, 0 without rows."""
        return max((number for number, *_ in self._rows()), default=0)

    def find_strings(
        self, shared: Collection[bytes], inline: Callable[[str], bool], rows: int
    ) -> Iterator[tuple[int, int]]:
        """Yield (row, 0-based column) of cells in the first ``rows`` rows with one of these texts.

        ``shared``: indices of shared strings; ``inline``: says whether the text of an inline string is meant.
        """
        for number, _, start, end in self._rows():
            if number > rows:
                return
            for column, cell in self._cells(self.body[start:end]):
                content = cell[2] or b""
                if b't="s"' in cell[1] or b"t='s'" in cell[1]:
                    if re.sub(rb"<[^>]*>", b"", content).strip() in shared:
                        yield number, column
                elif b"inlineStr" in cell[1] and inline(_text_of(content)):
                    yield number, column

    # -- what stands before the rows

    def _widen_dimension(self, first: int, last: int, column: int) -> None:
        found = _DIMENSION.search(self.head)
        try:
            stated = box(found[1].decode()) if found else None
        except ValueError:
            # it says nothing that anybody could read
            stated = None
        if found and stated:
            top, left, bottom, right = stated
            area = (min(top, first), min(left, column), max(bottom, last), max(right, column))
            self.head = self.head[: found.start(1)] + address(area).encode() + self.head[found.end(1) :]

    def set_width(self, column: int, width: float = NOTE_WIDTH) -> None:
        """Give the 0-based ``column`` a width of its own; wider ranges of columns are split around it."""
        self._edit_columns(column, b'<%bcol min="%d" max="%d" width="%g" customWidth="1"/>', width)

    def drop_width(self, column: int) -> None:
        """Take back what ``set_width`` did."""
        self._edit_columns(column, b"", 0)

    def _edit_columns(self, column: int, template: bytes, width: float) -> None:
        number = column + 1
        p = re.escape(self._p)
        block = re.search(rb"<" + p + rb"cols\s*>(.*?)</" + p + rb"cols\s*>", self.head, re.DOTALL)
        items: list[tuple[int, int, bytes, bytes]] = []
        for col in self._col.finditer(block[1]) if block else ():
            bounds = {key: int(value) for key, value in _COL_BOUND.findall(col[1])}
            low, high = bounds.get(b"min", 1), bounds.get(b"max", 1)
            rest = _COL_BOUND.sub(b"", col[1]).strip()
            if low <= number <= high:
                items += (
                    (a, b, rest, self._col_tag(a, b, rest))
                    for a, b in ((low, number - 1), (number + 1, high))
                    if a <= b
                )
            else:
                items.append((low, high, rest, col[0]))
        if template:
            items.append((number, number, b"", template % (self._p, number, number, width)))
        items.sort(key=lambda item: item[0])
        if not template:
            items = self._rejoined(items, number)
        tags = b"".join(item[3] for item in items)
        inner = b"<%bcols>%b</%bcols>" % (self._p, tags, self._p) if tags else b""
        if block:
            self.head = self.head[: block.start()] + inner + self.head[block.end() :]
        else:
            start = self.head.rfind(b"<" + self._p + b"sheetData")
            self.head = self.head[:start] + inner + self.head[start:]

    def _col_tag(self, low: int, high: int, rest: bytes) -> bytes:
        return b'<%bcol min="%d" max="%d" %b/>' % (self._p, low, high, rest)

    def _rejoined(
        self, items: list[tuple[int, int, bytes, bytes]], number: int
    ) -> list[tuple[int, int, bytes, bytes]]:
        """Join the two halves of a range that was split around column ``number``."""
        for i, (left, right) in enumerate(pairwise(items)):
            if left[1] == number - 1 and right[0] == number + 1 and left[2] == right[2]:
                tag = self._col_tag(left[0], right[1], left[2])
                return [*items[:i], (left[0], right[1], left[2], tag), *items[i + 2 :]]
        return items


def _element_end(data: bytes, name: bytes, position: int) -> int:
    """Return the end of the element ``name`` whose start tag ends at ``position``."""
    tag = re.compile(rb"<(/?)" + re.escape(name) + rb"(?=[\s/>])" + _ATTRS + rb"(/?)>")
    depth = 1
    for found in tag.finditer(data, position):
        if found[1]:
            depth -= 1
            if depth == 0:
                return found.end()
        elif not found[2]:
            depth += 1
    raise AnnotationError("a sheet part breaks off")


def _text_of(content: bytes) -> str:
    root = parse(b"<x>" + re.sub(rb"<(/?)[\w.-]+:", rb"<\1", content) + b"</x>")
    return "".join(element.text or "" for element in root.iter("t") if element.getparent() is not None)
