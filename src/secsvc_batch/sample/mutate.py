"""Ways to break a requirement and ways to make it doubtful: one of each per kind of check.

Like the ways to meet one, they read whom and what they concern from the parameters of the check.
"""

from datetime import timedelta
from typing import Any

from secsvc_batch.evaluation.calendar import years_before
from secsvc_batch.sample.applicant import Applicant, joined, other_word, split
from secsvc_batch.sample.cases import YEAR, add_cases
from secsvc_batch.sample.fulfil import Action, action_for, add_credential, add_teaching, add_training
from secsvc_batch.sample.words import sample_words
from secsvc_batch.standard.model import (
    CaseReview,
    Education,
    Follows,
    Headcount,
    Reference,
    Requirement,
    RouteCredential,
    RouteTeaching,
    RouteTrackRecord,
    RouteTraining,
)

GROUP_SHARE = 0.5

# --- routes -----------------------------------------------------------------------------------


def _siblings(a: Applicant, leaf: Requirement) -> list[Requirement]:
    """Return ``leaf`` and, for some applicants, the other routes that would do as well."""
    if a.rng.random() >= GROUP_SHARE:
        return [leaf]
    return [r for r in a.facts.standard.leaves if r.parent == leaf.parent]


def break_route(a: Applicant, leaf: Requirement) -> None:
    """Take away what makes people meet a route, and for some applicants the other routes too."""
    for route in _siblings(a, leaf):
        act = action_for(_BREAK_ROUTE, route)
        if act is not None:
            act(a, route)


def doubt_route(a: Applicant, leaf: Requirement) -> None:
    """Leave only doubtful rows for a route, and nothing for the other routes of the group."""
    for route in _siblings(a, leaf):
        act = action_for(_BREAK_ROUTE, route)
        if act is not None:
            act(a, route)
    act = action_for(_DOUBT_ROUTE, leaf)
    if act is not None:
        act(a, leaf)


def _no_credential(a: Applicant, leaf: Requirement) -> None:
    """Let the credentials expire; those that never do were never acquired."""
    check = leaf.requires
    assert isinstance(check, RouteCredential)
    for row in list(a.rows_of("credentials", "credential", check.list, a.people_of(check.people))):
        if row.get("expires_on") and a.rng.random() < 0.6:
            row["expires_on"] = a.days_ago(1, 200)
            row["acquired_on"] = row["expires_on"] - timedelta(days=2 * YEAR)
        else:
            row |= {"credential": a.say("unlisted_credential", k=a.rng.randint(1, 3)), "expires_on": None}


def _doubt_credential(a: Applicant, leaf: Requirement) -> None:
    """Claim equivalence, or leave open whether the credential is maintained."""
    check = leaf.requires
    assert isinstance(check, RouteCredential)
    for person in a.people_of(check.people)[:2]:
        row = add_credential(a, person, check.list)
        expiring = [e.name for e in a.facts.entries(check.list) if e.expires != "no"]
        if expiring and a.rng.random() < 0.5:
            row |= {"credential": a.rng.choice(expiring), "expires_on": None}
        else:
            name = a.say("unlisted_credential", k=1)
            row |= {"credential": other_word(a.facts.layout), "credential_other": name, **_claim(a)}


def _claim(a: Applicant) -> dict[str, str]:
    return {"equivalent": a.say("mark"), "equivalence_reason": a.say("equivalence_reason")}


def _no_teaching(a: Applicant, leaf: Requirement) -> None:
    """Let the lectures begin only after the base date."""
    check = leaf.requires
    assert isinstance(check, RouteTeaching)
    people = set(a.people_of(check.people))
    for row in [r for r in a.sheets["teaching"] if r["staff_id"] in people]:
        row["started_on"] = a.base + timedelta(days=a.rng.randint(1, 90))


def _doubt_teaching(a: Applicant, leaf: Requirement) -> None:
    """Lecture in a community outside the list, claimed as equivalent, or on a day nobody knows."""
    check = leaf.requires
    assert isinstance(check, RouteTeaching)
    for person in a.people_of(check.people)[:1]:
        row = add_teaching(a, person, check)
        if a.rng.random() < 0.5:
            row |= {"started_on": None}
        else:
            row |= {"organisation": a.say("unlisted_name", k=1), **_claim(a)}


