"""Parts put together in the order of the files, as they come: tables, counts, what only the round shows."""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from secsvc_batch.messages import SEVERITIES
from secsvc_batch.reports.counts import RoundCounts
from secsvc_batch.reports.export import ParquetWriter, TableWriter
from secsvc_batch.round.cross import CrossKeys
from secsvc_batch.round.job import Job, Place
from secsvc_batch.round.part import (
    ANNOTATED,
    FILES,
    INPUTS,
    KEYS,
    PUBLISHED,
    STORED_GROUP,
    PartReader,
    table_path,
)
from secsvc_batch.round.results import link, state_folder
from secsvc_batch.standard.model import VERDICTS as VERDICT_NAMES
from secsvc_batch.storage.location import Location
from secsvc_batch.tables.findings import finished

_FILES = 100  # files put together at once
# rows of a Parquet group, which wait in memory until there are so many: about as many files in each table
_GROUP, _GROUPS = 5_000, {"verdicts": 20_000, "keys": 20_000}
STATUSES = ("read", "refused", "fault")


class Merged:
    """The results of a round in the making, written to ``job.staging``.

    ``earlier``: the folder of the last results, whose annotated copies are taken over; ``number``: how many
    files the round has. Files must be added in their order.
    """

    def __init__(self, job: Job, earlier: Location | None, number: int) -> None:
        self.counts = RoundCounts()
        self.statuses: Counter[str] = Counter()
        self.annotated = 0
        self._job, self._earlier, self._number = job, earlier, number
        self._run: tuple[Location, int, int] | None = None  # part, first row, files
        self._added = 0
        self._reader: PartReader | None = None  # of the last results
        self._writing: _Writing | None = None
        self._open = ExitStack()

    def add(self, places: Sequence[Place]) -> None:
        """Add the next files, which stand at ``places``."""
        for place in places:
            if self._run is not None and (place.part, place.row) == (self._run[0], sum(self._run[1:])):
                self._run = (*self._run[:2], self._run[2] + 1)
            else:
                self._put()
                self._run = place.part, place.row, 1
        if self._run is not None and self._run[0] != self._earlier:
            # a part that was just made is complete; workers are busy with the next one
            self._put()

    @property
    def unchanged(self) -> bool:
        """Whether all that was added are the last results, from the first file on and without a gap."""
        return self._run is not None and self._run == (self._earlier, 0, self._number)

    def finish(self) -> None:
        """Add what only the whole round shows and close all tables."""
        self._put()
        writing = self._writing or self._begin()
        for found in writing.cross.findings():
            frame = finished(found, self._job.standard.layout, self._job.lang)
            writing.tables["findings"].write(frame)
            self.counts.add_findings(frame)
        self._open.close()
        self._remove_strangers()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # a table that cannot be written cannot be closed either
        with suppress(OSError) if error else nullcontext():
            self._open.close()

    def _begin(self) -> "_Writing":
        self._writing = self._open.enter_context(_Writing(self._job, self._number))
        return self._writing

    def _put(self) -> None:
        """Write the files that wait: one part's rows without a gap."""
        if self._run is None:
            return
        part, row, count = self._run
        writing = self._writing or self._begin()
        # what a chunk left is gone through once, the last results again and again
        with ExitStack() as stack:
            reader = self._reader_of(part, self._open if part == self._earlier else stack)
            for start in range(row, row + count, _FILES):
                self._write(reader.take(start, min(_FILES, row + count - start)), writing, part)
        self._run = None

    def _reader_of(self, part: Location, stack: ExitStack) -> PartReader:
        if part != self._earlier:
            return stack.enter_context(PartReader(part))
        if self._reader is None:
            self._reader = stack.enter_context(PartReader(part))
        return self._reader

    def _write(self, tables: dict[str, pa.Table], writing: "_Writing", part: Location) -> None:
        files = tables["files"]
        status = np.array(files["status"].to_pylist(), dtype=object)
        numbers = np.arange(self._added, self._added + len(files))
        writing.write(tables)
        writing.cross.add(tables["keys"], np.repeat(numbers, files["rows_keys"].to_numpy()))
        frames = {name: tables[name].to_pandas() for name in PUBLISHED}
        rows = files["rows_findings"].to_numpy()
        frames["findings"]["applicant"] = np.repeat(np.where(status == "read", numbers, -1), rows)
        self.counts.add(int((status == "read").sum()), **frames)
        self.statuses.update(status.tolist())
        self._added += len(files)
        copies = [name for name in files["annotated"].to_pylist() if name]
        self.annotated += len(copies)
        if part == self._earlier:
            for name in copies:
                link(part / ANNOTATED / name, self._job.staging / ANNOTATED / name)

    def _remove_strangers(self) -> None:
        """Remove copies of files that an interrupted run had, and this one no longer has."""
        folder = self._job.staging / ANNOTATED
        there = [Path(place, name) for place, _, names in os.walk(folder) for name in names]
        if len(there) != self.annotated:
            names = _names(self._job.staging)
            for path in there:
                if path.relative_to(folder).as_posix() not in names:
                    path.unlink()


def _names(folder: Path) -> set[str]:
    table = pq.read_table(folder / "inputs.parquet", columns=["annotated"])
    return set(table["annotated"].to_pylist())


class _Writing:
    """The open tables of a round."""

    def __init__(self, job: Job, number: int) -> None:
        state_folder(job.staging)
        self._stack = ExitStack()
        opened = self._stack.enter_context
        self.tables = {
            name: opened(TableWriter(job.staging, name, schema, _GROUPS.get(name, _GROUP)))
            for name, schema in PUBLISHED.items()
        }
        self._inputs = opened(TableWriter(job.staging, "inputs", INPUTS, _GROUP))
        self._files = opened(ParquetWriter(table_path(job.staging, "files"), FILES, STORED_GROUP))
        self._keys = opened(ParquetWriter(table_path(job.staging, "keys"), KEYS, _GROUPS["keys"]))
        self.cross = CrossKeys(job.work / "cross", number)

    def write(self, tables: dict[str, pa.Table]) -> None:
        for name, writer in self.tables.items():
            writer.write(tables[name])
        self._inputs.write(tables["files"].select(INPUTS.names))
        self._files.write(tables["files"])
        self._keys.write(tables["keys"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()


def totals_of(counts: RoundCounts) -> dict[str, dict[str, int]]:
    """Return how many applications have which verdict and how many findings which severity."""
    verdicts = counts.verdicts()
    severities = sum(counts.findings.values(), Counter[str]())
    return {
        "applications": {name: verdicts[name] for name in VERDICT_NAMES},
        "findings": {name: severities[name] for name in SEVERITIES},
    }
