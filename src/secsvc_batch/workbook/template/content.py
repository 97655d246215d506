"""What a template holds for one choice of services: pre-filled rows and drop-down lists.

Everything here follows from the rules, the reference lists and the data dictionary.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from secsvc_batch.messages import word
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import Requirement, Service
from secsvc_batch.workbook.layout import Field, Layout, Sheet


@dataclass(frozen=True)
class PrefilledRow:
    """One row that stands in the template: its clause, the locked texts and the kind of check."""

    clause: str
    check: str
    locked: dict[str, str]


@dataclass(frozen=True)
class DropDown:
    """A list on the hidden sheet: its defined name, its heading and what it offers."""

    name: str
    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Dependent:
    """What a column offers depending on another one of the same row.

    ``field``: the other column; ``pairs``: (its value, what is offered then), equal values together.
    """

    heading: str
    field: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Content:
    """The derived content of a template for ``services`` (ids, in the order of the edition)."""

    standard: Standard
    layout: Layout
    lang: str
    services: tuple[str, ...]

    @cached_property
    def chosen(self) -> list[Service]:
        return [s for s in self.standard.edition.services if s.id in self.services]

    @cached_property
    def requirements(self) -> list[Requirement]:
        """The leaves of the chosen services, in the order of the standard."""
        return [r for r in self.standard.leaves if self.standard.service_of(r.clause).id in self.services]

    @cached_property
    def list_ids(self) -> list[str]:
        """Reference lists that a requirement of the chosen services names, in the lists' order."""
        used: set[str] = set()
        for requirement in self.requirements:
            check = requirement.requires
            used |= {v for v in (getattr(check, "list", None), getattr(check, "review_list", None)) if v}
        return [list_id for list_id in self.standard.lists.ids if list_id in used]

    @cached_property
    def references(self) -> list[Service]:
        """Services outside the chosen ones whose requirements the chosen ones refer to."""
        wanted = {getattr(r.requires, "service", None) for r in self.requirements if _kind(r) == "ref"}
        return [s for s in self.standard.edition.services if s.id in wanted and s.id not in self.services]

    @cached_property
    def referring(self) -> list[Service]:
        """The chosen services that refer to ``references``."""
        outside = {s.id for s in self.references}
        referring = {
            self.standard.service_of(r.clause).id
            for r in self.requirements
            if getattr(r.requires, "service", None) in outside
        }
        return [s for s in self.chosen if s.id in referring]

    @cached_property
    def _prefilled(self) -> dict[str, list[PrefilledRow]]:
        return {sheet.id: list(self._rows_of(sheet)) for sheet in self.layout.tables}

    def prefilled(self, sheet: Sheet) -> list[PrefilledRow]:
        """Return the rows that stand in ``sheet``; none for a sheet without pre-filled rows."""
        return self._prefilled[sheet.id]

    def _rows_of(self, sheet: Sheet) -> Iterable[PrefilledRow]:
        if sheet.prefilled is None:
            return
        for requirement in self.requirements:
            if _kind(requirement) in sheet.prefilled.checks:
                # A headcount asks for one number per route; every other check for one row of its own.
                for clause in getattr(requirement.requires, "routes", None) or [requirement.clause]:
                    yield self._row(clause, requirement)

    def _row(self, clause: str, requirement: Requirement) -> PrefilledRow:
        texts = {"clause": clause, "content": self.standard.by_clause[clause].title(self.lang)}
        list_id = getattr(requirement.requires, "list", None)
        if list_id:
            texts["list_id"] = list_id
        return PrefilledRow(clause, _kind(requirement), texts)

    # --- drop-downs ---

    @cached_property
    def drop_downs(self) -> dict[str, DropDown]:
        """Every list of the hidden sheet by its defined name."""
        found: dict[str, DropDown] = {}
        for sheet in self.layout.tables:
            for field in sheet.fields:
                drop_down = self._drop_down(sheet, field)
                if drop_down is not None:
                    found.setdefault(drop_down.name, drop_down)
        return found

    def source(self, sheet: Sheet, field: Field) -> str | None:
        """Return the defined name that ``field`` offers its values from, or None."""
        drop_down = self._drop_down(sheet, field)
        return drop_down.name if drop_down else None

    @cached_property
    def dependents(self) -> dict[str, Dependent]:
        """Every list that depends on another column, by the stem of its defined names."""
        found: dict[str, Dependent] = {}
        for sheet in self.layout.tables:
            for field in sheet.fields:
                dependent = self._dependent(sheet, field)
                if dependent is not None:
                    found.setdefault(dependent[0], dependent[1])
        return found

    def depends(self, sheet: Sheet, field: Field) -> tuple[str, Dependent] | None:
        """Return the stem of the names and the list that ``field`` offers by another column, or None."""
        found = self._dependent(sheet, field)
        return (found[0], self.dependents[found[0]]) if found else None

    def _dependent(self, sheet: Sheet, field: Field) -> tuple[str, Dependent] | None:
        heading = field.label(self.lang)
        if field.type == "listed" and not field.locked and "list_id" in sheet.by_id:
            other = self.layout.words["other"](self.lang)
            pairs = [
                (list_id, name)
                for list_id in self.lists(field.list_kinds)
                for name in (*_once(e.name for e in self.standard.lists.of(list_id)), other)
            ]
            if pairs:
                return "pick_" + "_".join(field.list_kinds), Dependent(heading, "list_id", tuple(pairs))
        choices = self.layout.vocabularies.get(field.choices or "", [])
        if field.type == "choice" and "service" in sheet.by_id and any(c.services for c in choices):
            pairs = [
                (service(self.lang), choice(self.lang))
                for service in self.layout.vocabularies["service"]
                for choice in choices
                if service.id in choice.services
            ]
            return f"pick_{field.choices}", Dependent(heading, "service", tuple(pairs))
        return None

    def _drop_down(self, sheet: Sheet, field: Field) -> DropDown | None:
        if field.locked:
            return None
        heading = field.label(self.lang)
        if field.type in ("choice", "choices") and field.choices:
            words = [c(self.lang) for c in self.layout.vocabularies[field.choices]]
            if field.choices == "service" and field.id in sheet.key:
                # Only here a row means "applied for"; elsewhere a firm's other work is welcome.
                words = [c(self.lang) for c in self.layout.vocabularies["service"] if c.id in self.services]
                return DropDown("choice_applied_service", heading, tuple(words))
            return DropDown(f"choice_{field.choices}", heading, _once(words))
        if field.type in ("mark", "claim"):
            marks = (
                ["template.mark_yes", "template.mark_no"] if field.type == "mark" else ["template.mark_yes"]
            )
            return DropDown(f"choice_{field.type}", heading, tuple(word(key, self.lang) for key in marks))
        kinds = "_".join(field.list_kinds)
        if field.type == "list":
            numbers = tuple(self.lists(field.list_kinds))
            return DropDown(f"number_{kinds}", heading, numbers) if numbers else None
        if field.type == "listed":
            names = [e.name for i in self.lists(field.list_kinds) for e in self.standard.lists.of(i)]
            return DropDown(f"name_{kinds}", heading, _once([*names, self.layout.words["other"](self.lang)]))
        return None

    @cached_property
    def choosable_lists(self) -> list[str]:
        """The numbers of the lists that can be chosen on some sheet."""
        fields = [
            f for sheet in self.layout.tables for f in sheet.fields if f.type == "list" and not f.locked
        ]
        return self.lists([kind for field in fields for kind in field.list_kinds])

    def lists(self, kinds: Sequence[str]) -> list[str]:
        """Return the numbers of the lists of some kinds that the chosen services need."""
        return [i for i in self.list_ids if self.standard.lists.kind(i) in kinds]


def _kind(requirement: Requirement) -> str:
    """Return the name of a leaf's check up to the colon."""
    assert requirement.requires is not None
    return requirement.requires.check.split(":")[0]


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
