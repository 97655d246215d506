"""The rules as text: what ``secsvc-batch rules list | show | check`` print."""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from secsvc_batch.messages import word
from secsvc_batch.standard.lists import Entry
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import CountedService, Example, People, Reading, Requirement, Text
from secsvc_batch.standard.problems import hint
from secsvc_batch.workbook.layout import Choice, Field

INDENT = "  "


class UnknownClauseError(LookupError):
    """No requirement goes by that name. ``hint`` says what may have been meant."""

    def __init__(self, name: str, remedy: Text) -> None:
        super().__init__(name)
        self.name = name
        self.hint = remedy


def find_requirement(standard: Standard, name: str) -> Requirement:
    """Return the requirement with that clause number or id; width of the characters does not matter.

    Raises UnknownClauseError.
    """
    for index in (standard.by_clause, standard.by_id):
        if name in index:
            return index[name]
    wanted = _plain(name)
    fitting = [r for r in standard.requirements if _plain(r.clause) == wanted]
    if len(fitting) == 1:
        return fitting[0]
    raise UnknownClauseError(name, hint(name, standard.by_clause))


def _plain(clause: str) -> str:
    return "".join(unicodedata.normalize("NFKC", clause).split())


# --- rules list ---------------------------------------------------------------------------------


def rules_list(standard: Standard, lang: str, service: str | None = None) -> str:
    """Return the tree of requirements: clause, title and kind, one a line.

    ``service`` limits it to one service id; KeyError for an unknown one.
    """
    if service is not None:
        standard.service(service)
    shown = standard.of_service(service) if service is not None else standard.requirements
    rows = [(INDENT * _depth(standard, r) + r.clause, r.title(lang), kind_words(r, lang)) for r in shown]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [f"{_padded(row[0], widths[0])}  {_padded(row[1], widths[1])}  {row[2]}" for row in rows]
    return "\n".join([*_heading(standard, lang), "", *lines, "", _counts(shown, lang)])


def kind_words(requirement: Requirement, lang: str) -> str:
    """Return how a requirement is decided, in a few words."""
    if requirement.requires is None:
        return word(f"rules.combine.{requirement.combine}", lang)
    return word(f"rules.check.{requirement.requires.check.replace(':', '_')}", lang)


def _depth(standard: Standard, requirement: Requirement) -> int:
    depth, parent = 0, requirement.parent
    while parent is not None:
        depth, parent = depth + 1, standard.by_clause[parent].parent
    return depth


def _counts(requirements: Iterable[Requirement], lang: str) -> str:
    nodes = list(requirements)
    leaves = sum(node.is_leaf for node in nodes)
    return word("rules.counts", lang, nodes=len(nodes), leaves=leaves, groups=len(nodes) - leaves)


def _heading(standard: Standard, lang: str) -> list[str]:
    """Edition, and the status of the lists wherever they are used."""
    edition, lists = standard.edition, standard.lists
    since = edition.in_force.since or word("rules.not_known", lang)
    status = word(f"lists.status.{lists.status}", lang)
    lines = [
        word("rules.edition", lang, title=edition.title(lang), edition=edition.edition, since=since),
        word("rules.lists", lang, title=lists.title(lang), edition=lists.edition, status=status),
    ]
    return lines + ([lists.notice(lang)] if lists.notice is not None else [])


# --- rules show ---------------------------------------------------------------------------------


def rules_show(standard: Standard, name: str, lang: str) -> str:
    """Return everything about one requirement. Raises UnknownClauseError for an unknown name."""
    requirement = find_requirement(standard, name)
    lines = [*_heading(standard, lang), "", f"{requirement.clause}  {requirement.title(lang)}"]
    lines += [INDENT + requirement.explanation(lang), ""]
    lines += _facts(standard, requirement, lang)
    if requirement.is_leaf:
        lines += _leaf(standard, requirement, lang)
    else:
        below = standard.children(requirement.clause)
        lines += _section("rules.label.children", [f"{r.clause}  {r.title(lang)}" for r in below], lang)
    lines += _section("rules.label.readings", _readings(standard, requirement, lang), lang)
    lines += _section("rules.label.examples", _examples(standard, requirement, lang), lang)
    return "\n".join(lines).rstrip()


