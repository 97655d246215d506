"""Routes by credential, teaching and training: who meets them, and the people of a service who do.

``MEETS`` gives for each kind of route the rows that qualify, whoever they belong to; a route leaf
counts the people whom its rule names among those who meet it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds
from secsvc_batch.evaluation.checks import track_record
from secsvc_batch.evaluation.checks.against import doubts_about, people_lacking, why_not_met
from secsvc_batch.evaluation.context import Context, by_base_date
from secsvc_batch.evaluation.outcome import Outcome, Rows, Told, some_people
from secsvc_batch.evaluation.people import any_by_person
from secsvc_batch.evaluation.reasons import Bits, Reason, Why, bits
from secsvc_batch.standard import model
from secsvc_batch.standard.model import Requirement


@dataclass(frozen=True)
class Qualifying:
    """Rows of one sheet against one route: ``holds`` and ``reasons`` per row of the table;
    ``shown``: rows worth showing as evidence, those that count or nearly count."""

    sheet: str
    holds: Bounds
    shown: Bools
    why: Why

    @cached_property
    def reasons(self) -> Bits:
        return self.why()


def credential_rows(rule: model.RouteCredential, ctx: Context) -> Qualifying:
    """Rows of the sheet credentials that show a maintained credential of the list."""
    table = ctx.tables["credentials"]
    names = ctx.names("credentials", "credential", "credential_other")
    listed = ctx.in_list(names, rule.list)
    claimed = ctx.claimed("credentials", rule.list)
    unreadable = ctx.unreadable_names("credentials", "credential", "credential_other")
    lifetime = ctx.in_list(names, rule.list, expires="no")
    acquired, expires = table["acquired_on"], table["expires_on"]
    contradictory = acquired.ok & expires.ok & (expires.value < acquired.value)

    named = Bounds(listed, listed | claimed | unreadable)
    past = expires.holds(expires.distinct < ctx.base)
    no_expiry = expires.blank & ~lifetime
    # a name that cannot be read may be that of a credential that never expires
    over = past & ~lifetime & ~unreadable
    maintained = Bounds((expires.ok & ~past) | (expires.blank & lifetime), ~over)
    maintained = maintained.settle(no_expiry & listed, ctx.reading("maintenance_unknown"))
    maintained = maintained.settle(past & lifetime, ctx.reading("expired_lifetime"))
    begun = by_base_date("credentials", "acquired_on", ctx)
    plain = named & begun & maintained
    holds = Bounds(plain.certain & ~contradictory, np.where(contradictory, named.possible, plain.possible))

    def why() -> Bits:
        return bits(
            (claimed & ~listed, Reason.EQUIVALENCE_CLAIMED),
            (unreadable | acquired.unreadable | expires.unreadable, Reason.UNREADABLE_CELL),
            (contradictory, Reason.CONTRADICTORY_DATES),
            (acquired.blank, Reason.DATE_MISSING),
            (listed & no_expiry, Reason.MAINTENANCE_UNKNOWN),
            (past & lifetime & ~contradictory, Reason.EXPIRED_LIFETIME),
            (over & ~contradictory, Reason.EXPIRED),
            (~begun.possible & ~contradictory, Reason.NOT_YET),
        )

    return Qualifying("credentials", holds, named.possible, why)


def teaching_rows(rule: model.RouteTeaching, ctx: Context) -> Qualifying:
    """Rows of the sheet teaching: lecturers and leaders of listed communities, higher education."""
    table = ctx.tables["teaching"]
    listed = ctx.in_list(ctx.names("teaching", "organisation"), rule.list)
    claimed = ctx.claimed("teaching", rule.list)
    organisation, kind, technology = table["organisation"], table["kind"], table["technology"]
    community = table.has("kind", "community_lecturer", "community_leader")
    higher = table.has("kind", "higher_education")
    own = table.has("technology", rule.technology)
    open_technology = table.has("technology", "other") | technology.blank | technology.unreadable

    named = Bounds(listed, listed | claimed | organisation.error)
    by_community = Bounds.doubt(community, kind.blank | kind.unreadable) & named
    subject = Bounds.doubt(own, open_technology)
    subject = subject.settle(
        table.has("technology", "other") | technology.blank, ctx.reading("technology_other")
    )
    lecture = Bounds.doubt(higher, kind.error) & subject
    by_lecture = lecture & Bounds.doubt(organisation.ok, ~organisation.ok)
    begun = by_base_date("teaching", "started_on", ctx)

    def why() -> Bits:
        started = table["started_on"]
        return bits(
            (claimed & ~listed & ~higher, Reason.EQUIVALENCE_CLAIMED),
            (kind.blank | (higher & organisation.blank), Reason.VALUE_MISSING),
            (kind.unreadable | started.unreadable | organisation.error, Reason.UNREADABLE_CELL),
            (higher & technology.unreadable, Reason.UNREADABLE_CELL),
            (higher & ~own & open_technology, Reason.TECHNOLOGY_OTHER),
            (higher & ~own & ~open_technology, Reason.TYPE_NOT_COUNTED),
            (started.blank, Reason.DATE_MISSING),
            (~begun.possible, Reason.NOT_YET),
        )

    holds = (by_community | by_lecture) & begun
    return Qualifying("teaching", holds, named.possible | lecture.possible, why)


def training_rows(rule: model.RouteTraining, ctx: Context) -> Qualifying:
    """Rows of the sheet training that show a completed training of the list."""
    table = ctx.tables["training"]
    listed = ctx.in_list(ctx.names("training", "course"), rule.list)
    claimed = ctx.claimed("training", rule.list)
    named = Bounds(listed, listed | claimed | table["course"].error)
    done = by_base_date("training", "completed_on", ctx)

    def why() -> Bits:
        completed = table["completed_on"]
        return bits(
            (claimed & ~listed, Reason.EQUIVALENCE_CLAIMED),
            (table["form"].unreadable | completed.unreadable | table["course"].error, Reason.UNREADABLE_CELL),
            (table["form"].blank, Reason.VALUE_MISSING),
            (table.has("form", "given"), Reason.NOT_ATTENDED),
            (completed.blank, Reason.DATE_MISSING),
            (~done.possible, Reason.NOT_YET),
        )

    return Qualifying("training", named & attended(ctx) & done, named.possible, why)


def attended(ctx: Context) -> Bounds:
    """Rows of the sheet training that were attended, not given; blank or unknown: possibly."""
    table = ctx.tables["training"]
    return table.once("attended", lambda: Bounds.doubt(table.has("form", "attended"), ~table["form"].ok))


ROWS: dict[str, Callable[..., Qualifying]] = {
    "route:credential": credential_rows,
    "route:teaching": teaching_rows,
    "route:training": training_rows,
}


def qualifying(requirement: Requirement, ctx: Context) -> Qualifying:
    """Return the rows of a route by credential, teaching or training."""
    rule = requirement.requires
    assert rule is not None
    return ctx.once(("rows", requirement.clause), lambda: ROWS[rule.check](rule, ctx))


def meets(clause: str, ctx: Context) -> Bounds:
    """Return who meets the route of ``clause``: one element per person, whatever the role or post."""

    def make() -> Bounds:
        requirement = ctx.standard.by_clause[clause]
        if isinstance(requirement.requires, model.RouteTrackRecord):
            return track_record.record(requirement, ctx).holds
        rows = qualifying(requirement, ctx)
        return any_by_person(len(ctx.people), ctx.links(rows.sheet), rows.holds)

    return ctx.once(("meets", clause), make)


def meets_any(clauses: list[str], ctx: Context) -> Bounds:
    """Return who meets at least one of the routes."""
    result = Bounds.sure(np.zeros(len(ctx.people), dtype=bool))
    for clause in clauses:
        result = result | meets(clause, ctx)
    return result


def route(requirement: Requirement, ctx: Context) -> Outcome:
    """Count the people the rule names who meet the route; one is enough."""
    rule = requirement.requires
    assert isinstance(rule, model.RouteCredential | model.RouteTeaching | model.RouteTraining)
    people, who = ctx.people, ctx.people.select(rule.people)
    good = who & meets(requirement.clause, ctx)
    return some_people(good, people.applicant, ctx.count, lambda: _told(requirement, good, ctx))


def _told(requirement: Requirement, good: Bounds, ctx: Context) -> Told:
    rule = requirement.requires
    assert isinstance(rule, model.RouteCredential | model.RouteTeaching | model.RouteTraining)
    rows, who = qualifying(requirement, ctx), ctx.people.select(rule.people)
    evidence = person_rows(rule.people, rows.shown, rows.holds, rows.reasons, rows.sheet, ctx)
    reasons = np.zeros(ctx.count, dtype=np.int64)
    counts = evidence.possible > evidence.certain
    np.bitwise_or.at(reasons, evidence.applicant[counts], evidence.reasons[counts])
    fails = ~ctx.per_applicant(ctx.people.applicant, good.possible)
    reasons |= np.where(fails, why_not_met(rule.people, [evidence], ctx), 0)
    lacking = people_lacking(rule.people, who, [evidence], fails, Reason.NOT_STATED, ctx)
    return Told(reasons, [evidence], lacking)


def person_rows(
    rule: model.People, shown: Bools, holds: Bounds, reasons: Bits, sheet: str, ctx: Context
) -> Rows:
    """Return the evidence rows of one sheet: what each row gives to the people whom the rule names."""
    people, links, table = ctx.people, ctx.links(sheet), ctx.tables[sheet]
    keep = shown[links.position]
    position, person, sure = links.position[keep], links.person[keep], links.sure[keep]
    who = people.select(rule)
    certain = holds.certain[position] & who.certain[person] & sure
    possible = holds.possible[position] & who.possible[person]
    why = reasons[position] | bits(
        (~sure, Reason.UNKNOWN_PERSON),
        (~people.in_post.possible[person], Reason.NOT_IN_POST),
        (~who.possible[person] & people.in_post.possible[person], Reason.NOT_NAMED),
    )
    why |= doubts_about(rule, ctx)[person]
    return Rows(
        sheet,
        table.applicant[position],
        table.row[position],
        certain.astype(np.int32),
        possible.astype(np.int32),
        np.where(certain, 0, why),
        person,
    )
