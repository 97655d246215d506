"""The conformance cases, filled into real workbooks and evaluated as one round by the command itself."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from secsvc_batch.cli import cli
from tests.support import ROOT, Stranger, conformance_cases, conformance_workbook, template


def evaluated(folder: Path, out: Path) -> pd.DataFrame:
    """Evaluate a folder by the command line and return its verdicts."""
    arguments = ["evaluate", str(folder), "--base-date", "2026-10-01", "--out", str(out), "--quiet"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 1, result.output
    return pd.read_parquet(out / "verdicts.parquet")


def disagreements(verdicts: pd.DataFrame, names: dict[str, str]) -> list[str]:
    """Compare verdicts with the cases; ``names``: file by case name."""
    found = verdicts.set_index(["file", "service", "clause"])["verdict"].to_dict()
    assert len(found) == len(verdicts)
    wrong = []
    expected = 0
    for case in conformance_cases():
        for service, clauses in case["expected"].items():
            for clause, verdict in clauses.items():
                expected += 1
                got = found.get((names[case["name"]], service, clause))
                if got != verdict:
                    wrong.append(f"{case['name']}: {clause} should be {verdict}, is {got}")
    assert expected == len(found)
    return wrong


def file_names() -> dict[str, str]:
    """Return the file of every case by its name."""
    return {case["name"]: f"{number:03d}.xlsx" for number, case in enumerate(conformance_cases())}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The verdicts of all cases, filled into the template."""
    folder = tmp_path_factory.mktemp("conformance") / "round"
    folder.mkdir()
    for case in conformance_cases():
        template().write(folder / file_names()[case["name"]], conformance_workbook(case))
    return evaluated(folder, folder.parent / "results")


def test_every_node_of_every_case_agrees(verdicts: pd.DataFrame) -> None:
    assert disagreements(verdicts, file_names()) == []


def test_every_leaf_that_fails_or_is_open_says_why_and_where(verdicts: pd.DataFrame) -> None:
    lacking = verdicts["verdict"].isin(["fail", "review"]) & (verdicts["kind"] == "leaf")
    leaves = verdicts[lacking & ~verdicts["met_otherwise"]]
    assert len(leaves) > 400
    silent = leaves[(leaves["reason_text"] == "") | (leaves["evidence"] == "")]
    assert silent[["file", "clause", "reason_text", "evidence"]].values.tolist() == []


@pytest.mark.slow
def test_every_node_agrees_when_a_stranger_fills_in_the_committed_template(tmp_path: Path) -> None:
    folder = tmp_path / "round"
    folder.mkdir()
    names = file_names()
    stranger = Stranger(ROOT / "templates" / "secsvc-template-all.ja.xlsx")
    for case in conformance_cases():
        stranger.fill(conformance_workbook(case), folder / names[case["name"]])
    assert disagreements(evaluated(folder, tmp_path / "results"), names) == []
