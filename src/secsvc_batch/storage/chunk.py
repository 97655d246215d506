"""A chunk of which something stands on object storage: fetched, done as any other, put up."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from secsvc_batch.round.chunk import process
from secsvc_batch.round.job import Chunk, ChunkResult, Job, Place, Task
from secsvc_batch.round.part import ANNOTATED, DONE, TABLE_FILES
from secsvc_batch.round.stopwatch import Stopwatch
from secsvc_batch.storage.location import Location, ObjectPath
from secsvc_batch.storage.scratch import scratch
from secsvc_batch.storage.submissions import fetched
from secsvc_batch.storage.transfer import at_once, put
from secsvc_batch.workbook.limits import LIMITS

_PORTION = 512 << 20
"""bytes of submissions that are on this machine at once"""
Puts = tuple[ObjectPath, ObjectPath]


def process_objects(job: Job, puts: Puts | None, chunk: Chunk) -> ChunkResult:
    """Do ``process`` with what has to be fetched; ``puts``: where its copies go, and its parts.

    A part goes up after its copies, and is there when its last file is. Raises StorageError where something
    cannot be put up; a submission that cannot be fetched is refused by itself.
    """
    watch = Stopwatch()
    whole = ChunkResult(chunk.first, [])
    for tasks in _portions(chunk.tasks):
        done = _process(job, puts, replace(chunk, tasks=tasks), watch)
        whole.places += done.places
        for stage, seconds in done.times.items():
            watch.times[stage] = watch.times.get(stage, 0.0) + seconds
    return replace(whole, times=watch.times)


def _portions(tasks: Sequence[Task]) -> Iterator[tuple[Task, ...]]:
    """Cut the tasks of a chunk so that the objects of each portion fit on any disk; mostly there is one."""
    portion: list[Task] = []
    size = 0
    for task in tasks:
        added = min(task[0].object.size, LIMITS.file_bytes) if task[0].object else 0
        if portion and size + added > _PORTION:
            yield tuple(portion)
            portion, size = [], 0
        portion.append(task)
        size += added
    yield tuple(portion)


def _process(job: Job, puts: Puts | None, chunk: Chunk, watch: Stopwatch) -> ChunkResult:
    with scratch() as folder:
        with watch.stage("fetch"):
            chunk = replace(chunk, tasks=fetched(chunk.tasks, folder / "submissions"))
        if puts is None:
            return process(job, chunk)
        job = replace(job, staging=folder / "results", work=folder / "work")
        result = process(job, chunk)
        with watch.stage("put"):
            copies, parts = puts
            _put_copies(job.staging / ANNOTATED, copies)
            return replace(result, places=_put_parts(result.places, parts))


def _put_copies(folder: Path, copies: ObjectPath) -> None:
    there = [Path(place, name) for place, _, names in os.walk(folder) for name in names]
    at_once(lambda path: put(path, copies / path.relative_to(folder).as_posix()), there)


def _put_parts(places: list[Place], parts: ObjectPath) -> list[Place]:
    """Put up the parts that were made, and return where the files stand now."""
    made: dict[Location, ObjectPath] = {}
    for place in places:
        if isinstance(place.part, Path) and place.part not in made:
            made[place.part] = parts / place.part.name
            _put_part(place.part, made[place.part])
    return [replace(place, part=made.get(place.part, place.part)) for place in places]


def _put_part(source: Path, target: ObjectPath) -> None:
    at_once(lambda name: put(source / name, target / name), TABLE_FILES)
    put(source / DONE, target / DONE)
