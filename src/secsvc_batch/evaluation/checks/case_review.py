"""Reviews of cases: each case of the service has a verdict, and the lowest of them is the leaf's."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    REVIEW,
    Bools,
    Ints,
    Verdicts,
    highest,
)
from secsvc_batch.evaluation.checks.routes import meets_any
from secsvc_batch.evaluation.checks.track_record import period
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows
from secsvc_batch.evaluation.reasons import Bits, Reason, bits
from secsvc_batch.standard.model import CaseReview, Requirement


@dataclass(frozen=True)
class Cases:
    """The applicant's own cases of one service; bool arrays over the rows of the sheet cases.

    ``ended``: inside the window; ``running``: on the base date; ``unclear``: the end cannot be read or
    lies before the start; ``lost``: whose case it is, or of which service, cannot be read.
    """

    ended: Bools
    running: Bools
    unclear: Bools
    lost: Bools
    applicant: Ints
    ctx: Context

    @property
    def looked_at(self) -> Bools:
        return self.ended | self.running | self.unclear | self.lost

    @property
    def _named(self) -> tuple[Ints, NDArray[np.int64]]:
        """The participants of all cases: the row and the key of each."""
        items, ctx = self.ctx.tables["cases"].items("participants"), self.ctx
        keys = ctx.once("participant keys", lambda: ctx.person_keys(self.applicant[items.position], items))
        return items.position, keys

    def participants(self, rows: Bools) -> NDArray[np.int64]:
        """Return the keys of the people named on these rows."""
        position, keys = self._named
        return keys[rows[position]]

    def with_one_of(self, people: NDArray[np.int64]) -> Bools:
        """Tell which rows name one of the people, given by their keys."""
        position, keys = self._named
        found = np.zeros(len(self.applicant), dtype=bool)
        found[position[np.isin(keys, people)]] = True
        return found

    def hidden_participants(self) -> Bools:
        """Tell per applicant whether the people of some case cannot be read."""
        unreadable = self.ctx.tables["cases"]["participants"].unreadable
        return self.ctx.per_applicant(self.applicant, unreadable & self.looked_at)


def cases_of(service: str, years: int, ctx: Context) -> Cases:
    """Return the applicant's own cases of a service against the window of the past ``years``."""
    return ctx.once(("cases of", service, years), lambda: _cases_of(service, years, ctx))


def _cases_of(service: str, years: int, ctx: Context) -> Cases:
    table = ctx.tables["cases"]
    when = period(ctx, years)
    start, end, base = when.start, when.end, ctx.base
    hidden = table["service"].error | table["performed_by"].error
    possibly = table.has("service", service) | table["service"].error
    possibly &= ~table.has("performed_by", "another")
    mine, lost = possibly & ~hidden, possibly & hidden
    unclear = when.unclear_end
    ended = end.ok & (end.value >= when.window.first) & (end.value <= base) & ~unclear
    begun = ~start.ok | (start.value <= base)
    running = begun & (end.blank | (end.ok & (end.value > base))) & ~unclear
    return Cases(
        mine & ended, mine & running, mine & unclear, lost & (ended | running | unclear), table.applicant, ctx
    )


@dataclass(frozen=True)
class Reviewed:
    """One check over all rows of the sheet cases: ``verdict`` int8 and ``reasons`` bits per row;
    ``looked_at``: the rows that the check concerns."""

    verdict: Verdicts
    reasons: Bits
    looked_at: Bools


def reviewed(requirement: Requirement, ctx: Context) -> Reviewed:
    """Return the verdict of every case (readings: case_review)."""
    return ctx.once(("reviewed", requirement.clause), lambda: _reviewed(requirement, ctx))


def _reviewed(requirement: Requirement, ctx: Context) -> Reviewed:
    rule = requirement.requires
    assert isinstance(rule, CaseReview)
    table = ctx.tables["cases"]
    cases = cases_of(ctx.standard.service_of(requirement.clause).id, rule.window_years, ctx)
    long_running = cases.running & ~table.has("contract_form", "single")
    lost = cases.lost & ~(cases.running & table.has("contract_form", "single"))
    reading = ctx.reading("running_case_review")
    looked_at = cases.ended | cases.unclear | long_running | lost
    verdict, why = _by_reviewers(rule, ctx)
    verdict, why = _by_method(rule, verdict, why, ctx)
    verdict, why = _capped(verdict, why, ctx)
    # a fail on a case whose end nobody knows, or whose report may not be due, is for a person
    settled = {"both": REVIEW, "strict": FAIL, "lenient": PASS}[reading]
    running_fail = long_running & (verdict == FAIL)
    why[running_fail] |= int(Reason.RUNNING_CASE_REVIEW)
    verdict = np.where(running_fail, settled, verdict)
    verdict = np.where(lost & (verdict == FAIL), REVIEW, verdict)
    unclear = looked_at & period(ctx, rule.window_years).unclear_end
    verdict = np.where(unclear, REVIEW, verdict)
    why[unclear] |= int(Reason.CASE_DATES_UNCLEAR)
    why[lost] |= int(Reason.SERVICE_UNKNOWN)
    return Reviewed(verdict.astype(np.int8), why, looked_at)


