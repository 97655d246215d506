"""Fixtures for all tests."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Any

import pytest


class InThisProcess:
    """Does every task at once where it is asked for, so that tests can look inside and start quickly."""

    workers = 1

    def submit(self, task: Callable[..., Any], /, *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(task(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds run in the process of the test; what workers do is tested in tests/faults."""
    monkeypatch.setattr(
        "secsvc_batch.round.executors.executor_for", lambda *_arguments: nullcontext(InThisProcess())
    )
