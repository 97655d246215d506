"""What people write that a program has to cope with: odd spellings, unreadable cells, slips.

Each flaw changes a few cells of a finished applicant and returns nothing; some are read without
fault, most lead to a finding.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from secsvc_batch.sample.applicant import Applicant
from secsvc_batch.sample.words import sample_words
from secsvc_batch.workbook.layout import Field

Flaw = Callable[[Applicant], None]

_FULL_WIDTH = {ord(c): ord(c) + 0xFEE0 for c in "0123456789/"}
_REIWA = 2018


def _cells(a: Applicant, wanted: Callable[[Field], bool]) -> list[tuple[dict[str, Any], str]]:
    """Return the filled-in cells (row, field id) of tables whose field is ``wanted``."""
    return [
        (row, field.id)
        for sheet in a.facts.layout.tables
        for field in sheet.fields
        if sheet.shape == "table" and wanted(field)
        for row in a.sheets[sheet.id]
        if row.get(field.id) not in (None, "")
    ]


def _dates(a: Applicant) -> list[tuple[dict[str, Any], str]]:
    return [(row, name) for row, name in _cells(a, lambda f: f.type == "date") if isinstance(row[name], date)]


def _some(a: Applicant, cells: list[Any], most: int) -> list[Any]:
    return a.rng.sample(cells, k=min(len(cells), a.rng.randint(1, most)))


def japanese_dates(a: Applicant) -> None:
    """Type dates in Japanese years and other spellings that are read as dates."""
    for row, name in _some(a, _dates(a), 12):
        day = row[name]
        if day.year > _REIWA:
            spelling = a.rng.choice(sample_words()["date_spellings"])
            row[name] = {"text": _spell(spelling, day)}


def _spell(spelling: str, day: date) -> str:
    return spelling.format(era=day.year - _REIWA, year=day.year, month=day.month, day=day.day)


def full_width_dates(a: Applicant) -> None:
    """Type dates with full-width digits."""
    for row, name in _some(a, _dates(a), 8):
        text = _spell(sample_words()["full_width_date"], row[name])
        row[name] = {"text": text.translate(_FULL_WIDTH)}


def unreadable_dates(a: Applicant) -> None:
    """Type what is no date into date cells."""
    for row, name in _some(a, _dates(a), 4):
        row[name] = {"text": a.rng.choice(sample_words()["unreadable_dates"])}


def contradictory_dates(a: Applicant) -> None:
    """Put an end before its start."""
    pairs = [
        (row, field)
        for sheet in a.facts.layout.tables
        for field in sheet.fields
        if field.not_before
        for row in a.sheets[sheet.id]
        if isinstance(row.get(field.not_before), date)
    ]
    for row, field in _some(a, pairs, 2):
        assert field.not_before is not None
        row[field.id] = row[field.not_before] - timedelta(days=a.rng.randint(1, 60))


def unknown_choices(a: Applicant) -> None:
    """Type what is not among the choices."""
    for row, name in _some(a, _cells(a, lambda f: f.type == "choice"), 3):
        row[name] = sample_words()["unknown_choice"]


def unknown_people(a: Applicant) -> None:
    """Name a staff number that is not in the staff sheet."""
    for row, name in _some(a, _cells(a, lambda f: f.references is not None), 3):
        row[name] = sample_words()["unknown_staff_id"]


def missing_cells(a: Applicant) -> None:
    """Leave required cells blank."""
    for row, name in _some(a, _cells(a, lambda f: f.required and not f.locked), 3):
        row[name] = None


def wrong_check_digit(a: Applicant) -> None:
    """Mistype the corporate number."""
    row = a.sheets["applicant"][0]
    number = row["corporate_number"]
    row["corporate_number"] = f"{int(number[0]) % 9 + 1}{number[1:]}"


def twice(a: Applicant) -> None:
    """Give two people the same staff number."""
    first, *_, last = a.sheets["staff"]
    last["staff_id"] = first["staff_id"]


def same_reception_number(a: Applicant) -> None:
    """Use the reception number of the applicant before."""
    before = sample_words()["application_id"].format(n=max(a.number - 1, 1))
    a.sheets["applicant"][0]["application_id"] = before


def no_reception_number(a: Applicant) -> None:
    """Leave the reception number blank."""
    a.sheets["applicant"][0]["application_id"] = None


def counts_with_units(a: Applicant) -> None:
    """Write numbers of people in words."""
    for row in a.sheets["headcounts"]:
        if isinstance(row.get("stated_count"), int):
            row["stated_count"] = {"text": sample_words()["count_with_unit"].format(k=row["stated_count"])}


def gaps(a: Applicant) -> None:
    """Leave rows blank in the middle, and fill in one below the capacity."""
    sheet = a.facts.layout.by_id["cases"]
    rows = a.sheets["cases"]
    for _ in range(3):
        rows.insert(a.rng.randrange(len(rows)), {})
    last = rows.pop()
    rows += [{}] * (sheet.capacity - len(rows)) + [last]


def texts_like_formulas(a: Applicant) -> None:
    """Begin texts as a formula begins."""
    texts = sample_words()["formula_like"]
    for i, (row, name) in enumerate(_some(a, _cells(a, _is_free_text), 6)):
        row[name] = texts[i % len(texts)]


def _is_free_text(field: Field) -> bool:
    return field.type == "text" and not field.locked


def shared_person(a: Applicant) -> None:
    """Name a person whom the applicant before names too, with the same credential."""
    before = max(a.number - 1, 1)
    words = sample_words()
    first = a.sheets["staff"][0]
    first["name"] = words["person"].format(n=before, k=1)
    for row in a.sheets["credentials"]:
        if row["staff_id"] == first["staff_id"]:
            row["credential_number"] = words["credential_number"].format(n=before, k=1)
            return


FLAWS: tuple[Flaw, ...] = (
    japanese_dates,
    unreadable_dates,
    unknown_choices,
    full_width_dates,
    wrong_check_digit,
    missing_cells,
    contradictory_dates,
    unknown_people,
    gaps,
    twice,
    counts_with_units,
    texts_like_formulas,
    no_reception_number,
    shared_person,
    same_reception_number,
)
"""Every flaw; applicants with flaws get three each, in turn."""