class _Reviewers:
    """Who reviewed each case: bool arrays over the rows of the sheet cases."""

    def __init__(self, ctx: Context) -> None:
        table, people = ctx.tables["cases"], ctx.people
        self.size = len(table)
        self.items = table.items("reviewers")
        applicant = table.applicant[self.items.position]
        self.person = people.find(applicant, self.items)
        outside = ctx.says(self.items, "outside")
        self.outside = self.of(outside)
        on_case = self._on_case(applicant, ctx)
        known = self.person >= 0
        self.known_outsider = self.of(known & ~on_case)
        self.participant = self.of(on_case)
        self.other = self.of(~on_case)
        self.unknown = self.of(~known & ~outside)
        self.blank = table["reviewers"].blank
        self.unreadable = table["reviewers"].unreadable | table["participants"].unreadable

    def of(self, items: Bools) -> Bools:
        """Return per row whether one of its reviewers satisfies the condition."""
        rows = np.zeros(self.size, dtype=bool)
        rows[self.items.position[items]] = True
        return rows

    def _on_case(self, applicant: Ints, ctx: Context) -> Bools:
        """Tell per reviewer whether the same number stands among the participants of that case."""
        table = ctx.tables["cases"]
        workers = table.items("participants")
        step = np.int64(self.size + 1)
        reviewer_keys = ctx.person_keys(applicant, self.items) * step + self.items.position
        worker_keys = ctx.person_keys(table.applicant[workers.position], workers) * step + workers.position
        return np.asarray(pd.Index(reviewer_keys).isin(worker_keys))


def _by_reviewers(rule: CaseReview, ctx: Context) -> tuple[Verdicts, Bits]:
    """Judge every case by who reviewed it, whatever the method."""
    who = ctx.once("reviewers", lambda: _Reviewers(ctx))
    if rule.check == "case_review:participant_or_expert":
        verdict, why = _participant_or_expert(rule, who, ctx)
    else:
        good = who.known_outsider | who.outside
        inside = ~good & ~who.other & ~who.blank
        verdict = np.select([good, inside], [PASS, FAIL], REVIEW)
        why = bits((inside, Reason.SELF_REVIEW), (~good & who.unknown & ~inside, Reason.UNKNOWN_PERSON))
        if rule.check == "case_peer_review":
            verdict, why = _peer_review(good, inside, who, ctx)
    verdict = np.where(who.unreadable, REVIEW, verdict)
    verdict = np.where(who.blank, FAIL, verdict)
    why = np.where(who.blank, int(Reason.NO_REVIEW), why)
    why[who.unreadable & ~who.blank] |= int(Reason.UNREADABLE_CELL)
    return verdict.astype(np.int8), why


def _peer_review(good: Bools, inside: Bools, who: _Reviewers, ctx: Context) -> tuple[Verdicts, Bits]:
    """査読 by the people of the case themselves is for a person to judge."""
    own = {"both": REVIEW, "strict": FAIL, "lenient": PASS}[ctx.reading("self_peer_review")]
    verdict = np.select([good, inside], [PASS, own], REVIEW).astype(np.int8)
    return verdict, bits(
        (inside, Reason.SELF_PEER_REVIEW), (~good & ~inside & who.unknown, Reason.UNKNOWN_PERSON)
    )


