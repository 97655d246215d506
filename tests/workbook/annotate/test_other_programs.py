"""Annotated workbooks open in LibreOffice and pass the validator; saved anew, they are recognised."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator, ValidationSeverity

from secsvc_batch.workbook.annotate import Annotation, annotate_bytes, strip

pytestmark = pytest.mark.slow
Unzip = Callable[[bytes], dict[str, bytes]]


def converted(folder: Path, data: bytes, kind: str) -> bytes:
    """Return ``data`` as LibreOffice converts it."""
    source = folder / "book.xlsx"
    source.write_bytes(data)
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind, "--outdir"]
    subprocess.run([*command, str(folder / "out"), str(source)], check=True, capture_output=True, timeout=120)
    return (folder / "out" / f"book.{kind.partition(':')[0]}").read_bytes()


def faults(folder: Path, data: bytes) -> list[str]:
    path = folder / "audited.xlsx"
    path.write_bytes(data)
    found = OpenXmlValidator().validate(str(path)).errors
    return sorted(fault.description for fault in found if fault.severity is ValidationSeverity.ERROR)


def sheets(data: bytes) -> list[str]:
    return openpyxl.load_workbook(io.BytesIO(data)).sheetnames


@pytest.mark.libreoffice
@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_a_file_saved_by_libreoffice_in_between(
    tmp_path: Path, everything: bytes, annotation: Annotation, unzip: Unzip
) -> None:
    saved = converted(tmp_path, annotate_bytes(everything, annotation), "xlsx:Calc MS Excel 2007 XML")
    again = annotate_bytes(saved, annotation)
    assert sheets(again) == ["判定", "指摘", "要員", "資格", "案件", "選択肢", "グラフ"]
    assert annotate_bytes(again, annotation) == again
    stripped = unzip(strip(saved))
    assert sheets(strip(saved)) == ["要員", "資格", "案件", "選択肢", "グラフ"]
    assert not [
        name for name, data in stripped.items() if b'LEN("secsvc' in data or b"LEN(&quot;secsvc" in data
    ]
    assert b"secsvc_batch_" not in stripped["xl/workbook.xml"]
    rows = openpyxl.load_workbook(io.BytesIO(strip(saved)))["要員"].iter_rows(min_col=13)
    assert not [cell.value for row in rows for cell in row if cell.value is not None]


@pytest.mark.libreoffice
def test_a_file_of_libreoffice_is_annotated(
    tmp_path: Path, plain: bytes, annotation: Annotation, unzip: Unzip
) -> None:
    saved = converted(tmp_path, plain, "xlsx:Calc MS Excel 2007 XML")
    once = annotate_bytes(saved, annotation)
    assert sheets(once) == ["判定", "指摘", "要員", "資格", "案件"]
    assert annotate_bytes(once, annotation) == once
    # LibreOffice writes no theme; nothing is added to what it does wrong
    assert faults(tmp_path, once) == faults(tmp_path, saved)


@pytest.mark.libreoffice
@pytest.mark.parametrize("dialect", ["xlsxwriter", "openpyxl", "prefixed", "google", "strict", "bare"])
def test_libreoffice_shows_sheets_and_messages(
    tmp_path: Path, dialects: dict[str, bytes], annotation: Annotation, dialect: str
) -> None:
    saved = converted(tmp_path, annotate_bytes(dialects[dialect], annotation), "xlsx:Calc MS Excel 2007 XML")
    book = openpyxl.load_workbook(io.BytesIO(saved))
    assert book.sheetnames[:3] == ["判定", "指摘", "要員"]
    assert book["判定"]["A5"].value == "=1+1"
    assert book["判定"]["A5"].data_type == "s"
    assert book["要員"]["M9"].value == "△ 重複しています。"
    assert [str(block.sqref) for block in book["要員"].conditional_formatting] == ["B5:C6", "A9"]


@pytest.mark.parametrize("dialect", ["xlsxwriter", "openpyxl", "prefixed", "google"])
def test_the_validator_finds_nothing_that_was_not_there(
    tmp_path: Path, dialects: dict[str, bytes], annotation: Annotation, dialect: str
) -> None:
    assert faults(tmp_path, annotate_bytes(dialects[dialect], annotation)) == faults(
        tmp_path, dialects[dialect]
    )
