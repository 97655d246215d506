"""Reference lists: what they say of themselves, looking up names, and faults by line."""

import shutil
from pathlib import Path

import pytest

from secsvc_batch.standard.lists import ReferenceLists, fold_name, load_lists
from secsvc_batch.standard.loader import load_standard
from secsvc_batch.standard.problems import LoadError, Problem, RulesError

SHIPPED = Path(__file__).parents[2] / "data" / "reference-lists"
HEADER = "list_id,kind,service,name,expires,validity_years,note\n"


@pytest.fixture(scope="module")
def lists() -> ReferenceLists:
    return load_lists()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "lists"
    shutil.copytree(SHIPPED, copy)
    return copy


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / "lists.csv").write_text(text, encoding=encoding)
    return folder


def faults(folder: Path) -> list[Problem]:
    with pytest.raises(LoadError) as caught:
        load_lists(folder, ["audit", "vulnerability"])
    return list(caught.value.problems)


def test_shipped_lists_say_plainly_that_they_are_samples(lists: ReferenceLists) -> None:
    assert lists.is_sample
    assert lists.notice is not None
    assert "見本" in lists.notice.ja
    assert "not the official lists" in lists.notice.en
    assert lists.edition
    assert lists.source.ja


def test_every_list_has_a_title_and_entries(lists: ReferenceLists) -> None:
    assert set(lists.titles) == set(lists.ids)
    assert len(lists.ids) == 28
    assert sum(len(lists.of(name)) for name in lists.ids) == len(lists.entries) == 86
    assert lists.titles["1-1"].ja == "資格（情報セキュリティ監査）"


def test_an_entry_knows_whether_and_when_it_expires(lists: ReferenceLists) -> None:
    by_name = {entry.name: entry for entry in lists.of("1-2-1")}
    assert (by_name["GPEN"].expires, by_name["GPEN"].validity_years) == ("yes", 4)
    assert (by_name["OSCP"].expires, by_name["OSCP"].validity_years) == ("no", None)
    assert by_name["SecuriST 認定Webアプリケーション脆弱性診断士"].expires == "unknown"
    assert {entry.expires for entry in lists.of("2-1")} == {""}


@pytest.mark.parametrize(
    "written",
    [
        "公認情報システム監査人（CISA）",
        "公認情報システム監査人(CISA)",
        " 公認情報システム監査人（ＣＩＳＡ）　",
    ],
)
def test_a_name_is_found_whatever_its_width_and_blanks(lists: ReferenceLists, written: str) -> None:
    entry = lists.lookup("1-1", written)
    assert entry is not None
    assert entry.name == "公認情報システム監査人（CISA）"


def test_runs_of_white_space_count_as_one_blank() -> None:
    assert fold_name("SANS　\n SEC542") == fold_name("SANS SEC542")
    assert fold_name("SANSSEC542") != fold_name("SANS SEC542")
    assert fold_name("oscp") != fold_name("OSCP")


def test_a_name_of_another_list_is_not_found_in_this_one(lists: ReferenceLists) -> None:
    assert lists.lookup("1-1", "OSCP") is None
    assert [entry.list_id for entry in lists.find("OSCP")] == ["1-2-1", "1-2-2", "1-5"]
    assert lists.find("unheard of") == ()


def test_a_list_may_serve_two_services(lists: ReferenceLists) -> None:
    assert lists.of("7-2")[0].services == ("vulnerability", "penetration")
    assert lists.kind("7-2") == "education"
    assert {entry.list_id for entry in lists.of_kinds(["community"])} == {"2-1", "2-2", "2-3"}


def test_an_office_puts_its_own_lists_in_their_place(folder: Path) -> None:
    meta = (folder / "lists.yaml").read_text(encoding="utf-8")
    meta = meta.replace("status: sample ", "status: official ").replace(
        "edition: sample-1", "edition: 2026-04"
    )
    (folder / "lists.yaml").write_text(meta, encoding="utf-8")
    standard = load_standard(lists=folder)
    assert (standard.lists.status, standard.lists.edition) == ("official", "2026-04")
    assert standard.lists.sha256 != load_lists().sha256


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_lists_saved_by_a_spreadsheet_are_read(folder: Path, encoding: str) -> None:
    text = (folder / "lists.csv").read_text(encoding="utf-8").replace("\n", "\r\n")
    (folder / "lists.csv").write_bytes(text.encode(encoding))
    assert load_lists(folder).entries == load_lists().entries


