"""One chunk of a round, a pure task: files in, annotated copies and part tables out."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import pandas as pd

from secsvc_batch.evaluation.advisories import Advice, advisories
from secsvc_batch.evaluation.context import Context
from secsvc_batch.evaluation.engine import Results, evaluate
from secsvc_batch.reports.annotations import annotations
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.reports.verdicts import application_table, verdict_table
from secsvc_batch.round.inputs import Input
from secsvc_batch.round.job import Chunk, Job
from secsvc_batch.tables.findings import bare, capped_frame, concat, from_file_findings, order, packed, render
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.raw import concat as concat_raw
from secsvc_batch.tables.round_checks import cross_keys
from secsvc_batch.tables.typed import Objects, Tables, typed_tables
from secsvc_batch.tables.validation import application_ids, shown, validate
from secsvc_batch.workbook.annotate import AnnotationError, annotate
from secsvc_batch.workbook.preflight import fingerprint
from secsvc_batch.workbook.reader import FileFinding, Submission, read_submission

ANNOTATED = "annotated"
PARTS = "parts"


@dataclass(frozen=True)
class FileReport:
    """What became of one file. ``status``: read, refused (findings say why) or fault (of the program)."""

    file: str
    sha256: str
    size: int
    status: str
    application_id: str = ""
    error: str = ""


@dataclass
class ChunkResult:
    """What a chunk leaves behind besides the files it wrote. ``times``: seconds per stage."""

    first: int
    files: list[FileReport]
    keys: pd.DataFrame | None = None
    times: dict[str, float] = field(default_factory=dict)


class Stopwatch:
    """Adds up the seconds of named stages."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begin = perf_counter()
        try:
            yield
        finally:
            self.times[name] = self.times.get(name, 0.0) + perf_counter() - begin


def process(job: Job, chunk: Chunk) -> list[ChunkResult]:
    """Do everything for the files of a chunk; the results are found in ``job.staging``.

    A fault of the program never becomes a verdict: the files are tried one by one, and the one that
    cannot be done is reported as a fault.
    """
    if chunk.fatal:
        return [_unreadable(job, chunk)]
    try:
        return [_process(job, chunk)]
    except Exception as error:
        if len(chunk.inputs) == 1:
            return [_fault(job, chunk, error)]
    singles = [Chunk(chunk.number, chunk.first + i, (one,)) for i, one in enumerate(chunk.inputs)]
    return [result for single in singles for result in process(job, single)]


def _process(job: Job, chunk: Chunk) -> ChunkResult:
    watch, standard = Stopwatch(), job.standard
    with watch.stage("read"):
        submissions = [_read(job, one) for one in chunk.inputs]
        readable = [s for s in submissions if not s.refused]
        raw = concat_raw(readable, standard.layout)
    with watch.stage("validate"):
        tables = typed_tables(raw.sheets, standard.layout)
        found = validate(tables, raw, standard.layout, standard, job.base_date)
        keys = cross_keys(tables, raw, chunk.first)
    with watch.stage("evaluate"):
        results = evaluate(tables, len(raw.files), standard, job.base_date)
        advice = _advice(results.context, raw, tables)
    ids = application_ids(tables, raw)
    with watch.stage("documents"):
        of_files = _of_files(submissions, list(ids), job)
        findings = _finished(concat([of_files, found, advice]), job)
        verdicts = verdict_table(results, raw, standard, job.lang)
        applications = application_table(results, raw, standard, job.lang)
    with watch.stage("annotate"):
        failed = _annotate(job, readable, results, raw, findings)
    if failed:
        extra = from_file_findings(
            [(n, str(ids[n]), readable[n].file, [finding]) for n, finding in failed], standard.layout
        )
        findings = _finished(concat([of_files, found, advice, extra]), job)
    with watch.stage("tables"):
        _write_parts(
            job, chunk.first, {"verdicts": verdicts, "findings": findings, "applications": applications}
        )
    return ChunkResult(chunk.first, _reports(submissions, list(ids)), keys, watch.times)


def _read(job: Job, one: Input) -> Submission:
    standard = job.standard
    return read_submission(one.path, one.file, standard.layout, standard.edition.edition)


def _finished(findings: pd.DataFrame, job: Job) -> pd.DataFrame:
    layout = job.standard.layout
    return order(render(findings, job.lang, layout), layout)


