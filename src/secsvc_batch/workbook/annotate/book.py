"""The workbook part: its sheets, its defined names, and the parts around it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from secsvc_batch.workbook.annotate.model import AnnotationError
from secsvc_batch.workbook.annotate.opc import (
    ContentTypes,
    Relationships,
    local,
    parse,
    reachable,
    serialise,
    whole,
)
from secsvc_batch.workbook.annotate.package import Package
from secsvc_batch.workbook.annotate.text import Box, box, escaped, quoted

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_LINKS = {
    MAIN: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    _STRICT: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
# what may stand before <definedNames>, in the order of the schema
_BEFORE_NAMES = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets",
    "functionGroups", "externalReferences",
)  # fmt: skip
_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!([$A-Za-z0-9:]+)")


_START_OF_NAMES, _END_OF_NAMES, _NO_NAMES = b"<definedNames>", b"</definedNames>", b"<definedNames/>"
# of comments and instructions: only the declaration of the XML itself is usual
_MARKS = re.compile(rb"<[!?]")
_SCOPE = re.compile(rb'localSheetId="([0-9]{1,9})"')


def _without_names(source: bytes) -> tuple[bytes, bytes | None]:
    """Return a workbook part without what its list of defined names holds, and that.

    A form has hundreds of long names: a tree of them takes most of the time that annotating takes otherwise.
    None where the list is not written in the usual way.
    """
    start, end = source.find(_START_OF_NAMES), source.find(_END_OF_NAMES)
    if (
        not 0 < start < end
        or source.count(b"definedNames") != 2
        or _MARKS.findall(source) not in ([], [b"<?"])
    ):
        return source, None
    start += len(_START_OF_NAMES)
    names = source[start:end]
    # a scope in other quotes would not be found
    if names.count(b"localSheetId") != len(_SCOPE.findall(names)):
        return source, None
    return source[:start] + source[end:], names


@dataclass(eq=False)
class SheetPart:
    """One sheet of the workbook; ``kind``: worksheet, chartsheet ..."""

    name: str
    kind: str
    part: str
    element: etree._Element
    relationship: str


def folded(name: str) -> str:
    """Return a sheet name as Excel compares it."""
    return name.casefold()


class Book:
    """The workbook part of a package, found through the package's relationships."""

    def __init__(self, package: Package) -> None:
        self.package = package
        main = Relationships(package, "").by_type("officeDocument")
        if main is None or not package.find(main.part):
            raise AnnotationError("the package has no workbook")
        self.part = main.part
        self.source = package.read(self.part)
        rest, self._names = _without_names(self.source)
        self.root = parse(rest)
        self.namespace = etree.QName(self.root).namespace or ""
        if self.namespace not in _LINKS or local(self.root) != "workbook":
            raise AnnotationError("the main part is no workbook")
        self.relationships = Relationships(package, self.part)
        self.types = ContentTypes(package)
        self._sheets_element = self._child("sheets")
        self.sheets = [self._sheet(element) for element in self._sheets_element if local(element) == "sheet"]

    @property
    def link_namespace(self) -> str:
        """The namespace of relationship types and of ``r:id``."""
        return _LINKS[self.namespace]

    def _child(self, name: str) -> etree._Element:
        found = self.root.find(f"{{{self.namespace}}}{name}")
        if found is None:
            raise AnnotationError(f"the workbook has no {name}")
        return found

    def _sheet(self, element: etree._Element) -> SheetPart:
        found = element.get(f"{{{self.link_namespace}}}id", "")
        target = self.relationships.items.get(found)
        kind = target.type.rpartition("/")[2] if target else ""
        return SheetPart(element.get("name", ""), kind, target.part if target else "", element, found)

    @property
    def date1904(self) -> bool:
        """Whether days are counted from 1904."""
        properties = self.root.find(f"{{{self.namespace}}}workbookPr")
        return properties is not None and properties.get("date1904", "") in ("1", "true")

    def part_of(self, kind: str) -> str:
        """Return the part of the workbook's relationship ``kind`` (styles ...), '' without one."""
        found = self.relationships.by_type(kind)
        return found.part if found and self.package.find(found.part) else ""

    def free_part(self, pattern: str) -> str:
        """Return the first part name of ``pattern`` (with ``{}`` for a number from 1) that is free.

        '' where a pattern without a number is taken.
        """
        folder = self.part.rpartition("/")[0]
        start = folder + "/" if folder else ""
        number = 1
        while self.package.find(start + pattern.format(number)):
            if "{}" not in pattern:
                return ""
            number += 1
        return start + pattern.format(number)

    def add_part(self, part: str, kind: str, data: bytes) -> str:
        """Add ``part`` with its content type and relationship; return the relationship's id."""
        self.package.write(part, data)
        self.types.add(part, f"{_TYPE}{kind}+xml")
        return self.relationships.add("rIdSecsvc", f"{self.link_namespace}/{kind}", part)

    # -- sheets

    def add_sheet(self, index: int, name: str, data: bytes) -> None:
        """Put a new worksheet at ``index`` of the tabs; names that belong to later sheets move along."""
        part = self.free_part("worksheets/sheet{}.xml")
        relationship = self.add_part(part, "worksheet", data)
        numbers = [whole(sheet.element, "sheetId") for sheet in self.sheets]
        element = etree.Element(f"{{{self.namespace}}}sheet", name=name, sheetId=str(max(0, *numbers) + 1))
        element.set(f"{{{self.link_namespace}}}id", relationship)
        self._sheets_element.insert(index, element)
        self.sheets.insert(index, SheetPart(name, "worksheet", part, element, relationship))
        self._renumber(lambda old: old + 1 if old >= index else old)

    def remove_sheets(self, doomed: list[SheetPart]) -> None:
        """Remove sheets with their names and with every part that only they lead to."""
        self._put_names_back()
        before = reachable(self.package)
        gone = {self.sheets.index(sheet) for sheet in doomed}
        kept = [number for number in range(len(self.sheets)) if number not in gone]
        moved = {old: new for new, old in enumerate(kept)}
        self._renumber(lambda old: moved.get(old, -1))
        for sheet in doomed:
            self._sheets_element.remove(sheet.element)
            self.relationships.remove(sheet.relationship)
        self.sheets = [self.sheets[number] for number in kept]
        for view in self._views():
            active = whole(view, "activeTab", 0)
            view.set("activeTab", str(moved.get(active, 0)))
        self.relationships.save()
        for part in sorted(before - reachable(self.package)):
            self.drop_part(part)

    def drop_part(self, part: str) -> None:
        """Remove ``part`` and its content type."""
        self.package.remove(part)
        self.types.remove(part)

    def drop_relationship(self, kind: str) -> None:
        """Remove the workbook's relationship ``kind`` and its part, if there is one."""
        found = self.relationships.by_type(kind)
        if found:
            self.relationships.remove(found.id)
            self.drop_part(found.part)

    def _views(self) -> list[etree._Element]:
        return list(self.root.iter(f"{{{self.namespace}}}workbookView"))

    def open_at_first(self) -> None:
        """Let the workbook open at its first sheet."""
        for view in self._views():
            view.set("activeTab", "0")
            view.set("firstSheet", "0")

    # -- defined names

    def names(self) -> list[etree._Element]:
        """Return the ``definedName`` elements."""
        self._put_names_back()
        return list(self.root.iter(f"{{{self.namespace}}}definedName"))

    def _put_names_back(self) -> None:
        if self._names is None:
            return
        declared = "".join(
            f' xmlns{":" + prefix if prefix else ""}="{quoted(uri)}"'
            for prefix, uri in self.root.nsmap.items()
        )
        names = parse(f"<definedNames{declared}>".encode() + self._names + _END_OF_NAMES)
        place = self._child("definedNames")
        place.extend(list(names))
        self._names = None

    def _renumber(self, number: Callable[[int], int]) -> None:
        """Apply ``number`` to the sheet that each local name belongs to; below zero the name goes."""
        if self._names is not None:
            self._names = _SCOPE.sub(lambda found: b'localSheetId="%d"' % number(int(found[1])), self._names)
            return
        for element in self.names():
            scope = whole(element, "localSheetId")
            if scope < 0:
                continue
            new = number(scope)
            if new < 0:
                self.remove_name(element)
            else:
                element.set("localSheetId", str(new))

    def add_name(self, name: str, refers_to: str, scope: int | None = None, *, hidden: bool = False) -> None:
        """Define ``name``, for the sheet at index ``scope`` only when that is given."""
        if self._names is not None:
            attributes = f'name="{quoted(name)}"' + ("" if scope is None else f' localSheetId="{scope}"')
            attributes += ' hidden="1"' if hidden else ""
            self._names += f"<definedName {attributes}>{escaped(refers_to)}</definedName>".encode()
            return
        holder = self.root.find(f"{{{self.namespace}}}definedNames")
        if holder is None:
            holder = etree.Element(f"{{{self.namespace}}}definedNames")
            before = [child for child in self.root if local(child) in _BEFORE_NAMES]
            before[-1].addnext(holder)
        element = etree.SubElement(holder, f"{{{self.namespace}}}definedName", name=name)
        if scope is not None:
            element.set("localSheetId", str(scope))
        if hidden:
            element.set("hidden", "1")
        element.text = refers_to

    def remove_name(self, element: etree._Element) -> None:
        """Remove a defined name, and the list of names when it was the last."""
        holder = element.getparent()
        if holder is None:
            return
        holder.remove(element)
        parent = holder.getparent()
        if len(holder) == 0 and parent is not None:
            parent.remove(holder)

    def referred(self, element: etree._Element) -> tuple[SheetPart, Box] | None:
        """Return the sheet and the cells that a defined name means, None when they are gone."""
        found = _REFERENCE.fullmatch((element.text or "").strip())
        if not found:
            return None
        name = (found[1] or "").replace("''", "'") or found[2]
        sheet = self.sheet(name)
        try:
            return (sheet, box(found[3])) if sheet else None
        except ValueError:
            return None

    def sheet(self, name: str) -> SheetPart | None:
        """Return the sheet ``name`` (whatever its case), or None."""
        return next((sheet for sheet in self.sheets if folded(sheet.name) == folded(name)), None)

    def save(self) -> None:
        """Write workbook part, relationships and content types back."""
        data = serialise(self.root)
        if self._names is not None:
            data = data.replace(_NO_NAMES, _START_OF_NAMES + self._names + _END_OF_NAMES, 1)
        self.package.write(self.part, data)
        self.relationships.save()
        self.types.save()
