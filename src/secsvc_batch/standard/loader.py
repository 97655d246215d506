"""Rule files, readings and reference lists -> one checked :class:`Standard`.

Loading checks everything that could go wrong later: a fault in a rule stops the program here, with
file, line and remedy, and never shows up while applicants are evaluated.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from secsvc_batch.resources import resource
from secsvc_batch.standard.checker import RuleFile, check_rules
from secsvc_batch.standard.lists import ReferenceLists, load_lists
from secsvc_batch.standard.model import (
    ClauseFile,
    Edition,
    Reading,
    ReadingsFile,
    ReadingValue,
    Requirement,
    Service,
)
from secsvc_batch.standard.problems import LoadError, Problem, RulesError, hint, problem
from secsvc_batch.standard.yamlfile import Document, read_document, shown, validate
from secsvc_batch.workbook.layout import Layout

EDITION, WORKBOOK, READINGS = "edition.yaml", "workbook.yaml", "readings.yaml"
READING_VALUES: tuple[ReadingValue, ...] = ("strict", "lenient", "both")


@dataclass(frozen=True)
class Standard:
    """One edition of the standard with its lists and readings, checked as a whole.

    ``requirements`` holds every node in tree order (a group before what it holds), service after
    service. ``rules_hash`` is the SHA-256 of all rule files; the lists carry their own.
    """

    edition: Edition
    requirements: tuple[Requirement, ...]
    services_by_clause: Mapping[str, str]
    readings: Mapping[str, Reading]
    lists: ReferenceLists
    layout: Layout
    rules_hash: str

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(self.edition.services)

    @cached_property
    def by_clause(self) -> dict[str, Requirement]:
        return {requirement.clause: requirement for requirement in self.requirements}

    @cached_property
    def clauses(self) -> frozenset[str]:
        return frozenset(self.by_clause)

    @cached_property
    def by_id(self) -> dict[str, Requirement]:
        return {requirement.id: requirement for requirement in self.requirements}

    @cached_property
    def leaves(self) -> tuple[Requirement, ...]:
        return tuple(requirement for requirement in self.requirements if requirement.is_leaf)

    @cached_property
    def _children(self) -> dict[str, tuple[Requirement, ...]]:
        children: dict[str, list[Requirement]] = {r.clause: [] for r in self.requirements}
        for requirement in self.requirements:
            if requirement.parent is not None:
                children[requirement.parent].append(requirement)
        return {clause: tuple(below) for clause, below in children.items()}

    def children(self, clause: str) -> tuple[Requirement, ...]:
        """Return the nodes right below ``clause``, in the order of the text; KeyError if unknown."""
        return self._children[clause]

    def service(self, service_id: str) -> Service:
        """Return a service by its id; KeyError if unknown."""
        for service in self.edition.services:
            if service.id == service_id:
                return service
        raise KeyError(service_id)

    def service_of(self, clause: str) -> Service:
        """Return the service that a clause belongs to; KeyError if unknown."""
        return self.service(self.services_by_clause[clause])

    def of_service(self, service_id: str) -> tuple[Requirement, ...]:
        """Return the nodes of one service in tree order."""
        return tuple(r for r in self.requirements if self.services_by_clause[r.clause] == service_id)

    def readings_of(self, clause: str) -> tuple[Reading, ...]:
        """Return the readings that can change the verdict of a clause."""
        return tuple(reading for reading in self.readings.values() if clause in reading.clauses)

    def reading(self, reading_id: str) -> ReadingValue:
        """Return the value in force of a reading; KeyError if unknown."""
        return self.readings[reading_id].value

    def with_readings(self, values: Mapping[str, ReadingValue]) -> "Standard":
        """Return the same standard with some readings settled otherwise; KeyError for an unknown one."""
        changed = {
            name: self.readings[name].model_copy(update={"value": value}) for name, value in values.items()
        }
        return replace(self, readings={**self.readings, **changed})


def load_standard(
    rules: Path | None = None, lists: Path | None = None, readings: Path | None = None
) -> Standard:
    """Load and check the rules, the reference lists and, where given, an office's own readings.

    ``rules`` and ``lists`` are folders (default: those shipped with the program), ``readings`` a file
    of ``id: value`` lines. Raises RulesError naming every fault found in rules and lists, or LoadError
    for faults of the readings file.
    """
    folder = rules if rules is not None else resource("rules")
    standard = _Loading(folder).load(lists)
    return load_readings(readings, standard) if readings is not None else standard


def load_readings(path: Path, standard: Standard) -> Standard:
    """Return ``standard`` with the readings of a file of ``id: value`` lines in force.

    Raises LoadError for unknown readings or values.
    """
    document = read_document(path)
    problems = document.problems
    data = document.data if isinstance(document.data, dict) else {}
    if not problems and not data:
        problems.append(problem(document.file, 1, "readings_shape"))
    for name, value in data.items():
        line = document.line([str(name)])
        if name not in standard.readings:
            known = hint(name, standard.readings)
            problems.append(problem(document.file, line, "unknown_reading", reading=name, hint=known))
        elif value not in READING_VALUES:
            known = hint(value, READING_VALUES)
            problems.append(problem(document.file, line, "wrong_value", value=value, hint=known))
    if problems:
        raise LoadError(problems)
    return standard.with_readings(data)


class _Loading:
    """One run over a folder of rules; gathers problems and raises them together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.documents: list[Document] = []

    def load(self, lists: Path | None) -> Standard:
        edition_document = self._read(EDITION)
        edition = validate(edition_document, Edition)
        layout = validate(self._read(WORKBOOK), Layout)
        readings_document = self._read(READINGS)
        readings = validate(readings_document, ReadingsFile)
        files = [self._rule_file(path) for path in self._rule_paths()]
        if not files:
            self.problems.append(problem(shown(self.folder), 0, "no_rules"))
        reference = self._lists(lists, edition)
        self._finish_reading()
        if edition and layout and readings and reference:
            self.problems += check_rules(
                files, edition, edition_document, layout, readings, readings_document, reference
            )
        if self.problems or not (edition and layout and readings and reference):
            raise RulesError(sorted(set(self.problems), key=lambda p: (p.file, p.line, p.code)))
        return _assemble(files, edition, layout, readings, reference, self._hash())

    def _rule_paths(self) -> list[Path]:
        special = {EDITION, WORKBOOK, READINGS}
        return sorted(path for path in self.folder.glob("*.yaml") if path.name not in special)

    def _read(self, name: str) -> Document:
        document = read_document(self.folder / name)
        self.documents.append(document)
        return document

    def _rule_file(self, path: Path) -> RuleFile:
        document = self._read(path.name)
        return RuleFile(document, validate(document, ClauseFile))

    def _lists(self, folder: Path | None, edition: Edition | None) -> ReferenceLists | None:
        try:
            return load_lists(folder, [service.id for service in edition.services] if edition else None)
        except LoadError as error:
            self.problems += error.problems
            return None

    def _finish_reading(self) -> None:
        for document in self.documents:
            self.problems += document.problems

    def _hash(self) -> str:
        """Hash names and contents, so that a renamed file counts as a change too."""
        digest = hashlib.sha256()
        for document in sorted(self.documents, key=lambda d: Path(d.file).name):
            digest.update(Path(document.file).name.encode() + b"\0" + document.raw + b"\0")
        return digest.hexdigest()


def _assemble(
    files: list[RuleFile],
    edition: Edition,
    layout: Layout,
    readings: ReadingsFile,
    lists: ReferenceLists,
    rules_hash: str,
) -> Standard:
    by_service = {file.content.service: file.content for file in files if file.content}
    requirements: list[Requirement] = []
    services: dict[str, str] = {}
    for service in edition.services:
        nodes = _in_tree_order(by_service[service.id].requirements)
        requirements += nodes
        services.update((node.clause, service.id) for node in nodes)
    return Standard(
        edition=edition,
        requirements=tuple(requirements),
        services_by_clause=services,
        readings={reading.id: reading for reading in readings.readings},
        lists=lists,
        layout=layout,
        rules_hash=rules_hash,
    )


def _in_tree_order(requirements: list[Requirement]) -> list[Requirement]:
    below: dict[str | None, list[Requirement]] = {}
    for requirement in requirements:
        below.setdefault(requirement.parent, []).append(requirement)
    ordered: list[Requirement] = []
    waiting = list(reversed(below[None]))
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        waiting += reversed(below.get(node.clause, []))
    return ordered
