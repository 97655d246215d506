"""Each hostile file by itself: it is refused with its finding, or read and annotated."""

from pathlib import Path

import pytest

from secsvc_batch.messages import finding_types
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.workbook.annotate import Annotation, Cell, NewSheet, annotate_bytes
from secsvc_batch.workbook.reader import read_submission
from tests.hostile.catalogue import CATALOGUE, REFUSED, Hostile

# what validation finds of cells, after reading
_LATER = {"unreadable_date", "unreadable_cell", "date_read_from_text"}


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load_standard()


def _marked(one: Hostile) -> object:
    return pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.large else [])


@pytest.mark.parametrize("hostile", [_marked(one) for one in CATALOGUE])
def test_a_hostile_file_is_refused_with_its_finding_or_read(
    hostile: Hostile, standard: Standard, tmp_path: Path
) -> None:
    path = tmp_path / hostile.file
    path.write_bytes(hostile.make())
    submission = read_submission(path, hostile.file, standard.layout, standard.edition.edition)
    codes = {finding.code for finding in submission.findings}
    assert codes <= finding_types().keys()
    assert submission.refused == (hostile.outcome == REFUSED)
    if submission.refused:
        assert len(codes) == 1
        assert codes <= set(hostile.codes)
        assert not submission.sheets
        return
    assert set(hostile.codes) - _LATER <= codes
    sheet = NewSheet("判定", "secsvc-batch:annotation", [[Cell("a")]])
    data = path.read_bytes()
    once = annotate_bytes(data, Annotation([sheet]))
    assert len(once) > 0
    assert annotate_bytes(once, Annotation([sheet])) == once


def test_names_of_hostile_files_are_told_once() -> None:
    assert len({one.name for one in CATALOGUE}) == len(CATALOGUE)
