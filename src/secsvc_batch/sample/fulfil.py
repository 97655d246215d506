"""How a sample applicant meets each kind of check: one small function per kind.

Nothing here knows a clause: whom and what a check asks for is read from its parameters.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from secsvc_batch.sample.applicant import Applicant
from secsvc_batch.sample.cases import YEAR, qualified
from secsvc_batch.standard.model import (
    Education,
    Follows,
    Headcount,
    HeadcountBoth,
    Requirement,
    RouteCredential,
    RouteTeaching,
    RouteTraining,
)

Action = Callable[[Applicant, Requirement], None]

MORE_SHARE = 0.4
TEACHING_SHARE = 0.25
TRAINING_SHARE = 0.3


def credential(a: Applicant, leaf: Requirement) -> None:
    """Give a maintained credential of the list to the leads, or to everyone where everyone needs one.

    Some hold one more than that.
    """
    check = leaf.requires
    assert isinstance(check, RouteCredential)
    people = able = a.people_of(check.people)
    group = a.facts.standard.by_clause[leaf.parent] if leaf.parent else None
    if group is not None and group.combine != "everyone_any":
        leads = a.team(a.facts.service_of(leaf))[0]
        people = [p for p in people if p in leads]
    others = a.team(a.facts.service_of(leaf))[1]
    for person in dict.fromkeys([*people, *able, *others]):
        has = any(a.rows_of("credentials", "credential", check.list, [person]))
        if (person in people and not has) or a.rng.random() < MORE_SHARE:
            add_credential(a, person, check.list)


def add_credential(a: Applicant, person: str, list_id: str) -> dict[str, Any]:
    """Add a row for a credential of the list that is maintained on the base date."""
    entries = [e for e in a.facts.entries(list_id) if e.expires != "unknown"]
    entry = a.rng.choice(entries or list(a.facts.entries(list_id)))
    years = entry.validity_years or 3
    acquired = a.days_ago(30, max((years - 1) * YEAR - 40, 60))
    return a.add(
        "credentials",
        staff_id=person,
        credential=entry.name,
        credential_number=a.say("credential_number", k=len(a.sheets["credentials"]) + 1),
        acquired_on=acquired,
        expires_on=None if entry.expires == "no" else acquired + timedelta(days=years * YEAR),
        list_id=list_id,
    )


def teaching(a: Applicant, leaf: Requirement) -> None:
    """Let a lead teach in a listed community, now and then."""
    check = leaf.requires
    assert isinstance(check, RouteTeaching)
    people = a.people_of(check.people)
    if people and a.rng.random() < TEACHING_SHARE:
        add_teaching(a, a.rng.choice(people), check)


def add_teaching(a: Applicant, person: str, check: RouteTeaching) -> dict[str, Any]:
    """Add a row for a lecturer in a community of the list."""
    return a.add(
        "teaching",
        staff_id=person,
        kind=a.word("teaching_kind", a.rng.choice(["community_lecturer", "community_leader"])),
        organisation=a.rng.choice(a.facts.names(check.list)),
        technology=a.word("technology", check.technology),
        started_on=a.days_ago(YEAR, 6 * YEAR),
        list_id=check.list,
    )


def training(a: Applicant, leaf: Requirement) -> None:
    """Send a lead to a listed training, now and then."""
    check = leaf.requires
    assert isinstance(check, RouteTraining)
    people = a.people_of(check.people)
    if people and a.rng.random() < TRAINING_SHARE:
        add_training(a, leaf, a.rng.choice(people), check.list)


def add_training(a: Applicant, leaf: Requirement, person: str, list_id: str) -> dict[str, Any]:
    """Add a row for a specialist training of the list."""
    return a.add(
        "training",
        staff_id=person,
        purpose=a.word("training_purpose", "completion"),
        course=a.rng.choice(a.facts.names(list_id)),
        service=a.word("service", a.facts.service_of(leaf)),
        form=a.word("training_form", "attended"),
        completed_on=a.days_ago(60, 4 * YEAR),
        list_id=list_id,
    )


def education(a: Applicant, leaf: Requirement) -> None:
    """Educate everyone who works in the service, within the last two years."""
    check = leaf.requires
    assert isinstance(check, Education)
    own = check.purpose is not None
    own_courses = [a.say("own_training", k=k) for k in range(1, 10)]
    people = a.people_of(check.people)
    for person in [p for p in people for _ in range(a.rng.randint(1, 3))]:
        a.add(
            "training",
            staff_id=person,
            purpose=a.word("training_purpose", check.purpose or "continuing"),
            course=a.rng.choice(own_courses if own else a.facts.names(check.list)),
            service=a.word("service", a.facts.service_of(leaf)),
            form=a.word("training_form", "attended"),
            completed_on=a.days_ago(20, 2 * YEAR),
            list_id=None if own else check.list,
        )


def declared(a: Applicant, leaf: Requirement) -> None:
    """Put the procedure in force, in a named document."""
    k = len(a.sheets["procedures"]) + 1
    a.row("procedures", leaf.clause).update(
        status=a.word("procedure_status", "done"),
        document=a.say("document", k=1 + k % 4),
        section=a.say("section", k=k),
        carried_out_on=a.days_ago(100, 2 * YEAR),
    )


def experts_list(a: Applicant, leaf: Requirement) -> None:
    """Publish the list of leads."""
    declared(a, leaf)
    a.service_row(a.facts.service_of(leaf))["experts_list_location"] = a.say("site", page="leads")


def client_information(a: Applicant, leaf: Requirement) -> None:
    """Have the procedure audited by somebody who works on no case."""
    declared(a, leaf)
    outside = a.facts.layout.words["outside"].ja
    auditor = outside if a.rng.random() < 0.2 else a.rng.choice(a.office_people())
    a.row("procedures", leaf.clause).update(audited_on=a.days_ago(30, 330), auditor=auditor)


def quality_manager(a: Applicant, leaf: Requirement) -> None:
    """Assign somebody who is in post."""
    a.service_row(a.facts.service_of(leaf))["quality_manager"] = a.office_people()[0]


def follows(a: Applicant, leaf: Requirement) -> None:
    """Follow a standard of the list, and say where."""
    check = leaf.requires
    assert isinstance(check, Follows)
    person_decides = set(a.facts.names(check.review_list)) if check.review_list else set()
    names = a.facts.names(check.list)
    names = [name for name in names if name not in person_decides] or names
    a.row("specifications", leaf.clause).update(
        standard=a.rng.choice(names),
        description=a.say("follows_description"),
        disclosed_at=a.say("site", page=a.facts.service_of(leaf)),
    )


def by_others(a: Applicant, leaf: Requirement) -> None:
    """Nothing of its own: cases and the services referred to are filled in as a whole."""


# --- numbers that the applicant states ----------------------------------------------------------


def meets(a: Applicant, clause: str) -> set[str]:
    """Return who certainly meets a route in a workbook without doubtful rows."""
    leaf = a.facts.standard.by_clause[clause]
    check = leaf.requires
    sheets = {
        "route:credential": ("credentials", "credential"),
        "route:teaching": ("teaching", "organisation"),
    }
    if check is None:
        raise ValueError(f"{clause} is no leaf")
    if check.check == "route:track_record":
        return qualified(a, leaf)
    sheet, column = sheets.get(check.check, ("training", "course"))
    return {row["staff_id"] for row in a.rows_of(sheet, column, getattr(check, "list", "")) if _holds(a, row)}


def _holds(a: Applicant, row: dict[str, Any]) -> bool:
    expiry = row.get("expires_on")
    dates = [row.get(name) for name in ("acquired_on", "started_on", "completed_on") if name in row]
    return all(d is not None and d <= a.base for d in dates) and (expiry is None or expiry >= a.base)


def headcount(a: Applicant, leaf: Requirement) -> None:
    """State how many leads meet each route."""
    check = leaf.requires
    assert isinstance(check, Headcount)
    people = set(a.people_of(check.certain))
    for clause in check.routes:
        a.row("headcounts", clause)["stated_count"] = len(people & meets(a, clause))


def headcount_both(a: Applicant, leaf: Requirement) -> None:
    """State how many people meet a route of each kind of work."""
    check = leaf.requires
    assert isinstance(check, HeadcountBoth)
    first: set[str] = set().union(*(meets(a, clause) for clause in check.first_routes))
    second: set[str] = set().union(*(meets(a, clause) for clause in check.second_routes))
    people = set(a.people_of(check.certain_first)) & set(a.people_of(check.certain_second))
    a.row("headcounts", leaf.clause)["stated_count"] = len(people & first & second)


FULFIL: dict[str, Action] = {
    "route:credential": credential,
    "route:teaching": teaching,
    "route:training": training,
    "route:track_record": by_others,
    "declared": declared,
    "experts_list": experts_list,
    "client_information": client_information,
    "quality_manager": quality_manager,
    "follows": follows,
    "education": education,
    "case_review": by_others,
    "case_peer_review": by_others,
    "ref": by_others,
}
"""How each check is met, by the check's name or the part before its colon."""

STATE: dict[str, Action] = {"headcount": headcount, "headcount_both": headcount_both}
"""Checks that state what the rest of the workbook shows; filled in last."""


def action_for(table: dict[str, Action], leaf: Requirement) -> Action | None:
    """Return what ``table`` does for the check of ``leaf``, None where it holds nothing for it."""
    if leaf.requires is None:
        return None
    name = leaf.requires.check
    return table.get(name) or table.get(name.split(":")[0])
