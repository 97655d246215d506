import pandas as pd
import pytest

from secsvc_batch.reports.annotations import annotations
from secsvc_batch.standard.loader import Standard
from secsvc_batch.workbook.annotate import Annotation, annotate_bytes
from tests.reports.chunks import HEADER_ROW, ReportedChunk, case, changed, chunk_of
from tests.support import ROOT

TWO_SLIPS = {"acquired_on": {"text": "不明"}, "expires_on": {"text": "未定"}}


def annotations_of(chunk: ReportedChunk, findings: pd.DataFrame | None = None) -> list[Annotation]:
    return annotations(
        chunk.results, chunk.raw, chunk.findings if findings is None else findings, chunk.run, "ja"
    )


@pytest.fixture(scope="module")
def slips(standard: Standard) -> ReportedChunk:
    """Two applicants, the second of which has two unreadable dates in one row."""
    book = case("vulnerability: everything in order")
    return chunk_of([book, changed(book, "credentials", 1, **TWO_SLIPS)], standard)


def test_every_applicant_gets_both_sheets_in_order(slips: ReportedChunk) -> None:
    made = annotations_of(slips)
    assert [[sheet.name for sheet in one.sheets] for one in made] == [["判定", "指摘"]] * 2


def test_cells_with_errors_are_highlighted_in_the_right_workbook_only(slips: ReportedChunk) -> None:
    clean, flawed = annotations_of(slips)
    assert clean.highlights == {}
    row = HEADER_ROW + 2
    assert sorted(flawed.highlights["資格"]["error"]) == [f"E{row}", f"F{row}"]


def test_all_messages_of_a_row_stand_together_beside_it(slips: ReportedChunk, standard: Standard) -> None:
    clean, flawed = annotations_of(slips)
    assert clean.notes == {}
    assert clean.note_columns == {}
    message = flawed.notes["資格"][HEADER_ROW + 2]
    assert message.count("×") == 2
    assert flawed.note_columns == {"資格": (HEADER_ROW, len(standard.layout.by_id["credentials"].fields))}


def test_notes_without_a_problem_are_not_highlighted(slips: ReportedChunk) -> None:
    informed = slips.findings.assign(severity="info")
    assert annotations_of(slips, informed)[1].highlights == {}
    assert "－" in annotations_of(slips, informed)[1].notes["資格"][HEADER_ROW + 2]


def test_findings_of_refused_files_are_passed_over(slips: ReportedChunk) -> None:
    refused = slips.findings.assign(applicant=-1)
    assert [one.highlights for one in annotations_of(slips, refused)] == [{}, {}]


def test_a_chunk_without_applicants_gives_nothing(standard: Standard) -> None:
    assert annotations_of(chunk_of([], standard)) == []


def test_a_batch_gives_what_the_singles_give(standard: Standard) -> None:
    books = [case("all six services"), case("clauses that no data stand for")]
    together = annotations_of(chunk_of(books, standard))
    for number, book in enumerate(books):
        (alone,) = annotations_of(chunk_of([book], standard))
        rows = [
            [cell and (cell.value, cell.style, cell.link) for cell in row] for row in alone.sheets[0].rows
        ]
        same = [
            [cell and (cell.value, cell.style, cell.link) for cell in row]
            for row in together[number].sheets[0].rows
        ]
        file = [n for n, row in enumerate(rows) if row and row[0] and row[0][0] == "ファイル"]
        assert [row for n, row in enumerate(rows) if n not in file] == [
            row for n, row in enumerate(same) if n not in file
        ]


@pytest.mark.parametrize("name", ["all six services", "clauses that no data stand for", "no case"])
def test_the_sheets_can_be_put_into_a_workbook_twice_with_the_same_bytes(
    standard: Standard, name: str
) -> None:
    template = (ROOT / "templates" / "secsvc-template-all.ja.xlsx").read_bytes()
    (annotation,) = annotations_of(chunk_of([case(name)], standard))
    once = annotate_bytes(template, annotation)
    assert once == annotate_bytes(template, annotation)
    assert once == annotate_bytes(once, annotation)
