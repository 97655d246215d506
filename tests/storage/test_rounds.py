"""Rounds on object storage: the same bytes as in folders, and only what changed is done again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import secsvc_batch.round.chunk as chunk_room
import secsvc_batch.round.examine as examine_room
import secsvc_batch.storage.submissions as submissions_room
from secsvc_batch.round.inputs import find_inputs
from secsvc_batch.round.results import ResultsError
from secsvc_batch.storage.location import locate
from secsvc_batch.workbook.annotate import annotate as sound_annotation
from secsvc_batch.workbook.limits import Limits
from secsvc_batch.workbook.reader import read_submission
from tests.faults.command import contents
from tests.storage.bucket import ANOTHER, ANOTHER_DAY, DAY, NAMES, SAMPLE, Bucket, Interrupted, run, watched

ROUND, RESULTS = "memory://bucket/round", "memory://bucket/results"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    found = watched(monkeypatch)
    for name in NAMES:
        found.put(f"bucket/round/{name}", SAMPLE / name)
    return found


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names of the files that were opened, and of those that something was written into."""
    seen: dict[str, list[str]] = {"read": [], "annotated": []}

    def read(path: Path, file: str, *arguments: Any, **named: Any) -> Any:
        seen["read"].append(file)
        return read_submission(path, file, *arguments, **named)

    def annotate(source: Path, target: Path, annotation: Any) -> str:
        seen["annotated"].append(target.name)
        return sound_annotation(source, target, annotation)

    monkeypatch.setattr(examine_room, "read_submission", read)
    monkeypatch.setattr(chunk_room, "annotate", annotate)
    return seen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The same submissions in a folder."""
    made = tmp_path / "submissions"
    made.mkdir()
    for name in NAMES:
        shutil.copy(SAMPLE / name, made / name)
    return made


def forget(bucket: Bucket, done: dict[str, list[str]]) -> None:
    bucket.calls.clear()
    for names in done.values():
        names.clear()


def is_as_fresh(bucket: Bucket, day: Any = DAY) -> bool:
    run(ROUND, "memory://bucket/fresh", day)
    fresh = bucket.contents("bucket/fresh")
    for name in bucket.names("bucket/fresh"):
        bucket.storage.rm_file(f"/bucket/fresh{name}")
    return bucket.contents("bucket/results") == fresh


def test_objects_give_the_bytes_that_folders_give(bucket: Bucket, folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    run(ROUND, RESULTS)
    assert bucket.contents("bucket/results") == contents(tmp_path / "out")


def test_only_one_side_may_be_object_storage(bucket: Bucket, folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    run(folder, RESULTS)
    assert bucket.contents("bucket/results") == contents(tmp_path / "out")
    run(ROUND, tmp_path / "fetched")
    found = contents(tmp_path / "fetched")
    del found[".secsvc/objects.parquet"]
    assert found == contents(tmp_path / "out")
    bucket.calls.clear()
    run(ROUND, tmp_path / "fetched")
    assert bucket.called("cat_file", "bucket/round") == []


def test_an_unchanged_round_is_neither_fetched_nor_put_up(bucket: Bucket, done: dict[str, list[str]]) -> None:
    first = run(ROUND, RESULTS)
    assert bucket.called("cat_file", "bucket/round") == sorted(NAMES)
    forget(bucket, done)
    assert run(ROUND, RESULTS) == first
    assert bucket.called("cat_file", "bucket/round") == []
    assert bucket.called("put_file", "bucket/results") == [".partial/lock.json"] * 2
    assert not any(name.startswith("/.partial") for name in bucket.names("bucket/results"))


def test_one_changed_object_costs_one_file(bucket: Bucket, done: dict[str, list[str]]) -> None:
    run(ROUND, RESULTS)
    bucket.put(f"bucket/round/{NAMES[1]}", SAMPLE / ANOTHER)
    forget(bucket, done)
    run(ROUND, RESULTS)
    assert bucket.called("cat_file", "bucket/round") == [NAMES[1]]
    assert done == {"read": [NAMES[1]], "annotated": [NAMES[1]]}
    assert is_as_fresh(bucket)


def test_objects_put_there_anew_with_the_same_bytes_change_nothing(
    bucket: Bucket, done: dict[str, list[str]]
) -> None:
    first = run(ROUND, RESULTS)
    before = bucket.contents("bucket/results")
    bucket.put(f"bucket/round/{NAMES[1]}", SAMPLE / NAMES[1])
    forget(bucket, done)
    assert run(ROUND, RESULTS) == first
    assert done["read"] == []
    assert bucket.contents("bucket/results") == before


def test_objects_that_come_and_go_cost_only_themselves(bucket: Bucket, done: dict[str, list[str]]) -> None:
    run(ROUND, RESULTS)
    bucket.storage.rm_file(f"/bucket/round/{NAMES[2]}")
    bucket.put("bucket/round/00.xlsx", SAMPLE / ANOTHER)
    forget(bucket, done)
    run(ROUND, RESULTS)
    assert done["read"] == ["00.xlsx"]
    assert is_as_fresh(bucket)


def test_another_base_date_opens_no_workbook_to_read_it(bucket: Bucket, done: dict[str, list[str]]) -> None:
    run(ROUND, RESULTS)
    forget(bucket, done)
    run(ROUND, RESULTS, ANOTHER_DAY)
    assert done["read"] == []
    assert is_as_fresh(bucket, ANOTHER_DAY)


def test_a_workbook_that_was_edited_is_not_lost(bucket: Bucket, done: dict[str, list[str]]) -> None:
    run(ROUND, RESULTS)
    edited = f"bucket/results/annotated/{NAMES[0]}"
    bucket.put(edited, bucket.read(edited) + b" ")
    with pytest.raises(ResultsError, match=r"results\.changed"):
        run(ROUND, RESULTS)
    forget(bucket, done)
    run(ROUND, RESULTS, force=True)
    assert done["annotated"] == [NAMES[0]]
    assert is_as_fresh(bucket)


def test_a_chunk_of_large_objects_is_fetched_in_portions(
    bucket: Bucket, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder, tmp_path / "out")
    monkeypatch.setattr("secsvc_batch.storage.chunk._PORTION", 250_000)
    fetched: list[int] = []
    sound = submissions_room.fetched

    def count(tasks: Any, place: Path) -> Any:
        fetched.append(len(tasks))
        return sound(tasks, place)

    monkeypatch.setattr("secsvc_batch.storage.chunk.fetched", count)
    run(ROUND, RESULTS)
    assert len(fetched) > 1
    assert sum(fetched) == len(NAMES)
    assert bucket.contents("bucket/results") == contents(tmp_path / "out")


def test_an_object_that_is_given_twice_is_one_submission(bucket: Bucket) -> None:
    inputs = find_inputs([locate(ROUND), locate(f"{ROUND}/{NAMES[0]}")])
    assert [one.file for one in inputs.files] == sorted(NAMES)


def test_what_stands_there_already_is_no_place_for_results(bucket: Bucket) -> None:
    bucket.put("bucket/results/letter.txt", b"keep me")
    with pytest.raises(ResultsError, match=r"results\.not_ours"):
        run(ROUND, RESULTS)
    assert bucket.names("bucket/results/") == {"letter.txt"}


def test_results_among_the_submissions_are_no_submissions(bucket: Bucket) -> None:
    report = run(ROUND, f"{ROUND}/results")
    assert report.files == len(NAMES)
    assert run(ROUND, f"{ROUND}/results") == report


def test_an_object_that_is_too_large_is_refused_without_being_fetched(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("bucket/round/large.xlsx", bytes(3 << 20))
    monkeypatch.setattr(submissions_room, "LIMITS", Limits(file_bytes=2 << 20))
    report = run(ROUND, RESULTS)
    assert (report.files, report.number("refused")) == (len(NAMES) + 1, 1)
    assert "bucket/round/large.xlsx" not in bucket.called("cat_file", "bucket/round")
    assert b"file_too_large" in bucket.read("bucket/results/findings.csv")


def test_an_object_that_grew_after_it_was_listed_is_not_fetched_whole(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions_room, "LIMITS", Limits(file_bytes=2 << 20))

    def grow(call: str, name: str) -> None:
        if call == "cat_file" and name.endswith(NAMES[0]):
            bucket.put(f"bucket/round/{NAMES[0]}", bytes(3 << 20))

    bucket.before = grow
    assert run(ROUND, RESULTS).number("refused") == 1
    assert b"file_too_large" in bucket.read("bucket/results/findings.csv")


def test_an_object_that_cannot_be_fetched_costs_itself_and_is_tried_again(bucket: Bucket) -> None:
    def refuse(call: str, name: str) -> None:
        if call == "cat_file" and name.endswith(NAMES[0]):
            raise PermissionError("archived")

    bucket.before = refuse
    assert run(ROUND, RESULTS).number("refused") == 1
    findings = bucket.read("bucket/results/findings.csv").decode()
    assert "file_unreadable" in findings
    assert "archived" in findings
    bucket.before = lambda call, name: None
    assert run(ROUND, RESULTS).number("refused") == 0
    assert is_as_fresh(bucket)


class Moment:
    """Ends a run before a certain call that changes the bucket."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, call: str, name: str) -> None:
        if call in ("put_file", "rm_file") and "lock.json" not in name:
            if not self.left:
                raise Interrupted
            self.left -= 1


