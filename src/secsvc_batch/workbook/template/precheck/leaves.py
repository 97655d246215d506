"""What decides each leaf: a builder per kind of check, which knows its parameters and no clause.

``certain`` is true only where the requirement certainly holds, ``possible`` false only where it
certainly does not; between them stands ?. ``found`` and ``needed`` are shown beside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from secsvc_batch.standard import model
from secsvc_batch.standard.model import Requirement
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template.precheck import counts, documents
from secsvc_batch.workbook.template.precheck.facts import Facts


@dataclass(frozen=True)
class Leaf:
    """Formulas of one leaf. ``absent``: true where it is not applicable; ``months``: months of operation
    still lacking; ``constant``: never decided."""

    certain: str
    possible: str
    found: str = ""
    needed: str = ""
    absent: str = ""
    months: str = ""
    constant: bool = False


UNDECIDED = Leaf("FALSE", "TRUE", constant=True)
"""Stands for whatever a new kind of check, or a parameter that the formulas do not know, brings."""


def leaf(requirement: Requirement, facts: Facts) -> Leaf:
    """Return the formulas of a leaf; of an unknown kind of check those that always show ?."""
    rule = requirement.requires
    assert rule is not None
    make = _BUILDERS.get(rule.check.split(":")[0])
    return make(requirement, rule, facts) if make else UNDECIDED


def _route(requirement: Requirement, rule: Any, facts: Facts) -> Leaf:
    meets, people, clause = facts.meets, facts.people, requirement.clause
    vector = meets.vector(rule)
    sure, perhaps = meets.rows(clause, certain=True), meets.rows(clause, certain=False)
    certain, possible = people.certain(vector, rule.people), people.possible(vector, rule.people)
    yes, maybe = f"SUMPRODUCT({sure}*{certain})>0", f"SUMPRODUCT({perhaps}*{possible})>0"
    if isinstance(rule, model.RouteTrackRecord):
        most = f"SUMPRODUCT(MAX({certain}*{meets.amount(rule, 0)}))"
        longest = f"SUMPRODUCT(MAX({certain}*{meets.amount(rule, 2)}))"
        months = f"MAX(0,{rule.months}-{longest})" if rule.months else ""
        return Leaf(yes, maybe, most, str(rule.contracts), months=months)
    return Leaf(yes, maybe, meets.counted(clause, sure, certain), "1")


def _education(requirement: Requirement, rule: model.Education, facts: Facts) -> Leaf:
    people, plan, v = facts.people, facts.plan, facts.people.training
    if rule.window_years != people.window:
        return UNDECIDED
    flag, form, when = plan.flag(rule.list, v.name, v.listed), f.mid(v.name, v.form), f.mid(v.name, v.when)
    claimed = plan.claimed(rule.list, v.name, v.claim)
    listed = f.either([f'{flag}="1"', f'{flag}="L"'])
    days, open_days = f'({when}="W")', f.either(f'{when}="{x}"' for x in "WOQ")
    if rule.check == "education:own":
        service = plan.code_of("service", plan.content.standard.service_of(requirement.clause).id)
        purpose = plan.code_of("training_purpose", str(rule.purpose))
        mine, general = f.mid(v.name, v.service), f.mid(v.name, v.purpose)
        unlisted = f'({flag}="0")*(1-{claimed})'
        sure = f'({unlisted}*({mine}="{service}")*({general}="{purpose}")*{days})'
        perhaps = (
            f"({f.among(flag, '0Q')}*{f.among(mine, (service, 'Q'))}"
            f"*{f.among(general, (purpose, 'Q'))}*{open_days})"
        )
    else:
        named = f.either([f'{flag}="1"', f'{flag}="L"', f'{flag}="Q"', claimed])
        forms, open_forms = "1", "1"
        if rule.check == "education:attended":
            attended = plan.code_of("training_form", "attended")
            forms = f'({form}="{attended}")'
            open_forms = f.either(f'{form}="{x}"' for x in (attended, "-", "Q"))
        sure, perhaps = f"({listed}*{forms}*{days})", f"({named}*{open_forms}*{open_days})"
    workers = f"SUMPRODUCT({people.possible(people.staff, rule.people)}*1)"
    somebody = f"SUMPRODUCT({people.certain(people.staff, rule.people)}*1)>0"
    mine = people.possible(v, rule.people)
    educated = people.distinct(v, f"({sure}*{mine})")
    return Leaf(
        f"AND({somebody},{educated}={workers})",
        f"SUMPRODUCT({perhaps}*{mine})>0",
        educated,
        f"MAX(1,{workers})",
    )


def _case_review(requirement: Requirement, rule: model.CaseReview, facts: Facts) -> Leaf:
    if rule.window_years != facts.cases.years:
        return UNDECIDED
    numbers = {letter: facts.reviewed(requirement, letter) for letter in "PRF"}
    total = f"({numbers['P']}+{numbers['R']}+{numbers['F']})"
    return Leaf(f"{total}={numbers['P']}", f"{numbers['F']}=0", numbers["P"], total, absent=f"{total}=0")


def _client_information(requirement: Requirement, rule: model.ClientInformation, facts: Facts) -> Leaf:
    if rule.window_years != facts.cases.years:
        return UNDECIDED
    return Leaf(*documents.client_information(requirement, facts), "", "")


def _plain(build: Callable[..., tuple[str, str]]) -> Callable[[Requirement, Any, Facts], Leaf]:
    def make(requirement: Requirement, rule: Any, facts: Facts) -> Leaf:
        certain, possible = build(requirement, facts)
        return Leaf(certain, possible)

    return make


def _counted(build: Callable[..., tuple[str, str, str, str]]) -> Callable[[Requirement, Any, Facts], Leaf]:
    def make(requirement: Requirement, rule: Any, facts: Facts) -> Leaf:
        return Leaf(*build(requirement, facts))

    return make


_BUILDERS: dict[str, Callable[[Requirement, Any, Facts], Leaf]] = {
    "route": _route,
    "education": _education,
    "case_review": _case_review,
    "case_peer_review": _case_review,
    "client_information": _client_information,
    "declared": _plain(documents.declared),
    "experts_list": _plain(documents.experts_list),
    "quality_manager": _plain(documents.quality_manager),
    "follows": _plain(documents.follows),
    "headcount": _counted(counts.headcount),
    "headcount_both": _counted(counts.headcount_both),
}

__all__ = ["UNDECIDED", "Leaf", "leaf"]
