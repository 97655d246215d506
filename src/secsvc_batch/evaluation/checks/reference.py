"""A requirement that another service's clause be met by the same applicant."""

from dataclasses import replace

import numpy as np

from secsvc_batch.evaluation.algebra import FAIL, PASS, REVIEW, Bounds
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.outcome import Outcome, Rows, Told, held
from secsvc_batch.evaluation.reasons import Reason, bits
from secsvc_batch.standard.model import Reference, Requirement


def reference(requirement: Requirement, ctx: Context) -> Outcome:
    """The verdict of the clause named; without an application for its service, what points to it."""
    rule = requirement.requires
    assert isinstance(rule, Reference)
    services = ctx.tables["services"]
    applied = ctx.service_rows(rule.service) >= 0
    position = ctx.service_rows(ctx.standard.service_of(requirement.clause).id)
    there = position >= 0
    number = services["registration_number"]
    registered = there & ~number.blank[position] if len(services) else there
    rows_of_clause = _procedures_filled_in(rule, ctx)
    elsewhere = ~applied & registered
    filled_in = ~applied & ~registered & rows_of_clause.certain
    perhaps = ~applied & ~registered & rows_of_clause.uncertain
    settle = {"both": REVIEW, "strict": FAIL, "lenient": PASS}
    other = ctx.outcomes[rule.clause]
    if_filled_in = settle[ctx.reading("not_applied_for")]
    verdict = np.select(
        [applied, elsewhere, filled_in, perhaps],
        [other.verdict, settle[ctx.reading("registered_elsewhere")], if_filled_in, min(if_filled_in, REVIEW)],
        FAIL,
    ).astype(np.int8)

    def tell() -> Told:
        reasons = bits(
            (applied, Reason.REFERRED),
            (elsewhere, Reason.REGISTERED_ELSEWHERE),
            (~applied & ~registered, Reason.NOT_APPLIED_FOR),
            (perhaps, Reason.UNREADABLE_CELL),
        )
        # what is looked at: the other service where it is applied for, else what points to it
        at = np.where(applied, ctx.service_rows(rule.service), position)[there]
        shown = np.where(applied | (verdict < PASS), reasons, 0)[there]
        rows = Rows(
            "services", services.applicant[at], services.row[at], (verdict == PASS)[there].astype(np.int32),
            (verdict != FAIL)[there].astype(np.int32), shown,
        )  # fmt: skip
        return Told(reasons, [rows])

    return replace(held(Bounds(verdict >= PASS, verdict != FAIL), tell), verdict=verdict)


def _procedures_filled_in(rule: Reference, ctx: Context) -> Bounds:
    """Tell per applicant whether some procedure of the other service is filled in.

    One whose clause cannot be read may be of that service.
    """
    table = ctx.tables["procedures"]
    service = ctx.standard.service_of(rule.procedures_of)
    clauses = [requirement.clause for requirement in ctx.standard.of_service(service.id)]
    of_service = table["clause"].among(clauses)
    filled_in = Bounds.doubt(of_service, table["clause"].error) & Bounds.sure(~table["status"].blank)
    return Bounds(
        *(ctx.per_applicant(table.applicant, rows) for rows in (filled_in.certain, filled_in.possible))
    )
