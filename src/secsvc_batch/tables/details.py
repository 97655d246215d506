"""The parameters of a finding: what its message says beside the column and the raw value.

Computed for the rows that fail, and of those only for the ones that are listed.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.tables.cells import day_of, text_of
from secsvc_batch.tables.facts import Chunk, effective_names, last_rows
from secsvc_batch.tables.findings import NO_PARAMS, packed
from secsvc_batch.tables.typed import Objects, Table
from secsvc_batch.workbook.layout import Choice, Field

Positions = NDArray[Any]
Texts = list[str]

_CHOICE_CUTOFF, _NAME_CUTOFF = 0.6, 0.75  # how alike a value and a suggestion must be
_LONGEST_GUESSED = 60  # characters; nobody mistypes a whole sentence


def details(chunk: Chunk, table: Table, code: str, spec: Field, at: Positions) -> Texts:
    """Return the packed parameters of the rows ``at`` that fail check ``code`` of column ``spec``."""
    make = _DETAILS.get(code)
    return [NO_PARAMS] * len(at) if make is None or not len(at) else make(chunk, table, spec, at)


def _unknown_choice(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    choices = tuple(chunk.layout.vocabularies[spec.choices]) if spec.choices else ()
    words = {text_of(word): i for i, choice in enumerate(choices) for word in (choice.ja, choice.en)}

    def suggest(raw: Any) -> str:
        guess = closest(text_of(raw), tuple(words), _CHOICE_CUTOFF)
        return packed({"suggestion": _both(choices[words[guess]])}) if guess else NO_PARAMS

    return _by_distinct(chunk.raw_cells(table.kind, spec.id)[at], suggest)


def _duplicate_key(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    column = table[spec.id]
    rows = pd.DataFrame({"applicant": table.applicant, "value": column.value, "row": table.row})[column.ok]
    first = rows.drop_duplicates(["applicant", "value"], keep="first")
    wanted = pd.DataFrame({"applicant": table.applicant[at], "value": column.value[at]})
    found = wanted.merge(first, on=["applicant", "value"], how="left")["row"]
    return _by_distinct(found.to_numpy(), lambda row: packed({"first_row": int(row)}))


def _unknown_person(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    position, value = chunk.strangers(table, spec)
    wanted = np.isin(position, at)
    people = pd.DataFrame({"position": position[wanted], "value": value[wanted]})
    people["applicant"] = table.applicant[people["position"].to_numpy()]
    people["guess"] = _resembling(chunk, people)
    outside = {"outside": _both(chunk.layout.words["outside"])} if spec.outside else {}
    grouped = people.drop_duplicates(["position", "value"]).groupby("position", sort=True)
    texts = {
        where: packed({"people": list(group["value"]), **_guess(group["guess"]), **outside})
        for where, group in grouped
    }
    return [texts[where] for where in at.tolist()]


def _guess(guesses: pd.Series) -> dict[str, object]:
    found = [guess for guess in guesses if guess]
    return {"suggestion": found[0]} if found else {}


def _resembling(chunk: Chunk, people: pd.DataFrame) -> Objects:
    """Return per unknown number the applicant's own number that differs in form only, or ''."""
    staff = chunk.staff_ids[chunk.staff_ids["applicant"].isin(people["applicant"].unique())]
    loose = staff.assign(loose=staff["value"].map(_loose)).drop_duplicates(["applicant", "loose"])
    wanted = people[["applicant"]].assign(loose=people["value"].map(_loose))
    found = wanted.merge(loose, on=["applicant", "loose"], how="left")["value"]
    return found.fillna("").to_numpy(dtype=object)


