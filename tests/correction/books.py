"""A workbook on its way: evaluated, opened elsewhere, mended, evaluated again."""

import io
import re
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd
from click.testing import CliRunner
from openpyxl.workbook.workbook import Workbook

from secsvc_batch.cli import cli
from secsvc_batch.workbook.reader import RawCell, Submission, read_submission
from tests.check.books import DAY
from tests.support import in_this_process, shipped_standard


def evaluated(path: Path, out: Path, lang: str = "ja") -> tuple[Path, pd.DataFrame]:
    """Evaluate one file; return its annotated copy and the findings."""
    arguments = ["evaluate", path, "--base-date", DAY, "--out", out, "--quiet", "--lang", lang]
    with in_this_process():
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code in (0, 1), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return out / "annotated" / path.name, pd.read_parquet(out / "findings.parquet")


def through_libreoffice(source: Path, folder: Path) -> Path:
    """Return ``source`` as LibreOffice opens and saves it."""
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to"]
    kind = "xlsx:Calc MS Excel 2007 XML"
    options = [kind, "--outdir", str(folder), str(source)]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=180)
    return folder / source.name


def typed(source: Path, target: Path, sheet: str, cells: Mapping[str, str]) -> Path:
    """Copy a workbook with texts typed into cells; nothing else of it changes."""
    part = _part(source, sheet)

    def change(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        for place, text in cells.items():
            content = _put(content, place, text)
        return content

    return rewritten(source, target, change)


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Copy a package part by part through ``change(name, content)``."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
    return target


def _part(source: Path, sheet: str) -> str:
    with zipfile.ZipFile(source) as package:
        relations = package.read("xl/_rels/workbook.xml.rels").decode()
        workbook = package.read("xl/workbook.xml").decode()
    key = re.search(rf'<sheet [^>]*name="{escape(sheet)}"[^>]*r:id="([^"]+)"', workbook)
    assert key, sheet
    relation = next(
        found for found in re.findall(r"<Relationship [^>]+>", relations) if f'Id="{key[1]}"' in found
    )
    target = re.search(r'Target="/?(?:xl/)?([^"]+)"', relation)
    assert target
    return f"xl/{target[1]}"


def _put(content: bytes, place: str, text: str) -> bytes:
    cell = re.compile(rb'<c r="%s"((?: s="\d+")?)[^>]*?(?:/>|>.*?</c>)' % place.encode(), re.DOTALL)
    new = b'<c r="%s"\\1 t="inlineStr"><is><t>%s</t></is></c>' % (place.encode(), escape(text).encode())
    content, count = cell.subn(new, content, count=1)
    assert count == 1, place
    return content


def opened(path: Path) -> Workbook:
    """Open a workbook as openpyxl sees it, formulas as they are written."""
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def read(path: Path) -> Submission:
    """Read a workbook as the program does."""
    standard = shipped_standard()
    return read_submission(path, path.name, standard.layout, standard.edition.edition)


def values(submission: Submission) -> dict[tuple[str, str, int], RawCell]:
    """Return every value of a submission by sheet kind, field and row."""
    return {
        (kind, name, row): value
        for kind, sheet in submission.sheets.items()
        for name, column in sheet.cells.items()
        for row, value in zip(sheet.rows, column, strict=True)
        if value is not None
    }
