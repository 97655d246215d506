"""The shipped rules hold exactly the standard's tree, and answer the questions asked of them."""

import csv
import time
from pathlib import Path

import pytest

from secsvc_batch.standard.loader import Standard, load_readings, load_standard
from secsvc_batch.standard.problems import LoadError

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load_standard()


@pytest.fixture(scope="module")
def table() -> list[dict[str, str]]:
    with (HERE / "requirements.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_tree_is_that_of_the_table_node_for_node(standard: Standard, table: list[dict[str, str]]) -> None:
    found = [
        (r.clause, r.parent or "-", standard.services_by_clause[r.clause], r.combine or "leaf")
        for r in standard.requirements
    ]
    assert found == [(row["clause"], row["parent"], row["service"], row["combine"]) for row in table]
    assert len(found) == 137
    assert len(standard.leaves) == 86


def test_checks_are_those_of_the_table(standard: Standard, table: list[dict[str, str]]) -> None:
    for row in table:
        requirement = standard.by_clause[row["clause"]]
        expected = "service" if row["parent"] == "-" else "group"
        found = requirement.requires.check if requirement.requires is not None else expected
        assert found == row["kind"], row["clause"]


def test_reference_lists_are_those_of_the_table(standard: Standard, table: list[dict[str, str]]) -> None:
    for row in table:
        requirement = standard.by_clause[row["clause"]]
        first = requirement.lists[0] if requirement.lists else "-"
        named = row["lists"] if row["lists"] in standard.lists.ids else "-"
        assert first == named, row["clause"]


def test_a_group_stands_before_what_it_holds(standard: Standard) -> None:
    seen: set[str] = set()
    for requirement in standard.requirements:
        assert requirement.parent is None or requirement.parent in seen
        seen.add(requirement.clause)


def test_children_stand_in_the_order_of_the_text(standard: Standard) -> None:
    routes = [r.id.rpartition(".")[2] for r in standard.children("4(1)ア[要員]")]
    assert routes == ["credential", "teaching", "track_record", "training"]
    assert standard.children("4(1)イ") == ()


def test_every_clause_knows_its_service(standard: Standard) -> None:
    assert standard.service_of("2-2(1)ア(イ)").id == "penetration"
    assert standard.of_service("audit") == standard.requirements[:17]


def test_every_leaf_shows_a_pass_a_fail_and_one_that_is_neither(standard: Standard) -> None:
    for leaf in standard.leaves:
        verdicts = {example.verdict for example in leaf.examples}
        assert {"pass", "fail"} <= verdicts, leaf.clause
        assert verdicts & {"review", "not_applicable"}, leaf.clause
        assert len(leaf.examples) >= 3, leaf.clause


def test_the_shipped_rules_settle_no_reading(standard: Standard) -> None:
    assert {reading.value for reading in standard.readings.values()} == {"both"}


def test_every_reading_has_an_example_that_settles_it(standard: Standard) -> None:
    settled = {name for leaf in standard.leaves for example in leaf.examples for name in example.readings}
    # This one decides a group, and examples state the verdict of a leaf.
    assert set(standard.readings) - settled == {"assessment_everyone"}


def test_ids_are_ascii_and_begin_with_their_service(standard: Standard) -> None:
    for requirement in standard.requirements:
        assert requirement.id.isascii()
        assert requirement.id.split(".")[0] == standard.services_by_clause[requirement.clause]


def test_variants_limit_just_the_assessment_part_of_device_verification(standard: Standard) -> None:
    limited = {r.clause for r in standard.requirements if r.applies_to is not None}
    below = {r.clause for r in standard.requirements if r.clause.startswith("5(1)ア(イ)")}
    assert limited == below | {"5(1)ア[兼務]", "5(1)イ(ア)[診断]", "5(1)イ(イ)[診断結果]"}


def test_the_hash_changes_with_any_rule_file(tmp_path: Path, standard: Standard) -> None:
    for path in (Path(__file__).parents[2] / "rules").glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert load_standard(tmp_path).rules_hash == standard.rules_hash
    with (tmp_path / "readings.yaml").open("ab") as file:
        file.write(b"# settled nothing\n")
    assert load_standard(tmp_path).rules_hash != standard.rules_hash


def test_loading_is_fast_enough_for_every_command() -> None:
    fastest = min(_seconds_to_load() for _ in range(3))
    assert fastest < 2, "0.2 s on a quiet machine"


def _seconds_to_load() -> float:
    start = time.perf_counter()
    load_standard()
    return time.perf_counter() - start


def test_an_office_settles_readings_in_a_file_of_its_own(tmp_path: Path, standard: Standard) -> None:
    own = tmp_path / "readings.yaml"
    own.write_text("boundary_day: strict\nlist_4_2: lenient\n", encoding="utf-8")
    settled = load_readings(own, standard)
    assert settled.reading("boundary_day") == "strict"
    assert settled.reading("list_4_2") == "lenient"
    assert settled.reading("partial_year") == "both"
    assert standard.reading("boundary_day") == "both", "the standard itself is not changed"
    assert load_standard(readings=own).readings == settled.readings


@pytest.mark.parametrize(
    ("text", "line", "code", "remedy"),
    [
        ("list_4_2: strict\nboundry_day: strict\n", 2, "unknown_reading", "boundary_day"),
        ("boundary_day: strikt\n", 1, "wrong_value", "strict"),
        ("- boundary_day\n", 1, "readings_shape", "boundary_day: strict"),
        ("boundary_day: strict\nboundary_day: both\n", 2, "duplicate_key", "one"),
    ],
)
def test_a_faulty_readings_file_is_told_with_line_and_remedy(
    tmp_path: Path, standard: Standard, text: str, line: int, code: str, remedy: str
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        load_readings(own, standard)
    assert [(p.line, p.code) for p in caught.value.problems] == [(line, code)]
    assert remedy in caught.value.remedy.en
    assert caught.value.file.endswith("own.yaml")


def test_readings_name_every_question_the_checks_know(standard: Standard) -> None:
    named = {
        counted.reading
        for leaf in standard.leaves
        for counted in getattr(leaf.requires, "cases", [])
        if counted.reading is not None
    }
    assert named == {"vulnerability_as_penetration", "vulnerability_as_device"}
    assert named <= set(standard.readings)
