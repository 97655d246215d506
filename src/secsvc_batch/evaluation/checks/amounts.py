"""How much one case counts: contracts of the past years, and months of operation."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.calendar import Dates, Window, complete_months, complete_years
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.reasons import Bits, Reason, Why, bits
from secsvc_batch.standard.model import RouteTrackRecord
from secsvc_batch.tables.typed import Table


@dataclass(frozen=True)
class Amount:
    """How much each case gives, certainly and possibly (int32), and why the two differ (bits)."""

    certain: Ints
    possible: Ints
    why: Why

    @cached_property
    def reasons(self) -> Bits:
        return self.why()


class Period:
    """The dates of all cases of a chunk, seen from the base date.

    What depends on the start or on the end alone is worked out for each distinct day.
    """

    def __init__(self, table: Table, window: Window) -> None:
        self.start, self.end, self.window = table["started_on"], table["ended_on"], window
        self.contradictory: Bools = self.start.ok & self.end.ok & (self.end.value < self.start.value)
        self.unclear_end: Bools = self.end.unreadable | self.contradictory

    @cached_property
    def begin(self) -> Dates:
        """The day on which each case starts; any day where it is unknown."""
        return Dates(self.start.distinct, self.start.codes)

    @cached_property
    def begin_inside(self) -> Dates:
        """The same, or else the first day of the window."""
        return Dates(np.maximum(self.start.distinct, np.int32(self.window.first)), self.start.codes)

    @cached_property
    def after(self) -> Dates:
        """The day after the last: after the end, or the base date where the case is running on it."""
        end, base = self.end.once_each, self.window.base
        days = np.where(end.ok, np.minimum(end.value, base), base) + 1
        return Dates(days.astype(np.int32), self.end.codes)


def period(ctx: Context, years: int) -> Period:
    """Return the dates of the cases against the window of the past ``years`` years."""
    return ctx.once(("period", years), lambda: Period(ctx.tables["cases"], ctx.window(years)))


def _begun(when: Period, ctx: Context) -> Bounds:
    """Begun inside the window."""
    start, window = when.start.once_each, when.window
    future = start.ok & (start.value > window.base)
    begun = Bounds(start.ok & (start.value >= window.first) & ~future, ~future)
    begun = begun.settle(start.ok & (start.value == window.before), ctx.reading("boundary_day"))
    begun = begun.settle(start.ok & (start.value < window.before), ctx.reading("straddles_window"))
    return Bounds(begun.certain & start.ok, begun.possible)[when.start.codes]


def _ended(when: Period, ctx: Context) -> Bounds:
    """Ended inside the window."""
    end, window = when.end.once_each, when.window
    running = end.blank | (end.ok & (end.value > window.base))
    ended = Bounds(end.ok & (end.value >= window.first) & ~running, ~(end.ok & (end.value < window.before)))
    ended = ended.settle(end.ok & (end.value == window.before), ctx.reading("boundary_day"))
    return ended.settle(running, ctx.reading("contract_in_progress"))[when.end.codes]


def _within_window(years: int, ctx: Context) -> Amount:
    """One contract: certainly one when wholly inside the window, possibly one when it touches it."""
    when = period(ctx, years)
    inside = _begun(when, ctx) & _ended(when, ctx)

    def why() -> Bits:
        start, end, window = when.start, when.end, when.window
        ended_on_boundary = end.holds(end.distinct == window.before)
        straddles = start.holds(start.distinct < window.before)
        return bits(
            (start.holds(start.distinct == window.before) | ended_on_boundary, Reason.BOUNDARY_DAY),
            (straddles & ~ended_on_boundary & inside.possible, Reason.STRADDLES_WINDOW),
            (end.blank | end.holds(end.distinct > window.base), Reason.CONTRACT_IN_PROGRESS),
            (start.blank, Reason.DATE_MISSING),
            (start.unreadable, Reason.UNREADABLE_CELL),
            (~inside.possible, Reason.OUT_OF_WINDOW),
        )

    return Amount(inside.certain.astype(np.int32), inside.possible.astype(np.int32), why)


def _by_years(years: int, ctx: Context) -> Amount:
    """A year of an annual contract counts as one; the rest of a year possibly does."""
    when = period(ctx, years)
    start, window, low = when.start, when.window, when.begin_inside
    full, rest = complete_years(low, when.after)
    reading = ctx.reading("partial_year")
    certain = full + rest if reading == "lenient" else full
    possible = full + rest if reading != "strict" else full
    over = when.end.holds(when.end.distinct < window.first)

    def why() -> Bits:
        nothing = start.ok & (when.after.number <= low.number)
        return bits(
            (start.ok & rest, Reason.PARTIAL_YEAR),
            (start.blank & ~over, Reason.DATE_MISSING),
            (start.unreadable, Reason.UNREADABLE_CELL),
            (nothing | (~start.ok & over), Reason.OUT_OF_WINDOW),
        )

    unknown = np.where(over, np.int32(0), np.int32(years))
    return Amount(certain * start.ok, np.where(start.ok, possible, unknown), why)


def contracts(rule: RouteTrackRecord, ctx: Context) -> Amount:
    """Return how many contracts each case counts for (readings: route:track_record)."""
    years, form = rule.window_years, rule.annual_form
    return ctx.once(("contracts", years, form), lambda: _contracts(years, form, ctx))


def _contracts(years: int, annual_form: str, ctx: Context) -> Amount:
    table, when = ctx.tables["cases"], period(ctx, years)
    one = ctx.once(("within window", years), lambda: _within_window(years, ctx))
    by_years = ctx.once(("by years", years), lambda: _by_years(years, ctx))
    form, single = table["contract_form"], table.has("contract_form", "single")
    annual = table.has("contract_form", annual_form)
    other = _other_form((one.certain, one.possible), (by_years.certain, by_years.possible), ctx)
    unclear = when.unclear_end | ~form.ok

    def of_form(unknown: Any, contract: Any, of_years: Any, otherwise: Any) -> Any:
        known = np.where(single, contract, np.where(annual, of_years, otherwise))
        return np.where(unclear, unknown, known)

    def why() -> Bits:
        nobody_knows = bits(
            (when.contradictory, Reason.CONTRADICTORY_DATES),
            (when.end.unreadable | form.unreadable, Reason.UNREADABLE_CELL),
            (form.blank, Reason.VALUE_MISSING),
        )
        either = one.reasons | by_years.reasons | int(Reason.ANNUAL_OTHER_FORM)
        return np.asarray(of_form(nobody_knows, one.reasons, by_years.reasons, either))

    most = np.where(single, np.int32(1), np.int32(years))
    return Amount(
        of_form(np.int32(0), one.certain, by_years.certain, other[0]),
        of_form(most, one.possible, by_years.possible, other[1]),
        why,
    )


def _other_form(one: tuple[Ints, Ints], years: tuple[Ints, Ints], ctx: Context) -> tuple[Ints, Ints]:
    """The other of 包括 and 継続: the lower certain and the higher possible of the two ways."""
    low = np.minimum(one[0], years[0]), np.minimum(one[1], years[1])
    high = np.maximum(one[0], years[0]), np.maximum(one[1], years[1])
    return {"strict": low, "lenient": high, "both": (low[0], high[1])}[ctx.reading("annual_other_form")]


def operation_months(rule: RouteTrackRecord, ctx: Context) -> Amount:
    """Return the months of operation of each case: complete ones inside the window, begun ones at most."""
    when = period(ctx, rule.window_years)
    start, first = when.start, when.window.first
    inside, rest_inside = complete_months(when.begin_inside, when.after)
    whole, rest = complete_months(when.begin, when.after)
    reading = ctx.reading("years_outside_window")
    certain = whole if reading == "lenient" else inside
    possible = inside + rest_inside if reading == "strict" else whole + rest
    unclear = ~start.ok | when.unclear_end

    def why() -> Bits:
        return bits(
            (~unclear & (start.value < first), Reason.YEARS_OUTSIDE_WINDOW),
            (~unclear & rest, Reason.BEGUN_MONTH),
            (start.blank, Reason.DATE_MISSING),
            (start.unreadable | when.end.unreadable, Reason.UNREADABLE_CELL),
            (when.contradictory, Reason.CONTRADICTORY_DATES),
        )

    return Amount(certain * ~unclear, np.where(unclear, np.int32(rule.months or 0), possible), why)
