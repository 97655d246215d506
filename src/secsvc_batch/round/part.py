"""A part of a round on disk: the tables of some files, all rows in the order of the files.

A chunk leaves a part in the work folder, whole or not at all, and so does a run in its results folder: both
are read in the same way, by the run that puts parts together and by the next one, which need not do again
what is still good.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from secsvc_batch.reports.export import APPLICATIONS, FINDINGS, VERDICTS, as_table
from secsvc_batch.storage.location import Location, StorageError
from secsvc_batch.storage.transfer import here, parquet

ANNOTATED = "annotated"
PARTS = "parts"

STATE = ".secsvc"
"""folder of a part for what is no result but saves work"""
PUBLISHED = {"verdicts": VERDICTS, "findings": FINDINGS, "applications": APPLICATIONS}
KEYS = pa.schema(
    [
        ("code", pa.string()), ("key", pa.uint64()), ("key2", pa.uint64()), ("who", pa.uint64()),
        ("application_id", pa.string()), ("file", pa.string()), ("kind", pa.string()),
        ("sheet", pa.string()), ("cell", pa.string()), ("row", pa.int32()), ("field", pa.string()),
        ("label", pa.string()),
    ]
)  # fmt: skip
TABLES = {**PUBLISHED, "keys": KEYS}
FILES = pa.schema(
    [
        ("file", pa.string()), ("application_id", pa.string()), ("status", pa.string()),
        ("sha256", pa.string()), ("size", pa.int64()), ("annotated", pa.string()),
        ("annotated_sha256", pa.string()), ("error", pa.string()), ("annotation", pa.string()),
        *[(f"rows_{name}", pa.int32()) for name in TABLES], ("stored", pa.binary()),
    ]
)  # fmt: skip
INPUTS = pa.schema(list(FILES)[:8])
STORED_GROUP = 100  # files of one row group: a worker reads no more than it needs
_INDEX = [name for name in FILES.names if name != "stored"]
DONE = "done.json"


@dataclass(frozen=True)
class FileReport:
    """What became of one file. ``status``: read, refused (findings say why) or fault (of the program).

    ``annotated``: the name of its copy in the folder of that name, '' without one; ``annotation`` a digest
    of what was put into it. ``error``: what the program has to say of a fault, or of a worker that died.
    ``stored``: what was read.
    """

    file: str
    sha256: str
    size: int
    status: str
    application_id: str = ""
    error: str = ""
    annotated: str = ""
    annotated_sha256: str = ""
    annotation: str = ""
    stored: bytes = b""


def table_name(name: str) -> str:
    """Return the name of the file in which a part keeps a table."""
    return f"{name}.parquet" if name in PUBLISHED else f"{STATE}/{name}.parquet"


def table_path(folder: Path, name: str) -> Path:
    """Return where a part keeps a table."""
    return folder / table_name(name)


TABLE_FILES = tuple(table_name(name) for name in (*TABLES, "files"))


# --- writing --------------------------------------------------------------------------------------


def write_part(
    parts: Path, keys: Mapping[str, str], files: Sequence[FileReport], tables: Mapping[str, pd.DataFrame]
) -> Path:
    """Write a part into the folder ``parts`` and return its own folder.

    ``tables`` may hold their rows in any order of files; a table left out is empty. ``keys``: what the part
    was made under.
    """
    target = parts / uuid4().hex
    folder = target.with_suffix(".part")
    (folder / STATE).mkdir(parents=True)
    columns: dict[str, Any] = {name: [getattr(one, name, 0) for one in files] for name in FILES.names}
    numbers = {one.file: n for n, one in enumerate(files)}
    for name, schema in TABLES.items():
        frame = tables.get(name)
        table, counts = _in_file_order(frame, schema, numbers)
        columns[f"rows_{name}"] = counts
        pq.write_table(table, table_path(folder, name), compression="lz4")
    pq.write_table(as_table(columns, FILES), table_path(folder, "files"), compression="zstd")
    done = {"first": files[0].file, **keys, "tables": _hashes(folder)}
    (folder / DONE).write_text(json.dumps(done), encoding="utf-8")
    folder.rename(target)
    return target


def _in_file_order(
    frame: pd.DataFrame | None, schema: pa.Schema, numbers: Mapping[str, int]
) -> tuple[pa.Table, list[int]]:
    """Return a table with its rows file by file, and how many each file has."""
    if frame is None or frame.empty:
        return schema.empty_table(), [0] * len(numbers)
    at = frame["file"].map(numbers).to_numpy(dtype=np.intp)
    counts: list[int] = np.bincount(at, minlength=len(numbers)).tolist()
    table = as_table(frame, schema)
    return (table if (np.diff(at) >= 0).all() else table.take(np.argsort(at, kind="stable"))), counts


def _hashes(folder: Path) -> dict[str, str]:
    names = (*TABLES, "files")
    return {name: hashlib.sha256(table_path(folder, name).read_bytes()).hexdigest() for name in names}


# --- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A part that is there and whole; ``keys`` what it was made under, ``copies`` its annotated workbooks."""

    folder: Location
    first: str
    keys: Mapping[str, str]
    copies: Location

    def index(self) -> Iterator[dict[str, Any]]:
        """Yield what is known of each file, in order, without what was read of it."""
        name = table_name("files")
        with here([name], self.folder) as folder, pq.ParquetFile(folder / name) as files:
            for batch in files.iter_batches(batch_size=STORED_GROUP, columns=_INDEX):
                yield from batch.to_pylist()


