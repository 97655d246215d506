"""The same chunks on a Dask cluster: a real scheduler and two workers, one of which is killed half-way."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.command import contents, evaluate, leftovers, make_round, start
from tests.support import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.cluster]


class Dask:
    """A scheduler and two workers on this machine; ``own_scratch``: each with a TMPDIR of its own."""

    def __init__(self, folder: Path, *, own_scratch: bool = False) -> None:
        self._folder, self._own_scratch = folder, own_scratch
        self._scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self._said("scheduler", r"Scheduler at:\s+(tcp://\S+)")
        self.workers = [self._worker(str(number)) for number in range(2)]
        for number in range(2):
            self._said(str(number), "Registered to")

    def _worker(self, name: str) -> "subprocess.Popen[bytes]":
        arguments = ("--nthreads", "1", "--nworkers", "1", "--no-dashboard", "--host", "127.0.0.1")
        local = ("--local-directory", str(self._folder))
        return self._start(name, self.address, *arguments, *local, program="dask_worker")

    def _start(
        self, name: str, *arguments: str, program: str = "dask_scheduler"
    ) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        if self._own_scratch:
            scratch = self._folder / f"{name}-scratch"
            scratch.mkdir()
            environment["TMPDIR"] = str(scratch)
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def _said(self, name: str, pattern: str) -> str:
        log, text = self._folder / f"{name}.log", ""
        for _ in range(600):
            text = log.read_text(encoding="utf-8")
            if found := re.search(pattern, text):
                return found[found.re.groups]
            time.sleep(0.1)
        raise AssertionError(text)

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a worker with the nanny that would start it again."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in (*self.workers, self._scheduler):
            if process.poll() is None:
                self.kill(process)


@pytest.fixture
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    running = Dask(tmp_path_factory.mktemp("dask"))
    yield running
    running.close()


def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(dask: Dask, tmp_path: Path) -> None:
    submissions = make_round(tmp_path / "submissions", 6)
    assert evaluate(submissions, tmp_path / "alone").returncode == 1
    out = tmp_path / "results"
    process = start(submissions, out, "--scheduler", dask.address)
    parts = tmp_path / ".results.partial" / "work" / "parts"
    while process.poll() is None and len(list(parts.glob("*/done.json"))) < 2:
        time.sleep(0.02)
    dask.kill(dask.workers[0])
    text, _ = process.communicate(timeout=300)
    assert process.returncode == 1, text
    assert contents(out) == contents(tmp_path / "alone")
    assert leftovers(out) == []


def test_a_run_on_a_cluster_goes_on_on_this_machine(dask: Dask, tmp_path: Path) -> None:
    submissions = make_round(tmp_path / "submissions", 4)
    out = tmp_path / "results"
    process = start(submissions, out, "--scheduler", dask.address)
    parts = tmp_path / ".results.partial" / "work" / "parts"
    while process.poll() is None and not list(parts.glob("*/done.json")):
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert evaluate(submissions, out).returncode == 1
    assert evaluate(submissions, tmp_path / "alone").returncode == 1
    assert contents(out) == contents(tmp_path / "alone")


def test_a_scheduler_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    submissions = make_round(tmp_path / "submissions", 1)
    done = evaluate(submissions, tmp_path / "results", "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "tcp://127.0.0.1:9" in done.stdout
    assert "Traceback" not in done.stdout
    assert leftovers(tmp_path / "results") == []
