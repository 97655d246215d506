"""Packed texts per row of 案件: service, state, participants, amounts and how it was reviewed."""

from dataclasses import dataclass

from secsvc_batch.standard.model import CaseReview, RouteTrackRecord
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template.precheck.plan import LONG_LENGTH, Plan
from secsvc_batch.workbook.template.precheck.rows import People_, window_start

ENDED, RUNNING, SINGLE, UNCLEAR, NEITHER, OUTSIDE = "E", "R", "S", "U", "V", "-"
SERVICE, TYPE, OWN, FORM, ACHIEVED, MANAGED, STATE, CLEAN, DOUBT = range(1, 10)
_MONTHS_WIDTH = 6
_AMOUNT = (1, 1, 4, 4)  # contracts certain and possible, months certain and possible
AMOUNT_WIDTH = sum(_AMOUNT)
_MOST_MONTHS = 9999
_MOST_CHARACTERS = 32767


@dataclass(frozen=True)
class Reviews:
    """Where the letter of each way of reviewing stands in the packed text of a case."""

    vector: str
    places: dict[str, int]


class Cases:
    """The sheet 案件 for the rules of one template."""

    def __init__(self, plan: Plan, people: People_, records: list[RouteTrackRecord], years: int) -> None:
        self.plan, self.people, self.years = plan, people, years
        self._here = {
            field.id: plan.places.here("cases", field.id) for field in plan.places.sheets["cases"].fields
        }
        self._dates()
        self._participants()
        self.vector = self._facts()
        self.records = records
        self.amounts = self._amounts()

    # --- dates ---

    def _dates(self) -> None:
        name = self.plan.name
        start, end = self._here["started_on"], self._here["ended_on"]
        name("case_odd", f"{f.odd_date(start)}+{f.odd_date(end)}")
        name("case_has_start", f.is_date(start))
        name("case_has_end", f.is_date(end))
        name("case_start", f"INT(N({start}))")
        name("case_end", f"INT(N({end}))")
        name("case_contrary", "case_has_start*case_has_end*(case_end<case_start)")
        name("case_last", "IF(case_has_end,MIN(case_end,base_day),base_day)")
        name("case_low", f"MAX(IF(case_has_start,case_start,0),{window_start(self.years)}+1)")

    def _participants(self) -> None:
        """1 and the participants; 0: nobody can tell them; 2: a later row of a number, which counts for
        nothing; 3: nobody can tell whether it is one."""
        plan, cell, number = self.plan, self._here["participants"], self._here["case_id"]
        numbers = plan.places.all("cases", "case_id")
        above = f"SUMPRODUCT(EXACT({numbers},{number})*(ROW({numbers})<ROW({number})))>0"
        counted = f'IF(LEN({number})=0,"",IF({above},"2",IF({plan.stable(number)},"","3")))'
        again = plan.step("case_again", "cases", counted)
        spaced = f.spaced(cell)
        bars = f'ISNUMBER(FIND("|",{cell}))'
        clean = f"IF(LEN({cell})=0,TRUE,IF({bars},FALSE,{plan.stable(spaced, LONG_LENGTH)}))"
        people = f'IF(LEN({again})>0,{again},IF({clean},"1"&{f.tokens(cell)},"0"))'
        self.participants = plan.rows("case_people", "cases", people)
        plan.name("case_clean", 'ISNUMBER(FIND(LEFT(of_case_people,1),"12"))')
        plan.name("case_people", f"MID(of_case_people,2,{_MOST_CHARACTERS})")

    def _facts(self) -> str:
        """The codes of the row in one text; ``case_<name>`` stands for each."""
        plan, here = self.plan, self._here
        mark = here["client_managed"]
        managed = f'IF({f.one_of(mark, ("○",))},"Y",IF({f.one_of(mark, ("×",))},"N","Q"))'
        doubts = [f"{f.odd_date(here['started_on'])}+{f.odd_date(here['ended_on'])}>0", "NOT(case_clean)"]
        odd = f'IF(OR({",".join(doubts)}),"1","0")'
        parts = {
            "service": plan.code(here["service"], "service"),
            "type": plan.code(here["case_type"], "case_type"),
            "owner": plan.code(here["performed_by"], "performed_by"),
            "form": plan.code(here["contract_form"], "contract_form"),
            "achieved": self._achieved(),
            "managed": managed,
            "some_managed": f'IF(LEN({mark})>0,"1","0")',
            "odd_row": odd,
        }
        plan.step("case_codes", "cases", "&".join(parts.values()))
        for place, name in enumerate(parts, 1):
            plan.name(f"case_{name}", f"MID(of_case_codes,{place},1)")
        unknown = ",".join(f'case_{name}="Q"' for name in ("service", "type", "form", "achieved"))
        odd_mark = 'AND(case_managed="Q",case_some_managed="1")'
        doubt = f'IF(of_case_again="2","0",IF(OR(case_odd_row="1",{unknown},{odd_mark}),"1","0"))'
        plan.name("case_state", f.mid("of_cases", STATE))
        clean = 'IF(case_clean,"1","0")'
        return plan.rows("cases", "cases", f"LEFT(of_case_codes,6)&{self._state()}&{clean}&{doubt}")

    def _achieved(self) -> str:
        x, vocabulary = self._here["outcome"], self.plan.content.layout.vocabularies["outcome"]
        letters = "".join(c.letter for c in vocabulary if c.letter)
        nothing = [word for c in vocabulary if not c.letter for word in (c.ja, c.en)]
        first = f"ISNUMBER(FIND(LEFT({x},1),{f.text(letters)}))"
        yes = f'IF({first},IF({self.plan.stable(x, LONG_LENGTH)},"Y","Q"),"Q")'
        return f'IF(LEN({x})=0,"-",IF({f.one_of(x, nothing)},"-",{yes}))'

    def _state(self) -> str:
        """Ended in the window, running (single contracts apart), unclear, or of no concern."""
        single = self.plan.code_of("contract_form", "single")
        begun = "IF(case_has_start,case_start<=base_day,TRUE)"
        form = f'IF(case_form="{single}","{SINGLE}",IF(case_form="Q","{NEITHER}","{RUNNING}"))'
        running = f'IF({begun},{form},"{OUTSIDE}")'
        ended = f'IF(case_end>{window_start(self.years)},"{ENDED}","{OUTSIDE}")'
        sure = f"IF(case_has_end,IF(case_end<=base_day,{ended},{running}),{running})"
        unclear = 'OR(case_odd+case_contrary>0,of_case_again="3")'
        return f'IF(of_case_again="2","{OUTSIDE}",IF({unclear},"{UNCLEAR}",{sure}))'

    # --- track record ---

    def _amounts(self) -> str:
        """What each case gives to each track record: contracts and months, certainly and possibly."""
        self._ways_of_counting()
        parts = [self._amount(rule) for rule in self.records]
        return self.plan.rows("amounts", "cases", "&".join(parts) or '"-"')

    def _ways_of_counting(self) -> None:
        """The case as one contract, by years and in months, certainly and possibly."""
        before = window_start(self.years)
        late, early = "case_has_start*(case_start>base_day)", f"case_has_end*(case_end<{before})"
        years = "+".join(f"(EDATE(case_low,{12 * i})<=case_after)" for i in range(1, self.years + 1))
        self.plan.name("case_after", "case_last+1")
        whole = self.plan.name("whole_years", f"IF(case_last<case_low,0,{years})")
        rest = f"IF(case_last<case_low,0,--(EDATE(case_low,12*{whole})<case_after))"
        over = f"case_has_end*(case_end<={before})"
        ways = {
            "one_sure": f"case_has_start*case_has_end*(case_start>{before})*(case_end<=base_day)",
            "one_perhaps": f"IF({late}+{early}>0,0,1)",
            "years_sure": f"IF(case_has_start,{whole},0)",
            "years_perhaps": f"IF(case_has_start,{whole}+{rest},IF({over}>0,0,{self.years}))",
        }
        unclear = 'OR(case_odd+case_contrary>0,case_form="-",case_form="Q")'
        numbers = {name: (formula, 1) for name, formula in ways.items()}
        numbers["case_unclear"] = f"IF({unclear},1,0)", 1
        if any(rule.months for rule in self.records):
            numbers["months_sure"] = self._months("case_low", rest=False), _MONTHS_WIDTH
            numbers["months_perhaps"] = self._months("case_start", rest=True), _MONTHS_WIDTH
        packed = "&".join(f'TEXT({formula},"{"0" * width}")' for formula, width in numbers.values())
        self.plan.step("case_ways", "cases", packed)
        place = 1
        for name, (_, width) in numbers.items():
            self.plan.name(name, f.number("of_case_ways", place, width))
            place += width

    def _months(self, start: str, *, rest: bool) -> str:
        """Complete months from ``start`` to the last day, and one more for a rest."""
        span = f"(YEAR(case_after)-YEAR({start}))*12+MONTH(case_after)-MONTH({start})"
        months = f"{span}-(EDATE({start},{span})>case_after)"
        if rest:
            months = f"{months}+(EDATE({start},{months})<case_after)"
        return f"IF(case_last<{start},0,{months})"

    def _amount(self, rule: RouteTrackRecord) -> str:
        plan = self.plan
        number = self.records.index(rule)
        sure, perhaps = self._eligible(rule)
        sure, perhaps = plan.name(f"counts_{number}", sure), plan.name(f"may_count_{number}", perhaps)
        least, most = self._contracts(rule.annual_form)
        months = ("0", "0")
        if rule.months:
            no_days = "OR(case_odd+case_contrary>0,case_has_start=0)"
            months = (
                f"IF({no_days},0,months_sure)",
                f"IF({no_days},{rule.months},MIN({_MOST_MONTHS},months_perhaps))",
            )
        values = [
            f"IF({sure},{least},0)",
            f"IF({perhaps},{most},0)",
            f"IF({sure},{months[0]},0)",
            f"IF({perhaps},{months[1]},0)",
        ]
        return "&".join(
            f'TEXT({value},"{"0" * width}")' for value, width in zip(values, _AMOUNT, strict=True)
        )

    def _contracts(self, annual_form: str) -> tuple[str, str]:
        """Names of how many contracts the case is, certainly and possibly, by the form counted in years."""
        plan, form = self.plan, "case_form"
        single, annual = plan.code_of("contract_form", "single"), plan.code_of("contract_form", annual_form)
        names = []
        for word, pick, otherwise in (
            ("sure", "MIN", "0"),
            ("perhaps", "MAX", f'IF({form}="{single}",1,{self.years})'),
        ):
            one, years = f"one_{word}", f"years_{word}"
            known = f'IF({form}="{single}",{one},IF({form}="{annual}",{years},{pick}({one},{years})))'
            names.append(plan.name(f"{annual_form}_{word}", f"IF(case_unclear>0,{otherwise},{known})"))
        return names[0], names[1]

    def _eligible(self, rule: RouteTrackRecord) -> tuple[str, str]:
        """Conditions under which a rule certainly, or possibly, counts the case of the row."""
        plan = self.plan
        sure, perhaps = [], ['case_service="-"', 'case_service="Q"']
        for part in rule.cases:
            service = f'case_service="{plan.code_of("service", part.service)}"'
            if part.types == "any":
                certain, possible = "TRUE", "TRUE"
            else:
                certain = self._types(part.types)
                own = [
                    c.id for c in plan.content.layout.vocabularies["case_type"] if part.service in c.services
                ]
                possible = f"OR({certain},NOT({self._types(own)}))"
            if not part.reading:
                sure.append(f"AND({service},{certain})")
            perhaps.append(f"AND({service},{possible})")
        conditions: list[tuple[str, str]] = []
        if rule.achieved:
            conditions.append(('case_achieved="Y"', 'case_achieved<>"-"'))
        if rule.client_managed:
            conditions.append(('case_managed="Y"', 'case_managed<>"N"'))
        certain = ",".join([f"OR({','.join(sure) or 'FALSE'})", *(c for c, _ in conditions)])
        known = ",".join([f"OR({','.join(perhaps[2:])})", *(p for _, p in conditions)])
        return f"AND({certain})", f"OR({perhaps[0]},{perhaps[1]},AND({known}))"

    def _types(self, types: list[str]) -> str:
        codes = [self.plan.code_of("case_type", name) for name in types]
        return "OR(" + ",".join(f'case_type="{code}"' for code in codes) + ")"

    def amount(self, rule: RouteTrackRecord, which: int) -> str:
        """The vector of contracts (0 certain, 1 possible) or months (2, 3) of the cases."""
        place = self.records.index(rule) * AMOUNT_WIDTH + 1 + sum(_AMOUNT[:which])
        return f.number(self.amounts, place, _AMOUNT[which])

    # --- whose cases ---

    def with_person(self, number: str) -> str:
        """1 in the rows in which the staff number of a cell certainly stands among the participants."""
        return f'ISNUMBER(FIND("|"&{number}&"|",{self.participants}))'

    def hidden(self) -> str:
        """1 in the rows whose participants nobody can tell for certain."""
        return f'({f.mid(self.vector, CLEAN)}="0")'

    def has(self, place: int, code: str) -> str:
        return f'({f.mid(self.vector, place)}="{code}")'


def review_rules(rules: list[CaseReview]) -> dict[str, CaseReview]:
    """Return the different ways in which rules look at the reviews of cases."""
    return {f"{rule.check}/{rule.method}/{','.join(rule.routes)}": rule for rule in rules}
