"""Stated numbers of people: they agree when they lie between the certain and the possible count."""

from dataclasses import replace

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.checks.against import clause_missing
from secsvc_batch.evaluation.checks.routes import meets, meets_any
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows, counted
from secsvc_batch.evaluation.reasons import Bits, Reason, bits
from secsvc_batch.standard.model import Headcount, HeadcountBoth, Requirement


class Stated:
    """The number stated in the row of one clause, per applicant."""

    def __init__(self, clause: str, ctx: Context) -> None:
        table = ctx.tables["headcounts"]
        self.position, self.lost = ctx.first_rows("headcounts", clause)
        there = self.position >= 0
        column = table["stated_count"]
        self.given: Bools = there & column.ok[self.position] if len(table) else there
        # a cell that shows an error may hold any number, and so may a row whose clause is lost
        self.unknown: Bools = (there & column.error[self.position] if len(table) else there) | self.lost
        self.number: Ints = np.where(self.given, column.value[self.position] if len(table) else 0, -1)
        self._row: Ints = table.row[self.position] if len(table) else self.position

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
    rows: list[Rows] = []
    everywhere, lost = np.ones(ctx.count, dtype=bool), np.zeros(ctx.count, dtype=bool)
    why = np.zeros(ctx.count, dtype=np.int64)
    for clause in rule.routes:
        who = meets(clause, ctx)
        low = ctx.total(people.applicant, (least & who).certain)
        high = ctx.total(people.applicant, (most & who).possible)
        number = Stated(clause, ctx)
        agrees = number.given & (low <= number.number) & (number.number <= high)
        agreed += agrees
        stated += number.given | number.unknown
        why |= number.why(agrees)
        rows += number.rows(agrees, low, high)
        everywhere &= number.position >= 0
        lost |= number.lost
    outcome = counted(agreed, stated, len(rule.routes), why, rows)
    outcome.against = clause_missing("headcounts", everywhere, lost, Reason.NOT_STATED, ctx)
    return outcome


def headcount_both(requirement: Requirement, ctx: Context) -> Outcome:
    """The number of people who meet the routes of both parts; blank is none where there can be none."""
    rule = requirement.requires
    assert isinstance(rule, HeadcountBoth)
    people = ctx.people
    both = meets_any(rule.first_routes, ctx) & meets_any(rule.second_routes, ctx)
    certain_people: Bounds = people.select(rule.certain_first) & people.select(rule.certain_second)
    low = ctx.total(people.applicant, (certain_people & both).certain)
    high = ctx.total(people.applicant, (people.select(rule.possible) & both).possible)
    number = Stated(requirement.clause, ctx)
    blank_is_none = ~number.given & ~number.unknown & (high == 0)
    agrees = (number.given & (low <= number.number) & (number.number <= high)) | blank_is_none
    open_ = number.given | number.unknown | blank_is_none
    rows = number.rows(agrees, low, high)
    outcome = counted(agrees.astype(np.int32), open_.astype(np.int32), 1, number.why(agrees), rows)
    there = number.position >= 0
    outcome.against = clause_missing("headcounts", there, number.lost, Reason.NOT_STATED, ctx)
    return outcome
