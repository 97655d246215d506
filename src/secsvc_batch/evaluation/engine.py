"""Every requirement of the standard for all applicants of a chunk, in two frames."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    REVIEW,
    Bools,
    Bounds,
    Ints,
    highest,
    lowest,
)
from secsvc_batch.evaluation.checks import CHECKS
from secsvc_batch.evaluation.checks.against import open_service
from secsvc_batch.evaluation.checks.case_review import any_per_case
from secsvc_batch.evaluation.checks.routes import meets_any
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import SHEETS, UNITS, Amounts, Outcome, Told, held
from secsvc_batch.evaluation.reasons import Reason, bits
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import AppliesTo, Reference, Requirement, Route, Service
from secsvc_batch.tables.typed import Tables, without_repetitions


@dataclass(frozen=True)
class Results:
    """The verdicts of one chunk.

    ``verdicts``: one row per applicant, service applied for and node, in that order; columns
    applicant int32, requirement int16 (index in ``Standard.requirements``), verdict int8 (index in
    ``VERDICTS``), certain, possible, threshold, missing, missing_months int32, reasons int64 (bits of
    ``Reason``), met_otherwise bool (a leaf below an ``any`` group that passes without it).

    ``contributions``: the rows that verdicts come from; columns applicant int32, requirement int16,
    sheet int8 (index in ``SHEETS``), row int32, person int32 (row in the staff sheet, 0 for none),
    unit int8 (index in ``UNITS``), certain, possible int32, reasons int64; in verdict order.
    """

    verdicts: pd.DataFrame
    contributions: pd.DataFrame
    context: Context


def decide(tables: Tables, count: int, standard: Standard, base_date: date) -> Context:
    """Decide every node of the standard for ``count`` applicants; what is behind it is told on request.

    Of two rows with the same staff or case number the first one counts (readings: Cells). What does not
    depend on base date, readings and thresholds is kept with the tables, so that asking again is cheaper.
    """
    tables = without_repetitions(tables, standard.layout)
    ctx = Context(count=count, base_date=base_date, tables=tables, standard=standard)
    for requirement in standard.requirements:
        _decide(requirement, ctx)
    return ctx


def verdict_codes(ctx: Context) -> NDArray[np.int8]:
    """Return the verdicts alone: int8 (index in ``VERDICTS``), requirements by applicants, -1 where the
    service is not applied for."""
    codes = np.empty((len(ctx.standard.requirements), ctx.count), dtype=np.int8)
    not_applied = {one.id: -(ctx.service_rows(one.id) < 0).astype(np.int8) for one in ctx.standard.services}
    for index, requirement in enumerate(ctx.standard.requirements):
        service = ctx.standard.services_by_clause[requirement.clause]
        # all bits set are -1, whatever the verdict
        np.bitwise_or(ctx.outcomes[requirement.clause].verdict, not_applied[service], out=codes[index])
    return codes


def evaluate(tables: Tables, count: int, standard: Standard, base_date: date) -> Results:
    """Decide every node of the standard for ``count`` applicants and tell what is behind it (``Results``)."""
    ctx = decide(tables, count, standard, base_date)
    return Results(_verdicts(ctx), _contributions(ctx), ctx)


def _decide(requirement: Requirement, ctx: Context) -> Outcome:
    """Decide one node, those it rests on first."""
    if requirement.clause not in ctx.outcomes:
        rule = requirement.requires
        if isinstance(rule, Reference):
            _decide(ctx.standard.by_clause[rule.clause], ctx)
        outcome = _group(requirement, ctx) if rule is None else CHECKS[rule.check](requirement, ctx)
        ctx.outcomes[requirement.clause] = _of_variants(requirement, outcome, ctx)
    return ctx.outcomes[requirement.clause]


def _group(requirement: Requirement, ctx: Context) -> Outcome:
    children = ctx.standard.children(requirement.clause)
    outcomes = [_decide(child, ctx) for child in children]
    if requirement.combine == "everyone_any":
        return _everyone_any(list(children), ctx)
    verdicts = [outcome.verdict for outcome in outcomes]
    if requirement.combine == "all":
        verdict = lowest(verdicts)
    elif requirement.combine == "any":
        verdict = highest(verdicts)
    else:
        verdict = any_per_case(list(children), ctx)

    def amounts() -> Amounts:
        stacked = np.stack(verdicts)
        certain = _count(stacked == PASS)
        applies = _count(stacked != NOT_APPLICABLE)
        needed = applies if requirement.combine == "all" else np.minimum(applies, np.int32(1))
        return Amounts(certain, certain + _count(stacked == REVIEW), needed)

    def tell() -> Told:
        reasons = np.zeros(ctx.count, dtype=np.int64)
        for outcome in outcomes:
            open_ = (outcome.verdict < PASS) & (verdict < PASS)
            reasons |= np.where(open_ | (verdict == NOT_APPLICABLE), outcome.told.reasons, 0)
        return Told(reasons)

    return Outcome(verdict, amounts, tell)


def _count(which: NDArray[np.bool_]) -> Ints:
    """Count, for every applicant, the children for which something holds (children by applicants)."""
    return np.asarray(np.count_nonzero(which, axis=0), dtype=np.int32)


def _everyone_any(routes: list[Requirement], ctx: Context) -> Outcome:
    """Those who do the work meet one of the routes: everyone of them, or one; the text can ask either."""
    rule = routes[0].requires
    assert isinstance(rule, Route)
    who, meets = ctx.people.select(rule.people), meets_any([route.clause for route in routes], ctx)
    owner = ctx.people.applicant

    def any_of(which: Bools) -> Bools:
        return ctx.per_applicant(owner, which)

    somebody = any_of(who.certain)
    everyone = Bounds(
        somebody & ~any_of(who.possible & ~meets.certain),
        any_of(who.possible & meets.possible) & ~any_of(who.certain & ~meets.possible),
    )
    one = Bounds(any_of((who & meets).certain), any_of((who & meets).possible))
    reading = ctx.reading("assessment_everyone")
    holds = {"both": Bounds(everyone.certain, one.possible), "strict": everyone, "lenient": one}[reading]

    def tell() -> Told:
        reasons = np.zeros(ctx.count, dtype=np.int64)
        for route in routes:
            reasons |= ctx.outcomes[route.clause].told.reasons
        return Told(
            np.where(holds.certain, 0, reasons)
            | bits(
                (~holds.certain & one.certain, Reason.ASSESSMENT_EVERYONE),
                (~any_of(who.possible), Reason.NOBODY),
            )
        )

    return held(holds, tell)


def _of_variants(requirement: Requirement, outcome: Outcome, ctx: Context) -> Outcome:
    """A clause for some variants: not applicable to the others, and review where nobody knows."""
    if requirement.applies_to is None:
        return outcome
    service = ctx.standard.service_of(requirement.clause)
    not_concerned, unknown = _concerned(requirement.applies_to, service, ctx)
    if not (requirement.is_leaf or requirement.combine == "everyone_any"):
        unknown = np.zeros_like(unknown)  # what is below decides
    doubtful = unknown & (outcome.verdict == FAIL)
    verdict = np.where(doubtful, REVIEW, outcome.verdict)
    unsettled = unknown & (verdict == REVIEW)

    def amounts() -> Amounts:
        amounts = outcome.amounts()
        enough = np.maximum(amounts.possible, amounts.threshold)
        return amounts._replace(possible=np.where(doubtful, enough, amounts.possible))

    def tell() -> Told:
        told = outcome.told
        reasons = told.reasons | bits((unsettled, Reason.VARIANT_UNKNOWN))
        against = list(told.against)
        if requirement.is_leaf:
            against.append(open_service(service.id, unsettled, Reason.VARIANT_UNKNOWN, ctx))
        reasons = np.where(not_concerned, int(Reason.VARIANT_NOT_CONCERNED), reasons)
        return replace(told, reasons=reasons, against=against)

    return Outcome(np.where(not_concerned, NOT_APPLICABLE, verdict), amounts, tell)


def _concerned(applies: AppliesTo, service: Service, ctx: Context) -> tuple[Bools, Bools]:
    """Return where the clause does not concern the applicant's variants, and where nobody knows."""
    table, position = ctx.tables["services"], ctx.service_rows(service.id)
    if not len(table):
        none = np.zeros(ctx.count, dtype=bool)
        return none, ~none
    known = table["variants"].holds(table["variants"].distinct != 0)
    concerned = table.includes("variants", *applies.variants)
    there = position >= 0
    return there & (known & ~concerned)[position], ~there | ~known[position]


