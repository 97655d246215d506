"""Education and training of everyone who works in a service."""

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds
from secsvc_batch.evaluation.checks.against import doubts_about, people_lacking, why_nothing
from secsvc_batch.evaluation.checks.routes import attended, person_rows
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows, counted
from secsvc_batch.evaluation.people import any_by_person
from secsvc_batch.evaluation.reasons import Bits, Reason, bits
from secsvc_batch.standard.model import Education, Requirement


def _of_course(rule: Education, requirement: Requirement, ctx: Context) -> tuple[Bounds, Bits]:
    """Rows whose course is what the rule asks for, whenever it was completed."""
    table = ctx.tables["training"]
    listed = ctx.in_list(ctx.names("training", "course"), rule.list)
    claimed = ctx.claimed("training", rule.list)
    unreadable = table["course"].error
    if rule.check == "education:own":
        service = ctx.standard.service_of(requirement.clause).id
        other = Bounds(~listed & ~claimed & ~unreadable, ~listed & ~claimed)
        mine = Bounds.doubt(table.has("service", service), table["service"].unreadable)
        general = Bounds.doubt(table.has("purpose", str(rule.purpose)), table["purpose"].unreadable)
        vague = table["service"].unreadable | table["purpose"].unreadable | unreadable
        return other & mine & general, bits((vague, Reason.UNREADABLE_CELL))
    course = Bounds(listed, listed | claimed | unreadable)
    why = bits((claimed & ~listed, Reason.EQUIVALENCE_CLAIMED), (unreadable, Reason.UNREADABLE_CELL))
    if rule.check == "education:attended":
        course = course & attended(ctx)
        why = why | bits(
            (table["form"].blank, Reason.VALUE_MISSING),
            (table["form"].unreadable, Reason.UNREADABLE_CELL),
            (table.has("form", "given"), Reason.NOT_ATTENDED),
        )
    return course, why


def _in_window(rule: Education, ctx: Context) -> tuple[Bounds, Bits]:
    """Completed inside the window; before it or without a readable date: possibly; after it: no."""
    date, window = ctx.tables["training"]["completed_on"], ctx.window(rule.window_years)
    old = date.ok & (date.value < window.first)
    late = date.ok & (date.value > window.base)
    done = Bounds(date.ok & ~old & ~late, ~late).settle(old, ctx.reading("education_old"))
    return done, bits(
        (old, Reason.EDUCATION_OLD),
        (late, Reason.NOT_YET),
        (date.blank, Reason.DATE_MISSING),
        (date.unreadable, Reason.UNREADABLE_CELL),
    )


def education(requirement: Requirement, ctx: Context) -> Outcome:
    """Everyone who works in the service is educated; some of them only is for a person."""
    rule = requirement.requires
    assert isinstance(rule, Education)
    people, workers = ctx.people, ctx.people.select(rule.people)
    course, why_course = _of_course(rule, requirement, ctx)
    done, why_done = _in_window(rule, ctx)
    holds, why = course & done, why_course | why_done
    educated = any_by_person(len(people), ctx.links("training"), holds)
    result, reasons = _everyone(rule, educated, ctx)
    rows = _of_workers(
        person_rows(rule.people, course.possible, holds, why, "training", ctx), workers, educated
    )
    doubtful = rows.possible > rows.certain
    np.bitwise_or.at(reasons, rows.applicant[doubtful], rows.reasons[doubtful])
    reasons |= np.where(result.possible, 0, why_nothing([rows], ctx))
    who = people.applicant
    needed = np.maximum(ctx.total(who, workers.possible), 1)
    certain = np.where(
        result.certain, needed, np.minimum(ctx.total(who, (workers.possible & educated.certain)), needed - 1)
    )
    possible = np.where(result.possible, needed, 0)
    outcome = counted(certain.astype(np.int32), possible.astype(np.int32), needed, reasons, [rows])
    without = Bounds(workers.certain & ~educated.possible, workers.possible & ~educated.possible)
    outcome.against = people_lacking(rule.people, without, [rows], ~result.certain, Reason.NOT_STATED, ctx)
    return outcome


def _of_workers(rows: Rows, workers: Bounds, educated: Bounds) -> Rows:
    """Leave out the rows of others, and what adds nothing for who is certainly educated by another row."""
    assert rows.person is not None
    settled = workers.certain & educated.certain
    keep = workers.possible[rows.person] & ((rows.certain > 0) | ~settled[rows.person])
    return rows.only(keep)


def _everyone(rule: Education, educated: Bounds, ctx: Context) -> tuple[Bounds, Bits]:
    """Bounds per applicant of "everyone is educated", widened to "somebody is" by the open reading."""
    who, workers = ctx.people.applicant, ctx.people.select(rule.people)

    def any_of(people: Bools) -> Bools:
        return ctx.per_applicant(who, people)

    somebody = any_of(workers.certain)
    all_certain = somebody & ~any_of(workers.possible & ~educated.certain)
    all_possible = any_of(workers.possible & educated.possible) & ~any_of(
        workers.certain & ~educated.possible
    )
    one_certain = any_of(workers.certain & educated.certain)
    one_possible = any_of(workers.possible & educated.possible)
    result = {
        "both": Bounds(all_certain, one_possible),
        "strict": Bounds(all_certain, all_possible),
        "lenient": Bounds(one_certain, one_possible),
    }[ctx.reading("education_partial")]
    reasons = bits(
        (~any_of(workers.possible), Reason.NOBODY),
        (any_of(workers.possible) & ~one_possible, Reason.NOT_EDUCATED),
        (
            ~result.certain & one_possible & any_of(workers.possible & ~educated.possible),
            Reason.EDUCATION_PARTIAL,
        ),
    )
    unsure = workers.uncertain & result.uncertain[who]
    np.bitwise_or.at(reasons, who[unsure], doubts_about(rule.people, ctx)[unsure])
    return result, reasons
