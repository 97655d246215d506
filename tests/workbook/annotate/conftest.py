"""Workbooks as different programs write them, and one that holds everything a workbook can hold."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

import openpyxl
import pytest
import xlsxwriter

from secsvc_batch.workbook.annotate import Annotation, Cell, NewSheet

Parts = dict[str, bytes]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADER = "事務局からの指摘"
TABLES = {"要員": 12, "資格": 8, "案件": 15}
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def unzip(data: bytes) -> Parts:
    """Return the content of every member."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezip(parts: Mapping[str, bytes]) -> bytes:
    """Return a package of ``parts``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\xd5\x5e\x00" * 8 for _ in range(8)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _table(
    book: xlsxwriter.Workbook, name: str, columns: int, rows: int = 20
) -> xlsxwriter.worksheet.Worksheet:
    """Add a sheet like the applicant's: title, help, headers in row 3, data from row 4."""
    sheet = book.add_worksheet(name)
    text = book.add_format({"num_format": "@", "locked": False})
    sheet.write_string(0, 0, name)
    for column in range(columns):
        sheet.write_string(2, column, f"見出し{column}")
        sheet.set_column(column, column, 12)
        for row in range(3, 3 + rows):
            if column % 5 == 4:
                sheet.write_number(row, column, 45000 + row)
            else:
                sheet.write_string(row, column, f"値 {row % 7}-{column}", text)
    sheet.freeze_panes(3, 1)
    sheet.data_validation(3, 1, 302, 1, {"validate": "list", "source": ["ア", "イ"]})
    return sheet


def _plain(options: dict[str, object] | None = None) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **(options or {})})
    for name, columns in TABLES.items():
        _table(book, name, columns)
    book.get_worksheet_by_name("要員").activate()
    book.define_name("職員", "=要員!$A$4:$A$303")
    book.get_worksheet_by_name("資格").repeat_rows(2)
    book.close()
    return out.getvalue()


def _everything() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = _table(book, "要員", 12)
    bold, red = book.add_format({"bold": True}), book.add_format({"font_color": "red"})
    sheet.write_rich_string("B2", "ここは", bold, "太字", "と", red, "赤")
    sheet.write_formula("L30", "=SUM(E4:E23)", None, 900273)
    sheet.write_formula("L31", '=IF(1>0,"a<b","")', None, "a<b")
    sheet.write_comment("C4", "前任者のコメント", {"author": "申請者"})
    sheet.insert_image("B26", "logo.png", {"image_data": io.BytesIO(_png())})
    sheet.insert_textbox("D26", "テキストボックス")
    sheet.insert_button("F26", {"caption": "ボタン", "macro": "none"})
    sheet.add_sparkline("L4", {"range": "要員!E4:E23"})
    sheet.conditional_format("E4:E23", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("A4:A23", {"type": "duplicate", "format": red})
    sheet.merge_range("A40:C40", "結合", bold)
    sheet.write_url("A42", "https://example.com/?a=1&b=2", string="リンク")
    sheet.protect("", {"sort": True})
    sheet.set_header("&L&G", {"image_left": "logo.png", "image_data_left": io.BytesIO(_png())})
    _table(book, "資格", 8).add_table("A3:H23", {"columns": [{"header": f"見出し{i}"} for i in range(8)]})
    _table(book, "案件", 15)
    book.add_worksheet("選択肢").hide()
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=要員!$E$4:$E$23"})
    book.add_chartsheet("グラフ").set_chart(chart)
    book.define_name("職員", "=要員!$A$4:$A$303")
    book.set_custom_property("secsvc template version", "1")
    book.close()
    return rezip(_with_injected_parts(unzip(out.getvalue())))


def _with_injected_parts(parts: Parts) -> Parts:
    """Add what xlsxwriter cannot write: x14 validations, furigana, custom XML, printer settings ..."""
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    sheet = sheet.replace(
        'mc:Ignorable="x14ac"',
        'mc:Ignorable="x14ac xr" xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" '
        'xr:uid="{00000000-0001-0000-0000-000000000000}"',
        1,
    )
    x14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    validation = (
        f'<ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{x14}">'
        '<x14:dataValidations count="1" '
        'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:dataValidation type="list" '
        'allowBlank="1" showErrorMessage="1"><x14:formula1><xm:f>選択肢!$A$1:$A$9</xm:f></x14:formula1>'
        "<xm:sqref>G4:G303</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>"
    )
    sheet = sheet.replace("</extLst></worksheet>", validation + "</worksheet>", 1)
    sheet = sheet.replace("<pageSetup ", '<pageSetup r:id="rIdPrinter" ', 1)
    if "<pageSetup" not in sheet:
        sheet = re.sub(
            r"(<pageMargins[^>]*/>)", r'\1<pageSetup paperSize="9" r:id="rIdPrinter"/>', sheet, count=1
        )
    assert "x14:dataValidation" in sheet
    assert "rIdPrinter" in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    relations = parts["xl/worksheets/_rels/sheet1.xml.rels"].decode()
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = _related(
        relations, "rIdPrinter", "printerSettings", "../printerSettings/printerSettings1.bin"
    )
    parts["xl/printerSettings/printerSettings1.bin"] = bytes(range(256)) * 4
    strings = parts["xl/sharedStrings.xml"].decode()
    furigana = '<si><t>要員</t><rPh sb="0" eb="2"><t>ヨウイン</t></rPh><phoneticPr fontId="1"/></si>'
    assert "<si><t>要員</t></si>" in strings
    parts["xl/sharedStrings.xml"] = strings.replace("<si><t>要員</t></si>", furigana, 1).encode()
    chain = f'<calcChain xmlns="{MAIN}"><c r="L30" i="1"/><c r="L31" i="1"/></calcChain>'
    parts["xl/calcChain.xml"] = chain.encode()
    book = parts["xl/_rels/workbook.xml.rels"].decode()
    book = _related(book, "rIdChain", "calcChain", "calcChain.xml").decode()
    parts["xl/_rels/workbook.xml.rels"] = _related(book, "rIdCustom", "customXml", "../customXml/item1.xml")
    parts["customXml/item1.xml"] = (
        b"<?xml version='1.0'?><!-- kept --><office xmlns='urn:example'>\r\n<a/></office>"
    )
    types = parts["[Content_Types].xml"].decode()
    types = types.replace(
        "</Types>",
        '<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.calcChain+xml"/></Types>',
    )
    types = re.sub(
        "(<Types[^>]*>)",
        r'\1<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.'
        r'spreadsheetml.printerSettings"/>',
        types,
    )
    parts["[Content_Types].xml"] = types.encode()
    return parts


def _related(relations: str, found: str, kind: str, target: str) -> bytes:
    new = f'<Relationship Id="{found}" Type="{_RELATION}/{kind}" Target="{target}"/>'
    return relations.replace("</Relationships>", new + "</Relationships>").encode()


def _saved_by_openpyxl(data: bytes) -> bytes:
    out = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(data)).save(out)
    return out.getvalue()


