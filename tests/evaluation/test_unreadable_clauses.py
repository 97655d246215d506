"""A row whose clause shows an error may be that of any clause: never dropped, and never decisive."""

from tests.evaluation.books import applicant, verdict

STANDARD, REFERRED = "2-1(1)イ[基準]", "2-2(2)[2-1(2)]"


def test_the_lost_row_of_a_standard_may_be_the_one_that_fits() -> None:
    book = applicant("two standards, one of them fit")
    assert verdict(book, STANDARD) == "pass"
    fit = next(row for row in book["specifications"] if str(row["standard"]).startswith("Web"))
    fit["clause"] = "#REF!"
    assert verdict(book, STANDARD) == "review"


def test_a_lost_row_of_a_standard_takes_nothing_from_one_that_fits() -> None:
    book = applicant("two standards, one of them fit")
    unfit = next(row for row in book["specifications"] if row["standard"] == "その他")
    unfit["clause"] = "#REF!"
    assert verdict(book, STANDARD) == "pass"


def test_a_lost_procedure_may_be_one_of_the_service_referred_to() -> None:
    book = applicant("penetration alone, but with procedures of 2-1")
    assert verdict(book, REFERRED) == "review"
    referred = next(row for row in book["procedures"] if str(row["clause"]).startswith("2-1"))
    referred["clause"] = "#REF!"
    assert verdict(book, REFERRED) == "review"
    referred["status"] = None
    assert verdict(book, REFERRED) == "fail"
