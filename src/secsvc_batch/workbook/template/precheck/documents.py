"""Leaves that a document, a disclosed standard or a named person shows. Each gives (certain, possible)."""

from secsvc_batch.standard.model import ClientInformation, Follows, Requirement
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.precheck.cases import ENDED, OUTSIDE, OWN, SERVICE, STATE
from secsvc_batch.workbook.template.precheck.facts import Facts
from secsvc_batch.workbook.template.precheck.plan import words_of


class Row:
    """The pre-filled row of a clause on one sheet."""

    def __init__(self, sheet: str, clause: str, facts: Facts) -> None:
        content = facts.content
        rows = content.prefilled(content.layout.by_id[sheet])
        index = next(i for i, row in enumerate(rows) if row.clause == clause)
        self.row = grid.FIRST_ROW + index
        self._facts, self._sheet = facts, sheet
        self.intact = f"EXACT({self['clause']},{f.text(clause)})"

    def __getitem__(self, field: str) -> str:
        return self._facts.places.at(self._sheet, field, self.row)

    def bounds(self, certain: str, possible: str) -> tuple[str, str]:
        """What holds as long as the clause stands where it belongs."""
        return f"AND({self.intact},{certain})", f"OR(NOT({self.intact}),{possible})"


def _status(row: Row, facts: Facts) -> tuple[str, str]:
    """Conditions for certainly done and for possibly done."""
    done, not_done = (
        next(c for c in facts.content.layout.vocabularies["procedure_status"] if c.id == name)
        for name in ("done", "not_done")
    )
    cell = row["status"]
    never = f"OR({f.is_blank(cell)},{f.one_of(cell, words_of(not_done))})"
    return f.one_of(cell, words_of(done)), f"NOT({never})"


def _past(cell: str) -> str:
    return f"IF({f.is_date(cell)},INT(N({cell}))<=base_day,FALSE)"


def declared(requirement: Requirement, facts: Facts) -> tuple[str, str]:
    row = Row("procedures", requirement.clause, facts)
    done, perhaps = _status(row, facts)
    date = row["carried_out_on"]
    on_time = f"OR({f.is_blank(date)},{_past(date)})"
    return row.bounds(f"AND({done},{f.is_filled(row['document'])},{on_time})", perhaps)


def experts_list(requirement: Requirement, facts: Facts) -> tuple[str, str]:
    row = Row("procedures", requirement.clause, facts)
    _, perhaps = _status(row, facts)
    place = facts.of_service(
        facts.content.standard.service_of(requirement.clause).id, "experts_list_location"
    )
    return f.is_filled(place), f"OR(NOT({f.is_blank(place)}),NOT({row.intact}),{perhaps})"


def quality_manager(requirement: Requirement, facts: Facts) -> tuple[str, str]:
    plan, people = facts.plan, facts.people
    service = facts.content.standard.service_of(requirement.clause).id
    cell = facts.of_service(service, "quality_manager")
    named = plan.name(f"manager_{service}", f.tokens(cell))
    good = f'({f.mid(people.staff.name, 1)}="A")*(LEN({people.ids})>0)*{_in_post(facts)}'
    known = f'SUMPRODUCT(ISNUMBER(FIND("|"&{people.ids}&"|",{named}))*{good})'
    clean = f'AND(LEN({named})>2,ISERROR(FIND("|",{cell})))'
    return f"AND({clean},{known}={f.count_tokens(named)})", f"NOT({f.is_blank(cell)})"


def _in_post(facts: Facts) -> str:
    """1 for the people certainly in post: told from the dates, since no role is asked for."""
    since, until = (facts.places.all("staff", name) for name in ("employed_from", "employed_until"))
    begun = f"((LEN({since})=0)+ISNUMBER({since})*({since}>=61)*({since}<base_day+1)>0)"
    staying = f"((LEN({until})=0)+ISNUMBER({until})*({until}>=base_day)*({until}<2958466)>0)"
    return f"{begun}*{staying}"


def follows(requirement: Requirement, facts: Facts) -> tuple[str, str]:
    plan, rule = facts.plan, requirement.requires
    assert isinstance(rule, Follows)
    row = Row("specifications", requirement.clause, facts)
    word = facts.content.layout.words["other"]
    main, other = row["standard"], row["standard_other"]
    is_other = f.one_of(main, (word.ja, word.en))
    number = plan.value(f"IF({is_other},{plan.name_number(other)},{plan.name_number(main)})")
    flag = f"MID({plan.flags(rule.list)},1+{number},1)"
    listed = f'OR({flag}="1",{flag}="L")'
    described, claim = row["description"], row["equivalent"]
    claimed = f'AND(LEN({claim})>0,NOT(EXACT({claim},"×")),LEN({described})>0)'
    ways = [f'{flag}<>"0"', claimed]
    if rule.review_list:
        ways.append(f'MID({plan.flags(rule.review_list)},1+{number},1)<>"0"')
    certain, possible = [listed], [f"OR({','.join(ways)})"]
    if rule.check != "follows:practice":
        certain.append(f.is_filled(row["disclosed_at"]))
        possible.append(f"NOT({f.is_blank(row['disclosed_at'])})")
    if rule.check == "follows:concrete":
        certain.append(f.is_filled(described))
    return row.bounds(
        f"AND({','.join(certain)})", f"OR({_more_rows('specifications', facts)},AND({','.join(possible)}))"
    )


