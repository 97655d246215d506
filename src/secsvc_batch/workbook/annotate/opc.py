"""The small parts that hold a package together: relationships and content types, and safe XML parsing."""

import posixpath
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from secsvc_batch.workbook.annotate.model import AnnotationError
from secsvc_batch.workbook.annotate.package import Package

DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MOST_TAGS = 1_500_000
_TYPES_PART = "[Content_Types].xml"


def parse(data: bytes, **options: bool) -> etree._Element:
    """Parse XML without entities, network or document types.

    AnnotationError when it is not well-formed or would make a tree that is too large.
    """
    if data.count(b"<") > _MOST_TAGS:
        raise AnnotationError("a part has too many elements")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=options.get("bare", False),
        remove_pis=options.get("bare", False),
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise AnnotationError(f"a part is not well-formed XML: {error}") from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise AnnotationError("a part has a document type")
    return root


def serialise(root: etree._Element) -> bytes:
    """Return the part whose root is ``root``."""
    return DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False)


def local(element: etree._Element) -> str:
    """Return the name of ``element`` without its namespace ('' for comments)."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def whole(element: etree._Element, name: str, otherwise: int = -1) -> int:
    """Return the whole number in an attribute, ``otherwise`` where there is nothing, or anything else."""
    text = element.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def relationships_part(part: str) -> str:
    """Return where the relationships of ``part`` stand ('' for the package itself)."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", name + ".rels")


@dataclass(frozen=True)
class Relationship:
    """One internal relationship: its id, type and the part it leads to."""

    id: str
    type: str
    part: str


class Relationships:
    """The relationships of one part; targets may be absolute, relative, percent-encoded."""

    def __init__(self, package: Package, part: str) -> None:
        self._package = package
        self._source = part
        self.part = package.find(relationships_part(part)) or relationships_part(part)
        self._root = (
            parse(package.read(self.part))
            if package.find(self.part)
            else etree.fromstring(f'<Relationships xmlns="{PACKAGE_RELATIONSHIPS}"/>'.encode())
        )
        self.changed = False
        self.items: dict[str, Relationship] = {}
        for element in self._root:
            if local(element) == "Relationship" and element.get("TargetMode") != "External":
                target = self._resolve(element.get("Target", ""))
                self.items[element.get("Id", "")] = Relationship(
                    element.get("Id", ""), element.get("Type", ""), target
                )

    def _resolve(self, target: str) -> str:
        target = target.replace("\\", "/").partition("#")[0]
        base = posixpath.dirname(self._source)
        path = posixpath.normpath(
            target.lstrip("/") if target.startswith("/") else posixpath.join(base, target)
        )
        return self._package.find(path) or self._package.find(unquote(path)) or path

    def by_type(self, name: str) -> Relationship | None:
        """Return the first relationship whose type ends in ``/name``, or None."""
        return next((item for item in self.items.values() if item.type.endswith("/" + name)), None)

    def add(self, id_hint: str, kind: str, part: str) -> str:
        """Add a relationship of type ``kind`` to ``part``; return its id."""
        used = {element.get("Id", "") for element in self._root}
        number = 1
        while f"{id_hint}{number}" in used:
            number += 1
        found = f"{id_hint}{number}"
        base = posixpath.dirname(self._source)
        inside = part.startswith(base + "/") if base else True
        target = (part[len(base) + 1 :] if base else part) if inside else "/" + part
        attributes = {"Id": found, "Type": kind, "Target": target}
        etree.SubElement(self._root, f"{{{self._namespace}}}Relationship", attributes)
        self.items[found] = Relationship(found, kind, part)
        self.changed = True
        return found

    @property
    def _namespace(self) -> str:
        return etree.QName(self._root).namespace or PACKAGE_RELATIONSHIPS

    def remove(self, found: str) -> None:
        """Remove the relationship ``found``."""
        for element in list(self._root):
            if element.get("Id") == found:
                self._root.remove(element)
        self.items.pop(found, None)
        self.changed = True

    def save(self) -> None:
        """Write the part back if it was changed."""
        if self.changed:
            self._package.write(self.part, serialise(self._root))


class ContentTypes:
    """``[Content_Types].xml``."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._root = parse(package.read(_TYPES_PART))
        self._changed = False

    def add(self, part: str, content_type: str) -> None:
        """State the content type of the new ``part``."""
        namespace = etree.QName(self._root).namespace or _CONTENT_TYPES
        etree.SubElement(
            self._root, f"{{{namespace}}}Override", {"PartName": "/" + part, "ContentType": content_type}
        )
        self._changed = True

    def remove(self, part: str) -> None:
        """Forget ``part``."""
        for element in list(self._root):
            if local(element) == "Override" and element.get("PartName", "").lower() == "/" + part.lower():
                self._root.remove(element)
                self._changed = True

    def save(self) -> None:
        """Write the part back if it was changed."""
        if self._changed:
            self._package.write(_TYPES_PART, serialise(self._root))


def reachable(package: Package) -> set[str]:
    """Return every part that can be reached from the package's own relationships, theirs included."""
    seen: set[str] = set()
    waiting = [""]
    while waiting:
        part = waiting.pop()
        relations = package.find(relationships_part(part))
        if not relations:
            continue
        seen.add(relations)
        for item in Relationships(package, part).items.values():
            if package.find(item.part) and item.part not in seen:
                seen.add(item.part)
                waiting.append(item.part)
    return seen
