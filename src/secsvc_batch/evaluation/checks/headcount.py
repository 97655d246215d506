"""Stated numbers of people: they agree when they lie between the certain and the possible count."""

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.checks.routes import meets, meets_any
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows, counted
from secsvc_batch.evaluation.reasons import Reason, bits
from secsvc_batch.standard.model import Headcount, HeadcountBoth, Requirement


class Stated:
    """The number stated in the row of one clause, per applicant."""

    def __init__(self, clause: str, ctx: Context) -> None:
        table = ctx.tables["headcounts"]
        self.position, lost = ctx.first_rows("headcounts", clause)
        there = self.position >= 0
        column = table["stated_count"]
        self.given: Bools = there & column.ok[self.position] if len(table) else there
        # a cell that shows an error may hold any number, and so may a row whose clause is lost
        self.unknown: Bools = (there & column.error[self.position] if len(table) else there) | lost
        self.number: Ints = np.where(self.given, column.value[self.position] if len(table) else 0, -1)
        self._row: Ints = table.row[self.position] if len(table) else self.position

    def rows(self, agrees: Bools, ctx: Context) -> Rows:
        """Return the rows that state the number, with what they say of it."""
        there = self.position >= 0
        why = bits(
            (~self.given & ~self.unknown, Reason.NOT_STATED),
            (self.unknown, Reason.UNREADABLE_CELL),
            (self.given & ~agrees, Reason.HEADCOUNT_DIFFERS),
        )
        applicant = np.arange(ctx.count, dtype=np.int32)
        good, open_ = agrees.astype(np.int32), (self.given | self.unknown | agrees).astype(np.int32)
        return Rows(
            "headcounts",
            applicant[there],
            self._row[there],
            good[there],
            open_[there],
            why[there],
            unit="stated",
        )


def headcount(requirement: Requirement, ctx: Context) -> Outcome:
    """Every route has a number, and each agrees with one way of counting its people."""
    rule = requirement.requires
    assert isinstance(rule, Headcount)
    people = ctx.people
    reading = ctx.reading("headcount_scope")
    least = ctx.people.select(rule.possible if reading == "lenient" else rule.certain)
    most = ctx.people.select(rule.certain if reading == "strict" else rule.possible)
    agreed, stated, rows = np.zeros(ctx.count, np.int32), np.zeros(ctx.count, np.int32), []
    why = np.zeros(ctx.count, dtype=np.int64)
    for clause in rule.routes:
        who = meets(clause, ctx)
        low = ctx.total(people.applicant, (least & who).certain)
        high = ctx.total(people.applicant, (most & who).possible)
        number = Stated(clause, ctx)
        agrees = number.given & (low <= number.number) & (number.number <= high)
        agreed += agrees
        stated += number.given | number.unknown
        row = number.rows(agrees, ctx)
        why[row.applicant] |= row.reasons
        rows.append(row)
    return counted(agreed, stated, len(rule.routes), why, rows)


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
    why = bits(
        (~open_, Reason.NOT_STATED),
        (number.unknown, Reason.UNREADABLE_CELL),
        (number.given & ~agrees, Reason.HEADCOUNT_DIFFERS),
    )
    return counted(agrees.astype(np.int32), open_.astype(np.int32), 1, why, [number.rows(agrees, ctx)])