def _prefixed(data: bytes) -> bytes:
    """Write the main namespace with the prefix x, as the Open XML SDK does."""
    parts = unzip(data)
    for name in parts:
        if name.startswith("xl/") and name.endswith(".xml") and f'xmlns="{MAIN}"'.encode() in parts[name]:
            text = parts[name].decode().replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')
            parts[name] = re.sub(r"<(/?)([A-Za-z]\w*)(?=[\s/>])", r"<\1x:\2", text).encode()
    return rezip(parts)


def _like_google(data: bytes) -> bytes:
    """Absolute targets, no views of the workbook, no properties, x14 names declared at the root."""
    parts = unzip(data)
    relations = parts["xl/_rels/workbook.xml.rels"].decode()
    relations = re.sub(r'Target="(?!/)', 'Target="/xl/', relations)
    parts["xl/_rels/workbook.xml.rels"] = relations.encode()
    package = parts["_rels/.rels"].decode()
    package = re.sub(r"<Relationship [^>]*docProps[^>]*/>", "", package)
    parts["_rels/.rels"] = re.sub(r'Target="(?!/)', 'Target="/', package).encode()
    del parts["docProps/app.xml"], parts["docProps/core.xml"]
    types = parts["[Content_Types].xml"].decode()
    parts["[Content_Types].xml"] = re.sub(r"<Override [^>]*docProps[^>]*/>", "", types).encode()
    book = parts["xl/workbook.xml"].decode()
    parts["xl/workbook.xml"] = re.sub("<bookViews>.*?</bookViews>", "", book).encode()
    for name in parts:
        if "worksheets/sheet" in name and name.endswith(".xml"):
            extra = 'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
            text = parts[name].decode().replace("<worksheet ", "<worksheet " + extra, 1)
            parts[name] = re.sub(r' spans="[^"]*"| tabSelected="1"', "", text).encode()
    return rezip(parts)


def _strict(data: bytes) -> bytes:
    parts = unzip(data)
    for name in parts:
        if name.endswith((".xml", ".rels")) and name != "[Content_Types].xml":
            text = parts[name].decode().replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
            parts[name] = text.replace(
                _RELATION, "http://purl.oclc.org/ooxml/officeDocument/relationships"
            ).encode()
    return rezip(parts)


