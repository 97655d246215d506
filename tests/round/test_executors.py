"""What is tried again after a worker died, and how often."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from secsvc_batch.round.executors import Workers, run_all
from secsvc_batch.round.inputs import Input
from secsvc_batch.round.job import Chunk, split
from secsvc_batch.round.worker import WorkerLost


class Fragile:
    """Loses its worker on every file named bad, as often as asked for."""

    def __init__(self, times: int) -> None:
        self.workers, self._left = 2, times
        self.tried: list[tuple[str, ...]] = []
        self.under_way = self.most = 0

    def submit(self, task: Any, /, *arguments: Any) -> "Future[Any]":
        (chunk,) = arguments
        names = tuple(one.file for one, _ in chunk.tasks)
        self.tried.append(names)
        future: Future[Any] = Future()
        if "bad" in names and not chunk.fatal and self._left:
            self._left -= 1
            future.set_exception(WorkerLost("abort"))
        else:
            future.set_result(task(chunk))
        return future


def run(executor: Fragile, names: list[str], size: int) -> dict[str, tuple[int, str]]:
    chunks = split(((Input(Path(name), name), None) for name in names), size)
    done = run_all(executor, lambda chunk: chunk, chunks)
    return {
        one.file: (chunk.first + n, chunk.fatal)
        for chunk, _ in done
        for n, (one, _) in enumerate(chunk.tasks)
    }


def test_a_file_that_kills_its_worker_alone_and_again_is_given_up() -> None:
    executor = Fragile(times=3)
    found = run(executor, ["a", "bad", "c", "d", "e"], 3)
    assert found == {"a": (0, ""), "bad": (1, "abort"), "c": (2, ""), "d": (3, ""), "e": (4, "")}
    assert executor.tried.count(("bad",)) == 3  # alone, once more, and to be told
    assert executor.tried.count(("a",)) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_a_worker_that_dies_of_something_else_costs_no_file(times: int) -> None:
    found = run(Fragile(times), ["a", "bad", "c"], 3)
    assert found == {"a": (0, ""), "bad": (1, ""), "c": (2, "")}


def test_no_more_chunks_are_taken_than_are_of_use() -> None:
    taken: list[int] = []

    class Slow:
        workers = 2

        def __init__(self) -> None:
            self.waiting: list[Future[Any]] = []

        def submit(self, task: Any, /, *arguments: Any) -> "Future[Any]":
            future: Future[Any] = Future()
            self.waiting.append(future)
            if len(self.waiting) == 4:
                self.waiting[0].set_result("done")
            return future

    def chunks() -> Any:
        for number in range(1000):
            taken.append(number)
            yield Chunk(number, ())

    next(run_all(Slow(), lambda chunk: chunk, chunks()))
    assert len(taken) == 4


@pytest.mark.slow
def test_workers_raise_what_a_task_raises_and_live_on() -> None:
    with Workers(1) as workers:
        pid = workers.submit(_pid).result()
        with pytest.raises(ZeroDivisionError):
            workers.submit(divmod, 1, 0).result()
        assert workers.submit(_pid).result() == pid


@pytest.mark.slow
@pytest.mark.parametrize(("signal", "reason"), [(6, "abort"), (9, "killed")])
def test_a_worker_that_dies_is_replaced(signal: int, reason: str) -> None:
    with Workers(1) as workers:
        with pytest.raises(WorkerLost) as caught:
            workers.submit(_die, signal).result()
        assert caught.value.reason == reason
        assert workers.submit(divmod, 7, 2).result() == (3, 1)


def _pid() -> int:
    import os

    return os.getpid()


def _die(signal: int) -> None:
    import os

    os.kill(os.getpid(), signal)
