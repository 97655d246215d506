"""Warnings beside the verdicts: one applicant that has everything in order, and one small change each."""

import copy
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import pytest

from secsvc_batch.evaluation.advisories import advisories
from secsvc_batch.messages import finding_types
from secsvc_batch.standard.loader import Standard, load_standard
from tests.property.applicants import Workbook, as_workbook, decided
from tests.support import conformance_cases

Change = Callable[[Workbook], Any]


@cache
def the_standard() -> Standard:
    return load_standard()


def in_order() -> Workbook:
    case = next(c for c in conformance_cases() if c["name"] == "vulnerability: everything in order")
    return as_workbook(case, the_standard().layout)


def advice(change: Change) -> set[tuple[str, str, str]]:
    """Return (code, sheet, field) of what is advised after a change."""
    book = copy.deepcopy(in_order())
    change(book)
    results = decided([book], the_standard()).results
    found = [a for a in advisories(results.context) if len(a.positions)]
    return {(a.code, a.kind, a.field) for a in found}


def staff(book: Workbook, number: str) -> dict[str, Any]:
    return next(row for row in book["staff"] if row["staff_id"] == number)


def set_all(rows: list[dict[str, Any]], **values: Any) -> None:
    for row in rows:
        row.update(values)


def expire(book: Workbook) -> None:
    set_all(book["credentials"], expires_on=date(2026, 9, 30))


def only_workers(book: Workbook) -> None:
    set_all(book["staff"], role_vulnerability="従事者")


def uneducated(book: Workbook) -> None:
    book["training"] = [row for row in book["training"] if row["staff_id"] != "S003"]


CHANGES: dict[str, tuple[Change, tuple[str, str, str]]] = {
    "an expired credential": (expire, ("credential_expired", "credentials", "expires_on")),
    "an expert whose credential expired": (expire, ("expert_without_route", "staff", "role_vulnerability")),
    "a credential acquired later": (
        lambda book: set_all(book["credentials"], acquired_on=date(2026, 10, 2)),
        ("credential_not_yet_acquired", "credentials", "acquired_on"),
    ),
    "a credential that expires soon": (
        lambda book: set_all(book["credentials"], expires_on=date(2026, 12, 31)),
        ("credential_expires_soon", "credentials", "expires_on"),
    ),
    "qualified people who are not named": (
        only_workers,
        ("qualified_not_named", "staff", "role_vulnerability"),
    ),
    "an expert on no case": (
        lambda book: set_all(book["cases"], participants="S003"),
        ("expert_without_case", "staff", "role_vulnerability"),
    ),
    "an expert who is the quality manager": (
        lambda book: set_all(book["services"], quality_manager="S001"),
        ("expert_is_quality_manager", "services", "quality_manager"),
    ),
    "a case without a report date": (
        lambda book: book["cases"][0].update(report_dated_on=None),
        ("case_date_missing", "cases", "report_dated_on"),
    ),
    "a subcontractor nobody checked": (
        lambda book: book["cases"][0].update(subcontractor="架空下請株式会社"),
        ("subcontractor_unchecked", "cases", "subcontractor_checked"),
    ),
    "an audit of long ago": (
        lambda book: set_all(book["procedures"], audited_on=date(2025, 10, 1)),
        ("audit_older_than_year", "procedures", "audited_on"),
    ),
    "a person without education": (uneducated, ("person_without_education", "staff", "role_vulnerability")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_advised_where_it_stands(name: str) -> None:
    change, expected = CHANGES[name]
    assert expected in advice(change)


def test_an_applicant_in_order_gets_no_warning_but_that_an_expert_is_on_no_case() -> None:
    # S002 reviews all cases of this applicant and works on none of them
    assert advice(lambda book: None) <= {
        ("credential_expires_soon", "credentials", "expires_on"),
        ("expert_without_case", "staff", "role_vulnerability"),
    }


def test_a_hint_stands_on_the_person_who_qualifies_and_on_nobody_else() -> None:
    book = in_order()
    only_workers(book)
    results = decided([book], the_standard()).results
    found = [a for a in advisories(results.context) if a.code == "qualified_not_named"]
    people = {book["staff"][int(at)]["staff_id"] for a in found for at in a.positions}
    assert people == {"S001", "S002"}


def test_every_advisory_is_in_the_catalogue_of_findings() -> None:
    assert {code for _, (code, _, _) in CHANGES.values()} <= set(finding_types())
