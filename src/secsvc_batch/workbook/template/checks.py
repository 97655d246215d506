"""What is wrong with a row, told beside it: one formula builder per kind of check.

All checks follow from the data dictionary. The message of a row is one defined name whose references
are relative to the row, so every cell holds only that name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from secsvc_batch.messages import word
from secsvc_batch.workbook.layout import Field, Sheet
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template.content import Content
from secsvc_batch.workbook.template.precheck.plan import Plan, words_of
from secsvc_batch.workbook.template.validations import staff_sheet


@dataclass(frozen=True)
class Cell:
    """The cell that a check looks at: its reference and where it belongs."""

    x: str
    sheet: Sheet
    field: Field
    plan: Plan

    @property
    def content(self) -> Content:
        return self.plan.content

    def beside(self, field_id: str) -> str:
        return self.plan.places.here(self.sheet.id, field_id)

    def label(self, field_id: str) -> str:
        return self.sheet.by_id[field_id].label(self.content.lang)


Fault = tuple[str, str]
"""A condition that is true where something is wrong, and the message that says so."""


def _say(cell: Cell, key: str, **params: str) -> str:
    return word(f"template.row_{key}", cell.content.lang, field=cell.field.label(cell.content.lang), **params)


def _required(cell: Cell) -> Iterator[Fault]:
    if cell.field.required and not cell.field.locked:
        yield f"LEN({cell.x})=0", _say(cell, "required")


def _date(cell: Cell) -> Iterator[Fault]:
    if cell.field.type == "date":
        yield f"{f.odd_date(cell.x)}>0", _say(cell, "not_date")
    before = cell.field.not_before
    if before:
        start = cell.beside(before)
        contrary = f"{f.is_date(cell.x)}*{f.is_date(start)}*(N({cell.x})<N({start}))"
        yield f"{contrary}>0", _say(cell, "order", other=cell.label(before))


def _choice(cell: Cell) -> Iterator[Fault]:
    field, plan = cell.field, cell.plan
    if field.type == "choice" and field.choices:
        code = plan.name(f"chosen_{cell.sheet.id}_{field.id}", plan.code(cell.x, field.choices))
        yield f'{code}="Q"', _say(cell, "choice")
    elif field.type == "choices" and field.choices:
        choices = cell.content.layout.vocabularies[field.choices]
        if not any(choice.letter for choice in choices):
            every = [form for choice in choices for form in words_of(choice)]
            yield f"LEN({f.without(f.tokens(cell.x), every)})>0", _say(cell, "choice")
    elif field.type == "mark":
        yield f"AND(LEN({cell.x})>0,NOT({f.one_of(cell.x, ('○', '×'))}))", _say(cell, "choice")
    elif field.type == "list" and not field.locked:
        ids = [
            i
            for i in cell.content.standard.lists.ids
            if cell.content.standard.lists.kind(i) in field.list_kinds
        ]
        yield f"AND(LEN({cell.x})>0,NOT({f.one_of(cell.x, ids)}))", _say(cell, "choice")


def _count(cell: Cell) -> Iterator[Fault]:
    if cell.field.type == "count":
        whole = f"IF(ISNUMBER({cell.x}),IF({cell.x}<0,FALSE,INT({cell.x})={cell.x}),FALSE)"
        yield f"AND(LEN({cell.x})>0,NOT({whole}))", _say(cell, "count")


def _people(cell: Cell) -> Iterator[Fault]:
    field, plan = cell.field, cell.plan
    if not field.references:
        return
    target, number = staff_sheet(cell.content.layout)
    ids = plan.places.all(target.id, number.id)
    message = _say(cell, "unknown", sheet=target.name(cell.content.lang))
    if field.type != "ids":
        yield f"AND(LEN({cell.x})>0,SUMPRODUCT(--EXACT({ids},{cell.x}))=0)", message
        return
    named = plan.name(f"named_{cell.sheet.id}_{field.id}", f.tokens(cell.x))
    if field.outside:
        outside = cell.content.layout.words["outside"]
        named = plan.name(f"{named}_inside", f.without(named, words_of_text(outside.ja, outside.en)))
    known = f'SUMPRODUCT(ISNUMBER(FIND("|"&{ids}&"|",{named}))*(LEN({ids})>0))'
    yield f"AND(LEN({named})>2,{known}<{f.count_tokens(named)})", message


def words_of_text(*words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _unique(cell: Cell) -> Iterator[Fault]:
    if cell.field.unique or (cell.sheet.key == [cell.field.id] and not cell.field.locked):
        cells = cell.plan.places.all(cell.sheet.id, cell.field.id)
        yield f"AND(LEN({cell.x})>0,SUMPRODUCT(--EXACT({cells},{cell.x}))>1)", _say(cell, "twice")


def _claim(cell: Cell) -> Iterator[Fault]:
    needs = cell.field.needs
    if needs:
        claims = f'AND(LEN({cell.x})>0,NOT(EXACT({cell.x},"×")))'
        yield f"AND({claims},LEN({cell.beside(needs)})=0)", _say(cell, "claim", other=cell.label(needs))


def _listed(cell: Cell) -> Iterator[Fault]:
    other = cell.field.other
    if not other:
        return
    text = cell.content.layout.words["other"]
    is_other = f.one_of(cell.x, (text.ja, text.en))
    beside = cell.beside(other)
    yield f"AND({is_other},LEN({beside})=0)", _say(cell, "other", other=cell.label(other))
    words, numbers = cell.plan.name_ranges
    name = f"IF({is_other},{beside},{cell.x})"
    unlisted = f"AND(LEN({name})>0,{f.position(name, words, numbers)}=0)"
    silent = f'OR(LEN({cell.beside("equivalent")})=0,EXACT({cell.beside("equivalent")},"×"))'
    yield f"IF({silent},{unlisted},FALSE)", _say(cell, "unlisted", other=cell.label("equivalent"))


def _case_type(cell: Cell) -> Iterator[Fault]:
    field, plan = cell.field, cell.plan
    choices = cell.content.layout.vocabularies.get(field.choices or "", [])
    if not any(choice.services for choice in choices):
        return
    services = cell.content.layout.vocabularies["service"]
    service = plan.name(f"chosen_{cell.sheet.id}_service", plan.code(cell.beside("service"), "service"))
    chosen = plan.name(f"chosen_{cell.sheet.id}_{field.id}", plan.code(cell.x, str(field.choices)))
    fits = "".join(
        plan.code_of("service", s.id) + plan.code_of(str(field.choices), c.id) + "|"
        for s in services
        for c in choices
        if not c.services or s.id in c.services
    )
    known = f'AND(LEN({cell.x})>0,LEN({cell.beside("service")})>0,{service}<>"Q",{chosen}<>"Q")'
    yield f'AND({known},ISERROR(FIND({service}&{chosen}&"|",{f.text(fits)})))', _say(cell, "type")


def _corporate_number(cell: Cell) -> Iterator[Fault]:
    if cell.field.check_digit:
        rows = cell.plan.first_rows(12)
        weighted = f"SUMPRODUCT(MID({cell.x},14-ROW({rows}),1)*(1+MOD(ROW({rows})-1,2)))"
        right = f"IFERROR(AND(LEN({cell.x})=13,VALUE(LEFT({cell.x},1))=9-MOD({weighted},9)),FALSE)"
        yield f"AND(LEN({cell.x})>0,NOT({right}))", word("template.row_corporate", cell.content.lang)


CHECKS: tuple[Callable[[Cell], Iterator[Fault]], ...] = (
    _required, _choice, _date, _count, _people, _unique, _claim, _listed, _case_type, _corporate_number,
)  # fmt: skip


def faults(cell: Cell) -> Iterator[Fault]:
    """Yield everything that can be wrong with one cell."""
    for check in CHECKS:
        yield from check(cell)


def row_message(sheet: Sheet, plan: Plan) -> str:
    """Return the formula of the message of a row: '' where nothing stands there or nothing is wrong."""
    lang, places = plan.content.lang, plan.places
    joint = word("template.row_joint", lang)
    parts = []
    for field in sheet.fields:
        cell = Cell(places.here(sheet.id, field.id), sheet, field, plan)
        for number, (condition, message) in enumerate(faults(cell)):
            name = plan.name(f"wrong_{sheet.id}_{field.id}_{number}", f"IFERROR({condition},FALSE)")
            parts.append(f'IF({name},{f.text(joint + message)},"")')
    content = f"COUNTA({places.row_here(sheet.id, locked=sheet.prefilled is None)})"
    empty = '""'
    if sheet.prefilled:
        empty = f'IF(asked_{sheet.id}=1,{f.text(word("template.row_empty", lang))},"")'
    whole = "&".join(parts) or '""'
    return f"IF({content}=0,{empty},MID({whole},{len(joint) + 1},500))"


def cell_message(sheet: Sheet, field: Field, plan: Plan, x: str) -> str:
    """Return the formula of the message of one cell of a form."""
    joint = word("template.row_joint", plan.content.lang)
    parts = [
        f'IF(IFERROR({condition},FALSE),{f.text(joint + message)},"")'
        for condition, message in faults(Cell(x, sheet, field, plan))
    ]
    return f"MID({'&'.join(parts)},{len(joint) + 1},500)" if parts else '""'