def _no_training(a: Applicant, leaf: Requirement) -> None:
    """Drop the listed trainings."""
    check = leaf.requires
    assert isinstance(check, RouteTraining)
    a.drop("training", list(a.rows_of("training", "course", check.list, a.people_of(check.people))))


def _doubt_training(a: Applicant, leaf: Requirement) -> None:
    """Leave open when the training was completed, or claim another one."""
    check = leaf.requires
    assert isinstance(check, RouteTraining)
    for person in a.people_of(check.people)[:1]:
        row = add_training(a, leaf, person, check.list)
        if a.rng.random() < 0.5:
            row["completed_on"] = None
        else:
            row |= {"course": a.say("unlisted_name", k=2), **_claim(a)}


def _no_record(a: Applicant, leaf: Requirement) -> None:
    """Leave one contract too few inside the window; the others lie further back."""
    _move_back(a, leaf)


def _move_back(a: Applicant, leaf: Requirement) -> list[dict[str, Any]]:
    """Move all cases but one too few before the window and return the moved ones."""
    record = leaf.requires
    assert isinstance(record, RouteTrackRecord)
    single = a.word("contract_form", "single")
    rows = [row for counted in record.cases for row in a.cases_of([counted.service])]
    keep = [row for row in rows if row["contract_form"] == single and _inside(a, row, record)]
    kept = {id(row) for row in keep[: 1 if record.months else record.contracts - 1]}
    moved = [row for row in rows if id(row) not in kept]
    for row in moved:
        start = years_before(a.base, record.window_years) - timedelta(days=a.rng.randint(YEAR, 3 * YEAR))
        _set_time(row, start, start + timedelta(days=a.rng.randint(20, 150)))
    return moved


def _inside(a: Applicant, row: dict[str, Any], record: RouteTrackRecord) -> bool:
    start, end = row["started_on"], row["ended_on"]
    return bool(start and end and years_before(a.base, record.window_years) < start and end <= a.base)


def _set_time(row: dict[str, Any], start: Any, end: Any) -> None:
    """Move a case, and what happened at its end with it."""
    row |= {"started_on": start, "ended_on": end}
    for name, days in (("reviewed_on", 5), ("report_dated_on", 3), ("report_meeting_on", 0)):
        if row.get(name) and end:
            row[name] = end - timedelta(days=days)


def _doubt_record(a: Applicant, leaf: Requirement) -> None:
    """Let one person have just enough contracts if some whose start nobody knows count too."""
    record = leaf.requires
    assert isinstance(record, RouteTrackRecord)
    people = a.people_of(record.people)
    if not people:
        return
    service = record.cases[0].service
    missing = record.contracts - len(a.cases_of([service]))
    if missing > 0:  # a route of another service's kind: the firm has done such work all the same
        add_cases(a, service, missing, people)
    moved = _move_back(a, leaf)
    for row in moved[: record.contracts]:
        _set_time(row, None, a.days_ago(30, YEAR))
    leads = a.team(a.facts.service_of(leaf))[0]
    further_back = {id(row) for row in moved[record.contracts :]}
    for row in a.cases_of([service]):
        if id(row) not in further_back:
            others = [p for p in split(row["participants"]) if p != people[0]]
            row["participants"] = joined([people[0], *others])
            row["reviewers"] = next((p for p in leads if p not in (people[0], *others)), row.get("reviewers"))


_BREAK_ROUTE: dict[str, Action] = {
    "route:credential": _no_credential,
    "route:teaching": _no_teaching,
    "route:training": _no_training,
    "route:track_record": _no_record,
}
_DOUBT_ROUTE: dict[str, Action] = {
    "route:credential": _doubt_credential,
    "route:teaching": _doubt_teaching,
    "route:training": _doubt_training,
    "route:track_record": _doubt_record,
}

# --- statements and procedures --------------------------------------------------------------------


def _stated(a: Applicant, leaf: Requirement) -> dict[str, Any]:
    routes = leaf.requires.routes if isinstance(leaf.requires, Headcount) else [leaf.clause]
    return a.row("headcounts", a.rng.choice(routes))


def break_headcount(a: Applicant, leaf: Requirement) -> None:
    """Leave the number blank."""
    _stated(a, leaf)["stated_count"] = None


