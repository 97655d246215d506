"""``--lang en``: nobody needs Japanese to understand what is said, nor to fill in the English template."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from secsvc_batch import messages
from secsvc_batch.workbook.layout import Field
from tests.check.books import book, case_data, check
from tests.correction.books import evaluated
from tests.support import ROOT, Stranger, conformance_cases, shipped_standard

# kana, kanji and their punctuation; symbols such as － and ＊ are none
JAPANESE = re.compile("[\u3001-\u303f\u3041-\u30ff\u3400-\u9fff\uff01-\uff09\uff0b\uff0c\uff0e-\uff9f]")
QUOTED = re.compile("“[^”]*”")
BLANK = ROOT / "templates" / "secsvc-template-all.en.xlsx"
FAULTY = "expiry that cannot be read"


@cache
def names() -> tuple[str, ...]:
    """Names that have no English form: clauses of the standard, what stands in the reference lists."""
    standard = shipped_standard()
    clauses = [requirement.clause for requirement in standard.requirements]
    listed = [entry.name for one in standard.lists.ids for entry in standard.lists.of(one)]
    return tuple(sorted({*clauses, *listed}, key=len, reverse=True))


# what stands in Japanese in the workbook of these tests: a course, and a sheet named as in the other template
TYPED = ("社内勉強会", "講師・リーダー経験")


def japanese(text: str, typed: Iterable[str] = ()) -> list[str]:
    """Return the Japanese left besides names, ``typed`` and what stands in quotes; lines are joined."""
    for name in sorted({*names(), *typed} - {""}, key=len, reverse=True):
        text = text.replace(name, "")
    return JAPANESE.findall(QUOTED.sub("", " ".join(text.split())))


# --- the catalogue --------------------------------------------------------------------------------


def texts(entry: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(entry, Mapping) and set(entry) == {"ja", "en"}:
        yield where, str(entry["en"])
    elif isinstance(entry, Mapping):
        for key, value in entry.items():
            yield from texts(value, f"{where}.{key}")


@pytest.mark.parametrize("name", ["findings.yaml", "reasons.yaml", "ui.yaml"])
def test_no_english_text_of_the_catalogue_holds_japanese(name: str) -> None:
    path = Path(str(messages.__file__)).with_name(name)
    entries = list(texts(yaml.safe_load(path.read_text(encoding="utf-8")), name))
    assert len(entries) > 20
    assert [(where, text) for where, text in entries if JAPANESE.search(text)] == []


def test_every_placeholder_of_one_language_is_in_the_other_or_is_its_own() -> None:
    """A number or a cell that one language tells must not be lost in the other."""
    told = re.compile(r"\{(\w+)\}")
    own = {"ja", "en", "sheet", "header"}
    for code, entry in messages.finding_types().items():
        for part in (entry.message, entry.remedy):
            ja, en = ({name.partition("_")[0] for name in told.findall(text)} for text in (part.ja, part.en))
            assert ja - own == en - own, code


# --- what is said ---------------------------------------------------------------------------------


def english(field: Field, value: Any) -> Any:
    """Return a value as someone types it who reads the English template."""
    layout = shipped_standard().layout
    if not isinstance(value, str) or not value:
        return value
    words = {word.ja: word.en for word in layout.words.values()}
    if field.choices:
        words |= {choice.ja: choice.en for choice in layout.vocabularies[field.choices]}
    if field.type == "text" and JAPANESE.search(value):
        return f"Text {sum(map(ord, value))}"
    return ", ".join(words.get(part, part) for part in value.split("、"))


def in_english(data: Mapping[str, Any]) -> dict[str, Any]:
    layout = shipped_standard().layout
    return {
        kind: {name: english(layout.by_id[kind].by_id[name], value) for name, value in rows.items()}
        if isinstance(rows, Mapping)
        else [
            {name: english(layout.by_id[kind].by_id[name], value) for name, value in row.items()}
            for row in rows
        ]
        for kind, rows in data.items()
    }


def faulty(path: Path) -> Path:
    """An English workbook with a fault of almost every kind."""
    data = in_english(case_data("all six services in one workbook"))
    data["applicant"] |= {"corporate_number": "1234567890123", "application_date": {"text": "tomorrow"}}
    data["services"].append(dict(data["services"][0]))
    data["services"][1] |= {"quality_manager": "S999", "variants": "z"}
    data["staff"][0] |= {"employed_from": {"text": "2018/13/1"}, "employment": "Emploee"}
    data["staff"][1] |= {"staff_id": "", "role_audit": "boss"}
    data["staff"][2] |= {"employed_until": {"text": "R1.5.1"}}
    data["credentials"][0] |= {"credential": "CISSP2", "list_id": "9-9", "equivalent": "○"}
    data["credentials"][1] |= {"credential": "Other", "credential_other": ""}
    data["credentials"][2] |= {"expires_on": {"text": "2026-09-01"}}
    data["credentials"][3] |= {"acquired_on": {"text": "2027-09-01"}}
    data["cases"][0] |= {"participants": "S001, S998", "case_type": "Web application", "outcome": "q"}
    data["cases"][1] |= {"case_id": data["cases"][0]["case_id"], "ended_on": {"text": "1999-01-01"}}
    data["cases"][2] |= {"reviewers": "", "subcontractor": "Sub Ltd."}
    data["headcounts"][0]["stated_count"] = {"text": "many"}
    data["specifications"] = data["specifications"][1:]
    data["procedures"][0] |= {"status": "Perhaps"}
    Stranger(BLANK, "en").fill(data, path)
    workbook = openpyxl.load_workbook(path)
    layout = shipped_standard().layout
    workbook[layout.by_id["training"].name.en].title = "Courses"
    del workbook[layout.by_id["teaching"].name.en]
    page = workbook[layout.by_id["staff"].name.en]
    cells = {cell.value: cell for row in page.iter_rows(max_row=8) for cell in row}
    cells[layout.by_id["staff"].by_id["office"].label.en].value = "Offices"
    cells[layout.by_id["staff"].by_id["employed_until"].label.en].value = "Until when"
    page = workbook[layout.by_id["cases"].name.en]
    page.merge_cells("C6:C7")
    page["B9"] = "=B5"
    page["AA4"], page["AA5"] = "Memo", "own note"
    workbook.save(path)
    return path


@pytest.mark.slow
def test_a_workbook_in_english_gets_no_japanese_but_names_to_look_for(tmp_path: Path) -> None:
    path = faulty(tmp_path / "a.xlsx")
    target = tmp_path / "a.html"
    result = check(path, "--lang", "en", "--html", target)
    assert result.exit_code == 1
    assert len(re.findall("(?m)^  (?:×|△|－) ", result.stdout)) > 25
    assert japanese(re.sub("<style>.*?</style>", "", target.read_text(encoding="utf-8")), TYPED) == []
    data = check(path, "--lang", "en", "--format", "json").stdout
    assert japanese(data, TYPED) == []


def test_a_workbook_in_japanese_is_told_of_in_english(tmp_path: Path) -> None:
    """Japanese is left only in what stands in the workbook: names of sheets and what was typed."""
    layout = shipped_standard().layout
    data = case_data(FAULTY)
    data["staff"][0]["employment"] = {"text": "正社員"}
    path = book(tmp_path / "a.xlsx", data)
    # JSON wraps no line: what was typed stands in one piece
    text = check(path, "--lang", "en", "--format", "json").stdout
    typed = [
        value for rows in data.values() if isinstance(rows, list) for row in rows for value in row.values()
    ]
    typed += [*data["applicant"].values(), *(sheet.name.ja for sheet in layout.sheets)]
    entered = {str(value["text"] if isinstance(value, Mapping) else value) for value in typed}
    assert japanese(text, entered) == []


@pytest.mark.slow
def test_the_annotated_workbook_in_english(tmp_path: Path) -> None:
    copy, findings = evaluated(faulty(tmp_path / "a.xlsx"), tmp_path / "out", "en")
    assert len(findings) > 25
    book = openpyxl.load_workbook(copy)
    assert book.sheetnames[:2] == ["Judgement", "Findings"]
    said = [
        str(cell.value)
        for name in book.sheetnames
        if book[name].sheet_state == "visible"
        for row in book[name].iter_rows()
        for cell in row
        if isinstance(cell.value, str) and not cell.value.startswith("=")
    ]
    assert len(said) > 500
    assert japanese("\n".join(said), TYPED) == []


def test_an_application_for_nothing_and_a_refused_file(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text("no workbook", encoding="utf-8")
    result = check(BLANK, tmp_path / "text.xlsx", "--lang", "en")
    assert result.exit_code == 1
    assert japanese(result.stdout) == []


# --- the English template is read the same --------------------------------------------------------

SOME = [
    "all six services in one workbook",
    "track record: four single contracts",
    "credential outside the list, equivalence claimed",
    "device variant イ: one of two for the 脆弱性診断 part is qualified",
    "audit: one case reviewed, one peer-reviewed",
    "penetration: outcome 未達",
    "monitoring: other operation does not count",
    "route training: given, not attended",
]


@pytest.mark.parametrize("name", SOME)
def test_conformance_through_the_english_template(tmp_path: Path, name: str) -> None:
    case = next(case for case in conformance_cases() if case["name"] == name)
    path = book(tmp_path / "a.xlsx", in_english(case_data(name)), lang="en")
    (one,) = json.loads(check(path, "--lang", "en", "--format", "json").stdout)["files"]
    found = {
        service["service"]: {node["clause"]: node["verdict"] for node in service["requirements"]}
        for service in one["services"]
    }
    assert found == case["expected"]
