"""What the program has to say about some submissions, in memory: the stages that every command shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from secsvc_batch.evaluation.advisories import Advice, advisories
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.engine import Results, evaluate
from secsvc_batch.reports.verdicts import application_table, verdict_table
from secsvc_batch.round.inputs import Input
from secsvc_batch.round.names import stem_of
from secsvc_batch.round.stopwatch import Stopwatch
from secsvc_batch.standard.loader import Standard
from secsvc_batch.tables.findings import bare, capped_frame, concat, finished, from_file_findings, packed
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.raw import concat as concat_raw
from secsvc_batch.tables.typed import Objects, Tables, application_ids, typed_tables
from secsvc_batch.tables.validation import shown, validate
from secsvc_batch.workbook.layout import Layout
from secsvc_batch.workbook.reader import FileFinding, Submission, read_submission, refuse


@dataclass
class Examined:
    """The submissions of one chunk with everything found out about them.

    ``readable``: the submissions that were not refused; their numbers are the applicant numbers of all
    frames. ``ids``: the application number of each. ``verdicts`` and ``applications`` are the published
    tables (reports/verdicts.py), ``findings`` the rendered ones in order.
    """

    submissions: Sequence[Submission]
    readable: list[Submission]
    raw: RawTables
    tables: Tables
    results: Results
    ids: list[str]
    findings: pd.DataFrame
    verdicts: pd.DataFrame
    applications: pd.DataFrame
    layout: Layout
    lang: str
    bare_findings: list[pd.DataFrame]

    def with_findings(self, found: Sequence[tuple[int, FileFinding]]) -> pd.DataFrame:
        """Return the findings with more of them: pairs of applicant number and finding."""
        if not found:
            return self.findings
        files = [(n, self.ids[n], self.readable[n].file, [finding]) for n, finding in found]
        extra = from_file_findings(files, self.layout)
        return finished(concat([*self.bare_findings, extra]), self.layout, self.lang)


def read(one: Input, standard: Standard, known: tuple[str, int] | None = None) -> Submission:
    """Read one file of a round; ``known``: its SHA-256 and size, where they are."""
    if one.refused is not None:
        return refuse(Submission(one.path, one.file, *(known or ("", 0))), one.refused)
    return read_submission(one.path, one.file, standard.layout, standard.edition.edition, known=known)


def examine(
    submissions: Sequence[Submission], standard: Standard, base_date: date, lang: str, watch: Stopwatch
) -> Examined:
    """Validate and evaluate submissions that were read; nothing is written."""
    layout = standard.layout
    with watch.stage("read"):
        readable = [submission for submission in submissions if not submission.refused]
        raw = concat_raw(readable, layout)
    with watch.stage("validate"):
        tables = typed_tables(raw.sheets, layout)
        found = validate(tables, raw, layout, standard, base_date)
    with watch.stage("evaluate"):
        results = evaluate(tables, len(raw.files), standard, base_date)
        advice = _advice(results.context, raw, tables)
    ids = [str(name) for name in application_ids(tables, raw)]
    with watch.stage("documents"):
        parts = [_of_files(submissions, ids, layout), found, advice]
        findings = finished(concat(parts), layout, lang)
        verdicts = verdict_table(results, raw, standard, lang)
        applications = application_table(results, raw, standard, lang)
    return Examined(
        submissions,
        readable,
        raw,
        tables,
        results,
        ids,
        findings,
        verdicts,
        applications,
        layout,
        lang,
        parts,
    )


def _of_files(submissions: Sequence[Submission], ids: list[str], layout: Layout) -> pd.DataFrame:
    """The reader's findings; refused files have the applicant number -1."""
    numbers = iter(range(len(ids)))
    files = []
    for submission in submissions:
        number = -1 if submission.refused else next(numbers)
        name = stem_of(submission.file) if number < 0 else ids[number]
        files.append((number, name, submission.file, submission.findings))
    return from_file_findings(files, layout)


def _advice(ctx: Context, raw: RawTables, tables: Tables) -> pd.DataFrame:
    """The advisories as findings with their cells."""
    ids, files = application_ids(tables, raw), raw.files["file"].to_numpy(dtype=object)
    found = [_placed(advice, raw, tables, ids, files) for advice in advisories(ctx) if len(advice.positions)]
    if not found:
        return bare({}, 0)
    # one frame of all of them: many small ones take longer
    columns = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    return capped_frame(bare(columns, len(columns["row"])))


def _placed(advice: Advice, raw: RawTables, tables: Tables, ids: Objects, files: Objects) -> dict[str, Any]:
    table, at = tables[advice.kind], advice.positions
    applicants, rows = table.applicant[at], table.row[at]
    values = raw.sheets[advice.kind][advice.field].to_numpy(dtype=object)[at]
    same = {
        "kind": advice.kind, "field": advice.field, "code": advice.code, "params": packed(advice.params),
    }  # fmt: skip
    return {
        "applicant": applicants,
        "application_id": ids[applicants],
        "file": files[applicants],
        "sheet": raw.source.sheet_names(advice.kind, applicants),
        "cell": raw.source.cells(advice.kind, advice.field, applicants, rows),
        "row": rows,
        "raw": np.array([shown(value) for value in values], dtype=object),
        **{name: np.full(len(at), text, dtype=object) for name, text in same.items()},
    }
