"""One chunk of a round, a pure task: files in, annotated copies and a part of the tables out."""

import hashlib
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from secsvc_batch.messages import word
from secsvc_batch.reports.annotations import annotations
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.round.examine import Examined, examine, read
from secsvc_batch.round.inputs import Input
from secsvc_batch.round.job import DISK, Chunk, ChunkResult, Job, Known, Place, pieces
from secsvc_batch.round.keys import read_key, run_key
from secsvc_batch.round.names import stem_of
from secsvc_batch.round.part import ANNOTATED, PARTS, FileReport, stored, write_part
from secsvc_batch.round.results import link, sha256_of
from secsvc_batch.round.stopwatch import Stopwatch
from secsvc_batch.round.store import packed, restored
from secsvc_batch.round.worker import time_limit
from secsvc_batch.storage.submissions import look, on_this_machine
from secsvc_batch.tables.findings import finished, from_file_findings
from secsvc_batch.tables.round_checks import cross_keys
from secsvc_batch.workbook.annotate import Annotation, AnnotationError, annotate
from secsvc_batch.workbook.reader import FileFinding, Submission

_NONE = ("",)


def process(job: Job, chunk: Chunk) -> ChunkResult:
    """Do for the files of a chunk what an earlier run has not done.

    A fault of the program never becomes a verdict: the files are tried in smaller and smaller numbers, and
    the one that cannot be done is reported as a fault.
    """
    watch = Stopwatch()
    with watch.stage("look"):
        sizes = [look(one) for one, _ in chunk.tasks]
        good = [
            one.refused is None and _is_good(known, sha256)
            for (one, known), (sha256, _) in zip(chunk.tasks, sizes, strict=True)
        ]
    todo = [
        _Todo(*task, *size) for task, size, done in zip(chunk.tasks, sizes, good, strict=True) if not done
    ]
    made = iter(_do(job, todo, chunk.fatal, watch) if todo else [])
    places = [
        known.place if known is not None and done else next(made)
        for (_, known), done in zip(chunk.tasks, good, strict=True)
    ]
    return ChunkResult(chunk.first, places, watch.times)


def _is_good(known: Known | None, sha256: str) -> bool:
    """Tell whether all that there is to do for a file is done."""
    return known is not None and known.done and known.sha256 == sha256 and _intact(known)


def _intact(known: Known) -> bool:
    """Tell whether the annotated copy is what was written: a power cut may have left only its beginning."""
    # an object was looked at when the chunk was fetched
    if known.copy is None or known.checked or not isinstance(known.copy, Path):
        return True
    try:
        return sha256_of(known.copy) == known.copy_sha256
    except OSError:
        return False


@dataclass(frozen=True)
class _Todo:
    """A file with what is known of it, and the bytes that it has now."""

    one: Input
    known: Known | None
    sha256: str
    size: int


def _do(job: Job, todo: Sequence[_Todo], fatal: str, watch: Stopwatch) -> list[Place]:
    """Do the files at once, or fewer at a time where that fails; return where each of them stands."""
    if fatal:
        return [_without_verdicts(job, one, "refused", *_lost(job, fatal)) for one in todo]
    try:
        return _process(job, todo, watch)
    except OSError as error:
        if error.errno in DISK:
            raise
        failure: Exception = error
    except Exception as error:
        failure = error
    if len(todo) > 1:
        return [place for fewer in pieces(todo) for place in _do(job, fewer, "", watch)]
    if isinstance(failure, MemoryError):
        return _do(job, todo, "memory", watch)
    name, detail = type(failure).__name__, "".join(traceback.format_exception(failure))
    finding = FileFinding("engine_fault", params={"detail": name})
    return [_without_verdicts(job, todo[0], "fault", finding, detail)]


def _lost(job: Job, reason: str) -> tuple[FileFinding, str]:
    return FileFinding("file_kills_worker", params={"reason": word(f"lost.{reason}", job.lang)}), reason


def _process(job: Job, todo: Sequence[_Todo], watch: Stopwatch) -> list[Place]:
    standard = job.standard
    with watch.stage("read"):
        submissions = _read(job, todo)
    with time_limit(job.time_limit * len(todo)):
        seen = examine(submissions, standard, job.base_date, job.lang, watch)
        with watch.stage("validate"):
            keys = cross_keys(seen.tables, seen.raw)
    with watch.stage("annotate"):
        copies = _Copies(job, {one.one.path: one for one in todo})
        findings = seen.with_findings(copies.write(seen))
    with watch.stage("tables"):
        tables = {
            "verdicts": seen.verdicts, "findings": findings, "applications": seen.applications, "keys": keys,
        }  # fmt: skip
        part = write_part(job.work / PARTS, _keys(job), _reports(submissions, seen.ids, copies), tables)
    return [Place(part, row) for row in range(len(todo))]


