"""Drop-downs, input messages and checks of entries.

Only a column of fixed choices refuses other entries; everywhere else a person may know better, and
the program reads what stands there.
"""

from datetime import date
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from secsvc_batch.messages import word
from secsvc_batch.workbook.layout import Field, Layout, Sheet
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content

STAFF_NUMBERS = "staff_numbers"

_HINTED = ("date", "ids", "choices", "listed", "claim", "count")
_TITLE_LIMIT, _MESSAGE_LIMIT = 32, 255
_FIRST_DAY, _LAST_DAY = date(1940, 1, 1), date(2099, 12, 31)


def add_validation(
    worksheet: Worksheet, content: Content, sheet: Sheet, field: Field, cells: tuple[int, int, int, int]
) -> None:
    """Add what ``field`` needs to ``cells`` (first row, first column, last row, last column)."""
    rule = _rule(content, sheet, field, cells[0])
    message = _message(content, sheet, field)
    if rule is None and not message:
        return
    options: dict[str, Any] = {"validate": "any"} if rule is None else rule
    if message:
        options |= {"input_title": _cut(field.label(content.lang), _TITLE_LIMIT), "input_message": message}
    if rule is not None:
        options["error_title"] = word("template.error_title", content.lang)
    worksheet.data_validation(*cells, options)


def staff_sheet(layout: Layout) -> tuple[Sheet, Field]:
    """Return the sheet and field that staff numbers refer to."""
    for sheet in layout.tables:
        for field in sheet.fields:
            if field.references:
                target, name = field.references.split(".")
                return layout.by_id[target], layout.by_id[target].by_id[name]
    raise ValueError("no field of the layout refers to another sheet")


def _rule(content: Content, sheet: Sheet, field: Field, row: int) -> dict[str, Any] | None:
    source = content.source(sheet, field)
    if source is not None:
        source = _picked(content, sheet, field, row, source)
        level, error = _strictness(field)
        return _from_list(source, level, word(f"template.{error}", content.lang))
    if field.references:
        target, _ = staff_sheet(content.layout)
        several = field.type == "ids"
        key = "template.error_ids" if several else "template.error_person"
        text = word(key, content.lang, sheet=target.name(content.lang))
        return _from_list(STAFF_NUMBERS, "information" if several else "warning", text)
    if field.type == "date":
        return {
            "validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY,
            "error_type": "warning", "error_message": word("template.error_date", content.lang),
        }  # fmt: skip
    if field.type == "count":
        return {
            "validate": "integer", "criteria": ">=", "value": 0,
            "error_type": "warning", "error_message": word("template.error_count", content.lang),
        }  # fmt: skip
    return None


def _picked(content: Content, sheet: Sheet, field: Field, row: int, source: str) -> str:
    """Return what is offered in ``row`` (0-based): all of ``source``, or what goes with another column."""
    found = content.depends(sheet, field)
    if found is None:
        return source
    stem, dependent = found
    column = grid.FIRST_COLUMN + [f.id for f in sheet.fields].index(dependent.field)
    cell = f"${xl_col_to_name(column)}{row + 1}"
    some = f"OFFSET({stem}_first,MATCH({cell},{stem}_of,0)-1,0,SUMPRODUCT(--({stem}_of={cell})),1)"
    return f"IF(ISNA(MATCH({cell},{stem}_of,0)),{source},{some})"


def _strictness(field: Field) -> tuple[str, str]:
    if field.type in ("choice", "mark", "list"):
        return "stop", "error_choice"
    if field.type == "choices":
        return "information", "error_choices"
    return ("information", "error_listed") if field.type == "listed" else ("warning", "error_choice")


def _from_list(name: str, level: str, error: str) -> dict[str, Any]:
    return {"validate": "list", "source": f"={name}", "error_type": level, "error_message": error}


def _message(content: Content, sheet: Sheet, field: Field) -> str:
    """Return the help of ``field`` and what its type asks for."""
    lang = content.lang
    parts = [field.help(lang)] if field.help else []
    if field.type in _HINTED and not (field.help and field.type in ("ids", "choices")):
        parts.append(word(f"template.hint_{field.type}", lang))
    if field.type == "list" and not field.locked:
        parts += _lists(content, field)
    dependent = content.depends(sheet, field)
    if dependent is not None:
        other = sheet.by_id[dependent[1].field]
        if not other.locked:
            kind = "service" if field.type == "choice" else "list"
            parts.append(word(f"template.pick_hint_{kind}", lang, other=other.label(lang)))
    if field.outside:
        parts.append(word("template.hint_outside", lang, word=content.layout.words["outside"](lang)))
    return _cut("\n".join(parts), _MESSAGE_LIMIT)


def _lists(content: Content, field: Field) -> list[str]:
    """What each number of a list stands for, or where that is said when it does not fit in."""
    titles = content.standard.lists.titles
    told = [f"{number}: {titles[number](content.lang)}" for number in content.lists(field.list_kinds)]
    if len("\n".join(told)) <= _MESSAGE_LIMIT:
        return told
    first = word("template.intro_sheet", content.lang)
    return [word("template.hint_list_numbers", content.lang, sheet=first)]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
