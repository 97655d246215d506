"""What every check sees: the tables, people, lists, readings and the base date of one chunk."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.calendar import Window
from secsvc_batch.evaluation.people import Links, People
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import ReadingValue, Requirement
from secsvc_batch.tables import cells
from secsvc_batch.tables.coded import Coded, Codes, Numbers, any_in, count_in, fixed, pair_keys
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

    def of_tables(self, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` gave for ``key`` the first time for these tables, whatever is asked of them.

        It must depend on nothing but the tables, the layout and the key.
        """
        return self.tables.once(key, make)

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
        return self.of_tables(("links", kind), lambda: self.people.rows_of(self.tables[kind]))

    def names(self, kind: str, main: str, other: str | None = None) -> Coded:
        """Return the effective names of a listed column: その他 stands for the column beside it."""

        def make() -> Coded:
            table = self.tables[kind]
            name = table[main]
            return name if other is None else name.replaced(self.says(name, "other"), table[other])

        return self.of_tables(("names", kind, main), make)

    def unreadable_names(self, kind: str, main: str, other: str | None = None) -> Bools:
        """Tell where the effective name of a listed column cannot be read."""
        table = self.tables[kind]
        if other is None:
            return table[main].error
        is_other, beside = self.says(table[main], "other"), table[other]
        return table.once(
            ("unreadable names", main), lambda: fixed(table[main].error | (is_other & beside.error))
        )

    def in_list(self, names: Coded, list_id: str, expires: str | None = None) -> Bools:
        """Tell which names stand in a reference list (with ``expires``: as such a credential)."""
        lists = self.standard.lists

        def make() -> frozenset[str]:
            return frozenset(cells.text_of(e.name) for e in lists.of(list_id) if expires in (None, e.expires))

        return names.among(self.of_tables(("list", lists.sha256, list_id, expires), make))

    def claimed(self, kind: str, list_id: str) -> Bools:
        """Tell which rows claim equivalence for a list (or for one whose number cannot be read)."""
        table = self.tables[kind]

        def make() -> Bools:
            wanted = table["list_id"].among({list_id}) | table["list_id"].error
            return fixed((table["equivalent"].value | table["equivalent"].error) & wanted)

        return table.once(("claimed", list_id), make)

    def first_rows(self, kind: str, clause: str) -> tuple[Ints, Bools]:
        """Return per applicant the position of the first row of a clause (-1: none), and where a row
        whose clause cannot be read may be it."""

        def make() -> tuple[Ints, Bools]:
            table = self.tables[kind]
            position = np.full(self.count, -1, dtype=np.int32)
            at = np.flatnonzero(table["clause"].among({clause}))[::-1]  # the first row of an applicant wins
            position[table.applicant[at]] = at
            lost = (position < 0) & self.per_applicant(table.applicant, self.lost_rows(kind))
            return fixed(position), fixed(lost)

        return self.of_tables(("first rows", kind, clause, self.standard.clauses), make)

    def lost_rows(self, kind: str) -> Bools:
        """Tell which rows of a sheet may be those of any clause, since theirs cannot be read."""

        def make() -> Bools:
            clauses = self.tables[kind]["clause"]
            return fixed(~clauses.among(self.standard.clauses) & ~clauses.blank)

        return self.of_tables(("lost", kind, self.standard.clauses), make)

    def per_applicant(self, groups: Numbers, where: Bools) -> Bools:
        """Tell per applicant whether some element of its group satisfies ``where``."""
        return any_in(groups, self.count, where)

    def total(self, groups: Numbers, where: Bools) -> Ints:
        """Count per applicant the elements of its group that satisfy ``where``."""
        return count_in(groups, self.count, where)

    def written(self, kind: str, name: str) -> tuple[Ints, Codes]:
        """Return where people are named in a column of joined numbers: the row of each, and a number of the
        person (0..``written_people`` - 1), the same wherever the applicant writes that staff number."""
        people = self.of_tables("written", self._number_people)[0]
        return self.tables[kind].items(name).position, people[kind, name]

    @property
    def written_people(self) -> int:
        return self.of_tables("written", self._number_people)[1]

    def _number_people(self) -> tuple[dict[tuple[str, str], Codes], int]:
        columns = [("cases", "participants"), ("cases", "reviewers"), ("procedures", "auditor")]
        items = {(kind, name): self.tables[kind].items(name) for kind, name in columns}
        texts: dict[str, int] = {}
        for one in items.values():
            for text in one.distinct.tolist():
                texts.setdefault(text, len(texts))
        keys = [
            pair_keys(self.tables[kind].applicant[one.position], one.numbered(texts), len(texts))
            for (kind, _), one in items.items()
        ]
        numbers, distinct = pd.factorize(np.concatenate(keys))
        parts = np.split(numbers, np.cumsum([len(part) for part in keys])[:-1])
        return dict(zip(items, parts, strict=True)), len(distinct)

    def service_rows(self, service: str) -> Ints:
        """Return per applicant the position of its first row of ``service``, -1 where it has none."""

        def make() -> Ints:
            table = self.tables["services"]
            position = np.full(self.count, -1, dtype=np.int32)
            at = np.flatnonzero(table.has("service", service))[::-1]
            position[table.applicant[at]] = at
            return fixed(position)

        return self.of_tables(("services", service), make)


def by_base_date(kind: str, name: str, ctx: Context) -> Bounds:
    """Tell what happened by the base date: certain where the day is known, impossible where it lies after."""

    def make() -> Bounds:
        day = ctx.tables[kind][name]
        return Bounds(day.holds(day.distinct <= ctx.base), ~day.holds(day.distinct > ctx.base))

    return ctx.once(("by base date", kind, name), make)


Rule = Callable[[Requirement, Context], "Outcome"]
