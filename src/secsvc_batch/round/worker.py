"""A worker: a process that does one task after the other, and that may die without harm to anything else."""

import faulthandler
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any

MEMORY_LIMIT = 4096
"""MiB of address space of one worker; an idle one has about 1,500, most of it never touched"""
_CYCLES = 50_000
"""objects more than were freed, after which the collector of cyclic garbage looks at the new ones"""
_TIMED_OUT = 1
"""exit code of a process whose time was up"""
_KILLED = {-9: "killed", -6: "abort", -11: "abort", -7: "abort", -4: "abort", 137: "killed", 134: "abort"}


class WorkerLost(Exception):
    """The process that did a task is gone; ``reason``: time, memory, abort or killed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Worker:
    """A process of its own. ``memory``: MiB of address space that it may take, 0 for no limit.

    It imports what chunks need as soon as it is begun, while nobody waits for it.
    """

    def __init__(self, memory: int) -> None:
        # fork after threads have started can hang: workers begin afresh
        context = get_context("spawn")
        self._mine, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, memory), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, task: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the task returns, or raise what it raises. Raises WorkerLost where the process dies."""
        try:
            self._mine.send((task, arguments))
            done, result = self._mine.recv()
        except (EOFError, OSError) as error:
            self._process.join()
            raise WorkerLost(_reason(self._process.exitcode)) from error
        if done:
            return result
        raise result

    def stop(self) -> None:
        """End the process at once, whatever it does."""
        self._process.kill()
        self._process.join()
        self._mine.close()


@contextmanager
def begun(memory: int | None, scheduler: str | None) -> Iterator[Worker | None]:
    """Begin a worker before it is known what it will do; None where a cluster does the work."""
    if scheduler:
        yield None
        return
    worker = Worker(MEMORY_LIMIT if memory is None else memory)
    try:
        yield worker
    finally:
        worker.stop()


def _reason(exitcode: int | None) -> str:
    return "time" if exitcode == _TIMED_OUT else _KILLED.get(exitcode or 0, "killed")


def _serve(connection: Connection, memory: int) -> None:
    """Do what is asked for until nobody asks any more."""
    # the parent is told of an interrupt, and ends its workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_memory(memory)
    # most of what a chunk makes is freed by counting references; the rest is looked for after the chunk
    gc.set_threshold(_CYCLES)
    with suppress(Exception):
        # what is wrong is told by the first task
        import secsvc_batch.round.chunk  # noqa: F401
    for number in count():
        gc.collect()
        if number == 1:
            # what the first task left stays: modules, the standard, texts
            gc.freeze()
        try:
            task, arguments = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer = True, task(*arguments)
        except Exception as error:
            answer = False, error
        connection.send(answer)


def _end_with_parent() -> None:
    """A parent that was killed must not leave workers behind: the next run could be under way already."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _limit_memory(mebibytes: int) -> None:
    if mebibytes and sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = mebibytes << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End this process when what is done inside takes longer; 0: as long as it takes.

    No exception would do: what hangs may be deep in a library that never looks up.
    """
    if not seconds:
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
