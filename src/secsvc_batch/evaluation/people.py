"""The people of all applicants: who is in post, who has which role, and whose row a row is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.standard.model import People as PeopleRule
from secsvc_batch.tables.coded import Coded, Codes, Column, Numbers, pair_keys
from secsvc_batch.tables.typed import Table

EXPERTS, WORKERS = "experts", "workers"


@dataclass(frozen=True)
class Links:
    """Which person a row may belong to: one entry per (row, person).

    ``position``: int32, index of the row, of which there are ``rows``; ``person``: int32, index of the
    person; ``sure``: bool, false where the number of the row or of the person cannot be read. The sure
    ones come first, in the order of the rows.
    """

    position: Ints
    person: Ints
    sure: Bools
    rows: int

    def __getitem__(self, at: NDArray[Any]) -> Links:
        return replace(self, position=self.position[at], person=self.person[at], sure=self.sure[at])

    @cached_property
    def unsure(self) -> Links:
        """The links of which nobody knows whether they are."""
        return self[np.flatnonzero(~self.sure)]

    @cached_property
    def owner(self) -> Codes:
        """Per row the person whose it surely is, -1 for nobody; for rows that name one person each."""
        person = np.full(self.rows, -1, dtype=np.intp)
        person[self.position[self.sure]] = self.person[self.sure]
        return person

    @cached_property
    def _sure_of_row(self) -> tuple[Codes, Codes, Codes]:
        """Where the sure links of each row begin, how many there are, and the people of all of them."""
        counts = np.bincount(self.position[self.sure], minlength=self.rows)
        return np.cumsum(counts) - counts, counts, self.person[self.sure].astype(np.intp)

    def of_rows(self, rows: Bools) -> Links:
        """Return the links of these rows, in the same order."""
        return self[np.flatnonzero(rows[self.position])]

    def added_up(self, rows: Codes, amounts: Ints, people: int) -> Ints:
        """Return what ``rows`` that are surely theirs give to all ``people``: int32, an element each.

        ``rows``: positions; ``amounts``: what each of them gives.
        """
        begin, counts, everybody = self._sure_of_row
        some = np.flatnonzero(amounts != 0)
        at, times = rows[some], counts[rows[some]]
        person = everybody[_ranges(begin[at], times)]
        return np.bincount(person, np.repeat(amounts[some].astype(float), times), people).astype(np.int32)

    def once_each(self) -> Links:
        """Return the links with each person once a row, surely if one of the links is sure."""
        keys = self.position.astype(np.int64) << 32 | self.person.astype(np.int64)
        order = np.lexsort((~self.sure, keys))  # the sure one first
        first = np.ones(len(keys), dtype=bool)
        first[1:] = keys[order][1:] != keys[order][:-1]
        return self[np.sort(order[first])]


def _ranges(begin: Codes, counts: Codes) -> Codes:
    """Return the numbers from each ``begin`` on, as many as ``counts`` says, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(begin - ends + counts, counts)


