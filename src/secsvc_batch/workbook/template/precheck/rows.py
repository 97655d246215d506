"""One packed text per row of 要員, 資格, 講師 and 研修: who it is about and what it says.

Capital letters only: a comparison in a formula does not tell E from e.
"""

from dataclasses import dataclass

from secsvc_batch.standard.model import People
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.precheck.plan import BLANK, UNKNOWN, Plan

EXPERT, WORKER, MAYBE_EXPERT, MAYBE_WORKER, MAYBE, NO = "E", "W", "F", "V", "Q", "-"
ANYBODY = 999
_FAR = 10000


@dataclass(frozen=True)
class Vector:
    """Packed texts of a sheet and the places (from 1) of what they hold; 0: does not hold it."""

    name: str
    sheet: str
    who: int
    person: int = 0
    listed: int = 0
    kind: int = 0
    technology: int = 0
    purpose: int = 0
    service: int = 0
    form: int = 0
    when: int = 0
    claim: int = 0
    doubt: int = 0


class People_:
    """The sheet 要員 and the sheets that name its people."""

    def __init__(self, plan: Plan, window_years: int) -> None:
        self.plan = plan
        self._here = plan.places.here
        staff = plan.places.sheets["staff"]
        self.roles = [field.id for field in staff.fields if field.choices == "role"]
        self.ids = plan.places.all("staff", "staff_id")
        self.window = window_years
        self.staff = self._staff()
        self.credentials = self._credentials()
        self.teaching = self._teaching()
        self.training = self._training()

    # --- people ---

    def _staff(self) -> Vector:
        """A first row of a number (B: without one, D: a later one), a role per column, two doubts."""
        plan, here = self.plan, self._here
        number = here("staff", "staff_id")
        again = f"SUMPRODUCT(EXACT({self.ids},{number})*(ROW({self.ids})<ROW({number})))>0"
        first = f'IF(LEN({number})=0,"B",IF({again},"D","A"))'
        since, until = here("staff", "employed_from"), here("staff", "employed_until")
        odd = plan.name("staff_odd", f"{f.odd_date(since)}+{f.odd_date(until)}")
        begun, left = f.is_date(since), f.is_date(until)
        contrary = f"{begun}*{left}*(INT(N({until}))<INT(N({since})))"
        out = f"{begun}*(INT(N({since}))>base_day)+{left}*(INT(N({until}))<base_day)"
        plan.step("staff_post", "staff", f'IF({odd}>0,"Q",IF({contrary}>0,"Q",IF({out}>0,"-","1")))')
        roles = plan.step("staff_roles", "staff", "&".join(self._role(role) for role in self.roles))
        bars = f'ISNUMBER(FIND("|",{number}))'
        bad = f'IF(LEN({number})=0,"0",IF(AND({plan.stable(number)},NOT({bars})),"0","X"))'
        doubt = f'IF({odd}+ISNUMBER(FIND("{MAYBE}",{roles}))>0,"1","0")'
        size = len(self.roles)
        whole = f"{first}&IF({again},{f.text(NO * size)},{roles})&{bad}&{doubt}"
        self.bad_id, doubt_place = size + 2, size + 3
        return Vector(plan.rows("staff", "staff", whole), "staff", who=2, doubt=doubt_place)

    def _role(self, role: str) -> str:
        plan, x = self.plan, self._here("staff", role)
        code = plan.name(f"code_{role}", plan.code(x, "role"))
        expert, worker = plan.code_of("role", "expert"), plan.code_of("role", "worker")
        sure, unsure = {expert: EXPERT, worker: WORKER}, {expert: MAYBE_EXPERT, worker: MAYBE_WORKER}

        def letters(table: dict[str, str]) -> str:
            return (
                f'IF({code}="{expert}","{table[expert]}",IF({code}="{worker}","{table[worker]}","{MAYBE}"))'
            )

        asked = f'IF(of_staff_post="1",{letters(sure)},{letters(unsure)})'
        return f'IF(OR(LEN({x})=0,of_staff_post="-"),"{NO}",{asked})'

    def _person(self, sheet: str) -> str:
        """The place of the row's person in 要員 (000: nobody, 999: nobody knows), and its roles."""
        plan, x = self.plan, self._here(sheet, "staff_id")
        found = f"SUMPRODUCT(MAX(EXACT({self.ids},{x})*({_FAR}-ROW({self.ids}))))"
        place = f"IF({found}>0,{_FAR}-{found}-{grid.FIRST_ROW},IF({plan.stable(x)},0,{ANYBODY}))"
        person = plan.name(f"{sheet}_person", f"IF(LEN({x})=0,0,{place})")
        size = len(self.roles)
        known = f"MID(INDEX({self.staff.name},{person}),{self.staff.who},{size})"
        who = f"IF({person}=0,{f.text(NO * size)},IF({person}={ANYBODY},{f.text(MAYBE * size)},{known}))"
        return f'TEXT({person},"000")&{who}'

    def _rows(self, sheet: str, listed: str, parts: dict[str, tuple[str, int]], doubts: list[str]) -> Vector:
        """Pack person, roles, the number of the listed name and ``parts`` (formula and length)."""
        plan, size = self.plan, len(self.roles)
        number = plan.name(f"{sheet}_name", listed)
        claim = plan.name(f"{sheet}_claim", plan.claim(sheet))
        packed, places, place = [self._person(sheet), f'TEXT({number},"000")'], {}, 3 + size + 3 + 1
        for name, (formula, length) in [*parts.items(), ("claim", (claim, 2))]:
            packed.append(formula)
            places[name], place = place, place + length
        doubts = [f"{sheet}_person={ANYBODY}", f"{number}={UNKNOWN}", f'{claim}="99"', *doubts]
        packed.append(f'IF(OR({",".join(doubts)}),"1","0")')
        return Vector(
            plan.rows(sheet, sheet, "&".join(packed)),
            sheet,
            who=4,
            person=1,
            listed=4 + size,
            doubt=place,
            **places,
        )

    # --- their sheets ---

    def _credentials(self) -> Vector:
        plan, here = self.plan, self._here
        main, other = here("credentials", "credential"), here("credentials", "credential_other")
        word = plan.content.layout.words["other"]
        listed = (
            f"IF({f.one_of(main, (word.ja, word.en))},{plan.name_number(other)},{plan.name_number(main)})"
        )
        a, e = here("credentials", "acquired_on"), here("credentials", "expires_on")
        odd = plan.name("credentials_odd", f"{f.odd_date(a)}+{f.odd_date(e)}")
        has_a, has_e = f.is_date(a), f.is_date(e)
        contrary = f"{has_a}*{has_e}*(INT(N({e}))<INT(N({a})))"
        over = f"{has_e}*(INT(N({e}))<base_day)"
        held = f'IF({has_a}=0,"4",IF({has_e}=0,"2","1"))'
        later = f"{has_a}*(INT(N({a}))>base_day)"
        ordinary = f'IF({later}>0,"X",IF({over}>0,"3",{held}))'
        when = f'IF({odd}>0,"U",IF({contrary}>0,"C",{ordinary}))'
        return self._rows("credentials", listed, {"when": (when, 1)}, [f"{odd}>0"])

    def _teaching(self) -> Vector:
        plan, here = self.plan, self._here
        kind = plan.name("teaching_kind", plan.code(here("teaching", "kind"), "teaching_kind"))
        subject = plan.name("teaching_subject", plan.code(here("teaching", "technology"), "technology"))
        start = here("teaching", "started_on")
        when = f'IF({f.is_date(start)},IF(INT(N({start}))<=base_day,"P","X"),"Q")'
        doubts = [f'{kind}="Q"', f'{subject}="Q"', f"{f.odd_date(start)}>0"]
        parts = {"kind": (kind, 1), "technology": (subject, 1), "when": (when, 1)}
        return self._rows("teaching", plan.name_number(here("teaching", "organisation")), parts, doubts)

    def _training(self) -> Vector:
        plan, here = self.plan, self._here
        codes = {
            name: plan.name(f"training_{name}", plan.code(here("training", name), vocabulary))
            for name, vocabulary in (
                ("purpose", "training_purpose"),
                ("service", "service"),
                ("form", "training_form"),
            )
        }
        done = here("training", "completed_on")
        inside = f'IF(INT(N({done}))>{window_start(self.window)},"W","O")'
        when = f'IF({f.is_date(done)},IF(INT(N({done}))>base_day,"X",{inside}),"Q")'
        doubts = [*(f'{code}="Q"' for code in codes.values()), f"{f.odd_date(done)}>0"]
        parts = {name: (code, 1) for name, code in codes.items()} | {"when": (when, 1)}
        return self._rows("training", plan.name_number(here("training", "course")), parts, doubts)

    # --- who is meant ---

    def certain(self, vector: Vector, people: People) -> str:
        """1 in the rows of people who certainly have such a role and are in post."""
        letters = [EXPERT] if people.who == "experts" else [EXPERT, WORKER]
        return f.either(f'{self._letter(vector, role)}="{x}"' for role in people.roles for x in letters)

    def possible(self, vector: Vector, people: People) -> str:
        letters = [EXPERT, MAYBE_EXPERT, MAYBE]
        if people.who == "workers":
            letters += [WORKER, MAYBE_WORKER]
        return f.either(f'{self._letter(vector, role)}="{x}"' for role in people.roles for x in letters)

    def _letter(self, vector: Vector, role: str) -> str:
        return f.mid(vector.name, vector.who + self.roles.index(role))

    def distinct(self, vector: Vector, rows: str) -> str:
        """The number of different people in the rows where ``rows`` is 1."""
        person = f.number(vector.name, vector.person, 3)
        counts = f"FREQUENCY({rows}*{person},{self.plan.bins('staff')})"
        whole = self.plan.places.sheets[vector.sheet].capacity
        return f"(SUMPRODUCT(--({counts}>0))-(SUMPRODUCT({rows}*1)<{whole}))"


def window_start(years: int) -> str:
    """The day from which on (exclusive) the past years are counted."""
    return f"EDATE(base_day,-{12 * years})"


__all__ = ["ANYBODY", "BLANK", "People_", "Vector", "window_start"]