def _participant_or_expert(rule: CaseReview, who: _Reviewers, ctx: Context) -> tuple[Verdicts, Bits]:
    """A participant of the case, or a person who meets a route of the clause named."""
    assert rule.experts is not None
    known = np.flatnonzero(who.person >= 0)
    meets = meets_any(rule.routes, ctx)
    experts = (ctx.people.select(rule.experts) & meets).certain

    def of(people: Bools) -> Bools:
        marked = np.zeros(len(who.person), dtype=bool)
        marked[known] = people[who.person[known]]
        return who.of(marked)

    qualified = of(meets.possible)
    named = {"both": REVIEW, "strict": FAIL, "lenient": PASS}[ctx.reading("reviewer_not_named")]
    certainly = of(meets.certain)
    good = who.participant | of(experts)
    doubtful = who.outside | who.unknown | (qualified & ~certainly)
    verdict = np.select(
        [good, certainly & (named == PASS), doubtful, certainly], [PASS, PASS, REVIEW, named], FAIL
    )
    return verdict.astype(np.int8), bits(
        (~good & who.outside, Reason.OUTSIDE_REVIEWER),
        (~good & who.unknown, Reason.UNKNOWN_PERSON),
        (~good & qualified, Reason.REVIEWER_NOT_NAMED),
        (verdict == FAIL, Reason.UNQUALIFIED_REVIEWER),
    )


def _by_method(rule: CaseReview, verdict: Verdicts, why: Bits, ctx: Context) -> tuple[Verdicts, Bits]:
    """Where a method is asked for, another one or none fails; one nobody knows is for a person."""
    if rule.method is None:
        return verdict, why
    method = ctx.tables["cases"]["review_method"]
    right = ctx.tables["cases"].has("review_method", rule.method)
    unknown = method.unreadable
    verdict = np.select([right, unknown], [verdict, np.minimum(verdict, REVIEW)], FAIL).astype(np.int8)
    why = why | bits((~right & ~unknown, Reason.OTHER_METHOD), (unknown, Reason.UNREADABLE_CELL))
    return verdict, why


def _capped(verdict: Verdicts, why: Bits, ctx: Context) -> tuple[Verdicts, Bits]:
    """A case with nobody on it, or reviewed in the future or nobody knows when, is review at best."""
    table = ctx.tables["cases"]
    date, nobody = table["reviewed_on"], table["participants"].blank
    future = date.ok & (date.value > ctx.base)
    capped = np.where(nobody | future | date.unreadable, np.minimum(verdict, REVIEW), verdict)
    why = why | bits(
        (nobody, Reason.PARTICIPANTS_MISSING),
        (future, Reason.FUTURE_DATE),
        (date.unreadable, Reason.UNREADABLE_CELL),
    )
    return capped.astype(np.int8), why


def lowest_case(cases: Reviewed, ctx: Context) -> Verdicts:
    """Return the lowest verdict of each applicant's cases, not applicable where there is none."""
    table = ctx.tables["cases"]
    result = np.full(ctx.count, NOT_APPLICABLE, dtype=np.int8)
    np.minimum.at(result, table.applicant[cases.looked_at], cases.verdict[cases.looked_at])
    return result


def case_review(requirement: Requirement, ctx: Context) -> Outcome:
    """The leaf is the lowest over its cases; without a case it is not applicable."""
    table, cases = ctx.tables["cases"], reviewed(requirement, ctx)
    verdict, at = lowest_case(cases, ctx), cases.looked_at
    applicant, of_case, why = table.applicant[at], cases.verdict[at], cases.reasons[at]
    open_ = of_case != PASS
    reasons = np.zeros(ctx.count, dtype=np.int64)
    np.bitwise_or.at(reasons, applicant[open_], why[open_])
    reasons[verdict == NOT_APPLICABLE] |= int(Reason.NO_COMPLETED_CASE)
    total = ctx.total(applicant, np.ones(len(applicant), dtype=bool))
    certain, possible = ctx.total(applicant, of_case == PASS), ctx.total(applicant, of_case != FAIL)
    rows = Rows(
        "cases", applicant, table.row[at], (of_case == PASS).astype(np.int32),
        (of_case != FAIL).astype(np.int32), np.where(open_, why, 0),
    )  # fmt: skip
    return Outcome(verdict, certain, possible, total, reasons, total - certain, rows=[rows])


def any_per_case(leaves: list[Requirement], ctx: Context) -> Verdicts:
    """Return the verdict of a group whose leaves may be met case by case.

    pass when one leaf passes over all cases, fail when some case meets none of them, else review.
    """
    per_leaf = [reviewed(leaf, ctx) for leaf in leaves]
    best = np.maximum.reduce([cases.verdict for cases in per_leaf])
    per_case = lowest_case(Reviewed(best, per_leaf[0].reasons, per_leaf[0].looked_at), ctx)
    whole = highest([lowest_case(cases, ctx) for cases in per_leaf])
    mixed = np.where(per_case == FAIL, FAIL, REVIEW)
    result = np.where(whole == PASS, PASS, mixed)
    return np.where(per_case == NOT_APPLICABLE, NOT_APPLICABLE, result).astype(np.int8)
