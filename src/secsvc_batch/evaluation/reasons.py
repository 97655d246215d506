"""Reasons of verdicts as bits of an int64, so that a whole frame of them is combined with ``|``.

The texts stand in ``messages/reasons.yaml``; ``CELLS`` says which column of a sheet a reason looks at.
"""

from collections.abc import Callable
from enum import IntFlag, auto

import numpy as np
from numpy.typing import NDArray


class Reason(IntFlag):
    """Why a quantity is less than certain, or why a row adds nothing. The codes are the lower-case names."""

    # doubts that a reading settles
    BOUNDARY_DAY = auto()
    STRADDLES_WINDOW = auto()
    CONTRACT_IN_PROGRESS = auto()
    PARTIAL_YEAR = auto()
    ANNUAL_OTHER_FORM = auto()
    YEARS_OUTSIDE_WINDOW = auto()
    VULNERABILITY_AS_PENETRATION = auto()
    VULNERABILITY_AS_DEVICE = auto()
    EDUCATION_OLD = auto()
    EDUCATION_PARTIAL = auto()
    ASSESSMENT_EVERYONE = auto()
    LIST_4_2 = auto()
    RUNNING_CASE_REVIEW = auto()
    REGISTERED_ELSEWHERE = auto()
    NOT_APPLIED_FOR = auto()
    AUDITOR_RUNNING_CASE = auto()
    MAINTENANCE_UNKNOWN = auto()
    EXPIRED_LIFETIME = auto()
    TECHNOLOGY_OTHER = auto()
    HEADCOUNT_DIFFERS = auto()
    SELF_PEER_REVIEW = auto()
    REVIEWER_NOT_NAMED = auto()
    # doubts about the data
    EQUIVALENCE_CLAIMED = auto()
    UNREADABLE_CELL = auto()
    CONTRADICTORY_DATES = auto()
    UNKNOWN_PERSON = auto()
    DATE_MISSING = auto()
    VALUE_MISSING = auto()
    EVIDENCE_MISSING = auto()
    FUTURE_DATE = auto()
    BEGUN_MONTH = auto()
    SERVICE_UNKNOWN = auto()
    POST_UNCERTAIN = auto()
    VARIANT_UNKNOWN = auto()
    PARTICIPANTS_MISSING = auto()
    OUTSIDE_REVIEWER = auto()
    CASE_DATES_UNCLEAR = auto()
    # why something does not count, or fails
    NOT_DONE = auto()
    NOT_DISCLOSED = auto()
    NOT_LISTED = auto()
    EXPIRED = auto()
    NOT_YET = auto()
    NOT_NAMED = auto()
    NOT_IN_POST = auto()
    NOT_ATTENDED = auto()
    NOT_ENOUGH = auto()
    OUT_OF_WINDOW = auto()
    NOT_ACHIEVED = auto()
    NOT_CLIENT_MANAGED = auto()
    TYPE_NOT_COUNTED = auto()
    SELF_REVIEW = auto()
    NO_REVIEW = auto()
    OTHER_METHOD = auto()
    UNQUALIFIED_REVIEWER = auto()
    AUDITOR_IN_CHARGE = auto()
    NOT_AUDITED = auto()
    NOT_STATED = auto()
    NOBODY = auto()
    NOT_EDUCATED = auto()
    NO_COMPLETED_CASE = auto()
    VARIANT_NOT_CONCERNED = auto()
    REFERRED = auto()


Bits = NDArray[np.int64]
Why = Callable[[], Bits]  # reasons are worked out when somebody asks

# Reasons that rule something out by themselves; the others are doubts.
GROUNDS = int(sum(reason for reason in Reason if reason >= Reason.NOT_DONE))

