"""What the fuzzer found once stays mended."""

from pathlib import Path

import pytest

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


BOOK, STYLES = "xl/workbook.xml", "xl/styles.xml"
NAME = b'<definedNames><definedName name="n" localSheetId="%s">1</definedName></definedNames>'
FORMAT = b'<numFmts count="1"><numFmt numFmtId="" formatCode="0.0"/></numFmts>'


@pytest.mark.parametrize(
    ("part", "right", "wrong"),
    [
        (BOOK, b"</sheets>", b"</sheets>" + NAME % b""),
        (BOOK, b"</sheets>", b"</sheets>" + NAME % b"-1"),
        (BOOK, b'sheetId="1"', b'sheetId="first"'),
        (STYLES, b"<fonts", FORMAT + b"<fonts"),
    ],
    ids=["no sheet of a name", "a sheet below the first", "no number of a sheet", "no number of a format"],
)
def test_a_number_that_is_none_does_not_keep_a_workbook_from_being_annotated(
    part: str, right: bytes, wrong: bytes
) -> None:
    content = {name: data if isinstance(data, bytes) else data.encode() for name, data in parts().items()}
    assert right in content[part]
    content[part] = content[part].replace(right, wrong, 1)
    once = annotate_bytes(zipped(content), ANNOTATION)
    assert annotate_bytes(once, ANNOTATION) == once
