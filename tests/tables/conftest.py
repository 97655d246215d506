"""Submissions for the tests of the tables, written as rows by field name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.tables.findings import render
from secsvc_batch.tables.raw import RawTables, concat
from secsvc_batch.tables.typed import Tables, typed_tables
from secsvc_batch.tables.validation import validate
from secsvc_batch.workbook.layout import Layout, load_layout
from secsvc_batch.workbook.reader import SheetData, Submission

BASE_DATE = date(2026, 10, 1)
HEADER_ROW = 3

Row = Mapping[str, Any]
Sheets = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Book:
    """One applicant: rows by sheet; sheets and columns left out of the file by name."""

    sheets: Sheets
    file: str = "a.xlsx"
    without: tuple[str, ...] = ()  # "kind" or "kind.field"

    def submission(self, layout: Layout) -> Submission:
        submission = Submission(Path(self.file), self.file, "0" * 64, 1)
        for sheet in layout.tables:
            if sheet.id in self.without:
                continue
            form = sheet.shape == "form"
            fields = [f.id for f in sheet.fields if f"{sheet.id}.{f.id}" not in self.without]
            rows = list(self.sheets.get(sheet.id, [{}] if form else []))
            submission.sheets[sheet.id] = SheetData(
                kind=sheet.id,
                name=sheet.name.ja,
                header_row=0 if form else HEADER_ROW,
                columns={name: 1 if form else i for i, name in enumerate(fields)},
                field_rows={name: 2 + i for i, name in enumerate(fields)} if form else {},
                rows=[0] if form else [row.get("row", HEADER_ROW + 1 + i) for i, row in enumerate(rows)],
                cells={name: [row.get(name) for row in rows] for name in fields},
                note_column=len(fields),
            )
        return submission


Validate = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def layout() -> Layout:
    return load_layout()


@pytest.fixture(scope="session")
def standard() -> Standard:
    return load_standard()


@pytest.fixture(scope="session")
def book() -> type[Book]:
    """Return what makes a book of rows, a file name, and sheets and columns that are missing."""
    return Book


@pytest.fixture(scope="session")
def read(layout: Layout) -> Callable[..., tuple[RawTables, Tables]]:
    """Return the raw and the typed tables of books (or of mappings of rows by sheet)."""

    def read_books(*books: Book | Sheets) -> tuple[RawTables, Tables]:
        wrapped = [b if isinstance(b, Book) else Book(b, f"{i}.xlsx") for i, b in enumerate(books)]
        raw = concat([book.submission(layout) for book in wrapped], layout)
        return raw, typed_tables(raw.sheets, layout)

    return read_books


@pytest.fixture(scope="session")
def found(layout: Layout, standard: Standard, read: Callable[..., tuple[RawTables, Tables]]) -> Validate:
    """Return the bare findings of books."""

    def validate_books(*books: Book | Sheets) -> pd.DataFrame:
        raw, tables = read(*books)
        return validate(tables, raw, layout, standard, BASE_DATE)

    return validate_books


@pytest.fixture(scope="session")
def said(found: Validate) -> Callable[..., list[tuple[str, str, str]]]:
    """Return what the findings of books say in Japanese: cell, code and message of each."""

    def messages(*books: Book | Sheets, lang: str = "ja") -> list[tuple[str, str, str]]:
        texts = render(found(*books), lang)
        return list(zip(texts["cell"], texts["code"], texts["message"], strict=True))

    return messages
