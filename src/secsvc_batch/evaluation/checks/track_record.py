"""The route by track record: what the cases of each person add up to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.checks.against import doubts_about, people_lacking, why_not_met
from secsvc_batch.evaluation.checks.amounts import Amount, contracts, operation_months
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows, Told, some_people
from secsvc_batch.evaluation.people import Links
from secsvc_batch.evaluation.reasons import Bits, Reason, Why, bits
from secsvc_batch.standard.model import CountedService, Requirement, RouteTrackRecord
from secsvc_batch.tables.typed import Table


@dataclass(frozen=True)
class Record:
    """What the people's cases add up to; all arrays have one element per person.

    ``sums``: (certain, possible) pairs by unit, contracts and perhaps months; ``holds`` compares them
    with the rule; ``evidence``: by unit, the cases that count or nearly count and why the two differ.
    """

    sums: dict[str, tuple[Ints, Ints]]
    holds: Bounds
    find_evidence: Callable[[], dict[str, tuple[Rows, Bits]]]

    @cached_property
    def evidence(self) -> dict[str, tuple[Rows, Bits]]:
        return self.find_evidence()

    @property
    def rows(self) -> list[Rows]:
        return [rows for rows, _ in self.evidence.values()]


def _of_type(table: Table, counted_service: CountedService, ctx: Context) -> Bounds:
    """Rows of one service whose type is counted; a type blank or of another service: possibly."""
    of_service = table.has("service", counted_service.service)
    if counted_service.types == "any":
        return Bounds.sure(of_service)
    vocabulary = ctx.layout.vocabularies["case_type"]
    own = [c.id for c in vocabulary if counted_service.service in c.services]
    typed = Bounds.doubt(table.has("case_type", *counted_service.types), ~table.has("case_type", *own))
    return Bounds.sure(of_service) & typed


@dataclass(frozen=True)
class Eligible:
    """Which cases a rule counts, whoever worked on them and whenever they ran; one element per case."""

    counts: Bounds
    why: Why

    @cached_property
    def reasons(self) -> Bits:
        return self.why()


def eligible(rule: RouteTrackRecord, ctx: Context) -> Eligible:
    """Return which cases the rule counts."""
    table = ctx.tables["cases"]
    parts = [(part, _of_type(table, part, ctx)) for part in rule.cases]
    total = Bounds.sure(np.zeros(len(table), dtype=bool))
    for part, these in parts:
        total = total | _settled(part, these, ctx)
    asked = [
        (holds(table), reason)
        for needed, holds, reason in (
            (rule.achieved, _achieved, Reason.NOT_ACHIEVED),
            (rule.client_managed, _client_managed, Reason.NOT_CLIENT_MANAGED),
        )
        if needed
    ]
    concerned, unknown = total.possible, ~table["service"].ok
    for holds, _ in asked:
        total = total & holds

    def why() -> Bits:
        found = np.zeros(len(table), dtype=np.int64)
        for part, these in parts:
            found |= _why_of_part(part, these, table)
        for holds, reason in asked:
            found[concerned & ~holds.certain] |= int(reason)
        found[unknown] = int(Reason.SERVICE_UNKNOWN)
        return found

    return Eligible(Bounds(total.certain & ~unknown, total.possible | unknown), why)


def _settled(part: CountedService, these: Bounds, ctx: Context) -> Bounds:
    """Cases of a service of which the text does not say whether they count: as the reading has it."""
    if not part.reading:
        return these
    of_service = ctx.tables["cases"].has("service", part.service)
    doubted = Bounds(np.zeros_like(these.certain), these.possible)
    return doubted.settle(of_service, ctx.reading(part.reading))


def _why_of_part(part: CountedService, these: Bounds, table: Table) -> Bits:
    of_service, no_type = table.has("service", part.service), table["case_type"].blank
    why = bits(
        (these.uncertain & no_type, Reason.VALUE_MISSING),
        ((these.uncertain & ~no_type) | (of_service & ~these.possible), Reason.TYPE_NOT_COUNTED),
    )
    if part.reading:
        why[of_service] |= int(Reason[part.reading.upper()])
    return why


def _achieved(table: Table) -> Bounds:
    """One of a-d was achieved; other text leaves it open."""
    some = table.includes("outcome", "a", "b", "c", "d")
    return Bounds(some, some | table["outcome"].unreadable)


def _client_managed(table: Table) -> Bounds:
    """The client manages the system: ○; × says no, anything else leaves it open."""
    mark = table["client_managed"]
    return Bounds(mark.ok & (mark.value == 1), ~(mark.ok & (mark.value == 2)))


def record(requirement: Requirement, ctx: Context) -> Record:
    """Return the track record of every person against a rule."""
    return ctx.once(("record", requirement.clause), lambda: _record(requirement, ctx))


def participants(ctx: Context) -> Links:
    """Return who worked on which case, each person once."""
    cases = ctx.tables["cases"]
    return ctx.of_tables("participants", lambda: ctx.people.items_of(cases, "participants").once_each())


def _record(requirement: Requirement, ctx: Context) -> Record:
    rule = requirement.requires
    assert isinstance(rule, RouteTrackRecord)
    size, counts = len(ctx.people), eligible(rule, ctx)
    amounts = {"contracts": (contracts(rule, ctx), rule.contracts)}
    if rule.months:
        amounts["months"] = operation_months(rule, ctx), rule.months
    links = participants(ctx)
    sums: dict[str, tuple[Ints, Ints]] = {}
    holds = Bounds.sure(np.ones(size, dtype=bool))
    for unit, (amount, needed) in amounts.items():
        low, high = sums[unit] = _sums(amount, counts.counts, links, size)
        holds = holds & Bounds(low >= needed, high >= needed)

    def evidence() -> dict[str, tuple[Rows, Bits]]:
        shown = links.of_rows(counts.counts.possible | (counts.reasons != 0))
        return {
            unit: _evidence(unit, amount, counts, shown, sums[unit][1] < needed, ctx)
            for unit, (amount, needed) in amounts.items()
        }

    return Record(sums, holds, evidence)


def _sums(amount: Amount, counts: Bounds, links: Links, people: int) -> tuple[Ints, Ints]:
    """Return what the cases give to each person, certainly and possibly."""
    at, unsure = np.flatnonzero(counts.possible), links.unsure
    certain, possible = amount.certain[at] * counts.certain[at], amount.possible[at]
    low = links.added_up(at, certain, people)
    high = low + links.added_up(at, possible - certain, people)
    if len(unsure.person):
        theirs = unsure.of_rows(counts.possible)
        high += _sum(theirs.person, amount.possible[theirs.position], people)
    return low, high


def _evidence(
    unit: str, amount: Amount, counts: Eligible, links: Links, too_little: Bools, ctx: Context
) -> tuple[Rows, Bits]:
    cases, at, person = ctx.tables["cases"], links.position, links.person
    certain = (amount.certain * counts.counts.certain)[at] * links.sure
    possible = (amount.possible * counts.counts.possible)[at]
    why = (amount.reasons | counts.reasons)[at] | bits((~links.sure, Reason.UNREADABLE_CELL))
    reasons = np.where(too_little, int(Reason.NOT_ENOUGH), 0)
    open_ = possible > certain
    np.bitwise_or.at(reasons, person[open_], why[open_])
    settled = (certain > 0) & ~open_
    rows = Rows(
        "cases",
        cases.applicant[at],
        cases.row[at],
        certain,
        possible,
        np.where(settled, 0, why),
        person,
        unit,
    )
    return rows, reasons


def _sum(person: Ints, amount: Ints, size: int) -> Ints:
    return np.bincount(person, weights=amount, minlength=size).astype(np.int32)


def route(requirement: Requirement, ctx: Context) -> Outcome:
    """Count the people the rule names whose track record is long enough; one is enough."""
    rule = requirement.requires
    assert isinstance(rule, RouteTrackRecord)
    people, result = ctx.people, record(requirement, ctx)
    good = people.select(rule.people) & result.holds
    return some_people(good, people.applicant, ctx.count, lambda: _told(rule, result, good, ctx))


def _told(rule: RouteTrackRecord, result: Record, good: Bounds, ctx: Context) -> Told:
    people, who = ctx.people, ctx.people.select(rule.people)
    reasons = np.zeros(ctx.count, dtype=np.int64)
    open_people = good.uncertain
    for _, why in result.evidence.values():
        np.bitwise_or.at(reasons, people.applicant[open_people], why[open_people])
    unsure = who.uncertain & result.holds.possible
    np.bitwise_or.at(reasons, people.applicant[unsure], doubts_about(rule.people, ctx)[unsure])
    rows = [_of_people(part, who) for part in result.rows]
    fails = ~ctx.per_applicant(people.applicant, good.possible)
    reasons |= np.where(fails, _why_not_enough(rule, result, who, rows, ctx), 0)
    return Told(
        reasons,
        _person_totals(rule, result, who, ctx) + rows,
        _without_record(rule, result, who, rows, fails, ctx),
        _missing(result.sums["contracts"][0], rule.contracts, who, ctx),
        _missing(result.sums["months"][0], rule.months, who, ctx) if rule.months else None,
    )


def _missing(certain: Ints, needed: int, who: Bounds, ctx: Context) -> Ints:
    """How much the nearest of the people named still lacks."""
    most = np.zeros(ctx.count, dtype=np.int32)
    np.maximum.at(most, ctx.people.applicant[who.possible], certain[who.possible])
    return np.maximum(needed - most, 0).astype(np.int32)


def _why_not_enough(
    rule: RouteTrackRecord, result: Record, who: Bounds, rows: list[Rows], ctx: Context
) -> Bits:
    """Return per applicant why nobody's record is enough: nothing of it counts, or too little of it."""
    counts = ctx.per_applicant(ctx.people.applicant, who.possible & _something(result))
    return np.where(counts, int(Reason.NOT_ENOUGH), why_not_met(rule.people, rows, ctx))


