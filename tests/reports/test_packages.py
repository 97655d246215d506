"""What the reports write opens in Excel: a validator finds no fault."""

from pathlib import Path

import pytest
from openxml_audit import OpenXmlValidator

from secsvc_batch.reports.annotations import annotations
from secsvc_batch.reports.counts import RoundCounts
from secsvc_batch.reports.summary import write_summary
from secsvc_batch.standard.loader import Standard
from secsvc_batch.workbook.annotate import annotate
from tests.reports.chunks import ReportedChunk, case, chunk_of
from tests.support import ROOT

pytestmark = pytest.mark.slow


def faults(path: Path) -> list[str]:
    return [str(error) for error in OpenXmlValidator().validate(str(path)).errors]


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_summary_is_a_package_without_a_fault(
    everything: ReportedChunk, tmp_path: Path, lang: str
) -> None:
    counts = RoundCounts()
    findings = everything.findings
    counts.add(len(everything.raw.files), everything.verdicts(lang), everything.applications(lang), findings)
    write_summary(tmp_path / "summary.xlsx", counts, everything.run, lang)
    assert faults(tmp_path / "summary.xlsx") == []


@pytest.mark.parametrize("name", ["all six services", "clauses that no data stand for"])
def test_an_annotated_workbook_is_a_package_without_a_fault(
    standard: Standard, tmp_path: Path, name: str
) -> None:
    chunk = chunk_of([case(name)], standard)
    (annotation,) = annotations(chunk.results, chunk.raw, chunk.findings, chunk.run, "ja")
    annotate(ROOT / "templates" / "secsvc-template-all.ja.xlsx", tmp_path / "a.xlsx", annotation)
    assert faults(tmp_path / "a.xlsx") == []
