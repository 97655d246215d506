"""Workbooks for the tests of this folder, written as rows by field name."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from secsvc_batch.workbook.layout import Layout, Sheet, load_layout

Rows = Sequence[Mapping[str, Any] | None]
MakeBook = Callable[..., Path]
EditPackage = Callable[..., Path]

TITLE_ROWS = 3


@pytest.fixture(scope="session")
def layout() -> Layout:
    return load_layout()


@pytest.fixture
def make_book(tmp_path: Path, layout: Layout) -> MakeBook:
    """Write a workbook with all the template's sheets and return its path.

    ``given``: rows by sheet kind; None leaves a row out. Options: ``name`` of the file, ``lang``,
    ``without`` sheets, ``names`` (kind -> other sheet name), ``headers`` ((kind, field) -> other
    text, None: no such column), ``then`` (called with the workbook before it is closed),
    ``properties`` and ``options`` of xlsxwriter.
    """

    def make(given: Mapping[str, Rows] | None = None, **how: Any) -> Path:
        path = tmp_path / str(how.get("name", "book.xlsx"))
        book = Workbook(path, how.get("options", {}))
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        for sheet in layout.tables:
            if sheet.id not in how.get("without", ()):
                _write(book, day, sheet, (given or {}).get(sheet.id, ()), how)
        for name, value in how.get("properties", {}).items():
            book.set_custom_property(name, value)
        if "then" in how:
            how["then"](book)
        book.close()
        return path

    return make


def _write(book: Workbook, day: Any, sheet: Sheet, rows: Rows, how: Mapping[str, Any]) -> None:
    lang, headers = how.get("lang", "ja"), how.get("headers", {})
    page = book.add_worksheet(how.get("names", {}).get(sheet.id, sheet.name(lang)))
    texts = {f.id: headers.get((sheet.id, f.id), f.label(lang)) for f in sheet.fields}
    page.write_string(0, 0, sheet.name(lang))
    fields = [field for field in sheet.fields if texts[field.id] is not None]
    for place, field in enumerate(fields):
        at = (TITLE_ROWS + place, 0) if sheet.shape == "form" else (TITLE_ROWS, place)
        page.write_string(*at, texts[field.id])
        for number, row in enumerate(rows):
            down = (at[0], 1) if sheet.shape == "form" else (TITLE_ROWS + 1 + number, place)
            _write_cell(page, day, down, (row or {}).get(field.id))


def _write_cell(page: Any, day: Any, at: tuple[int, int], value: Any) -> None:
    if isinstance(value, date):
        page.write_datetime(*at, datetime.combine(value, time()), day)
    elif isinstance(value, bool):
        page.write_boolean(*at, value)
    elif isinstance(value, int | float):
        page.write_number(*at, value)
    elif isinstance(value, str) and value.startswith("="):
        page.write_formula(*at, value, None, "")
    elif value is not None:
        page.write_string(*at, value)


@pytest.fixture
def edit_package(tmp_path: Path) -> EditPackage:
    """Copy a package and change its parts: ``change(name, content)`` returns new content or None."""

    def edit(source: Path, change: Callable[[str, bytes], bytes | None], **more: Any) -> Path:
        target = tmp_path / str(more.get("name", f"changed-{source.name}"))
        written = io.BytesIO()
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
            for info in old.infolist():
                content = change(info.filename, old.read(info))
                if content is not None:
                    new.writestr(info.filename, content)
            for name, content in more.get("extra", {}).items():
                new.writestr(name, content)
        target.write_bytes(written.getvalue())
        return target

    return edit
