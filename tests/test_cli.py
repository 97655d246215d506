"""The commands as people use them: what they say, what they leave behind, and their exit codes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from secsvc_batch.cli import cli
from secsvc_batch.sample import make_round
from tests.support import ROOT, same_package, shipped_standard

SAMPLE = ROOT / "data" / "sample-round"
BASE = ["--base-date", "2026-10-01"]

pytestmark = pytest.mark.usefixtures("in_process")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """Three good files and one that must be refused."""
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name in ("受付-0001.xlsx", "受付-0007.xlsx", "受付-0011.xlsx", "受付-0021.xlsx"):
        shutil.copy(SAMPLE / name, folder / name)
    return folder


def evaluate(submissions: Path, out: Path, *more: str) -> Result:
    return run("evaluate", submissions, *BASE, "--out", out, *more)


def test_help_does_not_import_pandas() -> None:
    code = (
        "import sys; from secsvc_batch.cli import cli\n"
        "try: cli(['evaluate', '--help'])\n"
        "except SystemExit: pass\n"
        "names = {'pandas', 'numpy', 'pandera', 'lxml', 'pydantic', 'xlsxwriter', 'yaml'}\n"
        "heavy = names & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    found = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=found)
    assert done.returncode == 0, done.stderr
    assert "--base-date" in done.stdout


def test_who_puts_parts_together_does_not_wait_for_what_makes_them() -> None:
    code = (
        "import sys, secsvc_batch.round.run\n"
        "names = {'pandera', 'secsvc_batch.evaluation.engine', 'secsvc_batch.round.chunk'}\n"
        "heavy = names & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    found = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=found
    )
    assert done.returncode == 0, done.stderr


def test_a_round_leaves_annotated_workbooks_tables_and_a_manifest(submissions: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    before = {path.name: path.read_bytes() for path in submissions.iterdir()}
    result = evaluate(submissions, out)
    assert result.exit_code == 1, result.output
    assert "ファイル 4件：読み取り 3、受付不可 1" in result.output
    assert "見本" in result.output
    assert sorted(path.name for path in (out / "annotated").iterdir()) == [
        "受付-0001.xlsx", "受付-0007.xlsx", "受付-0021.xlsx",
    ]  # fmt: skip
    manifest = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert manifest["info"]["base_date"] == "2026-10-01"
    assert manifest["info"]["reference_lists"]["status"] == "sample"
    assert set(manifest["info"]["readings"].values()) == {"both"}
    assert {name.rpartition(".")[2] for name in manifest["outputs"]} == {"xlsx", "csv", "parquet"}
    assert {path.name: path.read_bytes() for path in submissions.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_same_round_gives_the_same_bytes(submissions: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        evaluate(submissions, tmp_path / name)
    for path in sorted((tmp_path / "first").rglob("*")):
        if path.is_file() and path.name != "run.json":
            twin = tmp_path / "second" / path.relative_to(tmp_path / "first")
            assert path.read_bytes() == twin.read_bytes(), path.name


def test_an_annotated_workbook_sent_again_gets_the_same_verdicts(submissions: Path, tmp_path: Path) -> None:
    import pandas as pd

    evaluate(submissions, tmp_path / "first")
    evaluate(tmp_path / "first" / "annotated", tmp_path / "second")
    columns = ["application_id", "clause", "verdict", "certain", "possible", "reasons", "evidence"]
    first, second = (pd.read_parquet(tmp_path / name / "verdicts.parquet") for name in ("first", "second"))
    assert first[columns].equals(second[columns])
    for path in (tmp_path / "first" / "annotated").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / "annotated" / path.name).read_bytes()


def test_an_examiners_work_is_not_overwritten(submissions: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    evaluate(submissions, out)
    assert evaluate(submissions, out).exit_code == 1  # untouched results are replaced
    edited = out / "annotated" / "受付-0001.xlsx"
    edited.write_bytes(edited.read_bytes() + b" ")
    kept = edited.read_bytes()
    refused = evaluate(submissions, out)
    assert refused.exit_code == 2
    assert "受付-0001.xlsx" in refused.output
    assert edited.read_bytes() == kept
    assert evaluate(submissions, out, "--force").exit_code == 1


def test_a_folder_of_something_else_is_never_replaced(submissions: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "letter.txt").write_text("大切な手紙", encoding="utf-8")
    assert evaluate(submissions, out).exit_code == 2
    assert [path.name for path in out.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate", "nowhere", *BASE, "--out", "results"],
        ["evaluate", str(SAMPLE), "--out", "results"],
        ["evaluate", str(SAMPLE), "--base-date", "来月", "--out", "results"],
        ["evaluate", str(ROOT / "rules"), *BASE, "--out", "results"],
        ["rules", "show", "9-9"],
        ["template", "--service", "料理", "-o", "t.xlsx"],
    ],
)
def test_wrong_use_is_told_with_exit_code_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.output.strip()
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_base_date_may_be_written_as_in_a_workbook(submissions: Path, tmp_path: Path) -> None:
    arguments = ["evaluate", str(submissions), "--base-date", "令和8年10月1日"]
    arguments += ["--out", str(tmp_path / "out"), "--quiet"]
    result = CliRunner().invoke(cli, arguments)
    assert (result.exit_code, result.output) == (1, "")
    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["info"]["base_date"] == "2026-10-01"


def test_all_pass_without_findings_is_exit_code_0(tmp_path: Path) -> None:
    folder = tmp_path / "round"
    folder.mkdir()
    shutil.copy(SAMPLE / "受付-0007.xlsx", folder / "a.xlsx")
    assert evaluate(folder, tmp_path / "out").exit_code == 0


def test_a_fault_of_the_program_is_never_a_verdict(
    submissions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    from secsvc_batch.evaluation import engine

    sound = engine.evaluate

    def faulty(tables, count, standard, base_date):  # type: ignore[no-untyped-def]
        if tables["services"].has("service", "audit").any():
            raise RuntimeError("broken on purpose")
        return sound(tables, count, standard, base_date)

    import secsvc_batch.round.examine as room

    monkeypatch.setattr(room, "evaluate", faulty)
    out = tmp_path / "results"
    result = evaluate(submissions, out)
    assert result.exit_code == 3
    findings = pd.read_parquet(out / "findings.parquet")
    faults = set(findings.loc[findings["code"] == "engine_fault", "file"])
    assert faults == {"受付-0001.xlsx", "受付-0007.xlsx"}
    assert set(pd.read_parquet(out / "verdicts.parquet")["file"]) == {"受付-0021.xlsx"}


def test_explain_shows_rows_readings_and_what_is_missing() -> None:
    result = run("explain", SAMPLE / "受付-0001.xlsx", "1(1)ア[資格]", *BASE)
    assert result.exit_code == 0
    for text in ("× 不適合", "不足", "根拠の行", "資格!G5", "この要件にかかわる解釈"):
        assert text in result.output, text


def test_explain_of_a_service_not_applied_for_says_so() -> None:
    result = run("explain", SAMPLE / "受付-0001.xlsx", "5", *BASE)
    assert result.exit_code == 1
    assert "申請されていない" in result.output


def test_the_rules_check_themselves() -> None:
    result = run("rules", "check")
    assert result.exit_code == 0
    assert "137" in result.output


def test_the_template_command_writes_the_committed_template(tmp_path: Path) -> None:
    target = tmp_path / "blank.xlsx"
    assert run("template", "-o", target).exit_code == 0
    committed = ROOT / "templates" / "secsvc-template-all.ja.xlsx"
    assert same_package(target.read_bytes(), committed.read_bytes())


def test_the_sample_command_makes_the_round_of_the_generator(tmp_path: Path) -> None:
    assert run("sample", "--applicants", "3", "--seed", "5", "--out", tmp_path / "round").exit_code == 0
    standard = shipped_standard()
    make_round(tmp_path / "again", 3, 5, standard, standard.layout)
    made, again = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (tmp_path / "round", tmp_path / "again")
    )
    assert made == again