def open_parts(folder: Path, copies: Path) -> list[Part]:
    """Return the parts that an interrupted run left in ``folder``; what is not whole is removed."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        part = open_part(path, copies)
        if part is not None:
            found.append(part)
        else:
            shutil.rmtree(path, ignore_errors=True)
    return found


def open_part(folder: Location, copies: Location) -> Part | None:
    """Return the part in ``folder``, None where it is not whole."""
    try:
        with here((DONE, *TABLE_FILES), folder) as local:
            done = json.loads((local / DONE).read_text(encoding="utf-8"))
            whole = done["tables"] == _hashes(local)
            return Part(folder, done["first"], done, copies) if whole else None
    except (OSError, ValueError, KeyError):
        return None
    except StorageError as error:
        if not error.missing:
            raise
        return None


def stored(places: Sequence[tuple[Location, int]]) -> list[bytes]:
    """Return what was read of the files at ``places`` (folder of a part, row)."""
    found: dict[tuple[Location, int], bytes] = {}
    for folder in dict.fromkeys(folder for folder, _ in places):
        with parquet(folder / table_name("files")) as files:
            sizes = [files.metadata.row_group(number).num_rows for number in range(files.num_row_groups)]
            bounds = np.cumsum([0, *sizes])
            rows = [row for part, row in places if part == folder]
            for group in sorted({int(np.searchsorted(bounds, row, "right")) - 1 for row in rows}):
                column = files.read_row_group(group, columns=["stored"])["stored"]
                for row in rows:
                    if bounds[group] <= row < bounds[group + 1]:
                        found[folder, row] = column[int(row - bounds[group])].as_py()
    return [found[place] for place in places]


class PartReader:
    """Reads the tables of a part from front to back, some files at a time."""

    def __init__(self, folder: Location) -> None:
        self._stack = ExitStack()
        local = self._stack.enter_context(here(TABLE_FILES, folder))
        self._open = {
            name: self._stack.enter_context(pq.ParquetFile(table_path(local, name)))
            for name in (*TABLES, "files")
        }
        sizes = {"files": STORED_GROUP}
        self._rows = {name: _Rows(file, sizes.get(name, 10_000)) for name, file in self._open.items()}
        self._at = 0

    def take(self, row: int, count: int) -> dict[str, pa.Table]:
        """Return the tables of ``count`` files from number ``row``, which must not lie further in front."""
        while self._at < row:
            passed = self._files(min(STORED_GROUP, row - self._at))
            for name in TABLES:
                self._rows[name].skip(_sum(passed, name))
        files = self._files(count)
        return {"files": files, **{name: self._rows[name].take(_sum(files, name)) for name in TABLES}}

    def _files(self, count: int) -> pa.Table:
        self._at += count
        return self._rows["files"].take(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _sum(files: pa.Table, name: str) -> int:
    return sum(files[f"rows_{name}"].to_pylist())


class _Rows:
    """The rows of one table, read in batches."""

    def __init__(self, file: pq.ParquetFile, batch: int) -> None:
        self._schema = file.schema_arrow
        self._batches = file.iter_batches(batch_size=batch)
        self._batch: pa.RecordBatch | None = None

    def skip(self, count: int) -> None:
        for _ in self._pieces(count):
            pass

    def take(self, count: int) -> pa.Table:
        return pa.Table.from_batches(list(self._pieces(count)), self._schema)

    def _pieces(self, count: int) -> Iterator[pa.RecordBatch]:
        while count:
            if self._batch is None or not len(self._batch):
                self._batch = next(self._batches)
            piece = self._batch.slice(0, count)
            self._batch = self._batch.slice(len(piece))
            count -= len(piece)
            yield piece
