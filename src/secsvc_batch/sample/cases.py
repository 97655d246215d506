"""The cases of a sample applicant, and whose track record they make."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from secsvc_batch.evaluation.calendar import years_before
from secsvc_batch.sample.applicant import Applicant, joined, split
from secsvc_batch.standard.model import CaseReview, Requirement, RouteTrackRecord

YEAR = 365


def add_cases(a: Applicant, service: str, count: int, people: Sequence[str] = ()) -> None:
    """Add ``count`` cases of ``service`` that meet what its requirements ask of a case.

    They are done by ``people``, or by those who work in the service: two leads take turns as
    participant and reviewer, so that nobody reviews work of their own.
    """
    record = _track_record(a, service)
    review = _review(a, service)
    leads, others = (people, list[str]()) if people else a.team(service)
    for i in range(count):
        lead, reviewer = leads[i % len(leads)], leads[(i + 1) % len(leads)]
        helpers = a.rng.sample(others, k=min(len(others), a.rng.randint(1, 2)))
        k = len(a.sheets["cases"]) + 1
        row = a.add(
            "cases",
            case_id=a.say("case_id", k=k),
            service=a.word("service", service),
            case_type=a.word("case_type", a.rng.choice(_types(a, service, record))),
            client=a.say("client", k=k),
            performed_by=a.word("performed_by", "own") if a.rng.random() < 0.5 else None,
            contract_form=a.word("contract_form", "single"),
            participants=joined([lead, *helpers]),
            **_time(a, i, record),
        )
        if row["ended_on"] is None:
            row["contract_form"] = a.word("contract_form", "continuing")
        if record is not None:
            _add_outcome(a, row, record)
        if review is not None:
            _add_review(a, row, reviewer, review)
        if a.rng.random() < 0.1:
            row |= {"subcontractor": a.say("subcontractor"), "subcontractor_checked": a.say("mark")}


def _track_record(a: Applicant, service: str) -> RouteTrackRecord | None:
    """Return the track record that cases of ``service`` are for."""
    for leaf in a.facts.leaves_of(service):
        check = leaf.requires
        if isinstance(check, RouteTrackRecord) and check.cases[0].service == service:
            return check
    return None


def _review(a: Applicant, service: str) -> str | None:
    """Return the way of review that the service's cases need, None where none is asked for."""
    for leaf in a.facts.leaves_of(service):
        if isinstance(leaf.requires, CaseReview):
            return a.word("review_method", leaf.requires.method or "report")
    return None


def _types(a: Applicant, service: str, record: RouteTrackRecord | None) -> list[str]:
    if record is not None and record.cases[0].types != "any":
        return list(record.cases[0].types)
    return [c.id for c in a.facts.layout.vocabularies["case_type"] if service in c.services]


def _time(a: Applicant, i: int, record: RouteTrackRecord | None) -> dict[str, date | None]:
    """Return start and end: continuing ones run since before the window, others lie inside it."""
    if record is not None and record.months is not None and i % 3 != 2:
        return {"started_on": years_before(a.base, record.window_years) - _days(a, 30, 900), "ended_on": None}
    if i % 7 == 6:  # a firm's list goes back further than anybody asks
        start = a.base - _days(a, 5 * YEAR, 7 * YEAR)
    else:
        start = a.base - _days(a, YEAR // 2, 3 * YEAR - 30)
    return {"started_on": start, "ended_on": start + _days(a, 20, 150)}


def _days(a: Applicant, least: int, most: int) -> timedelta:
    return timedelta(days=a.rng.randint(least, most))


def _add_outcome(a: Applicant, row: dict[str, Any], record: RouteTrackRecord) -> None:
    if record.client_managed:
        row["client_managed"] = a.say("mark")
    if record.achieved:
        letters = [c.id for c in a.facts.layout.vocabularies["outcome"] if c.letter]
        row["outcome"] = a.word("outcome", a.rng.choice(letters))


def _add_review(a: Applicant, row: dict[str, Any], reviewer: str, method: str) -> None:
    row |= {"reviewers": reviewer, "review_method": method}
    end = row["ended_on"]
    if end is not None:
        row |= {
            "reviewed_on": end - timedelta(days=5),
            "report_dated_on": end - timedelta(days=3),
            "report_meeting_on": end,
        }


# --- whose track record -----------------------------------------------------------------------


def qualified(a: Applicant, leaf: Requirement) -> set[str]:
    """Return who certainly meets a track record by the cases that :func:`add_cases` made."""
    record = leaf.requires
    assert isinstance(record, RouteTrackRecord)
    contracts: dict[str, int] = {}
    months: dict[str, int] = {}
    for row in _counted(a, record):
        got, lasted = _weight(a, row, record)
        for person in split(row["participants"]):
            contracts[person] = contracts.get(person, 0) + got
            months[person] = months.get(person, 0) + lasted
    return {
        person
        for person, n in contracts.items()
        if n >= record.contracts and months[person] >= (record.months or 0)
    }


def _counted(a: Applicant, record: RouteTrackRecord) -> list[dict[str, Any]]:
    rows = []
    for counted in record.cases:
        if counted.reading is None:
            types = list(a.facts.words["case_type"]) if counted.types == "any" else counted.types
            words = {a.word("case_type", t) for t in types}
            rows += [r for r in a.cases_of([counted.service]) if r["case_type"] in words]
    return [r for r in rows if not record.achieved or r.get("outcome")]


def _weight(a: Applicant, row: dict[str, Any], record: RouteTrackRecord) -> tuple[int, int]:
    """Return the contracts and complete months that a case certainly gives."""
    first = years_before(a.base, record.window_years) + timedelta(days=1)
    start, end = row["started_on"], row["ended_on"]
    if start is None:
        return 0, 0
    if end is None:  # running since before the window, in the annual form
        return record.window_years, 12 * record.window_years
    if start < first or end > a.base:
        return 0, 0
    return 1, _months(start, end)


def _months(start: date, end: date) -> int:
    """Return the complete months of the days from ``start`` to ``end``."""
    after = end + timedelta(days=1)
    return (after.year - start.year) * 12 + after.month - start.month - (after.day < start.day)
