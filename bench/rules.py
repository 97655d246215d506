"""How many applicants the rules alone decide in a second, in memory and on one core.

    python bench/rules.py SUBMISSIONS [1000 10000 100000]

What was read of the sample submissions is taken again and again until there are so many applicants. Rules
alone means tables of judged cells in, verdicts with the rows that they come from out: counting and linking
rows is most of it.
"""

import argparse
import time
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import cycle, islice
from pathlib import Path

from secsvc_batch.evaluation.engine import evaluate
from secsvc_batch.round.examine import read
from secsvc_batch.round.inputs import Input
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.tables.raw import concat
from secsvc_batch.tables.typed import Tables, typed_tables
from secsvc_batch.workbook.reader import Submission

BASE_DATE = date(2026, 10, 1)
REPETITIONS = 3


def speeds(folder: Path, sizes: Iterable[int]) -> dict[int, float]:
    """Return applicants per second of processor time by number of applicants, the best of some times."""
    standard = load_standard()
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".xlsx")
    everyone = [read(Input(path, path.name), standard) for path in paths]
    readable = [submission for submission in everyone if not submission.refused]
    return {size: _speed(_tables(readable, size, standard), size, standard) for size in sizes}


def _tables(readable: Sequence[Submission], size: int, standard: Standard) -> Tables:
    raw = concat(list(islice(cycle(readable), size)), standard.layout)
    return typed_tables(raw.sheets, standard.layout)


def _speed(tables: Tables, size: int, standard: Standard) -> float:
    seconds = []
    for _ in range(REPETITIONS):
        begin = time.process_time()
        evaluate(tables, size, standard, BASE_DATE)
        seconds.append(time.process_time() - begin)
    return size / min(seconds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("submissions", type=Path)
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    options = parser.parse_args()
    for size, speed in speeds(options.submissions, options.sizes).items():
        print(f"{size:,} applicants: {speed:,.0f} a second")


if __name__ == "__main__":
    main()
