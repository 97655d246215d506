"""A chunk of which something stands on object storage: fetched, done as any other, put up."""

import os
from dataclasses import replace
from pathlib import Path

from secsvc_batch.round.chunk import ChunkResult, process
from secsvc_batch.round.examine import Stopwatch
from secsvc_batch.round.job import Chunk, Job, Place
from secsvc_batch.round.part import ANNOTATED, DONE, TABLE_FILES
from secsvc_batch.storage.location import Location, ObjectPath
from secsvc_batch.storage.scratch import scratch
from secsvc_batch.storage.submissions import fetched
from secsvc_batch.storage.transfer import at_once, put


def process_objects(job: Job, puts: tuple[ObjectPath, ObjectPath] | None, chunk: Chunk) -> ChunkResult:
    """Do ``process`` with what has to be fetched; ``puts``: where its copies go, and its parts.

    A part goes up after its copies, and is there when its last file is. Raises StorageError where something
    cannot be put up; a submission that cannot be fetched is refused by itself.
    """
    watch = Stopwatch()
    with scratch() as folder:
        with watch.stage("fetch"):
            chunk = replace(chunk, tasks=fetched(chunk.tasks, folder / "submissions"))
        if puts is None:
            result = process(job, chunk)
        else:
            job = replace(job, staging=folder / "results", work=folder / "work")
            result = process(job, chunk)
            with watch.stage("put"):
                copies, parts = puts
                _put_copies(job.staging / ANNOTATED, copies)
                result.places = _put_parts(result.places, parts)
    return replace(result, times=result.times | watch.times)


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
