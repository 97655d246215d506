"""Which version of which object was seen: an object of the same version need not be looked at again.

The record stands with the results, but is none of them: it is the only file that differs from what the same
round in a file system gives.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from secsvc_batch.round.inputs import Input, Inputs, StoredObject
from secsvc_batch.round.names import printable
from secsvc_batch.round.part import STATE
from secsvc_batch.storage.location import Location, StorageError
from secsvc_batch.storage.transfer import here

RECORD = f"{STATE}/objects.parquet"
_COLUMNS = ("name", "version", "sha256")
_SCHEMA = pa.schema([("output", pa.bool_()), *((name, pa.string()) for name in _COLUMNS)])


@dataclass(frozen=True)
class Record:
    """Versions by name: of submissions (their URL) with the hash of their bytes, and of what was written."""

    inputs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


def record_of(folder: Location) -> Record:
    """Return the record of a results folder, an empty one where there is none."""
    try:
        with here([RECORD], folder) as local:
            table = pq.read_table(local / RECORD, schema=_SCHEMA)
    except (OSError, StorageError, pa.ArrowInvalid):
        return Record()
    output = table["output"].to_pylist()
    rows = list(zip(output, *(table[name].to_pylist() for name in _COLUMNS), strict=True))
    return Record(
        {name: (version, sha256) for output, name, version, sha256 in rows if not output},
        {name: version for output, name, version, _ in rows if output},
    )


def write_record(results: Path, inputs: Iterable[Input], outputs: Mapping[str, str] | None = None) -> None:
    """Write the record into a folder that holds inputs.parquet. ``outputs``: versions by name."""
    table = pq.read_table(results / "inputs.parquet", columns=["file", "sha256"])
    hashes = dict(zip(table["file"].to_pylist(), table["sha256"].to_pylist(), strict=True))
    seen = [one for one in inputs if one.object and one.object.version and hashes[one.file]]
    rows = [(False, _name(one.object), one.object.version, hashes[one.file]) for one in seen if one.object]
    rows += [(True, name, version, "") for name, version in (outputs or {}).items()]
    columns = dict(zip(_SCHEMA.names, zip(*rows, strict=True), strict=True)) if rows else {}
    target = results / RECORD
    target.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table({name: list(columns.get(name, ())) for name in _SCHEMA.names}, _SCHEMA), target)


def remembered(inputs: Inputs, record: Record) -> Inputs:
    """Return the inputs with the hashes of those objects that were seen before in this very version."""
    return replace(inputs, files=tuple(_remembered(one, record) for one in inputs.files))


def _name(one: StoredObject) -> str:
    return printable(str(one.place))


def _remembered(one: Input, record: Record) -> Input:
    if one.object is None or not one.object.version:
        return one
    version, sha256 = record.inputs.get(_name(one.object), ("", ""))
    return replace(one, object=replace(one.object, sha256=sha256)) if version == one.object.version else one