def _keys(job: Job) -> dict[str, str]:
    return {"read": read_key(job), "run": run_key(job)}


def _read(job: Job, todo: Sequence[_Todo]) -> list[Submission]:
    """Read the files, or take what was read of the same bytes before."""
    known = [one.known if one.known and one.known.sha256 == one.sha256 else None for one in todo]
    kept = iter(stored([(one.place.part, one.place.row) for one in known if one is not None]))
    submissions = []
    for one, before in zip(todo, known, strict=True):
        if before is not None:
            submissions.append(restored(next(kept), one.one.path, one.one.file, one.sha256, one.size))
            continue
        with time_limit(job.time_limit):
            submissions.append(read(one.one, job.standard, (one.sha256, one.size)))
    return submissions


def _reports(submissions: Iterable[Submission], ids: list[str], copies: "_Copies") -> list[FileReport]:
    numbers = iter(ids)
    reports = []
    for one in submissions:
        if one.refused:
            report = FileReport(one.file, one.sha256, one.size, "refused", stem_of(one.file))
        else:
            report = FileReport(one.file, one.sha256, one.size, "read", next(numbers))
        reports.append(replace(report, **copies.of(one), stored=packed(one)))
    return reports


class _Copies:
    """The annotated copies of a chunk. ``todo``: its files by path."""

    def __init__(self, job: Job, todo: Mapping[Path, _Todo]) -> None:
        self._job, self._todo = job, todo
        self._written: dict[Path, dict[str, str]] = {}

    def of(self, submission: Submission) -> dict[str, Any]:
        """Return name and hash of a copy and the digest of what was put into it; nothing without a copy."""
        return self._written.get(submission.path, {})

    def write(self, seen: Examined) -> list[tuple[int, FileFinding]]:
        """Write the copies; return the applicants whose workbook cannot be annotated."""
        failed = []
        run = RunInfo(self._job.standard, self._job.base_date)
        made = annotations(seen.results, seen.raw, seen.findings, run, self._job.lang)
        for number, annotation in enumerate(made):
            submission = seen.readable[number]
            try:
                self._write(submission, annotation)
            except AnnotationError as error:
                failed.append((number, FileFinding("annotation_failed", params={"detail": str(error)})))
        return failed

    def _write(self, submission: Submission, annotation: Annotation) -> None:
        todo = self._todo[submission.path]
        known, digest = todo.known, _digest(annotation)
        target = self._job.staging / ANNOTATED / todo.one.annotated
        if (
            known is not None
            and known.copy is not None
            and (known.sha256, known.annotation) == (submission.sha256, digest)
            and _intact(known)
        ):
            # the same words in the same workbook
            link(known.copy, target)
            copy_sha256 = known.copy_sha256
        else:
            with time_limit(self._job.time_limit):
                copy_sha256 = annotate(on_this_machine(todo.one), target, annotation)
        self._written[submission.path] = {
            "annotated": todo.one.annotated,
            "annotated_sha256": copy_sha256,
            "annotation": digest,
        }


def _digest(annotation: Annotation) -> str:
    """Return a hash of everything that an annotation puts into a workbook."""
    # cells by the hundred: their parts one after the other, and how many cells each row has
    cells = (cell or _NONE for sheet in annotation.sheets for row in sheet.rows for cell in row)
    parts = map(str, chain.from_iterable(cells))
    sheets = [vars(sheet) | {"rows": [len(row) for row in sheet.rows]} for sheet in annotation.sheets]
    text = "\x1f".join((repr((sheets, vars(annotation) | {"sheets": ()})), *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _without_verdicts(job: Job, todo: _Todo, status: str, finding: FileFinding, error: str) -> Place:
    """Leave a part of one file that says why there are no verdicts; what was written of it is removed."""
    one, layout = todo.one, job.standard.layout
    (job.staging / ANNOTATED / one.annotated).unlink(missing_ok=True)
    findings = from_file_findings([(-1, stem_of(one.file), one.file, [finding])], layout)
    report = FileReport(one.file, todo.sha256, todo.size, status, stem_of(one.file), error)
    tables = {"findings": finished(findings, layout, job.lang)}
    return Place(write_part(job.work / PARTS, _keys(job), [report], tables), 0)
