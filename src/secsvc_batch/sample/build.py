"""A whole sample applicant that meets everything it applies for."""

import random
from typing import Any

from secsvc_batch.sample.applicant import Applicant, Facts, joined
from secsvc_batch.sample.cases import YEAR, add_cases
from secsvc_batch.sample.fulfil import FULFIL, STATE, action_for
from secsvc_batch.sample.words import corporate_number, sample_words
from secsvc_batch.standard.model import Requirement, Service

# People and cases per service, by the number of services applied for: 8 to 20 people and 15 to 60
# cases in a workbook.
OTHERS = {1: (4, 10), 2: (3, 6), 3: (2, 3)}
CASES = {1: (18, 50), 2: (12, 28), 3: (10, 19)}
MANY = {"others": (1, 1), "cases": (7, 10)}
LEADS = 2
TWO_ROLES_SHARE = 0.3


def build(
    number: int, rng: random.Random, facts: Facts, services: list[str], variants: dict[str, list[str]]
) -> Applicant:
    """Return applicant ``number`` for ``services``; everything but the stated numbers is filled in.

    ``variants`` says which variants a service is for; for the others they are drawn.
    """
    a = Applicant(number, rng, facts, services, variants)
    _applicant(a)
    for service in services:
        _service(a, facts.services[service])
    _staff(a)
    for service in services:
        add_cases(a, service, rng.randint(*CASES.get(len(services), MANY["cases"])))
    for leaf in concerned(a):
        act = action_for(FULFIL, leaf)
        if act is not None:
            act(a, leaf)
    return a


def state_numbers(a: Applicant) -> None:
    """Fill in the numbers that the applicant states about what the workbook shows."""
    for leaf in concerned(a):
        act = action_for(STATE, leaf)
        if act is not None:
            act(a, leaf)


def concerned(a: Applicant) -> list[Requirement]:
    """Return the leaves that concern the services and variants applied for."""
    return [leaf for s in a.services for leaf in a.facts.leaves_of(s) if a.concerns(leaf)]


def _applicant(a: Applicant) -> None:
    named = ("application_id", "organisation", "address", "representative", "contact", "email", "phone")
    texts = {name: a.say(name) for name in named}
    a.add(
        "applicant", **texts, corporate_number=corporate_number(a.number), application_date=a.days_ago(5, 60)
    )


def _service(a: Applicant, service: Service) -> None:
    variants = [v.id for v in service.variants]
    if variants:
        drawn = sorted(a.rng.sample(variants, k=a.rng.randint(1, len(variants))))
        a.variants.setdefault(service.id, drawn)
    kind = a.rng.choice(["new", "new", "renewal", "change"])
    row: dict[str, Any] = a.add(
        "services",
        service=a.word("service", service.id),
        application_type=a.word("application_type", kind),
        variants=joined([a.word("variant", v) for v in a.variants.get(service.id, [])]),
        service_name=a.say("service_name", service=a.word("service", service.id)),
        url=a.say("site", page=service.id),
    )
    if kind != "new":
        row["registration_number"] = a.say("registration_number")


def _staff(a: Applicant) -> None:
    """Add leads and other people for each service, and two who work in none."""
    low, high = OTHERS.get(len(a.services), MANY["others"])
    for service in a.services:
        roles = _roles(a, a.facts.services[service])
        for _ in range(LEADS):
            _person(a, dict.fromkeys(roles, "expert"))
        for i in range(a.rng.randint(low, high)):
            _person(a, dict.fromkeys(roles if i == 0 else roles[:1], "worker"))
    for _ in range(2):
        _person(a, {})
    _two_roles(a)


def _roles(a: Applicant, service: Service) -> list[str]:
    """Return the columns to fill in: the further ones only where a variant asks for them."""
    asked = any(
        a.facts.variants_for(leaf) and a.concerns(leaf) for leaf in a.facts.leaves_of(service.id)
    )  # fmt: skip
    return service.roles if asked else [service.role]


def _person(a: Applicant, roles: dict[str, str]) -> None:
    k = len(a.sheets["staff"]) + 1
    a.add(
        "staff",
        staff_id=a.say("staff_id", k=k),
        name=a.say("person", k=k),
        office=a.rng.choice(sample_words()["offices"]),
        employment=a.word("employment", "contractor" if a.rng.random() < 0.1 else "employee"),
        employed_from=a.days_ago(4 * YEAR, 15 * YEAR),
        **{role: a.word("role", word) for role, word in roles.items()},
    )


def _two_roles(a: Applicant) -> None:
    """Let a lead of one service work in another one too."""
    if len(a.services) > 1 and a.rng.random() < TWO_ROLES_SHARE:
        first, second = a.rng.sample(a.services, k=2)
        lead = a.team(first)[0][0]
        row = next(s for s in a.sheets["staff"] if s["staff_id"] == lead)
        row[a.facts.services[second].role] = a.word("role", "worker")
