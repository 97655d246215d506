"""Education and training of everyone who works in a service."""

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds
from secsvc_batch.evaluation.checks.against import doubts_about, people_lacking, why_nothing
from secsvc_batch.evaluation.checks.routes import attended, person_rows
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Amounts, Outcome, Rows, Told
from secsvc_batch.evaluation.people import any_by_person
from secsvc_batch.evaluation.reasons import Bits, Reason, Why, bits
from secsvc_batch.standard.model import Education, Requirement


def _of_course(rule: Education, requirement: Requirement, ctx: Context) -> tuple[Bounds, Why]:
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
        return other & mine & general, lambda: bits((vague, Reason.UNREADABLE_CELL))
    course = Bounds(listed, listed | claimed | unreadable)
    form = table["form"] if rule.check == "education:attended" else None

    def why() -> Bits:
        found = bits((claimed & ~listed, Reason.EQUIVALENCE_CLAIMED), (unreadable, Reason.UNREADABLE_CELL))
        if form is None:
            return found
        return found | bits(
            (form.blank, Reason.VALUE_MISSING),
            (form.unreadable, Reason.UNREADABLE_CELL),
            (table.has("form", "given"), Reason.NOT_ATTENDED),
        )

    return course if form is None else course & attended(ctx), why


def _in_window(years: int, ctx: Context) -> tuple[Bounds, Why]:
    """Completed inside the window; before it or without a readable date: possibly; after it: no."""
    date, window = ctx.tables["training"]["completed_on"], ctx.window(years)
    old, late = date.holds(date.distinct < window.first), date.holds(date.distinct > window.base)
    done = Bounds(date.ok & ~old & ~late, ~late).settle(old, ctx.reading("education_old"))
    return done, lambda: bits(
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
    years = rule.window_years
    done, why_done = ctx.once(("completed", years), lambda: _in_window(years, ctx))
    holds = course & done
    educated = any_by_person(len(people), ctx.links("training"), holds)
    result = _everyone(rule, educated, ctx)

    def amounts() -> Amounts:
        who = people.applicant
        needed = np.maximum(ctx.total(who, workers.possible), 1)
        certain, possible = (
            np.where(holds, needed, np.minimum(ctx.total(who, workers.possible & people), needed - 1))
            for holds, people in (
                (result.certain, educated.certain),
                (result.possible, educated.possible),
            )
        )
        return Amounts(certain, possible, needed)

    def tell() -> Told:
        why = why_course() | why_done()
        rows = _of_workers(
            person_rows(rule.people, course.possible, holds, why, "training", ctx), workers, educated
        )
        reasons = _why_not_everyone(rule, educated, result, ctx)
        doubtful = rows.possible > rows.certain
        np.bitwise_or.at(reasons, rows.applicant[doubtful], rows.reasons[doubtful])
        reasons |= np.where(result.possible, 0, why_nothing([rows], ctx))
        without = Bounds(workers.certain & ~educated.possible, workers.possible & ~educated.possible)
        lacking = people_lacking(rule.people, without, [rows], ~result.certain, Reason.NOT_STATED, ctx)
        return Told(reasons, [rows], lacking)

    return Outcome(result.verdicts(), amounts, tell)


def _of_workers(rows: Rows, workers: Bounds, educated: Bounds) -> Rows:
    """Leave out the rows of others, and what adds nothing for who is certainly educated by another row."""
    assert rows.person is not None
    settled = workers.certain & educated.certain
    keep = workers.possible[rows.person] & ((rows.certain > 0) | ~settled[rows.person])
    return rows.only(keep)


def _everyone(rule: Education, educated: Bounds, ctx: Context) -> Bounds:
    """Bounds per applicant of "everyone is educated", widened to "somebody is" by the open reading."""
    who, workers = ctx.people.applicant, ctx.people.select(rule.people)

    def any_of(people: Bools) -> Bools:
        return ctx.per_applicant(who, people)

    everyone = Bounds(
        any_of(workers.certain) & ~any_of(workers.possible & ~educated.certain),
        any_of(workers.possible & educated.possible) & ~any_of(workers.certain & ~educated.possible),
    )
    one = Bounds(any_of(workers.certain & educated.certain), any_of(workers.possible & educated.possible))
    reading = ctx.reading("education_partial")
    return {"both": Bounds(everyone.certain, one.possible), "strict": everyone, "lenient": one}[reading]


def _why_not_everyone(rule: Education, educated: Bounds, result: Bounds, ctx: Context) -> Bits:
    """Return per applicant why it is not certain that everyone is educated."""
    who, workers = ctx.people.applicant, ctx.people.select(rule.people)
    somebody = ctx.per_applicant(who, workers.possible)
    one = ctx.per_applicant(who, workers.possible & educated.possible)
    without = ctx.per_applicant(who, workers.possible & ~educated.possible)
    reasons = bits(
        (~somebody, Reason.NOBODY),
        (somebody & ~one, Reason.NOT_EDUCATED),
        (~result.certain & one & without, Reason.EDUCATION_PARTIAL),
    )
    unsure = workers.uncertain & result.uncertain[who]
    np.bitwise_or.at(reasons, who[unsure], doubts_about(rule.people, ctx)[unsure])
    return reasons
