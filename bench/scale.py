"""How memory and time of the product grow with the round, and what a second run costs.

    python bench/scale.py 200 2000 20000

A round of n files is n/5 sample submissions, each five times under different names (links, no copies): so
every text of a large round meets itself elsewhere, which is the most that checks across the round can get.
Peak memory is that of each process by itself (VmHWM), as Linux tells it while the process lives.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from secsvc_batch.sample.generator import make_round
from secsvc_batch.standard.loader import load_standard

TIMES_OVER = 5
BASE_DATE = "2026-10-01"
SEED = 7
DONE = (0, 1)  # exit codes of a round that was evaluated


@dataclass(frozen=True)
class Figures:
    """One run: seconds, and the peak memory of the process started and of the largest worker (MiB)."""

    seconds: float
    parent: float
    worker: float


def evaluate(files: Path, out: Path, *more: str) -> Figures:
    """Run the product and watch its processes."""
    command = [sys.executable, "-c", "from secsvc_batch.cli import main; main()", "evaluate", str(files)]
    begin = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--base-date", BASE_DATE, "--out", str(out), "--workers", "2", "--quiet", *more]
    )
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for pid in [process.pid, *_children(process.pid)]:
            peaks[pid] = max(peaks.get(pid, 0), _peak(pid))
        time.sleep(0.05)
    seconds = time.perf_counter() - begin
    if process.returncode not in DONE:
        sys.exit(f"ended with {process.returncode}")
    parent = peaks.pop(process.pid)
    return Figures(seconds, parent / 1024, max(peaks.values(), default=0) / 1024)


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        texts = [Path(f"/proc/{pid}/task/{thread}/children").read_text() for thread in threads]
    except OSError:
        return []
    return [int(child) for text in texts for child in text.split()]


def _peak(pid: int) -> int:
    """Return the most memory that a process ever had, in KiB; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def submissions(folder: Path, samples: Path, size: int) -> Path:
    """Make a round of ``size`` files out of the first samples."""
    chosen = sorted(samples.glob("*.xlsx"))[: max(1, size // TIMES_OVER)]
    for number in range(size):
        source = chosen[number % len(chosen)]
        part = folder / f"{number // len(chosen):02d}"
        part.mkdir(parents=True, exist_ok=True)
        os.link(source, part / source.name)
    return folder


def first_run(folder: Path, samples: Path, size: int) -> list[str]:
    """Measure a run on a new round: seconds, and the peaks of both kinds of processes."""
    files, out = submissions(folder / f"round-{size}", samples, size), folder / f"results-{size}"
    run = evaluate(files, out)
    stages = json.loads((out / "run.json").read_text(encoding="utf-8"))["times"]
    bytes_left = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return [
        f"{run.seconds:.1f}", f"{stages['merge']:.1f}", f"{run.parent:.0f}", f"{run.worker:.0f}",
        f"{bytes_left / size / 1024:.0f}",
    ]  # fmt: skip


def later_runs(folder: Path, size: int) -> list[str]:
    """Measure runs on the same files, on one changed file, and with other readings: seconds and peaks."""
    files, out = folder / f"round-{size}", folder / f"results-{size}"
    same = evaluate(files, out)
    some = sorted(files.rglob("*.xlsx"))
    some[len(some) // 2].unlink()
    shutil.copy(some[0], some[len(some) // 2])
    changed = evaluate(files, out)
    readings = folder / "readings.yaml"
    readings.write_text(f"{min(load_standard().readings)}: strict\n", encoding="utf-8")
    other = evaluate(files, out, "--readings", str(readings))
    runs = (same, changed, other)
    return [f"{run.seconds:.1f}" for run in runs] + [f"{max(run.parent for run in runs):.0f}"]


FIRST = ("first run s", "of these merging s", "parent MiB", "worker MiB", "results kB a file")
LATER = ("unchanged s", "one file changed s", "other readings s", "parent MiB of these")


def main() -> None:
    """Measure the sizes asked for and print a table."""
    style = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=style)
    parser.add_argument("sizes", type=int, nargs="+", help="files of a round")
    parser.add_argument("--samples", type=Path, help="folder of sample submissions (default: made anew)")
    parser.add_argument("--first-only", action="store_true", help="leave out the runs on the same files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="secsvc-batch-", dir=Path.cwd()) as name:
        folder = Path(name)
        samples = options.samples or folder / "samples"
        if options.samples is None:
            standard = load_standard()
            make_round(samples, max(options.sizes) // TIMES_OVER, SEED, standard, standard.layout, workers=2)
        heads = ("files", *FIRST, *(() if options.first_only else LATER))
        print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|", flush=True)
        for size in options.sizes:
            row = [f"{size:,}", *first_run(folder, samples, size)]
            row += [] if options.first_only else later_runs(folder, size)
            print("| " + " | ".join(row) + " |", flush=True)
            shutil.rmtree(folder / f"results-{size}")


if __name__ == "__main__":
    main()
