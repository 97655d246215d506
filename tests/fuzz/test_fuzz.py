"""Damaged workbooks by the thousand: each is read or refused, and no damage makes a verdict better.

``SECSVC_FUZZ_SECONDS`` is how long the two tests look for something, half of it each (a short look without
it); ``SECSVC_FUZZ_SEED`` where they begin to look.
"""

import faulthandler
import io
import os
import signal
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from secsvc_batch.messages import finding_types
from secsvc_batch.reports.annotations import annotations
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.round.examine import Examined, examine
from secsvc_batch.round.stopwatch import Stopwatch
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.workbook.annotate import AnnotationError, annotate_bytes
from secsvc_batch.workbook.reader import Submission, read_submission
from tests.fuzz.mutations import NAMES, UNREADABLE, Mutation, Parts, mutated, with_cells
from tests.support import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.long]

BASE_DATE = date(2026, 10, 1)
SECONDS = float(os.environ.get("SECSVC_FUZZ_SECONDS", "40")) / 2
BATCH = 60
EXAMPLES = 3
HANG = 120
"""seconds for one batch; an honest one takes a fraction of one"""
_SAMPLES = ROOT / "data" / "sample-round"
_CHOSEN = ("0002", "0004", "0007", "0012", "0021", "0024")
# sheets of rows whose unreadable cells must never help: all but the form, with their first row of data
_TABLES = tuple(f"xl/worksheets/sheet{number}.xml" for number in (4, 5, 6, 7, 8, 9, 10, 11))
_FIRST_ROW = 5

Files = list[bytes]


def _parts(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


class Bench:
    """Reads, evaluates and annotates batches in this process, and counts what became of them."""

    def __init__(self, standard: Standard, folder: Path) -> None:
        self.standard, self.folder = standard, folder
        self.counts: Counter[str] = Counter()
        self.samples = [_parts((_SAMPLES / f"受付-{name}.xlsx").read_bytes()) for name in _CHOSEN]
        self.bases = [*self.samples, *self._other_programs()]

    def _other_programs(self) -> list[Parts]:
        """An annotated workbook, one that openpyxl saved, and one that it saved after annotation."""
        source = (_SAMPLES / f"受付-{_CHOSEN[1]}.xlsx").read_bytes()
        copies = self.annotated([source])
        out = []
        for data in (source, copies[0]):
            saved = io.BytesIO()
            openpyxl.load_workbook(io.BytesIO(data)).save(saved)
            out.append(_parts(saved.getvalue()))
        return [_parts(copies[0]), *out]

    def read(self, files: Sequence[bytes]) -> list[Submission]:
        """Read files that are laid down first, so that those of a crash can be looked at."""
        submissions = []
        for number, data in enumerate(files):
            path = self.folder / f"{number}.xlsx"
            path.write_bytes(data)
            edition = self.standard.edition.edition
            submission = read_submission(path, path.name, self.standard.layout, edition)
            assert {finding.code for finding in submission.findings} <= finding_types().keys()
            assert not (submission.refused and submission.sheets)
            submissions.append(submission)
        return submissions

    def examined(self, submissions: Sequence[Submission]) -> Examined:
        """Validate and evaluate."""
        return examine(submissions, self.standard, BASE_DATE, "ja", Stopwatch())

    def annotated(self, files: Sequence[bytes]) -> list[bytes]:
        """Do everything with a batch; return the annotated copies of what could be annotated."""
        submissions = self.read(files)
        seen = self.examined(submissions)
        run = RunInfo(self.standard, BASE_DATE)
        copies = []
        made = annotations(seen.results, seen.raw, seen.findings, run, "ja")
        for submission, annotation in zip(seen.readable, made, strict=True):
            try:
                copies.append(annotate_bytes(submission.path.read_bytes(), annotation))
            except AnnotationError:
                self.counts["not annotated"] += 1
        self.counts["read"] += len(seen.readable)
        self.counts["refused"] += len(submissions) - len(seen.readable)
        return copies

    def verdicts(self, files: Sequence[bytes]) -> list[dict[str, str]]:
        """Return clause -> verdict of each file; none of them may be refused."""
        submissions = self.read(files)
        frame = self.examined(submissions).verdicts
        found: list[dict[str, str]] = [{} for _ in files]
        names = {submission.file: number for number, submission in enumerate(submissions)}
        for file, clause, verdict in zip(frame["file"], frame["clause"], frame["verdict"], strict=True):
            found[names[file]][clause] = verdict
        self.counts["compared"] += len(files)
        return found


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(load_standard(), tmp_path_factory.mktemp("fuzz"))


@contextmanager
def watched() -> Iterator[None]:
    """Raise TimeoutError in what hangs; what not even that stops ends the process with a trace."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"a batch took more than {HANG} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(HANG)
    faulthandler.dump_traceback_later(4 * HANG, exit=True, file=2)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


_numbers = st.integers(0, 2**31 - 1)
# most damage to bytes is noticed by its checksum: what goes deeper comes more often
_names = st.sampled_from(
    (*NAMES, *("cell",) * 12, *("strings",) * 8, *("attribute", "double_tag", "insert") * 2)
)
_mutations = st.builds(Mutation, _names, _numbers, _numbers, _numbers)
_damage = st.tuples(_numbers, st.lists(_mutations, min_size=1, max_size=3).map(tuple))
_spots = st.builds(Mutation, st.just(""), _numbers, _numbers, _numbers)
_spoilt = st.tuples(_numbers, st.lists(_spots, min_size=1, max_size=4).map(tuple))


def _batches(files: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Full batches, for what a batch costs by itself; a failing one shrinks to a single file."""
    full = st.lists(files, min_size=BATCH, max_size=BATCH)
    return st.one_of(full, full, full, st.lists(files, min_size=1, max_size=2))


def look(check: Callable[..., None], strategy: st.SearchStrategy[Any], seconds: float) -> int:
    """Run ``check`` on examples, from ever new seeds until the time is over; return how often."""
    end, turn = time.monotonic() + seconds, 0
    start = int(os.environ.get("SECSVC_FUZZ_SEED", "1"))
    while time.monotonic() < end:
        turn += 1
        tried = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )(given(strategy)(check))
        seed(start * 1_000_003 + turn)(tried)()
    return turn


