"""Where the fields of a sheet stand: headers and labels found by their text, never by position."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from secsvc_batch.messages import LANGUAGES, word
from secsvc_batch.workbook.layout import Field, Sheet, fold

ANNOTATION_MARKER = "secsvc-batch:"
"""A cell in the first rows of every sheet that the program itself added to a workbook begins so."""

_HEADER_ROWS = 50
_LABEL_COLUMNS = 5
_MARKER_ROWS = 20
_LONGEST_LABEL = 60
_LEAST_MATCHES = 2
_RENAMED_SHARE = 0.7
_CLOSE = 0.7
_STRANGERS = 200  # texts among the headers that are compared with missing ones

Row = Sequence[object]


@dataclass
class Found:
    """The fields of one sheet that were found.

    ``places`` maps a field to its (1-based row, 0-based column): of its header, or of its label in a
    form. ``row`` is the header row (0 for a form). ``duplicates`` are further places of a field;
    ``strangers`` are texts among the headers or labels that are none, with their places.
    """

    row: int = 0
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    duplicates: list[tuple[str, int, int]] = field(default_factory=list)
    strangers: list[tuple[str, int, int]] = field(default_factory=list)
    note_column: int = -1


@lru_cache(maxsize=16384)
def _folded(text: str) -> str:
    return fold(text)


@cache
def _note_headers() -> tuple[str, ...]:
    return tuple(fold(word("annotate.note_header", lang)) for lang in LANGUAGES)


@cache
def _own_headers() -> frozenset[str]:
    """Headers of columns that the template and annotations add: nothing is typed there."""
    names = ("template.mark_header", "template.message_header", "findings.note_header")
    return frozenset(fold(word(name, lang)) for name in names for lang in LANGUAGES)


def unread_columns(found: Found, rows: Sequence[Row]) -> list[tuple[int, str]]:
    """Return the columns of a table that hold values but are no field: 0-based number and header."""
    known = {column for _, column in found.places.values()} | {column for _, _, column in found.duplicates}
    heads, below = rows[found.row - 1], rows[found.row :]
    return [
        (column, str(head))
        for column, head in enumerate(heads)
        if column not in known
        and column != found.note_column
        and _folded(str(head)) not in _own_headers()
        and any(row[column] != "" for row in below)
    ]


def _is_note_header(text: str) -> bool:
    return _folded(text).startswith(_note_headers())


def is_annotation(rows: Sequence[Row]) -> bool:
    """Is this a sheet that the program itself added?"""
    return any(
        isinstance(value, str) and value.startswith(ANNOTATION_MARKER)
        for row in rows[:_MARKER_ROWS]
        for value in row
    )


def locate(sheet: Sheet, rows: Sequence[Row]) -> Found | None:
    """Find the fields of ``sheet`` in the values of a worksheet, None when no header row is there."""
    found = _locate_labels(sheet, rows) if sheet.shape == "form" else _locate_headers(sheet, rows)
    return found if len(found.places) >= min(_LEAST_MATCHES, len(sheet.fields)) else None


def resemblance(sheet: Sheet, rows: Sequence[Row]) -> float:
    """How much of ``sheet`` a worksheet of another name holds: share of its fields, 0 below a majority."""
    found = locate(sheet, rows)
    share = len(found.places) / len(sheet.fields) if found else 0.0
    return share if share >= _RENAMED_SHARE else 0.0


def suggestions(missing: Iterable[Field], found: Found) -> dict[str, tuple[str, int, int]]:
    """Return for missing fields the stranger that is probably meant: field id -> (text, row, column)."""
    pairs = [
        (-_closeness(stranger[0], label), number, wanted.id, stranger)
        for wanted in missing
        for label in (wanted.label.ja, wanted.label.en)
        for number, stranger in enumerate(found.strangers)
    ]
    chosen: dict[str, tuple[str, int, int]] = {}
    taken: set[int] = set()
    for score, number, wanted_id, stranger in sorted(pairs, key=lambda pair: pair[:3]):
        if -score >= _CLOSE and wanted_id not in chosen and number not in taken:
            chosen[wanted_id] = stranger
            taken.add(number)
    return chosen


def _closeness(text: str, label: str) -> float:
    given, wanted = _folded(text), _folded(label)
    if len(wanted) >= 3 and given.startswith(wanted):
        return 0.99
    if given.partition("(")[0] == wanted:
        return 0.99
    return difflib.SequenceMatcher(None, given, wanted, autojunk=False).ratio()


def _texts(row: Row) -> Iterable[tuple[int, str]]:
    for column, value in enumerate(row):
        if type(value) is str and value and len(value) <= _LONGEST_LABEL:
            yield column, value


def _locate_headers(sheet: Sheet, rows: Sequence[Row]) -> Found:
    by_label = sheet.by_label
    best, best_row, looked_at = 0, 0, 0
    for number, row in enumerate(rows, start=1):
        names = {by_label[key].id for _, text in _texts(row) if (key := _folded(text)) in by_label}
        if len(names) > best:
            best, best_row = len(names), number
            if best == len(sheet.fields):
                break
        looked_at += bool(names) or any(value != "" for value in row)
        if looked_at >= _HEADER_ROWS:
            break
    found = Found(row=best_row)
    if best_row:
        cells = ((best_row, column, text) for column, text in _texts(rows[best_row - 1]))
        _sort_in(found, by_label, cells)
    return found


def _locate_labels(sheet: Sheet, rows: Sequence[Row]) -> Found:
    """Labels stand in one column; one that is not there is looked for in the first few others."""
    by_label = sheet.by_label
    columns: dict[int, list[tuple[int, int, str]]] = {column: [] for column in range(_LABEL_COLUMNS)}
    for number, row in enumerate(rows[: _HEADER_ROWS * 10], start=1):
        for column, text in _texts(row[:_LABEL_COLUMNS]):
            columns[column].append((number, column, text))

    def matches(column: int) -> int:
        return len({_folded(text) for _, _, text in columns[column]} & by_label.keys())

    # no label column: the messages of an earlier annotation stand right of the form
    notes = (column for row in rows[:_HEADER_ROWS] for column, text in _texts(row) if _is_note_header(text))
    first, *others = sorted(columns, key=lambda column: (-matches(column), column))
    found = Found(note_column=next(notes, -1))
    _sort_in(found, by_label, columns[first])
    for column in others:
        for number, _, text in columns[column]:
            label = by_label.get(_folded(text))
            # what stands beside a label is its value, whatever it says
            if label is not None and label.id not in found.places and not _is_value(found, number, column):
                found.places[label.id] = number, column
    return found


def _is_value(found: Found, row: int, column: int) -> bool:
    return any(place[0] == row and place[1] < column for place in found.places.values())


def _sort_in(found: Found, by_label: Mapping[str, Field], cells: Iterable[tuple[int, int, str]]) -> None:
    for row, column, text in cells:
        key = _folded(text)
        label = by_label.get(key)
        if label is None:
            if _is_note_header(text):
                found.note_column = column
            elif key and len(found.strangers) < _STRANGERS:
                found.strangers.append((text, row, column))
        elif label.id in found.places:
            found.duplicates.append((label.id, row, column))
        else:
            found.places[label.id] = row, column