def _of_files(submissions: list[Submission], ids: list[object], job: Job) -> pd.DataFrame:
    """The reader's findings; refused files have the applicant number -1."""
    numbers = iter(range(len(ids)))
    files = []
    for submission in submissions:
        number = -1 if submission.refused else next(numbers)
        name = submission.path.stem if number < 0 else str(ids[number])
        files.append((number, name, submission.file, submission.findings))
    return from_file_findings(files, job.standard.layout)


def _advice(ctx: Context, raw: RawTables, tables: Tables) -> pd.DataFrame:
    """The advisories as findings with their cells."""
    ids, files = application_ids(tables, raw), raw.files["file"].to_numpy(dtype=object)
    found = [_placed(advice, raw, tables, ids, files) for advice in advisories(ctx) if len(advice.positions)]
    return capped_frame(concat(found))


def _placed(advice: Advice, raw: RawTables, tables: Tables, ids: Objects, files: Objects) -> pd.DataFrame:
    table, at = tables[advice.kind], advice.positions
    applicants, rows = table.applicant[at], table.row[at]
    values = raw.sheets[advice.kind][advice.field].to_numpy(dtype=object)[at]
    return bare(
        {
            "applicant": applicants,
            "application_id": ids[applicants],
            "file": files[applicants],
            "sheet": raw.source.sheet_names(advice.kind, applicants),
            "cell": raw.source.cells(advice.kind, advice.field, applicants, rows),
            "kind": advice.kind,
            "row": rows,
            "field": advice.field,
            "raw": [shown(value) for value in values],
            "code": advice.code,
            "params": packed(advice.params),
        },
        len(at),
    )


def _annotate(
    job: Job, readable: list[Submission], results: Results, raw: RawTables, findings: pd.DataFrame
) -> list[tuple[int, FileFinding]]:
    """Write the annotated copies; return the applicants whose workbook cannot be annotated."""
    failed = []
    run = RunInfo(job.standard, job.base_date)
    for number, annotation in enumerate(annotations(results, raw, findings, run, job.lang)):
        submission = readable[number]
        try:
            annotate(submission.path, job.staging / ANNOTATED / submission.file, annotation)
        except AnnotationError as error:
            failed.append((number, FileFinding("annotation_failed", params={"detail": str(error)})))
    return failed


def _reports(submissions: list[Submission], ids: list[object]) -> list[FileReport]:
    numbers = iter(ids)
    return [
        FileReport(s.file, s.sha256, s.size, "refused", s.path.stem)
        if s.refused
        else FileReport(s.file, s.sha256, s.size, "read", str(next(numbers)))
        for s in submissions
    ]


def part_path(staging: Path, table: str, first: int) -> Path:
    """Return where a chunk that begins with file number ``first`` leaves a part of a table."""
    return staging / PARTS / f"{table}-{first:08d}.parquet"


def _write_parts(job: Job, first: int, tables: dict[str, pd.DataFrame]) -> None:
    for name, frame in tables.items():
        path = part_path(job.staging, name, first)
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(path, index=False, compression=None)


def _unreadable(job: Job, chunk: Chunk) -> ChunkResult:
    """A file on which a worker died, alone: refused."""
    return _without_verdicts(job, chunk, "refused", FileFinding("file_kills_worker"), "")


def _fault(job: Job, chunk: Chunk, error: Exception) -> ChunkResult:
    """A file on which the program itself fails."""
    name = type(error).__name__
    detail = "".join(traceback.format_exception(error))
    return _without_verdicts(
        job, chunk, "fault", FileFinding("engine_fault", params={"detail": name}), detail
    )


def _without_verdicts(job: Job, chunk: Chunk, status: str, finding: FileFinding, error: str) -> ChunkResult:
    one = chunk.inputs[0]
    (job.staging / ANNOTATED / one.file).unlink(missing_ok=True)
    findings = from_file_findings([(-1, one.path.stem, one.file, [finding])], job.standard.layout)
    _write_parts(job, chunk.first, {"findings": _finished(findings, job)})
    sha256, size = fingerprint(one.path)
    return ChunkResult(chunk.first, [FileReport(one.file, sha256, size, status, one.path.stem, error)])