def _facts(standard: Standard, requirement: Requirement, lang: str) -> list[str]:
    service = standard.service_of(requirement.clause)
    facts = {
        "id": requirement.id,
        "service": service.name(lang),
        "parent": requirement.parent or "",
        "kind": kind_words(requirement, lang),
    }
    if requirement.applies_to is not None:
        variants = {variant.id: variant for variant in service.variants}
        named = [variants[name] for name in requirement.applies_to.variants]
        facts["applies_to"] = _joined([v.en if lang == "en" else v.ja for v in named], lang)
    return [_labelled(f"rules.label.{key}", value, lang) for key, value in facts.items() if value]


def _leaf(standard: Standard, requirement: Requirement, lang: str) -> list[str]:
    lines = _parameters(standard, requirement, lang)
    evidence = [standard.layout.by_id[name].name(lang) for name in requirement.evidence]
    lines.append(_labelled("rules.label.evidence", _joined(evidence, lang), lang))
    for key in ("missing", "question", "machine"):
        text: Text | None = getattr(requirement, key)
        shown = text(lang).replace("{n}", "n").replace("{m}", "m") if text is not None else ""
        lines.append(_labelled(f"rules.label.{key}", shown, lang))
    for list_id in requirement.lists:
        title = f"{list_id} {standard.lists.titles[list_id](lang)}"
        heading = word("rules.label.list", lang, title=title)
        names = [INDENT + _entry(entry, lang) for entry in standard.lists.of(list_id)]
        lines += ["", heading, *names]
    return lines


def _entry(entry: Entry, lang: str) -> str:
    if not entry.expires:
        return entry.name
    years = entry.validity_years
    key = "rules.expires.years" if years else f"rules.expires.{entry.expires}"
    return f"{entry.name}  ({word(key, lang, years=years)})"


def _parameters(standard: Standard, requirement: Requirement, lang: str) -> list[str]:
    check = requirement.requires
    lines = []
    for name, field in type(check).model_fields.items() if check is not None else ():
        value = getattr(check, name)
        if name == "check" or value in (None, False) or value == field.default:
            continue
        key = (
            "rules.param.left_out_list" if name == "list" and not requirement.lists else f"rules.param.{name}"
        )
        lines.append(_labelled(key, _value(standard, name, value, lang), lang))
    return lines


_VOCABULARIES = {
    "technology": "technology",
    "annual_form": "contract_form",
    "method": "review_method",
    "purpose": "training_purpose",
    "service": "service",
}


def _value(standard: Standard, name: str, value: Any, lang: str) -> str:
    """Return a parameter of a check in words."""
    if isinstance(value, People):
        return _people(standard, value, lang)
    if name in ("list", "review_list"):
        return f"{value} {standard.lists.titles[value](lang)}"
    if name in _VOCABULARIES:
        return _choice(standard, _VOCABULARIES[name], value, lang)
    if value is True:
        return word("rules.yes", lang)
    if name == "cases":
        return _joined([_counted(standard, counted, lang) for counted in value], lang)
    if isinstance(value, list):
        return _joined(value, lang)
    return word(f"rules.amount.{name}", lang, n=value) if isinstance(value, int) else str(value)


def _people(standard: Standard, people: People, lang: str) -> str:
    fields = standard.layout.by_id["staff"].by_id
    columns = _joined([fields[role].label(lang) for role in people.roles], lang)
    return word(f"rules.people.{people.who}", lang, columns=columns)


def _counted(standard: Standard, counted: CountedService, lang: str) -> str:
    service = standard.service(counted.service).name(lang)
    if counted.types == "any":
        types = word("rules.any_type", lang)
    else:
        types = _joined([_choice(standard, "case_type", name, lang) for name in counted.types], lang)
    key = "rules.counted" if counted.reading is None else "rules.counted_by_reading"
    reading = standard.readings[counted.reading].title(lang) if counted.reading else ""
    return word(key, lang, service=service, types=types, reading=reading)


