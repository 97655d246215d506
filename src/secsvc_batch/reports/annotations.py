"""What goes into the annotated copies of a chunk: two sheets, highlights, messages beside the rows."""

from itertools import pairwise

import numpy as np
import pandas as pd

from secsvc_batch.evaluation.engine import Results
from secsvc_batch.messages import word
from secsvc_batch.reports.findings_sheet import Finding, FindingsSheets
from secsvc_batch.reports.judgement import JudgementSheets
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.reports.verdicts import organisations
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.typed import application_ids
from secsvc_batch.workbook.annotate.model import LEVELS, Annotation


def annotations(
    results: Results, raw: RawTables, findings: pd.DataFrame, run: RunInfo, lang: str
) -> list[Annotation]:
    """Return the annotation of every applicant of a chunk, in their order.

    ``findings``: the rendered findings frame of the same chunk; rows of refused files (applicant -1) and of
    other applicants are passed over.
    """
    count = results.context.count
    by_applicant = _findings(findings, count)
    judgements = JudgementSheets(results, raw, run, lang)
    sheets = FindingsSheets(run.standard.layout, lang)
    columns = _NoteColumns(raw, run)
    header = word("findings.note_header", lang)
    titles = _titles(results, raw, lang)
    made = []
    for applicant, found in enumerate(by_applicant):
        notes = _notes(found, lang)
        made.append(
            Annotation(
                sheets=[judgements.sheet(applicant), sheets.sheet(titles[applicant], found)],
                highlights=_highlights(found),
                notes=notes,
                note_columns=columns.of(applicant, notes),
                note_header=header,
            )
        )
    return made


def _findings(findings: pd.DataFrame, count: int) -> list[list[Finding]]:
    """Return the findings of each applicant, as they stand in the frame."""
    frame = findings[findings["applicant"].between(0, count - 1)].sort_values("applicant", kind="stable")
    listed = list(map(Finding._make, zip(*(frame[name].tolist() for name in Finding._fields), strict=True)))
    bounds = np.searchsorted(frame["applicant"].to_numpy(), np.arange(count + 1)).tolist()
    return [listed[start:end] for start, end in pairwise(bounds)]


def _titles(results: Results, raw: RawTables, lang: str) -> list[str]:
    names = organisations(results).tolist()
    ids = application_ids(results.context.tables, raw).tolist()
    return [
        word("findings.applicant", lang, organisation=name, application_id=number)
        for name, number in zip(names, ids, strict=True)
    ]


def _highlights(findings: list[Finding]) -> dict[str, dict[str, list[str]]]:
    marked: dict[str, dict[str, list[str]]] = {}
    for finding in findings:
        if finding.severity in LEVELS and finding.sheet and finding.cell:
            marked.setdefault(finding.sheet, {}).setdefault(finding.severity, []).append(finding.cell)
    return marked


def _notes(findings: list[Finding], lang: str) -> dict[str, dict[int, str]]:
    """Return sheet name -> row -> all messages of that row, each with its symbol."""
    notes: dict[str, dict[int, str]] = {}
    for finding in findings:
        if finding.row > 0 and finding.sheet:
            text = word(f"findings.symbol.{finding.severity}", lang) + " " + finding.message
            of_sheet = notes.setdefault(finding.sheet, {})
            before = of_sheet.get(finding.row)
            joined = text if before is None else word("findings.note", lang, first=before, second=text)
            of_sheet[finding.row] = joined
    return notes


class _NoteColumns:
    """Where the messages of each sheet stand: (header row, column) by sheet name."""

    def __init__(self, raw: RawTables, run: RunInfo) -> None:
        everyone = np.arange(len(raw.files))
        self._places = [
            (
                raw.source.sheet_names(sheet.id, everyone).tolist(),
                raw.source.header_rows(sheet.id).tolist(),
                raw.source.note_columns(sheet.id).tolist(),
            )
            for sheet in run.standard.layout.tables
        ]

    def of(self, applicant: int, notes: dict[str, dict[int, str]]) -> dict[str, tuple[int, int]]:
        if not notes:
            return {}
        return {
            names[applicant]: (headers[applicant], columns[applicant])
            for names, headers, columns in self._places
            if names[applicant] in notes and columns[applicant] >= 0
        }