def doubt_headcount(a: Applicant, leaf: Requirement) -> None:
    """State more people than there are."""
    _stated(a, leaf)["stated_count"] = len(a.sheets["staff"]) + a.rng.randint(1, 9)


def break_declared(a: Applicant, leaf: Requirement) -> None:
    """Have no such procedure."""
    row = a.row("procedures", leaf.clause)
    row["status"] = a.word("procedure_status", "not_done") if a.rng.random() < 0.6 else None
    row |= {"document": None, "section": None, "carried_out_on": None}


def doubt_declared(a: Applicant, leaf: Requirement) -> None:
    """Name no document, put it in force later, or be unclear about it."""
    change: dict[str, Any] = a.rng.choice(
        [
            {"document": None, "section": None},
            {"carried_out_on": a.base + timedelta(days=a.rng.randint(1, 60))},
            {"status": sample_words()["unknown_choice"]},
        ]
    )
    a.row("procedures", leaf.clause).update(change)


def break_experts_list(a: Applicant, leaf: Requirement) -> None:
    """Publish no list."""
    doubt_experts_list(a, leaf)
    break_declared(a, leaf)


def doubt_experts_list(a: Applicant, leaf: Requirement) -> None:
    """Say that the list is published but not where."""
    a.service_row(a.facts.service_of(leaf))["experts_list_location"] = None


def break_client_information(a: Applicant, leaf: Requirement) -> None:
    """Have no audit, or one by a person in charge of a case."""
    row = a.row("procedures", leaf.clause)
    cases = [c for c in a.cases_of([a.facts.service_of(leaf)]) if c["ended_on"] and _recent(a, c)]
    if cases and a.rng.random() < 0.5:
        row["auditor"] = split(a.rng.choice(cases)["participants"])[0]
    else:
        row["audited_on"] = None


def _recent(a: Applicant, case: dict[str, Any]) -> bool:
    return bool(a.base - timedelta(days=2 * YEAR) < case["ended_on"] <= a.base)


def doubt_client_information(a: Applicant, leaf: Requirement) -> None:
    """Be unclear about the auditor, the document or the day."""
    words = sample_words()
    change: dict[str, Any] = a.rng.choice(
        [
            {"auditor": words["unknown_staff_id"]},
            {"auditor": None},
            {"document": None},
            {"audited_on": {"text": a.rng.choice(words["unreadable_dates"])}},
        ]
    )
    a.row("procedures", leaf.clause).update(change)


def break_quality_manager(a: Applicant, leaf: Requirement) -> None:
    """Assign nobody."""
    a.service_row(a.facts.service_of(leaf))["quality_manager"] = None


def doubt_quality_manager(a: Applicant, leaf: Requirement) -> None:
    """Assign a number that is not in the staff sheet."""
    a.service_row(a.facts.service_of(leaf))["quality_manager"] = sample_words()["unknown_staff_id"]


def break_follows(a: Applicant, leaf: Requirement) -> None:
    """Follow something outside the list without claiming anything, or disclose it nowhere."""
    assert isinstance(leaf.requires, Follows)
    row = a.row("specifications", leaf.clause)
    if leaf.requires.check != "follows:practice" and a.rng.random() < 0.5:
        row["disclosed_at"] = None
    else:
        row["standard"] = a.say("unlisted_name", k=3)


def doubt_follows(a: Applicant, leaf: Requirement) -> None:
    """Claim that something outside the list is equivalent."""
    a.row("specifications", leaf.clause).update(
        standard=other_word(a.facts.layout),
        standard_other=a.say("unlisted_name", k=4),
        equivalent=a.say("mark"),
    )


# --- education and cases --------------------------------------------------------------------------


def _education_rows(a: Applicant, leaf: Requirement) -> list[dict[str, Any]]:
    check = leaf.requires
    assert isinstance(check, Education)
    if check.purpose is None:
        return list(a.rows_of("training", "course", check.list))
    purpose = a.word("training_purpose", check.purpose)
    service = a.word("service", a.facts.service_of(leaf))
    return [r for r in a.sheets["training"] if r["purpose"] == purpose and r["service"] == service]


def break_education(a: Applicant, leaf: Requirement) -> None:
    """Educate nobody."""
    a.drop("training", _education_rows(a, leaf))


