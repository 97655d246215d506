"""What stands against a requirement beside its rows: people and places where something is missing."""

from dataclasses import replace

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import NO_ROW, Rows
from secsvc_batch.evaluation.reasons import GROUNDS, Bits, Reason, bits
from secsvc_batch.standard.model import People
from secsvc_batch.tables.coded import Numbers


def adds_nothing(
    sheet: str, applicant: Numbers, row: Ints, reasons: Bits | Reason, person: Ints | None = None
) -> Rows:
    """Return rows that add nothing to a requirement, each with its reasons (one for all, or bits)."""
    nothing = np.zeros(len(row), dtype=np.int32)
    why = np.full(len(row), int(reasons)) if isinstance(reasons, Reason) else reasons
    return Rows(sheet, applicant, row, nothing, nothing, why, person)


def leaves_open(rows: Rows, which: Bools | None = None) -> Rows:
    """Return rows of :func:`adds_nothing` for which (or for all of which) a person has to decide."""
    open_ = np.ones(len(rows.row), dtype=bool) if which is None else which
    return replace(rows, possible=open_.astype(np.int32))


def nothing_in(sheet: str, where: Bools, reason: Reason) -> Rows:
    """Return, for the applicants ``where``, a sheet in which what is needed is not filled in."""
    applicant = np.flatnonzero(where).astype(np.int32)
    return adds_nothing(sheet, applicant, np.full(len(applicant), NO_ROW, dtype=np.int32), reason)


def clause_missing(sheet: str, there: Bools, lost: Bools, reason: Reason, ctx: Context) -> list[Rows]:
    """Return where the row of a clause would stand that is not ``there``: in the rows whose clause cannot be
    read if some are (``lost``), else nowhere in the sheet."""
    table = ctx.tables[sheet]
    at = np.flatnonzero(ctx.lost_rows(sheet) & lost[table.applicant])
    unreadable = adds_nothing(sheet, table.applicant[at], table.row[at], Reason.UNREADABLE_CELL)
    return [leaves_open(unreadable), nothing_in(sheet, ~there & ~lost, reason)]


def open_service(service: str, where: Bools, reason: Reason, ctx: Context) -> Rows:
    """Return the row of a service that leaves something open, for the applicants ``where``."""
    table, position = ctx.tables["services"], ctx.service_rows(service)
    at = position[where & (position >= 0)]
    return leaves_open(adds_nothing("services", table.applicant[at], table.row[at], reason))


def people_lacking(
    rule: People, who: Bounds, shown: list[Rows], where: Bools, reason: Reason | Bits, ctx: Context
) -> list[Rows]:
    """Return whom a requirement misses something of, for the applicants ``where``.

    That is everyone of ``who`` of whom no row is ``shown``. Where nobody can be meant, it is those who
    have the role but are not in post, and without them the sheet staff. ``who`` has one element per
    person, and so has ``reason`` where it is bits.
    """
    people = ctx.people
    told = np.zeros(len(people), dtype=bool)
    for rows in shown:
        told[rows.person] = True
    owner = people.applicant
    silent = np.flatnonzero(who.possible & ~told & where[owner]).astype(np.int32)
    nobody = where & nobody_of(rule, ctx)
    named = people.role(rule.roles, rule.who).possible & nobody[owner]
    gone = np.flatnonzero(named & ~told).astype(np.int32)
    nowhere = nobody & ~ctx.per_applicant(owner, named)
    own = np.full(len(people), int(reason)) if isinstance(reason, Reason) else reason
    why = (own | doubts_about(rule, ctx))[silent]
    return [
        adds_nothing("staff", owner[silent], people.row[silent], why, silent),
        adds_nothing("staff", owner[gone], people.row[gone], Reason.NOT_IN_POST, gone),
        nothing_in("staff", nowhere, Reason.NOBODY),
    ]


def doubts_about(rule: People, ctx: Context) -> Bits:
    """Return per person why it is unclear whether a rule means him."""

    def make() -> Bits:
        people = ctx.people
        role = people.role(rule.roles, rule.who)
        return bits(
            (people.in_post.uncertain, Reason.POST_UNCERTAIN), (role.uncertain, Reason.UNREADABLE_CELL)
        )

    return ctx.once(("doubts", tuple(rule.roles), rule.who), make)


def nobody_of(rule: People, ctx: Context) -> Bools:
    """Tell per applicant whether nobody can be one of the people whom a rule means."""
    return ~ctx.per_applicant(ctx.people.applicant, ctx.people.select(rule).possible)


def why_nothing(shown: list[Rows], ctx: Context) -> Bits:
    """Return per applicant why rows add nothing: what rules them out, else the doubts about them."""
    total = np.zeros(ctx.count, dtype=np.int64)
    for rows in shown:
        nothing = rows.possible == 0
        why = rows.reasons[nothing]
        grounds = why & GROUNDS
        np.bitwise_or.at(total, rows.applicant[nothing], np.where(grounds != 0, grounds, why))
    return total


def why_not_met(rule: People, shown: list[Rows], ctx: Context) -> Bits:
    """Return per applicant why nobody meets a requirement of which these rows are ``shown``."""
    nobody, why = nobody_of(rule, ctx), why_nothing(shown, ctx)
    return why | bits((nobody, Reason.NOBODY), (~nobody & (why == 0), Reason.NOT_STATED))
