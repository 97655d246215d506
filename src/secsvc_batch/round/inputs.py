"""Which files of the folders and names given are submissions, and what each is called in the round."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secsvc_batch.round.names import Names, portable, printable
from secsvc_batch.storage.location import Location, ObjectPath
from secsvc_batch.workbook.limits import RefusedFileError

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
# looked at so that their applicant hears why they cannot be read
OTHER_TABLES = frozenset({".xls", ".xlsb", ".xltx", ".xltm", ".ods", ".csv", ".tsv"})
OFFICE_LOCKS = ("~$", ".~lock.")
_LONGEST_OBJECT = 700
"""bytes of the name of a copy on object storage, where names have 1,024 at most, folders included"""


class InputError(Exception):
    """The folders and names given cannot be used; ``key`` is a word of the catalogue."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key, self.params = key, params


@dataclass(frozen=True)
class StoredObject:
    """A submission on object storage as it was listed; ``sha256``: of its bytes, where it was seen before."""

    place: ObjectPath
    size: int
    version: str
    sha256: str = ""


@dataclass(frozen=True)
class Input:
    """One file: where it is, its name in the round, and the name of its annotated copy.

    Both names are relative with ``/`` between parts; ``file`` can be shown anywhere, ``copy`` can be written
    on any system. ``object``: where it really is, which leaves ``path`` to the worker; ``refused``: why the
    worker could not fetch it.
    """

    path: Path
    file: str
    copy: str = ""
    object: StoredObject | None = None
    refused: RefusedFileError | None = None

    @property
    def annotated(self) -> str:
        """The name of the annotated copy."""
        return self.copy or portable(self.file)


@dataclass(frozen=True)
class Inputs:
    """The files of a round in the order of their names, and names of files that are no workbooks."""

    files: tuple[Input, ...]
    ignored: tuple[str, ...]

    @property
    def from_objects(self) -> bool:
        """Whether anything has to be fetched."""
        return any(one.object for one in self.files)


def find_inputs(given: Sequence[Location], leave_out: Iterable[Location] = ()) -> Inputs:
    """Return every workbook of the folders (with what is below them) and files given.

    A file named outright is always taken; in folders, hidden files, the lock files of office programs and
    folders in ``leave_out`` are passed over, and so are links and what is no file: one could lead anywhere,
    the other could never end. Raises InputError where
    something given does not exist or nothing is found, StorageError where object storage does not answer.
    """
    apart = tuple(leave_out)
    avoided = {path.resolve() for path in apart if isinstance(path, Path)}
    found: dict[Path, str] = {}
    objects: dict[tuple[Any, str], tuple[str, StoredObject]] = {}
    ignored: list[str] = []
    for start in given:
        if isinstance(start, ObjectPath):
            from secsvc_batch.storage.listing import find_objects

            if not find_objects(start, apart, objects, ignored):
                raise InputError("input.missing", path=str(start))
        elif not start.exists():
            raise InputError("input.missing", path=str(start))
        elif start.is_dir():
            _walk(start, avoided, found, ignored)
        else:
            found.setdefault(start.resolve(), start.name)
    if not found and not objects:
        raise InputError("input.none", path=", ".join(str(path) for path in given))
    longest = _LONGEST_OBJECT if objects or any(isinstance(path, ObjectPath) for path in apart) else None
    files = sorted(_distinct(found, objects.values(), longest), key=lambda item: item.file)
    return Inputs(tuple(files), tuple(sorted(map(printable, ignored))))


def _walk(start: Path, avoided: set[Path], found: dict[Path, str], ignored: list[str]) -> None:
    root = start.resolve()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _passed_over(Path(folder, name), avoided))
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith((".", *OFFICE_LOCKS)):
                continue
            relative = path.relative_to(root).as_posix()
            if path.is_symlink() or not path.is_file():
                ignored.append(relative)
            elif path.suffix.lower() in WORKBOOKS | OTHER_TABLES:
                found.setdefault(path.resolve(), relative)
            else:
                ignored.append(relative)


def _passed_over(folder: Path, avoided: set[Path]) -> bool:
    return folder.name.startswith(".") or folder.is_symlink() or folder.resolve() in avoided


def _distinct(
    found: dict[Path, str], objects: Iterable[tuple[str, StoredObject]], longest: int | None
) -> list[Input]:
    """Give files of the same name from several folders names of their own: ``name (2).xlsx``."""
    shown, written = Names(), Names()
    names: list[tuple[Path, str, StoredObject | None]] = [(path, found[path], None) for path in sorted(found)]
    for name, stored in sorted(objects, key=_order):
        names.append((Path(), name, stored))
    return [
        Input(path, shown.take(printable(name)), written.take(_copy(name, longest)), stored)
        for path, name, stored in names
    ]


def _order(found: tuple[str, StoredObject]) -> tuple[str, list[str]]:
    """Return what puts objects into the order that files of the same names have."""
    place = found[1].place
    return place.root, place.path.split("/")


def _copy(name: str, longest: int | None) -> str:
    """Return the name of an annotated copy, without its folders where it would be too long."""
    copy = portable(name)
    return copy if longest is None or len(copy.encode()) <= longest else copy.rpartition("/")[2]
