"""Does each name that a requirement uses exist: list, role, clause, word, sheet, reading?"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from secsvc_batch.standard.lists import ReferenceLists
from secsvc_batch.standard.model import (
    CaseReview,
    CountedService,
    Edition,
    Education,
    Example,
    Follows,
    Headcount,
    HeadcountBoth,
    People,
    ReadingsFile,
    Reference,
    Requirement,
    RouteCredential,
    RouteTeaching,
    RouteTrackRecord,
    RouteTraining,
)
from secsvc_batch.standard.problems import Problem, hint
from secsvc_batch.workbook.layout import Layout, Sheet

PLACEHOLDERS = ("n", "m")
LEAST_EXAMPLES = 3
Place = Sequence[str | int]


class Tell(Protocol):
    """Makes a problem at a place inside the requirement at hand."""

    def __call__(self, path: Place, code: str, **params: object) -> Problem: ...


@dataclass(frozen=True)
class World:
    """Everything that a rule may name. ``clauses`` holds service and check ('' for a group)."""

    clauses: Mapping[str, tuple[str, str]]
    variants: Mapping[str, Sequence[str]]
    roles: Sequence[str]
    words: Mapping[str, Sequence[str]]
    case_types: Mapping[str, Sequence[str]]
    sheets: Mapping[str, Sheet]
    readings: Sequence[str]
    list_kinds: Mapping[str, str]

    @classmethod
    def of(
        cls,
        clauses: Mapping[str, tuple[str, str]],
        edition: Edition,
        layout: Layout,
        readings: ReadingsFile,
        lists: ReferenceLists,
    ) -> "World":
        """Gather the names from edition, data dictionary, readings and lists."""
        return cls(
            clauses=clauses,
            variants={service.id: [v.id for v in service.variants] for service in edition.services},
            roles=[f.id for sheet in layout.sheets for f in sheet.fields if f.choices == "role"],
            words={name: [choice.id for choice in choices] for name, choices in layout.vocabularies.items()},
            case_types={choice.id: choice.services for choice in layout.vocabularies.get("case_type", [])},
            sheets=layout.by_id,
            readings=[reading.id for reading in readings.readings],
            list_kinds={list_id: lists.kind(list_id) for list_id in lists.ids},
        )


def reference_problems(requirement: Requirement, service: str, tell: Tell, world: World) -> Iterator[Problem]:
    """Yield every name in a requirement that leads nowhere, and what a leaf lacks."""
    yield from _unknown(requirement.evidence, ["evidence"], "unknown_sheet", world.sheets, tell)
    if requirement.applies_to is not None:
        place = ["applies_to", "variants"]
        known = world.variants.get(service, [])
        yield from _unknown(requirement.applies_to.variants, place, "unknown_variant", known, tell)
    if requirement.is_leaf:
        yield from _leaf_problems(requirement, tell)
        yield from _check_problems(requirement, tell, world)
    for index, example in enumerate(requirement.examples):
        yield from _example_problems(example, ["examples", index], tell, world)


def _unknown(
    names: Iterable[str], place: Place, code: str, known: Iterable[str], tell: Tell
) -> Iterator[Problem]:
    allowed = list(known)
    for index, name in enumerate(names):
        if name not in allowed:
            yield tell([*place, index], code, name=name, hint=hint(name, allowed))


def _leaf_problems(requirement: Requirement, tell: Tell) -> Iterator[Problem]:
    for name in ("question", "missing", "machine"):
        if getattr(requirement, name) is None:
            yield tell([], "leaf_lacks", field=name)
    if not requirement.evidence:
        yield tell([], "leaf_lacks", field="evidence")
    if requirement.missing is not None:
        for lang in ("ja", "en"):
            for name in re.findall(r"\{(.*?)\}", requirement.missing(lang)):
                if name not in PLACEHOLDERS:
                    yield tell(["missing", lang], "bad_placeholder", name=name)
    verdicts = {example.verdict for example in requirement.examples}
    if len(requirement.examples) < LEAST_EXAMPLES:
        yield tell(["examples"], "few_examples", count=len(requirement.examples))
    elif not ({"pass", "fail"} <= verdicts and verdicts & {"review", "not_applicable"}):
        yield tell(["examples"], "one_sided_examples")


def _check_problems(requirement: Requirement, tell: Tell, world: World) -> Iterator[Problem]:
    yield from _list_problems(requirement, tell, world)
    yield from _people_problems(requirement, tell, world)
    check = requirement.requires
    match check:
        case RouteTeaching(technology=word):
            yield from _word(word, "technology", ["requires", "technology"], tell, world)
        case RouteTrackRecord():
            for index, counted in enumerate(check.cases):
                yield from _counted_problems(counted, ("requires", "cases", index), tell, world)
        case Headcount():
            yield from _route_problems(check.routes, "routes", tell, world)
        case HeadcountBoth():
            yield from _route_problems(check.first_routes, "first_routes", tell, world)
            yield from _route_problems(check.second_routes, "second_routes", tell, world)
        case CaseReview():
            yield from _route_problems(check.routes, "routes", tell, world)
            yield from _word(check.method, "review_method", ["requires", "method"], tell, world)
        case Education():
            yield from _word(check.purpose, "training_purpose", ["requires", "purpose"], tell, world)
        case Reference():
            yield from _reference_problems(check, tell, world)


_LIST_KINDS: dict[type, tuple[str, ...]] = {
    RouteCredential: ("credential",),
    RouteTeaching: ("community",),
    RouteTraining: ("training",),
    Follows: ("standard", "handling", "content"),
    Education: ("education",),
}


def _list_problems(requirement: Requirement, tell: Tell, world: World) -> Iterator[Problem]:
    check = requirement.requires
    wanted = _LIST_KINDS.get(type(check))
    if wanted is None:
        return
    for key in ("list", "review_list"):
        name = getattr(check, key, None)
        if name is None:
            continue
        if name not in world.list_kinds:
            yield tell(["requires", key], "unknown_list", list=name, hint=hint(name, world.list_kinds))
        elif world.list_kinds[name] not in wanted:
            found, kinds = world.list_kinds[name], ", ".join(wanted)
            yield tell(["requires", key], "wrong_list_kind", list=name, kind=found, kinds=kinds)


def _people_problems(requirement: Requirement, tell: Tell, world: World) -> Iterator[Problem]:
    check = requirement.requires
    for key in type(check).model_fields if check is not None else ():
        people = getattr(check, key)
        if isinstance(people, People):
            place = ["requires", key, "roles"]
            for index, role in enumerate(people.roles):
                if role not in world.roles:
                    yield tell([*place, index], "unknown_role", role=role, hint=hint(role, world.roles))


def _word(word: str | None, vocabulary: str, place: Place, tell: Tell, world: World) -> Iterator[Problem]:
    known = world.words.get(vocabulary, [])
    if word is not None and word not in known:
        yield tell(place, "unknown_word", word=word, vocabulary=vocabulary, hint=hint(word, known))


def _counted_problems(counted: CountedService, place: Place, tell: Tell, world: World) -> Iterator[Problem]:
    yield from _word(counted.service, "service", [*place, "service"], tell, world)
    if counted.reading is not None and counted.reading not in world.readings:
        known = hint(counted.reading, world.readings)
        yield tell([*place, "reading"], "unknown_reading", reading=counted.reading, hint=known)
    if counted.types == "any":
        return
    own = [name for name, services in world.case_types.items() if counted.service in services]
    for index, name in enumerate(counted.types):
        if name not in own:
            yield tell(
                [*place, "types", index],
                "unknown_word",
                word=name,
                vocabulary="case_type",
                hint=hint(name, own),
            )


def _route_problems(routes: Sequence[str], key: str, tell: Tell, world: World) -> Iterator[Problem]:
    known = [clause for clause, (_, check) in world.clauses.items() if check.startswith("route:")]
    for index, clause in enumerate(routes):
        place = ("requires", key, index)
        if clause not in world.clauses:
            yield tell(place, "unknown_clause", name=clause, hint=hint(clause, known))
        elif clause not in known:
            yield tell(place, "not_a_route", name=clause)


def _reference_problems(check: Reference, tell: Tell, world: World) -> Iterator[Problem]:
    yield from _word(check.service, "service", ["requires", "service"], tell, world)
    for key in ("clause", "procedures_of"):
        clause = getattr(check, key)
        if clause not in world.clauses:
            known = [name for name, (service, _) in world.clauses.items() if service == check.service]
            yield tell(["requires", key], "unknown_clause", name=clause, hint=hint(clause, known))
        elif world.clauses[clause][0] != check.service:
            yield tell(["requires", key], "clause_elsewhere", name=clause, service=check.service)


def _example_problems(example: Example, place: Place, tell: Tell, world: World) -> Iterator[Problem]:
    for name in example.readings:
        if name not in world.readings:
            where = [*place, "readings", name]
            yield tell(where, "unknown_reading", reading=name, hint=hint(name, world.readings))
    for sheet_id, rows in example.given.items():
        sheet = world.sheets.get(sheet_id)
        where = [*place, "given", sheet_id]
        if sheet is None:
            yield tell(where, "unknown_sheet", name=sheet_id, hint=hint(sheet_id, world.sheets))
            continue
        for index, row in enumerate(rows):
            for name, value in row.items():
                yield from _cell_problems(sheet, name, value, [*where, index, name], tell)


def _cell_problems(sheet: Sheet, name: str, value: object, place: Place, tell: Tell) -> Iterator[Problem]:
    field = sheet.by_id.get(name)
    if field is None:
        yield tell(place, "unknown_field", name=name, sheet=sheet.id, hint=hint(name, sheet.by_id))
    elif field.type == "date" and value is not None and not _is_date_cell(value):
        yield tell(place, "example_date", name=name, value=value)


def _is_date_cell(value: object) -> bool:
    """A date cell is an ISO text; anything else must say that it is a text cell."""
    if isinstance(value, dict):
        return set(value) == {"text"}
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
