"""How bench/plain.py decides every leaf and group for one applicant."""

import re
from collections.abc import Callable
from datetime import date

from plain_rules import (
    FAIL,
    PASS,
    REVIEW,
    Applicant,
    Pair,
    Row,
    Verdict,
    bounds,
    claims,
    day,
    norm,
    qualified,
    split,
)


def decide_route(a: Applicant, node: Row, rule: Row) -> Verdict:
    found = qualified(a, [node["clause"]], a.engaged(rule["people"])).values()
    return bounds(sum(f[0] for f in found), sum(f[1] for f in found))


def _stated(a: Applicant, clause: str) -> int | None:
    found = re.fullmatch(r"(\d+)[名人]?", norm(a.row_of("headcounts", clause).get("stated_count")))
    return int(found[1]) if found else None


def decide_headcount(a: Applicant, node: Row, rule: Row) -> Verdict:
    verdict = PASS
    for route in rule["routes"]:
        stated = _stated(a, route)
        if stated is None:
            return FAIL
        low = sum(f[0] for f in qualified(a, [route], a.engaged(rule["certain"])).values())
        high = sum(f[1] for f in qualified(a, [route], a.engaged(rule["possible"])).values())
        verdict = min(verdict, PASS if low <= stated <= high else REVIEW)
    return verdict


def decide_both(a: Applicant, node: Row, rule: Row) -> Verdict:
    first = qualified(a, rule["first_routes"], a.engaged(rule["certain_first"]))
    second = qualified(a, rule["second_routes"], a.engaged(rule["certain_second"]))
    low = sum(1 for n, f in first.items() if f[0] and second.get(n, (0, 0))[0])
    people = a.engaged(rule["possible"])
    both = [qualified(a, rule[routes], people) for routes in ("first_routes", "second_routes")]
    high = sum(1 for n in people if both[0][n][1] and both[1][n][1])
    stated = _stated(a, node["clause"])
    if stated is None:
        return PASS if high == 0 else FAIL
    return PASS if low <= stated <= high else REVIEW


def decide_declared(a: Applicant, node: Row, rule: Row) -> Verdict:
    row = a.row_of("procedures", node["clause"])
    status, carried = a.word("procedure_status", row.get("status")), day(row.get("carried_out_on"))
    if status in ("", "not_done"):
        return FAIL
    late = carried == "unreadable" or (isinstance(carried, date) and carried > a.base)
    return REVIEW if status == "?" or not norm(row.get("document")) or late else PASS


def decide_experts_list(a: Applicant, node: Row, rule: Row) -> Verdict:
    if norm(a.services["audit"].get("experts_list_location")):
        return PASS
    status = a.word("procedure_status", a.row_of("procedures", node["clause"]).get("status"))
    return REVIEW if status in ("done", "?") else FAIL


def _own_cases(a: Applicant, service: str) -> list[Row]:
    return [
        c
        for c in a.sheets["cases"]
        if a.word("service", c["service"]) == service
        and a.word("performed_by", c["performed_by"]) != "another"
    ]


def _when(a: Applicant, case: Row) -> str:
    """Tell where a case lies: ended in the window, running, unclear or "" (of no interest)."""
    start, end = day(case["started_on"]), day(case["ended_on"])
    if end == "unreadable" or (isinstance(start, date) and isinstance(end, date) and end < start):
        return "unclear"
    if isinstance(end, date) and a.start < end <= a.base:
        return "ended"
    begun = not isinstance(start, date) or start <= a.base
    return "running" if begun and (end is None or end > a.base) else ""


def decide_client_information(a: Applicant, node: Row, rule: Row, service: str) -> Verdict:
    row = a.row_of("procedures", node["clause"])
    status, audited, auditors = (
        a.word("procedure_status", row.get("status")),
        day(row.get("audited_on")),
        split(row.get("auditor")),
    )
    if status in ("", "not_done") or audited is None or (isinstance(audited, date) and audited > a.base):
        return FAIL
    verdict = (
        REVIEW
        if status == "?" or not norm(row.get("document")) or audited == "unreadable" or not auditors
        else PASS
    )
    for case in _own_cases(a, service):
        if any(number in split(case["participants"]) for number in auditors if number != "外部"):
            where = _when(a, case)
            if where == "ended":
                return FAIL
            if where:
                verdict = REVIEW
    return REVIEW if any(n != "外部" and n not in a.staff for n in auditors) else verdict


