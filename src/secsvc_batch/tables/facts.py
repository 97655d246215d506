"""The facts that the schemas test: per sheet kind one frame, computed for all applicants together.

A fact is a boolean column, true where a row passes the check of that code. What cannot be told (a blank
or unreadable neighbour, a column the file does not have) passes: another finding says so already.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.tables import cells
from secsvc_batch.tables.cells import ERROR, RawCell, text_of
from secsvc_batch.tables.coded import Bools, Coded, Column, Ints, Objects, pair_keys
from secsvc_batch.tables.known import Known
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.schemas import UNCACHED, row_checks
from secsvc_batch.tables.typed import Table, Tables
from secsvc_batch.workbook.layout import Field, Layout, Sheet

# Names that matter to no requirement are not looked up: (sheet, column): (choice column, its choices).
_NAMES_THAT_MATTER = {
    ("teaching", "organisation"): ("kind", ("community_lecturer", "community_leader")),
    ("training", "course"): ("purpose", ("completion", "continuing")),
}
_PLAIN_DATE = re.compile(r"\d{4}\s*[/.\-年]|\d{8}(?!\d)")


@dataclass
class Chunk:
    """What the checks see: the tables of one chunk, raw and typed, and what the standard knows."""

    tables: Tables
    raw: RawTables
    layout: Layout
    known: Known
    base: int
    _strangers: dict[tuple[str, str], tuple[Ints, Objects]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.raw.files)

    def raw_cells(self, kind: str, name: str) -> Objects:
        values: Objects = self.raw.sheets[kind][name].to_numpy(dtype=object)
        return values

    def word(self, name: str) -> list[str]:
        """Return a word with a meaning of its own (その他, 外部) in both languages, as cells show it."""
        word = self.layout.words[name]
        return [text_of(word.ja), text_of(word.en)]

    def present(self, table: Table, name: str) -> Bools:
        """Tell per row whether the applicant's sheet has the column."""
        return ~np.asarray(self.raw.source.missing(table.kind, name), dtype=bool)[table.applicant]

    @cached_property
    def staff_ids(self) -> pd.DataFrame:
        """Every staff number that there is: ``applicant``, ``value``."""
        staff = self.tables["staff"]
        column = staff["staff_id"]
        return pd.DataFrame({"applicant": staff.applicant[column.ok], "value": column.value[column.ok]})

    def strangers(self, table: Table, spec: Field) -> tuple[Ints, Objects]:
        """Return the staff numbers of a column that no row of 要員 has: row positions and numbers."""
        key = (table.kind, spec.id)
        if key not in self._strangers:
            self._strangers[key] = self._find_strangers(table, spec)
        return self._strangers[key]

    def _find_strangers(self, table: Table, spec: Field) -> tuple[Ints, Objects]:
        column = table[spec.id]
        if spec.type == "ids":
            items = table.items(spec.id)
            position, numbers = items.position, items[:]
        else:
            position = np.flatnonzero(column.ok).astype(np.int32)
            numbers = column[position]
        applicant = table.applicant[position]
        known = self._in_staff(applicant, numbers)
        # Without a staff sheet or its numbers nobody is known; the reader says so once.
        known |= np.asarray(self.raw.source.missing("staff", "staff_id"), dtype=bool)[applicant]
        if spec.outside:
            known |= numbers.among(self.word("outside"))
        return position[~known], numbers[~known].value

    def _in_staff(self, applicant: Ints, numbers: Coded) -> Bools:
        """Tell which numbers the staff sheet of their applicant has."""
        staff, ids = self.tables["staff"], self.tables["staff"]["staff_id"]
        size = len(ids.distinct)
        there = pair_keys(staff.applicant[ids.ok], ids.numbered(ids.numbers)[ids.ok], size)
        return np.isin(pair_keys(applicant, numbers.numbered(ids.numbers), size), there)


def frame_of_facts(chunk: Chunk, sheet: Sheet) -> pd.DataFrame:
    """Return the frame that the schema of ``sheet`` tests: readings and facts, a row per row."""
    table = chunk.tables[sheet.id]
    columns: dict[str, NDArray[Any]] = {spec.id: _reading(table[spec.id]) for spec in sheet.fields}
    for check in row_checks(sheet, chunk.layout):
        columns[check.column] = FACTS[check.code](chunk, table, sheet.by_id[check.field])
    return pd.DataFrame(columns)


def _reading(column: Column) -> NDArray[np.uint8]:
    states = column.states
    if ERROR in states:
        states = np.where(column.raws == cells.UNCACHED, np.uint8(UNCACHED), states)
    return column.spread(states)


# --- the facts ------------------------------------------------------------------------------------


def required_blank(chunk: Chunk, table: Table, spec: Field) -> Bools:
    return ~(table[spec.id].blank & chunk.present(table, spec.id))


def duplicate_key(chunk: Chunk, table: Table, spec: Field) -> Bools:
    return ~table.repeated(spec.id)


def unknown_person(chunk: Chunk, table: Table, spec: Field) -> Bools:
    return _except(table, chunk.strangers(table, spec)[0])


def end_before_start(chunk: Chunk, table: Table, spec: Field) -> Bools:
    end, start = table[spec.id], table[str(spec.not_before)]
    return ~(end.ok & start.ok & (end.value < start.value))


