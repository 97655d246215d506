"""The round's tables as files: Parquet and CSV, written chunk by chunk, and JSON.

Everything is written into a folder that the caller gives; moving it to its place when all is there is
the caller's business.  The same rows give the same bytes, however they were cut into chunks.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

ROW_GROUP = 50_000  # rows of one group of a Parquet file
_BOM = b"\xef\xbb\xbf"
# full-width signs, too: Japanese Excel takes them for the others
_FORMULA = "^[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]"
# what steers a terminal or turns the direction of a line
_STEERING = (
    r"[\x{0}-\x{8}\x{b}-\x{1f}\x{7f}-\x{9f}"
    r"\x{61c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
)

VERDICTS = pa.schema(
    [
        ("application_id", pa.string()), ("file", pa.string()), ("organisation", pa.string()),
        ("service", pa.string()), ("clause", pa.string()), ("requirement_id", pa.string()),
        ("title", pa.string()), ("kind", pa.string()), ("verdict", pa.string()),
        ("met_otherwise", pa.bool_()), ("certain", pa.int32()), ("possible", pa.int32()),
        ("threshold", pa.int32()), ("missing", pa.string()), ("reasons", pa.string()),
        ("reason_text", pa.string()), ("readings", pa.string()), ("evidence", pa.string()),
    ]
)  # fmt: skip
APPLICATIONS = pa.schema(
    [
        ("application_id", pa.string()), ("file", pa.string()), ("organisation", pa.string()),
        ("service", pa.string()), ("service_title", pa.string()), ("service_name", pa.string()),
        ("clause", pa.string()), ("verdict", pa.string()), ("leaves_pass", pa.int32()),
        ("leaves_review", pa.int32()), ("leaves_fail", pa.int32()), ("leaves_not_applicable", pa.int32()),
        ("leaves_met_otherwise", pa.int32()), ("missing", pa.string()),
    ]
)  # fmt: skip
FINDINGS = pa.schema(
    [
        ("application_id", pa.string()), ("file", pa.string()), ("sheet", pa.string()), ("cell", pa.string()),
        ("kind", pa.string()), ("row", pa.int32()), ("field", pa.string()), ("raw", pa.string()),
        ("code", pa.string()), ("severity", pa.string()), ("message", pa.string()), ("remedy", pa.string()),
    ]
)  # fmt: skip


class ParquetWriter:
    """Writes one table as Parquet, in groups of always ``group`` rows.

    So the bytes do not tell how the rows came.
    """

    def __init__(self, path: Path, schema: pa.Schema, group: int = 0) -> None:
        self._schema, self._group = schema, group or ROW_GROUP
        self._waiting: list[pa.Table] = []
        self._rows = 0
        # smallest and largest of whole documents would be kept until the end, and say nothing
        told = [field.name for field in schema if not pa.types.is_binary(field.type)]
        self._parquet = pa.parquet.ParquetWriter(path, schema, compression="zstd", write_statistics=told)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= self._group:
            self._flush(everything=False)

    def close(self) -> None:
        """Write what is left."""
        self._flush(everything=True)
        self._parquet.close()

    def _flush(self, *, everything: bool) -> None:
        rows = pa.concat_tables(self._waiting) if self._waiting else self._schema.empty_table()
        while len(rows) >= self._group or (everything and len(rows)):
            group, rows = rows.slice(0, self._group), rows.slice(self._group)
            self._parquet.write_table(group.combine_chunks(), row_group_size=self._group)
        self._waiting = [rows] if len(rows) else []
        self._rows = len(rows)


class TableWriter:
    """Writes one table to ``name.parquet`` and ``name.csv`` in ``folder``, chunk after chunk.

    The CSV is UTF-8 with a mark at its start, so that Excel reads it rightly.  Text in it that begins
    with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return has a single quote put before it, so that
    no program takes it for a formula, and control characters are left out; the Parquet file holds the text
    as it is.
    """

    def __init__(self, folder: Path, name: str, schema: pa.Schema, group: int = 0) -> None:
        self._schema = schema
        self._parquet = ParquetWriter(folder / f"{name}.parquet", schema, group)
        self._sink: IO[bytes] = (folder / f"{name}.csv").open("wb")
        self._sink.write(_BOM)
        self._csv = pa.csv.CSVWriter(self._sink, schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, rows: pd.DataFrame | pa.Table) -> None:
        """Add rows; a frame has at least the columns of the schema, a table just these."""
        if not len(rows):
            return
        table = as_table(rows, self._schema) if isinstance(rows, pd.DataFrame) else rows
        self._csv.write_table(_guarded(table))
        self._parquet.write(table)

    def close(self) -> None:
        """Write what is left and close both files."""
        self._parquet.close()
        self._csv.close()
        self._sink.close()


def as_table(frame: pd.DataFrame | Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Return the columns of the schema, in its order and types."""
    arrays = [pa.Array.from_pandas(frame[field.name], type=field.type) for field in schema]
    flat = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in arrays]
    return pa.Table.from_arrays(flat, schema=schema)


def _guarded(table: pa.Table) -> pa.Table:
    """Put a single quote before text that a spreadsheet would take for a formula; leave controls out."""
    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            column = table.column(number)
            if pc.any(pc.match_substring_regex(column, _STEERING)).as_py():
                column = pc.replace_substring_regex(column, _STEERING, "")
                table = table.set_column(number, field, column)
            risky = pc.match_substring_regex(column, _FORMULA)
            if pc.any(risky).as_py():
                quoted = pc.binary_join_element_wise("'", column, "")
                table = table.set_column(number, field, pc.if_else(risky, quoted, column))
    return table


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as readable JSON, in the order of its keys."""
    text = json.dumps(content, ensure_ascii=False, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
