"""Where chunks run: in this process, or in a pool of long-lived worker processes.

A worker may die on a file (a library aborts, memory runs out). Its chunk is then split and run again
file by file, each alone in a fresh worker, so that one file never costs more than itself.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import TypeVar

from secsvc_batch.round.job import Chunk

Result = TypeVar("Result")
Task = Callable[[Chunk], Result]

POOL_FROM = 50  # files; below, starting workers costs more than they give


def run_serially(task: Task[Result], chunks: Sequence[Chunk]) -> Iterator[tuple[Chunk, Result]]:
    """Run the chunks one after the other in this process."""
    for chunk in chunks:
        yield chunk, task(chunk)


def run_in_pool(task: Task[Result], chunks: Sequence[Chunk], workers: int) -> Iterator[tuple[Chunk, Result]]:
    """Run the chunks in ``workers`` processes and give the results as they come.

    What was under way when a worker died is run again one file at a time.
    """
    lost: list[Chunk] = []
    with _pool(min(workers, len(chunks))) as pool:
        futures: dict[Future[Result], Chunk] = {pool.submit(task, chunk): chunk for chunk in chunks}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                lost.append(futures[future])
    for chunk in sorted(lost, key=lambda c: c.number):
        yield from _survivors(task, chunk)


def _survivors(task: Task[Result], chunk: Chunk) -> Iterator[tuple[Chunk, Result]]:
    """Run a chunk again whole; if its worker dies again, file by file, each in a worker of its own."""
    try:
        yield chunk, _alone(task, chunk)
        return
    except BrokenProcessPool:
        pass
    for offset, one in enumerate(chunk.inputs):
        single = replace(chunk, first=chunk.first + offset, inputs=(one,))
        try:
            yield single, _alone(task, single)
        except BrokenProcessPool:
            yield single, task(replace(single, fatal=True))


def _alone(task: Task[Result], chunk: Chunk) -> Result:
    with _pool(1) as pool:
        return pool.submit(task, chunk).result()


def _pool(workers: int) -> ProcessPoolExecutor:
    # fork after threads have started can hang: workers begin afresh
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