def _more_rows(sheet: str, facts: Facts) -> str:
    """True where rows were added below the pre-filled ones."""
    first = grid.FIRST_ROW + len(facts.content.prefilled(facts.content.layout.by_id[sheet]))
    return f"COUNTA({facts.places.below(sheet, first)})>0"


def client_information(requirement: Requirement, facts: Facts) -> tuple[str, str]:
    row = Row("procedures", requirement.clause, facts)
    done, perhaps = _status(row, facts)
    audited = row["audited_on"]
    late = f"IF({f.is_date(audited)},INT(N({audited}))>base_day,{f.is_blank(audited)})"
    apart, in_charge = _auditors(requirement, row["auditor"], facts)
    certain = f"AND({done},{f.is_filled(row['document'])},{_past(audited)},{apart})"
    return row.bounds(certain, f"AND({perhaps},NOT({late}),NOT({in_charge}))")


def _auditors(requirement: Requirement, cell: str, facts: Facts) -> tuple[str, str]:
    """Conditions: all auditors are known and on none of the cases; one certainly is on a past case."""
    plan, people, cases = facts.plan, facts.people, facts.cases
    service = facts.content.standard.service_of(requirement.clause).id
    named = f"auditors_{service}"
    vector, letters_of = _auditing(facts)
    letters = f.mid(vector, letters_of[service])
    first = f'({f.mid(people.staff.name, 1)}="A")'
    mine = f'ISNUMBER(FIND("|"&{people.ids}&"|",{named}))*{first}'
    outside = facts.content.layout.words["outside"]
    words = dict.fromkeys((outside.ja, outside.en))
    others = "+".join(f"ISNUMBER(FIND({f.text(f'|{word}|')},{named}))" for word in words)
    count = f"SUMPRODUCT({mine})+{others}"
    code = plan.code_of("service", service)
    theirs = f.either([cases.has(SERVICE, code), cases.has(SERVICE, "Q")])
    another = plan.code_of("performed_by", "another")
    relevant = f"{theirs}*(1-{cases.has(OWN, another)})*(1-{cases.has(STATE, OUTSIDE)})"
    hidden = f"SUMPRODUCT({relevant}*{cases.hidden()})=0"
    none = f'SUMPRODUCT({mine}*({letters}<>"-"))=0'
    clean = f'AND(LEN({named})>2,ISERROR(FIND("|",{cell})))'
    sure = f"AND({clean},{count}={f.count_tokens(named)},{hidden},{none})"
    return sure, f'SUMPRODUCT({mine}*({letters}="E"))>0'


def _auditing(facts: Facts) -> tuple[str, dict[str, int]]:
    """Per person a letter for each service: E on a past case of it, R on another one, - on none.

    Looked at only for those who are named as auditors.
    """
    if facts.auditing is None:
        leaves = [r for r in facts.content.requirements if isinstance(r.requires, ClientInformation)]
        letters, places = [], {}
        for place, requirement in enumerate(leaves, 1):
            service = facts.content.standard.service_of(requirement.clause).id
            cell = Row("procedures", requirement.clause, facts)["auditor"]
            facts.plan.name(f"auditors_{service}", f.tokens(cell))
            letters.append(facts.plan.name(f"auditing_{service}", _on_cases(service, facts)))
            places[service] = place
        packed = f'IF(LEFT(of_staff,1)="A",{"&".join(letters)},"")'
        facts.auditing = facts.plan.rows("auditing", "staff", packed), places
    return facts.auditing


def _on_cases(service: str, facts: Facts) -> str:
    plan, cases = facts.plan, facts.cases
    number = facts.places.here("staff", "staff_id")
    code, another = plan.code_of("service", service), plan.code_of("performed_by", "another")
    own = plan.code_of("performed_by", "own")
    mine = cases.with_person(number)
    past = f"{cases.has(SERVICE, code)}*{f.either([cases.has(OWN, own), cases.has(OWN, '-')])}"
    ended = f"SUMPRODUCT({past}*{cases.has(STATE, ENDED)}*{mine})>0"
    theirs = f.either([cases.has(SERVICE, code), cases.has(SERVICE, "Q")])
    some = f"SUMPRODUCT({theirs}*(1-{cases.has(OWN, another)})*(1-{cases.has(STATE, OUTSIDE)})*{mine})>0"
    return f'IF(ISERROR(FIND("|"&{number}&"|",auditors_{service})),"-",IF({ended},"E",IF({some},"R","-")))'
