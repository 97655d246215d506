"""Rounds that are run again: only what changed is done, and the bytes are those of a fresh run."""

import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

import secsvc_batch.round.chunk as chunk_room
import secsvc_batch.round.examine as examine_room
from secsvc_batch.round.inputs import find_inputs
from secsvc_batch.round.job import Job
from secsvc_batch.round.results import ResultsError, ResultsFolder
from secsvc_batch.round.run import RoundReport, run_round
from secsvc_batch.workbook.annotate import annotate as sound_annotation
from secsvc_batch.workbook.reader import read_submission
from tests.faults.command import contents
from tests.support import ROOT, InThisProcess

SAMPLE = ROOT / "data" / "sample-round"
FIRST, *OTHERS = sorted(path.name for path in SAMPLE.glob("*.xlsx"))
NAMES, ANOTHER = (FIRST, *OTHERS[1:6]), OTHERS[0]
DAY = date(2026, 10, 1)


@dataclass
class Watch:
    """Which files were opened, and into which workbooks something was written."""

    read: list[str] = field(default_factory=list)
    annotated: list[str] = field(default_factory=list)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    seen = Watch()
    sound_read, sound_annotate = read_submission, sound_annotation

    def read(path, *arguments, **named):  # type: ignore[no-untyped-def]
        seen.read.append(path.name)
        return sound_read(path, *arguments, **named)

    def annotate(source, target, annotation):  # type: ignore[no-untyped-def]
        seen.annotated.append(source.name)
        return sound_annotate(source, target, annotation)

    monkeypatch.setattr(examine_room, "read_submission", read)
    monkeypatch.setattr(chunk_room, "annotate", annotate)
    return seen


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(SAMPLE / name, folder / name)
    return folder


def run(
    submissions: Path, out: Path, day: date = DAY, lang: str = "ja", *, force: bool = False
) -> RoundReport:
    folder = ResultsFolder(out)
    inputs = find_inputs([submissions], leave_out=folder.folders)
    edited = folder.check(force=force)
    job = Job(day, folder.staging, lang=lang)
    return run_round(job, inputs, folder, InThisProcess(), edited=edited)