class People:
    """One entry per row of the staff sheet, in which every number stands once."""

    def __init__(self, staff: Table, base: int) -> None:
        self._staff = staff
        # whole words, by which arrays are looked up quickest
        self.applicant: Codes = staff.once("applicant", lambda: staff.applicant.astype(np.intp))
        self.row: Ints = staff.row
        self.ids: Column = staff["staff_id"]
        self.unreadable_id: Bools = staff["staff_id"].unreadable
        self.in_post: Bounds = _in_post(staff, base)
        self._memo: dict[tuple[str, ...], Bounds] = {}

    def __len__(self) -> int:
        return len(self.applicant)

    @cached_property
    def _by_code(self) -> tuple[NDArray[np.int64], Ints]:
        """Sorted (applicant, number) keys of the readable people and their indices."""
        readable = np.flatnonzero(self.ids.ok).astype(np.int32)
        keys = self._keys(self.applicant[readable], self.ids[readable])
        order = np.argsort(keys, kind="stable")
        return keys[order], readable[order]

    def _keys(self, applicant: Numbers, ids: Coded) -> NDArray[np.int64]:
        """Return keys of which those of unknown numbers are nobody's."""
        return pair_keys(applicant, ids.numbered(self.ids.numbers), len(self.ids.distinct))

    def find(self, applicant: Ints, ids: Coded) -> Ints:
        """Return the index of the person with this number, -1 where the staff sheet has none."""
        keys, index = self._by_code
        wanted = self._keys(applicant, ids)
        if not len(keys):
            return np.full(len(wanted), -1, dtype=np.int32)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, index[at], -1).astype(np.int32)

    def link(self, applicant: Ints, ids: Coded, position: Ints, unreadable: Bools, rows: int) -> Links:
        """Return whose rows these are; ``position`` is that in a table of so many ``rows``.

        A number that cannot be read may be anybody's of the applicant; a number that is not in the
        staff sheet may be that of a person whose own number cannot be read.
        """
        person = self.find(applicant, ids)
        known = (person >= 0) & ~unreadable
        anybody = np.flatnonzero(unreadable)
        nameless = np.flatnonzero(~unreadable & (person < 0) & ~ids.among({""}))
        everyone = np.arange(len(self), dtype=np.int32)
        parts = [(position[known], person[known])]
        parts.append(self._cross(applicant, position, anybody, everyone))
        parts.append(self._cross(applicant, position, nameless, everyone[self.unreadable_id]))
        sure = np.zeros(sum(len(p) for p, _ in parts), dtype=bool)
        sure[: len(parts[0][0])] = True
        return Links(np.concatenate([p for p, _ in parts]), np.concatenate([q for _, q in parts]), sure, rows)

    def _cross(
        self, applicant: Ints, position: Ints, rows: NDArray[np.int64], people: Ints
    ) -> tuple[Ints, Ints]:
        """Pair each of ``rows`` with each of ``people`` of the same applicant."""
        if not len(rows) or not len(people):
            return np.empty(0, np.int32), np.empty(0, np.int32)
        left = pd.DataFrame({"applicant": applicant[rows], "position": position[rows]})
        right = pd.DataFrame({"applicant": self.applicant[people], "person": people})
        both = left.merge(right, on="applicant")
        return both["position"].to_numpy(np.int32), both["person"].to_numpy(np.int32)

    def rows_of(self, table: Table) -> Links:
        """Link every row of a sheet with a column ``staff_id`` to its person."""
        ids = table["staff_id"]
        position = np.arange(len(table), dtype=np.int32)
        return self.link(table.applicant, ids, position, ids.unreadable, len(table))

    def items_of(self, table: Table, name: str) -> Links:
        """Link every number in a column of joined numbers to its person; unreadable cells to anybody."""
        items, bad = table.items(name), np.flatnonzero(table[name].unreadable).astype(np.int32)
        position = np.concatenate([items.position, bad])
        nobody = np.full(len(bad), len(items.distinct), dtype=np.intp)
        ids = Coded(np.concatenate([items.codes, nobody]), np.append(items.distinct, ""))
        unreadable = np.arange(len(position)) >= len(items.position)
        return self.link(table.applicant[position], ids, position, unreadable, len(table))

    def role(self, columns: list[str], who: str) -> Bounds:
        """Return who has a role in one of the columns, whether in post or not."""
        return self._staff.once(("role", who, *columns), lambda: self._role(columns, who))

    def _once(self, key: tuple[str, ...], make: Callable[[], Bounds]) -> Bounds:
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]

    def _role(self, columns: list[str], who: str) -> Bounds:
        result = Bounds.sure(np.zeros(len(self), dtype=bool))
        for name in columns:
            column = self._staff[name]
            named = self._staff.has(name, "expert") if who == EXPERTS else column.ok
            result = result | Bounds.doubt(named, column.unreadable)
        return result

    def select(self, rule: PeopleRule) -> Bounds:
        """Return the people a rule speaks of: with such a role and in post on the base date."""
        key = ("people", rule.who, *rule.roles)
        return self._once(key, lambda: self.role(rule.roles, rule.who) & self.in_post)


def _in_post(staff: Table, base: int) -> Bounds:
    """In post on the base date (readings: People)."""
    begun, left = staff["employed_from"], staff["employed_until"]
    contradictory = begun.ok & left.ok & (left.value < begun.value)
    ruled_out = (begun.ok & (begun.value > base)) | (left.ok & (left.value < base))
    unclear = begun.unreadable | left.unreadable | contradictory
    possible = ~ruled_out | contradictory
    return Bounds(possible & ~unclear, possible)


def any_by_person(count: int, links: Links, rows: Bounds) -> Bounds:
    """Return per person whether one of their rows holds; only a sure link makes it certain."""
    certain, possible = (np.zeros(count + 1, dtype=bool) for _ in range(2))  # the last one is nobody
    at = np.flatnonzero(rows.possible)
    owner = links.owner[at]
    possible[owner] = True
    certain[owner[rows.certain[at]]] = True
    possible[links.unsure.person[rows.possible[links.unsure.position]]] = True
    return Bounds(certain[:-1], possible[:-1])
