"""Which files of the folders and names given are submissions, and what each is called in the round."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from secsvc_batch.round.names import Names, portable, printable

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
# looked at so that their applicant hears why they cannot be read
OTHER_TABLES = frozenset({".xls", ".xlsb", ".xltx", ".xltm", ".ods", ".csv", ".tsv"})
_OFFICE_LOCKS = ("~$", ".~lock.")


class InputError(Exception):
    """The folders and names given cannot be used; ``key`` is a word of the catalogue."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key, self.params = key, params


@dataclass(frozen=True)
class Input:
    """One file: where it is, its name in the round, and the name of its annotated copy.

    Both names are relative with ``/`` between parts; ``file`` can be shown anywhere, ``copy`` can be written
    on any system.
    """

    path: Path
    file: str
    copy: str = ""

    @property
    def annotated(self) -> str:
        """The name of the annotated copy."""
        return self.copy or portable(self.file)


@dataclass(frozen=True)
class Inputs:
    """The files of a round in the order of their names, and names of files that are no workbooks."""

    files: tuple[Input, ...]
    ignored: tuple[str, ...]


def find_inputs(given: Sequence[Path], leave_out: Iterable[Path] = ()) -> Inputs:
    """Return every workbook of the folders (with what is below them) and files given.

    A file named outright is always taken; in folders, hidden files, the lock files of office programs and
    folders in ``leave_out`` are passed over, and so are links and what is no file: one could lead anywhere,
    the other could never end. Raises InputError where
    something given does not exist or nothing is found.
    """
    avoided = {path.resolve() for path in leave_out}
    found: dict[Path, str] = {}
    ignored: list[str] = []
    for start in given:
        if not start.exists():
            raise InputError("input.missing", path=str(start))
        if start.is_dir():
            _walk(start, avoided, found, ignored)
        else:
            found.setdefault(start.resolve(), start.name)
    if not found:
        raise InputError("input.none", path=", ".join(str(path) for path in given))
    files = sorted(_distinct(found), key=lambda item: item.file)
    return Inputs(tuple(files), tuple(sorted(map(printable, ignored))))


def _walk(start: Path, avoided: set[Path], found: dict[Path, str], ignored: list[str]) -> None:
    root = start.resolve()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _passed_over(Path(folder, name), avoided))
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith((".", *_OFFICE_LOCKS)):
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


def _distinct(found: dict[Path, str]) -> list[Input]:
    """Give files of the same name from several folders names of their own: ``name (2).xlsx``."""
    shown, written = Names(), Names()
    return [
        Input(path, shown.take(printable(found[path])), written.take(portable(found[path])))
        for path in sorted(found)
    ]
