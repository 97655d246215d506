"""The reference lists (例示): what they are, their entries, and looking up a name in them.

The folder holds ``lists.csv`` (the entries) and ``lists.yaml`` (status, edition, source, titles).
The lists shipped with the program are samples; ``--reference-lists DIR`` puts others in their place.
"""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

from secsvc_batch.resources import resource
from secsvc_batch.standard.model import ListsFile, Text
from secsvc_batch.standard.problems import LoadError, Problem, hint, problem
from secsvc_batch.standard.yamlfile import Document, read_document, shown, validate

COLUMNS = ("list_id", "kind", "service", "name", "expires", "validity_years", "note")
KINDS = ("credential", "community", "training", "standard", "handling", "content", "education")
EXPIRES = ("yes", "no", "unknown")

Expires = Literal["yes", "no", "unknown", ""]


def fold_name(text: str) -> str:
    """Return a listed name as it is compared: NFKC, white space folded to one blank, trimmed.

    >>> fold_name("　ＣＩＳＡ（公認）  監査人 ")
    'CISA(公認) 監査人'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


@dataclass(frozen=True)
class Entry:
    """One name of a list. ``expires`` is '' for anything but credentials."""

    list_id: str
    kind: str
    services: tuple[str, ...]
    name: str
    expires: Expires = ""
    validity_years: int | None = None
    note: str = ""


@dataclass(frozen=True)
class ReferenceLists:
    """All reference lists in use, with where they come from. ``sha256`` covers both files."""

    status: Literal["sample", "official"]
    edition: str
    title: Text
    source: Text
    notice: Text | None
    titles: dict[str, Text]
    entries: tuple[Entry, ...]
    sha256: str

    @property
    def is_sample(self) -> bool:
        return self.status == "sample"

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The numbers of the lists, in the order of the file."""
        return tuple(self._by_list)

    def of(self, list_id: str) -> tuple[Entry, ...]:
        """Return the entries of a list; KeyError for an unknown number."""
        return self._by_list[list_id]

    def kind(self, list_id: str) -> str:
        """Return what a list holds (one of KINDS); KeyError for an unknown number."""
        return self._by_list[list_id][0].kind

    def lookup(self, list_id: str, name: str) -> Entry | None:
        """Return the entry of that list whose folded name equals that of ``name``."""
        return self._by_name.get((list_id, fold_name(name)))

    def find(self, name: str) -> tuple[Entry, ...]:
        """Return the entries of any list with that name, in the order of the file."""
        return self._anywhere.get(fold_name(name), ())

    def of_kinds(self, kinds: Iterable[str]) -> tuple[Entry, ...]:
        """Return the entries of the given kinds, in the order of the file."""
        wanted = set(kinds)
        return tuple(entry for entry in self.entries if entry.kind in wanted)

    @cached_property
    def _by_list(self) -> dict[str, tuple[Entry, ...]]:
        return _grouped(self.entries, lambda entry: entry.list_id)

    @cached_property
    def _anywhere(self) -> dict[str, tuple[Entry, ...]]:
        return _grouped(self.entries, lambda entry: fold_name(entry.name))

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Entry]:
        return {(entry.list_id, fold_name(entry.name)): entry for entry in self.entries}


