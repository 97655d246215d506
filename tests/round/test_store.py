"""What was read comes back from its bytes as it was."""

from datetime import date
from pathlib import Path

import pytest

from secsvc_batch.round.store import packed, restored
from secsvc_batch.workbook.layout import load_layout
from secsvc_batch.workbook.reader import FileFinding, SheetData, Submission, read_submission
from tests.support import ROOT

SAMPLE = ROOT / "data" / "sample-round"


@pytest.mark.parametrize("path", sorted(SAMPLE.glob("*.xlsx"))[:12], ids=lambda path: path.stem)
def test_a_sample_comes_back_as_it_was_read(path: Path) -> None:
    read = read_submission(path, path.name, load_layout(), "edition")
    assert restored(packed(read), path, path.name, read.sha256, read.size) == read


def test_every_kind_of_value_comes_back() -> None:
    values = [None, "", "\ud800 \0 \u202e", "\ue000", 0.1, -0.0, 1e300, date(1900, 1, 1), date(9999, 12, 31)]
    sheet = SheetData("cases", "事例", 3, {"client": 2}, {}, list(range(9)), {"client": list(values)}, 12)
    finding = FileFinding("sheet_renamed", "事例", "C3", 3, "client", "\udcff", {"sheet_ja": "x"})
    read = Submission(Path("a"), "a", "0" * 64, 3, "2", "e", sheets={"cases": sheet}, findings=[finding])
    assert restored(packed(read), Path("a"), "a", "0" * 64, 3) == read


def test_the_name_of_a_file_leaves_no_trace() -> None:
    path = SAMPLE / "受付-0001.xlsx"
    one, other = (packed(read_submission(path, name, load_layout(), "e")) for name in ("x.xlsx", "y.xlsx"))
    assert one == other
