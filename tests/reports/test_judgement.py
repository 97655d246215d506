from collections.abc import Sequence

import pytest

from secsvc_batch.messages import word
from secsvc_batch.reports.judgement import COLUMNS, MARKER, MOST_ROWS, MOST_ROWS_PASSED, JudgementSheets
from secsvc_batch.standard.loader import Standard
from secsvc_batch.workbook.annotate import PALETTE, Cell, NewSheet
from tests.reports.chunks import Workbook, case, changed, chunk_of

VERDICT, FOUND, REASON, LINK, DECISION = (
    COLUMNS.index(n) for n in ("verdict", "found", "reason", "evidence", "decision")
)
Line = Sequence[Cell | None]


def sheet_of(book: Workbook, standard: Standard, lang: str = "ja") -> NewSheet:
    chunk = chunk_of([book], standard, lang)
    return JudgementSheets(chunk.results, chunk.raw, chunk.run, lang).sheet(0)


def texts(row: Line) -> list[object]:
    return [cell.value if cell else None for cell in row]


def header_of(sheet: NewSheet) -> int:
    """Return the index of the header row."""
    return next(n for n, row in enumerate(sheet.rows) if texts(row)[:1] == ["要件番号"])


def place_of(sheet: NewSheet, clause: str) -> int:
    """Return the index of a requirement's row in the table, not of its line in the overview."""
    first = header_of(sheet) + 1
    rows = [(n, row[0]) for n, row in enumerate(sheet.rows) if n >= first and row]
    return next(n for n, cell in rows if cell and cell.value == clause and not cell.link)


def row_of(sheet: NewSheet, clause: str) -> list[Cell]:
    row = sheet.rows[place_of(sheet, clause)]
    return [cell or Cell() for cell in row]


def evidence_of(sheet: NewSheet, clause: str) -> list[Line]:
    """Return the rows below a requirement's row, up to the next requirement."""
    below = []
    for row in sheet.rows[place_of(sheet, clause) + 1 :]:
        if not row or row[0] is not None:
            break
        below.append(row)
    return below


def test_the_header_stays_in_view_below_what_the_run_was(standard: Standard) -> None:
    sheet = sheet_of(case("vulnerability: everything in order"), standard)
    assert sheet.freeze[0] == header_of(sheet) + 1
    above = "".join(str(text) for row in sheet.rows[: header_of(sheet)] for text in texts(row))
    for fact in ("2026-10-01", "第4.1版", "見本リストによる試行結果です", "secsvc-batch", "△ 要確認"):
        assert fact in above


def test_the_sheet_is_known_as_ours(standard: Standard) -> None:
    sheet = sheet_of(case("vulnerability: everything in order"), standard)
    assert (sheet.name, sheet.marker) == ("判定", MARKER)


def test_every_cell_has_a_style_that_exists(standard: Standard) -> None:
    for name in ("all six services", "clauses that no data stand for", "device variant not stated"):
        sheet = sheet_of(case(name), standard)
        assert {cell.style for row in sheet.rows for cell in row if cell} <= set(PALETTE)


def test_each_service_is_summed_up_with_a_link_to_its_requirements(standard: Standard) -> None:
    sheet = sheet_of(case("all six services"), standard)
    lines = [row for row in sheet.rows if row and row[0] and row[0].link.startswith("'判定'!A")]
    assert len(lines) == 6
    for line in lines:
        assert line[0] is not None
        target = sheet.rows[int(line[0].link.removeprefix("'判定'!A")) - 1]
        assert texts(target)[:2] == texts(line)[:2]
        assert target[VERDICT] == line[VERDICT]


def test_every_requirement_of_the_service_stands_in_the_order_of_the_standard(standard: Standard) -> None:
    sheet = sheet_of(case("vulnerability: everything in order"), standard)
    clauses = [node.clause for node in standard.of_service("vulnerability")]
    assert [place_of(sheet, clause) for clause in clauses] == sorted(
        place_of(sheet, clause) for clause in clauses
    )


def test_a_failing_leaf_says_what_is_missing(standard: Standard) -> None:
    row = row_of(sheet_of(case("track record: four single contracts"), standard), "2-1(1)ア(ウ)")
    assert (row[VERDICT].value, row[VERDICT].style) == ("× 不適合", "fail")
    assert "不足：技術責任者1名の診断の実績 あと1件" in str(row[REASON].value)


def test_a_doubtful_leaf_asks_the_examiner_and_names_the_reading(standard: Standard) -> None:
    row = row_of(sheet_of(case("track record: the fifth begins on D3"), standard), "2-1(1)ア(ウ)")
    reason = str(row[REASON].value)
    question = standard.by_clause["2-1(1)ア(ウ)"].question
    assert question is not None
    assert row[VERDICT].style == "review"
    assert question.ja in reason
    assert "boundary_day=both" in reason


def test_a_leaf_that_another_one_makes_up_for_is_not_red(standard: Standard) -> None:
    row = row_of(sheet_of(case("vulnerability: everything in order"), standard), "2-1(1)ア(イ)")
    assert (row[VERDICT].value, row[VERDICT].style) == ("（○） 他の要件で充足", "met_otherwise")
    assert "不足" not in str(row[REASON].value)


