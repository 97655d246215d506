"""What the leaves are decided from: people, cases, services applied for and the doubts about them."""

from collections.abc import Sequence

from secsvc_batch.standard.model import CaseReview, Education, Requirement
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content
from secsvc_batch.workbook.template.precheck.cases import DOUBT, SERVICE, Cases
from secsvc_batch.workbook.template.precheck.people import Meets, track_records
from secsvc_batch.workbook.template.precheck.plan import Plan, words_of
from secsvc_batch.workbook.template.precheck.reviews import reviews
from secsvc_batch.workbook.template.precheck.rows import People_, Vector

_MOST = 10000


class Facts:
    """Everything that the formulas of one template rest on."""

    def __init__(self, content: Content, plan: Plan, base_date_cell: str) -> None:
        self.content, self.plan, self.places = content, plan, plan.places
        day = f"IF(ISNUMBER({base_date_cell}),IF({base_date_cell}>=36526,INT({base_date_cell}),NA()),NA())"
        plan.name("base_day", day)
        leaves = content.requirements
        education = [r.requires.window_years for r in leaves if isinstance(r.requires, Education)]
        years = [getattr(r.requires, "window_years", 0) for r in leaves]
        self.people = People_(plan, max(education, default=max(years, default=1)))
        records = track_records(leaves)
        self.cases = Cases(plan, self.people, records, max([r.window_years for r in records] or years))
        self.meets = Meets(self.people, self.cases, content.standard)
        rules = [r.requires for r in leaves if isinstance(r.requires, CaseReview)]
        self.reviews = reviews(self.cases, self.meets, rules)
        self._services()
        self._review_keys = {
            r.clause: f"{r.requires.check}/{r.requires.method}/{','.join(r.requires.routes)}"
            for r in leaves
            if isinstance(r.requires, CaseReview)
        }
        self.auditing: tuple[str, dict[str, int]] | None = None

    # --- services applied for ---

    def _services(self) -> None:
        plan, cells = self.plan, self.places.all("services", "service")
        known = [form for choice in self.content.layout.vocabularies["service"] for form in words_of(choice)]
        exact = "+".join(f"EXACT({cells},{f.text(form)})" for form in known)
        filled = f"SUMPRODUCT(--(LEN({cells})>0))"
        plan.name("services_odd", plan.value(f"{filled}-SUMPRODUCT(--(({exact})>0))"))
        plan.name("services_filled", plan.value(filled))
        for choice in self.content.layout.vocabularies["service"]:
            same = "+".join(f"EXACT({cells},{f.text(form)})" for form in words_of(choice))
            first = f"SUMPRODUCT(MAX((({same})>0)*({_MOST}-ROW({cells}))))"
            place = f"IF({first}=0,0,{_MOST}-{first}-{grid.FIRST_ROW})"
            plan.name(f"service_{choice.id}", plan.value(place))

    def applied(self, service: str) -> str:
        return f"service_{service}>0"

    def of_service(self, service: str, field: str) -> str:
        """The cell of the row of a service applied for."""
        return f"INDEX({self.places.all('services', field)},MAX(1,service_{service}))"

    # --- doubts ---

    def doubts(self) -> dict[str, str]:
        """Return the conditions under which nothing can be decided, by the key of what is then said."""
        plan, places = self.plan, self.places
        tables = [s for s in self.content.layout.tables if s.shape == "table"]
        wrong = []
        for sheet in tables:
            labels = plan.constant("|".join(field.label(self.content.lang) for field in sheet.fields))
            cells = '&"|"&'.join(places.headers(sheet.id))
            wrong.append(plan.value(f"IF(EXACT({cells},{labels}),0,1)"))
        below = "+".join(f"COUNTA({places.below(sheet.id)})" for sheet in tables)
        bad_ids = f'SUMPRODUCT(--({f.mid(self.people.staff.name, self.people.bad_id)}="X"))'
        return {
            "base_date": "ISERROR(base_day)",
            "headers": "+".join(wrong) + ">0",
            "below": f"{below}>0",
            # without a base date there are no people yet
            "staff_ids": f"IF(ISERROR(base_day),FALSE,IFERROR({bad_ids},1)>0)",
            "services": "IFERROR(services_odd,1)>0",
        }

    def inexact(self, vector: Vector) -> str:
        """The number of rows of a sheet that the formulas cannot tell as the program does."""
        return f'SUMPRODUCT(--({f.mid(vector.name, vector.doubt)}="1"))'

    def inexact_cases(self) -> str:
        return f'SUMPRODUCT(--({f.mid(self.cases.vector, DOUBT)}="1"))'

    # --- cases ---

    def reviewed(self, requirement: Requirement, letter: str) -> str:
        """The number of cases of the requirement's service with a letter; a case of a service nobody can
        tell is for a person."""
        vector = f.mid(self.reviews.vector, self.reviews.places[self._review_keys[requirement.clause]])
        own = self.plan.code_of("service", self.content.standard.service_of(requirement.clause).id)
        count = f'SUMPRODUCT({self.cases.has(SERVICE, own)}*({vector}="{letter}"))'
        if letter == "R":
            strange = f'{self.cases.has(SERVICE, "Q")}*({vector}<>"-")*({vector}<>"")'
            count = f"({count}+SUMPRODUCT({strange}))"
        return count

    def neither(self, requirements: Sequence[Requirement]) -> str:
        """The number of cases that certainly meet none of several ways of review."""
        own = self.plan.code_of("service", self.content.standard.service_of(requirements[0].clause).id)
        keys = [self.reviews.places[self._review_keys[r.clause]] for r in requirements]
        fails = "*".join(f'({f.mid(self.reviews.vector, key)}="F")' for key in keys)
        return f"SUMPRODUCT({self.cases.has(SERVICE, own)}*{fails})"