def doubt_education(a: Applicant, leaf: Requirement) -> None:
    """Leave one person out, or educate one long ago, the day before the window or nobody knows when."""
    check = leaf.requires
    assert isinstance(check, Education)
    *others, person = a.people_of(check.people)
    rows = [row for row in _education_rows(a, leaf) if row["staff_id"] == person]
    boundary = years_before(a.base, check.window_years)
    day = a.rng.choice(["left out", boundary, boundary - timedelta(days=YEAR), None])
    if day == "left out" and others:
        a.drop("training", rows)
    for row in rows:
        row["completed_on"] = None if day == "left out" else day


def _reviewed(a: Applicant, leaf: Requirement) -> list[dict[str, Any]]:
    """Return completed cases of the firm's own that a review must cover; at least one."""
    assert isinstance(leaf.requires, CaseReview)
    rows = [c for c in a.cases_of([a.facts.service_of(leaf)]) if c["ended_on"] and _recent(a, c)]
    if not rows:
        rows = a.cases_of([a.facts.service_of(leaf)])[:1]
        _set_time(rows[0], a.days_ago(300, 360), a.days_ago(30, 200))
    return a.rng.sample(rows, k=min(len(rows), a.rng.randint(1, 2)))


def break_review(a: Applicant, leaf: Requirement) -> None:
    """Leave a case without a review."""
    for row in _reviewed(a, leaf):
        row |= {"reviewers": None, "review_method": None, "reviewed_on": None}


def break_outsider_review(a: Applicant, leaf: Requirement) -> None:
    """Let somebody review work of their own, or leave it without a review."""
    if a.rng.random() < 0.5:
        break_review(a, leaf)
    else:
        for row in _reviewed(a, leaf):
            row["reviewers"] = split(row["participants"])[0]


def doubt_review(a: Applicant, leaf: Requirement) -> None:
    """Name a reviewer whom nobody knows."""
    assert isinstance(leaf.requires, CaseReview)
    # Another way of review does only where all cases are reviewed that way.
    everywhere = leaf.requires.check == "case_peer_review"
    for row in a.cases_of([a.facts.service_of(leaf)]) if everywhere else _reviewed(a, leaf):
        row["reviewers"] = sample_words()["unknown_staff_id"]
        if leaf.requires.method:
            row["review_method"] = a.word("review_method", leaf.requires.method)


def break_reference(a: Applicant, leaf: Requirement) -> None:
    """Apply without the service that is referred to."""
    assert isinstance(leaf.requires, Reference)
    word = a.word("service", leaf.requires.service)
    a.drop("services", [r for r in a.sheets["services"] if r["service"] == word])
    referred = {r.clause for r in a.facts.leaves_of(leaf.requires.service)}
    for sheet in ("procedures", "specifications", "headcounts"):
        a.drop(sheet, [r for r in a.sheets[sheet] if r["clause"] in referred])
    a.services = [s for s in a.services if s != leaf.requires.service]
    row = a.service_row(a.facts.service_of(leaf))
    row |= {"application_type": a.word("application_type", "new"), "registration_number": None}


def doubt_reference(a: Applicant, leaf: Requirement) -> None:
    """Apply without the service that is referred to, which is registered already."""
    break_reference(a, leaf)
    a.service_row(a.facts.service_of(leaf))["registration_number"] = a.say("registration_number")


BREAK: dict[str, Action] = {
    "route": break_route,
    "declared": break_declared,
    "experts_list": break_experts_list,
    "client_information": break_client_information,
    "quality_manager": break_quality_manager,
    "follows": break_follows,
    "education": break_education,
    "case_review:outsider": break_outsider_review,
    "case_review": break_review,
    "case_peer_review": break_review,
    "ref": break_reference,
    "headcount": break_headcount,
    "headcount_both": break_headcount,
}
"""How each check is broken, by the check's name or the part before its colon."""

DOUBT: dict[str, Action] = {
    "route": doubt_route,
    "declared": doubt_declared,
    "experts_list": doubt_experts_list,
    "client_information": doubt_client_information,
    "quality_manager": doubt_quality_manager,
    "follows": doubt_follows,
    "education": doubt_education,
    "case_review": doubt_review,
    "case_peer_review": doubt_review,
    "ref": doubt_reference,
    "headcount": doubt_headcount,
    "headcount_both": doubt_headcount,
}
"""How each check is made doubtful."""
