"""Requirements that a document or a named person shows: procedures, lists, specifications."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints
from secsvc_batch.evaluation.checks.against import adds_nothing, clause_missing, leaves_open
from secsvc_batch.evaluation.checks.case_review import Cases, cases_of
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows, Told, held
from secsvc_batch.evaluation.reasons import Bits, Reason, Why, bits
from secsvc_batch.standard.model import ClientInformation, Follows, Requirement
from secsvc_batch.tables.coded import Codes
from secsvc_batch.tables.typed import Items, Table


class Procedure:
    """The row of one clause in the sheet procedures, seen per applicant.

    ``done``: 実施 certainly, or possibly where the text is unknown or the row is lost.
    """

    def __init__(self, table: Table, position: Ints, lost: Bools) -> None:
        self.table, self.position, self.lost = table, position, lost
        self.there: Bools = self.position >= 0
        status = table["status"]
        done, unknown = self.pick(table.has("status", "done")), self.pick(status.unreadable) | lost
        self.done = Bounds.doubt(done, unknown)
        self.empty: Bools = ~self.lost & ~self.pick(~status.blank)

    @classmethod
    def of(cls, clause: str, ctx: Context) -> Procedure:
        """Return the row of ``clause``."""
        key = "procedure", clause, ctx.standard.clauses
        rows = ctx.first_rows("procedures", clause)
        return ctx.of_tables(key, lambda: cls(ctx.tables["procedures"], *rows))

    def pick(self, per_row: Bools) -> Bools:
        """Return a condition on rows per applicant, false where the applicant has no such row."""
        if not len(per_row):
            return np.zeros(len(self.position), dtype=bool)
        return np.asarray(self.there & per_row[self.position])

    def has(self, position: Ints) -> Bools:
        """Tell which of these rows of the sheet are those of the clause."""
        mine = np.zeros(len(self.table), dtype=bool)
        mine[self.position[self.there]] = True
        return np.asarray(mine[position])

    def rows(self, holds: Bounds, why: Bits) -> Rows:
        applicant = np.arange(len(self.position), dtype=np.int32)[self.there]
        return Rows(
            "procedures",
            applicant,
            self.table.row[self.position[self.there]] if len(self.table) else applicant,
            holds.certain[self.there].astype(np.int32),
            holds.possible[self.there].astype(np.int32),
            np.where(holds.certain, 0, why)[self.there],
        )

    def missing(self, ctx: Context) -> list[Rows]:
        """Return where the row would stand, for the applicants who have none."""
        return clause_missing("procedures", self.there, self.lost, Reason.NOT_STATED, ctx)

    def why_not_done(self) -> Bits:
        """Return per applicant why it is not done, or not certainly."""
        return bits(
            (~self.done.possible & ~self.empty, Reason.NOT_DONE),
            (self.empty, Reason.NOT_STATED),
            (self.done.uncertain, Reason.UNREADABLE_CELL),
        )


def declared(requirement: Requirement, ctx: Context) -> Outcome:
    """実施 with a document named, and no date that contradicts it."""
    row = Procedure.of(requirement.clause, ctx)
    table, date = row.table, row.table["carried_out_on"]
    named = row.pick(table["document"].ok)
    future = row.pick(date.holds(date.distinct > ctx.base))
    unreadable = row.pick(date.unreadable | table["document"].unreadable)
    holds = row.done & Bounds(named & ~future & ~unreadable, np.ones(ctx.count, dtype=bool))

    def tell() -> Told:
        why = row.why_not_done() | bits(
            (row.done.possible & unreadable, Reason.UNREADABLE_CELL),
            (row.done.possible & row.pick(table["document"].blank), Reason.EVIDENCE_MISSING),
            (row.done.possible & future, Reason.FUTURE_DATE),
        )
        return Told(why, [row.rows(holds, why)], row.missing(ctx))

    return held(holds, tell)


def experts_list(requirement: Requirement, ctx: Context) -> Outcome:
    """The place where the list is published is given; 実施 alone leaves it to a person."""
    services = ctx.tables["services"]
    service = ctx.standard.service_of(requirement.clause)
    position = ctx.service_rows(service.id)
    location = services["experts_list_location"]
    there = position >= 0
    given = there & location.ok[position] if len(services) else there
    unreadable = there & location.unreadable[position] if len(services) else there
    row = Procedure.of(requirement.clause, ctx)
    holds = Bounds(given, given | unreadable | row.done.possible)

    def tell() -> Told:
        why = bits(
            (~given & row.done.possible, Reason.NOT_DISCLOSED),
            (unreadable | (~given & row.done.uncertain), Reason.UNREADABLE_CELL),
            (~holds.possible, Reason.NOT_DISCLOSED),
        )
        rows, at = [row.rows(holds, why)], position[there]
        if len(services):
            places = Rows(
                "services", services.applicant[at], services.row[at], given[there].astype(np.int32),
                (given | unreadable)[there].astype(np.int32), why[there],
            )  # fmt: skip
            rows.insert(0, places)
        return Told(why, rows)

    return held(holds, tell)


def quality_manager(requirement: Requirement, ctx: Context) -> Outcome:
    """Everyone named is in the staff sheet and in post; anything else that is not blank is for a person."""
    services, people = ctx.tables["services"], ctx.people
    position = ctx.service_rows(ctx.standard.service_of(requirement.clause).id)
    there = position >= 0
    items, person = ctx.of_tables("quality managers", lambda: _quality_managers(ctx))
    good = (person >= 0) & people.in_post.certain[person] if len(people) else np.zeros(len(person), bool)
    bad_rows = np.zeros(len(services), bool)
    bad_rows[items.position[~good]] = True

    def pick(per_row: Bools) -> Bools:
        return np.asarray(there & per_row[position]) if len(services) else there

    column = services["quality_manager"]
    holds = Bounds(pick(column.ok & ~bad_rows), pick(~column.blank))

    def tell() -> Told:
        known, why_rows = person >= 0, np.zeros(len(services), np.int64)
        left = bits(
            (~people.in_post.possible, Reason.NOT_IN_POST), (people.in_post.uncertain, Reason.POST_UNCERTAIN)
        )
        why_rows[items.position[~known]] |= int(Reason.UNKNOWN_PERSON)
        np.bitwise_or.at(why_rows, items.position[known], left[person[known]])
        why = bits((~holds.possible, Reason.NOBODY), (pick(column.unreadable), Reason.UNREADABLE_CELL))
        at = position[there]
        why[there] |= why_rows[at]
        rows = Rows(
            "services", services.applicant[at], services.row[at], holds.certain[there].astype(np.int32),
            holds.possible[there].astype(np.int32), why[there],
        )  # fmt: skip
        asked = np.zeros(len(services), dtype=bool)
        asked[at] = True
        named = np.unique(person[known & ~good & asked[items.position]])
        staff = adds_nothing("staff", people.applicant[named], people.row[named], left[named], named)
        return Told(why, [rows], [leaves_open(staff)])

    return held(holds, tell)


def _quality_managers(ctx: Context) -> tuple[Items, Ints]:
    table = ctx.tables["services"]
    items = table.items("quality_manager")
    return items, ctx.people.find(table.applicant[items.position], items)


def follows(requirement: Requirement, ctx: Context) -> Outcome:
    """The best of the clause's rows: a listed or equivalent standard, disclosed as the clause asks."""
    rule = requirement.requires
    assert isinstance(rule, Follows)
    table = ctx.tables["specifications"]
    at = np.flatnonzero(table["clause"].among({requirement.clause}))
    holds, why_row = _disclosed(rule, ctx)
    holds, applicant = holds[at], table.applicant[at]
    _, lost = ctx.first_rows("specifications", requirement.clause)
    # the best row counts: one whose clause cannot be read may be it, beside rows that can
    lost = lost | ctx.per_applicant(table.applicant, table["clause"].error)
    best = Bounds(
        ctx.per_applicant(applicant, holds.certain), ctx.per_applicant(applicant, holds.possible) | lost
    )

    def tell() -> Told:
        nameless = ctx.names("specifications", "standard", "standard_other").among({""})[at]
        # where no standard is named, that is all there is to say
        why = np.where(~holds.possible & nameless, int(Reason.NOT_STATED), why_row()[at])
        reasons = bits((lost, Reason.UNREADABLE_CELL))
        quiet = best.certain[applicant] | (why == int(Reason.NOT_STATED))
        np.bitwise_or.at(reasons, applicant, np.where(quiet, 0, why))
        reasons[~ctx.per_applicant(applicant, ~nameless) & ~best.possible] |= int(Reason.NOT_STATED)
        rows = Rows(
            "specifications", applicant, table.row[at], holds.certain.astype(np.int32),
            holds.possible.astype(np.int32), np.where(holds.certain, 0, why),
        )  # fmt: skip
        there = ctx.per_applicant(applicant, np.ones(len(at), dtype=bool))
        missing = clause_missing("specifications", there, lost, Reason.NOT_STATED, ctx)
        return Told(reasons, [rows], missing)

    return held(best, tell)


