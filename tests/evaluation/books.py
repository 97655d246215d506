"""One conformance applicant in memory, and what the engine says of one of its requirements."""

from functools import cache

from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.standard.model import VERDICTS
from tests.property.applicants import Workbook, as_workbook, decided
from tests.support import conformance_cases


@cache
def the_standard() -> Standard:
    return load_standard()


def applicant(name: str) -> Workbook:
    case = next(c for c in conformance_cases() if c["name"] == name)
    return as_workbook(case, the_standard().layout)


def verdict(book: Workbook, clause: str) -> str:
    standard = the_standard()
    code = decided([book], standard).verdicts()[0, standard.requirements.index(standard.by_clause[clause])]
    return VERDICTS[int(code)]
