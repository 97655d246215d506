"""The route by track record: contracts of the past years per person, and months of operation."""

from dataclasses import dataclass, replace

import numpy as np

from secsvc_batch.evaluation.algebra import FAIL, Bools, Bounds, Ints
from secsvc_batch.evaluation.calendar import Window, complete_months, complete_years
from secsvc_batch.evaluation.checks.against import doubts_about, people_lacking, why_not_met
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows, counted
from secsvc_batch.evaluation.people import Links
from secsvc_batch.evaluation.reasons import Bits, Reason, bits
from secsvc_batch.standard.model import CountedService, Requirement, RouteTrackRecord
from secsvc_batch.tables.typed import Column, Table


@dataclass(frozen=True)
class Amount:
    """How much each case gives, certainly and possibly (int32), and why the two differ (bits)."""

    certain: Ints
    possible: Ints
    reasons: Bits


@dataclass(frozen=True)
class Record:
    """What the people's cases add up to; all arrays have one element per person.

    ``sums``: (certain, possible) pairs by unit, contracts and perhaps months; ``reasons``: by unit, why
    the two differ; ``holds`` compares the sums with the rule.
    """

    sums: dict[str, tuple[Ints, Ints]]
    reasons: dict[str, Bits]
    holds: Bounds
    rows: list[Rows]


@dataclass(frozen=True)
class Period:
    """The dates of all cases of a chunk, seen from the base date."""

    start: Column
    end: Column
    contradictory: Bools
    window: Window

    @property
    def unclear_end(self) -> Bools:
        return self.end.unreadable | self.contradictory

    @property
    def last(self) -> Ints:
        """The last day: the end, or the base date where the case is running on it."""
        base = np.int32(self.window.base)
        return np.where(self.end.ok, np.minimum(self.end.value, base), base).astype(np.int32)


def period(ctx: Context, years: int) -> Period:
    """Return the dates of the cases against the window of the past ``years`` years."""
    table = ctx.tables["cases"]
    start, end = table["started_on"], table["ended_on"]
    return Period(start, end, start.ok & end.ok & (end.value < start.value), ctx.window(years))


def _within_window(when: Period, ctx: Context) -> tuple[Bounds, Bits]:
    """One contract: certainly one when wholly inside the window, possibly one when it touches it."""
    start, end, window = when.start, when.end, when.window
    before, first, base = window.before, window.first, window.base
    no_start = ~start.ok
    on_boundary = start.ok & (start.value == before)
    straddles = start.ok & (start.value < before)
    begun = Bounds(start.ok & (start.value >= first), ~(start.ok & (start.value > base)))
    begun = begun.settle(on_boundary, ctx.reading("boundary_day"))
    begun = begun.settle(straddles, ctx.reading("straddles_window"))
    ended_on_boundary = end.ok & (end.value == before)
    running = end.blank | (end.ok & (end.value > base))
    ended = Bounds(end.ok & (end.value >= first) & ~running, ~(end.ok & (end.value < before)))
    ended = ended.settle(ended_on_boundary, ctx.reading("boundary_day"))
    ended = ended.settle(running, ctx.reading("contract_in_progress"))
    inside = begun & ended
    inside = Bounds(inside.certain & ~no_start, inside.possible)
    return inside, bits(
        (on_boundary | ended_on_boundary, Reason.BOUNDARY_DAY),
        (straddles & ~ended_on_boundary & inside.possible, Reason.STRADDLES_WINDOW),
        (running, Reason.CONTRACT_IN_PROGRESS),
        (start.blank, Reason.DATE_MISSING),
        (start.unreadable, Reason.UNREADABLE_CELL),
        (~inside.possible, Reason.OUT_OF_WINDOW),
    )


def _by_years(when: Period, years: int, ctx: Context) -> Amount:
    """A year of an annual contract counts as one; the rest of a year possibly does."""
    start, window = when.start, when.window
    low = np.maximum(np.where(start.ok, start.value, window.first), window.first).astype(np.int32)
    full, rest = complete_years(low, when.last)
    reading = ctx.reading("partial_year")
    begun = rest.astype(np.int32)
    certain = full + (begun if reading == "lenient" else 0)
    possible = full + (begun if reading != "strict" else 0)
    over = when.end.ok & (when.end.value < window.first)
    unknown = np.where(over, 0, years)
    nothing = start.ok & (when.last < low)
    return Amount(
        np.where(start.ok, certain, 0).astype(np.int32),
        np.where(start.ok, possible, unknown).astype(np.int32),
        bits(
            (start.ok & rest, Reason.PARTIAL_YEAR),
            (start.blank & ~over, Reason.DATE_MISSING),
            (start.unreadable, Reason.UNREADABLE_CELL),
            (nothing | (~start.ok & over), Reason.OUT_OF_WINDOW),
        ),
    )


