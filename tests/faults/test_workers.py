"""A file that ends the worker that reads it costs itself, and nothing else."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.faults.command import FAULTY, SAMPLE, contents, evaluate, leftovers

GOOD = sorted(SAMPLE.glob("*.xlsx"))[0]
WORDS = {"aborts": "aborted", "sleeps": "longer than the limit", "grows": "more memory", "killed": "killed"}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("healthy")
    for name in ("a.xlsx", "z.xlsx"):
        shutil.copy(GOOD, folder / name)
    return folder


@pytest.mark.slow
def test_each_way_to_die_is_told_and_the_others_get_their_verdicts(healthy: Path, tmp_path: Path) -> None:
    submissions = tmp_path / "submissions"
    shutil.copytree(healthy, submissions)
    for name in WORDS:
        shutil.copy(GOOD, submissions / f"{name}.xlsx")
    limits = ("--time-limit", "10", "--memory-limit", "2500", "--lang", "en")
    done = evaluate(submissions, tmp_path / "results", *limits, program=FAULTY)
    assert done.returncode == 1, done.stdout
    assert "6 files: 2 read, 4 refused, 0 faults" in done.stdout
    findings = pd.read_parquet(tmp_path / "results" / "findings.parquet")
    lost = findings[findings["code"] == "file_kills_worker"].set_index("file")["message"]
    assert len(lost) == len(WORDS)
    for name, words in WORDS.items():
        assert words in lost[f"{name}.xlsx"], name
    verdicts = pd.read_parquet(tmp_path / "results" / "verdicts.parquet")
    evaluate(healthy, tmp_path / "alone", "--lang", "en")
    pd.testing.assert_frame_equal(verdicts, pd.read_parquet(tmp_path / "alone" / "verdicts.parquet"))
    assert leftovers(tmp_path / "results") == []


@pytest.mark.slow
def test_a_file_that_was_refused_for_its_worker_is_tried_again(healthy: Path, tmp_path: Path) -> None:
    submissions = tmp_path / "submissions"
    shutil.copytree(healthy, submissions)
    shutil.copy(GOOD, submissions / "killed.xlsx")
    evaluate(submissions, tmp_path / "results", program=FAULTY)
    evaluate(submissions, tmp_path / "results")
    evaluate(submissions, tmp_path / "fresh")
    assert contents(tmp_path / "results") == contents(tmp_path / "fresh")