def wrong_corporate_number(chunk: Chunk, table: Table, spec: Field) -> Bools:
    column = table[spec.id]
    return ~column.ok | column.judged(is_corporate_number)


def claim_without_list(chunk: Chunk, table: Table, spec: Field) -> Bools:
    needed = str(spec.needs)
    silent = ~np.asarray(table[spec.id].value, dtype=bool)
    return np.asarray(silent | ~table[needed].blank | ~chunk.present(table, needed))


def choice_of_other_service(chunk: Chunk, table: Table, spec: Field) -> Bools:
    choices = chunk.layout.vocabularies[str(spec.choices)]
    services = table.vocabularies["service"]
    fits = np.array([[not c.services or s in c.services for s in services] for c in choices])
    chosen, service = table[spec.id], table["service"]
    return np.asarray(~(chosen.ok & service.ok) | fits[chosen.value, service.value])


def unlisted_name(chunk: Chunk, table: Table, spec: Field) -> Bools:
    names = effective_names(chunk, table, spec)
    claim = table["equivalent"]
    silent: Bools = np.asarray(claim.value | claim.error | names.among({""}), dtype=bool)
    matters = _NAMES_THAT_MATTER.get((table.kind, spec.id))
    if matters is not None:
        column = table[matters[0]]
        silent = silent | (column.ok & ~table.has(matters[0], *matters[1]))
    return np.asarray(silent | _listed(chunk, table, spec, names))


def _listed(chunk: Chunk, table: Table, spec: Field, names: Coded) -> Bools:
    anywhere = chunk.known.names_of(chunk.known.lists_of(spec))
    listed = names.among(anywhere).copy()
    if "clause" in table.columns:
        clauses = table["clause"]
        for code, clause in enumerate(clauses.distinct.tolist()):
            # On a pre-filled sheet the clause says which lists are meant.
            if lists := chunk.known.clauses[table.kind].get(clause):
                rows = np.flatnonzero(clauses.codes == code)
                listed[rows] = names[rows].among(chunk.known.names_of(lists))
    return listed


def effective_names(chunk: Chunk, table: Table, spec: Field) -> Coded:
    """Return the names of a listed column; その他 stands for what the column beside it says."""
    name = table[spec.id]
    return name.replaced(_is_other(chunk, name), table[spec.other]) if spec.other else name


def _is_other(chunk: Chunk, names: Coded) -> Bools:
    return names.among(chunk.word("other"))


def other_without_name(chunk: Chunk, table: Table, spec: Field) -> Bools:
    beside = str(spec.other)
    return ~(_is_other(chunk, table[spec.id]) & table[beside].blank & chunk.present(table, beside))


def unknown_list(chunk: Chunk, table: Table, spec: Field) -> Bools:
    return ~table[spec.id].ok | table[spec.id].among(chunk.known.lists_of(spec))


def unknown_clause(chunk: Chunk, table: Table, spec: Field) -> Bools:
    clauses = chunk.known.clauses[table.kind]
    return ~table[spec.id].ok | table[spec.id].among(clauses)


def date_after_base_date(chunk: Chunk, table: Table, spec: Field) -> Bools:
    return ~(table[spec.id].ok & (table[spec.id].value > chunk.base))


def date_read_from_text(chunk: Chunk, table: Table, spec: Field) -> Bools:
    column = table[spec.id]
    plain = np.array([is_plain_date(raw) for raw in column.raws.tolist()], dtype=bool)
    return np.asarray(~column.ok | column.spread(plain))


def below_capacity(chunk: Chunk, table: Table, spec: Field) -> Bools:
    return np.asarray(table.row <= last_rows(chunk, table)[table.applicant])


FACTS: dict[str, Callable[[Chunk, Table, Field], Bools]] = {
    fact.__name__: fact
    for fact in (
        required_blank, duplicate_key, unknown_person, end_before_start, wrong_corporate_number,
        claim_without_list, choice_of_other_service, unlisted_name, other_without_name, unknown_list,
        unknown_clause, date_after_base_date, date_read_from_text, below_capacity,
    )
}  # fmt: skip


def last_rows(chunk: Chunk, table: Table) -> NDArray[np.int64]:
    """Return per applicant the last row of the area that the template gives for the sheet."""
    headers = np.asarray(chunk.raw.source.header_rows(table.kind), dtype=np.int64)
    return headers + chunk.layout.by_id[table.kind].capacity


def is_plain_date(raw: RawCell) -> bool:
    """Tell whether a day stands in the cell as a Western calendar date, so that nothing was worked out.

    >>> [is_plain_date(raw) for raw in ("2026年4月1日", 20260401.0, "令和8年4月1日", 46113.0)]
    [True, True, False, False]
    """
    return isinstance(raw, date) or _PLAIN_DATE.match(text_of(raw)) is not None


def is_corporate_number(text: str) -> bool:
    """Tell whether ``text`` is 13 digits whose first is the check digit of the other twelve.

    >>> is_corporate_number("6010001000001"), is_corporate_number("7010001000001")
    (True, False)
    """
    if not (len(text) == 13 and text.isascii() and text.isdigit()):
        return False
    return int(text[0]) == 9 - sum(_weighted(text[1:])) % 9


def _weighted(digits: str) -> Iterable[int]:
    return (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))


def _except(table: Table, positions: NDArray[Any]) -> Bools:
    holds = np.ones(len(table), dtype=bool)
    holds[positions] = False
    return holds
