"""Workbooks to check: conformance cases in the template, with things changed."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from secsvc_batch.cli import cli
from tests.support import conformance_cases, conformance_workbook, template

DAY = "2026-10-01"


def case_data(name: str) -> dict[str, Any]:
    """Return the workbook of a conformance case by its name, ready to be changed."""
    case = next(case for case in conformance_cases() if case["name"] == name)
    return conformance_workbook(case)


def good() -> dict[str, Any]:
    """Return a workbook in which nothing is amiss."""
    data = case_data("audit: everything in order")
    # every technical lead works on a case, and nobody reviews an own one
    data["cases"][1] |= {"participants": "S002、S003", "reviewers": "S001"}
    for row in data["credentials"]:
        row["expires_on"] = date(2028, 5, 9)
    return data


def book(path: Path, data: Mapping[str, Any], lang: str = "ja", base_date: date | None = None) -> Path:
    """Write a template filled with ``data``."""
    template(lang, base_date).write(path, data)
    return path


def check(*arguments: str | Path, day: str | None = DAY) -> Result:
    """Run ``secsvc-batch check``."""
    dated = ["--base-date", day] if day else []
    return CliRunner().invoke(cli, ["check", *map(str, arguments), *dated])