def _something(result: Record) -> Bools:
    """Tell whose cases add something to their record."""
    return np.asarray(np.any([possible > 0 for _, possible in result.sums.values()], axis=0))


def _without_record(
    rule: RouteTrackRecord, result: Record, who: Bounds, rows: list[Rows], fails: Bools, ctx: Context
) -> list[Rows]:
    """Return the people to whose record nothing counts, as totals, and where nobody can be meant."""
    has_cases = np.zeros(len(ctx.people), dtype=bool)
    for part in rows:
        has_cases[part.person] = True
    nothing = ~_something(result)
    without = Bounds(who.certain & nothing, who.possible & nothing)
    why = np.where(has_cases, int(Reason.NOT_ENOUGH), int(Reason.NOT_STATED))
    silent, *others = people_lacking(rule.people, without, [], fails, why, ctx)
    return [replace(silent, unit="person_contracts"), *others]


def _person_totals(rule: RouteTrackRecord, result: Record, who: Bounds, ctx: Context) -> list[Rows]:
    people, totals = ctx.people, []
    for unit, pair in result.sums.items():
        keep = who.possible & (pair[1] > 0)
        why = np.where(result.holds.certain & who.certain, 0, result.evidence[unit][1])
        why = why | doubts_about(rule.people, ctx)
        totals.append(
            Rows(
                "staff",
                people.applicant[keep],
                people.row[keep],
                pair[0][keep],
                pair[1][keep],
                why[keep],
                np.flatnonzero(keep).astype(np.int32),
                f"person_{unit}",
            )
        )
    return totals


def _of_people(rows: Rows, who: Bounds) -> Rows:
    """Keep the rows of the people whom the rule may mean."""
    assert rows.person is not None
    return rows.only(who.possible[rows.person])
