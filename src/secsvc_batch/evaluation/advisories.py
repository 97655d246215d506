"""Warnings beside the verdicts: what surveillance of registered services finds again and again.

They change no verdict. Each has a code of its own in messages/findings.yaml.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from secsvc_batch.evaluation.algebra import FAIL, PASS, REVIEW, Bools, Bounds, Ints
from secsvc_batch.evaluation.calendar import years_before
from secsvc_batch.evaluation.checks.case_review import cases_of
from secsvc_batch.evaluation.checks.routes import meets, meets_any, qualifying
from secsvc_batch.evaluation.checks.track_record import participants
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.people import EXPERTS, WORKERS
from secsvc_batch.evaluation.reasons import Reason
from secsvc_batch.standard.model import (
    ClientInformation,
    Education,
    Requirement,
    Route,
    RouteCredential,
    Service,
)
from secsvc_batch.tables.cells import days

LOOK_AHEAD_DAYS = 365  # readings: within the next twelve months


@dataclass(frozen=True)
class Advice:
    """Rows of one sheet to which one advisory applies: ``positions`` in the table of ``kind``;
    ``params``: texts and names by placeholder, the same for all of them."""

    code: str
    kind: str
    field: str
    positions: Ints
    params: dict[str, object]


def advisories(ctx: Context) -> Iterator[Advice]:
    """Yield what should be looked at, for the services applied for."""
    for service in ctx.standard.services:
        applied = ctx.service_rows(service.id) >= 0
        if applied.any():
            yield from _experts(service, applied, ctx)
            yield from _cases(service, applied, ctx)
            yield from _procedures(service, applied, ctx)
            yield from _education(service, applied, ctx)
    yield from _credentials(ctx)
    yield from _subcontractors(ctx)


def _names(service: Service) -> dict[str, object]:
    return {"service": {"ja": service.name.ja, "en": service.name.en}}


def _routes(service: Service, ctx: Context, who: str) -> list[Requirement]:
    """Return the routes that people of this kind may take, by the service's own role."""
    return [
        leaf
        for leaf in ctx.standard.of_service(service.id)
        if isinstance(leaf.requires, Route)
        and leaf.requires.people.who == who
        and service.role in leaf.requires.people.roles
    ]


def _staff(people: Bools, applied: Bools, ctx: Context) -> Ints:
    """Return the positions in the staff sheet of these people, where their service was applied for."""
    return _at(people & applied[ctx.people.applicant])


def _experts(service: Service, applied: Bools, ctx: Context) -> Iterator[Advice]:
    people, names = ctx.people, _names(service)
    routes = _routes(service, ctx, EXPERTS)
    if not routes:
        return
    experts = people.role([service.role], EXPERTS) & people.in_post
    meets_one = meets_any([route.clause for route in routes], ctx)
    without = experts.certain & ~meets_one.possible
    yield Advice("expert_without_route", "staff", service.role, _staff(without, applied, ctx), names)
    on_cases = _on_cases(service, ctx)
    idle = experts.certain & ~on_cases
    yield Advice("expert_without_case", "staff", service.role, _staff(idle, applied, ctx), names)
    for route in routes:
        lacking = ctx.outcomes[route.clause].verdict == FAIL
        parent = ctx.outcomes[str(route.parent)].verdict < PASS
        could = meets(route.clause, ctx).certain & people.in_post.possible & ~experts.possible
        hint = could & (lacking & parent)[people.applicant]
        params = {**names, "route": {"ja": route.title.ja, "en": route.title.en}, "clause": route.clause}
        yield Advice("qualified_not_named", "staff", service.role, _staff(hint, applied, ctx), params)
    yield from _quality_managers(service, experts, ctx)


def _on_cases(service: Service, ctx: Context) -> Bools:
    """Tell who is named on some case of the service, whenever it ran."""
    cases = ctx.tables["cases"]
    links = participants(ctx)
    named = np.zeros(len(ctx.people), dtype=bool)
    mine = cases.has("service", service.id) | ~cases["service"].ok
    named[links.person[mine[links.position]]] = True
    return named


def _quality_managers(service: Service, experts: Bounds, ctx: Context) -> Iterator[Advice]:
    table, people = ctx.tables["services"], ctx.people
    items = table.items("quality_manager")
    person = people.find(table.applicant[items.position], items)
    both = np.zeros(len(table), dtype=bool)
    known = person >= 0
    both[items.position[known]] |= experts.certain[person[known]]
    both &= table.has("service", service.id)
    yield Advice("expert_is_quality_manager", "services", "quality_manager", _at(both), _names(service))