def _grouped(entries: Sequence[Entry], key: Callable[[Entry], str]) -> dict[str, tuple[Entry, ...]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return {name: tuple(group) for name, group in groups.items()}


def load_lists(directory: Path | None = None, services: Sequence[str] | None = None) -> ReferenceLists:
    """Return the reference lists of ``directory`` (default: the sample lists shipped with the program).

    ``services`` are the service ids that rows may name; None takes any. Raises LoadError naming every
    fault with file, line and remedy.
    """
    folder = directory if directory is not None else resource("data/reference-lists")
    document = read_document(folder / "lists.yaml")
    meta = validate(document, ListsFile)
    table = _Table(shown(folder / "lists.csv"), services)
    entries = table.read(folder / "lists.csv")
    problems = document.problems + table.problems
    if meta is not None and entries:
        problems += _untitled(document, meta, table.file, entries)
    if problems or meta is None:
        raise LoadError(problems)
    return ReferenceLists(
        status=meta.status,
        edition=meta.edition,
        title=meta.title,
        source=meta.source,
        notice=meta.notice,
        titles=dict(meta.lists),
        entries=tuple(entries),
        sha256=hashlib.sha256(document.raw + table.raw).hexdigest(),
    )


def _untitled(document: Document, meta: ListsFile, table: str, entries: Sequence[Entry]) -> list[Problem]:
    """Return a problem for each list without a title and each title without a list."""
    used = dict.fromkeys(entry.list_id for entry in entries)
    line = document.line(["lists"])
    found = [
        problem(document.file, line, "list_without_title", list=name, table=table)
        for name in used
        if name not in meta.lists
    ]
    found += [
        problem(
            document.file,
            document.line(["lists", name]),
            "title_without_list",
            list=name,
            hint=hint(name, used),
        )
        for name in meta.lists
        if name not in used
    ]
    return found


class _Table:
    """Reads lists.csv, gathering its faults."""

    def __init__(self, file: str, services: Sequence[str] | None) -> None:
        self.file = file
        self.services = services
        self.problems: list[Problem] = []
        self.raw = b""
        self._lines: dict[tuple[str, str], int] = {}  # where a name of a list stood first
        self._kinds: dict[str, str] = {}

    def read(self, path: Path) -> list[Entry]:
        text = self._text(path)
        if text is None:
            return []
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            rows = [(reader.line_num, cells) for cells in reader]
        except csv.Error as error:
            self._fault(reader.line_num, "csv_syntax", detail=error)
            return []
        return self._entries(rows)

    def _text(self, path: Path) -> str | None:
        try:
            self.raw = path.read_bytes()
        except OSError:
            self._fault(0, "missing_file")
            return None
        # Excel on Japanese Windows saves CSV in code page 932 unless it is told otherwise.
        for encoding in ("utf-8-sig", "cp932"):
            try:
                return self.raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        self._fault(0, "not_utf8")
        return None

    def _entries(self, rows: list[tuple[int, list[str]]]) -> list[Entry]:
        header = [name.strip() for name in rows[0][1]] if rows else []
        if not self._header_fits(header):
            return []
        entries = []
        for line, cells in rows[1:]:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                self._fault(line, "csv_cells", count=len(cells), expected=len(header))
                continue
            row = {name: " ".join(cell.split()) for name, cell in zip(header, cells, strict=True)}
            entry = self._entry(row, line)
            if entry is not None:
                entries.append(entry)
        if not entries and not self.problems:
            self._fault(0, "empty_file")
        return entries

    def _header_fits(self, header: list[str]) -> bool:
        for name in header:
            if name not in COLUMNS:
                self._fault(1, "csv_unknown_column", column=name, hint=hint(name, COLUMNS))
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            self._fault(1, "csv_missing_column", columns=", ".join(missing))
        for name in {name for name in header if header.count(name) > 1}:
            self._fault(1, "duplicate_key", field=name)
        return not self.problems

    def _entry(self, row: dict[str, str], line: int) -> Entry | None:
        before = len(self.problems)
        self._check_values(row, line)
        self._check_row_fits(row, line)
        if len(self.problems) > before:
            return None
        years = row["validity_years"]
        return Entry(
            list_id=row["list_id"],
            kind=row["kind"],
            services=tuple(row["service"].split()),
            name=row["name"],
            expires=cast(Expires, row["expires"]),
            validity_years=int(years) if years else None,
            note=row["note"],
        )

    def _check_values(self, row: dict[str, str], line: int) -> None:
        if not re.fullmatch(r"[0-9]+(-[0-9]+)+", row["list_id"], re.ASCII):
            self._fault(line, "list_number", value=row["list_id"])
        if row["kind"] not in KINDS:
            self._fault(line, "csv_value", column="kind", value=row["kind"], hint=hint(row["kind"], KINDS))
        for service in row["service"].split() or [""]:
            if self.services is not None and service not in self.services:
                allowed = hint(service, self.services)
                self._fault(line, "csv_value", column="service", value=service, hint=allowed)
        if not row["name"]:
            self._fault(line, "csv_no_name")
        self._check_expires(row, line)
        if not re.fullmatch(r"([1-9][0-9]?)?", row["validity_years"], re.ASCII):
            self._fault(line, "csv_years", value=row["validity_years"])

    def _check_expires(self, row: dict[str, str], line: int) -> None:
        """Credentials say whether they expire, anything else says nothing."""
        if row["kind"] not in KINDS:
            return  # told already, and nobody knows what to expect
        allowed = EXPIRES if row["kind"] == "credential" else ("",)
        if row["expires"] not in allowed:
            known = hint(row["expires"], [name for name in allowed if name])
            self._fault(line, "csv_value", column="expires", value=row["expires"], hint=known)

    def _check_row_fits(self, row: dict[str, str], line: int) -> None:
        """A name stands once in a list, and a list is of one kind."""
        key = (row["list_id"], fold_name(row["name"]))
        first = self._lines.setdefault(key, line)
        if first != line:
            self._fault(line, "csv_name_twice", list=key[0], name=row["name"], first=first)
        if row["kind"] not in KINDS:
            return
        kind = self._kinds.setdefault(row["list_id"], row["kind"])
        if kind != row["kind"]:
            self._fault(line, "csv_two_kinds", list=key[0], kind=row["kind"], other=kind)

    def _fault(self, line: int, code: str, **params: object) -> None:
        self.problems.append(problem(self.file, line, code, **params))
