"""Submissions on object storage, brought to this machine chunk by chunk, or refused one by one."""

import hashlib
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from secsvc_batch.round.inputs import Input
from secsvc_batch.round.job import Known, Task
from secsvc_batch.storage.location import ObjectPath, StorageError
from secsvc_batch.storage.transfer import at_once, read
from secsvc_batch.workbook.limits import LIMITS, RefusedFileError
from secsvc_batch.workbook.preflight import fingerprint

_LARGE = 4 << 20
_ONE_LARGE = threading.Lock()
"""large objects are in memory one at a time"""


def look(one: Input) -> tuple[str, int]:
    """Return SHA-256 and size of a submission as ``fingerprint`` does; an object need not be here."""
    if one.object is None or one.path.exists():
        return fingerprint(one.path)
    return "" if one.refused else one.object.sha256, one.object.size


def on_this_machine(one: Input) -> Path:
    """Return where the bytes are, fetched now where nobody needed them before. Raises StorageError."""
    if one.object is not None and not one.path.exists():
        data = read(one.object.place)
        if hashlib.sha256(data).hexdigest() != one.object.sha256:
            raise StorageError("storage.changed", str(one.object.place), "")
        one.path.write_bytes(data)
    return one.path


def is_same(one: Input, known: Known) -> bool:
    """Tell whether an object is in the very version that something is known of."""
    return one.object is not None and known.sha256 == one.object.sha256 != ""


def fetched(tasks: Sequence[Task], folder: Path) -> tuple[Task, ...]:
    """Return the tasks of a chunk with everything in ``folder`` that has to be looked at.

    The files there bear numbers: names of objects are not to be trusted.
    """
    folder.mkdir()
    return tuple(at_once(partial(_fetched, folder), enumerate(tasks)))


def _fetched(folder: Path, numbered: tuple[int, Task]) -> Task:
    number, (one, known) = numbered
    known = known and _checked(known)
    if one.object is None:
        return one, known
    one = replace(one, path=folder / str(number))
    if known is not None and is_same(one, known):
        return one, known
    try:
        one.path.write_bytes(_bytes_of(one))
    except StorageError as error:
        one = replace(one, refused=RefusedFileError("file_unreadable", reason=error.params["error"]))
    except RefusedFileError as error:
        one = replace(one, refused=error)
    return one, known


def _bytes_of(one: Input) -> bytes:
    """Return the bytes of a submission. Raises RefusedFileError before it takes more of them than it may."""
    assert one.object is not None
    most, size = LIMITS.file_bytes, one.object.size
    data = b""
    if 0 < size <= most:
        with _ONE_LARGE if size > _LARGE else nullcontext():
            # it may have grown since it was listed
            data = read(one.object.place, most + 1)
        size = len(data)
    if size > most:
        raise RefusedFileError("file_too_large", size=size >> 20, limit=most >> 20)
    return data


def _checked(known: Known) -> Known:
    """Return what is known, after a look at the annotated copy: another run may have put up another one."""
    if known.checked or not isinstance(known.copy, ObjectPath):
        return known
    try:
        intact = hashlib.sha256(read(known.copy)).hexdigest() == known.copy_sha256
    except StorageError as error:
        if not error.missing:
            raise
        intact = False
    return replace(known, checked=True) if intact else replace(known, copy=None, done=False)
