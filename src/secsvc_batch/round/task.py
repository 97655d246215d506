"""What workers are asked to do. Whoever asks needs nothing of what it takes, which is slow to import."""

from secsvc_batch.round.job import Chunk, ChunkResult, Job
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.source import Source
from secsvc_batch.storage.location import ObjectPath


def get_ready(source: Source, standard: Standard) -> None:
    """Take over the standard that ``source`` loads, which the first chunk would wait for."""
    source.take(standard)


def process(job: Job, chunk: Chunk) -> ChunkResult:
    """Do a chunk of files; see ``round.chunk``."""
    from secsvc_batch.round import chunk as room

    return room.process(job, chunk)


def process_objects(job: Job, puts: tuple[ObjectPath, ObjectPath] | None, chunk: Chunk) -> ChunkResult:
    """Do a chunk of which something stands on object storage; see ``storage.chunk``."""
    from secsvc_batch.storage import chunk as room

    return room.process_objects(job, puts, chunk)
