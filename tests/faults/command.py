"""The command as a process of its own, on a small round, and what two results folders differ in."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

SAMPLE = ROOT / "data" / "sample-round"
PROGRAM = ["-c", "from secsvc_batch.cli import main; main()"]
FAULTY = [str(Path(__file__).with_name("faulty.py"))]


def make_round(folder: Path, copies: int) -> Path:
    """Make a round of the sample files, ``copies`` times over."""
    for number in range(copies):
        target = folder / f"{number:02d}"
        target.mkdir(parents=True)
        for path in SAMPLE.glob("*.xlsx"):
            shutil.copy(path, target / path.name)
    return folder


def start(
    submissions: Path | str, out: Path | str, *more: str, program: list[str] = PROGRAM
) -> subprocess.Popen[str]:
    """Start an evaluation."""
    command = [sys.executable, *program, "evaluate", str(submissions), "--base-date", "2026-10-01"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    return subprocess.Popen(
        [*command, "--out", str(out), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )


def evaluate(
    submissions: Path, out: Path, *more: str, program: list[str] = PROGRAM
) -> subprocess.CompletedProcess[str]:
    """Run an evaluation to its end."""
    process = start(submissions, out, *more, program=program)
    text, _ = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, text)


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a results folder; the times in run.json are left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            found[name] = hash_of(name, path.read_bytes())
    return found


def hash_of(name: str, data: bytes) -> str:
    """Return the hash of a file of the results; the times in run.json are left out."""
    if name == "run.json":
        manifest = json.loads(data)
        del manifest["times"]
        data = json.dumps(manifest).encode()
    return hashlib.sha256(data).hexdigest()


def leftovers(out: Path) -> list[str]:
    """Return what stands beside a results folder under a hidden name."""
    return [path.name for path in out.parent.iterdir() if path.name.startswith(".")]


def workers_of(pid: int) -> list[int]:
    """Return the worker processes of a running evaluation."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            command = path.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == pid and b"spawn_main" in command:
            found.append(int(path.parent.name))
    return found
