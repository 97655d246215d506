"""How each case was reviewed: P passes, F fails, R is for a person, - is not looked at."""

from secsvc_batch.standard.model import CaseReview
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template.precheck.cases import (
    NEITHER,
    OUTSIDE,
    RUNNING,
    SINGLE,
    UNCLEAR,
    Cases,
    Reviews,
    review_rules,
)
from secsvc_batch.workbook.template.precheck.people import Meets
from secsvc_batch.workbook.template.precheck.plan import LONG_LENGTH


def reviews(cases: Cases, meets: Meets, rules: list[CaseReview]) -> Reviews:
    """Calculate a letter per case for each of the different rules."""
    plan = cases.plan
    _reviewers(cases)
    ways = review_rules(rules)
    who = plan.letters("reviewed", "cases", [_by_whom(rule, meets) for rule in ways.values()])
    letters = [_letter(rule, done, cases) for rule, done in zip(ways.values(), who, strict=True)]
    settled = [_settled(letter, cases) for letter in plan.letters("review", "cases", letters)]
    places = {key: place for place, key in enumerate(ways, 1)}
    return Reviews(plan.rows("reviews", "cases", "&".join(settled) or '"-"'), places)


def _reviewers(cases: Cases) -> None:
    """Names for the reviewers of the row: how many, known, known and on the case, from outside."""
    plan, people = cases.plan, cases.people
    cell = plan.places.here("cases", "reviewers")
    outside = plan.content.layout.words["outside"]
    words = (outside.ja, outside.en)
    clean = f'IF(ISNUMBER(FIND("|",{cell})),FALSE,{plan.stable(f.spaced(cell), LONG_LENGTH)})'
    named = plan.step("rev_people", "cases", f.tokens(cell))
    first = f'({f.mid(people.staff.name, 1)}="A")'
    plan.name("rev_named", f'ISNUMBER(FIND("|"&{people.ids}&"|",{named}))*{first}')
    on_case = f'ISNUMBER(FIND("|"&{people.ids}&"|",case_people))'
    date = plan.places.here("cases", "reviewed_on")
    late = f"IF({f.is_date(date)},INT(N({date}))>base_day,LEN({date})>0)"
    capped = f"OR(LEN(case_people)=0,NOT(case_clean),{late})"
    parts = [
        f'TEXT({f.count_tokens(named)},"000")',
        'TEXT(SUMPRODUCT(rev_named*1),"000")',
        f'TEXT(SUMPRODUCT(rev_named*{on_case}),"000")',
        *(f'IF({condition},"1","0")' for condition in (clean, f.has_token(named, words), capped)),
    ]
    facts = plan.step("rev_facts", "cases", "&".join(parts))
    for place, name in ((1, "rev_count"), (4, "rev_known"), (7, "rev_inside")):
        plan.name(name, f"MID({facts},{place},3)*1")
    for place, name in ((10, "rev_clean"), (11, "rev_outside"), (12, "rev_capped")):
        plan.name(name, f'MID({facts},{place},1)="1"')


def _by_whom(rule: CaseReview, meets: Meets) -> str:
    """Whether somebody reviewed the case who may."""
    if rule.check == "case_review:participant_or_expert":
        inner = _expert(rule, meets)
    else:
        own = '"R"' if rule.check == "case_peer_review" else '"F"'
        good = "OR(rev_outside,AND(case_clean,rev_known>rev_inside))"
        inner = f'IF({good},"P",IF(AND(case_clean,rev_count=rev_inside),{own},"R"))'
    return f'IF(rev_clean,{inner},"R")'


def _letter(rule: CaseReview, who: str, cases: Cases) -> str:
    reviewers = cases.plan.places.here("cases", "reviewers")
    letter = f'IF(LEN({reviewers})=0,"F",IF(AND({who}="P",rev_capped),"R",{who}))'
    return _by_method(rule, letter, cases)


def _expert(rule: CaseReview, meets: Meets) -> str:
    """A participant of the case, or one who certainly meets a route; certainly neither fails."""
    assert rule.experts is not None
    named = meets.people.certain(meets.people.staff, rule.experts)
    sure = f"SUMPRODUCT(rev_named*{named}*{meets.any(rule.routes, certain=True)})>0"
    some = f"SUMPRODUCT(rev_named*{meets.any(rule.routes, certain=False)})>0"
    good = f"OR(AND(case_clean,rev_inside>0),{sure})"
    bad = f"AND(case_clean,rev_count=rev_known,rev_inside=0,NOT({some}))"
    return f'IF({good},"P",IF({bad},"F","R"))'


def _by_method(rule: CaseReview, letter: str, cases: Cases) -> str:
    if rule.method is None:
        return letter
    plan = cases.plan
    method = plan.name("case_method", plan.code(plan.places.here("cases", "review_method"), "review_method"))
    right = plan.code_of("review_method", rule.method)
    unknown = f'IF({letter}="P","R",{letter})'
    return f'IF({method}="{right}",{letter},IF({method}="Q",{unknown},"F"))'


def _settled(letter: str, cases: Cases) -> str:
    """What the letter is worth in the state of the case."""
    another = cases.plan.code_of("performed_by", "another")
    off = f'OR(case_owner="{another}",case_state="{OUTSIDE}",case_state="{SINGLE}")'
    open_ = f'OR(case_owner="Q",case_state="{UNCLEAR}",case_state="{NEITHER}")'
    running = f'IF(AND(case_state="{RUNNING}",{letter}="F"),"R",{letter})'
    return f'IF({off},"-",IF({open_},"R",{running}))'