def decide_quality_manager(a: Applicant, node: Row, rule: Row, service: str) -> Verdict:
    named = split(a.services[service]["quality_manager"])
    if not named:
        return FAIL
    return PASS if all(n in a.staff and a.in_post(a.staff[n])[0] for n in named) else REVIEW


def decide_follows(a: Applicant, node: Row, rule: Row) -> Verdict:
    best = FAIL
    for row in a.sheets["specifications"]:
        if str(row["clause"] or "").strip() != node["clause"]:
            continue
        name = norm(row["standard_other"]) if norm(row["standard"]) == "その他" else norm(row["standard"])
        described, shown = norm(row["description"]), norm(row["disclosed_at"])
        if name and name in a.standard.lists.get(rule["list"], {}):
            verdict = PASS
        elif (name and name in a.standard.lists.get(rule.get("review_list") or "", {})) or (
            norm(row["equivalent"]) not in ("", "×") and described
        ):
            verdict = REVIEW
        else:
            continue
        if rule["check"] != "follows:practice" and not shown:
            verdict = FAIL
        elif rule["check"] == "follows:concrete" and not described:
            verdict = min(verdict, REVIEW)
        best = max(best, verdict)
    return best


def _educated(a: Applicant, rule: Row, row: Row, service: str) -> Pair:
    listed, claimed, done = (
        norm(row["course"]) in a.standard.lists.get(rule["list"], {}),
        claims(row, rule["list"]),
        day(row["completed_on"]),
    )
    form = a.word("training_form", row["form"])
    if isinstance(done, date) and done > a.base:
        return 0, 0
    certain = isinstance(done, date) and done > a.start
    if rule["check"] == "education:own":
        own = (
            a.word("service", row["service"]) == service
            and a.word("training_purpose", row["purpose"]) == rule["purpose"]
        )
        return int(own and not listed and not claimed and certain), int(own and not listed and not claimed)
    if rule["check"] == "education:attended":
        if form == "given":
            return 0, 0
        certain = certain and form == "attended"
    return int(listed and certain), int(listed or claimed)


def decide_education(a: Applicant, node: Row, rule: Row, service: str) -> Verdict:
    people = a.engaged(rule["people"])
    found: dict[str, list[Pair]] = {}
    for row in (row for row in a.sheets["training"] if norm(row["staff_id"])):
        found.setdefault(norm(row["staff_id"]), []).append(_educated(a, rule, row, service))
    certain = [any(f[0] for f in found.get(n, [])) for n in people]
    possible = [any(f[1] for f in found.get(n, [])) for n in people]
    if any(p[0] for p in people.values()) and all(certain):
        return PASS
    return REVIEW if any(possible) else FAIL


def _review_of(a: Applicant, rule: Row, case: Row, experts: Row) -> int:
    reviewers, participants = split(case["reviewers"]), split(case["participants"])
    if not reviewers:
        return FAIL
    known = [n for n in reviewers if n in a.staff]
    outside = [n for n in known if n not in participants] or [n for n in reviewers if n == "外部"]
    method, wanted = a.word("review_method", case["review_method"]), rule.get("method")
    if wanted and method not in (wanted, "?"):
        return FAIL
    if rule["check"] == "case_review:participant_or_expert":
        certain = any(n in participants or experts.get(n, (0, 0))[0] for n in reviewers)
        verdict = (
            PASS
            if certain
            else REVIEW
            if any(n not in a.staff or experts.get(n, (0, 0))[1] for n in reviewers)
            else FAIL
        )
    elif outside:
        verdict = PASS
    elif all(n in participants for n in reviewers) and rule["check"] != "case_peer_review":
        verdict = FAIL
    else:
        verdict = REVIEW
    reviewed = day(case["reviewed_on"])
    unsure = (
        (method == "?" and wanted)
        or not participants
        or reviewed == "unreadable"
        or (isinstance(reviewed, date) and reviewed > a.base)
    )
    return min(verdict, REVIEW) if unsure else verdict


