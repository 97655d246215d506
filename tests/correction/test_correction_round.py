"""The correction round: annotated, mended where it stands, sent again."""

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from secsvc_batch.workbook.annotate import strip
from tests.check.books import book, good
from tests.correction.books import evaluated, opened, read, through_libreoffice, typed, values

OURS = ["判定", "指摘"]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bad are a date (要員!F6), a role (要員!H5) and a person (案件!J5)."""
    data = good()
    data["staff"][1]["employed_from"] = {"text": "2018/13/1"}
    data["staff"][0]["role_audit"] = {"text": "責任者"}
    data["cases"][0]["participants"] = "S001、S099"
    return book(tmp_path_factory.mktemp("sent") / "a.xlsx", data)


@pytest.fixture(scope="module")
def first(faulty: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """What the first round makes of it: the annotated copy and the findings."""
    return evaluated(faulty, tmp_path_factory.mktemp("once"))


@pytest.fixture(scope="module")
def once(first: tuple[Path, pd.DataFrame]) -> Path:
    return first[0]


MENDED = {"要員": {"F6": "2018/4/1", "H5": "技術責任者"}, "案件": {"J5": "S001、S003"}}


def validations(sheet: Worksheet) -> set[tuple[str, str]]:
    """The drop-downs and rules of a sheet, one entry per range."""
    return {
        (str(span), str(rule.type))
        for rule in sheet.data_validations.dataValidation
        for span in str(rule.sqref).split()
    }


def formats(sheet: Worksheet) -> list[str]:
    return sorted(str(block.sqref) for block in sheet.conditional_formatting for _ in block.rules)


def messages(sheet: Worksheet) -> list[str]:
    """The messages beside the rows: everything in columns that say so in their header."""
    heads = [cell for row in sheet.iter_rows(max_row=8) for cell in row if str(cell.value).startswith("指摘")]
    return [
        str(cell.value)
        for head in heads
        for (cell,) in sheet.iter_rows((head.row or 0) + 1, sheet.max_row, head.column, head.column)
        if cell.value
    ]


def mend(source: Path, folder: Path) -> Path:
    folder.mkdir()
    path = source
    for number, (sheet, cells) in enumerate(MENDED.items()):
        (folder / str(number)).mkdir()
        path = typed(path, folder / str(number) / source.name, sheet, cells)
    return path


def mendable(findings: object) -> set[str]:
    listed = findings[["sheet", "cell", "severity"]].itertuples(index=False)  # type: ignore[index]
    return {f"{sheet}!{cell}" for sheet, cell, severity in listed if severity == "error"}


def check_round(faulty: Path, sent_again: Path, once: Path, folder: Path) -> None:
    """Evaluate what was sent again and compare it with the first annotated copy and the submission."""
    again, findings = evaluated(sent_again, folder)
    assert mendable(findings) == set()
    before, after, original = opened(once), opened(again), opened(faulty)
    assert after.sheetnames == before.sheetnames
    assert [name for name in after.sheetnames if name in OURS] == OURS
    for name in original.sheetnames:
        assert messages(after[name]) == [], name
    expected = values(read(faulty)) | {
        ("staff", "employed_from", 6): "2018/4/1",
        ("staff", "role_audit", 5): "技術責任者",
        ("cases", "participants", 5): "S001、S003",
    }
    assert values(read(again)) == expected
    assert {finding.code for finding in read(again).findings} == set()


def test_the_first_round_says_what_to_mend(faulty: Path, first: tuple[Path, pd.DataFrame]) -> None:
    once, findings = first
    assert mendable(findings) == {"要員!F6", "要員!H5", "案件!J5"}
    assert len(messages(opened(once)["要員"])) == 2
    assert "「2018/13/1」を日付として読み取れません" in messages(opened(once)["要員"])[1]
    assert values(read(once)) == values(read(faulty))


def test_annotations_vanish_once_it_is_mended(faulty: Path, once: Path, tmp_path: Path) -> None:
    check_round(faulty, mend(once, tmp_path / "mended"), once, tmp_path / "again")


def test_nothing_but_the_mended_cells_differs(faulty: Path, once: Path, tmp_path: Path) -> None:
    """Drop-downs, formats and formulas of the template are those of the submission, cell by cell."""
    again, _ = evaluated(mend(once, tmp_path / "mended"), tmp_path / "again")
    original, after = opened(faulty), opened(again)
    for name in original.sheetnames:
        assert validations(after[name]) == validations(original[name]), name
        assert formats(after[name]) == formats(original[name]), name
        told = {
            c.coordinate: c.value for row in original[name].iter_rows() for c in row if c.value is not None
        }
        now = {c.coordinate: c.value for row in after[name].iter_rows() for c in row if c.value is not None}
        assert now == told | MENDED.get(name, {}), name
        assert after[name].sheet_state == original[name].sheet_state


def test_what_is_left_to_mend_is_renewed_and_not_doubled(once: Path, tmp_path: Path) -> None:
    half = typed(once, tmp_path / "a.xlsx", "要員", {"F6": "2018/4/1"})
    again, findings = evaluated(half, tmp_path / "again")
    assert mendable(findings) == {"要員!H5", "案件!J5"}
    assert [len(messages(opened(again)[name])) for name in ("要員", "案件")] == [1, 1]
    assert len(formats(opened(again)["要員"])) == len(formats(opened(once)["要員"]))


def test_an_unmended_copy_sent_again_stays_as_it_is(once: Path, tmp_path: Path) -> None:
    again, _ = evaluated(once, tmp_path / "again")
    assert again.read_bytes() == once.read_bytes()
    assert strip(again.read_bytes()) == strip(once.read_bytes())


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_mended_in_libreoffice(faulty: Path, once: Path, tmp_path: Path) -> None:
    """Opened, changed and saved by LibreOffice, which writes every part of the file anew."""
    mended = mend(once, tmp_path / "mended")
    (tmp_path / "office").mkdir()
    saved = through_libreoffice(mended, tmp_path / "office")
    check_round(faulty, saved, once, tmp_path / "again")
    original, after = opened(faulty), opened(tmp_path / "again" / "annotated" / "a.xlsx")
    for name in original.sheetnames:
        kinds = [sorted({kind for _, kind in validations(book[name])}) for book in (original, after)]
        assert kinds[0] == kinds[1], name
        assert cells_ruled(after[name]) == cells_ruled(original[name]), name
        assert bool(formats(original[name])) == bool(formats(after[name])), name


def cells_ruled(sheet: Worksheet) -> int:
    """How many cells have a drop-down or another rule."""
    total = 0
    for span, _ in validations(sheet):
        first, _, last = span.partition(":")
        (a, b), (c, d) = _place(first), _place(last or first)
        total += (c - a + 1) * (d - b + 1)
    return total


def _place(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([A-Z]+)(\d+)", text)
    assert found
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column, int(found[2])


def test_dates_typed_in_other_ways_are_read_when_mended(once: Path, tmp_path: Path) -> None:
    mended = typed(once, tmp_path / "a.xlsx", "要員", {"F6": "平成30年4月1日", "H5": "技術責任者"})
    _, findings = evaluated(mended, tmp_path / "again")
    assert mendable(findings) == {"案件!J5"}
    assert date(2018, 4, 1).isoformat() in " ".join(findings["message"])