@cache
def _loose(number: str) -> str:
    """Fold a staff number further than the comparison does: 001 and 1, S-01 and s01."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[\W_]", "", number.casefold()))


def _end_before_start(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    start = str(spec.not_before)
    return _by_distinct(table[start].value[at], lambda day: packed({"start_field": start, "start": iso(day)}))


def _needs(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    return [packed({"needed_field": str(spec.needs)})] * len(at)


def _needs_name(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    return [packed({"needed_field": str(spec.other)})] * len(at)


def _unlisted_name(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    names = tuple(sorted(chunk.known.names_of(chunk.known.lists_of(spec))))

    def suggest(name: str) -> str:
        guess = closest(name, names, _NAME_CUTOFF)
        return packed({"name": name, **({"suggestion": guess} if guess and guess != name else {})})

    return _by_distinct(effective_names(chunk, table, spec)[at].value, suggest)


def _unknown_list(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    lists = chunk.known.lists_of(spec)

    def suggest(value: str) -> str:
        inside = re.search(r"\d+(?:-\d+)+", value)
        guess = inside.group() if inside and inside.group() in lists else ""
        return packed({"allowed": list(lists), **({"suggestion": guess} if guess else {})})

    return _by_distinct(table[spec.id].value[at], suggest)


def _unknown_clause(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    clauses = {text_of(clause): clause for clause in reversed(list(chunk.known.clauses[table.kind]))}

    def suggest(value: str) -> str:
        guess = closest(text_of(value), tuple(clauses), _NAME_CUTOFF)
        return packed({"suggestion": clauses[guess]}) if guess else NO_PARAMS

    return _by_distinct(table[spec.id].value[at], suggest)


def _choice_of_other_service(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    choices = chunk.layout.vocabularies[str(spec.choices)]
    services = chunk.layout.vocabularies[str(chunk.layout.by_id[table.kind].by_id["service"].choices)]

    def describe(code: Any) -> str:
        service = services[int(code)]
        fitting = [c for c in choices if not c.services or service.id in c.services]
        allowed = {"ja": "、".join(c.ja for c in fitting), "en": ", ".join(c.en for c in fitting)}
        return packed({"service": _both(service), "allowed": allowed})

    return _by_distinct(table["service"].value[at], describe)


def _after_base_date(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    return [packed({"base_date": iso(chunk.base)})] * len(at)


def _day(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    return _by_distinct(table[spec.id].value[at], lambda day: packed({"day": iso(day)}))


def _below_capacity(chunk: Chunk, table: Table, spec: Field, at: Positions) -> Texts:
    rows = last_rows(chunk, table)[table.applicant[at]]
    return _by_distinct(rows, lambda row: packed({"last_row": int(row)}))


_DETAILS: dict[str, Callable[[Chunk, Table, Field, Positions], Texts]] = {
    "unknown_choice": _unknown_choice,
    "duplicate_key": _duplicate_key,
    "unknown_person": _unknown_person,
    "end_before_start": _end_before_start,
    "claim_without_list": _needs,
    "other_without_name": _needs_name,
    "unlisted_name": _unlisted_name,
    "unknown_list": _unknown_list,
    "unknown_clause": _unknown_clause,
    "choice_of_other_service": _choice_of_other_service,
    "date_after_base_date": _after_base_date,
    "date_read_from_text": _day,
    "below_capacity": _below_capacity,
}


# --- helpers --------------------------------------------------------------------------------------


def iso(day: Any) -> str:
    """Return a day number as it is shown."""
    return day_of(int(day)).isoformat()


@cache
def closest(text: str, options: tuple[str, ...], cutoff: float) -> str:
    """Return the option that ``text`` was probably meant to be, or ''.

    >>> closest("cissp", ("CISM", "CISSP"), 0.75)
    'CISSP'
    """
    if len(text) > _LONGEST_GUESSED:
        return ""
    folded = {_folded(option): option for option in reversed(options)}
    exact = folded.get(_folded(text))
    if exact:
        return exact
    found = get_close_matches(_folded(text), folded, n=1, cutoff=cutoff)
    # A shortened name resembles nothing by length, but stands in one option only.
    found = found or [option for option in folded if len(text) > 1 and _folded(text) in option]
    return folded[found[0]] if len(found) == 1 else ""


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


def _both(word: Choice | Any) -> dict[str, str]:
    return {"ja": word.ja, "en": word.en}


def _by_distinct(values: NDArray[Any], make: Callable[[Any], str]) -> Texts:
    codes, distinct = pd.factorize(values)
    texts = [make(value) for value in distinct]
    return [texts[code] for code in codes.tolist()]


def with_counts(texts: Sequence[str], counts: Iterable[int]) -> Texts:
    """Return packed parameters with the number of cells that one finding stands for."""
    return [
        f'{text[:-1]}{", " if text != NO_PARAMS else ""}"count": {n}}}'
        for text, n in zip(texts, counts, strict=True)
    ]
