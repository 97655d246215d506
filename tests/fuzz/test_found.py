"""What the fuzzer found once stays mended."""

from pathlib import Path

from secsvc_batch.standard.loader import load_standard
from secsvc_batch.workbook.annotate import Annotation, Cell, NewSheet, annotate_bytes
from secsvc_batch.workbook.reader import read_submission
from tests.hostile.package import parts, zipped

ANNOTATION = Annotation([NewSheet("判定", "secsvc-batch:annotation", [[Cell("a")]])])


def test_a_workbook_without_its_styles_can_be_handed_in_again_after_annotation(tmp_path: Path) -> None:
    standard = load_standard()
    content = parts()
    del content["xl/styles.xml"]
    path = tmp_path / "book.xlsx"
    path.write_bytes(annotate_bytes(zipped(content), ANNOTATION))
    submission = read_submission(path, path.name, standard.layout, standard.edition.edition)
    assert not submission.refused
    assert annotate_bytes(path.read_bytes(), ANNOTATION) == path.read_bytes()
