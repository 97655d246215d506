"""Whatever is open says why, also where the cell that leaves it open cannot be read."""

from datetime import date, timedelta

import pytest

from secsvc_batch.evaluation.reasons import codes
from secsvc_batch.standard.model import ReadingValue
from tests.evaluation.books import applicant, the_standard, verdict
from tests.property.applicants import BASE, Workbook, decided


def reasons(book: Workbook, clause: str) -> list[str]:
    standard = the_standard()
    verdicts = decided([book], standard).results.verdicts
    index = standard.requirements.index(standard.by_clause[clause])
    return codes(int(verdicts.set_index("requirement")["reasons"][index]))


def test_a_way_of_teaching_that_shows_an_error_is_a_reason() -> None:
    book = applicant("route teaching: higher education, this technology")
    [row] = book["teaching"]
    row["kind"] = "#N/A"
    routes = [r.clause for r in the_standard().leaves if r.requires and r.requires.check == "route:teaching"]
    [clause] = [clause for clause in routes if verdict(book, clause) == "review"]
    assert reasons(book, clause) == ["unreadable_cell"]


def test_a_description_that_shows_an_error_is_a_reason() -> None:
    book = applicant("penetration alone, but with procedures of 2-1")
    clause = "2-2(1)イ[プロセス]"
    assert verdict(book, clause) == "pass"
    for row in book["specifications"]:
        row["description"] = "#N/A"
    assert verdict(book, clause) == "review"
    assert reasons(book, clause) == ["unreadable_cell"]


@pytest.mark.parametrize("value", ["both", "strict", "lenient"])
def test_a_contract_that_begins_after_the_base_date_counts_in_no_reading(value: ReadingValue) -> None:
    book = applicant("track record: the fifth begins after the base date")
    standard = the_standard().with_readings(dict.fromkeys(the_standard().readings, value))
    later = max(row["started_on"] for row in book["cases"] if isinstance(row["started_on"], date))
    [case] = [row for row in book["cases"] if row["started_on"] == later]
    assert later > BASE
    case["ended_on"] = later + timedelta(days=60)
    rows = decided([book], standard).results.contributions
    of_case = rows[(rows["sheet"] == 6) & (rows["row"] == 5 + book["cases"].index(case))]
    assert not of_case["certain"].any()
    assert not of_case["possible"].any()
