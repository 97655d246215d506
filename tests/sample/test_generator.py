"""Sample rounds: reproducible, plainly fictional, and in every state."""

import io
import re
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import python_calamine

from secsvc_batch.resources import resource
from secsvc_batch.sample import BASE_DATE, SampleFile, describe, make_round
from secsvc_batch.sample.applicant import Applicant, Facts
from secsvc_batch.sample.flaws import FLAWS
from secsvc_batch.sample.generator import Plan, make_applicant, plan_round
from secsvc_batch.sample.mutate import BREAK, DOUBT
from secsvc_batch.sample.refused import REFUSED
from secsvc_batch.sample.words import corporate_number
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.workbook.layout import Layout, load_layout
from tests.support import same_package

SIZE, SEED = 24, 1


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load_standard()


@pytest.fixture(scope="module")
def layout() -> Layout:
    return load_layout()


@pytest.fixture(scope="module")
def facts(standard: Standard, layout: Layout) -> Facts:
    return Facts(standard, layout, BASE_DATE)


@pytest.fixture(scope="module")
def sample(
    standard: Standard, layout: Layout, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[SampleFile]]:
    """The round of data/sample-round, made anew."""
    out = tmp_path_factory.mktemp("round")
    return out, make_round(out, SIZE, SEED, standard, layout)


def _applicants(facts: Facts, size: int, seed: int = SEED) -> list[tuple[Applicant, SampleFile]]:
    plans = [plan for plan in plan_round(size, seed) if plan.state != "refused"]
    return [make_applicant(facts, seed, plan) for plan in plans]


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- the round as a whole -------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_workers(
    standard: Standard, layout: Layout, tmp_path: Path
) -> None:
    serial = make_round(tmp_path / "1", 4, 7, standard, layout)
    parallel = make_round(tmp_path / "2", 4, 7, standard, layout, workers=2)
    assert serial == parallel
    assert _contents(tmp_path / "1") == _contents(tmp_path / "2")


def test_another_seed_gives_another_round(facts: Facts) -> None:
    one, other = _applicants(facts, 3, 1), _applicants(facts, 3, 2)
    assert [a.sheets for a, _ in one] != [a.sheets for a, _ in other]


def test_the_committed_round_is_what_the_generator_writes(
    sample: tuple[Path, list[SampleFile]], standard: Standard
) -> None:
    made, committed = _contents(sample[0]), _contents(resource("data/sample-round"))
    assert sorted(made) == sorted(committed)
    stale = [n for n, body in made.items() if not _same(body, committed[n])]
    assert not stale, "write data/sample-round anew and commit it"
    page = describe(sample[1], standard, SEED, BASE_DATE)
    assert resource("data/sample-round.md").read_text(encoding="utf-8") == page


def _same(one: bytes, other: bytes) -> bool:
    whole = one.startswith(b"PK") and one[-22:-18] == b"PK\5\6"
    # What is cut off in the middle of a deflated part can be compared on the same zlib only.
    return same_package(one, other) if whole else one == other or one[:2] == other[:2] == b"PK"


def test_the_committed_round_holds_two_dozen_files_in_three_megabytes() -> None:
    sizes = [path.stat().st_size for path in resource("data/sample-round").iterdir()]
    assert len(sizes) == SIZE
    assert sum(sizes) <= 3_000_000


def test_the_committed_round_shows_every_state_and_every_service(
    sample: tuple[Path, list[SampleFile]], standard: Standard
) -> None:
    states = Counter(made.state for made in sample[1])
    assert set(states) == {"in_order", "failing", "doubtful", "flawed", "refused"}
    assert states["refused"] == 4
    assert {s for made in sample[1] for s in made.services} == {s.id for s in standard.edition.services}


@pytest.mark.parametrize(("size", "refused"), [(5, 0), (6, 1), (24, 4), (42, 7), (100, 7), (1000, 40)])
def test_a_stated_share_of_the_files_is_to_be_refused(size: int, refused: int) -> None:
    assert sum(plan.state == "refused" for plan in plan_round(size, 3)) == refused


def test_a_round_of_some_hundreds_breaks_every_requirement(facts: Facts, standard: Standard) -> None:
    failing = [made for _, made in _applicants(facts, 250) if made.state == "failing"]
    assert {clause for made in failing for clause in made.clauses} == {
        leaf.clause for leaf in standard.leaves
    }


def test_every_kind_of_check_can_be_broken_and_made_doubtful(standard: Standard) -> None:
    kinds = {leaf.requires.check for leaf in standard.leaves if leaf.requires}
    for table in (BREAK, DOUBT):
        assert not [kind for kind in kinds if kind not in table and kind.split(":")[0] not in table]


def test_every_flaw_occurs(facts: Facts) -> None:
    notes = {note for _, made in _applicants(facts, 80) for note in made.notes}
    assert notes == {flaw.__name__ for flaw in FLAWS}


