"""Helpers that several test modules share: conformance cases, templates, rounds in this process."""

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.workbook.layout import Layout, Sheet, load_layout
from secsvc_batch.workbook.template import Template

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "conformance" / "cases.jsonl.gz"

Rows = Sequence[Mapping[str, Any]]


class InThisProcess:
    """Does every task at once where it is asked for, so that tests can look inside and start quickly."""

    workers = 1

    def submit(self, task: Callable[..., Any], /, *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(task(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def in_this_process() -> Iterator[None]:
    """Let rounds run in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("secsvc_batch.round.worker.begun", lambda *_arguments: nullcontext())
        patch.setattr(
            "secsvc_batch.round.executors.executor_for", lambda *_arguments: nullcontext(InThisProcess())
        )
        yield


@cache
def shipped_standard() -> Standard:
    """Return the standard as it ships, loaded once; nothing changes it."""
    return load_standard()


@cache
def template(lang: str = "ja", base_date: date | None = None) -> Template:
    """Return the template for all services, which writes any number of workbooks."""
    standard = shipped_standard()
    return Template(standard, standard.layout, lang, base_date=base_date)


@cache
def conformance_cases() -> tuple[dict[str, Any], ...]:
    """Return every conformance case: name, base_date, workbook and expected verdicts."""
    with gzip.open(CASES, "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def conformance_workbook(case: Mapping[str, Any], layout: Layout | None = None) -> dict[str, Any]:
    """Return the workbook of a case as the template's writer takes it: ISO texts become dates."""
    layout = layout or load_layout()
    filled: dict[str, Any] = {}
    for name, rows in case["workbook"].items():
        sheet = layout.by_id[name]
        filled[name] = (
            _typed(sheet, rows) if isinstance(rows, Mapping) else [_typed(sheet, row) for row in rows]
        )
    return filled


def _typed(sheet: Sheet, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(sheet.by_id[name].type, value) for name, value in row.items()}


def _value(kind: str, value: Any) -> Any:
    return date.fromisoformat(value) if kind == "date" and isinstance(value, str) and value else value


class Stranger:
    """Fills in a template with openpyxl, as someone would who has never seen this program.

    Knows nothing of the template but its sheet names, header texts and labels; a pre-filled row is
    found by its clause, and rows that have none are added below.
    """

    def __init__(self, template: Path, lang: str = "ja", layout: Layout | None = None) -> None:
        self._book = openpyxl.load_workbook(template)
        self._lang, self._layout = lang, layout or load_layout()
        self._before: list[tuple[Cell, Any]] = []

    def fill(self, workbook: Mapping[str, Any], out: Path) -> None:
        """Save the template filled in with ``workbook`` (as :func:`conformance_workbook` returns it)."""
        for name, rows in workbook.items():
            sheet = self._layout.by_id[name]
            if sheet.shape == "form":
                self._fill_form(sheet, rows)
            else:
                self._fill_table(sheet, rows)
        self._book.save(out)
        while self._before:
            cell, value = self._before.pop()
            cell.value = value

    def _fill_form(self, sheet: Sheet, row: Mapping[str, Any]) -> None:
        worksheet = self._book[sheet.name(self._lang)]
        labels = {cell.value: cell for line in worksheet.iter_rows() for cell in line if cell.value}
        for name, value in row.items():
            cell = labels[sheet.by_id[name].label(self._lang)]
            self._put(worksheet.cell(cell.row, cell.column + 1), value)

    def _fill_table(self, sheet: Sheet, rows: Rows) -> None:
        worksheet = self._book[sheet.name(self._lang)]
        header, columns = header_of(worksheet, sheet, self._lang)
        clause = columns.get("clause")
        free: dict[str, int] = {}
        last = header
        while clause and worksheet.cell(last + 1, clause).value:
            last += 1
            free.setdefault(str(worksheet.cell(last, clause).value), last)
        for row in rows:
            place = free.pop(str(row.get("clause")), None) if clause else None
            if place is None:
                place = last = last + 1
            for name, value in row.items():
                self._put(worksheet.cell(place, columns[name]), value)

    def _put(self, cell: Cell | MergedCell, value: Any) -> None:
        assert isinstance(cell, Cell), f"{cell.coordinate} is part of a merged one"
        if isinstance(value, Mapping):
            value = value["text"]
        if value not in (None, ""):
            self._before.append((cell, cell.value))
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # text that starts with = stays text


def header_of(worksheet: Worksheet, sheet: Sheet, lang: str = "ja") -> tuple[int, dict[str, int]]:
    """Return the row of the headers and the column of each field, both 1-based, by exact text."""
    labels = {field.label(lang): field.id for field in sheet.fields}
    for line in worksheet.iter_rows():
        found = {labels[str(cell.value)]: cell.column for cell in line if cell.value in labels}
        if len(found) == len(labels):
            return int(line[0].row or 0), found
    raise AssertionError(f"no row of {worksheet.title} holds all headers")


def contents(package: bytes) -> Iterator[tuple[str, tuple[int, ...], int, int, bytes]]:
    """Yield name, time, method, attributes and inflated bytes of every member of a zip file.

    Two files that agree in these differ at most in how one zlib or another deflates.
    """
    with zipfile.ZipFile(io.BytesIO(package)) as members:
        for info in members.infolist():
            yield info.filename, info.date_time, info.compress_type, info.external_attr, members.read(info)


def same_package(one: bytes, other: bytes) -> bool:
    """Tell whether two zip files are the same byte for byte, or would be with the same zlib."""
    return one == other or (not _same_zlib(one) and list(contents(one)) == list(contents(other)))


def _same_zlib(package: bytes) -> bool:
    """Tell whether this machine's zlib deflates the first member as it stands in ``package``."""
    with zipfile.ZipFile(io.BytesIO(package)) as members:
        info = members.infolist()[0]
        deflate = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -15)
        return len(deflate.compress(members.read(info)) + deflate.flush()) == info.compress_size
