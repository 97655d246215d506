"""Where something stands: in a file system, or on object storage. Imports fsspec only for the latter."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from secsvc_batch.round.names import printable

_URL = re.compile(r"[A-Za-z][\w+.-]+(::[\w+.-]+)*://")
_OF_THIS_MACHINE = re.compile(r"(file|local)://")


class StorageError(Exception):
    """Object storage cannot be used; ``key`` is a word of the catalogue."""

    def __init__(self, key: str, path: str, error: str) -> None:
        super().__init__(key, path, error)
        self.key, self.params = key, {"path": path, "error": error}

    @property
    def missing(self) -> bool:
        """Whether all that is wrong is that there is no such object."""
        return isinstance(self.__cause__, FileNotFoundError)


@dataclass(frozen=True)
class ObjectPath:
    """An object, or all objects whose names begin alike, as if it were a file or folder.

    ``root`` is the URL that somebody gave: it alone says which storage is meant and how to get there.
    ``path`` is the name there. It is never taken for a URL: whoever may put an object there chose it.
    """

    root: str
    path: str

    @property
    def fs(self) -> Any:
        """The storage, as a file system of fsspec."""
        return _storage(self.root)[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[0] or self.name

    def __truediv__(self, name: str) -> "ObjectPath":
        return ObjectPath(self.root, f"{self.path}/{name}")

    def __str__(self) -> str:
        return self.root.rstrip("/") + self.path[len(_storage(self.root)[1]) :]

    def holds(self, other: "ObjectPath") -> bool:
        """Tell whether ``other`` is this object, or lies below it."""
        inside = other.path == self.path or other.path.startswith(f"{self.path}/")
        return inside and bool(self.fs == other.fs)


Location = Path | ObjectPath


def is_url(text: str) -> bool:
    """Tell whether a text names something by URL.

    >>> is_url("s3://bucket/round"), is_url("C:/round"), is_url("./a://b")
    (True, False, False)
    """
    return bool(_URL.match(text))


def locate(text: str) -> Location:
    """Return what a path or URL names. Raises StorageError where fsspec does not know such a storage."""
    if not is_url(text):
        return Path(text)
    _, path = _storage(text)
    # in a file system links are looked at, and results can be moved into place
    return Path(path) if _OF_THIS_MACHINE.match(text) else ObjectPath(text, path)


@lru_cache(maxsize=64)
def _storage(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise StorageError("storage.not_installed", url, str(error)) from error
    with talking(url, "storage.unknown"):
        storage, path = url_to_fs(url)
    return storage, path


@contextmanager
def talking(to: object, key: str = "storage.failed") -> Iterator[None]:
    """Raise whatever goes wrong meanwhile as StorageError: every storage has errors of its own."""
    try:
        yield
    except StorageError:
        raise
    except Exception as error:
        # names of objects, and what a storage answers, may hold anything
        raise StorageError(key, printable(str(to)), printable(f"{type(error).__name__}: {error}")) from error