def contracts(rule: RouteTrackRecord, ctx: Context) -> Amount:
    """Return how many contracts each case counts for (readings: route:track_record)."""
    table = ctx.tables["cases"]
    when = period(ctx, rule.window_years)
    inside, why_one = _within_window(when, ctx)
    by_years = ctx.once(("by years", rule.window_years), lambda: _by_years(when, rule.window_years, ctx))
    form, single = table["contract_form"], table.has("contract_form", "single")
    annual = table.has("contract_form", rule.annual_form)
    one_certain, one_possible = inside.certain.astype(np.int32), inside.possible.astype(np.int32)
    other = _other_form((one_certain, one_possible), (by_years.certain, by_years.possible), ctx)
    unclear = when.unclear_end | ~form.ok
    certain = np.select([unclear, single, annual], [0, one_certain, by_years.certain], other[0])
    most = np.where(single, 1, rule.window_years)
    possible = np.select([unclear, single, annual], [most, one_possible, by_years.possible], other[1])
    why = np.select(
        [unclear, single, annual],
        [
            bits(
                (when.contradictory, Reason.CONTRADICTORY_DATES),
                (when.end.unreadable | form.unreadable, Reason.UNREADABLE_CELL),
                (form.blank, Reason.VALUE_MISSING),
            ),
            why_one,
            by_years.reasons,
        ],
        why_one | by_years.reasons | int(Reason.ANNUAL_OTHER_FORM),
    )
    return Amount(certain.astype(np.int32), possible.astype(np.int32), why)


def _other_form(one: tuple[Ints, Ints], years: tuple[Ints, Ints], ctx: Context) -> tuple[Ints, Ints]:
    """The other of 包括 and 継続: the lower certain and the higher possible of the two ways."""
    low = np.minimum(one[0], years[0]), np.minimum(one[1], years[1])
    high = np.maximum(one[0], years[0]), np.maximum(one[1], years[1])
    return {"strict": low, "lenient": high, "both": (low[0], high[1])}[ctx.reading("annual_other_form")]


def operation_months(rule: RouteTrackRecord, ctx: Context) -> Amount:
    """Return the months of operation of each case: complete ones inside the window, begun ones at most."""
    when = period(ctx, rule.window_years)
    start, window, last = when.start, when.window, when.last
    low = np.where(start.ok, start.value, 0).astype(np.int32)
    inside, rest_inside = complete_months(np.maximum(low, window.first).astype(np.int32), last)
    whole, rest = complete_months(low, last)
    reading = ctx.reading("years_outside_window")
    certain = whole if reading == "lenient" else inside
    possible = inside + rest_inside if reading == "strict" else whole + rest
    unclear = ~start.ok | when.unclear_end
    most = rule.months or 0
    return Amount(
        np.where(unclear, 0, certain).astype(np.int32),
        np.where(unclear, most, possible).astype(np.int32),
        bits(
            (~unclear & (low < window.first), Reason.YEARS_OUTSIDE_WINDOW),
            (~unclear & rest, Reason.BEGUN_MONTH),
            (start.blank, Reason.DATE_MISSING),
            (start.unreadable | when.end.unreadable, Reason.UNREADABLE_CELL),
            (when.contradictory, Reason.CONTRADICTORY_DATES),
        ),
    )


def _of_type(table: Table, counted_service: CountedService, ctx: Context) -> Bounds:
    """Rows of one service whose type is counted; a type blank or of another service: possibly."""
    of_service = table.has("service", counted_service.service)
    if counted_service.types == "any":
        return Bounds.sure(of_service)
    vocabulary = ctx.layout.vocabularies["case_type"]
    own = [c.id for c in vocabulary if counted_service.service in c.services]
    typed = Bounds.doubt(table.has("case_type", *counted_service.types), ~table.has("case_type", *own))
    return Bounds.sure(of_service) & typed


def eligible(rule: RouteTrackRecord, ctx: Context) -> tuple[Bounds, Bits]:
    """Return which cases the rule counts, whoever worked on them and whenever they ran."""
    table = ctx.tables["cases"]
    total = Bounds.sure(np.zeros(len(table), dtype=bool))
    why = np.zeros(len(table), dtype=np.int64)
    for part in rule.cases:
        of_service = table.has("service", part.service)
        these = _of_type(table, part, ctx)
        why[these.uncertain & table["case_type"].blank] |= int(Reason.VALUE_MISSING)
        why[these.uncertain & ~table["case_type"].blank] |= int(Reason.TYPE_NOT_COUNTED)
        why[of_service & ~these.possible] |= int(Reason.TYPE_NOT_COUNTED)
        if part.reading:
            these = Bounds(np.zeros_like(these.certain), these.possible)
            these = these.settle(of_service, ctx.reading(part.reading))
            why[of_service] |= int(Reason[part.reading.upper()])
        total = total | these
    concerned = total.possible
    for needed, holds, reason in (
        (rule.achieved, _achieved(table), Reason.NOT_ACHIEVED),
        (rule.client_managed, _client_managed(table), Reason.NOT_CLIENT_MANAGED),
    ):
        if needed:
            total = total & holds
            why[concerned & ~holds.certain] |= int(reason)
    unknown = ~table["service"].ok
    why[unknown] = int(Reason.SERVICE_UNKNOWN)
    return Bounds(total.certain & ~unknown, total.possible | unknown), why


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


