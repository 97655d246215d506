"""One vectorised function per check, registered by the name that rules use.

A check takes a requirement and the context of a chunk and returns an Outcome. It knows no clause.
"""

from secsvc_batch.evaluation.checks import (
    case_review,
    documents,
    education,
    headcount,
    reference,
    routes,
    track_record,
)
from secsvc_batch.evaluation.context import Rule

CHECKS: dict[str, Rule] = {
    "route:credential": routes.route,
    "route:teaching": routes.route,
    "route:training": routes.route,
    "route:track_record": track_record.route,
    "headcount": headcount.headcount,
    "headcount_both": headcount.headcount_both,
    "declared": documents.declared,
    "experts_list": documents.experts_list,
    "client_information": documents.client_information,
    "quality_manager": documents.quality_manager,
    "follows:stated": documents.follows,
    "follows:concrete": documents.follows,
    "follows:practice": documents.follows,
    "education:listed": education.education,
    "education:attended": education.education,
    "education:own": education.education,
    "case_review:outsider": case_review.case_review,
    "case_review:participant_or_expert": case_review.case_review,
    "case_peer_review": case_review.case_review,
    "ref": reference.reference,
}