def _at(rows: Bools) -> Ints:
    return np.flatnonzero(rows).astype(np.int32)


def _window_years(service: Service, ctx: Context) -> int:
    """Return the longest window that a rule of the service looks back."""
    rules = (leaf.requires for leaf in ctx.standard.of_service(service.id))
    return max((getattr(rule, "window_years", 0) for rule in rules), default=0)


def _cases(service: Service, applied: Bools, ctx: Context) -> Iterator[Advice]:
    table = ctx.tables["cases"]
    looked_at = cases_of(service.id, _window_years(service, ctx), ctx).ended & applied[table.applicant]
    reviewed = any(
        leaf.requires is not None and "review" in leaf.requires.check
        for leaf in ctx.standard.of_service(service.id)
    )
    if not reviewed:
        return
    for name in ("reviewed_on", "report_dated_on", "report_meeting_on"):
        missing = looked_at & table[name].blank
        yield Advice("case_date_missing", "cases", name, _at(missing), _names(service))


def _subcontractors(ctx: Context) -> Iterator[Advice]:
    table = ctx.tables["cases"]
    unchecked = ~table["subcontractor"].blank & ~(table["subcontractor_checked"].value == 1)
    yield Advice("subcontractor_unchecked", "cases", "subcontractor_checked", _at(unchecked), {})


def _procedures(service: Service, applied: Bools, ctx: Context) -> Iterator[Advice]:
    table = ctx.tables["procedures"]
    year_ago = days(years_before(ctx.base_date, 1))
    for leaf in ctx.standard.of_service(service.id):
        if not isinstance(leaf.requires, ClientInformation):
            continue
        position, _ = ctx.first_rows("procedures", leaf.clause)
        at = position[applied & (position >= 0)]
        audited = table["audited_on"]
        old = audited.ok[at] & (audited.value[at] <= year_ago)
        yield Advice("audit_older_than_year", "procedures", "audited_on", at[old], _names(service))


def _education(service: Service, applied: Bools, ctx: Context) -> Iterator[Advice]:
    people = ctx.people
    for leaf in ctx.standard.of_service(service.id):
        rule = leaf.requires
        if not isinstance(rule, Education):
            continue
        open_ = np.isin(ctx.outcomes[leaf.clause].verdict, [FAIL, REVIEW]) & applied
        educated = np.zeros(len(people), dtype=bool)
        rows = _education_rows(leaf, ctx)
        educated[rows] = True
        missing = people.select(rule.people).possible & ~educated & open_[people.applicant]
        role = next((r for r in rule.people.roles if r == service.role), rule.people.roles[0])
        params = {**_names(service), "title": {"ja": leaf.title.ja, "en": leaf.title.en}}
        yield Advice("person_without_education", "staff", role, _at(missing), params)


def _education_rows(leaf: Requirement, ctx: Context) -> Ints:
    """Return the people who have a row that possibly counts as their education."""
    parts = [rows for rows in ctx.outcomes[leaf.clause].told.rows if rows.person is not None]
    found = [rows.person[rows.possible > 0] for rows in parts if rows.person is not None]
    return np.concatenate(found) if found else np.empty(0, np.int32)


def _credentials(ctx: Context) -> Iterator[Advice]:
    """Credentials that count for nothing because of their dates, or will soon."""
    table, people, links = ctx.tables["credentials"], ctx.people, ctx.links("credentials")
    size = len(table)
    held = np.zeros(size, dtype=bool)
    works = people.role([r for s in ctx.standard.services for r in s.roles], WORKERS).possible
    held[links.position[works[links.person] & people.in_post.possible[links.person]]] = True
    expired, future, counts = (np.zeros(size, dtype=bool) for _ in range(3))
    for leaf in ctx.standard.leaves:
        if isinstance(leaf.requires, RouteCredential):
            rows = qualifying(leaf, ctx)
            expired |= rows.shown & ((rows.reasons & int(Reason.EXPIRED)) != 0)
            future |= rows.shown & ((rows.reasons & int(Reason.NOT_YET)) != 0)
            counts |= rows.holds.possible
    expires = table["expires_on"]
    soon = counts & expires.ok & (expires.value >= ctx.base) & (expires.value <= ctx.base + LOOK_AHEAD_DAYS)
    yield Advice("credential_expired", "credentials", "expires_on", _at(expired & held), {})
    yield Advice("credential_not_yet_acquired", "credentials", "acquired_on", _at(future & held), {})
    yield Advice("credential_expires_soon", "credentials", "expires_on", _at(soon & held), {})