def review_per_case(a: Applicant, rule: Row, service: str) -> dict[str, int]:
    """Return case row -> verdict for every case that the review clauses look at."""
    experts: Row = {}
    if rule["check"] == "case_review:participant_or_expert":
        certain = qualified(a, rule["routes"], a.engaged(rule["experts"]))
        possible = qualified(a, rule["routes"], dict.fromkeys(a.staff, (1, 1)))
        experts = {n: (certain.get(n, (0, 0))[0], possible[n][1]) for n in a.staff}
    verdicts = {}
    for case in _own_cases(a, service):
        where = _when(a, case)
        if not where or (where == "running" and a.word("contract_form", case["contract_form"]) == "single"):
            continue
        verdict = _review_of(a, rule, case, experts)
        if where == "unclear" or (where == "running" and verdict == FAIL):
            verdict = REVIEW
        verdicts[case["#"]] = verdict
    return verdicts


def decide_case_review(a: Applicant, node: Row, rule: Row, service: str) -> Verdict:
    return min(review_per_case(a, rule, service).values(), default=None)


def decide_ref(a: Applicant, node: Row, rule: Row, service: str) -> Verdict:
    if rule["service"] in a.services:
        return a.made[rule["clause"]]
    if norm(a.services[service].get("registration_number")):
        return REVIEW
    below = tuple(rule["procedures_of"] + mark for mark in "([")
    filled = any(
        norm(r["status"]) and str(r["clause"] or "").startswith(below) for r in a.sheets["procedures"]
    )
    return REVIEW if filled else FAIL


LEAVES: dict[str, Callable[[Applicant, Row, Row], Verdict]] = {
    "route": decide_route,
    "headcount": decide_headcount,
    "headcount_both": decide_both,
    "declared": decide_declared,
    "experts_list": decide_experts_list,
    "follows": decide_follows,
}
LEAVES_OF_SERVICE: dict[str, Callable[[Applicant, Row, Row, str], Verdict]] = {
    "client_information": decide_client_information,
    "quality_manager": decide_quality_manager,
    "ref": decide_ref,
    "education": decide_education,
    "case_review": decide_case_review,
    "case_peer_review": decide_case_review,
}


# --- groups -------------------------------------------------------------------------------------------


def decide_leaf(a: Applicant, node: Row, service: str) -> Verdict:
    rule = node["requires"]
    kind = rule["check"].split(":")[0]
    if kind in LEAVES:
        return LEAVES[kind](a, node, rule)
    return LEAVES_OF_SERVICE[kind](a, node, rule, service)


def decide_group(a: Applicant, node: Row, service: str, below: list[Row]) -> Verdict:
    verdicts = [a.made[child["clause"]] for child in below]
    applying = [v for v in verdicts if v is not None]
    if node["combine"] == "any_per_case" and applying:
        if PASS in applying:
            return PASS
        cases = [review_per_case(a, child["requires"], service) for child in below]
        return FAIL if min(max(c[n] for c in cases) for n in cases[0]) == FAIL else REVIEW
    if node["combine"] == "everyone_any" and applying:
        routes = [child["clause"] for child in below]
        people = a.engaged(below[0]["requires"]["people"])
        met = qualified(a, routes, dict.fromkeys(people, (1, 1)))
        if any(p[0] for p in people.values()) and all(m[0] for m in met.values()):
            return PASS
        return REVIEW if any(m[1] for m in met.values()) else FAIL
    pick = max if node["combine"] == "any" else min
    return pick(applying, default=None)


def by_variant(a: Applicant, node: Row, service: str, verdict: Verdict) -> Verdict:
    """Apply the variants of the service that a leaf concerns."""
    given = split(a.services[service].get("variants"))
    letters = {"ア": "a", "イ": "b", "ウ": "c"}
    if not given or any(v not in letters for v in given):
        return PASS if verdict == PASS else REVIEW
    return verdict if {letters[v] for v in given} & set(node["applies_to"]["variants"]) else None


def evaluate(a: Applicant) -> None:
    """Decide every requirement of every service applied for, children before their groups."""
    order = [s for s in a.standard.nodes if s in a.services]
    for service in order:
        nodes = a.standard.nodes[service]
        below: dict[str, list[Row]] = {}
        for node in nodes:
            below.setdefault(node.get("parent") or "", []).append(node)
        for node in reversed(nodes):
            leaf = "requires" in node
            verdict = (
                decide_leaf(a, node, service)
                if leaf
                else decide_group(a, node, service, below[node["clause"]])
            )
            if node.get("applies_to") and (leaf or node["combine"] == "everyone_any"):
                verdict = by_variant(a, node, service, verdict)
            a.made[node["clause"]] = verdict