def _say(counts: Counter[str]) -> None:
    sys.stderr.write(" " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) + " ")


def test_every_damaged_workbook_is_read_or_refused(bench: Bench) -> None:
    def check(batch: list[tuple[int, tuple[Mutation, ...]]]) -> None:
        files = [mutated(bench.bases[base % len(bench.bases)], damage) for base, damage in batch]
        with watched():
            copies = bench.annotated(files)
            # an annotated copy can be handed in again
            assert not [one.findings for one in bench.read(copies) if one.refused]

    bench.counts.clear()
    look(check, _batches(_damage), SECONDS)
    _say(bench.counts)
    assert bench.counts["read"] > 0
    assert bench.counts["refused"] > 0


def test_an_unreadable_cell_never_makes_a_verdict_pass(bench: Bench) -> None:
    expected = bench.verdicts([mutated(sample, ()) for sample in bench.samples])
    assert any(verdict != "pass" for verdicts in expected for verdict in verdicts.values())

    def check(batch: list[tuple[int, tuple[Mutation, ...]]]) -> None:
        chosen = [base % len(bench.samples) for base, _ in batch]
        files = [
            with_cells(bench.samples[base], _TABLES, changes, _FIRST_ROW)
            for base, (_, changes) in zip(chosen, batch, strict=True)
        ]
        with watched():
            found = bench.verdicts(files)
        better = [
            (clause, expected[base].get(clause), verdict)
            for base, verdicts in zip(chosen, found, strict=True)
            for clause, verdict in verdicts.items()
            if verdict == "pass" and expected[base].get(clause) != "pass"
        ]
        assert better == []

    bench.counts.clear()
    look(check, _batches(_spoilt), SECONDS)
    _say(bench.counts)
    assert bench.counts["compared"] > 0
    assert len(UNREADABLE) > 0
