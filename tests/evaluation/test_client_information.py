"""Who may audit the protection of client information."""

from tests.evaluation.books import applicant, verdict

CLAUSE = "2-1(2)ウ(ウ)"


def test_an_auditor_from_outside_is_not_the_helper_from_outside_on_a_case() -> None:
    book = applicant("client information: audited from outside")
    for case in book["cases"]:
        case["participants"] = "S001、外部"
    assert verdict(book, CLAUSE) == "pass"


def test_a_participant_beside_an_auditor_from_outside_is_in_charge_all_the_same() -> None:
    book = applicant("client information: audited from outside")
    for row in book["procedures"]:
        row["auditor"] = "外部、S001"
    assert verdict(book, CLAUSE) == "fail"


def test_an_auditor_on_a_case_of_which_nobody_can_read_the_service_is_for_a_person() -> None:
    book = applicant("client information: audited by someone in charge of a case")
    for case in book["cases"]:
        case["service"] = "#REF!"
    assert verdict(book, CLAUSE) == "review"
