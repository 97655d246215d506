"""The findings frame: texts, order, caps and counts."""

import numpy as np
import pandas as pd
import pytest

from secsvc_batch.messages import finding_types
from secsvc_batch.tables.findings import (
    BARE,
    COLUMNS,
    EngineFault,
    bare,
    capped,
    capped_frame,
    concat,
    counts,
    from_file_findings,
    joined,
    order,
    packed,
    render,
    shortened,
)
from secsvc_batch.workbook.reader import FileFinding


def one(code: str, params: str = "{}", **columns: object) -> pd.DataFrame:
    """Return a bare frame of one finding about the role column of the staff sheet."""
    place = {"applicant": 0, "sheet": "要員", "kind": "staff", "field": "role_audit", "cell": "G4", "row": 4}
    return bare({**place, "code": code, "params": params, **columns}, 1)


def message(frame: pd.DataFrame, lang: str = "ja") -> str:
    return str(render(frame, lang)["message"].iloc[0])


def remedy(frame: pd.DataFrame, lang: str = "ja") -> str:
    return str(render(frame, lang)["remedy"].iloc[0])


def test_a_code_outside_the_catalogue_is_a_fault_of_the_program() -> None:
    with pytest.raises(EngineFault, match="no_such_code"):
        render(one("no_such_code"), "ja")
    with pytest.raises(EngineFault, match="no_such_code"):
        order(one("no_such_code"))


@pytest.mark.parametrize("code", list(finding_types()))
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_code_can_be_rendered_even_without_its_parameters(code: str, lang: str) -> None:
    frame = render(one(code, raw="x"), lang)

    assert tuple(frame.columns) == COLUMNS
    assert frame["message"].iloc[0]
    assert frame["remedy"].iloc[0]
    assert not set("{}") & set(frame["message"].iloc[0] + frame["remedy"].iloc[0])
    assert "  " not in frame["message"].iloc[0]


def test_a_suggestion_becomes_a_sentence_in_the_language_asked_for() -> None:
    finding = one(
        "unknown_choice", packed({"suggestion": {"ja": "技術責任者", "en": "Technical lead"}}), raw="責任者"
    )

    assert message(finding) == "監査「責任者」は選択肢にありません。「技術責任者」のことですか。"
    assert message(finding, "en") == "Audit: “責任者” is not one of the choices. Did you mean Technical lead?"


def test_the_remedy_of_an_unknown_choice_names_the_choices() -> None:
    assert remedy(one("unknown_choice")) == "次から選んでください：技術責任者、従事者"
    assert remedy(one("unknown_choice"), "en") == "Choose from: Technical lead, Engaged"


def test_a_parameter_that_is_a_field_is_shown_by_its_label() -> None:
    finding = one("claim_without_list", packed({"needed_field": "office"}), raw="○")

    assert message(finding) == "監査に「○」とありますが、所属が空欄です。"


def test_long_and_folded_values_are_quoted_short_and_on_one_line() -> None:
    assert shortened("二行の\n値") == "二行の 値"
    assert len(shortened("長" * 500)) == 60
    assert "…" in message(one("unknown_choice", raw="長" * 500))


def test_others_are_listed_and_then_counted() -> None:
    params = packed({"others": ["K1", "K2"], "more_others": 7, "application": "K0"})

    assert message(one("duplicate_application", params)).endswith("（K1、K2 ほか7件）。")


def test_braces_in_a_cell_stay_braces() -> None:
    assert "「{raw}{0}」" in message(one("unknown_choice", raw="{raw}{0}"))


def test_equal_findings_get_their_own_rows() -> None:
    frame = render(concat([one("unknown_choice", raw="x"), one("unknown_choice", raw="x", cell="G9")]), "ja")

    assert frame["cell"].tolist() == ["G4", "G9"]
    assert frame["message"].nunique() == 1


# --- the reader's findings ------------------------------------------------------------------------


def test_findings_of_the_reader_become_rows() -> None:
    headers = FileFinding("header_unknown", "要員", "C3", 3, "office", "所属先", {"header_ja": "所属"})
    refused = FileFinding("file_xls")

    frame = from_file_findings([(0, "K1", "a.xlsx", [headers]), (-1, "b", "b.xls", [refused])])

    assert tuple(frame.columns) == BARE
    assert frame["applicant"].tolist() == [0, -1]
    assert frame["kind"].tolist() == ["staff", ""]
    assert frame["application_id"].tolist() == ["K1", "b"]
    assert "所属先" in message(frame)


def test_no_findings_make_an_empty_frame_of_the_same_shape() -> None:
    empty = render(from_file_findings([]), "ja")

    assert len(empty) == 0
    assert empty.dtypes.to_dict() == render(one("unknown_choice"), "ja").dtypes.to_dict()
    assert len(order(empty)) == 0
    assert len(concat([])) == 0
    assert len(capped_frame(bare({}, 0))) == 0
    assert counts(bare({}, 0)) == {"error": 0, "warning": 0, "info": 0}


# --- order, caps, counts --------------------------------------------------------------------------


def test_findings_are_ordered_by_applicant_severity_sheet_row_and_column() -> None:
    frame = concat(
        [
            one("date_read_from_text", cell="A1", row=1),
            one("unknown_choice", cell="AA4"),
            one("unknown_choice", cell="B4"),
            one("unknown_choice", cell="A3", row=3),
            one("unknown_choice", kind="services", field="service", cell="A9", row=9),
            one("unlisted_name", kind="credentials", field="credential", cell="B1", row=1),
            one("unknown_choice", applicant=-1, cell="Z9"),
        ]
    )

    assert order(frame)["cell"].tolist() == ["Z9", "A9", "A3", "B4", "AA4", "B1", "A1"]
    assert order(render(frame, "ja"))["cell"].tolist() == order(frame)["cell"].tolist()


def test_a_cap_keeps_the_first_of_each_group_and_counts_the_rest() -> None:
    groups = np.array([7, 7, 1, 7, 1, 7])

    keep, left = capped(groups, limit=2)

    assert keep.tolist() == [True, True, True, False, True, False]
    assert left.to_dict("records") == [{"position": 3, "count": 2}]


def test_a_capped_frame_says_how_many_were_left_out() -> None:
    frame = concat([one("unlisted_name", cell=f"B{row}", row=row) for row in range(1, 31)])

    capped_ = capped_frame(frame)

    assert capped_["code"].value_counts().to_dict() == {"unlisted_name": 20, "more_of_the_same": 1}
    assert capped_["cell"].iloc[-1] == "B21"
    assert "10件" in message(capped_.tail(1))
    assert counts(capped_) == {"error": 0, "warning": 30, "info": 0}


def test_lists_are_joined_as_the_language_joins_them() -> None:
    assert joined(["a", "b", "c"], "ja") == "a、b、c"
    assert joined(["a", "b", "c"], "en") == "a, b, c"
    assert joined([], "en") == ""