def test_a_leaf_that_does_not_apply_says_why(standard: Standard) -> None:
    row = row_of(sheet_of(case("no case"), standard), "2-1(2)ウ(ア)")
    assert row[VERDICT].style == "not_applicable"
    assert row[REASON].value == "過去3年間に完了した案件がない。"


def test_rows_of_evidence_link_to_their_cells_and_say_what_they_add(standard: Standard) -> None:
    rows = evidence_of(sheet_of(case("credential expired the day before"), standard), "2-1(1)ア(ア)")
    assert rows
    place = rows[0][LINK]
    assert place is not None
    assert place.link == f"'資格'!{str(place.value).removeprefix('資格!')}"
    assert "× 数えない" in texts(rows[0])
    assert "有効期限が、基準となる日より前に切れている。" in texts(rows[0])


def test_the_only_row_of_a_requirement_stands_on_its_own_line(standard: Standard) -> None:
    sheet = sheet_of(case("vulnerability: everything in order"), standard)
    row = row_of(sheet, "2-1(2)イ(ア)")
    assert evidence_of(sheet, "2-1(2)イ(ア)") == []
    assert row[LINK].link.startswith("'手続'!")
    assert str(row[FOUND].value).startswith("あり：実施")


def test_what_adds_nothing_to_a_passing_requirement_is_left_out(standard: Standard) -> None:
    book = case("vulnerability: everything in order")
    idle = {**book, "staff": [*book["staff"], {"staff_id": "S999"}]}
    idle["credentials"] = [*book["credentials"], {**book["credentials"][0], "staff_id": "S999"}]
    told = [str(texts(row)[1]) for row in evidence_of(sheet_of(idle, standard), "2-1(1)ア(ア)")]
    assert told
    assert not [text for text in told if "S999" in text]


@pytest.mark.parametrize(("form", "most"), [("個別", MOST_ROWS_PASSED), ("", MOST_ROWS)])
def test_many_rows_of_evidence_are_cut_short_and_counted(standard: Standard, form: str, most: int) -> None:
    book = case("track record: five single contracts")
    row = {**book["cases"][0], "contract_form": form}
    many = {**book, "cases": [{**row, "case_id": f"X{n}"} for n in range(60)]}
    rows = evidence_of(sheet_of(many, standard), "2-1(1)ア(ウ)")
    assert len(rows) == most + 1
    assert str(texts(rows[-1])[1]).strip().startswith("ほか ")


def test_cases_without_a_review_come_before_those_with_one(standard: Standard) -> None:
    rows = evidence_of(sheet_of(case("no review on one case"), standard), "2-1(2)ウ(ア)")
    added = [texts(row)[FOUND] for row in rows]
    assert added[0] == "× 満たさない"
    assert set(added[1:]) == {"○ 満たす"}


def test_the_examiner_chooses_from_the_four_verdicts_for_requirements_only(standard: Standard) -> None:
    sheet = sheet_of(case("vulnerability: everything in order"), standard)
    (where, choices), *others = sheet.validations
    assert others == []
    assert list(choices) == ["適合", "不適合", "要確認", "対象外"]
    first = int(where.removeprefix("H").partition(":")[0])
    assert texts(sheet.rows[first - 1])[0] == "2-1"
    assert row_of(sheet, "2-1(2)ア")[DECISION].style == "input"
    assert all(len(row) <= DECISION for row in evidence_of(sheet, "2-1(1)ア(ア)"))


def test_without_a_readable_service_the_sheet_says_so(standard: Standard) -> None:
    sheet = sheet_of({"applicant": {"organisation": "x"}}, standard)
    assert word("judgement.no_service", "ja") in [text for row in sheet.rows for text in texts(row)]
    assert list(sheet.validations) == []


def test_blank_and_uncalculated_cells_are_told_apart(standard: Standard) -> None:
    book = changed(
        case("vulnerability: everything in order"),
        "credentials",
        0,
        acquired_on=None,
        expires_on={"text": "\ue000"},
    )
    rows = evidence_of(sheet_of(book, standard), "2-1(1)ア(ア)")
    assert any("（空欄）～（未計算の数式）" in str(texts(row)[1]) for row in rows)


def test_settled_readings_are_spelled_out_below_the_table(standard: Standard) -> None:
    settled = standard.with_readings({"boundary_day": "strict"})
    sheet = sheet_of(case("vulnerability: everything in order"), settled)
    facts = {texts(row)[0]: texts(row)[1] for row in sheet.rows if len(row) == REASON + 1}
    assert settled.readings["boundary_day"].strict.ja in str(facts["boundary_day"])
    assert facts["ファイル"] == "0.xlsx"


def test_a_firm_whose_name_looks_like_a_formula_stays_text(standard: Standard) -> None:
    book = changed(case("vulnerability: everything in order"), "applicant", 0, organisation="=1+1")
    title = sheet_of(book, standard).rows[0][0]
    assert title is not None
    assert title.value == "判定　=1+1（受付番号 K0002）"


def test_the_english_sheet_is_english(standard: Standard) -> None:
    sheet = sheet_of(case("vulnerability: everything in order"), standard, "en")
    assert sheet.name == "Judgement"
    assert any(texts(row)[:3] == ["Clause", "Requirement", "Verdict"] for row in sheet.rows)
