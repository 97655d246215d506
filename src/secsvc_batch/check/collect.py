"""From files to what is found about each: the stages of ``evaluate``, in memory, one file at a time."""

import traceback
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from secsvc_batch.check.model import (
    FAULT,
    OPTION,
    READ,
    REFUSED,
    WORKBOOK,
    CheckedFile,
    Finding,
    Judged,
    Row,
    Service,
)
from secsvc_batch.reports.common import SHOWN, shortened
from secsvc_batch.reports.evidence import Evidence, evidence
from secsvc_batch.reports.verdicts import organisations
from secsvc_batch.reports.wording import wording
from secsvc_batch.round.examine import Examined, examine, read
from secsvc_batch.round.inputs import Input, InputError
from secsvc_batch.round.stopwatch import Stopwatch
from secsvc_batch.standard.loader import Standard
from secsvc_batch.tables import cells
from secsvc_batch.tables.findings import concat, counts, finished, from_file_findings
from secsvc_batch.workbook.reader import FileFinding, Submission

MOST_ROWS = 50  # of evidence kept for one requirement
_LONGEST = 300  # characters of a raw value that are kept


def check_files(
    inputs: Sequence[Input], standard: Standard, base_date: date | None, lang: str
) -> list[CheckedFile]:
    """Check every file by itself.

    ``base_date`` None: each file's own, as the office wrote it into the template. Raises InputError for
    a file that has none. A fault of the program becomes the status of the file that it happened with.
    """
    submissions = [_read(one, standard, lang) for one in inputs]
    dates = [_base_date(one, base_date) for one in submissions]
    return [
        one if isinstance(one, CheckedFile) else _checked(one, standard, day, base_date, lang)
        for one, day in zip(submissions, dates, strict=True)
    ]


def _read(one: Input, standard: Standard, lang: str) -> Submission | CheckedFile:
    try:
        return read(one, standard)
    except Exception as error:
        return _fault(one.file, standard, lang, error)


def _base_date(submission: Submission | CheckedFile, given: date | None) -> date:
    if given is not None:
        return given
    if isinstance(submission, CheckedFile) or submission.refused:
        return date.min  # nothing of it is evaluated
    written = office_date(submission)
    if written is None:
        raise InputError("check.no_base_date", file=submission.file)
    return written


def office_date(submission: Submission) -> date | None:
    """Return the base date that the office wrote into the template; None where there is none."""
    number = cells.date_of(submission.base_date)
    return None if number is None else cells.day_of(number)


def _checked(
    submission: Submission, standard: Standard, base_date: date, given: date | None, lang: str
) -> CheckedFile:
    if submission.refused:
        return _without_verdicts(submission.file, REFUSED, submission.findings, standard, lang)
    try:
        seen = examine([submission], standard, base_date, lang, Stopwatch())
        findings, tally = _findings(seen.findings, standard, lang), counts(concat(seen.bare_findings))
        services = _Services(seen, standard, lang).services()
        organisation = str(organisations(seen.results)[0])
    except Exception as error:
        return _fault(submission.file, standard, lang, error)
    office = office_date(submission)
    return CheckedFile(
        submission.file, READ, seen.ids[0], organisation, base_date, OPTION if given else WORKBOOK,
        office.isoformat() if office and office != base_date else "", findings, tally, services,
    )  # fmt: skip


def _fault(file: str, standard: Standard, lang: str, error: Exception) -> CheckedFile:
    finding = FileFinding("engine_fault", params={"detail": type(error).__name__})
    detail = "".join(traceback.format_exception(error))
    return _without_verdicts(file, FAULT, [finding], standard, lang, detail)


def _without_verdicts(
    file: str, status: str, found: Sequence[FileFinding], standard: Standard, lang: str, detail: str = ""
) -> CheckedFile:
    bare = from_file_findings([(-1, "", file, found)], standard.layout)
    findings = _findings(finished(bare, standard.layout, lang), standard, lang)
    return CheckedFile(file, status, findings=findings, counts=counts(bare), detail=detail)


def _findings(rendered: pd.DataFrame, standard: Standard, lang: str) -> tuple[Finding, ...]:
    return tuple(_finding(row, standard, lang) for row in rendered.to_dict("records"))


def _finding(row: dict[Any, Any], standard: Standard, lang: str) -> Finding:
    sheet = standard.layout.by_id.get(row["kind"])
    spec = sheet.by_id.get(row["field"]) if sheet else None
    return Finding(
        row["severity"], row["sheet"], row["cell"], int(row["row"]), row["field"],
        spec.label(lang) if spec else "", shortened(row["raw"], _LONGEST), row["code"], row["message"],
        row["remedy"],
    )  # fmt: skip


class _Services:
    """The services of the one applicant of a chunk."""

    def __init__(self, seen: Examined, standard: Standard, lang: str) -> None:
        self._seen, self._standard, self._lang = seen, standard, lang
        self._words = wording(seen.results, standard, lang)
        self._rows: Evidence = evidence(seen.results, seen.raw, standard, lang)
        frame = seen.results.verdicts
        numbers = frame["requirement"].tolist()
        self._place = {standard.requirements[number].clause: row for row, number in enumerate(numbers)}
        self._records: list[dict[Any, Any]] = seen.verdicts.to_dict("records")
        column = seen.results.contributions
        self._sure = (column["certain"] >= np.maximum(column["possible"], 1)).to_numpy()[self._rows.at]
        self._sure &= (column["reasons"] == 0).to_numpy()[self._rows.at]

    def services(self) -> tuple[Service, ...]:
        return tuple(self._service(one) for one in self._seen.applications.to_dict("records"))

    def _service(self, one: dict[Any, Any]) -> Service:
        places = [at for at, row in enumerate(self._records) if row["service"] == one["service"]]
        return Service(
            id=one["service"],
            clause=one["clause"],
            title=one["service_title"],
            name=one["service_name"],
            verdict=one["verdict"],
            counts={name: int(one[f"leaves_{name}"]) for name in SHOWN},
            requirements=tuple(self._judged(at, places[0]) for at in places),
        )

    def _judged(self, at: int, first: int) -> Judged:
        row, words = self._records[at], self._words
        requirement = self._standard.by_clause[row["clause"]]
        asked = requirement.question if row["verdict"] == "review" and not row["met_otherwise"] else None
        children = self._standard.children(requirement.clause)
        rows, left_out = self._evidence(at)
        return Judged(
            clause=row["clause"],
            id=row["requirement_id"],
            title=row["title"],
            combine=requirement.combine,
            children=tuple(self._place[child.clause] - first for child in children),
            verdict=row["verdict"],
            met_otherwise=bool(row["met_otherwise"]),
            needed=words.needed[at],
            found=words.found[at],
            missing=row["missing"],
            reasons=_split(row["reasons"]),
            reason_text=row["reason_text"],
            question=asked(self._lang) if asked else "",
            readings=_split(row["readings"]),
            rows=rows,
            left_out=left_out,
        )

    def _evidence(self, node: int) -> tuple[tuple[Row, ...], int]:
        of = self._rows
        start, end = np.searchsorted(of.node, [node, node + 1]).tolist()
        listed = tuple(
            Row(of.sheet[at], of.cell[at], of.told[at], of.adds[at], of.why[at], bool(self._sure[at]))
            for at in range(start, min(end, start + MOST_ROWS))
        )
        return listed, max(end - start - MOST_ROWS, 0)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)
