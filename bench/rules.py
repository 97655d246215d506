"""How many applicants the rules alone decide in a second, in memory and on one core.

    python bench/rules.py SUBMISSIONS [1000 10000 100000]

What was read of the sample submissions is taken again and again until there are so many applicants, in
blocks as a round has chunks. Rules alone means tables of judged cells in, verdicts out. Some of it is
worked out once for tables and kept with them (whose row a row is, what stands in which list), so there
are two speeds: of tables that are asked first, and of the same tables asked about another base date. The
third one is that of verdicts with their reasons and the rows that they come from.
"""

import argparse
import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from secsvc_batch.evaluation.engine import decide, evaluate, verdict_codes
from secsvc_batch.round.examine import read
from secsvc_batch.round.inputs import Input
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.tables.raw import concat
from secsvc_batch.tables.typed import Tables, typed_tables
from secsvc_batch.workbook.reader import Submission

BASE_DATE = date(2026, 10, 1)
BLOCK = 20_000  # applicants whose tables are held at once
REPETITIONS = 3  # the best of which counts, where it can be repeated


class Speed(NamedTuple):
    """Applicants per second of processor time."""

    first: float
    again: float
    told: float


def speeds(folder: Path, sizes: Iterable[int]) -> dict[int, Speed]:
    """Return the speeds by number of applicants."""
    standard = load_standard()
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".xlsx")
    everyone = [read(Input(path, path.name), standard) for path in paths]
    readable = [submission for submission in everyone if not submission.refused]
    return {size: _speed(readable, size, standard) for size in sizes}


def _speed(readable: Sequence[Submission], size: int, standard: Standard) -> Speed:
    first = again = told = 0.0
    for tables, count in _blocks(readable, size, standard):
        first += _seconds(lambda: _decided(tables, count, standard, BASE_DATE), 1)  # noqa: B023
        other = BASE_DATE + timedelta(days=30)
        again += _seconds(lambda: _decided(tables, count, standard, other), REPETITIONS)  # noqa: B023
        told += _seconds(lambda: evaluate(tables, count, standard, other), REPETITIONS)  # noqa: B023
    return Speed(size / first, size / again, size / told)


def _blocks(readable: Sequence[Submission], size: int, standard: Standard) -> Iterator[tuple[Tables, int]]:
    applicants = cycle(readable)
    for begin in range(0, size, BLOCK):
        block = list(islice(applicants, min(BLOCK, size - begin)))
        yield typed_tables(concat(block, standard.layout).sheets, standard.layout), len(block)


def _decided(tables: Tables, count: int, standard: Standard, base_date: date) -> None:
    verdict_codes(decide(tables, count, standard, base_date))


def _seconds(work: Callable[[], object], repetitions: int) -> float:
    """Return the processor time of the best repetition, without the collector of cycles, as timeit does."""
    seconds = []
    gc.collect()
    gc.disable()
    for _ in range(repetitions):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    gc.enable()
    return min(seconds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("submissions", type=Path)
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    options = parser.parse_args()
    for size, speed in speeds(options.submissions, options.sizes).items():
        print(f"{size:,} applicants: " + ", ".join(f"{n:,.0f} {what}" for what, n in speed._asdict().items()))


if __name__ == "__main__":
    main()
