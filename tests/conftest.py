"""Fixtures for all tests."""

from collections.abc import Iterator

import pytest

from tests.support import in_this_process


@pytest.fixture
def in_process() -> Iterator[None]:
    """Rounds run in the process of the test; what workers do is tested in tests/faults."""
    with in_this_process():
        yield