def is_as_fresh(submissions: Path, out: Path, day: date = DAY) -> bool:
    fresh = out.with_name("fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    run(submissions, fresh, day)
    return contents(out) == contents(fresh)


def state_of(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Return what tells a file from one that was written anew; being read changes nothing."""
    states = {path: path.stat() for path in folder.rglob("*")}
    return {path: (state.st_ino, state.st_mtime_ns, state.st_size) for path, state in states.items()}


def test_an_unchanged_round_is_left_as_it_is(submissions: Path, tmp_path: Path, watch: Watch) -> None:
    first = run(submissions, tmp_path / "out")
    assert sorted(watch.read) == sorted(NAMES)
    before = state_of(tmp_path / "out")
    watch.read.clear()
    again = run(submissions, tmp_path / "out")
    assert watch.read == []
    assert again == first
    assert state_of(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_one_changed_file_costs_one_file(submissions: Path, tmp_path: Path, watch: Watch) -> None:
    run(submissions, tmp_path / "out")
    shutil.copy(SAMPLE / ANOTHER, submissions / NAMES[1])
    watch.read.clear()
    watch.annotated.clear()
    run(submissions, tmp_path / "out")
    assert (watch.read, watch.annotated) == ([NAMES[1]], [NAMES[1]])
    assert is_as_fresh(submissions, tmp_path / "out")


def test_files_that_come_and_go_cost_only_themselves(submissions: Path, tmp_path: Path, watch: Watch) -> None:
    run(submissions, tmp_path / "out")
    (submissions / NAMES[2]).unlink()
    shutil.copy(SAMPLE / ANOTHER, submissions / "00.xlsx")
    watch.read.clear()
    run(submissions, tmp_path / "out")
    assert watch.read == ["00.xlsx"]
    assert is_as_fresh(submissions, tmp_path / "out")


def test_another_base_date_opens_no_workbook_to_read_it(
    submissions: Path, tmp_path: Path, watch: Watch
) -> None:
    run(submissions, tmp_path / "out")
    watch.read.clear()
    day = date(2027, 4, 1)
    run(submissions, tmp_path / "out", day)
    assert watch.read == []
    assert is_as_fresh(submissions, tmp_path / "out", day)


def test_what_is_written_is_written_again_only_where_it_differs(
    submissions: Path, tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program, that says the same words: nothing is put into any workbook."""
    run(submissions, tmp_path / "out")
    watch.annotated.clear()
    keys = {name: getattr(chunk_room, name) for name in ("run_key",)}
    for room in ("chunk", "run", "manifest"):
        monkeypatch.setattr(f"secsvc_batch.round.{room}.run_key", lambda job: keys["run_key"](job)[::-1])
    run(submissions, tmp_path / "out")
    assert watch.annotated == []
    assert is_as_fresh(submissions, tmp_path / "out")


def test_an_edited_workbook_is_made_anew_when_that_is_wanted(
    submissions: Path, tmp_path: Path, watch: Watch
) -> None:
    run(submissions, tmp_path / "out")
    edited = tmp_path / "out" / "annotated" / NAMES[0]
    edited.write_bytes(edited.read_bytes() + b" ")
    with pytest.raises(ResultsError):
        run(submissions, tmp_path / "out")
    watch.annotated.clear()
    run(submissions, tmp_path / "out", force=True)
    assert watch.annotated == [NAMES[0]]
    assert is_as_fresh(submissions, tmp_path / "out")


@pytest.mark.parametrize("name", ["verdicts.parquet", f"annotated/{FIRST}", ".secsvc/files.parquet"])
def test_what_was_removed_comes_back(submissions: Path, tmp_path: Path, name: str) -> None:
    run(submissions, tmp_path / "out")
    (tmp_path / "out" / name).unlink()
    run(submissions, tmp_path / "out")
    assert is_as_fresh(submissions, tmp_path / "out")


def test_a_run_goes_on_after_a_full_disk(
    submissions: Path, tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("secsvc_batch.round.run.write_summary", full)
    with pytest.raises(OSError, match="No space"):
        run(submissions, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    run(submissions, tmp_path / "out")
    assert sorted(watch.read) == sorted(NAMES)  # each of them once
    assert is_as_fresh(submissions, tmp_path / "out")


def test_a_run_that_was_cut_short_before_its_results_were_in_place_leaves_no_trace(
    submissions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "results"
    with monkeypatch.context() as patch:
        patch.setattr(ResultsFolder, "finish", power_cut)
        with pytest.raises(KeyboardInterrupt):
            run(submissions, out)
    assert (ResultsFolder(out).staging / "run.json").exists()
    run(submissions, out)
    assert is_as_fresh(submissions, out)


@pytest.mark.parametrize("damage", ["copy", "table"])
def test_what_a_power_cut_left_half_written_is_done_again(
    submissions: Path, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("secsvc_batch.round.run.write_summary", cut)
    with pytest.raises(KeyboardInterrupt):
        run(submissions, tmp_path / "out")
    monkeypatch.undo()
    left = tmp_path / ".out.partial"
    pattern = "results/annotated/*.xlsx" if damage == "copy" else "work/parts/*/verdicts.parquet"
    for path in left.glob(pattern):
        path.write_bytes(path.read_bytes()[:100])
    run(submissions, tmp_path / "out")
    assert is_as_fresh(submissions, tmp_path / "out")


def test_copies_of_files_that_are_gone_do_not_stay(
    submissions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("secsvc_batch.round.run.write_summary", cut)
    with pytest.raises(KeyboardInterrupt):
        run(submissions, tmp_path / "out")
    monkeypatch.undo()
    (submissions / NAMES[0]).unlink()
    run(submissions, tmp_path / "out")
    assert is_as_fresh(submissions, tmp_path / "out")


def test_one_run_at_a_time_writes_to_a_folder(submissions: Path, tmp_path: Path) -> None:
    with ResultsFolder(tmp_path / "out").begin():
        with pytest.raises(ResultsError) as caught:
            run(submissions, tmp_path / "out")
        assert caught.value.key == "results.in_use"


def test_results_that_were_moved_aside_come_back(submissions: Path, tmp_path: Path) -> None:
    """A run that is killed between its last two steps has lost nothing."""
    run(submissions, tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / ".out.before")
    run(submissions, tmp_path / "out")
    assert contents(tmp_path / "out") == before
