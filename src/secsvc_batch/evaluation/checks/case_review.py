"""Reviews of cases: each case of the service has a verdict, and the lowest of them is the leaf's."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    REVIEW,
    Bools,
    Verdicts,
    highest,
)
from secsvc_batch.evaluation.checks.amounts import period
from secsvc_batch.evaluation.checks.routes import meets_any
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Amounts, Outcome, Rows, Told
from secsvc_batch.evaluation.reasons import Bits, Reason, Why, bits
from secsvc_batch.standard.model import CaseReview, Requirement
from secsvc_batch.tables.coded import pair_keys


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
    ctx: Context

    @cached_property
    def looked_at(self) -> Bools:
        return self.ended | self.running | self.unclear | self.lost

    def hidden_participants(self) -> Bools:
        """Tell per applicant whether the people of some case cannot be read."""
        table = self.ctx.tables["cases"]
        return self.ctx.per_applicant(table.applicant, table["participants"].unreadable & self.looked_at)


def cases_of(service: str, years: int, ctx: Context) -> Cases:
    """Return the applicant's own cases of a service against the window of the past ``years``."""
    return ctx.once(("cases of", service, years), lambda: _cases_of(service, years, ctx))


def _cases_of(service: str, years: int, ctx: Context) -> Cases:
    mine, lost = ctx.of_tables(("own cases", service), lambda: _own(service, ctx))
    ended, running, unclear = ctx.once(("stages", years), lambda: _stages(years, ctx))
    return Cases(mine & ended, mine & running, mine & unclear, lost & (ended | running | unclear), ctx)


def _own(service: str, ctx: Context) -> tuple[Bools, Bools]:
    """Tell which cases are the applicant's own of a service, and which may be but cannot be read."""
    table = ctx.tables["cases"]
    hidden = table["service"].error | table["performed_by"].error
    possibly = table.has("service", service) | table["service"].error
    possibly &= ~table.has("performed_by", "another")
    return possibly & ~hidden, possibly & hidden


def _stages(years: int, ctx: Context) -> tuple[Bools, Bools, Bools]:
    """Tell which cases ended inside the window, which are running, and of which the end is unclear."""
    when = period(ctx, years)
    start, end, base, clear = when.start, when.end, ctx.base, ~when.unclear_end
    ended = end.holds((end.distinct >= when.window.first) & (end.distinct <= base)) & clear
    going_on = end.blank | end.holds(end.distinct > base)
    return ended, ~start.holds(start.distinct > base) & going_on & clear, when.unclear_end


@dataclass(frozen=True)
class Reviewed:
    """One check over the cases that it concerns: ``at``, their rows in the sheet, with ``verdict`` (int8)
    and ``reasons`` (bits) of each."""

    at: NDArray[np.intp]
    verdict: Verdicts
    why: Why

    @cached_property
    def reasons(self) -> Bits:
        return self.why()


def reviewed(requirement: Requirement, ctx: Context) -> Reviewed:
    """Return the verdict of every case (readings: case_review)."""
    return ctx.once(("reviewed", requirement.clause), lambda: _reviewed(requirement, ctx))


def _reviewed(requirement: Requirement, ctx: Context) -> Reviewed:
    rule = requirement.requires
    assert isinstance(rule, CaseReview)
    single = ctx.tables["cases"].has("contract_form", "single")
    cases = cases_of(ctx.standard.service_of(requirement.clause).id, rule.window_years, ctx)
    long_running, lost = cases.running & ~single, cases.lost & ~(cases.running & single)
    at = np.flatnonzero(cases.ended | cases.unclear | long_running | lost)
    lost, unclear = lost[at], period(ctx, rule.window_years).unclear_end[at]
    judged = _capped(at, _by_method(rule, at, _by_reviewers(rule, at, ctx), ctx), ctx)
    # a fail on a case whose end nobody knows, or whose report may not be due, is for a person
    running_fail = long_running[at] & (judged.verdict == FAIL)
    settled = {"both": REVIEW, "strict": FAIL, "lenient": PASS}[ctx.reading("running_case_review")]
    verdict = np.where(running_fail, settled, judged.verdict)
    verdict = np.where(unclear | (lost & (verdict == FAIL)), REVIEW, verdict)

    def why() -> Bits:
        return judged.reasons | bits(
            (running_fail, Reason.RUNNING_CASE_REVIEW),
            (unclear, Reason.CASE_DATES_UNCLEAR),
            (lost, Reason.SERVICE_UNKNOWN),
        )

    return Reviewed(at, verdict, why)


