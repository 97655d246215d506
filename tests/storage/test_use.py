"""What people see when object storage is not what they think, and runs that meet there."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from secsvc_batch.cli import cli
from secsvc_batch.round.results import ResultsError
from secsvc_batch.storage.location import is_url, locate
from secsvc_batch.storage.results import ObjectResults
from secsvc_batch.storage.scratch import locked
from tests.storage.bucket import FIRST, SAMPLE, Bucket, run, watched
from tests.support import ROOT

ROUND, RESULTS = "memory://bucket/round", "memory://bucket/results"
LOCK = "bucket/results/.partial/lock.json"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    found = watched(monkeypatch)
    found.put(f"bucket/round/{FIRST}", SAMPLE / FIRST)
    return found


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments])


def evaluate(submissions: str, out: str, *more: str) -> Result:
    return command("evaluate", submissions, "--base-date", "2026-10-01", "--out", out, *more)


def results() -> ObjectResults:
    out = locate(RESULTS)
    assert not isinstance(out, Path)
    return ObjectResults(out)


@pytest.mark.usefixtures("in_process")
def test_the_command_takes_urls(bucket: Bucket) -> None:
    done = evaluate(ROUND, RESULTS)
    assert done.exit_code in (0, 1)
    assert RESULTS in done.stdout
    assert {"run.json", "verdicts.csv", f"annotated/{FIRST}"} <= bucket.names("bucket/results/")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_without_fsspec_urls_are_wrong_use(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    done = evaluate("s3://a-bucket/round", "s3://a-bucket/results", "--lang", lang)
    assert done.exit_code == 2
    assert "pip install 'secsvc-batch[objects]'" in done.stderr


@pytest.mark.parametrize("url", ["nowhere://bucket/round", "memory://bucket/misspelt"])
def test_a_url_that_leads_nowhere_is_wrong_use(url: str, bucket: Bucket, tmp_path: Path) -> None:
    done = evaluate(url, str(tmp_path / "out"))
    assert done.exit_code == 2
    assert url in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "s3://bucket/a.xlsx"),
        ("explain", "s3://bucket/a.xlsx", "1", "--base-date", "2026-10-01"),
        ("template", "-o", "s3://bucket/a.xlsx"),
        ("sample", "--out", "s3://bucket/round"),
        ("rules", "list", "--rules", "s3://bucket/rules"),
    ],
)
def test_other_commands_say_that_they_take_no_urls(arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.exit_code == 2
    assert "evaluate" in done.stderr
    assert "only SUBMISSIONS and --out" in " ".join(done.stderr.split())


@pytest.mark.usefixtures("in_process")
def test_storage_that_fails_half_way_ends_the_run_gently(bucket: Bucket) -> None:
    def fail(call: str, name: str) -> None:
        if call == "put_file" and "annotated" in name:
            raise ConnectionError("\x1b[2Jgone")

    bucket.before = fail
    done = evaluate(ROUND, RESULTS)
    assert done.exit_code == 3
    assert "ConnectionError: \\x1b[2Jgone" in done.stderr
    bucket.before = lambda call, name: None
    assert evaluate(ROUND, RESULTS).exit_code in (0, 1)


def test_urls_of_this_machine_are_its_folders(tmp_path: Path) -> None:
    assert locate(f"file://{tmp_path}/round") == tmp_path / "round"
    assert locate(f"local://{tmp_path}/round") == tmp_path / "round"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("s3://b/r", True),
        ("simplecache::s3://b/r", True),
        ("round", False),
        ("C://round", False),
        ("./s3://b", False),
    ],
)
def test_what_begins_like_a_url_is_one(text: str, url: bool) -> None:
    assert is_url(text) is url


def test_a_run_in_folders_knows_nothing_of_fsspec(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from secsvc_batch.cli import cli\n"
        "try: cli(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "assert 'fsspec' not in sys.modules\n"
    )
    arguments = ("evaluate", str(SAMPLE / FIRST), "--base-date", "2026-10-01", "--out", str(tmp_path / "out"))
    environment = {"PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, env=environment)
    assert (tmp_path / "out" / "run.json").exists()


def test_one_run_at_a_time_writes_to_a_place(bucket: Bucket) -> None:
    with results().begin(), pytest.raises(ResultsError, match=r"results\.in_use"):
        run(ROUND, RESULTS)
    run(ROUND, RESULTS)
    assert "run.json" in bucket.names("bucket/results/")


@pytest.mark.parametrize(("silent", "free"), [(0, False), (3600, True)])
def test_the_lock_of_another_machine_counts_until_it_has_long_been_silent(
    bucket: Bucket, silent: int, free: bool
) -> None:
    said = {"machine": "another machine", "process": 1, "seconds": time.time() - silent}
    bucket.put(LOCK, json.dumps(said).encode())
    if free:
        run(ROUND, RESULTS)
    else:
        with pytest.raises(ResultsError, match=r"results\.in_use"):
            run(ROUND, RESULTS)
        assert json.loads(bucket.read(LOCK)) == said


def test_the_lock_of_a_killed_process_is_taken_over_at_once(bucket: Bucket) -> None:
    with results().begin():
        said = json.loads(bucket.read(LOCK))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    bucket.put(LOCK, json.dumps(said | {"process": ended.pid, "seconds": time.time()}).encode())
    run(ROUND, RESULTS)
    assert LOCK.removeprefix("bucket/results/") not in bucket.names("bucket/results/")


def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    """Every process looks once; folders in use stay."""

    def do(then: str) -> str:
        program = (
            "import os\n"
            "from secsvc_batch.storage.scratch import scratch\n"
            "with scratch() as folder:\n"
            f"    (folder / 'file').write_text('')\n    {then}\n"
        )
        environment = {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)}
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=environment, capture_output=True, text=True).stdout

    do("os._exit(1)")
    (left,) = tmp_path.iterdir()
    with (left / "lock").open("r+b") as used:
        assert locked(used)
        do("pass")
    assert list(tmp_path.iterdir()) == [left]
    do("pass")
    assert list(tmp_path.iterdir()) == []
