"""Random applicants for property tests: conformance cases with cells changed at random.

A round is held as raw frames, as the reader gives them, so that thousands of applicants are cheap.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.engine import Results, evaluate
from secsvc_batch.standard.loader import Standard
from secsvc_batch.tables.cells import RawCell
from secsvc_batch.tables.typed import Tables, typed_tables
from secsvc_batch.workbook.layout import Field, Layout
from tests.support import conformance_cases, conformance_workbook

BASE = date(2026, 10, 1)
Workbook = dict[str, list[dict[str, RawCell]]]
_EDGES = (-1, 0, 1, 200, -200, -365, -366, -1094, -1095, -1096, -1097, -1500, -4000)


def workbook(rng: random.Random, layout: Layout, changes: int) -> Workbook:
    """Return a conformance applicant with ``changes`` random cells set to random plausible values."""
    book = as_workbook(rng.choice(conformance_cases()), layout)
    for _ in range(changes):
        kind = rng.choice([name for name, rows in book.items() if rows and name not in ("applicant",)])
        row = rng.choice(book[kind])
        field = rng.choice([f for f in layout.by_id[kind].fields if not f.locked])
        if (kind, field.id) != ("services", "service"):
            row[field.id] = _random_value(rng, field, layout, book)
    return book


def thinned(rng: random.Random, book: Workbook) -> Workbook:
    """Return the workbook without some rows, or all rows, of some of its sheets."""
    kept: Workbook = {}
    for kind, rows in book.items():
        share = 1.0 if kind in ("applicant", "services") else rng.choice((0, 0.5, 0.8, 1, 1, 1))
        kept[kind] = [row for row in rows if rng.random() < share]
    return kept


def as_workbook(case: dict[str, Any], layout: Layout) -> Workbook:
    """Return the workbook of a conformance case as the reader would give its rows."""
    filled = conformance_workbook(case, layout)
    book: Workbook = {}
    for sheet in layout.tables:
        rows = filled.get(sheet.id, [])
        rows = [rows] if isinstance(rows, dict) else rows
        book[sheet.id] = [{f.id: _raw(row.get(f.id)) for f in sheet.fields} for row in rows]
    return book


def _raw(value: Any) -> RawCell:
    if isinstance(value, dict):
        return str(value["text"])
    if value is None or value == "":
        return None
    return float(value) if isinstance(value, int | float) else value


def _random_value(rng: random.Random, field: Field, layout: Layout, book: Workbook) -> RawCell:
    people = [row["staff_id"] for row in book["staff"]] + ["S099", "外部"]
    if rng.random() < 0.15:
        return rng.choice([None, None, "不明", "#N/A"])
    if field.type == "date":
        return BASE + timedelta(days=rng.choice(_EDGES) + rng.choice((0, 0, 0, rng.randint(-40, 40))))
    if field.type in ("choice", "choices"):
        return rng.choice(layout.vocabularies[str(field.choices)]).ja
    if field.type == "ids":
        return "、".join(str(rng.choice(people)) for _ in range(rng.randint(1, 3)))
    if field.type == "mark":
        return rng.choice(["○", "×"])
    if field.type == "claim":
        return rng.choice(["○", None, "×"])
    if field.type == "count":
        return float(rng.randint(0, 3))
    if field.references:
        return rng.choice(people)
    return rng.choice([None, "自由な記入", "その他"])


@dataclass
class Round:
    """Applicants and what the engine says of them."""

    books: list[Workbook]
    standard: Standard
    results: Results

    def verdicts(self) -> NDArray[np.int8]:
        """Return the verdict codes, applicants by requirements, -1 where the service is not applied for."""
        frame = self.results.verdicts
        table = np.full((len(self.books), len(self.standard.requirements)), -1, dtype=np.int8)
        table[frame["applicant"], frame["requirement"]] = frame["verdict"]
        return table


def decided(books: list[Workbook], standard: Standard) -> Round:
    """Evaluate applicants together."""
    return Round(books, standard, evaluate(typed(books, standard), len(books), standard, BASE))


def typed(books: list[Workbook], standard: Standard) -> Tables:
    """Return the tables of applicants."""
    sheets = {}
    for sheet in standard.layout.tables:
        rows = [
            {"applicant": applicant, "row": number, **row}
            for applicant, book in enumerate(books)
            for number, row in enumerate(book[sheet.id], start=5)
        ]
        columns = ["applicant", "row", *(f.id for f in sheet.fields)]
        frame = pd.DataFrame(rows, columns=columns, dtype=object)
        sheets[sheet.id] = frame.astype({"applicant": "int32", "row": "int32"})
    return typed_tables(sheets, standard.layout)