def _record(requirement: Requirement, ctx: Context) -> Record:
    rule = requirement.requires
    assert isinstance(rule, RouteTrackRecord)
    cases, people = ctx.tables["cases"], ctx.people
    links = ctx.once("participants", lambda: _distinct(people.items_of(cases, "participants")))
    counts, why_not = eligible(rule, ctx)
    size, rows = len(people), []
    amounts = [("contracts", contracts(rule, ctx), rule.contracts)]
    if rule.months:
        amounts.append(("months", operation_months(rule, ctx), rule.months))
    sums: dict[str, tuple[Ints, Ints]] = {}
    reasons: dict[str, Bits] = {}
    holds = Bounds.sure(np.ones(size, dtype=bool))
    for unit, amount, needed in amounts:
        certain = np.where(counts.certain, amount.certain, 0)[links.position] * links.sure
        possible = np.where(counts.possible, amount.possible, 0)[links.position]
        why = (amount.reasons | why_not)[links.position] | bits((~links.sure, Reason.UNREADABLE_CELL))
        low, high = _sum(links.person, certain, size), _sum(links.person, possible, size)
        sums[unit] = low, high
        holds = holds & Bounds(low >= needed, high >= needed)
        reasons[unit] = np.where(high < needed, int(Reason.NOT_ENOUGH), 0)
        np.bitwise_or.at(reasons[unit], links.person[possible > certain], why[possible > certain])
        shown = counts.possible[links.position] | (why_not[links.position] != 0)
        rows.append(
            Rows(
                "cases",
                cases.applicant[links.position][shown],
                cases.row[links.position][shown],
                certain[shown].astype(np.int32),
                possible[shown].astype(np.int32),
                np.where((certain > 0) & (certain == possible), 0, why)[shown],
                links.person[shown],
                unit,
            )
        )
    return Record(sums, reasons, holds, rows)


def _distinct(links: Links) -> Links:
    """A person named twice on one case worked on it once."""
    keys = links.position.astype(np.int64) << 32 | links.person.astype(np.int64)
    order = np.lexsort((~links.sure, keys))  # the sure one first
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[order][1:] != keys[order][:-1]
    keep = np.sort(order[first])
    return Links(links.position[keep], links.person[keep], links.sure[keep])


def _sum(person: Ints, amount: Ints, size: int) -> Ints:
    return np.bincount(person, weights=amount, minlength=size).astype(np.int32)


def route(requirement: Requirement, ctx: Context) -> Outcome:
    """Count the people the rule names whose track record is long enough; one is enough."""
    rule = requirement.requires
    assert isinstance(rule, RouteTrackRecord)
    people, result = ctx.people, record(requirement, ctx)
    who = people.select(rule.people)
    good = who & result.holds
    reasons = np.zeros(ctx.count, dtype=np.int64)
    open_people = good.uncertain
    for why in result.reasons.values():
        np.bitwise_or.at(reasons, people.applicant[open_people], why[open_people])
    unsure = who.uncertain & result.holds.possible
    np.bitwise_or.at(reasons, people.applicant[unsure], doubts_about(rule.people, ctx)[unsure])
    totals = _person_totals(rule, result, who, ctx)
    rows = [_of_people(part, who) for part in result.rows]
    outcome = counted(
        ctx.total(people.applicant, good.certain),
        ctx.total(people.applicant, good.possible),
        1,
        reasons,
        totals + rows,
    )
    fails = outcome.verdict == FAIL
    outcome.against = _without_record(rule, result, who, rows, fails, ctx)
    outcome.reasons = reasons | np.where(fails, _why_not_enough(rule, result, who, rows, ctx), 0)
    outcome.missing = _missing(result.sums["contracts"][0], rule.contracts, who, ctx)
    if rule.months:
        outcome.missing_months = _missing(result.sums["months"][0], rule.months, who, ctx)
    return outcome


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
        why = np.where(result.holds.certain & who.certain, 0, result.reasons[unit])
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
