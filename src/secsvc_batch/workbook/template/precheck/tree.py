"""The tree of the standard in formulas: a code per node, what was found and what is needed.

Codes are those of the program: 0 certainly unmet, 1 not to be told, 2 certainly met, 3 not applicable.
"""

from dataclasses import dataclass

from secsvc_batch.standard.model import AppliesTo, Reference, Requirement, Route
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content
from secsvc_batch.workbook.template.precheck.documents import Row
from secsvc_batch.workbook.template.precheck.facts import Facts
from secsvc_batch.workbook.template.precheck.leaves import UNDECIDED, Leaf, leaf
from secsvc_batch.workbook.template.precheck.plan import Plan, words_of

UNMET, OPEN, MET, ABSENT = range(4)


@dataclass(frozen=True)
class Node:
    """Cells of one requirement; ``decides``: whether its formula can come to another result than ?."""

    requirement: Requirement
    depth: int
    code: str
    found: str
    needed: str
    parent_code: str
    decides: bool
    months: str = ""


class Tree:
    """Builds the formulas of every node of the chosen services into ``plan``."""

    def __init__(self, content: Content, plan: Plan, base_date_cell: str) -> None:
        self.content, self.plan = content, plan
        self.facts = Facts(content, plan, base_date_cell)
        self.doubts = {key: plan.value(f"IF({doubt},1,0)") for key, doubt in self.facts.doubts().items()}
        total = "+".join(f"IFERROR({cell},1)" for cell in self.doubts.values())
        plan.name("nothing_sure", plan.value(f"({total})>0"))
        self._codes: dict[str, str] = {}
        self._amounts: dict[str, tuple[str, str]] = {}
        self._decides: dict[str, bool] = {}
        self._months: dict[str, str] = {}
        self.nodes = [
            self._node(r) for service in content.chosen for r in content.standard.of_service(service.id)
        ]

    def _node(self, requirement: Requirement) -> Node:
        code, standard = self._code(requirement), self.content.standard
        depth, at = 0, requirement
        while at.parent is not None:
            depth, at = depth + 1, standard.by_clause[at.parent]
        parent = self._code(standard.by_clause[requirement.parent]) if requirement.parent else ""
        found, needed = self._amounts[requirement.clause]
        return Node(
            requirement,
            depth,
            code,
            found,
            needed,
            parent,
            self._decides[requirement.clause],
            self._months.get(requirement.clause, ""),
        )

    def _code(self, requirement: Requirement) -> str:
        """Return the cell with the code of a node, those it rests on first."""
        if requirement.clause not in self._codes:
            rule = requirement.requires
            if isinstance(rule, Reference):
                formula, amounts, decides = self._reference(requirement, rule)
            elif rule is not None:
                made = leaf(requirement, self.facts)
                self._months[requirement.clause] = made.months
                formula, amounts, decides = self._leaf(made)
            else:
                formula, amounts, decides = self._group(requirement)
            service = self.content.standard.service_of(requirement.clause).id
            formula = self._for_variants(requirement.applies_to, service, formula)
            whole = f"IF(services_odd>0,1,IF({self.facts.applied(service)},IF(nothing_sure,1,{formula}),3))"
            if rule is None and requirement.combine != "everyone_any":
                whole = formula
            code = self.plan.value(f"IFERROR({whole},1)")
            self._codes[requirement.clause] = code
            self._decides[requirement.clause] = decides
            found = amounts[0] or f"IF({code}={MET},1,0)"
            self._amounts[requirement.clause] = found, amounts[1] or "1"
        return self._codes[requirement.clause]

    def _leaf(self, made: Leaf) -> tuple[str, tuple[str, str], bool]:
        formula = f"IF({made.certain},{MET},IF({made.possible},{OPEN},{UNMET}))"
        if made.absent:
            formula = f"IF({made.absent},{ABSENT},{formula})"
        return formula, (made.found, made.needed), made is not UNDECIDED

    def _group(self, requirement: Requirement) -> tuple[str, tuple[str, str], bool]:
        children = list(self.content.standard.children(requirement.clause))
        codes = [self._code(child) for child in children]
        met = "+".join(f"({code}={MET})" for code in codes)
        concerned = "+".join(f"({code}<{ABSENT})" for code in codes)
        lowest, highest = f"MIN({','.join(codes)})", self._highest(codes)
        if requirement.combine == "everyone_any":
            return self._everyone(children), (met, "1"), True
        if requirement.combine == "all":
            return lowest, (met, concerned), True
        formula = highest
        if requirement.combine == "any_per_case":
            fails = f"AND({highest}={UNMET},{self.facts.neither(children)}>0)"
            formula = f"IF({highest}={MET},{MET},IF({fails},{UNMET},{OPEN}))"
        return f"IF({lowest}={ABSENT},{ABSENT},{formula})", (met, "1"), True

    def _highest(self, codes: list[str]) -> str:
        return "MAX(" + ",".join(f"IF({code}={ABSENT},-1,{code})" for code in codes) + ")"

    def _everyone(self, routes: list[Requirement]) -> str:
        """Everyone who does the work certainly meets a route; certainly nobody possibly does."""
        rule, facts = routes[0].requires, self.facts
        assert isinstance(rule, Route)
        people, clauses = facts.people, [route.clause for route in routes]
        staff = people.staff
        certain, possible = people.certain(staff, rule.people), people.possible(staff, rule.people)
        sure, perhaps = facts.meets.any(clauses, certain=True), facts.meets.any(clauses, certain=False)
        everyone = f"AND(SUMPRODUCT({certain}*1)>0,SUMPRODUCT({possible}*(1-{sure}))=0)"
        return f"IF({everyone},{MET},IF(SUMPRODUCT({possible}*{perhaps})>0,{OPEN},{UNMET}))"

    def _for_variants(self, applies: AppliesTo | None, service: str, formula: str) -> str:
        if applies is None:
            return formula
        facts, vocabulary = self.facts, self.content.layout.vocabularies["variant"]
        cell = facts.of_service(service, "variants")
        named = self.plan.name(f"variants_{service}", f.tokens(cell))
        every = [form for choice in vocabulary for form in words_of(choice)]
        wanted = [form for choice in vocabulary if choice.id in applies.variants for form in words_of(choice)]
        known = f'AND(LEN({named})>2,{f.without(named, every)}="")'
        known = self.plan.name(f"variants_known_{service}", known)
        concerned = f.has_token(named, wanted)
        others = f"IF({concerned},FALSE,TRUE)"
        return f"IF({known},IF({others},{ABSENT},{formula}),MAX({OPEN},{formula}))"

    def _reference(self, requirement: Requirement, rule: Reference) -> tuple[str, tuple[str, str], bool]:
        """The node of the other service; where that is not applied for, whether something points to it."""
        facts, content = self.facts, self.content
        number = facts.of_service(content.standard.service_of(requirement.clause).id, "registration_number")
        sheet = content.layout.by_id["procedures"]
        prefilled = content.prefilled(sheet)
        of_service = {
            r.clause for r in content.standard.of_service(content.standard.service_of(rule.procedures_of).id)
        }
        statuses = [
            f"LEN({Row('procedures', row.clause, facts)['status']})"
            for row in prefilled
            if row.clause in of_service
        ]
        more = f"COUNTA({facts.places.below('procedures', grid.FIRST_ROW + len(prefilled))})"
        pointed = f"LEN({number})+{'+'.join([more, *statuses])}>0"
        inside = rule.service in content.services
        other = self._code(content.standard.by_clause[rule.clause]) if inside else str(OPEN)
        formula = f"IF({facts.applied(rule.service)},{other},IF({pointed},{OPEN},{UNMET}))"
        return formula, ("", ""), True
