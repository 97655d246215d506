"""What every chunk of a round has in common, small enough to be sent to a worker."""

import errno
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, islice
from math import isqrt
from pathlib import Path
from typing import TypeVar

from secsvc_batch.round.inputs import Input
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.source import Source
from secsvc_batch.storage.location import Location

TIME_LIMIT = 120
"""seconds that reading or annotating one file may take"""


@dataclass(frozen=True)
class Job:
    """The settings of a run. ``staging`` is the folder that becomes the results when all is done.

    ``work`` holds what is done so far; ``time_limit`` (seconds per file) 0: none.
    """

    base_date: date
    staging: Path
    source: Source = field(default_factory=Source)
    lang: str = "ja"
    work: Path = Path()
    time_limit: float = TIME_LIMIT

    @property
    def standard(self) -> Standard:
        """The standard of this run. Raises LoadError as ``load_standard`` does."""
        return self.source.load()


@dataclass(frozen=True)
class Place:
    """Where the results of one file stand: the folder of a part, and the file's row in it."""

    part: Location
    row: int


@dataclass(frozen=True)
class Known:
    """What an earlier run knows of a file. It holds as long as the file's bytes are the same.

    ``done``: the verdicts hold, too; otherwise only what was read. ``copy``: the annotated copy,
    ``annotated`` its name ('' without one), ``annotation`` the digest of what was put into it. ``checked``:
    the copy is known to be intact.
    """

    place: Place
    sha256: str
    done: bool
    copy: Location | None
    annotated: str
    copy_sha256: str
    annotation: str
    checked: bool


Task = tuple[Input, Known | None]
T = TypeVar("T")
# a folder that cannot be written to is nobody's fault but the disk's, and no matter of single files
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


@dataclass(frozen=True)
class Chunk:
    """Some files of a round; ``first`` is the number of its first file in the round."""

    first: int
    tasks: tuple[Task, ...]
    # why the worker died on this one file when it was alone: refused without being opened
    fatal: str = ""
    alone: bool = False

    def smaller(self) -> "list[Chunk]":
        """Return the files of the chunk as smaller chunks."""
        firsts = accumulate((len(piece) for piece in pieces(self.tasks)), initial=self.first)
        return [Chunk(first, tuple(piece)) for first, piece in zip(firsts, pieces(self.tasks), strict=False)]


@dataclass
class ChunkResult:
    """Where the results of each file of a chunk stand. ``times``: seconds per stage."""

    first: int
    places: list[Place]
    times: dict[str, float] = field(default_factory=dict)


def pieces(many: Sequence[T]) -> list[Sequence[T]]:
    """Cut ``many`` into about as many pieces as each of them has, to find what is wrong with one of them.

    One by one each would cost as much as a chunk does at least; halves would fail again and again.

    >>> pieces("abcdefgh")
    ['ab', 'cd', 'ef', 'gh']
    """
    size = isqrt(len(many))
    return [many[start : start + size] for start in range(0, len(many), size)]


def split(tasks: Iterable[Task], size: int) -> Iterator[Chunk]:
    """Cut the files of a round into chunks of at most ``size``, one after the other."""
    rest, first = iter(tasks), 0
    while some := tuple(islice(rest, size)):
        yield Chunk(first, some)
        first += len(some)
