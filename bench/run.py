"""Product, plain script and floors side by side, as whole processes, interleaved in one run.

    python bench/run.py           a short round: is the product still several times faster? (CI)
    python bench/run.py --full    the figures of docs/benchmarks.md, which it writes (about half an hour)

Ratios are taken inside each repetition, because the machine's own speed changes from minute to minute.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from report import FLOOR, PLAIN, PRODUCT, RAW_FLOOR, Figures, Run, page

from secsvc_batch.sample import make_round
from secsvc_batch.standard.loader import load_standard

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
BASE_DATE = "2026-10-01"
SEED = 1
DONE = (0, 1)  # exit codes of a round that was evaluated
WORKERS = 2
COMMANDS = {
    PRODUCT: [
        "-m", "secsvc_batch", "evaluate", "{files}", "--base-date", BASE_DATE, "--out", "{out}",
        "--workers", str(WORKERS), "--quiet",
    ],
    PLAIN: [str(HERE / "plain.py"), "{files}", "--base-date", BASE_DATE, "--out", "{out}"],
    FLOOR: [str(HERE / "floor.py"), "{files}", "--out", "{out}", "--workers", str(WORKERS)],
    RAW_FLOOR: [str(HERE / "floor.py"), "{files}", "--out", "{out}", "--workers", str(WORKERS), "--raw"],
}  # fmt: skip
# Less than what docs/benchmarks.md says: in the short run the product's start weighs more.
LEAST_TIMES_FASTER = 3.0
LEAST_AGREEMENT = 0.99


def run(name: str, files: Path, out: Path) -> Run:
    """Run one of them as a whole process on a fresh results folder."""
    shutil.rmtree(out, ignore_errors=True)
    places = {"files": str(files), "out": str(out)}
    command = [sys.executable, *(part.format_map(places) for part in COMMANDS[name])]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in DONE:
        sys.exit(f"{name} ended with {process.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024)


def compare(files: Path, results: Path, repetitions: int) -> list[dict[str, Run]]:
    """Run all of them, one after the other, some times over."""
    done = []
    for number in range(repetitions):
        done.append({name: run(name, files, results / name) for name in COMMANDS})
        seconds = ", ".join(f"{name} {one.seconds:.1f} s" for name, one in done[-1].items())
        print(f"{number + 1} of {repetitions}: {seconds}", flush=True)
    return done


def stages(out: Path) -> dict[str, float]:
    """Return the product's seconds per stage, added up over its processes."""
    times: dict[str, float] = json.loads((out / "run.json").read_text(encoding="utf-8"))["times"]
    return {name: seconds for name, seconds in times.items() if name != "total"}


def agreement(results: Path) -> float:
    """Return the share of nodes on which product and plain script agree."""
    keys = ["file", "clause"]
    product = pd.read_csv(results / PRODUCT / "verdicts.csv", usecols=[*keys, "verdict"])
    plain = pd.read_csv(results / PLAIN / "verdicts.csv", usecols=[*keys, "verdict"])
    both = product.merge(plain, on=keys, how="outer", suffixes=("", "_plain"))
    return float((both["verdict"] == both["verdict_plain"]).mean())


def growth(folder: Path, sizes: Sequence[int]) -> dict[int, Run]:
    """Run the product alone on rounds of several sizes."""
    runs = {}
    for size in sizes:
        runs[size] = run(PRODUCT, sample(folder / f"round-{size}", size), folder / "results" / PRODUCT)
        print(f"{size} files: {runs[size].seconds:.1f} s, {runs[size].memory:.0f} MiB", flush=True)
    return runs


def sample(folder: Path, files: int) -> Path:
    """Make a round of sample submissions."""
    standard = load_standard()
    make_round(folder, files, SEED, standard, standard.layout, workers=WORKERS)
    return folder


def main() -> None:
    """Measure; write the page, or hold the short run to its limits."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--files", type=int, help="workbooks in the round (1000, short 80)")
    parser.add_argument("--repetitions", type=int, help="(3, short 1)")
    options = parser.parse_args()
    files = options.files or (1000 if options.full else 80)
    repetitions = options.repetitions or (3 if options.full else 1)
    with tempfile.TemporaryDirectory(prefix="secsvc-batch-") as name:
        folder = Path(name)
        runs = compare(sample(folder / "round", files), folder / "results", repetitions)
        out = folder / "results" / PRODUCT
        sizes = (files // 4, files, files * 4) if options.full else ()
        figures = Figures(files, runs, stages(out), agreement(folder / "results"), growth(folder, sizes))
    text = page(figures)
    print(text)
    if options.full:
        PAGE.write_text(text, encoding="utf-8")
        return
    faster = figures.ratio(PLAIN, PRODUCT)
    if faster.median < LEAST_TIMES_FASTER or figures.agreement < LEAST_AGREEMENT:
        sys.exit(f"{faster.median:.1f} times faster, {figures.agreement:.2%} of the nodes agree: too little")


if __name__ == "__main__":
    main()
