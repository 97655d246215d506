"""``secsvc-batch check``: what an applicant reads about the own workbook."""

import json
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from secsvc_batch.check import collect
from secsvc_batch.cli import cli
from secsvc_batch.round import examine
from secsvc_batch.round.inputs import Input
from secsvc_batch.standard.loader import Standard
from secsvc_batch.workbook.reader import Submission
from tests.check.books import DAY, book, case_data, check, good

FOUR_CONTRACTS = "track record: four single contracts"
HOSTILE = "\x1b[31m<script>alert(1)</script>\u202e\"'&=1+1"


def shown(path: Path, *arguments: str | Path, lang: str = "ja") -> list[str]:
    result = check(path, "--lang", lang, *arguments)
    assert result.exit_code in (0, 1), result.output
    return [line.strip() for line in result.stdout.splitlines()]


def data_of(*paths: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(check(*paths, "--format", "json").stdout)
    return loaded


# --- what is said ---------------------------------------------------------------------------------


def test_a_workbook_with_nothing_amiss(tmp_path: Path) -> None:
    result = check(book(tmp_path / "good.xlsx", good()))
    assert result.exit_code == 0
    assert "○ 記入の不備はなく、すべての要件を満たすと見られます。" in result.stdout
    assert "見本リストによる試行結果です。" in result.stdout


def test_findings_stand_by_sheet_the_worst_first_with_cell_and_remedy(tmp_path: Path) -> None:
    data = good()
    data["staff"][1]["employed_from"] = {"text": "2018/13/1"}
    data["staff"][0]["role_audit"] = {"text": "責任者"}
    data["credentials"][0]["expires_on"] = date(2026, 9, 30)
    lines = shown(book(tmp_path / "a.xlsx", data))
    sheets = [line for line in lines if line.startswith("シート「")]
    assert sheets == ["シート「要員」", "シート「資格」"]
    errors = [number for number, line in enumerate(lines) if line.startswith("× 誤り ")]
    warnings = [number for number, line in enumerate(lines) if line.startswith("△ 注意 ")]
    assert [lines[number].split("　")[0] for number in errors] == ["× 誤り H5", "× 誤り F6"]
    assert lines[errors[1]].endswith("在籍開始日「2018/13/1」を日付として読み取れません。")
    assert lines[errors[1] + 1].startswith("直し方：2027/5/9 や 令和9年5月9日")
    assert max(errors) < min(warnings)


def test_the_same_said_of_several_cells_is_said_once(tmp_path: Path) -> None:
    text = " ".join(shown(book(tmp_path / "a.xlsx", case_data(FOUR_CONTRACTS)), lang="en"))
    assert text.count("Reviewed on is blank") == 1
    assert "M5, M6, M7, M8 Reviewed on is blank" in " ".join(text.split())


def test_a_group_of_alternatives_is_one_topic(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", case_data(FOUR_CONTRACTS))
    lines = shown(path)
    assert "満たしていないと見られる要件　1件" in lines
    at = next(number for number, line in enumerate(lines) if line.startswith("× 2-1(1)ア[要員]"))
    assert lines[at + 1 : at + 4] == ["必要：いずれか1つ", "確認結果：適合なし", "次のいずれかで満たせます："]
    assert "不足：技術責任者1名の診断の実績 あと1件" in lines[at:]


def test_what_an_examiner_will_decide_comes_with_the_question(tmp_path: Path) -> None:
    lines = shown(book(tmp_path / "a.xlsx", case_data("credential that expires, expiry blank")))
    assert "審査員が判断する要件　1件" in lines
    assert not [line for line in lines if line.startswith("満たしていないと")]
    assert [line for line in lines if line.startswith("理由：有効期限が空欄")]
    assert [line for line in lines if line.startswith("- 資格!G5")]


def test_people_who_meet_a_requirement_only_together(tmp_path: Path) -> None:
    name = "device variant イ: one of two for the 脆弱性診断 part is qualified"
    lines = shown(book(tmp_path / "a.xlsx", case_data(name)))
    assert "従事する人が、次のいずれかを満たします：" in lines
    assert [line for line in lines if line.startswith("○ 5(1)ア(イ)(ア)")]


def test_a_workbook_without_services_says_so(tmp_path: Path) -> None:
    data = good()
    data["services"] = []
    lines = shown(book(tmp_path / "a.xlsx", data))
    assert any(line.startswith("申請するサービスを読み取れない") for line in lines)


@pytest.mark.usefixtures("in_process")
def test_check_says_what_evaluate_says(tmp_path: Path) -> None:
    """One engine: findings and verdicts are those of the results folder."""
    (tmp_path / "round").mkdir()
    path = book(tmp_path / "round" / "a.xlsx", case_data("expiry that cannot be read"))
    arguments = ["evaluate", str(path), "--base-date", DAY, "--out", str(tmp_path / "out"), "--quiet"]
    assert CliRunner().invoke(cli, arguments).exit_code == 1
    one = data_of(path)["files"][0]
    findings = pd.read_parquet(tmp_path / "out" / "findings.parquet")
    columns = ["sheet", "cell", "code", "severity", "message", "remedy"]
    assert [[f[name] for name in columns] for f in one["findings"]] == findings[columns].values.tolist()
    verdicts = pd.read_parquet(tmp_path / "out" / "verdicts.parquet")
    judged = [node for service in one["services"] for node in service["requirements"]]
    for name in ("clause", "requirement_id", "title", "kind", "verdict", "met_otherwise", "missing"):
        assert [node[name] for node in judged] == verdicts[name].tolist()


# --- base date ------------------------------------------------------------------------------------


def test_the_office_may_have_written_the_base_date_into_the_template(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", good(), base_date=date(2026, 10, 1))
    result = check(path, day=None)
    assert result.exit_code == 0
    assert "基準となる日：2026-10-01（事務局がひな形に記入した日）" in result.stdout


def test_another_base_date_than_the_office_s_is_pointed_out(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", good(), base_date=date(2026, 10, 1))
    text = check(path, day="2026-11-01").stdout.replace("\n", "")
    assert "事務局がひな形に記入した基準となる日（2026-10-01）と異なります。" in text


@pytest.mark.parametrize(("lang", "words"), [("ja", "を、--base-date 2026-10-01"), ("en", "Please give")])
def test_without_a_base_date_nothing_is_checked(tmp_path: Path, lang: str, words: str) -> None:
    result = check(book(tmp_path / "a.xlsx", good()), "--lang", lang, day=None)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "a.xlsx" in result.stderr
    assert words in result.stderr


# --- files that are none, exit codes --------------------------------------------------------------


def test_a_refused_file_needs_no_base_date(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    result = check(path, day=None)
    assert result.exit_code == 1
    assert "このファイルは読み取れないため、受け付けられません。" in result.stdout
    assert "直し方：" in result.stdout


def test_a_missing_file_is_wrong_use(tmp_path: Path) -> None:
    assert check(tmp_path / "none.xlsx").exit_code == 2


def test_a_page_that_cannot_be_written_is_wrong_use(tmp_path: Path) -> None:
    result = check(book(tmp_path / "a.xlsx", good()), "--html", tmp_path / "no" / "a.html")
    assert result.exit_code == 2
    assert "書き込めません" in result.stderr


def test_a_fault_of_the_program_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    paths = [book(tmp_path / "a.xlsx", good())]
    monkeypatch.setattr(collect, "examine", fail)
    result = check(*paths)
    assert result.exit_code == 3
    assert "プログラムの不具合" in result.stdout
    assert "RuntimeError" in result.stdout
    assert "満たす" not in result.stdout.partition("○ 満たす見込み")[0]


def test_several_files_each_by_itself(tmp_path: Path) -> None:
    one, other = book(tmp_path / "a.xlsx", good()), book(tmp_path / "b.xlsx", case_data(FOUR_CONTRACTS))
    data = data_of(one, other)
    assert [file["clean"] for file in data["files"]] == [True, False]
    assert data["clean"] is False
    assert data["files"][1]["services"][0]["unmet"] == ["2-1(1)ア[要員]"]


# --- forms of the output --------------------------------------------------------------------------


def test_no_line_is_wider_than_a_terminal(tmp_path: Path) -> None:
    from secsvc_batch.check.width import width

    result = check(book(tmp_path / "a.xlsx", case_data(FOUR_CONTRACTS)))
    assert max(width(line, wide=True) for line in result.stdout.splitlines()) <= 80
    assert "\x1b" not in result.stdout


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workbook of whose texts the reader let through what it could not know to be harmful."""
    data = case_data("expiry that cannot be read")
    data["credentials"][0]["expires_on"] = {"text": "<b>2027</b>"}
    path = book(tmp_path / "a.xlsx", data)

    def reading(one: Input, standard: Standard) -> Submission:
        submission = examine.read(one, standard)
        submission.sheets["applicant"].cells["organisation"] = [HOSTILE]
        submission.sheets["services"].cells["service_name"] = [HOSTILE]
        submission.sheets["staff"].cells["employed_from"][1] = HOSTILE
        submission.sheets["credentials"].cells["expires_on"][0] = HOSTILE
        return submission

    monkeypatch.setattr(collect, "read", reading)
    return path


def test_text_of_applicants_is_inert_in_the_terminal(hostile: Path) -> None:
    result = check(hostile)
    assert "\u202e" not in result.stdout
    assert "\x1b" not in result.stdout
    assert result.stdout.count("<script>alert(1)</script>\ufffd\"'&=1+1") >= 3


def test_text_of_applicants_is_inert_in_json(hostile: Path) -> None:
    result = check(hostile, "--format", "json")
    assert "\u202e" not in result.stdout
    assert "\x1b" not in result.stdout
    assert json.loads(result.stdout)["files"][0]["organisation"] == HOSTILE


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def page_of(path: Path, *arguments: str | Path) -> _Tags:
    target = path.with_suffix(".html")
    assert check(path, "--html", target, *arguments).exit_code in (0, 1)
    page = _Tags()
    page.feed(target.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def test_text_of_applicants_is_inert_in_the_page(hostile: Path) -> None:
    page = page_of(hostile)
    assert "script" not in [name for name, _ in page.tags]
    assert "<script>alert(1)</script>\ufffd\"'&=1+1" in page.text
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    page = page_of(book(tmp_path / "a.xlsx", case_data(FOUR_CONTRACTS)))
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "svg"}
    attributes = [item for _, given in page.tags for item in given.items()]
    assert not [value for name, value in attributes if name in ("src", "style", "srcset")]
    assert not [value for name, value in attributes if name == "href" and not str(value).startswith("#")]
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_can_be_read_by_a_screen_reader(tmp_path: Path, lang: str) -> None:
    page = page_of(book(tmp_path / "a.xlsx", case_data(FOUR_CONTRACTS)), "--lang", lang)
    assert ("html", {"lang": lang}) in page.tags
    levels = [int(name[1]) for name, _ in page.tags if name in ("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(given.get("scope") in ("row", "col") for name, given in page.tags if name == "th")
    # every coloured label says its symbol and word
    assert page.text.count("△") + page.text.count("×") >= len(
        [1 for name, given in page.tags if name == "span" and "pass" not in str(given.get("class"))]
    )


def test_json_and_page_together(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", good())
    result = check(path, "--format", "json", "--html", tmp_path / "a.html")
    assert json.loads(result.stdout)["format"] == "secsvc-batch/check"
    assert "a.html" in result.stderr
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_keys_of_the_json_are_those_of_the_docs(tmp_path: Path) -> None:
    """Tools rely on them: a new key is fine, a lost or renamed one is not."""
    data = data_of(book(tmp_path / "a.xlsx", case_data(FOUR_CONTRACTS)))
    file = data["files"][0]
    service = file["services"][0]
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    for part in (data, file, file["findings"][0], service, service["requirements"][0]):
        for key in part:
            assert f"`{key}`" in page, key
    evidence = next(node["evidence"] for node in service["requirements"] if node["evidence"])
    assert set(evidence[0]) == {"sheet", "cell", "told", "adds", "why", "counts"}


def test_explain_is_inert_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = case_data("expiry that cannot be read")
    monkeypatch.setattr("secsvc_batch.reports.evidence.shortened", lambda text, _: text + HOSTILE)
    path = book(tmp_path / "a.xlsx", data)
    result = CliRunner().invoke(cli, ["explain", str(path), "2-1(1)ア(ア)", "--base-date", DAY])
    assert result.exit_code == 0, result.output
    assert "<script>alert(1)</script>\ufffd" in result.stdout
    assert "\u202e" not in result.stdout
    assert "\x1b" not in result.stdout
