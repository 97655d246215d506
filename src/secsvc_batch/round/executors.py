"""Where chunks run: in worker processes of this machine, or on a Dask cluster.

A worker may die on a file (a library aborts, memory runs out, time is up). The files of its chunk are then
done in smaller and smaller chunks; a file that kills its worker again, all alone, is refused. So one file
never costs more than itself.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from secsvc_batch.round.job import Chunk, Job
from secsvc_batch.round.task import get_ready
from secsvc_batch.round.worker import MEMORY_LIMIT, Worker, WorkerLost

Result = TypeVar("Result")
Task = Callable[[Chunk], Result]

POOL_FROM = 50  # files; below, starting more than one worker costs more than it gives
_CONNECT = 15  # seconds in which a scheduler must answer
_WAITING = 2  # chunks that wait at each worker, so that it never has to


class ExecutorError(Exception):
    """What a round shall run on cannot be used; ``key`` is a word of the catalogue."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key, self.params = key, params


class Executor(Protocol):
    """Something that does tasks. Futures raise WorkerLost where the process that did the task died."""

    workers: int

    def submit(self, task: Callable[..., Result], /, *arguments: Any) -> "Future[Result]": ...


def executor_for(
    job: Job,
    files: int,
    workers: int = 0,
    memory: int | None = None,
    scheduler: str | None = None,
    begun: Worker | None = None,
) -> AbstractContextManager[Executor]:
    """Return what a round of so many files runs on.

    ``workers``: processes, 0 for one per processor, or a single one for few files; ``memory``: MiB that each
    may take. ``scheduler``: the address of a Dask cluster to be used instead. ``begun``: the first worker.
    """
    if scheduler:
        return Cluster(scheduler)
    wanted = workers or (_processors() if files >= POOL_FROM else 1)
    memory = MEMORY_LIMIT if memory is None else memory
    first = partial(get_ready, job.source, job.standard)
    return Workers(max(1, min(wanted, files)), memory, first, begun)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """Long-lived worker processes of this machine, each driven by a thread.

    ``memory``: MiB of address space of each worker, 0 for no limit. ``first``: what each does as soon as the
    executor is entered, while nobody waits for it. ``begun``: a worker of the same memory that is there.
    """

    def __init__(
        self,
        workers: int,
        memory: int = MEMORY_LIMIT,
        first: Callable[[], None] | None = None,
        begun: Worker | None = None,
    ) -> None:
        self.workers, self._memory, self._first = workers, memory, first
        self._begun = deque([begun] if begun else [])
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="worker")
        self._mine = threading.local()
        self._all: list[Worker] = []
        self._open = True

    def submit(self, task: Callable[..., Result], /, *arguments: Any) -> "Future[Result]":
        return self._threads.submit(self._run, task, *arguments)

    def _run(self, task: Callable[..., Result], *arguments: Any) -> Result:
        worker: Worker | None = getattr(self._mine, "worker", None)
        if worker is None:
            worker = self._mine.worker = self._another()
            self._all.append(worker)
        try:
            result: Result = worker.run(task, *arguments)
        except WorkerLost:
            self._mine.worker = None
            if self._open:
                self._all.remove(worker)
            raise
        return result

    def _another(self) -> Worker:
        try:
            return self._begun.popleft()
        except IndexError:
            return Worker(self._memory)

    def __enter__(self) -> Self:
        if self._first is not None:
            for _ in range(self.workers):
                self.submit(self._first)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in list(self._all):
            worker.stop()
        self._threads.shutdown()


class Cluster:
    """The workers of a Dask cluster; every file named in a task must be at the same place for all of them."""

    def __init__(self, scheduler: str) -> None:
        try:
            from dask import distributed
        except ImportError as error:
            raise ExecutorError("cluster.not_installed") from error
        library: Any = distributed  # which has hardly any types
        try:
            self._client = library.Client(scheduler, set_as_default=False, timeout=_CONNECT)
        except (OSError, ValueError) as error:
            raise ExecutorError("cluster.no_answer", address=scheduler) from error
        self._executor = self._client.get_executor(pure=False)
        self.workers = max(1, sum(self._client.nthreads().values()))

    def submit(self, task: Callable[..., Result], /, *arguments: Any) -> "Future[Result]":
        outside: Future[Result] = self._executor.submit(task, *arguments)
        inside: Future[Result] = Future()
        outside.add_done_callback(lambda done: _pass_on(done, inside))
        return inside

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(Exception):
            self._executor.shutdown(wait=False)
        self._client.close()


def _pass_on(done: "Future[Result]", to: "Future[Result]") -> None:
    try:
        to.set_result(done.result())
    except BaseException as error:
        # the scheduler gives a task up when worker after worker dies of it
        lost = type(error).__name__ == "KilledWorker"
        to.set_exception(WorkerLost("killed") if lost else error)


def run_all(
    executor: Executor, task: Task[Result], chunks: Iterator[Chunk]
) -> Iterator[tuple[Chunk, Result]]:
    """Do the chunks and give the results as they come; no more of them are under way than are of use.

    A chunk whose worker died comes back as smaller ones, a file that dies all alone with ``fatal`` set.
    """
    again: deque[Chunk] = deque()
    under_way: dict[Future[Result], Chunk] = {}
    while True:
        while len(under_way) < executor.workers * _WAITING:
            chunk = again.popleft() if again else next(chunks, None)
            if chunk is None:
                break
            under_way[executor.submit(task, chunk)] = chunk
        if not under_way:
            return
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            chunk = under_way.pop(future)
            try:
                yield chunk, future.result()
            except WorkerLost as lost:
                again.extend(_once_more(chunk, lost.reason))


def _once_more(chunk: Chunk, reason: str) -> list[Chunk]:
    if len(chunk.tasks) > 1:
        return chunk.smaller()
    return [replace(chunk, fatal=reason) if chunk.alone else replace(chunk, alone=True)]
