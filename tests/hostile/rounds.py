"""Rounds run through the command line in a process of their own, with what they cost."""

import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tests.support import ROOT

BASE_DATE = "2026-10-01"
GUARD = Path(__file__).resolve().parent / "guard"
_PAGE = resource.getpagesize()


def _namespace() -> list[str]:
    """Return the command that runs another one where there is no network at all, if this system has it."""
    command = ["unshare", "--user", "--map-root-user", "--net"]
    able = (
        shutil.which(command[0]) and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    )
    return command if able else []


_WITHOUT_NETWORK = _namespace()


@dataclass(frozen=True)
class Run:
    """A finished run: exit code, what it printed, its results and the most memory of all its processes."""

    code: int
    printed: bytes
    out: Path
    peak: int

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the published tables."""
        return pd.read_parquet(self.out / f"{name}.parquet")

    def manifest(self) -> dict[str, Any]:
        """Return run.json."""
        manifest: dict[str, Any] = json.loads((self.out / "run.json").read_text(encoding="utf-8"))
        return manifest

    def verdicts(self, file: str) -> list[tuple[str, str]]:
        """Return (clause, verdict) of one file."""
        frame = self.table("verdicts")
        own = frame[frame["file"] == file]
        return list(zip(own["clause"], own["verdict"], strict=True))

    def codes(self, file: str) -> set[str]:
        """Return the codes of the findings of one file."""
        frame = self.table("findings")
        return set(frame.loc[frame["file"] == file, "code"])


def evaluate(folder: Path, out: Path, *options: str, log: Path | None = None, limit: int = 900) -> Run:
    """Evaluate a folder.

    ``log``: refuse connections and note there what is written where (see guard/sitecustomize.py).
    """
    arguments = ["evaluate", str(folder), "--base-date", BASE_DATE, "--out", str(out), *options]
    return run(arguments, out, log, limit)


def run(arguments: list[str], out: Path, log: Path | None = None, limit: int = 900) -> Run:
    """Run a command of the program in a process of its own, without a network where that can be had."""
    source = str(ROOT / "src")
    environment = {**os.environ, "PYTHONPATH": source, "PYTHONUTF8": "1", "SECSVC_DEBUG": "1"}
    if log is not None:
        environment |= {"PYTHONPATH": f"{GUARD}{os.pathsep}{source}", "SECSVC_GUARD_LOG": str(log)}
    command = [
        *_WITHOUT_NETWORK,
        sys.executable,
        "-c",
        "from secsvc_batch.cli import main; main()",
        *arguments,
    ]
    with subprocess.Popen(
        command, env=environment, cwd=out.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        watch = _Watch(process.pid)
        try:
            printed, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            watch.stop()
    return Run(process.returncode, printed, out, watch.peak)


class _Watch(threading.Thread):
    """Adds up the resident memory of a process and its children, twenty times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid, self._done = pid, threading.Event()
        self.start()

    def run(self) -> None:
        while not self._done.is_set():
            self.peak = max(self.peak, sum(map(_resident, _family(self._pid))))
            time.sleep(0.05)

    def stop(self) -> None:
        """End the watch."""
        self._done.set()
        self.join()


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _family(int(child)))]


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