def _disclosed(rule: Follows, ctx: Context) -> tuple[Bounds, Why]:
    """Rows of the sheet specifications that name a standard and show it as the rule asks."""
    table = ctx.tables["specifications"]
    place, text = table["disclosed_at"], table["description"]
    holds, why_followed = _followed(rule, ctx)
    if rule.check != "follows:practice":
        holds = holds & Bounds(place.ok, ~place.blank)
    if rule.check == "follows:concrete":
        holds = holds & Bounds(text.ok, np.ones(len(table), dtype=bool))

    def why() -> Bits:
        found = why_followed()
        if rule.check != "follows:practice":
            found |= bits((place.blank, Reason.NOT_DISCLOSED), (place.unreadable, Reason.UNREADABLE_CELL))
        if rule.check == "follows:concrete":
            found |= bits((text.blank, Reason.EVIDENCE_MISSING), (text.unreadable, Reason.UNREADABLE_CELL))
        return found

    return holds, why


def _followed(rule: Follows, ctx: Context) -> tuple[Bounds, Why]:
    table = ctx.tables["specifications"]
    names = ctx.names("specifications", "standard", "standard_other")
    listed = ctx.in_list(names, rule.list)
    claim = (table["equivalent"].value | table["equivalent"].error) & ~table["description"].blank
    unreadable = ctx.unreadable_names("specifications", "standard", "standard_other")
    elsewhere = np.zeros(len(table), dtype=bool)
    if rule.review_list:
        elsewhere = ctx.in_list(names, rule.review_list) & ~listed
    holds = Bounds(listed, listed | claim | unreadable | elsewhere)
    holds = holds.settle(elsewhere & ~claim, ctx.reading("list_4_2"))
    return holds, lambda: bits(
        (claim & ~listed, Reason.EQUIVALENCE_CLAIMED),
        (unreadable, Reason.UNREADABLE_CELL),
        (elsewhere, Reason.LIST_4_2),
        (~holds.possible & ~names.among({""}), Reason.NOT_LISTED),
        (~listed & table["equivalent"].value & table["description"].blank, Reason.EVIDENCE_MISSING),
    )


