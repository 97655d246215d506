"""What every chunk of a round has in common, small enough to be sent to a worker."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from secsvc_batch.round.inputs import Input
from secsvc_batch.standard.loader import Standard, load_standard


@dataclass(frozen=True)
class Job:
    """The settings of a run. ``staging`` is the folder that becomes the results when all is done."""

    base_date: date
    staging: Path
    rules: Path | None = None
    lists: Path | None = None
    readings: Path | None = None
    lang: str = "ja"

    @property
    def standard(self) -> Standard:
        """The standard with the lists and readings of this run, loaded once per process."""
        return _standard(self.rules, self.lists, self.readings)


@cache
def _standard(rules: Path | None, lists: Path | None, readings: Path | None) -> Standard:
    return load_standard(rules, lists, readings)


@dataclass(frozen=True)
class Chunk:
    """Some files of a round: ``number`` from 0, ``first`` the number of its first file in the round."""

    number: int
    first: int
    inputs: tuple[Input, ...]
    # files whose worker died on them when they were alone: refused without being opened
    fatal: bool = False


def split(inputs: tuple[Input, ...], size: int) -> list[Chunk]:
    """Cut the files of a round into chunks of at most ``size``."""
    starts = range(0, len(inputs), size)
    return [Chunk(number, first, inputs[first : first + size]) for number, first in enumerate(starts)]
