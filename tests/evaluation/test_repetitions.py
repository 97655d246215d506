"""Of two rows with the same number the first one counts, whatever the second one says."""

from secsvc_batch.tables.cells import RawCell
from tests.evaluation.books import applicant, the_standard, verdict
from tests.property.applicants import Workbook, decided

RECORD, REVIEW = "2-1(1)ア(ウ)", "2-1(2)ウ(ア)"


def again(book: Workbook, kind: str, **changed: RawCell) -> None:
    """Enter the last row of a sheet once more, with some cells changed."""
    book[kind].append({**book[kind][-1], **changed})


def test_a_contract_entered_twice_under_one_number_counts_once() -> None:
    book = applicant("track record: four single contracts")
    again(book, "cases")
    assert verdict(book, RECORD) == "fail"
    again(book, "cases", case_id="C-ANOTHER")
    assert verdict(book, RECORD) == "pass"


def test_a_number_is_the_same_however_wide_it_is_written() -> None:
    book = applicant("track record: four single contracts")
    number = str(book["cases"][-1]["case_id"])
    again(book, "cases", case_id=f" {number.replace('X', 'Ｘ')}　")
    assert verdict(book, RECORD) == "fail"


def test_contracts_without_a_number_are_not_the_same_one() -> None:
    book = applicant("track record: four single contracts")
    book["cases"][-1]["case_id"] = None
    again(book, "cases")
    assert verdict(book, RECORD) == "pass"


def test_the_second_row_of_a_case_cannot_spoil_its_review() -> None:
    book = applicant("vulnerability: everything in order")
    again(book, "cases", reviewers=None)
    assert verdict(book, REVIEW) == "pass"


def test_the_second_row_of_a_case_cannot_mend_its_review() -> None:
    book = applicant("vulnerability: everything in order")
    book["cases"][-1]["reviewers"] = None
    again(book, "cases", reviewers="S002")
    assert verdict(book, REVIEW) == "fail"


def test_the_second_row_of_a_person_gives_no_role() -> None:
    book = applicant("the qualified people are only 従事者")
    book["staff"] += [{**row, "role_vulnerability": "技術責任者"} for row in book["staff"]]
    assert verdict(book, "2-1(1)ア(ア)") == "fail"


def test_the_same_number_at_two_applicants_is_no_repetition() -> None:
    standard = the_standard()
    book = applicant("track record: five single contracts")
    together = decided([book, book], standard).verdicts()
    assert (together[0] == together[1]).all()
