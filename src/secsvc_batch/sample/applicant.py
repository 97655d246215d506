"""One sample applicant in the making: its rows, its people and what the rules ask of it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from secsvc_batch.sample.words import LANG, choice_words, say
from secsvc_batch.standard.lists import Entry
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import People, Requirement, Service
from secsvc_batch.workbook.layout import Layout

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Facts:
    """What all applicants of a round share. ``base`` is the base date of the round."""

    standard: Standard
    layout: Layout
    base: date

    @cached_property
    def words(self) -> dict[str, dict[str, str]]:
        """Words of the data dictionary: vocabulary -> choice id -> word."""
        return choice_words(self.layout)

    @cached_property
    def services(self) -> dict[str, Service]:
        return {s.id: s for s in self.standard.edition.services}

    @cached_property
    def referred(self) -> dict[str, str]:
        """Service -> the service whose requirements it refers to."""
        return {
            self.service_of(leaf): leaf.requires.service
            for leaf in self.standard.leaves
            if leaf.requires is not None and leaf.requires.check == "ref"
        }

    def leaves_of(self, service: str) -> list[Requirement]:
        return [leaf for leaf in self.standard.leaves if self.service_of(leaf) == service]

    def service_of(self, requirement: Requirement) -> str:
        return self.standard.service_of(requirement.clause).id

    def variants_for(self, requirement: Requirement) -> Sequence[str]:
        """Return the variants that ``requirement`` (or a group above it) concerns; empty: all."""
        node: Requirement | None = requirement
        while node is not None:
            if node.applies_to is not None:
                return node.applies_to.variants
            node = self.standard.by_clause[node.parent] if node.parent else None
        return ()

    def entries(self, list_id: str) -> Sequence[Entry]:
        return self.standard.lists.of(list_id)

    def names(self, list_id: str) -> list[str]:
        return [entry.name for entry in self.entries(list_id)]


@dataclass
class Applicant:
    """An applicant under construction. ``sheets`` holds rows by sheet and field id."""

    number: int
    rng: random.Random
    facts: Facts
    services: list[str]
    variants: dict[str, list[str]] = field(default_factory=dict)
    sheets: dict[str, Rows] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sheets = {sheet.id: [] for sheet in self.facts.layout.tables}

    @property
    def base(self) -> date:
        return self.facts.base

    def word(self, vocabulary: str, choice: str) -> str:
        return self.facts.words[vocabulary][choice]

    def say(self, key: str, **params: object) -> str:
        return say(key, n=self.number, **params)

    def add(self, sheet: str, **values: Any) -> dict[str, Any]:
        """Add a row to ``sheet`` and return it."""
        self.sheets[sheet].append(values)
        return values

    def row(self, sheet: str, clause: str) -> dict[str, Any]:
        """Return the row of a clause, adding it where it is missing."""
        for row in self.sheets[sheet]:
            if row.get("clause") == clause:
                return row
        return self.add(sheet, clause=clause)

    def service_row(self, service: str) -> dict[str, Any]:
        """Return the row of a service applied for."""
        word = self.word("service", service)
        return next(row for row in self.sheets["services"] if row["service"] == word)

    def days_ago(self, least: int, most: int) -> date:
        """Return a random day between ``least`` and ``most`` days before the base date."""
        return self.base - timedelta(days=self.rng.randint(least, most))

    # --- people ---

    def people(self, roles: Sequence[str], who: str = "workers") -> list[str]:
        """Return staff numbers of those with one of ``roles``; only leads for ``who`` experts."""
        wanted = {self.word("role", "expert")}
        if who != "experts":
            wanted.add(self.word("role", "worker"))
        return [s["staff_id"] for s in self.sheets["staff"] if any(s.get(role) in wanted for role in roles)]

    def people_of(self, people: People) -> list[str]:
        return self.people(people.roles, people.who)

    def team(self, service: str) -> tuple[list[str], list[str]]:
        """Return the leads and the other people who work in ``service``."""
        roles = [self.facts.services[service].role]
        leads = self.people(roles, "experts")
        return leads, [s for s in self.people(roles) if s not in leads]

    def office_people(self) -> list[str]:
        """Return the people who work in no service: they manage quality and audit."""
        roles = [role for service in self.facts.services.values() for role in service.roles]
        return [s["staff_id"] for s in self.sheets["staff"] if not any(s.get(role) for role in roles)]

    # --- what was filled in ---

    def concerns(self, requirement: Requirement) -> bool:
        """Tell whether a requirement concerns the variants applied for."""
        variants = self.facts.variants_for(requirement)
        chosen = self.variants.get(self.facts.service_of(requirement), [])
        return not variants or bool(set(variants) & set(chosen))

    def rows_of(
        self, sheet: str, column: str, list_id: str, people: Sequence[str] = ()
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows whose ``column`` names an entry of a list, of ``people`` where any are given."""
        names = set(self.facts.names(list_id))
        for row in self.sheets[sheet]:
            if row.get(column) in names and (not people or row["staff_id"] in people):
                yield row

    def drop(self, sheet: str, rows: Sequence[dict[str, Any]]) -> None:
        """Take ``rows`` (the very objects) out of a sheet."""
        gone = {id(row) for row in rows}
        self.sheets[sheet] = [row for row in self.sheets[sheet] if id(row) not in gone]

    def cases_of(self, services: Sequence[str]) -> Rows:
        words = {self.word("service", s) for s in services}
        return [row for row in self.sheets["cases"] if row.get("service") in words]


def joined(numbers: Sequence[str]) -> str:
    """Join staff numbers as an applicant would."""
    return say("joint").join(numbers)


def split(text: str | None) -> list[str]:
    """Undo :func:`joined`."""
    return text.split(say("joint")) if text else []


def other_word(layout: Layout) -> str:
    """Return the word for "not in the list"."""
    return layout.words["other"](LANG)
