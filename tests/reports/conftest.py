import pytest

from secsvc_batch.standard.loader import Standard, load_standard
from tests.reports.chunks import ReportedChunk, chunk_of
from tests.support import conformance_cases


@pytest.fixture(scope="session")
def standard() -> Standard:
    return load_standard()


@pytest.fixture(scope="session")
def everything(standard: Standard) -> ReportedChunk:
    """All conformance cases in one chunk."""
    return chunk_of([case["workbook"] for case in conformance_cases()], standard)