def _choice(standard: Standard, vocabulary: str, name: str, lang: str) -> str:
    choices: Mapping[str, Choice] = {c.id: c for c in standard.layout.vocabularies[vocabulary]}
    return choices[name](lang)


def _readings(standard: Standard, requirement: Requirement, lang: str) -> list[str]:
    lines = []
    for reading in standard.readings_of(requirement.clause):
        lines += _reading(reading, lang)
    return lines


def _reading(reading: Reading, lang: str) -> list[str]:
    value = word(f"reading.{reading.value}", lang)
    lines = [f"{reading.title(lang)} ({reading.id}) = {value}"]
    for key in ("strict", "lenient", "note"):
        text: Text | None = getattr(reading, key)
        if text is not None:
            lines.append(INDENT + _labelled(f"reading.{key}", text(lang), lang))
    return lines


def _examples(standard: Standard, requirement: Requirement, lang: str) -> list[str]:
    return [line for example in requirement.examples for line in _example(standard, example, lang)]


def _example(standard: Standard, example: Example, lang: str) -> list[str]:
    lines = [f"[{word(f'verdict.{example.verdict}', lang)}] {example.name(lang)}"]
    for sheet_id, rows in example.given.items():
        sheet = standard.layout.by_id[sheet_id]
        for row in rows:
            cells = [_cell(standard, sheet.by_id[name], value, lang) for name, value in row.items()]
            lines.append(INDENT + _labelled(sheet.name(lang), _joined(cells, lang), lang, literal=True))
    for name, value in example.readings.items():
        shown = f"{standard.readings[name].title(lang)} = {word(f'reading.{value}', lang)}"
        lines.append(INDENT + _labelled("rules.label.reading", shown, lang))
    return lines


def _cell(standard: Standard, field: Field, value: object, lang: str) -> str:
    """Return a cell of an example: its header and its value, a choice in the language asked for."""
    text = str(value["text"]) if isinstance(value, dict) else str(value)
    for choice in standard.layout.vocabularies.get(field.choices or "", []):
        if choice.ja == text:
            text = choice(lang)
    return f"{field.label(lang)} {text}"


# --- rules check ----------------------------------------------------------------------------------


def rules_check(standard: Standard, lang: str) -> str:
    """Return the summary of a standard that was loaded, and so holds no fault."""
    requirements, lists = standard.requirements, standard.lists
    settled = [reading for reading in standard.readings.values() if reading.value != "both"]
    facts = {
        "services": len(standard.services),
        "lists": len(lists.ids),
        "entries": len(lists.entries),
        "readings": len(standard.readings),
        "settled": len(settled),
        "examples": sum(len(r.examples) for r in requirements),
    }
    lines = [
        *_heading(standard, lang),
        "",
        _counts(requirements, lang),
        word("rules.check_counts", lang, **facts),
    ]
    for reading in settled:
        lines.append(
            INDENT + f"{reading.title(lang)} ({reading.id}) = {word(f'reading.{reading.value}', lang)}"
        )
    lines.append(word("rules.hashes", lang, rules=standard.rules_hash, lists=lists.sha256))
    return "\n".join([*lines, word("rules.no_faults", lang)])


# --- words and widths -----------------------------------------------------------------------------


def _section(key: str, lines: list[str], lang: str) -> list[str]:
    return ["", word(key, lang), *(INDENT + line for line in lines)] if lines else []


def _labelled(key: str, value: str, lang: str, literal: bool = False) -> str:
    label = key if literal else word(key, lang)
    return word("rules.labelled", lang, label=label, value=value)


def _joined(parts: Iterable[str], lang: str) -> str:
    texts = list(parts)
    return (
        reduce(lambda first, rest: word("rules.joined", lang, first=first, rest=rest), texts) if texts else ""
    )


def _width(text: str) -> int:
    """Return the columns a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