# The column to look at for a reason, by sheet; other reasons point at the sheet's first evidence column.
CELLS: dict[str, dict[Reason, str]] = {
    "staff": {
        Reason.POST_UNCERTAIN: "employed_from",
        Reason.NOT_IN_POST: "employed_until",
    },
    "credentials": {
        Reason.MAINTENANCE_UNKNOWN: "expires_on",
        Reason.EXPIRED_LIFETIME: "expires_on",
        Reason.EXPIRED: "expires_on",
        Reason.CONTRADICTORY_DATES: "expires_on",
        Reason.DATE_MISSING: "acquired_on",
        Reason.NOT_YET: "acquired_on",
        Reason.EQUIVALENCE_CLAIMED: "equivalent",
    },
    "teaching": {
        Reason.DATE_MISSING: "started_on",
        Reason.NOT_YET: "started_on",
        Reason.TECHNOLOGY_OTHER: "technology",
        Reason.EQUIVALENCE_CLAIMED: "equivalent",
    },
    "training": {
        Reason.EDUCATION_OLD: "completed_on",
        Reason.DATE_MISSING: "completed_on",
        Reason.NOT_YET: "completed_on",
        Reason.NOT_ATTENDED: "form",
        Reason.EQUIVALENCE_CLAIMED: "equivalent",
    },
    "cases": {
        Reason.BOUNDARY_DAY: "ended_on",
        Reason.STRADDLES_WINDOW: "started_on",
        Reason.CONTRACT_IN_PROGRESS: "ended_on",
        Reason.CONTRADICTORY_DATES: "ended_on",
        Reason.CASE_DATES_UNCLEAR: "ended_on",
        Reason.OUT_OF_WINDOW: "ended_on",
        Reason.DATE_MISSING: "started_on",
        Reason.ANNUAL_OTHER_FORM: "contract_form",
        Reason.PARTIAL_YEAR: "contract_form",
        Reason.TYPE_NOT_COUNTED: "case_type",
        Reason.SERVICE_UNKNOWN: "service",
        Reason.NOT_ACHIEVED: "outcome",
        Reason.NOT_CLIENT_MANAGED: "client_managed",
        Reason.NO_REVIEW: "reviewers",
        Reason.SELF_REVIEW: "reviewers",
        Reason.SELF_PEER_REVIEW: "reviewers",
        Reason.OUTSIDE_REVIEWER: "reviewers",
        Reason.UNQUALIFIED_REVIEWER: "reviewers",
        Reason.REVIEWER_NOT_NAMED: "reviewers",
        Reason.UNKNOWN_PERSON: "reviewers",
        Reason.OTHER_METHOD: "review_method",
        Reason.FUTURE_DATE: "reviewed_on",
        Reason.PARTICIPANTS_MISSING: "participants",
        Reason.AUDITOR_IN_CHARGE: "participants",
        Reason.AUDITOR_RUNNING_CASE: "participants",
    },
    "specifications": {
        Reason.NOT_DISCLOSED: "disclosed_at",
        Reason.EVIDENCE_MISSING: "description",
        Reason.EQUIVALENCE_CLAIMED: "equivalent",
    },
    "procedures": {
        Reason.EVIDENCE_MISSING: "document",
        Reason.FUTURE_DATE: "carried_out_on",
        Reason.NOT_AUDITED: "audited_on",
        Reason.AUDITOR_IN_CHARGE: "auditor",
        Reason.AUDITOR_RUNNING_CASE: "auditor",
        Reason.UNKNOWN_PERSON: "auditor",
        Reason.VALUE_MISSING: "auditor",
    },
    "services": {
        Reason.VARIANT_UNKNOWN: "variants",
        Reason.REGISTERED_ELSEWHERE: "registration_number",
        Reason.REFERRED: "service",
    },
}

# The column that shows what a row is about, by sheet.
MAIN_CELL = {
    "services": "service", "staff": "staff_id", "credentials": "credential", "teaching": "organisation",
    "training": "course", "cases": "case_id", "specifications": "standard", "procedures": "status",
    "headcounts": "stated_count",
}  # fmt: skip


def code(reason: Reason) -> str:
    """Return the published code of a reason, e.g. ``boundary_day``."""
    return str(reason.name).lower()


def codes(bits: int) -> list[str]:
    """Return the codes of all reasons in ``bits``, in the order of their definition."""
    return [code(reason) for reason in Reason if bits & reason]


def bits(*flags: tuple[NDArray[np.bool_], Reason]) -> Bits:
    """Return one int64 per element holding each reason where its condition is true."""
    total = np.zeros(len(flags[0][0]), dtype=np.int64)
    for where, reason in flags:
        total[where] |= int(reason)
    return total
