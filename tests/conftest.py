"""Fixtures for all tests."""

import gc
from collections.abc import Iterator

import pytest

from tests.support import in_this_process

# A workbook is hundreds of thousands of objects, none of them in a cycle: looking for cycles as often as
# usual takes a quarter of all the time.
gc.set_threshold(100_000, 50, 50)


@pytest.fixture
def in_process() -> Iterator[None]:
    """Rounds run in the process of the test; what workers do is tested in tests/faults."""
    with in_this_process():
        yield
