from secsvc_batch.reports.findings_sheet import Finding, FindingsSheets
from secsvc_batch.standard.loader import Standard


def finding(**fields: object) -> Finding:
    blank = dict.fromkeys(Finding._fields, "") | {
        "row": 6,
        "sheet": "資格",
        "kind": "credentials",
        "cell": "F6",
    }
    blank |= {
        "field": "expires_on",
        "code": "unreadable_date",
        "severity": "error",
        "message": "m",
        "remedy": "r",
    }
    return Finding(**(blank | fields))  # type: ignore[arg-type]


def test_findings_stand_sheet_by_sheet_and_the_worst_of_each_first(standard: Standard) -> None:
    found = [
        finding(severity="info", row=7),
        finding(sheet="要員", kind="staff", severity="warning"),
        finding(row=9),
        finding(sheet="", kind="", cell="", severity="warning", row=0),
    ]
    rows = FindingsSheets(standard.layout, "ja").sheet("x", found).rows[3:]
    shown = [(row[0] and row[0].value, row[1] and row[1].value) for row in rows]
    assert shown == [("△ 注意", ""), ("△ 注意", "要員"), ("× 誤り", "資格"), ("－ 参考", "資格")]


def test_each_finding_links_to_its_cell_and_names_the_column(standard: Standard) -> None:
    sheet = FindingsSheets(standard.layout, "ja").sheet("x", [finding(sheet="私の'資格")])
    row = sheet.rows[3]
    assert row[2] is not None
    assert row[3] is not None
    assert row[2].link == "'私の''資格'!F6"
    assert row[3].value == "有効期限"


def test_a_finding_without_a_cell_has_no_link(standard: Standard) -> None:
    row = FindingsSheets(standard.layout, "ja").sheet("x", [finding(cell="")]).rows[3]
    assert row[2] is not None
    assert (row[2].link, row[2].style) == ("", "text")


def test_findings_are_counted_at_the_top(standard: Standard) -> None:
    sheet = FindingsSheets(standard.layout, "ja").sheet("x", [finding(), finding(), finding(severity="info")])
    assert sheet.rows[1][0] is not None
    assert sheet.rows[1][0].value == "× 誤り 2件・－ 参考 1件"
    assert sheet.autofilter == "A3:H6"


def test_where_there_is_nothing_to_mend_the_sheet_says_so(standard: Standard) -> None:
    sheet = FindingsSheets(standard.layout, "ja").sheet("x", [])
    assert any(cell and "指摘はありません" in str(cell.value) for row in sheet.rows for cell in row)
    assert (sheet.freeze, sheet.autofilter) == ((0, 0), "")
