"""Annotating an annotated file replaces the first annotation, whichever program saved it in between."""

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from lxml import etree
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from secsvc_batch.workbook.annotate import Annotation, annotate_bytes, strip

Unzip = Callable[[bytes], dict[str, bytes]]
Rezip = Callable[[dict[str, bytes]], bytes]
Make = Callable[..., Annotation]
STAFF = "xl/worksheets/sheet1.xml"
HEADER = "事務局からの指摘"


def changed(data: bytes, change: Callable[[openpyxl.Workbook], None]) -> bytes:
    """Return ``data`` as a user saves it with openpyxl after ``change``."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet(book: openpyxl.Workbook, name: str) -> Worksheet:
    found = book[name]
    assert isinstance(found, Worksheet)
    return found


def front(data: bytes) -> str:
    """Return the name of the tab in front."""
    active = openpyxl.load_workbook(io.BytesIO(data)).active
    return active.title if active else ""


def messages(data: bytes, name: str = "要員") -> dict[str, str]:
    """Return the cells with messages of ours."""
    found = {}
    for row in sheet(openpyxl.load_workbook(io.BytesIO(data)), name).iter_rows():
        for cell in row:
            if (isinstance(cell.value, str) and cell.value[0] in "×△○") or cell.value == HEADER:
                found[cell.coordinate] = str(cell.value)
    return found


def marked(data: bytes, name: str = "要員") -> list[str]:
    """Return the ranges with highlights of ours."""
    blocks = sheet(openpyxl.load_workbook(io.BytesIO(data)), name).conditional_formatting
    return [
        str(block.sqref)
        for block in blocks
        for rule in block.rules
        if "secsvc-batch" in "".join(rule.formula)
    ]


@pytest.mark.parametrize("dialect", ["xlsxwriter", "openpyxl", "prefixed", "google", "strict", "bare"])
def test_twice_is_once(dialects: dict[str, bytes], annotation: Annotation, dialect: str) -> None:
    once = annotate_bytes(dialects[dialect], annotation)
    assert annotate_bytes(once, annotation) == once
    assert annotate_bytes(strip(once), annotation) == once


def test_twice_is_once_for_a_workbook_that_holds_everything(
    everything: bytes, annotation: Annotation
) -> None:
    once = annotate_bytes(everything, annotation)
    assert annotate_bytes(once, annotation) == once


def test_the_same_input_gives_the_same_bytes(plain: bytes, annotation: Annotation) -> None:
    assert annotate_bytes(plain, annotation) == annotate_bytes(plain, annotation)


def test_a_file_without_annotations_is_stripped_to_itself(plain: bytes, everything: bytes) -> None:
    assert strip(plain) is plain
    assert strip(everything) is everything


def test_a_smaller_annotation_leaves_nothing_of_the_larger(plain: bytes, annotation: Annotation) -> None:
    less = Annotation(
        sheets=annotation.sheets[:1], notes={"資格": {4: "× 新しい"}}, note_columns={"資格": (3, 8)}
    )
    data = annotate_bytes(annotate_bytes(plain, annotation), less)
    assert openpyxl.load_workbook(io.BytesIO(data)).sheetnames == ["判定", "要員", "資格", "案件"]
    assert (messages(data), messages(data, "資格"), messages(data, "案件")) == ({}, {"I4": "× 新しい"}, {})
    assert marked(data) == []


def test_styles_do_not_grow(plain: bytes, annotation: Annotation, unzip: Unzip) -> None:
    once = annotate_bytes(plain, annotation)
    again = annotate_bytes(once, Annotation(sheets=annotation.sheets[:1]))
    assert unzip(again)["xl/styles.xml"] == unzip(once)["xl/styles.xml"]


def test_a_file_saved_by_openpyxl_in_between(
    plain: bytes, annotation: Annotation, saved_by_openpyxl: Callable[[bytes], bytes]
) -> None:
    saved = saved_by_openpyxl(annotate_bytes(plain, annotation))
    again = annotate_bytes(saved, annotation)
    assert openpyxl.load_workbook(io.BytesIO(again)).sheetnames == ["判定", "指摘", "要員", "資格", "案件"]
    assert list(messages(again)) == ["M3", "M5", "M9", "M57"]
    assert marked(again) == ["B5:C6", "A9"]
    stripped = openpyxl.load_workbook(io.BytesIO(strip(saved)))
    assert stripped.sheetnames == ["要員", "資格", "案件"]
    assert list(stripped.defined_names) == ["職員"]
    assert sheet(stripped, "要員").max_row == 23


def test_a_file_that_lost_our_names_is_known_by_its_texts(
    plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip
) -> None:
    """As a program would save it that knows no defined names but shared strings."""
    parts = unzip(annotate_bytes(plain, annotation))
    parts["xl/workbook.xml"] = re.sub(rb"<definedNames>.*</definedNames>", b"", parts["xl/workbook.xml"])
    texts = [b"secsvc-batch:judgement", b"secsvc-batch:findings", HEADER.encode()]
    strings = parts["xl/sharedStrings.xml"]
    first = strings.count(b"<si>")
    for number, text in enumerate(texts, first):
        cell = re.compile(rb't="inlineStr"><is><t>' + text + rb"</t></is>")
        for part in [name for name in parts if name.startswith("xl/worksheets/sheet")]:
            parts[part] = cell.sub(b't="s"><v>%d</v>' % number, parts[part])
        strings = strings.replace(b"</sst>", b"<si><t>" + text + b"</t></si></sst>")
    parts["xl/sharedStrings.xml"] = strings
    again = annotate_bytes(rezip(parts), annotation)
    assert openpyxl.load_workbook(io.BytesIO(again)).sheetnames == ["判定", "指摘", "要員", "資格", "案件"]
    assert list(messages(again)) == ["M3", "M5", "M9", "M57"]
    assert messages(strip(rezip(parts), [HEADER])) == {}


def test_messages_are_found_where_a_user_moved_them(
    plain: bytes, annotation: Annotation, annotation_with: Make
) -> None:
    """Excel moves the name along when a column is inserted; here both are moved by hand."""

    def insert_column(book: openpyxl.Workbook) -> None:
        sheet(book, "要員").insert_cols(4)
        book.defined_names["secsvc_batch_note_1"].attr_text = "要員!$N$3:$N$57"

    saved = changed(annotate_bytes(plain, annotation), insert_column)
    assert list(messages(saved)) == ["N3", "N5", "N9", "N57"]
    # the reader may take the old message column for one of the applicant's
    again = annotate_bytes(saved, annotation_with(columns={"要員": 14}))
    assert list(messages(again)) == ["N3", "N5", "N9", "N57"]


def test_an_applicants_rule_on_the_same_cells_stays(
    plain: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip
) -> None:
    """Excel puts rules with the same cells into one element."""
    parts = unzip(annotate_bytes(plain, annotation))
    own = b'<cfRule type="expression" priority="9"><formula>B5="secsvc-batch"</formula></cfRule>'
    end = b"</conditionalFormatting>"
    parts[STAFF] = parts[STAFF].replace(end, own + end, 1)
    root = etree.fromstring(unzip(strip(rezip(parts)))[STAFF])
    assert [rule.get("priority") for rule in root.iter("{*}cfRule")] == ["9"]
    assert [block.get("sqref") for block in root.iter("{*}conditionalFormatting")] == ["B5:C6"]


def test_all_parts_of_our_sheets_go_with_them(plain: bytes, annotation: Annotation, unzip: Unzip) -> None:
    """An examiner's comment brings parts of its own."""

    def comment(book: openpyxl.Workbook) -> None:
        sheet(book, "判定")["A5"].comment = Comment("確認済み", "審査員")

    saved = changed(annotate_bytes(plain, annotation), comment)
    assert any("comment" in name for name in unzip(saved))
    stripped = unzip(strip(saved))
    assert not [name for name in stripped if "comment" in name or "vmlDrawing" in name]
    assert b"comments" not in stripped["[Content_Types].xml"]
    for name in re.findall(rb'PartName="/([^"]*)"', stripped["[Content_Types].xml"]):
        assert name.decode() in stripped


