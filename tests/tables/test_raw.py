"""All submissions become one frame per sheet kind, and every cell keeps its address."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from secsvc_batch.tables.raw import RawTables, concat
from secsvc_batch.workbook.layout import Layout
from secsvc_batch.workbook.reader import RawCell, SheetData, Submission


def sheet(
    kind: str, columns: Mapping[str, int], given: Mapping[int, Mapping[str, RawCell]], name: str = "シート"
) -> SheetData:
    """A table with its header in row 4; ``given``: row number -> field -> value."""
    cells = {field: [row.get(field) for row in given.values()] for field in columns}
    return SheetData(kind, name, 4, dict(columns), {}, list(given), cells, 20)


def form(values: Mapping[str, tuple[int, RawCell]]) -> SheetData:
    """The applicant's form with values in column C; ``values``: field -> (row, value)."""
    columns = dict.fromkeys(values, 2)
    rows = {field: row for field, (row, _) in values.items()}
    return SheetData(
        "applicant", "申請者", 0, columns, rows, [0], {f: [v] for f, (_, v) in values.items()}, 5
    )


def submission(file: str, *sheets: SheetData) -> Submission:
    return Submission(Path(file), file, "hash-" + file, 1, "1", "4.1", {one.kind: one for one in sheets})


@pytest.fixture
def raw(layout: Layout) -> RawTables:
    first = submission(
        "round/a.xlsx",
        form({"organisation": (4, "甲"), "phone": (9, "03")}),
        sheet(
            "staff", {"staff_id": 0, "name": 27}, {5: {"staff_id": "1", "name": "山田"}, 9: {"staff_id": 2.0}}
        ),
    )
    second = submission("b.xlsx", form({"organisation": (6, "乙")}))
    third = submission(
        "c.xlsx",
        sheet(
            "staff", {"name": 3, "employed_from": 1}, {1048576: {"employed_from": date(2025, 4, 1)}}, "Staff"
        ),
    )
    return concat([first, second, third], layout)


def test_files_are_numbered_in_their_order(raw: RawTables) -> None:
    assert raw.files.index.tolist() == [0, 1, 2]
    assert raw.files["stem"].tolist() == ["a", "b", "c"]
    assert raw.files.loc[1].to_dict() == {
        "file": "b.xlsx", "stem": "b", "sha256": "hash-b.xlsx", "template_version": "1", "edition": "4.1",
    }  # fmt: skip


def test_rows_of_all_files_stand_below_each_other_with_their_source(raw: RawTables) -> None:
    staff = raw.sheets["staff"]
    assert staff[["applicant", "row"]].dtypes.tolist() == [np.dtype("int32")] * 2
    assert staff[["applicant", "row"]].to_numpy().tolist() == [[0, 5], [0, 9], [2, 1048576]]
    assert staff["staff_id"].tolist() == ["1", 2.0, None]
    assert staff["name"].tolist() == ["山田", None, None]
    assert staff["employed_from"].tolist() == [None, None, date(2025, 4, 1)]


def test_every_field_of_the_layout_is_an_object_column(raw: RawTables, layout: Layout) -> None:
    for spec in layout.tables:
        frame = raw.sheets[spec.id]
        assert list(frame) == ["applicant", "row", *(field.id for field in spec.fields)]
        assert {str(dtype) for dtype in frame.dtypes[2:]} == {"object"}


def test_blank_cells_stay_none_and_never_become_missing_numbers(raw: RawTables) -> None:
    assert raw.sheets["staff"]["office"].tolist() == [None, None, None]


def test_cells_have_addresses_also_where_columns_are_missing(raw: RawTables) -> None:
    staff = raw.sheets["staff"]
    applicants, rows = staff["applicant"].to_numpy(), staff["row"].to_numpy()
    assert raw.source.cells("staff", "name", applicants, rows).tolist() == ["AB5", "AB9", "D1048576"]
    assert raw.source.cells("staff", "staff_id", applicants, rows).tolist() == ["A5", "A9", ""]
    assert raw.source.cells("staff", "no_such_field", applicants, rows).tolist() == ["", "", ""]


def test_addresses_can_be_asked_for_many_fields_at_once(raw: RawTables) -> None:
    fields = np.array(["staff_id", "name", "employed_from"], dtype=object)
    found = raw.source.cells("staff", fields, np.array([0, 0, 2]), np.array([5, 5, 7]))
    assert found.tolist() == ["A5", "AB5", "B7"]


def test_a_form_has_one_row_and_an_address_for_every_label(raw: RawTables) -> None:
    frame = raw.sheets["applicant"]
    assert frame[["applicant", "row"]].to_numpy().tolist() == [[0, 0], [1, 0]]
    assert frame["organisation"].tolist() == ["甲", "乙"]
    where = raw.source.cells("applicant", "organisation", np.array([0, 1, 2]), np.zeros(3, int))
    assert where.tolist() == ["C4", "C6", ""]


def test_what_is_missing_is_known_by_applicant(raw: RawTables) -> None:
    assert raw.source.missing("staff", "staff_id").tolist() == [False, True, True]
    assert raw.source.missing("applicant", "phone").tolist() == [False, True, True]
    assert raw.source.missing("cases", "case_id").tolist() == [True, True, True]


def test_sheets_keep_their_names_header_rows_and_columns_for_messages(raw: RawTables) -> None:
    assert raw.source.sheet_names("staff", np.array([2, 0, 1, 0])).tolist() == [
        "Staff",
        "シート",
        "",
        "シート",
    ]
    assert raw.source.header_rows("staff").tolist() == [4, 0, 4]
    assert raw.source.note_columns("staff").tolist() == [20, -1, 20]
    assert raw.source.columns("staff", "name").tolist() == [27, -1, 3]


def test_a_round_of_no_files_is_a_round(layout: Layout) -> None:
    empty = concat([], layout)
    nobody = np.array([], dtype=np.int32)
    assert len(empty.files) == 0
    assert all(len(frame) == 0 for frame in empty.sheets.values())
    assert str(empty.sheets["staff"]["applicant"].dtype) == "int32"
    assert empty.source.cells("staff", "name", nobody, nobody).tolist() == []
    assert empty.source.missing("staff", "name").tolist() == []
