"""Objects fetched, put up and removed, several at a time.

Only calls that take one name as it is: those for many names take ``*`` and ``[`` in them for patterns.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import pyarrow.parquet as pq

from secsvc_batch.storage.location import Location, ObjectPath, StorageError, talking
from secsvc_batch.storage.scratch import scratch

_AT_ONCE = 16
# what storages say of one state of an object, besides its size
_STATE = (
    "ETag",
    "etag",
    "md5Hash",
    "generation",
    "LastModified",
    "last_modified",
    "updated",
    "mtime",
    "created",
)
T = TypeVar("T")
R = TypeVar("R")


class Listed(NamedTuple):
    """What a list says of an object. ``version`` differs whenever the bytes do; '' where nothing tells."""

    name: str
    size: int
    version: str
    is_file: bool


def at_once(task: Callable[[T], R], many: Iterable[T]) -> list[R]:
    """Return what the task gives for each of many, several of which wait for the network together."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(task, many))


def listed(folder: ObjectPath) -> Iterator[Listed]:
    """Yield every object below ``folder`` under its name from there. Raises StorageError."""
    start = f"{folder.path}/"
    found: dict[str, dict[str, Any]] = {}
    try:
        with talking(folder):
            folder.fs.invalidate_cache()
            found = folder.fs.find(folder.path, detail=True)
    except StorageError as error:
        if not error.missing:
            raise
    for path, info in found.items():
        # consoles make objects that look like folders
        if path.startswith(start) and not path.endswith("/") and info["type"] != "directory":
            yield look(path[len(start) :], info)


def look(name: str, info: dict[str, Any]) -> Listed:
    """Return what there is to know of an object from what fsspec says of it."""
    state = [str(info[key]) for key in _STATE if info.get(key) not in (None, "")]
    size = int(info.get("size") or 0)
    whole = info["type"] == "file" and not info.get("islink")
    return Listed(name, size, "|".join([str(size), *state]) if state else "", whole)


def read(one: ObjectPath, most: int | None = None) -> bytes:
    """Return the bytes of an object, no more than ``most`` of them. Raises StorageError."""
    limits = {} if most is None else {"start": 0, "end": most}
    with talking(one):
        data: bytes = one.fs.cat_file(one.path, **limits)
    return data


def fetch(one: ObjectPath, to: Path) -> None:
    """Copy an object, however large, into a file. Raises StorageError."""
    with talking(one):
        one.fs.get_file(one.path, str(to))


def put(source: Path, to: ObjectPath, **how: str) -> None:
    """Let an object be what a file is, whole or not at all. Raises StorageError."""
    with talking(to):
        to.fs.put_file(str(source), to.path, **how)


def remove(many: Iterable[ObjectPath]) -> None:
    """Remove objects, as far as they are there. Raises StorageError."""
    at_once(_remove, many)


def _remove(one: ObjectPath) -> None:
    try:
        with talking(one):
            one.fs.rm_file(one.path)
    except StorageError as error:
        if not error.missing:
            raise


@contextmanager
def here(names: Iterable[str], folder: Location) -> Iterator[Path]:
    """Give a folder of this machine with the files ``names`` of ``folder``: itself, or a copy for a while."""
    if isinstance(folder, Path):
        yield folder
        return
    with scratch() as copy:
        for name in names:
            (copy / name).parent.mkdir(exist_ok=True)
        at_once(lambda name: fetch(folder / name, copy / name), names)
        yield copy


@contextmanager
def parquet(path: Location) -> Iterator[pq.ParquetFile]:
    """Open a table where it is: of an object only those ranges are fetched that are asked for."""
    with ExitStack() as stack:
        source: Path | IO[bytes] = path if isinstance(path, Path) else stack.enter_context(_ranges(path))
        yield stack.enter_context(pq.ParquetFile(source))


def _ranges(one: ObjectPath) -> Any:
    with talking(one):
        return one.fs.open(one.path, "rb", cache_type="none")
