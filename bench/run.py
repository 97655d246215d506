"""Product, plain script and floors side by side, as whole processes, interleaved in one run.

    python bench/run.py            a short round: has a ratio fallen against bench/figures.json? (CI)
    python bench/run.py --write    measures the short round and writes bench/figures.json
    python bench/run.py --full     the figures of docs/benchmarks.md, which it writes (about half an hour)

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
from report import BARE, FLOOR, HELP, ONE_WORKER, PLAIN, PRODUCT, RAW_FLOOR, Figures, Run, page, ratio

import rules
from secsvc_batch.sample import make_round
from secsvc_batch.standard.loader import load_standard

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
COMMITTED = HERE / "figures.json"
BASE_DATE = "2026-10-01"
SEED = 1
DONE = (0, 1)  # exit codes of a round that was evaluated
WORKERS = 2
ROUND = ["{files}", "--base-date", BASE_DATE, "--out", "{out}"]
EVALUATE = ["-m", "secsvc_batch", "evaluate", *ROUND, "--quiet"]
COMMANDS = {
    PRODUCT: [*EVALUATE, "--workers", str(WORKERS)],
    ONE_WORKER: [*EVALUATE, "--workers", "1"],
    PLAIN: [str(HERE / "plain.py"), *ROUND],
    FLOOR: [str(HERE / "floor.py"), "{files}", "--out", "{out}", "--workers", str(WORKERS)],
    RAW_FLOOR: [str(HERE / "floor.py"), "{files}", "--out", "{out}", "--workers", str(WORKERS), "--raw"],
    HELP: ["-m", "secsvc_batch", "--help"],
    BARE: [str(HERE / "bare.py"), "--help"],
}
# the plain script takes most of the time by far: it is run once, on a part of the round
PLAIN_FILES = 250
ONCE, OFTEN = (PRODUCT, PLAIN), (PRODUCT, ONE_WORKER, FLOOR, RAW_FLOOR)
# the short round: the product's start weighs more than in docs/benchmarks.md
SHORT, SHORT_FILES, SHORT_REPETITIONS = (PRODUCT, FLOOR), 120, 4
# a ratio may be worse by that much; what seems to be worse than that is measured again
TOLERANCE, ATTEMPTS = 0.2, 3
LEAST_AGREEMENT = 0.99
HELP_REPETITIONS = 10
RULE_SIZES = (1_000, 10_000, 100_000)


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
    return Run(sum(1 for _ in files.iterdir()), seconds, usage.ru_maxrss / 1024)


def compare(names: Sequence[str], files: Path, results: Path, repetitions: int) -> list[dict[str, Run]]:
    """Run the commands named, one after the other, some times over."""
    done = []
    for number in range(repetitions):
        done.append({name: run(name, files, results / name) for name in names})
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


def growth(folder: Path, files: Path, sizes: Sequence[int]) -> list[Run]:
    """Run the product alone on parts of a round."""
    runs = []
    for size in sizes:
        runs.append(run(PRODUCT, part(folder, files, size), folder / "results" / PRODUCT))
        print(f"{size} files: {runs[-1].seconds:.1f} s, {runs[-1].memory:.0f} MiB", flush=True)
    return runs


def part(folder: Path, files: Path, size: int) -> Path:
    """Return a folder of the first files of a round (links)."""
    made = folder / f"first-{size}"
    if not made.exists():
        made.mkdir()
        for path in sorted(files.iterdir())[:size]:
            os.link(path, made / path.name)
    return made


def sample(folder: Path, files: int) -> Path:
    """Make a round of sample submissions."""
    standard = load_standard()
    make_round(folder, files, SEED, standard, standard.layout, workers=WORKERS)
    return folder


def ratios(runs: list[dict[str, Run]]) -> dict[str, float]:
    """Return how many times faster than the plain script and how many times as long as the floor."""
    return {
        "times_faster_than_plain": ratio(runs, PLAIN, PRODUCT).median,
        "times_the_floor": ratio(runs, PRODUCT, FLOOR).median,
    }


def fallen(found: dict[str, float], committed: dict[str, float]) -> list[str]:
    """Return the ratios that are worse than the committed ones by more than the tolerance."""
    worse = {
        "times_faster_than_plain": found["times_faster_than_plain"] / committed["times_faster_than_plain"],
        "times_the_floor": committed["times_the_floor"] / found["times_the_floor"],
    }
    return [name for name, share in worse.items() if share < 1 - TOLERANCE]


def short(folder: Path, *, write: bool) -> None:
    """Measure the short round; write its ratios, or hold them to the committed ones."""
    files, results = sample(folder / "round", SHORT_FILES), folder / "results"
    committed = {} if write else json.loads(COMMITTED.read_text(encoding="utf-8"))["ratios"]
    for attempt in range(1, ATTEMPTS + 1):
        runs = compare(ONCE, files, results, 1) + compare(SHORT, files, results, SHORT_REPETITIONS)
        found = ratios(runs)
        agreed = agreement(results)
        print(f"{found}, {agreed:.2%} of the nodes agree; committed: {committed}", flush=True)
        if agreed < LEAST_AGREEMENT:
            sys.exit("product and plain script do not agree")
        if write:
            about = {"files": SHORT_FILES, "workers": WORKERS, "command": "python bench/run.py --write"}
            text = json.dumps({**about, "ratios": {name: round(x, 2) for name, x in found.items()}}, indent=2)
            COMMITTED.write_text(text + "\n", encoding="utf-8")
            return
        worse = fallen(found, committed)
        if not worse:
            return
        print(f"attempt {attempt}: fallen by more than {TOLERANCE:.0%}: {', '.join(worse)}", flush=True)
    sys.exit(1)


def full(folder: Path, files: Path, repetitions: int) -> None:
    """Measure everything and write the page."""
    number, results = sum(1 for _ in files.iterdir()), folder / "results"
    once = compare(ONCE, part(folder, files, PLAIN_FILES), results, 1)
    agreed = agreement(results)
    often = compare(OFTEN, files, results, repetitions)
    figures = Figures(
        files=number,
        plain_files=PLAIN_FILES,
        once=once,
        runs=often,
        stages=stages(results / PRODUCT),
        agreement=agreed,
        growth=growth(folder, files, (number // 8, number // 4, number // 2, number)),
        starts=compare((HELP, BARE), files, results, HELP_REPETITIONS),
        rules=rules.speeds(files, RULE_SIZES),
    )
    text = page(figures)
    print(text)
    PAGE.write_text(text, encoding="utf-8")


def main() -> None:
    """Measure; write figures, or hold the short round to those that are committed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--files", type=int, default=2000, help="workbooks in the round, with --full")
    parser.add_argument("--round", type=Path, help="sample submissions that are there, with --full")
    parser.add_argument("--repetitions", type=int, default=3, help="with --full")
    options = parser.parse_args()
    # beside a round that is given, so that parts of it can be links
    place = options.round.parent if options.round else None
    with tempfile.TemporaryDirectory(prefix="secsvc-batch-", dir=place) as name:
        if options.full:
            files = options.round or sample(Path(name) / "round", options.files)
            full(Path(name), files, options.repetitions)
        else:
            short(Path(name), write=options.write)


if __name__ == "__main__":
    main()
