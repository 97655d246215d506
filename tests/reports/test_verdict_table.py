import pandas as pd

from secsvc_batch.reports.common import SHOWN
from secsvc_batch.reports.export import APPLICATIONS, VERDICTS
from secsvc_batch.reports.verdicts import MOST_CELLS
from secsvc_batch.standard.loader import Standard
from tests.reports.chunks import ReportedChunk, case, changed, chunk_of
from tests.support import conformance_cases


def test_the_tables_have_the_published_columns(everything: ReportedChunk) -> None:
    assert list(everything.verdicts()) == VERDICTS.names
    assert list(everything.applications()) == APPLICATIONS.names


def test_every_conformance_case_reads_in_the_table_as_it_is_expected(everything: ReportedChunk) -> None:
    table = everything.verdicts()
    found = dict(zip(zip(table["file"], table["clause"], strict=True), table["verdict"], strict=True))
    expected = {
        (f"{number}.xlsx", clause): verdict
        for number, one in enumerate(conformance_cases())
        for nodes in one["expected"].values()
        for clause, verdict in nodes.items()
    }
    assert found == expected


def test_a_batch_gives_what_the_singles_give(standard: Standard, everything: ReportedChunk) -> None:
    names = ("all six services", "credential expired the day before", "audit: one case reviewed")
    books = [case(name) for name in names]
    together = chunk_of(books, standard).verdicts()
    alone = pd.concat([chunk_of([book], standard).verdicts() for book in books], ignore_index=True)
    pd.testing.assert_frame_equal(together.drop(columns="file"), alone.drop(columns="file"))


def test_the_reception_number_names_an_applicant_and_else_the_file_does(standard: Standard) -> None:
    book = case("vulnerability: everything in order")
    chunk = chunk_of(
        [
            changed(book, "applicant", 0, application_id=" Ａ-1 "),
            changed(book, "applicant", 0, application_id=None),
        ],
        standard,
    )
    assert chunk.applications()["application_id"].tolist() == ["A-1", "1"]


def test_an_expired_credential_is_shown_by_its_expiry(standard: Standard) -> None:
    chunk = chunk_of([case("credential expired the day before the base date")], standard)
    columns = [field.id for field in standard.layout.by_id["credentials"].fields]
    letter = "ABCDEFGHI"[columns.index("expires_on")]
    assert f"資格!{letter}6" in chunk.row("2-1(1)ア(ア)")["evidence"].split(";")


def test_a_quality_manager_who_left_is_shown_by_the_cells_that_name_him_and_say_so(
    standard: Standard,
) -> None:
    row = chunk_of([case("quality manager left")], standard).row("2-1(2)ア")
    named, left = (
        "ABCDEFGH"[[field.id for field in standard.layout.by_id[kind].fields].index(field)]
        for kind, field in (("services", "quality_manager"), ("staff", "employed_until"))
    )
    assert row["evidence"] == f"申請サービス!{named}6;要員!{left}9"


def test_each_cell_is_named_once_and_many_are_counted(standard: Standard) -> None:
    book = case("track record: five single contracts")
    many = {**book, "cases": [{**book["cases"][0], "case_id": f"X{n}"} for n in range(60)]}
    cells = chunk_of([many], standard).row("2-1(1)ア(ウ)")["evidence"].split(";")
    assert len(cells) == MOST_CELLS + 1
    assert len(set(cells)) == len(cells)
    assert cells[-1].startswith("…(+")


def test_cells_of_a_missing_column_fall_back_on_what_the_row_is_about(standard: Standard) -> None:
    chunk = chunk_of([case("credential expired the day before the base date")], standard)
    places = chunk.raw.source._places["credentials"]
    places.columns[:, places.fields["expires_on"]] = -1
    main = "ABCDEFGHI"[
        [field.id for field in standard.layout.by_id["credentials"].fields].index("credential")
    ]
    assert f"資格!{main}6" in chunk.row("2-1(1)ア(ア)")["evidence"].split(";")


def test_the_leaves_of_an_application_add_up(everything: ReportedChunk) -> None:
    table, applications = everything.verdicts(), everything.applications()
    leaves = table[table["kind"] == "leaf"].groupby(["file", "service"], sort=False).size()
    total = applications[[f"leaves_{name}" for name in SHOWN]].sum(axis=1)
    assert total.tolist() == leaves.tolist()


def test_an_application_that_passes_has_no_failing_leaves(everything: ReportedChunk) -> None:
    passing = everything.applications().query("verdict == 'pass'")
    assert len(passing) > 50
    assert passing[["leaves_fail", "leaves_review"]].to_numpy().sum() == 0
    assert passing["leaves_met_otherwise"].sum() > 0


def test_an_applicant_without_a_readable_service_has_no_rows(standard: Standard) -> None:
    chunk = chunk_of([{"applicant": {"organisation": "x"}}], standard)
    assert (len(chunk.verdicts()), len(chunk.applications())) == (0, 0)
    assert list(chunk.applications()) == APPLICATIONS.names
