"""What every check sees: the tables, people, lists, readings and the base date of one chunk."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.calendar import Window
from secsvc_batch.evaluation.people import Links, People
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import ReadingValue, Requirement
from secsvc_batch.tables import cells
from secsvc_batch.tables.typed import Objects, Tables
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

    def says(self, values: Objects, name: str) -> Bools:
        """Tell which values are a word with a meaning of its own, in either language."""
        return np.asarray(pd.Index(values, dtype=object).isin(list(self.word(name))))

    def links(self, kind: str) -> Links:
        """Return whose rows the rows of a sheet are."""
        return self.once(("links", kind), lambda: self.people.rows_of(self.tables[kind]))

    def names(self, kind: str, main: str, other: str | None = None) -> Objects:
        """Return the effective names of a listed column: その他 stands for the column beside it."""

        def make() -> Objects:
            table = self.tables[kind]
            name = table[main].value
            if other is None:
                return name
            is_other = self.says(name, "other")
            return np.asarray(np.where(is_other, table[other].value, name))

        return self.once(("names", kind, main), make)

    def unreadable_names(self, kind: str, main: str, other: str | None = None) -> Bools:
        """Tell where the effective name of a listed column cannot be read."""
        table = self.tables[kind]
        if other is None:
            return table[main].error
        is_other = self.says(table[main].value, "other")
        return np.asarray(table[main].error | (is_other & table[other].error))

    def in_list(self, names: Objects, list_id: str, expires: str | None = None) -> Bools:
        """Tell which names stand in a reference list (with ``expires``: as such a credential)."""
        entries = self.standard.lists.of(list_id)
        listed = [cells.text_of(e.name) for e in entries if expires in (None, e.expires)]
        return np.asarray(pd.Index(names, dtype=object).isin(listed))

    def claimed(self, kind: str, list_id: str) -> Bools:
        """Tell which rows claim equivalence for a list (or for one whose number cannot be read)."""
        table = self.tables[kind]
        wanted = (table["list_id"].value == list_id) | table["list_id"].error
        claim = table["equivalent"].value | table["equivalent"].error
        return np.asarray(claim & wanted, dtype=bool)

    def first_rows(self, kind: str, clause: str) -> tuple[Ints, Bools]:
        """Return per applicant the position of the first row of a clause (-1: none), and where a row
        whose clause cannot be read may be it."""
        table = self.tables[kind]
        clauses = table["clause"]
        position = np.full(self.count, -1, dtype=np.int32)
        at = np.flatnonzero(clauses.value == clause)[::-1]  # the first row of an applicant wins
        position[table.applicant[at]] = at
        return position, (position < 0) & self.per_applicant(table.applicant, self.lost_rows(kind))

    def lost_rows(self, kind: str) -> Bools:
        """Tell which rows of a sheet may be those of any clause, since theirs cannot be read."""

        def make() -> Bools:
            clauses = self.tables[kind]["clause"]
            known = pd.Index(clauses.value, dtype=object).isin(list(self.standard.by_clause))
            return np.asarray(~known & ~clauses.blank)

        return self.once(("lost", kind), make)

    def per_applicant(self, groups: Ints, where: Bools) -> Bools:
        """Tell per applicant whether some element of its group satisfies ``where``."""
        result = np.zeros(self.count, dtype=bool)
        result[groups[where]] = True
        return result

    def total(self, groups: Ints, where: Bools) -> Ints:
        """Count per applicant the elements of its group that satisfy ``where``."""
        return np.bincount(groups[where], minlength=self.count).astype(np.int32)

    def person_keys(self, applicant: Ints, ids: Objects) -> NDArray[np.int64]:
        """Return one number per (applicant, staff number as written), equal only where both are."""
        known = self.once("person keys", self._written_numbers)
        code = known.get_indexer(pd.Index(ids, dtype=object))
        return applicant.astype(np.int64) * (len(known) + 1) + code

    def _written_numbers(self) -> "pd.Index[Any]":
        cases, procedures = self.tables["cases"], self.tables["procedures"]
        items = [cases.items("participants"), cases.items("reviewers"), procedures.items("auditor")]
        distinct = pd.unique(np.concatenate([item.value for item in items]))
        index: pd.Index[Any] = pd.Index(np.asarray(distinct), dtype=object)
        return index

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
