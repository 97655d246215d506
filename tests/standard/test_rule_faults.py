"""A fault in a rule stops the program at once and names file, line and remedy."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from secsvc_batch.standard.loader import load_standard
from secsvc_batch.standard.problems import Problem, RulesError

RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for path in RULES.glob("*.yaml"):
        shutil.copyfile(path, folder / path.name)
    return folder


def problems(folder: Path) -> list[Problem]:
    with pytest.raises(RulesError) as caught:
        load_standard(folder)
    return list(caught.value.problems)


def edit(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the first ``old`` and return its line."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def leaf(clause: str) -> str:
    return f"  - clause: {clause}\n"


@dataclass(frozen=True)
class Fault:
    """An edit of a rule file, the code it must be told under, and a word of the remedy."""

    file: str
    old: str
    new: str
    code: str
    remedy: str


FAULTS = {
    "a misspelt key": Fault(
        "1-audit.yaml",
        "    machine:",
        "    machin:",
        "unknown_key",
        "machine",
    ),
    "a key deep inside": Fault(
        "1-audit.yaml",
        "who: experts",
        "hwo: experts",
        "unknown_key",
        "who",
    ),
    "an unknown check": Fault(
        "1-audit.yaml",
        "check: route:credential",
        "check: route:credentials",
        "unknown_check",
        "route:credential",
    ),
    "no check": Fault(
        "1-audit.yaml",
        "check: experts_list",
        "{}",
        "missing_key",
        "check",
    ),
    "a parameter left out": Fault(
        "1-audit.yaml",
        "      list: 4-1\n",
        "",
        "missing_key",
        "list",
    ),
    "a missing list": Fault(
        "2-1-vulnerability.yaml",
        "list: 1-2-1",
        "list: 1-2-9",
        "unknown_list",
        "1-2-",
    ),
    "a list of another kind": Fault(
        "2-1-vulnerability.yaml",
        "list: 1-2-1",
        "list: 2-1",
        "wrong_list_kind",
        "number",
    ),
    "a number as clause": Fault(
        "3-forensics.yaml",
        '- clause: "3"',
        "- clause: 3",
        "not_text",
        '"3"',
    ),
    "a clause twice": Fault(
        "4-monitoring.yaml",
        "- clause: 4(2)イ(イ)",
        "- clause: 4(2)イ(ア)",
        "duplicate_clause",
        "Correct",
    ),
    "an id twice": Fault(
        "4-monitoring.yaml",
        "id: monitoring.quality.manual.output",
        "id: monitoring.quality.manual.process",
        "duplicate_id",
        "id",
    ),
    "an id with capitals": Fault(
        "4-monitoring.yaml",
        "id: monitoring.content",
        "id: Monitoring.Content",
        "invalid",
        "schema.json",
    ),
    "an orphan": Fault(
        "5-device.yaml",
        "parent: 5(1)イ(ウ)\n",
        "parent: 5(1)イ(エ)\n",
        "orphan",
        "5(1)イ(ウ)",
    ),
    "a parent of another service": Fault(
        "5-device.yaml",
        "parent: 5(1)イ(ウ)\n",
        "parent: 4(2)\n",
        "foreign_parent",
        "same file",
    ),
    "no parent": Fault(
        "5-device.yaml",
        '    parent: "5"\n',
        "",
        "no_parent",
        "5",
    ),
    "a ring of parents": Fault(
        "5-device.yaml",
        '    parent: "5"\n',
        "    parent: 5(1)ア(ア)\n",
        "cycle",
        "parent",
    ),
    "an unknown combination": Fault(
        "5-device.yaml",
        "combine: everyone_any",
        "combine: everyone",
        "wrong_value",
        "everyone_any",
    ),
    "an unknown role column": Fault(
        "5-device.yaml",
        "[role_device_assessment], who",
        "[role_device_assesment], who",
        "unknown_role",
        "role_device_assessment",
    ),
    "an unknown variant": Fault(
        "5-device.yaml",
        "variants: [b, c]",
        "variants: [b, d]",
        "unknown_variant",
        "a, b, c",
    ),
    "an unknown technology": Fault(
        "3-forensics.yaml",
        "technology: forensics",
        "technology: forensic",
        "unknown_word",
        "forensics",
    ),
    "an unknown type of case": Fault(
        "2-1-vulnerability.yaml",
        "types: [web,",
        "types: [managed,",
        "unknown_word",
        "web",
    ),
    "an unknown annual form": Fault(
        "4-monitoring.yaml",
        "annual_form: continuing",
        "annual_form: continous",
        "wrong_value",
        "continuing",
    ),
    "an unknown review method": Fault(
        "1-audit.yaml",
        "method: peer_review",
        "method: peer",
        "unknown_word",
        "peer_review",
    ),
    "no review method": Fault(
        "1-audit.yaml",
        "      method: peer_review\n",
        "",
        "needs_method",
        "method",
    ),
    "no experts": Fault(
        "3-forensics.yaml",
        "      experts: {",
        "      method: report\n      # {",
        "needs_experts",
        "experts",
    ),
    "an unknown purpose": Fault(
        "3-forensics.yaml",
        "purpose: general",
        "purpose: generic",
        "unknown_word",
        "general",
    ),
    "an unknown evidence sheet": Fault(
        "3-forensics.yaml",
        "evidence: [cases,",
        "evidence: [case,",
        "unknown_sheet",
        "cases",
    ),
    "an unknown reading": Fault(
        "2-2-penetration.yaml",
        "reading: vulnerability_as_penetration",
        "reading: vulnerability_as_penetrate",
        "unknown_reading",
        "vulnerability_as_penetration",
    ),
    "a reference to no clause": Fault(
        "2-2-penetration.yaml",
        "clause: 2-1(1)\n      service",
        "clause: 2-1(3)\n      service",
        "unknown_clause",
        "2-1(",
    ),
    "a reference to another service": Fault(
        "2-2-penetration.yaml",
        "clause: 2-1(1)\n      service",
        "clause: 3(1)\n      service",
        "clause_elsewhere",
        "service",
    ),
    "a route that is none": Fault(
        "3-forensics.yaml",
        "routes: [3(1)ア(ア),",
        "routes: [3(1)イ,",
        "not_a_route",
        "route",
    ),
    "a leaf and group at once": Fault(
        "3-forensics.yaml",
        "combine: any\n",
        "combine: any\n    requires: {check: declared}\n",
        "group_or_leaf",
        "combine",
    ),
    "a leaf without question": Fault(
        "3-forensics.yaml",
        "    question:\n      ja: 申し出のあった資格",
        "    applies_to: {variants: [a]}\n    explanation:\n      ja: 申し出のあった資格",
        "duplicate_key",
        "Remove",
    ),
    "a placeholder nobody fills": Fault(
        "1-audit.yaml",
        "技術責任者 {n}名",
        "技術責任者 {count}名",
        "bad_placeholder",
        "n",
    ),
    "an unknown field in an example": Fault(
        "1-audit.yaml",
        "acquired_on:",
        "aquired_on:",
        "unknown_field",
        "acquired_on",
    ),
    "an unknown sheet in an example": Fault(
        "1-audit.yaml",
        "          staff:\n",
        "          staf:\n",
        "unknown_sheet",
        "staff",
    ),
    "a bad date in an example": Fault(
        "1-audit.yaml",
        "expires_on: 2027-05-09",
        "expires_on: 2027-05-39",
        "example_date",
        "text",
    ),
    "an unknown reading in an example": Fault(
        "1-audit.yaml",
        "readings: {maintenance_unknown",
        "readings: {maintainance_unknown",
        "unknown_reading",
        "maintenance_unknown",
    ),
    "an unknown verdict": Fault(
        "1-audit.yaml",
        "verdict: fail",
        "verdict: failed",
        "wrong_value",
        "fail",
    ),
    "another edition": Fault(
        "1-audit.yaml",
        'edition: "4.1"',
        'edition: "4.2"',
        "edition_mismatch",
        "edition",
    ),
    "other in-force dates": Fault(
        "1-audit.yaml",
        "from: null",
        "from: 2026-04-01",
        "in_force_mismatch",
        "edition.yaml",
    ),
    "an unknown service": Fault(
        "1-audit.yaml",
        "service: audit",
        "service: audits",
        "unknown_service",
        "audit",
    ),
    "a reading for no clause": Fault(
        "readings.yaml",
        "clauses: [2-2(1)ア(イ)]",
        "clauses: [2-2(1)ア(ウ)]",
        "unknown_clause",
        "2-2(",
    ),
    "a reading twice": Fault(
        "readings.yaml",
        "id: straddles_window",
        "id: boundary_day",
        "duplicate_reading",
        "one",
    ),
    "readings of another edition": Fault(
        "readings.yaml",
        'edition: "4.1"',
        'edition: "4"',
        "edition_mismatch",
        "edition",
    ),
    "a broken line": Fault(
        "2-1-vulnerability.yaml",
        "    combine: all",
        "    combine: [all",
        "yaml_syntax",
        "bracket",
    ),
    "services in other words": Fault(
        "edition.yaml",
        "ja: 機器検証, en: Device verification}\n    role",
        "ja: 機器の検証, en: Device verification}\n    role",
        "service_words",
        "workbook.yaml",
    ),
    "an unknown role of a service": Fault(
        "edition.yaml",
        "role: role_audit",
        "role: role_audits",
        "unknown_role",
        "role_audit",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_line_and_remedy(rules: Path, fault: str) -> None:
    case = FAULTS[fault]
    line = edit(rules, case.file, case.old, case.new)
    everything = problems(rules)
    found = [p for p in everything if p.code == case.code and p.file.endswith(case.file)]
    assert found, [p.text("en") for p in everything]
    # A fault of a whole requirement is told at its first line, a broken line where it no longer fits.
    assert any(line - 8 <= p.line <= line + 2 for p in found), (line, [p.text("en") for p in found])
    assert any(case.remedy in p.remedy.en for p in found), [p.text("en") for p in found]
    unfilled = [p for p in found if "{hint}" in p.text("ja") + p.text("en")]
    assert not unfilled


def test_a_key_that_is_misspelt_is_told_once_and_not_as_missing_too(rules: Path) -> None:
    edit(rules, "1-audit.yaml", "    title: {", "    titel: {")
    assert [p.code for p in problems(rules)] == ["unknown_key"]


def test_a_leaf_that_lacks_its_question_or_examples_is_told(rules: Path) -> None:
    path = rules / "1-audit.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("    question:", text.index("1(1)ア[リスト]"))
    path.write_text(text[:start] + text[text.index("  - clause: 1(1)イ\n") :], encoding="utf-8")
    found = {(p.code, p.message.en.split()[-1]) for p in problems(rules)}
    assert found == {("leaf_lacks", "question."), ("leaf_lacks", "machine."), ("few_examples", "examples.")}


def test_examples_that_never_fail_are_not_enough(rules: Path) -> None:
    path = rules / "1-audit.yaml"
    head, mark, tail = path.read_text(encoding="utf-8").partition(leaf("1(1)ア[リスト]"))
    part, following, rest = tail.partition(leaf("1(1)イ"))
    part = part.replace("verdict: fail", "verdict: pass")
    path.write_text(head + mark + part + following + rest, encoding="utf-8")
    assert [p.code for p in problems(rules)] == ["one_sided_examples"]


def test_a_group_with_nothing_below_and_a_leaf_with_something_below_are_told(rules: Path) -> None:
    edit(rules, "1-audit.yaml", "parent: 1(2)イ\n", "parent: 1(2)ア\n")
    edit(rules, "1-audit.yaml", "parent: 1(2)イ\n", "parent: 1(2)ア\n")
    assert {p.code for p in problems(rules)} == {"group_without_children", "leaf_with_children"}


def test_reviews_that_look_at_different_cases_cannot_be_combined_case_by_case(rules: Path) -> None:
    path = rules / "1-audit.yaml"
    head, mark, tail = path.read_text(encoding="utf-8").partition(leaf("1(2)ウ(ア)b"))
    path.write_text(head + mark + tail.replace("window_years: 3", "window_years: 5", 1), encoding="utf-8")
    assert [p.code for p in problems(rules)] == ["not_case_by_case"]


def test_routes_of_different_people_cannot_be_combined_person_by_person(rules: Path) -> None:
    path = rules / "5-device.yaml"
    head, mark, tail = path.read_text(encoding="utf-8").partition(leaf("5(1)ア(イ)(イ)"))
    path.write_text(head + mark + tail.replace("who: workers", "who: experts", 1), encoding="utf-8")
    assert "not_person_by_person" in [p.code for p in problems(rules)]


def test_all_faults_of_all_files_are_told_at_once_in_order(rules: Path) -> None:
    edit(rules, "1-audit.yaml", "list: 1-1", "list: 1-9")
    edit(rules, "1-audit.yaml", "check: experts_list", "check: expert_list")
    edit(rules, "5-device.yaml", "list: 1-5", "list: 1-9")
    found = problems(rules)
    assert [p.code for p in found] == ["unknown_list", "unknown_check", "unknown_list"]
    assert found == sorted(found, key=lambda p: (p.file, p.line))


def test_a_file_that_is_no_yaml_makes_no_cascade(rules: Path) -> None:
    (rules / "2-1-vulnerability.yaml").write_text("requirements: [", encoding="utf-8")
    assert {p.code for p in problems(rules)} == {"yaml_syntax"}


def test_a_missing_or_doubled_rule_file_is_told(rules: Path) -> None:
    shutil.copyfile(rules / "1-audit.yaml", rules / "6-audit.yaml")
    codes = {p.code for p in problems(rules)}
    assert codes == {"service_twice", "duplicate_clause", "duplicate_id"}
    (rules / "6-audit.yaml").unlink()
    (rules / "1-audit.yaml").unlink()
    assert "service_without_file" in {p.code for p in problems(rules)}


def test_a_folder_without_rules_is_told(tmp_path: Path) -> None:
    assert {p.code for p in problems(tmp_path)} == {"missing_file", "no_rules"}


def test_text_that_is_not_utf8_is_told_with_its_line(rules: Path) -> None:
    path = rules / "1-audit.yaml"
    path.write_bytes(path.read_bytes().replace("技術要件".encode(), "技術要件".encode("cp932"), 1))
    [found] = problems(rules)
    assert (found.code, found.line > 1) == ("not_utf8", True)


def test_a_fault_is_printed_with_place_message_and_remedy(rules: Path) -> None:
    line = edit(rules, "1-audit.yaml", "list: 1-1", "list: 1-12")
    [found] = problems(rules)
    text = found.text("ja")
    assert f"1-audit.yaml:{line}: " in text
    assert "1-12" in text
    assert "直し方" in text.splitlines()[1]