def test_an_examiners_formula_takes_the_chain_of_calculation_along(
    everything: bytes, annotation: Annotation, unzip: Unzip, rezip: Rezip
) -> None:
    parts = unzip(annotate_bytes(everything, annotation))
    ours = "xl/worksheets/sheet5.xml"
    parts[ours] = parts[ours].replace(
        b"</sheetData>", b'<row r="9"><c r="A9"><f>1+1</f><v>2</v></c></row></sheetData>'
    )
    chain = b'<c r="A9" i="6"/></calcChain>'
    parts["xl/calcChain.xml"] = parts["xl/calcChain.xml"].replace(b"</calcChain>", chain)
    after = unzip(strip(rezip(parts)))
    assert "xl/calcChain.xml" not in after
    assert b"calcChain" not in after["[Content_Types].xml"] + after["xl/_rels/workbook.xml.rels"]
    assert "xl/calcChain.xml" in unzip(strip(annotate_bytes(everything, annotation)))


def test_the_tab_in_front_is_one_of_the_applicants_after_stripping(
    plain: bytes, annotation: Annotation
) -> None:
    def last_tab(book: openpyxl.Workbook) -> None:
        book.active = 4

    annotated = annotate_bytes(plain, annotation)
    assert front(strip(annotated)) == "要員"
    assert front(strip(changed(annotated, last_tab))) == "案件"


def test_a_sheet_of_the_applicants_with_our_name_stays(plain: bytes, annotation: Annotation) -> None:
    def rename(book: openpyxl.Workbook) -> None:
        sheet(book, "案件").title = "判定"

    own = changed(plain, rename)
    once = annotate_bytes(own, annotation)
    assert openpyxl.load_workbook(io.BytesIO(once)).sheetnames == ["判定 (2)", "指摘", "要員", "資格", "判定"]
    assert annotate_bytes(once, annotation) == once
    assert openpyxl.load_workbook(io.BytesIO(strip(once))).sheetnames == ["要員", "資格", "判定"]