def _verdicts(ctx: Context) -> pd.DataFrame:
    parts: list[dict[str, NDArray[Any]]] = []
    for index, requirement in enumerate(ctx.standard.requirements):
        outcome = ctx.outcomes[requirement.clause]
        service = ctx.standard.services_by_clause[requirement.clause]
        at = np.flatnonzero(ctx.service_rows(service) >= 0).astype(np.int32)
        amounts, told = outcome.amounts(), outcome.told
        months, reasons = told.missing_months, told.reasons[at]
        parts.append(
            {
                "applicant": at,
                "requirement": np.full(len(at), index, dtype=np.int16),
                "verdict": outcome.verdict[at],
                "certain": amounts.certain[at],
                "possible": amounts.possible[at],
                "threshold": amounts.threshold[at],
                "missing": outcome.missing[at],
                "missing_months": months[at] if months is not None else np.zeros(len(at), np.int32),
                "reasons": np.where(outcome.verdict[at] == PASS, 0, reasons),
                "met_otherwise": _met_otherwise(requirement, ctx)[at],
            }
        )
    return _joined(parts)


def _met_otherwise(requirement: Requirement, ctx: Context) -> Bools:
    """A leaf that does not pass below a group that passes without it is no defect."""
    if requirement.parent is None or not requirement.is_leaf:
        return np.zeros(ctx.count, dtype=bool)
    parent = ctx.standard.by_clause[requirement.parent]
    if parent.combine == "all":
        return np.zeros(ctx.count, dtype=bool)
    passes = ctx.outcomes[parent.clause].verdict == PASS
    return np.asarray(passes & (ctx.outcomes[requirement.clause].verdict < PASS))


