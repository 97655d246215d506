"""Stated numbers of people. Each gives (certain, possible, found, needed)."""

from secsvc_batch.standard.model import Headcount, HeadcountBoth, Requirement, RouteTrackRecord
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template.precheck.documents import Row
from secsvc_batch.workbook.template.precheck.facts import Facts


def headcount(requirement: Requirement, facts: Facts) -> tuple[str, str, str, str]:
    rule, reading = requirement.requires, facts.content.standard.reading("headcount_scope")
    assert isinstance(rule, Headcount)
    fewest = rule.possible if reading == "lenient" else rule.certain
    most = rule.certain if reading == "strict" else rule.possible
    meets, people = facts.meets, facts.people
    agrees, given, intact, numbers = [], [], [], []
    for clause in rule.routes:
        row, vector = Row("headcounts", clause, facts), meets.vector(meets.route(clause))
        number = row["stated_count"]
        low = meets.counted(clause, meets.rows(clause, certain=True), people.certain(vector, fewest))
        high = meets.counted(clause, meets.rows(clause, certain=False), people.possible(vector, most))
        agrees.append(facts.plan.value(f"IFERROR({_between(number, low, high)},FALSE)"))
        given.append(f"NOT({f.is_blank(number)})")
        intact.append(row.intact)
        numbers.append(f"IF(ISNUMBER({number}),1,0)")
    whole = f"AND({','.join(intact)})"
    certain = f"AND({whole},{_exact(rule.routes, facts)},{','.join(agrees)})"
    possible = f"OR(NOT({whole}),AND({','.join(given)}))"
    return certain, possible, "+".join(numbers), str(len(rule.routes))


def headcount_both(requirement: Requirement, facts: Facts) -> tuple[str, str, str, str]:
    rule = requirement.requires
    assert isinstance(rule, HeadcountBoth)
    meets, people = facts.meets, facts.people
    staff, row = people.staff, Row("headcounts", requirement.clause, facts)

    def both(certain: bool) -> str:
        routes = (rule.first_routes, rule.second_routes)
        return "*".join(meets.any(clauses, certain=certain) for clauses in routes)

    named = f"{people.certain(staff, rule.certain_first)}*{people.certain(staff, rule.certain_second)}"
    low = f"SUMPRODUCT({named}*{both(True)})"
    high = f"SUMPRODUCT({people.possible(staff, rule.possible)}*{both(False)})"
    number = row["stated_count"]
    exact = _exact([*rule.first_routes, *rule.second_routes], facts)
    blank = f.is_blank(number)
    agrees = f"IF({blank},{high}=0,AND({exact},{_between(number, low, high)}))"
    fails = f"AND({blank},{exact},{high}>0)"
    certain, possible = row.bounds(agrees, f"NOT({fails})")
    return certain, possible, f"IF(ISNUMBER({number}),1,0)", "1"


def _between(number: str, low: str, high: str) -> str:
    whole = f"IF(ISNUMBER({number}),({number}>=0)*(INT({number})={number})*({number}<1000000000),0)"
    return f"IF({whole},AND({number}>={low},{number}<={high}),FALSE)"


def _exact(routes: list[str], facts: Facts) -> str:
    """True where the formulas count people just as the program does."""
    meets = facts.meets
    rules = [meets.route(clause) for clause in routes]
    vectors = {meets.vector(rule).name: meets.vector(rule) for rule in rules}
    vectors[facts.people.staff.name] = facts.people.staff
    doubts = [facts.inexact(vector) for vector in vectors.values()]
    if any(isinstance(rule, RouteTrackRecord) for rule in rules):
        doubts.append(facts.inexact_cases())
    return "+".join(doubts) + "=0"
