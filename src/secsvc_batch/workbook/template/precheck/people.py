"""Per person of 要員: which routes are met, and on whose cases somebody worked."""

from collections.abc import Sequence

from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import (
    Requirement,
    Route,
    RouteCredential,
    RouteTeaching,
    RouteTrackRecord,
    RouteTraining,
)
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.precheck.cases import Cases
from secsvc_batch.workbook.template.precheck.rows import ANYBODY, People_, Vector

_SUM_WIDTH = 5
_SUMS = 4


class Meets:
    """Which rows and which people certainly, or possibly, meet a route."""

    def __init__(self, people: People_, cases: Cases, standard: Standard) -> None:
        self.people, self.cases, self.plan = people, cases, people.plan
        self._standard = standard
        self._records = self._track_records() if cases.records else ""
        self._groups: dict[tuple[str, ...], str] = {}

    def route(self, clause: str) -> Route:
        rule = self._standard.by_clause[clause].requires
        assert isinstance(rule, RouteCredential | RouteTeaching | RouteTraining | RouteTrackRecord)
        return rule

    def vector(self, rule: Route) -> Vector:
        people = self.people
        return {
            "route:credential": people.credentials,
            "route:teaching": people.teaching,
            "route:training": people.training,
        }.get(rule.check, people.staff)

    # --- rows of a route ---

    def rows(self, clause: str, *, certain: bool) -> str:
        """Return the name of the vector that is 1 in rows that meet the route of a clause."""
        rule = self.route(clause)
        make = {
            RouteCredential: self._credential,
            RouteTeaching: self._teaching,
            RouteTraining: self._training,
            RouteTrackRecord: self._record,
        }[type(rule)]
        formula = make(rule, certain)  # type: ignore[operator]
        number = self._standard.leaves.index(self._standard.by_clause[clause])
        return self.plan.name(f"{'sure' if certain else 'open'}_{number}", formula)

    def _named(self, list_id: str, vector: Vector, certain: bool) -> str:
        flag = self.plan.flag(list_id, vector.name, vector.listed)
        if certain:
            return f.either([f'{flag}="1"', f'{flag}="L"'])
        claimed = self.plan.claimed(list_id, vector.name, vector.claim)
        return f.either([f'{flag}="1"', f'{flag}="L"', f'{flag}="Q"', claimed])

    def _credential(self, rule: RouteCredential, certain: bool) -> str:
        v = self.people.credentials
        when, flag = f.mid(v.name, v.when), self.plan.flag(rule.list, v.name, v.listed)
        named = self._named(rule.list, v, certain)
        if certain:
            return f'({named}*({when}="1")+({flag}="L")*({when}="2"))'
        lasting = f'({when}="3")*{f.among(flag, "LQ")}'
        return f"({named}*{f.either([f.among(when, '124UC'), lasting])})"

    def _teaching(self, rule: RouteTeaching, certain: bool) -> str:
        v, plan = self.people.teaching, self.plan
        kind, subject, when = f.mid(v.name, v.kind), f.mid(v.name, v.technology), f.mid(v.name, v.when)
        lecturer, leader, higher = (
            plan.code_of("teaching_kind", k)
            for k in ("community_lecturer", "community_leader", "higher_education")
        )
        own = plan.code_of("technology", rule.technology)
        community = [f'{kind}="{lecturer}"', f'{kind}="{leader}"']
        named = self._named(rule.list, v, certain)
        if certain:
            place = f"({f.number(v.name, v.listed, 3)}>2)"
            lecture = f'({kind}="{higher}")*({subject}="{own}")*{place}'
            return f'({f.either([f.either(community) + "*" + named, lecture])}*({when}="P"))'
        other = plan.code_of("technology", "other")
        subjects = f.either(f'{subject}="{x}"' for x in (own, other, "-", "Q"))
        by_community = f.either([*community, f'{kind}="-"', f'{kind}="Q"']) + "*" + named
        by_lecture = f.either([f'{kind}="{higher}"', f'{kind}="Q"']) + "*" + subjects
        return f"({f.either([by_community, by_lecture])}*{f.among(when, 'PQ')})"

    def _training(self, rule: RouteTraining, certain: bool) -> str:
        v = self.people.training
        form, when = f.mid(v.name, v.form), f.mid(v.name, v.when)
        attended = self.plan.code_of("training_form", "attended")
        forms = [attended] if certain else [attended, "-", "Q"]
        days = "WO" if certain else "WOQ"
        return f"({self._named(rule.list, v, certain)}*{f.among(form, forms)}*{f.among(when, days)})"

    # --- track records ---

    def _track_records(self) -> str:
        """Per person and track record: contracts and months, certain and possible, five digits each."""
        cases, number = self.cases, self.plan.places.here("staff", "staff_id")
        mine, hidden = cases.with_person(number), cases.hidden()
        parts = []
        for rule in cases.records:
            for which in range(_SUMS):
                if which > 1 and not rule.months:
                    parts.append(f.text("0" * _SUM_WIDTH))
                    continue
                rows = mine if which % 2 == 0 else f.either([mine, hidden])
                total = f"SUMPRODUCT({cases.amount(rule, which)}*{rows})"
                parts.append(f'TEXT({total},"{"0" * _SUM_WIDTH}")')
        return self.plan.rows("records", "staff", f'IF(LEFT(of_staff,1)="A",{"&".join(parts)},"")')

    def amount(self, rule: RouteTrackRecord, which: int) -> str:
        """Contracts (0 certain, 1 possible) or months (2, 3) of every person."""
        place = (self.cases.records.index(rule_of(rule)) * _SUMS + which) * _SUM_WIDTH + 1
        return f.number(self._records, place, _SUM_WIDTH)

    def _record(self, rule: RouteTrackRecord, certain: bool) -> str:
        which = 0 if certain else 1
        enough = f"({self.amount(rule, which)}>={rule.contracts})"
        if rule.months:
            enough += f"*({self.amount(rule, which + 2)}>={rule.months})"
        return f"({enough}*1)"

    # --- people ---

    def counted(self, clause: str, rows: str, who: str) -> str:
        """The number of people in the rows ``rows`` that also are ``who``."""
        vector = self.vector(self.route(clause))
        if vector is self.people.staff:
            return f"SUMPRODUCT({rows}*{who})"
        return self.people.distinct(vector, f"({rows}*{who})")

    def any(self, clauses: Sequence[str], *, certain: bool) -> str:
        """1 for the people who meet one of the routes."""
        letters = f.mid(self._group(tuple(clauses)), 1)
        return f'({letters}="C")' if certain else f.either([f'{letters}="C"', f'{letters}="P"'])

    def _group(self, clauses: tuple[str, ...]) -> str:
        if clauses not in self._groups:
            sure = ",".join(self._one(clause, certain=True) for clause in clauses)
            perhaps = ",".join(self._one(clause, certain=False) for clause in clauses)
            letter = f'IF(OR({sure}),"C",IF(OR({perhaps}),"P","-"))'
            name = f"meets_{len(self._groups)}"
            self._groups[clauses] = self.plan.rows(name, "staff", letter)
        return self._groups[clauses]

    def _one(self, clause: str, *, certain: bool) -> str:
        """True where the person of the row meets the route of a clause."""
        rows, vector = self.rows(clause, certain=certain), self.vector(self.route(clause))
        cell = self.plan.places.here("staff", "staff_id")
        here = f"(ROW({cell})-{grid.FIRST_ROW})"
        if vector is self.people.staff:
            return f"SUMPRODUCT({rows}*(ROW({self.people.ids})=ROW({cell})))>0"
        person = f.number(vector.name, vector.person, 3)
        whose = [f"{person}={here}"] if certain else [f"{person}={here}", f"{person}={ANYBODY}"]
        return f'AND(LEFT(of_staff,1)="A",SUMPRODUCT({rows}*{f.either(whose)})>0)'


def rule_of(rule: RouteTrackRecord) -> RouteTrackRecord:
    """Return what a track record counts, whoever it counts for: rules alike share their sums."""
    people = rule.people.model_copy(update={"roles": ["-"], "who": "workers"})
    return rule.model_copy(update={"people": people})


def track_records(requirements: Sequence[Requirement]) -> list[RouteTrackRecord]:
    """Return the different track records that requirements ask for."""
    found: list[RouteTrackRecord] = []
    for requirement in requirements:
        if isinstance(requirement.requires, RouteTrackRecord):
            rule = rule_of(requirement.requires)
            if rule not in found:
                found.append(rule)
    return found