@pytest.mark.parametrize(
    ("row", "code", "remedy"),
    [
        ("1-1,credentials,audit,X,yes,3,", "csv_value", "credential"),
        ("1-1,credential,audits,X,yes,3,", "csv_value", "audit"),
        ("1-1,credential,,X,yes,3,", "csv_value", "audit"),
        ("1-1,credential,audit,,yes,3,", "csv_no_name", "name"),
        ("1-1,credential,audit,X,maybe,3,", "csv_value", "unknown"),
        ("1-1,credential,audit,X,,3,", "csv_value", "yes"),
        ("1-1,credential,audit,X,yes,three,", "csv_years", "whole number"),
        ("2001/1/1,credential,audit,X,yes,3,", "list_number", "1-2-1"),
        ("1-1,training,audit,X,,,", "csv_two_kinds", "one kind"),
        ("1-1,credential,audit,ＣＩＳＡ,yes,3,", "csv_name_twice", "one of them"),
        ("1-1,credential,audit,X,yes", "csv_cells", "commas"),
        ('1-1,credential,audit,"X,yes,3,', "csv_syntax", "quotes"),
    ],
)
def test_a_faulty_row_is_told_with_its_line_and_remedy(
    folder: Path, row: str, code: str, remedy: str
) -> None:
    write(folder, f"{HEADER}1-1,credential,audit,CISA,yes,3,\n\n{row}\n")
    found = [fault for fault in faults(folder) if fault.file.endswith(".csv")]
    assert [(fault.code, fault.line) for fault in found] == [(code, 4)]
    assert remedy in found[0].remedy.en


def test_faults_of_many_rows_are_told_at_once(folder: Path) -> None:
    write(
        folder,
        f"{HEADER}1-1,kredential,audit,A,yes,3,\n1-1,credential,audit,B,yes,3,\n1-1,credential,x,C,yes,3,\n",
    )
    assert [fault.line for fault in faults(folder) if fault.file.endswith(".csv")] == [2, 4]


def test_a_misspelt_or_missing_column_is_told(folder: Path) -> None:
    write(folder, HEADER.replace("validity_years", "validity_year") + "1-1,credential,audit,CISA,yes,3,\n")
    found = faults(folder)
    assert [fault.code for fault in found] == ["csv_unknown_column", "csv_missing_column"]
    assert "validity_years" in found[0].remedy.en


def test_a_list_without_a_title_and_a_title_without_a_list_are_told(folder: Path) -> None:
    text = (folder / "lists.csv").read_text(encoding="utf-8")
    write(folder, text.replace("6-2,content", "6-3,content"))
    found = {(fault.code, fault.file.rpartition(".")[2]) for fault in faults_any_service(folder)}
    assert found == {("list_without_title", "yaml"), ("title_without_list", "yaml")}


def faults_any_service(folder: Path) -> list[Problem]:
    with pytest.raises(LoadError) as caught:
        load_lists(folder)
    return list(caught.value.problems)


def test_sample_lists_must_carry_a_notice(folder: Path) -> None:
    meta = (folder / "lists.yaml").read_text(encoding="utf-8")
    start, end = meta.index("notice:"), meta.index("lists:\n")
    (folder / "lists.yaml").write_text(meta[:start] + meta[end:], encoding="utf-8")
    assert [fault.code for fault in faults_any_service(folder)] == ["sample_needs_notice"]


def test_a_folder_without_lists_is_told(tmp_path: Path) -> None:
    found = faults(tmp_path)
    assert [fault.code for fault in found] == ["missing_file", "missing_file"]


def test_rules_that_name_a_list_the_office_lacks_stop_the_program(folder: Path) -> None:
    text = "".join(
        line
        for line in (folder / "lists.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        if not line.startswith("7-5,")
    )
    meta = "".join(
        line
        for line in (folder / "lists.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
        if not line.startswith("  7-5:")
    )
    write(folder, text)
    (folder / "lists.yaml").write_text(meta, encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        load_standard(lists=folder)
    [problem] = caught.value.problems
    assert problem.code == "unknown_list"
    assert problem.file.endswith("5-device.yaml")
