"""Chunks for the tests of the reports: applicants written as rows by field name, evaluated as in a round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from secsvc_batch.evaluation.engine import Results, evaluate
from secsvc_batch.reports.evidence import Evidence, evidence
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.reports.verdicts import application_table, verdict_table
from secsvc_batch.standard.loader import Standard
from secsvc_batch.tables.findings import order, render
from secsvc_batch.tables.raw import RawTables, concat
from secsvc_batch.tables.typed import typed_tables
from secsvc_batch.tables.validation import validate
from secsvc_batch.workbook.layout import Field, Sheet
from secsvc_batch.workbook.reader import RawCell, SheetData, Submission
from tests.support import conformance_cases

BASE_DATE = date(2026, 10, 1)
HEADER_ROW = 5
Workbook = Mapping[str, Any]


@dataclass(frozen=True)
class ReportedChunk:
    """An evaluated chunk with everything that the reports need."""

    standard: Standard
    raw: RawTables
    results: Results
    findings: pd.DataFrame

    @property
    def run(self) -> RunInfo:
        return RunInfo(self.standard, BASE_DATE)

    def verdicts(self, lang: str = "ja") -> pd.DataFrame:
        return verdict_table(self.results, self.raw, self.standard, lang)

    def applications(self, lang: str = "ja") -> pd.DataFrame:
        return application_table(self.results, self.raw, self.standard, lang)

    def evidence(self, lang: str = "ja") -> Evidence:
        return evidence(self.results, self.raw, self.standard, lang)

    def row(self, clause: str, applicant: int = 0, lang: str = "ja") -> pd.Series:
        """Return the published row of one node of one applicant."""
        table = self.verdicts(lang)
        file = self.raw.files["file"].iloc[applicant]
        row: pd.Series = table[(table["clause"] == clause) & (table["file"] == file)].iloc[0]
        return row

    def node(self, clause: str, applicant: int = 0) -> int:
        """Return the verdict row of one node of one applicant."""
        table = self.verdicts()
        file = self.raw.files["file"].iloc[applicant]
        return int(table.index[(table["clause"] == clause) & (table["file"] == file)][0])


def chunk_of(workbooks: Sequence[Workbook], standard: Standard, lang: str = "ja") -> ReportedChunk:
    """Evaluate applicants given as rows by field name; their files are 0.xlsx, 1.xlsx, .."""
    submissions = [_submission(f"{n}.xlsx", book, standard) for n, book in enumerate(workbooks)]
    raw = concat(submissions, standard.layout)
    tables = typed_tables(raw.sheets, standard.layout)
    results = evaluate(tables, len(submissions), standard, BASE_DATE)
    found = validate(tables, raw, standard.layout, standard, BASE_DATE)
    return ReportedChunk(standard, raw, results, order(render(found, lang, standard.layout), standard.layout))


def case(name: str) -> Workbook:
    """Return the workbook of the conformance case whose name is, or begins with, ``name``."""
    cases = conformance_cases()
    exact = [one["workbook"] for one in cases if one["name"] == name]
    return exact[0] if exact else next(one["workbook"] for one in cases if one["name"].startswith(name))


def changed(workbook: Workbook, sheet: str, at: int, **fields: Any) -> dict[str, Any]:
    """Return a copy of a workbook with some fields of one row (or of the form) changed."""
    if isinstance(workbook[sheet], Mapping):
        return {**workbook, sheet: {**workbook[sheet], **fields}}
    rows = [{**row, **fields} if number == at else row for number, row in enumerate(workbook[sheet])]
    return {**workbook, sheet: rows}


def _submission(file: str, workbook: Workbook, standard: Standard) -> Submission:
    submission = Submission(Path(file), file, "0" * 64, 1, "1", standard.edition.edition)
    for sheet in standard.layout.tables:
        rows = workbook.get(sheet.id, [])
        submission.sheets[sheet.id] = _data(sheet, [rows] if isinstance(rows, Mapping) else rows)
    return submission


def _data(sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> SheetData:
    form = sheet.shape == "form"
    rows = rows or ([{}] if form else [])
    return SheetData(
        kind=sheet.id,
        name=sheet.name.ja,
        header_row=0 if form else HEADER_ROW,
        columns={field.id: 1 if form else number for number, field in enumerate(sheet.fields)},
        field_rows={field.id: number + 4 for number, field in enumerate(sheet.fields)} if form else {},
        rows=[0] if form else [HEADER_ROW + 1 + number for number in range(len(rows))],
        cells={field.id: [_cell(field, row.get(field.id)) for row in rows] for field in sheet.fields},
        note_column=len(sheet.fields),
    )


def _cell(field: Field, value: Any) -> RawCell:
    if value in (None, ""):
        return None
    if isinstance(value, Mapping):
        return str(value["text"])
    if isinstance(value, int | float):
        return float(value)
    if field.type == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    text: RawCell = value
    return text