def test_workbooks_are_of_a_realistic_size(facts: Facts) -> None:
    applicants = [a for a, made in _applicants(facts, 60) if made.state == "in_order"]
    assert all(8 <= len(a.sheets["staff"]) <= 20 for a in applicants)
    assert all(15 <= len(a.sheets["cases"]) <= 62 for a in applicants)
    assert len({len(a.services) for a in applicants}) >= 3


# --- what stands in them --------------------------------------------------------------------------


def test_names_addresses_and_domains_are_plainly_fictional(facts: Facts) -> None:
    fictional = re.compile("架空|見本|仮")
    for a, made in _applicants(facts, 40):
        row = a.sheets["applicant"][0]
        if made.state != "flawed":
            assert fictional.search(row["organisation"])
            assert all(fictional.search(person["name"]) for person in a.sheets["staff"])
            assert all(fictional.search(case["client"]) for case in a.sheets["cases"])
        assert row["email"].endswith("@example.jp")


def test_corporate_numbers_have_a_right_check_digit() -> None:
    for n in (1, 9, 77, 12345):
        number = corporate_number(n)
        weights = [1, 2] * 6
        total = sum(int(digit) * weight for digit, weight in zip(reversed(number[1:]), weights, strict=True))
        assert len(number) == 13
        assert int(number[0]) == 9 - total % 9


def test_one_flaw_makes_the_check_digit_wrong(facts: Facts) -> None:
    a, made = next(x for x in _applicants(facts, 80) if "wrong_check_digit" in x[1].notes)
    assert made.state == "flawed"
    assert a.sheets["applicant"][0]["corporate_number"] != corporate_number(a.number)


def test_people_with_two_roles_and_workbooks_of_several_services_occur(facts: Facts) -> None:
    roles = [service.role for service in facts.standard.edition.services]
    applicants = [a for a, _ in _applicants(facts, 60)]
    assert any(sum(bool(s.get(r)) for r in roles) > 1 for a in applicants for s in a.sheets["staff"])
    assert max(len(a.services) for a in applicants) == len(roles)


def test_dates_stand_on_the_base_date_of_the_round(standard: Standard, layout: Layout) -> None:
    later = Facts(standard, layout, date(2031, 3, 31))
    a, _ = make_applicant(later, 1, Plan(1, "in_order", 0))
    ends = [row["ended_on"] for row in a.sheets["cases"] if row["ended_on"]]
    assert date(2028, 3, 31) < max(ends) <= date(2031, 3, 31)


# --- files to refuse ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound() -> bytes:
    return (resource("templates") / "secsvc-template-audit.ja.xlsx").read_bytes()


@pytest.mark.parametrize("kind", ["encrypted", "old_excel"])
def test_compound_files_are_taken_for_what_they_stand_for(kind: str, sound: bytes, tmp_path: Path) -> None:
    suffix, maker = REFUSED[kind]
    path = tmp_path / f"x{suffix}"
    path.write_bytes(maker(1, sound))
    assert path.read_bytes().startswith(bytes.fromhex("D0CF11E0A1B11AE1"))
    if kind == "encrypted":
        with pytest.raises(python_calamine.PasswordError):
            python_calamine.load_workbook(path)
    else:
        with pytest.raises(python_calamine.CalamineError):
            _ = [python_calamine.load_workbook(path).get_sheet_by_index(0)]


@pytest.mark.parametrize("kind", ["csv", "truncated", "empty"])
def test_other_files_are_no_zip_files(kind: str, sound: bytes) -> None:
    _, maker = REFUSED[kind]
    assert len(maker(1, sound)) < len(sound)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(maker(1, sound)))


def test_a_macro_workbook_holds_a_macro_part_and_says_so(sound: bytes) -> None:
    suffix, maker = REFUSED["macro"]
    with zipfile.ZipFile(io.BytesIO(maker(1, sound))) as package:
        assert suffix == ".xlsm"
        assert "xl/vbaProject.bin" in package.namelist()
        types = package.read("[Content_Types].xml").decode()
    assert "macroEnabled" in types
    assert 'Extension="bin"' in types


def test_another_workbook_opens_but_is_no_template(sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(REFUSED["other_workbook"][1](1, sound))
    assert python_calamine.load_workbook(path).sheet_names == ["Sheet1"]


def test_kinds_of_refused_files_take_turns_and_all_occur_in_a_larger_round(
    sample: tuple[Path, list[SampleFile]],
) -> None:
    kinds = [made.notes[0] for made in sample[1] if made.state == "refused"]
    assert kinds == list(REFUSED)[: len(kinds)]
    turns = [plan.turn for plan in plan_round(42, 5) if plan.state == "refused"]
    assert turns == list(range(len(REFUSED)))


def test_the_round_holds_the_files_that_are_named(sample: tuple[Path, list[SampleFile]]) -> None:
    folder, made = sample
    assert sorted(m.file for m in made) == sorted(path.name for path in folder.iterdir())