class _Reviewers:
    """Who reviewed each case: bool arrays over the rows of the sheet cases."""

    def __init__(self, ctx: Context) -> None:
        table, people = ctx.tables["cases"], ctx.people
        self.size = len(table)
        self.items = table.items("reviewers")
        self.person = people.find(table.applicant[self.items.position], self.items)
        outside = ctx.says(self.items, "outside")
        self.outside = self.of(outside)
        on_case = self._on_case(ctx)
        known = self.person >= 0
        self.known = self.items.position[known], self.person[known]
        self.known_outsider = self.of(known & ~on_case)
        self.participant = self.of(on_case)
        self.other = self.of(~on_case)
        self.unknown = self.of(~known & ~outside)
        self.blank = table["reviewers"].blank
        self.unreadable = table["reviewers"].unreadable | table["participants"].unreadable

    def one_of(self, people: Bools) -> Bools:
        """Return per row whether one of its reviewers is one of these people."""
        position, person = self.known
        rows = np.zeros(self.size, dtype=bool)
        rows[position[people[person]]] = True
        return rows

    def of(self, items: Bools) -> Bools:
        """Return per row whether one of its reviewers satisfies the condition."""
        rows = np.zeros(self.size, dtype=bool)
        rows[self.items.position[items]] = True
        return rows

    def _on_case(self, ctx: Context) -> Bools:
        """Tell per reviewer whether the same number stands among the participants of that case."""
        rows, workers = ctx.written("cases", "participants")
        keys = pair_keys(rows, workers, ctx.written_people)
        own_rows, reviewers = ctx.written("cases", "reviewers")
        return np.asarray(pd.Index(pair_keys(own_rows, reviewers, ctx.written_people)).isin(keys))


def _by_reviewers(rule: CaseReview, at: NDArray[np.intp], ctx: Context) -> Reviewed:
    """Judge cases by who reviewed them, whatever the method."""
    who = ctx.of_tables("reviewers", lambda: _Reviewers(ctx))
    blank, unreadable = who.blank[at], who.unreadable[at]
    if rule.check == "case_review:participant_or_expert":
        judged = _participant_or_expert(rule, at, who, ctx)
    else:
        own, why_own = FAIL, Reason.SELF_REVIEW
        if rule.check == "case_peer_review":
            # 査読 by the people of the case themselves is for a person to judge
            own = {"both": REVIEW, "strict": FAIL, "lenient": PASS}[ctx.reading("self_peer_review")]
            why_own = Reason.SELF_PEER_REVIEW
        judged = _by_others(at, own, why_own, who)
    verdict = np.where(blank, FAIL, np.where(unreadable, REVIEW, judged.verdict))

    def why() -> Bits:
        by_names = np.where(blank, int(Reason.NO_REVIEW), judged.reasons)
        return by_names | bits((unreadable & ~blank, Reason.UNREADABLE_CELL))

    return Reviewed(at, verdict, why)


def _by_others(at: NDArray[np.intp], own: np.int8, why_own: Reason, who: _Reviewers) -> Reviewed:
    """Somebody who did not work on the case; ``own``: the verdict where only its own people reviewed it."""
    good, unknown = (who.known_outsider | who.outside)[at], who.unknown[at]
    inside = ~good & ~(who.other | who.blank)[at]
    verdict = np.where(good, PASS, np.where(inside, own, REVIEW))
    return Reviewed(
        at, verdict, lambda: bits((inside, why_own), (~good & unknown & ~inside, Reason.UNKNOWN_PERSON))
    )


def _participant_or_expert(rule: CaseReview, at: NDArray[np.intp], who: _Reviewers, ctx: Context) -> Reviewed:
    """A participant of the case, or a person who meets a route of the clause named."""
    assert rule.experts is not None
    meets = meets_any(rule.routes, ctx)
    experts = (ctx.people.select(rule.experts) & meets).certain
    qualified, certainly = who.one_of(meets.possible)[at], who.one_of(meets.certain)[at]
    named = {"both": REVIEW, "strict": FAIL, "lenient": PASS}[ctx.reading("reviewer_not_named")]
    good = (who.participant | who.one_of(experts))[at]
    outside, unknown = who.outside[at], who.unknown[at]
    doubtful = outside | unknown | (qualified & ~certainly)
    verdict = np.select(
        [good, certainly & (named == PASS), doubtful, certainly], [PASS, PASS, REVIEW, named], FAIL
    )
    return Reviewed(
        at,
        verdict,
        lambda: bits(
            (~good & outside, Reason.OUTSIDE_REVIEWER),
            (~good & unknown, Reason.UNKNOWN_PERSON),
            (~good & qualified, Reason.REVIEWER_NOT_NAMED),
            (verdict == FAIL, Reason.UNQUALIFIED_REVIEWER),
        ),
    )


