"""What every check sees: the tables, people, lists, readings and the base date of one chunk."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.calendar import Window
from secsvc_batch.evaluation.people import Links, People
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import ReadingValue, Requirement
from secsvc_batch.tables import cells
from secsvc_batch.tables.coded import Coded, pair_keys
from secsvc_batch.tables.typed import Tables
from secsvc_batch.workbook.layout import Layout

if TYPE_CHECKING:
    from secsvc_batch.evaluation.outcome import Outcome


T = TypeVar("T")


@dataclass
class Context:
    """One chunk of ``count`` applicants. Results that several rules share are kept in ``memo``."""

    count: int
    base_date: date
    tables: Tables
    standard: Standard
    memo: dict[Any, Any] = field(default_factory=dict)
    outcomes: dict[str, "Outcome"] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        return self.standard.layout

    @property
    def base(self) -> int:
        return cells.days(self.base_date)

    @property
    def people(self) -> People:
        """The people of all applicants, one entry per staff number."""
        return self.once("people", lambda: People(self.tables["staff"], self.base))

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` gave for ``key`` the first time."""
        if key not in self.memo:
            self.memo[key] = make()
        result: T = self.memo[key]
        return result

    def window(self, years: int) -> Window:
        return Window.past(self.base_date, years)

    def reading(self, name: str) -> ReadingValue:
        return self.standard.reading(name)

    def word(self, name: str) -> set[str]:
        """Return a word with a meaning of its own (その他, 外部) in both languages, as cells show it."""
        text = self.layout.words[name]
        return {cells.text_of(text.ja), cells.text_of(text.en)}

    def says(self, values: Coded, name: str) -> Bools:
        """Tell which values are a word with a meaning of its own, in either language."""
        return values.among(self.word(name))

    def links(self, kind: str) -> Links:
        """Return whose rows the rows of a sheet are."""
        return self.once(("links", kind), lambda: self.people.rows_of(self.tables[kind]))

    def names(self, kind: str, main: str, other: str | None = None) -> Coded:
        """Return the effective names of a listed column: その他 stands for the column beside it."""

        def make() -> Coded:
            table = self.tables[kind]
            name = table[main]
            return name if other is None else name.replaced(self.says(name, "other"), table[other])

        return self.once(("names", kind, main), make)

    def unreadable_names(self, kind: str, main: str, other: str | None = None) -> Bools:
        """Tell where the effective name of a listed column cannot be read."""
        table = self.tables[kind]
        if other is None:
            return table[main].error
        is_other = self.says(table[main], "other")
        return np.asarray(table[main].error | (is_other & table[other].error))

    def in_list(self, names: Coded, list_id: str, expires: str | None = None) -> Bools:
        """Tell which names stand in a reference list (with ``expires``: as such a credential)."""
        entries = self.standard.lists.of(list_id)
        return names.among({cells.text_of(e.name) for e in entries if expires in (None, e.expires)})

    def claimed(self, kind: str, list_id: str) -> Bools:
        """Tell which rows claim equivalence for a list (or for one whose number cannot be read)."""
        table = self.tables[kind]
        wanted = table["list_id"].among({list_id}) | table["list_id"].error
        claim = table["equivalent"].value | table["equivalent"].error
        return np.asarray(claim & wanted, dtype=bool)

    def first_rows(self, kind: str, clause: str) -> tuple[Ints, Bools]:
        """Return per applicant the position of the first row of a clause (-1: none), and where a row
        whose clause cannot be read may be it."""
        table = self.tables[kind]
        clauses = table["clause"]
        position = np.full(self.count, -1, dtype=np.int32)
        at = np.flatnonzero(clauses.among({clause}))[::-1]  # the first row of an applicant wins
        position[table.applicant[at]] = at
        return position, (position < 0) & self.per_applicant(table.applicant, self.lost_rows(kind))

    def lost_rows(self, kind: str) -> Bools:
        """Tell which rows of a sheet may be those of any clause, since theirs cannot be read."""

        def make() -> Bools:
            clauses = self.tables[kind]["clause"]
            return np.asarray(~clauses.among(self.standard.by_clause) & ~clauses.blank)

        return self.once(("lost", kind), make)

    def per_applicant(self, groups: Ints, where: Bools) -> Bools:
        """Tell per applicant whether some element of its group satisfies ``where``."""
        result = np.zeros(self.count, dtype=bool)
        result[groups[where]] = True
        return result

    def total(self, groups: Ints, where: Bools) -> Ints:
        """Count per applicant the elements of its group that satisfy ``where``."""
        return np.bincount(groups[where], minlength=self.count).astype(np.int32)

    def person_keys(self, applicant: Ints, ids: Coded) -> NDArray[np.int64]:
        """Return one number per (applicant, staff number as written), equal only where both are."""
        numbers = self.once("person keys", self._written_numbers)
        return pair_keys(applicant, ids.numbered(numbers), len(numbers))

    def _written_numbers(self) -> dict[str, int]:
        cases, procedures = self.tables["cases"], self.tables["procedures"]
        numbers: dict[str, int] = {}
        for items in (cases.items("participants"), cases.items("reviewers"), procedures.items("auditor")):
            for text in items.distinct.tolist():
                numbers.setdefault(text, len(numbers))
        return numbers

    def service_rows(self, service: str) -> Ints:
        """Return per applicant the position of its first row of ``service``, -1 where it has none."""

        def make() -> Ints:
            table = self.tables["services"]
            position = np.full(self.count, -1, dtype=np.int32)
            at = np.flatnonzero(table.has("service", service))[::-1]
            position[table.applicant[at]] = at
            return position

        return self.once(("services", service), make)


def doubt_of_date(known: Bools, good: Bools, bad: Bools) -> Bounds:
    """Return a date condition: certain where the date is known and good, impossible where known and bad."""
    return Bounds(known & good, ~(known & bad))


Rule = Callable[[Requirement, Context], "Outcome"]
