"""Do the rules fit together? Clauses, parents, lists, roles, vocabularies, sheets, readings, examples.

Everything a single file cannot know of itself. Nodes that are malformed in themselves still count as
nodes here, so that one typo does not make a dozen orphans.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from secsvc_batch.standard.lists import ReferenceLists
from secsvc_batch.standard.model import CaseReview, ClauseFile, Edition, ReadingsFile, Requirement, Route
from secsvc_batch.standard.problems import Problem, hint, problem
from secsvc_batch.standard.references import World, reference_problems
from secsvc_batch.standard.yamlfile import Document
from secsvc_batch.workbook.layout import Layout


@dataclass(frozen=True)
class RuleFile:
    """A rule file as read; ``content`` is None where it does not follow the schema."""

    document: Document
    content: ClauseFile | None


@dataclass(frozen=True)
class Node:
    """What the tree needs of a requirement, well-formed or not."""

    clause: str
    id: str
    parent: str | None
    service: str
    check: str  # '' for a group
    document: Document
    index: int
    requirement: Requirement | None

    def problem(self, path: Sequence[str | int], code: str, **params: object) -> Problem:
        """Return a problem at a place inside this requirement."""
        line = self.document.line(["requirements", self.index, *path])
        return problem(self.document.file, line, code, clause=self.clause, **params)


def check_rules(
    files: Sequence[RuleFile],
    edition: Edition,
    edition_document: Document,
    layout: Layout,
    readings: ReadingsFile,
    readings_document: Document,
    lists: ReferenceLists,
) -> list[Problem]:
    """Return everything that does not fit together, in no particular order."""
    nodes = [node for file in files for node in _nodes(file)]
    world = World.of(nodes_by_clause(nodes), edition, layout, readings, lists)
    problems = [*_edition_problems(edition, edition_document, layout)]
    problems += _file_problems(files, edition)
    problems += _readings_problems(readings, readings_document, edition, world)
    problems += _duplicates(nodes)
    problems += _tree_problems(nodes, edition)
    problems += _combination_problems(nodes)
    for node in nodes:
        if node.requirement is not None:
            problems += reference_problems(node.requirement, node.service, node.problem, world)
    unreadable = any(file.document.data is None for file in files)
    # With a file missing, clauses that others name would seem unknown: not worth telling.
    return [p for p in problems if not (unreadable and p.code in ("unknown_clause", "orphan"))]


def nodes_by_clause(nodes: Iterable[Node]) -> dict[str, tuple[str, str]]:
    """Return service and kind of check ('' for a group) of every clause."""
    return {node.clause: (node.service, node.check) for node in nodes}


def _nodes(file: RuleFile) -> Iterator[Node]:
    data = file.document.data
    if not isinstance(data, dict) or not isinstance(data.get("requirements"), list):
        return
    for index, raw in enumerate(data["requirements"]):
        if not isinstance(raw, dict) or not isinstance(raw.get("clause"), str):
            continue  # told as a malformed requirement already
        parent = raw.get("parent")
        yield Node(
            clause=raw["clause"],
            id=str(raw.get("id", "")),
            parent=parent if isinstance(parent, str) else None,
            service=str(data.get("service", "")),
            check=_check(raw),
            document=file.document,
            index=index,
            requirement=file.content.requirements[index] if file.content else _requirement(raw),
        )


def _check(raw: Mapping[str, Any]) -> str:
    requires = raw.get("requires")
    return str(requires.get("check", "?")) if isinstance(requires, dict) else ""


def _requirement(raw: Mapping[str, Any]) -> Requirement | None:
    try:
        return Requirement.model_validate(raw)
    except ValidationError:
        return None


def _edition_problems(edition: Edition, document: Document, layout: Layout) -> Iterator[Problem]:
    """The services of the edition are the choices of the workbook, word for word."""
    choices = {choice.id: choice for choice in layout.vocabularies.get("service", [])}
    roles = role_columns(layout)
    for index, service in enumerate(edition.services):
        choice = choices.get(service.id)
        if choice is None or (choice.ja, choice.en) != (service.name.ja, service.name.en):
            line = document.line(["services", index, "name"])
            yield problem(document.file, line, "service_words", service=service.id)
        for role in service.roles:
            if role not in roles:
                line = document.line(["services", index, "role" if role == service.role else "also_roles"])
                known = hint(role, roles)
                yield problem(document.file, line, "unknown_role", clause=service.id, role=role, hint=known)


def role_columns(layout: Layout) -> list[str]:
    """Return the columns of the workbook that hold a role in a service."""
    return [field.id for sheet in layout.sheets for field in sheet.fields if field.choices == "role"]


def _file_problems(files: Sequence[RuleFile], edition: Edition) -> Iterator[Problem]:
    known = [service.id for service in edition.services]
    seen: dict[str, str] = {}
    for file in files:
        data, name, line = file.document.data, file.document.file, file.document.line
        if not isinstance(data, dict):
            continue
        service = str(data.get("service"))
        if "service" in data and service not in known:
            allowed = hint(service, known)
            yield problem(name, line(["service"]), "unknown_service", service=service, hint=allowed)
        if service in seen:
            yield problem(name, line(["service"]), "service_twice", service=service, other=seen[service])
        seen.setdefault(service, name)
        yield from _edition_of(file, edition)
    if all(file.document.data is not None for file in files):
        for service in known:
            if service not in seen and files:
                yield problem(
                    files[0].document.file.rpartition("/")[0], 0, "service_without_file", service=service
                )


def _edition_of(file: RuleFile, edition: Edition) -> Iterator[Problem]:
    document, content = file.document, file.content
    if isinstance(document.data.get("edition"), str) and document.data["edition"] != edition.edition:
        line = document.line(["edition"])
        found = document.data["edition"]
        yield problem(document.file, line, "edition_mismatch", edition=found, expected=edition.edition)
    if content is not None and content.in_force != edition.in_force:
        yield problem(document.file, document.line(["in_force"]), "in_force_mismatch")


def _readings_problems(
    readings: ReadingsFile, document: Document, edition: Edition, world: World
) -> Iterator[Problem]:
    if readings.edition != edition.edition:
        line = document.line(["edition"])
        found, expected = readings.edition, edition.edition
        yield problem(document.file, line, "edition_mismatch", edition=found, expected=expected)
    seen: dict[str, int] = {}
    for index, reading in enumerate(readings.readings):
        line = document.line(["readings", index])
        first = seen.setdefault(reading.id, line)
        if first != line:
            yield problem(document.file, line, "duplicate_reading", reading=reading.id, first=first)
        for place, clause in enumerate(reading.clauses):
            if clause not in world.clauses:
                line = document.line(["readings", index, "clauses", place])
                known = hint(clause, world.clauses)
                yield problem(
                    document.file, line, "unknown_clause", clause=reading.id, name=clause, hint=known
                )


def _duplicates(nodes: Sequence[Node]) -> Iterator[Problem]:
    for key in ("clause", "id"):
        first: dict[str, str] = {}
        for node in nodes:
            value = getattr(node, key)
            place = f"{node.document.file}:{node.document.line(['requirements', node.index])}"
            if first.setdefault(value, place) != place:
                yield node.problem([key], f"duplicate_{key}", value=value, other=first[value])


def _tree_problems(nodes: Sequence[Node], edition: Edition) -> Iterator[Problem]:
    by_clause = {node.clause: node for node in nodes}
    roots = {service.id: service.clause for service in edition.services}
    with_children = {node.parent for node in nodes}
    for node in nodes:
        yield from _parent_problems(node, by_clause, roots)
        if not node.check and node.clause not in with_children:
            yield node.problem([], "group_without_children")
        if node.check and node.clause in with_children:
            yield node.problem([], "leaf_with_children")
    yield from _cycles(nodes, by_clause)


def _combination_problems(nodes: Sequence[Node]) -> Iterator[Problem]:
    """Some groups look at what their children look at, so that these must look at the same."""
    for group in nodes:
        below = [node for node in nodes if node.parent == group.clause and node.requirement is not None]
        rules = [node.requirement.requires if node.requirement else None for node in below]
        how = group.requirement.combine if group.requirement else None
        for node, rule in zip(below, rules, strict=True):
            if how == "any_per_case" and not _alike(rule, rules[0], CaseReview, "window_years"):
                yield node.problem(["requires"], "not_case_by_case", group=group.clause)
            if how == "everyone_any" and not _alike(rule, rules[0], Route, "people"):
                yield node.problem(["requires"], "not_person_by_person", group=group.clause)


def _alike(rule: object, first: object, kind: Any, what: str) -> bool:
    return isinstance(rule, kind) and getattr(rule, what) == getattr(first, what, None)


def _parent_problems(
    node: Node, by_clause: Mapping[str, Node], roots: Mapping[str, str]
) -> Iterator[Problem]:
    root = roots.get(node.service)
    if node.parent is None:
        if root is not None and node.clause != root:
            yield node.problem([], "no_parent", root=root)
    elif node.parent not in by_clause:
        beside = [
            other.clause for other in by_clause.values() if other.service == node.service and not other.check
        ]
        yield node.problem(["parent"], "orphan", parent=node.parent, hint=hint(node.parent, beside))
    elif by_clause[node.parent].service != node.service:
        other = by_clause[node.parent].service
        yield node.problem(["parent"], "foreign_parent", parent=node.parent, service=other)


def _cycles(nodes: Sequence[Node], by_clause: Mapping[str, Node]) -> Iterator[Problem]:
    """Tell each ring of parents once, at its first node."""
    told: set[str] = set()
    for node in nodes:
        ring: list[str] = []
        step: Node | None = node
        while step is not None and step.clause not in ring:
            ring.append(step.clause)
            step = by_clause.get(step.parent) if step.parent is not None else None
        if step is node and node.clause not in told:
            told.update(ring)
            yield node.problem(["parent"], "cycle", clauses=" → ".join([*ring, node.clause]))
