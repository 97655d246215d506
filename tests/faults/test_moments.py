"""Whatever happens to a run, the same command goes on where it stopped and ends with the same bytes."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.command import contents, evaluate, leftovers, make_round, start, workers_of

MOMENTS = int(os.environ.get("SECSVC_MOMENTS", "6"))
SEED = 20261001

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def submissions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_round(tmp_path_factory.mktemp("round") / "submissions", 4)


@pytest.fixture(scope="module")
def undisturbed(submissions: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A run that nothing happens to, and its seconds."""
    out = tmp_path_factory.mktemp("undisturbed") / "results"
    begin = time.monotonic()
    assert evaluate(submissions, out, "--workers", "2").returncode == 1
    return out, time.monotonic() - begin


def test_a_run_that_is_killed_goes_on_and_ends_with_the_same_bytes(
    submissions: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    """Killed again and again at random moments; now and then it gets to its end and begins anew."""
    expected, seconds = contents(undisturbed[0]), undisturbed[1]
    chance, ends = random.Random(SEED), 0
    out = tmp_path / "0" / "results"
    out.parent.mkdir()
    for _ in range(MOMENTS):
        if _killed_after(chance.uniform(0.2, 1.0) * seconds, submissions, out):
            continue
        assert contents(out) == expected
        ends += 1
        out = tmp_path / str(ends) / "results"
        out.parent.mkdir()
    evaluate(submissions, out, "--workers", "2")
    assert contents(out) == expected
    assert leftovers(out) == []


def _killed_after(seconds: float, submissions: Path, out: Path) -> bool:
    process = start(submissions, out, "--workers", "2")
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def test_a_worker_that_is_killed_from_outside_costs_nothing(
    submissions: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    for number in range(max(1, MOMENTS // 6)):
        out = tmp_path / str(number) / "results"
        out.parent.mkdir()
        process = start(submissions, out, "--workers", "2")
        time.sleep(chance.uniform(0.4, 0.8) * undisturbed[1])
        for pid in workers_of(process.pid)[:1]:
            os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=120)
        assert process.returncode == 1
        assert contents(out) == contents(undisturbed[0])


def test_results_stay_as_they_were_until_the_new_ones_are_there(
    submissions: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    out = tmp_path / "results"
    evaluate(submissions / "00", out)
    before = contents(out)
    process = start(submissions, out, "--workers", "2")
    while not list((tmp_path / ".results.partial" / "work").glob("parts/*/done.json")):
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert contents(out) == before
    evaluate(submissions, out, "--workers", "2")
    assert contents(out) == contents(undisturbed[0])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A disk of 2 MB, or None where this process may not make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield folder if mounted else None
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(
    submissions: Path, undisturbed: tuple[Path, float], small_disk: Path | None, tmp_path: Path
) -> None:
    if small_disk is not None:
        out = small_disk / "results"
        full = evaluate(submissions, out, "--workers", "2")
        make_room = ["mount", "-o", "remount,size=200m", str(small_disk)]
        subprocess.run(make_room, check=True)
    else:
        # what a quota does: no file may grow beyond a certain size
        out = tmp_path / "results"
        full = _with_small_files(submissions, out)
    assert full.returncode == 3
    assert "同じコマンドをもう一度" in full.stdout
    assert "Traceback" not in full.stdout
    assert not out.exists()
    assert evaluate(submissions, out, "--workers", "2").returncode == 1
    assert contents(out) == contents(undisturbed[0])
    assert leftovers(out) == []


def test_a_file_that_may_not_grow_is_told_like_a_full_disk(
    submissions: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    out = tmp_path / "results"
    full = _with_small_files(submissions, out)
    assert full.returncode == 3
    assert "同じコマンドをもう一度" in full.stdout
    assert evaluate(submissions, out, "--workers", "2").returncode == 1
    assert contents(out) == contents(undisturbed[0])


def _with_small_files(submissions: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Evaluate where no file may become larger than 200 KiB."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200 << 10, before[1]))
    try:
        process = start(submissions, out, "--workers", "2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    text, _ = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, text)