def changes(bucket: Bucket) -> int:
    return sum(call in ("put_file", "rm_file") and "lock.json" not in name for call, name in bucket.calls)


def whole(bucket: Bucket) -> dict[str, str] | None:
    """Return the results as a reader sees them: nothing without run.json."""
    found = bucket.contents("bucket/results")
    return (
        {name: one for name, one in found.items() if not name.startswith(".partial")}
        if "run.json" in found
        else None
    )


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["first", "file", "date"])
def test_a_run_that_ends_at_any_moment_leaves_all_or_nothing_and_goes_on(
    bucket: Bucket, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before every other change to the bucket, and what the next run makes of it."""
    monkeypatch.setattr("secsvc_batch.round.run.LEAST_CHUNK", 1)
    for name in NAMES[2:]:
        bucket.storage.rm_file(f"/bucket/round/{name}")
    day = ANOTHER_DAY if scenario == "date" else DAY
    if scenario != "first":
        run(ROUND, RESULTS)
    if scenario == "file":
        bucket.put(f"bucket/round/{NAMES[1]}", SAMPLE / ANOTHER)
    before, seen = whole(bucket), dict(bucket.storage.store)
    bucket.calls.clear()
    run(ROUND, RESULTS, day)
    after, moments = whole(bucket), changes(bucket)
    assert moments > 20
    for moment in range(0, moments, 2):
        bucket.storage.store.clear()
        bucket.storage.store.update(seen)
        bucket.before = Moment(moment)
        with pytest.raises(Interrupted):
            run(ROUND, RESULTS, day)
        assert whole(bucket) in (None, before, after)
        bucket.before = lambda call, name: None
        run(ROUND, RESULTS, day)
        assert whole(bucket) == after
        assert not any(name.startswith(".partial") for name in bucket.names("bucket/results/"))


def test_what_was_done_before_an_interruption_is_not_done_again(
    bucket: Bucket, done: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secsvc_batch.round.run.LEAST_CHUNK", 1)

    def cut(call: str, name: str) -> None:
        if len(done["annotated"]) > 2 and "lock.json" not in name:
            raise Interrupted

    bucket.before = cut
    with pytest.raises(Interrupted):
        run(ROUND, RESULTS)
    assert whole(bucket) is None
    assert len(bucket.names("bucket/results/annotated")) == 2
    bucket.before = lambda call, name: None
    forget(bucket, done)
    run(ROUND, RESULTS)
    assert done["read"] == sorted(NAMES)[2:]
    assert is_as_fresh(bucket)


def test_a_copy_that_another_run_left_is_not_taken_for_what_it_was(bucket: Bucket) -> None:
    """Two runs with different dates are cut short after their copies; then the first is run again."""

    def cut(call: str, name: str) -> None:
        if call == "put_file" and name.endswith("verdicts.parquet") and "parts" not in name:
            raise Interrupted

    bucket.before = cut
    for day in (DAY, ANOTHER_DAY):
        with pytest.raises(Interrupted):
            run(ROUND, RESULTS, day)
    bucket.before = lambda call, name: None
    run(ROUND, RESULTS)
    assert is_as_fresh(bucket)


def test_names_that_no_folder_could_hold_stay_inside(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    secret = tmp_path / "secret.xlsx"
    shutil.copy(SAMPLE / ANOTHER, secret)
    unusable = [
        "../up.xlsx",
        "a/../../up.xlsx",
        "/absolute.xlsx",
        "a//b.xlsx",
        "./here.xlsx",
        "x.xlsx?versionId=1.xlsx",
        f"simplecache::file://{secret}",
    ]
    odd = [
        "back\\slash.xlsx", "zip::odd.xlsx", "a[1]*.xlsx", "twin.xlsx", "TWIN.xlsx", "パ.xlsx",
        "ハ\u309a.xlsx", "\x1b[31mred.xlsx", f"{'n' * 1000}.xlsx",
        f"{'d' * 250}/{'e' * 250}/{'f' * 250}/{'g' * 200}.xlsx",
    ]  # fmt: skip
    for name in [*unusable, *odd]:
        bucket.put(f"bucket/round/{name}", SAMPLE / NAMES[0])
        assert f"/bucket/round/{name}" in bucket.storage.store
    report = run(ROUND, RESULTS)
    manifest = json.loads(bucket.read("bucket/results/run.json"))
    assert manifest["ignored"] == sorted(unusable)
    assert report.number("read") == len(NAMES) + len(odd)
    written = {name for call, name in bucket.calls if call == "put_file"}
    assert all(name.startswith("/bucket/results/") and len(name.encode()) < 1024 for name in written)
    assert not any(".." in name.split("/") or "\\" in name or "\x1b" in name for name in written)
    assert list((tmp_path / "scratch").iterdir()) == []
