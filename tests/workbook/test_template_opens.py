"""The template is a package without a fault, and LibreOffice keeps what an applicant needs of it."""

import subprocess
from pathlib import Path

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator

from secsvc_batch.resources import resource
from secsvc_batch.standard.loader import load_standard
from secsvc_batch.workbook.layout import load_layout
from secsvc_batch.workbook.template import write_template
from tests.support import conformance_cases, conformance_workbook, header_of

TEMPLATES = (
    "secsvc-template-all.ja.xlsx",
    "secsvc-template-all.en.xlsx",
    "secsvc-template-penetration.ja.xlsx",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_validator_finds_no_fault_in_a_template(name: str) -> None:
    result = OpenXmlValidator().validate(resource("templates") / name)
    assert [str(error) for error in result.errors] == []


@pytest.mark.slow
def test_a_validator_finds_no_fault_in_a_filled_in_workbook(tmp_path: Path) -> None:
    path = tmp_path / "filled.xlsx"
    case = next(c for c in conformance_cases() if c["name"].startswith("all six services"))
    write_template(path, load_standard(), load_layout(), data=conformance_workbook(case))
    assert [str(error) for error in OpenXmlValidator().validate(path).errors] == []


@pytest.mark.slow
@pytest.mark.libreoffice
def test_libreoffice_keeps_headers_formats_drop_downs_and_rows(tmp_path: Path) -> None:
    layout = load_layout()
    saved = _saved_by_libreoffice(resource("templates") / TEMPLATES[0], tmp_path)
    book, original = (
        openpyxl.load_workbook(saved),
        openpyxl.load_workbook(resource("templates") / TEMPLATES[0]),
    )
    for sheet in (s for s in layout.tables if s.shape == "table"):
        name = sheet.name.ja
        row, columns = header_of(book[name], sheet)
        rules = book[name].data_validations.dataValidation
        for field in sheet.fields:
            cell = book[name].cell(row + 1, columns[field.id])
            assert cell.value == original[name][cell.coordinate].value
            if field.type in ("choice", "listed") or field.references:
                assert any(cell.coordinate in rule.sqref and rule.type == "list" for rule in rules), field.id


def _saved_by_libreoffice(path: Path, tmp_path: Path) -> Path:
    out = tmp_path / "saved"
    command = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "xlsx",
    ]
    subprocess.run([*command, "--outdir", str(out), str(path)], check=True, capture_output=True, timeout=120)
    return out / path.name