def _contributions(ctx: Context) -> pd.DataFrame:
    parts: list[dict[str, NDArray[Any]]] = []
    staff_row = np.append(ctx.people.row, np.int32(0))  # the last one is nobody's
    for index, requirement in enumerate(ctx.standard.requirements):
        service = ctx.standard.services_by_clause[requirement.clause]
        applied = ctx.service_rows(service) >= 0
        outcome = ctx.outcomes[requirement.clause]
        told = [(rows, applied) for rows in outcome.told.rows]
        if against := [rows for rows in outcome.told.against if len(rows.row)]:
            lacking = applied & (outcome.verdict < PASS) & ~_met_otherwise(requirement, ctx)
            told += [(rows, lacking) for rows in against]
        for rows, where in told:
            keep = np.flatnonzero(where[rows.applicant])
            person = rows.person[keep] if rows.person is not None else np.full(len(keep), -1)
            parts.append(
                {
                    "applicant": rows.applicant[keep].astype(np.int32),
                    "requirement": np.full(len(keep), index, dtype=np.int16),
                    "sheet": np.full(len(keep), SHEETS.index(rows.sheet), dtype=np.int8),
                    "row": rows.row[keep].astype(np.int32),
                    "person": staff_row[person],
                    "unit": np.full(len(keep), UNITS.index(rows.unit), dtype=np.int8),
                    "certain": rows.certain[keep].astype(np.int32),
                    "possible": rows.possible[keep].astype(np.int32),
                    "reasons": rows.reasons[keep].astype(np.int64),
                }
            )
    return _joined(parts)


def _joined(parts: list[dict[str, NDArray[Any]]]) -> pd.DataFrame:
    """Put the parts together, by applicant and, within one, in the order of the parts."""
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(columns["applicant"], kind="stable")
    return pd.DataFrame({name: values[order] for name, values in columns.items()})