def _bare() -> bytes:
    """The least a workbook can be: no styles, no views, an empty sheet, rows and cells without addresses."""
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    row = '<row><c t="inlineStr"><is><t>ア</t></is></c><c><v>2</v></c></row>'

    def relations(*items: tuple[str, str, str]) -> str:
        found = "".join(
            f'<Relationship Id="{i}" Type="{_RELATION}/{kind}" Target="{target}"/>'
            for i, kind, target in items
        )
        return f'<Relationships xmlns="{package}/relationships">{found}</Relationships>'

    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="{types}.worksheet+xml"/>'
        f'<Override PartName="/book/main.xml" ContentType="{types}.sheet.main+xml"/></Types>',
        "_rels/.rels": relations(("a", "officeDocument", "book/main.xml")),
        "book/main.xml": f'<workbook xmlns="{MAIN}" xmlns:q="{_RELATION}"><sheets>'
        '<sheet name="要員" sheetId="7" q:id="s1"/>'
        '<sheet name="資格" sheetId="2" q:id="s2"/></sheets></workbook>',
        "book/_rels/main.xml.rels": relations(
            ("s1", "worksheet", "/book/tabs/a.xml"), ("s2", "worksheet", "./tabs/../tabs/c.xml")
        ),
        "book/tabs/a.xml": f"<worksheet xmlns='{MAIN}'><sheetData/></worksheet>",
        "book/tabs/c.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{row * 6}</sheetData></worksheet>',
    }
    return rezip({name: text.encode() for name, text in parts.items()})


def _annotation(*, columns: Mapping[str, int] = TABLES, header: str = HEADER) -> Annotation:
    judgement = NewSheet(
        name="判定",
        marker="judgement",
        rows=[
            [Cell("判定", "title"), None, None, None, None],
            [],
            [Cell("要件", "header"), Cell("内容", "header"), Cell("判定", "header"), Cell("根拠", "header")],
            [
                Cell("2-1(1)", "group"),
                Cell("技術責任者", "indent1"),
                Cell("○ 適合", "pass"),
                Cell("要員", "link", "'要員'!A5"),
            ],
            [Cell("=1+1"), Cell(" 前後に空白 "), Cell("× 不適合", "fail"), Cell(None, "input")],
        ],
        widths=[12, 40, 12, 20, 3],
        heights=[28],
        freeze=(3, 1),
        merges=["A1:B1"],
        tab_color="2F4B6E",
        validations=[("D5", ["適合", "不適合"])],
        title_rows="3:3",
        autofilter="A3:D5",
    )
    findings = NewSheet(
        "指摘", "findings", [[Cell("指摘", "title")], [Cell("戻る", "link", "'判定'!A1")]], widths=[20]
    )
    return Annotation(
        sheets=[judgement, findings],
        highlights={name: {"error": ["B5", "B6", "C5", "C6"], "warning": ["A9", ""]} for name in columns},
        notes={
            name: {5: "× 日付が読めません。", 9: "△ 重複しています。", 57: "○ 下の行"} for name in columns
        },
        note_columns={name: (3, column) for name, column in columns.items()},
        note_header=header,
    )


@pytest.fixture(scope="session")
def plain() -> bytes:
    """Three tables written by xlsxwriter."""
    return _plain()


@pytest.fixture(scope="session")
def plain_1904() -> bytes:
    return _plain({"date_1904": True})


@pytest.fixture(scope="session")
def everything() -> bytes:
    """A workbook that holds all that must survive."""
    return _everything()


@pytest.fixture(scope="session")
def bare() -> bytes:
    return _bare()


@pytest.fixture(scope="session")
def dialects(plain: bytes, bare: bytes) -> dict[str, bytes]:
    """The same tables as several programs write them."""
    return {
        "xlsxwriter": plain,
        "openpyxl": _saved_by_openpyxl(plain),
        "prefixed": _prefixed(plain),
        "google": _like_google(plain),
        "strict": _strict(plain),
        "bare": bare,
    }


@pytest.fixture(scope="session")
def saved_by_openpyxl() -> Callable[[bytes], bytes]:
    return _saved_by_openpyxl


@pytest.fixture
def annotation() -> Annotation:
    """Two sheets, highlights and messages for the three tables."""
    return _annotation()


@pytest.fixture(scope="session")
def annotation_with() -> Callable[..., Annotation]:
    return _annotation


@pytest.fixture(scope="session", name="unzip")
def unzip_fixture() -> Callable[[bytes], Parts]:
    return unzip


@pytest.fixture(scope="session", name="rezip")
def rezip_fixture() -> Callable[[Mapping[str, bytes]], bytes]:
    return rezip