def client_information(requirement: Requirement, ctx: Context) -> Outcome:
    """The procedure is set up, documented, and audited by somebody who is on none of the cases."""
    rule = requirement.requires
    assert isinstance(rule, ClientInformation)
    row = Procedure.of(requirement.clause, ctx)
    table, audited, everywhere = row.table, row.table["audited_on"], np.ones(ctx.count, dtype=bool)
    documented = Bounds(row.pick(table["document"].ok), everywhere)
    past = row.pick(audited.holds(audited.distinct <= ctx.base))
    on_time = Bounds(past, past | row.pick(audited.unreadable) | row.lost)
    cases = cases_of(ctx.standard.service_of(requirement.clause).id, rule.window_years, ctx)
    auditor, why_auditor = _auditor(row, cases, ctx)
    holds = row.done & documented & on_time & auditor

    def tell() -> Told:
        done = row.done.possible
        why = (
            why_auditor()
            | row.why_not_done()
            | bits(
                (done & row.pick(table["document"].blank), Reason.EVIDENCE_MISSING),
                (done & ~on_time.possible, Reason.NOT_AUDITED),
                (done & (on_time.uncertain | row.pick(table["document"].unreadable)), Reason.UNREADABLE_CELL),
            )
        )
        return Told(why, [row.rows(holds, why)], [*row.missing(ctx), _cases_of_auditor(row, cases, ctx)])

    return held(holds, tell)


