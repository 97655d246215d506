"""Stated numbers of people: they agree when they lie between the certain and the possible count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.checks.against import clause_missing
from secsvc_batch.evaluation.checks.routes import meets, meets_any
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows, Told, counted, held
from secsvc_batch.evaluation.reasons import Bits, Reason, bits
from secsvc_batch.standard.model import Headcount, HeadcountBoth, Requirement
from secsvc_batch.tables.typed import Table


class Stated:
    """The number stated in the row of one clause, per applicant."""

    def __init__(self, table: Table, position: Ints, lost: Bools) -> None:
        self.position, self.lost = position, lost
        there = self.position >= 0
        column = table["stated_count"]
        self.given: Bools = there & column.ok[self.position] if len(table) else there
        # a cell that shows an error may hold any number, and so may a row whose clause is lost
        self.unknown: Bools = (there & column.error[self.position] if len(table) else there) | self.lost
        self.number: Ints = np.where(self.given, column.value[self.position] if len(table) else 0, -1)
        self._row: Ints = table.row[self.position] if len(table) else self.position

    @classmethod
    def of(cls, clause: str, ctx: Context) -> Stated:
        """Return the number of ``clause``."""
        key = "stated", clause, ctx.standard.clauses
        rows = ctx.first_rows("headcounts", clause)
        return ctx.of_tables(key, lambda: cls(ctx.tables["headcounts"], *rows))

    def why(self, agrees: Bools) -> Bits:
        """Return per applicant why the number does not agree."""
        return bits(
            (~self.given & ~self.unknown & ~agrees, Reason.NOT_STATED),
            (self.unknown, Reason.UNREADABLE_CELL),
            (self.given & ~agrees, Reason.HEADCOUNT_DIFFERS),
        )

    def rows(self, agrees: Bools, low: Ints, high: Ints) -> list[Rows]:
        """Return the rows that state the number, with what they say of it; where it differs from the count
        (``low`` to ``high`` people), with the count."""
        applicant = np.arange(len(self.position), dtype=np.int32)
        good, open_ = agrees.astype(np.int32), (self.given | self.unknown | agrees).astype(np.int32)
        everyone = Rows("headcounts", applicant, self._row, good, open_, self.why(agrees), unit="stated")
        there, differs = self.position >= 0, self.given & ~agrees
        counted_people = replace(everyone, certain=low, possible=high, unit="people")
        return [everyone.only(there & ~differs), counted_people.only(differs)]


def headcount(requirement: Requirement, ctx: Context) -> Outcome:
    """Every route has a number, and each agrees with one way of counting its people."""
    rule = requirement.requires
    assert isinstance(rule, Headcount)
    people = ctx.people
    reading = ctx.reading("headcount_scope")
    least = ctx.people.select(rule.possible if reading == "lenient" else rule.certain)
    most = ctx.people.select(rule.certain if reading == "strict" else rule.possible)
    agreed, stated = np.zeros(ctx.count, np.int32), np.zeros(ctx.count, np.int32)
    routes: list[tuple[Stated, Bools, Ints, Ints]] = []
    for clause in rule.routes:
        who = meets(clause, ctx)
        low = ctx.total(people.applicant, (least & who).certain)
        high = ctx.total(people.applicant, (most & who).possible)
        number = Stated.of(clause, ctx)
        agrees = number.given & (low <= number.number) & (number.number <= high)
        agreed += agrees
        stated += number.given | number.unknown
        routes.append((number, agrees, low, high))

    def tell() -> Told:
        everywhere, lost = np.ones(ctx.count, dtype=bool), np.zeros(ctx.count, dtype=bool)
        told = Told(np.zeros(ctx.count, dtype=np.int64))
        for number, agrees, low, high in routes:
            told.reasons |= number.why(agrees)
            told.rows += number.rows(agrees, low, high)
            everywhere &= number.position >= 0
            lost |= number.lost
        told.against = clause_missing("headcounts", everywhere, lost, Reason.NOT_STATED, ctx)
        return told

    return counted(agreed, stated, len(rule.routes), tell)


def headcount_both(requirement: Requirement, ctx: Context) -> Outcome:
    """The number of people who meet the routes of both parts; blank is none where there can be none."""
    rule = requirement.requires
    assert isinstance(rule, HeadcountBoth)
    people = ctx.people
    both = meets_any(rule.first_routes, ctx) & meets_any(rule.second_routes, ctx)
    certain_people: Bounds = people.select(rule.certain_first) & people.select(rule.certain_second)
    low = ctx.total(people.applicant, (certain_people & both).certain)
    high = ctx.total(people.applicant, (people.select(rule.possible) & both).possible)
    number = Stated.of(requirement.clause, ctx)
    blank_is_none = ~number.given & ~number.unknown & (high == 0)
    agrees = (number.given & (low <= number.number) & (number.number <= high)) | blank_is_none
    open_ = number.given | number.unknown | blank_is_none

    def tell() -> Told:
        there = number.position >= 0
        missing = clause_missing("headcounts", there, number.lost, Reason.NOT_STATED, ctx)
        return Told(number.why(agrees), number.rows(agrees, low, high), missing)

    return held(Bounds(agrees, open_), tell)
