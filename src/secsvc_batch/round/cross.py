"""What only the whole round shows, found without holding it in memory.

Keys are dealt out to portions by their hash, so that all places of a key lie in one of them; what is found
is dealt out again by file, so that it can be put in order. One portion at a time is in memory.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from secsvc_batch.round.part import KEYS
from secsvc_batch.tables.findings import BARE, capped_frame
from secsvc_batch.tables.round_checks import concat_keys, meetings

_AT_ONCE = 25_000  # keys that are dealt out at once, and of about which a portion shall be
_KEYS_PER_FILE = 60
_FILES = 1_000  # files whose findings are put in order at once
_MOST = 400  # portions, each of which is an open file
_NUMBERED = [("applicant", pa.int32()), ("seq", pa.int64())]
_INTS = ("applicant", "row")
_FOUND = pa.schema(
    [*((name, pa.int32() if name in _INTS else pa.string()) for name in BARE), ("seq", pa.int64())]
)


class CrossKeys:
    """The keys of a round of ``files`` files, laid aside in ``folder`` as they come."""

    def __init__(self, folder: Path, files: int) -> None:
        self._keys = _Portions(folder / "keys", pa.schema([*KEYS, *_NUMBERED]), _portions(files))
        self._found = _Portions(folder / "found", _FOUND, min(_MOST, -(-files // _FILES)))
        self._per_portion = -(-files // (self._found.count * _FILES)) * _FILES
        self._waiting: list[pa.Table] = []
        self._rows = self._seen = 0

    def add(self, keys: pa.Table, numbers: np.ndarray) -> None:
        """Add the keys of some files; ``numbers``: for each row the number of its file in the round."""
        seq = pa.array(np.arange(self._seen, self._seen + len(keys)), pa.int64())
        table = keys.append_column("applicant", pa.array(numbers, pa.int32())).append_column("seq", seq)
        self._seen += len(keys)
        self._rows += len(keys)
        self._waiting.append(table)
        if self._rows >= _AT_ONCE:
            self._deal()

    def findings(self) -> Iterator[pd.DataFrame]:
        """Yield bare frames of what is found, in the order of the files."""
        self._deal()
        for keys in self._keys.each():
            # most keys stand nowhere else
            again = pd.Series(keys["key"].to_numpy()).duplicated(keep=False)
            frame = keys.take(np.flatnonzero(again)).to_pandas()
            found, at = meetings(concat_keys([frame.drop(columns="seq")]))
            if len(found):
                found = found.assign(seq=frame["seq"].to_numpy()[at])
                table = pa.Table.from_pandas(found, _FOUND, preserve_index=False)
                self._found.write(table, found["applicant"].to_numpy() // self._per_portion)
        for table in self._found.each():
            portion = table.sort_by([("applicant", "ascending"), ("seq", "ascending")])
            blocks = portion["applicant"].to_numpy() // _FILES
            for block in np.unique(blocks):
                start, end = np.searchsorted(blocks, [block, block + 1])
                frame = portion.slice(start, end - start).to_pandas().drop(columns="seq")
                yield capped_frame(frame.astype({"applicant": "int32", "row": "int32"}))

    def _deal(self) -> None:
        if self._waiting:
            table = pa.concat_tables(self._waiting)
            self._keys.write(table, table["key"].to_numpy() % np.uint64(self._keys.count))
        self._waiting, self._rows = [], 0


def _portions(files: int) -> int:
    return max(1, min(_MOST, -(-files * _KEYS_PER_FILE // _AT_ONCE)))


class _Portions:
    """Tables laid aside in several files, to be read one after the other."""

    def __init__(self, folder: Path, schema: pa.Schema, count: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.count = max(1, count)
        self._paths = [folder / f"{number}.arrow" for number in range(self.count)]
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        self._writers = [pa.ipc.new_stream(str(path), schema, options=options) for path in self._paths]

    def write(self, table: pa.Table, portions: np.ndarray) -> None:
        """Add rows; ``portions``: the portion of each."""
        order = np.argsort(portions, kind="stable")
        bounds = np.searchsorted(portions[order], np.arange(self.count + 1))
        for number, (start, end) in enumerate(pairwise(bounds.tolist())):
            if start < end:
                self._writers[number].write_table(table.take(order[start:end]))

    def each(self) -> Iterator[pa.Table]:
        """Yield the portions that hold anything, and remove them."""
        for writer in self._writers:
            writer.close()
        for path in self._paths:
            with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
                table = stream.read_all()
            path.unlink()
            if len(table):
                yield table