def _by_method(rule: CaseReview, at: NDArray[np.intp], judged: Reviewed, ctx: Context) -> Reviewed:
    """Where a method is asked for, another one or none fails; one nobody knows is for a person."""
    if rule.method is None:
        return judged
    table = ctx.tables["cases"]
    right, unknown = table.has("review_method", rule.method)[at], table["review_method"].unreadable[at]
    verdict = np.where(unknown, np.minimum(judged.verdict, REVIEW), FAIL)

    def why() -> Bits:
        return judged.reasons | bits(
            (~right & ~unknown, Reason.OTHER_METHOD), (unknown, Reason.UNREADABLE_CELL)
        )

    return Reviewed(at, np.where(right, judged.verdict, verdict), why)


def _capped(at: NDArray[np.intp], judged: Reviewed, ctx: Context) -> Reviewed:
    """A case with nobody on it, or reviewed in the future or nobody knows when, is review at best."""
    table = ctx.tables["cases"]
    date, nobody = table["reviewed_on"], table["participants"].blank[at]
    unreadable, future = date.unreadable[at], date.holds(date.distinct > ctx.base)[at]
    verdict = np.where(nobody | future | unreadable, np.minimum(judged.verdict, REVIEW), judged.verdict)

    def why() -> Bits:
        return judged.reasons | bits(
            (nobody, Reason.PARTICIPANTS_MISSING),
            (future, Reason.FUTURE_DATE),
            (unreadable, Reason.UNREADABLE_CELL),
        )

    return Reviewed(at, verdict, why)


def lowest_case(at: NDArray[np.intp], verdict: Verdicts, ctx: Context) -> Verdicts:
    """Return the lowest verdict of each applicant's cases, not applicable where there is none."""
    applicant = ctx.tables["cases"].applicant[at]
    result = np.full(ctx.count, NOT_APPLICABLE, dtype=np.int8)
    result[applicant] = PASS
    for code in (REVIEW, FAIL):  # the lowest one is written last
        result[applicant[np.flatnonzero(verdict == code)]] = code
    return result


def case_review(requirement: Requirement, ctx: Context) -> Outcome:
    """The leaf is the lowest over its cases; without a case it is not applicable."""
    table, cases = ctx.tables["cases"], reviewed(requirement, ctx)
    at, of_case = cases.at, cases.verdict
    verdict = lowest_case(at, of_case, ctx)

    def tell() -> Told:
        applicant, open_, why = table.applicant[at], of_case != PASS, cases.reasons
        reasons = np.zeros(ctx.count, dtype=np.int64)
        np.bitwise_or.at(reasons, applicant[open_], why[open_])
        reasons[verdict == NOT_APPLICABLE] |= int(Reason.NO_COMPLETED_CASE)
        rows = Rows(
            "cases", applicant, table.row[at], (of_case == PASS).astype(np.int32),
            (of_case != FAIL).astype(np.int32), np.where(open_, why, 0),
        )  # fmt: skip
        return Told(reasons, [rows])

    def amounts() -> Amounts:
        applicant, every = table.applicant[at], np.ones(len(at), dtype=bool)
        return Amounts(*(ctx.total(applicant, which) for which in (of_case == PASS, of_case != FAIL, every)))

    return Outcome(verdict, amounts, tell)


def any_per_case(leaves: list[Requirement], ctx: Context) -> Verdicts:
    """Return the verdict of a group whose leaves may be met case by case.

    pass when one leaf passes over all cases, fail when some case meets none of them, else review.
    The leaves look at the same cases.
    """
    per_leaf = [reviewed(leaf, ctx) for leaf in leaves]
    at, best = per_leaf[0].at, np.maximum.reduce([cases.verdict for cases in per_leaf])
    per_case = lowest_case(at, best, ctx)
    whole = highest([lowest_case(at, cases.verdict, ctx) for cases in per_leaf])
    mixed = np.where(per_case == FAIL, FAIL, REVIEW)
    result = np.where(whole == PASS, PASS, mixed)
    return np.where(per_case == NOT_APPLICABLE, NOT_APPLICABLE, result).astype(np.int8)