def _cases_of_auditor(row: Procedure, cases: Cases, ctx: Context) -> Rows:
    """Return the cases that an auditor works on, or may work on."""
    table, auditors = ctx.tables["cases"], _auditors(ctx)
    mine = np.zeros(auditors.count, dtype=bool)
    mine[auditors.number[auditors.person & row.has(auditors.position)]] = True
    his = np.zeros(len(table), dtype=bool)
    his[auditors.case[mine[auditors.on_case]]] = True
    hidden = table["participants"].unreadable & cases.looked_at & row.there[table.applicant]
    running = his & (cases.running | cases.unclear)
    if ctx.reading("auditor_running_case") == "lenient":
        running = np.zeros_like(running)
    why = bits(
        (his & cases.ended, Reason.AUDITOR_IN_CHARGE),
        (running, Reason.AUDITOR_RUNNING_CASE),
        (his & cases.lost, Reason.SERVICE_UNKNOWN),
        (hidden, Reason.UNREADABLE_CELL),
    )
    fails = his & cases.ended
    if ctx.reading("auditor_running_case") == "strict":
        fails |= running
    at = np.flatnonzero(why)
    return leaves_open(adds_nothing("cases", table.applicant[at], table.row[at], why[at]), ~fails[at])


@dataclass(frozen=True)
class _Auditors:
    """The staff numbers in the column 監査者 of all procedures, and the cases on which they stand.

    ``position``, ``number``: the row, and whose number it is (0..``count`` - 1). ``person``: it is one's
    number; 外部 names nobody, so an auditor from outside is not the helper from outside on some case.
    ``unknown``: the staff sheet does not have it. ``case``, ``on_case``: the row of a case and who of them
    is among its participants.
    """

    count: int
    position: Ints
    number: Codes
    person: Bools
    unknown: Bools
    case: Ints
    on_case: Codes


def _auditors(ctx: Context) -> _Auditors:
    return ctx.of_tables("auditors", lambda: _find_auditors(ctx))


def _find_auditors(ctx: Context) -> _Auditors:
    table = ctx.tables["procedures"]
    items = table.items("auditor")
    person = ~ctx.says(items, "outside")
    unknown = person & (ctx.people.find(table.applicant[items.position], items) < 0)
    position, written = ctx.written("procedures", "auditor")
    number, distinct = pd.factorize(written)
    of_written = np.full(ctx.written_people, -1, dtype=np.intp)
    of_written[distinct] = np.arange(len(distinct))
    case, participants = ctx.written("cases", "participants")
    on_case = of_written[participants]
    auditing = np.flatnonzero(on_case >= 0)
    return _Auditors(len(distinct), position, number, person, unknown, case[auditing], on_case[auditing])


def _auditor(row: Procedure, cases: Cases, ctx: Context) -> tuple[Bounds, Why]:
    """Whether the auditors are on none of the service's cases; blank or unknown is for a person."""
    table, auditors = row.table, _auditors(ctx)
    mine = row.has(auditors.position)

    def per_row(which: Bools) -> Bools:
        marked = np.zeros(len(table), dtype=bool)
        marked[auditors.position[mine & which]] = True
        return row.pick(marked)

    def on(rows: Bools) -> Bools:
        """Tell whether an auditor works on one of these cases."""
        busy = np.zeros(auditors.count, dtype=bool)
        busy[auditors.on_case[rows[auditors.case]]] = True
        return per_row(auditors.person & busy[auditors.number])

    column = table["auditor"]
    hidden = cases.hidden_participants()
    in_charge, on_running = on(cases.ended), on(cases.running | cases.unclear)
    strange = per_row(auditors.unknown)
    missing = row.pick(column.blank) | row.lost
    # whose case it is cannot be read: it may be one of the service's
    lost = on(cases.lost)
    doubt = missing | row.pick(column.unreadable) | strange | hidden | lost
    sure = Bounds(~(doubt | on_running | in_charge), ~in_charge)
    result = sure.settle(on_running & ~doubt, ctx.reading("auditor_running_case"))
    return result, lambda: bits(
        (in_charge, Reason.AUDITOR_IN_CHARGE),
        (on_running, Reason.AUDITOR_RUNNING_CASE),
        (missing & ~row.lost, Reason.VALUE_MISSING),
        (row.pick(column.unreadable) | hidden | lost, Reason.UNREADABLE_CELL),
        (strange, Reason.UNKNOWN_PERSON),
    )
