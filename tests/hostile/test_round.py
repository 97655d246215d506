"""All hostile files, names and links in one round with good files: the rest of the round is unharmed."""

import os
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.catalogue import CATALOGUE, REFUSED, SAME
from tests.hostile.names import LINKS, NAMES, write_links, write_names
from tests.hostile.package import GOOD
from tests.hostile.rounds import Run, evaluate

pytestmark = pytest.mark.slow

MOST_MEMORY = 1 << 30
BEST = "good.xlsx"
# findings that one file has because of another one
_ACROSS = {
    "duplicate_application", "shared_credential_number", "person_in_two_firms", "same_name_elsewhere",
    "same_contract", "identical_text",
}  # fmt: skip


def _good_files(folder: Path) -> list[str]:
    """Put sound workbooks and an ordinary share of refused ones into a folder; return their names."""
    folder.mkdir()
    for path in GOOD.parent.iterdir():
        if path != GOOD:
            shutil.copy(path, folder)
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The good files without any other."""
    base = tmp_path_factory.mktemp("alone")
    _good_files(base / "in")
    shutil.copy(GOOD, base / "in" / BEST)
    return evaluate(base / "in", base / "out")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("hostile")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def together(base: Path) -> Run:
    """The same files among all hostile ones, in a process that may not connect to anything."""
    folder = base / "in"
    _good_files(folder)
    shutil.copy(GOOD, folder / BEST)
    for one in CATALOGUE:
        (folder / one.file).write_bytes(one.make())
    (folder / "names").mkdir()
    write_names(folder / "names")
    write_links(folder, base / "elsewhere")
    return evaluate(folder, base / "out", log=base / "log")


def test_the_rest_of_the_round_is_unharmed(alone: Run, together: Run) -> None:
    assert together.code == 1, together.printed.decode(errors="replace")
    expected = alone.table("verdicts")
    files = set(expected["file"])
    found = together.table("verdicts")
    found = found[found["file"].isin(files)].reset_index(drop=True)
    assert len(files) > 15
    assert found.equals(expected)
    findings = [run.table("findings") for run in (alone, together)]
    # the good workbook that the hostile ones were made of is told to resemble them
    files.remove(BEST)
    mine = [frame[frame["file"].isin(files) & ~frame["code"].isin(_ACROSS)] for frame in findings]
    assert mine[0].reset_index(drop=True).equals(mine[1].reset_index(drop=True))


def test_every_hostile_file_has_its_finding(together: Run) -> None:
    status = {entry["file"]: entry["status"] for entry in together.manifest()["inputs"]}
    wrong = {}
    for one in CATALOGUE:
        codes = together.codes(one.file)
        enough = bool(codes & set(one.codes)) if one.outcome == REFUSED else codes >= set(one.codes)
        if status[one.file] != (REFUSED if one.outcome == REFUSED else "read") or not enough:
            wrong[one.name] = status[one.file], sorted(codes - _ACROSS)
    assert wrong == {}


def test_what_is_read_right_has_the_verdicts_of_the_good_workbook(together: Run) -> None:
    best = together.verdicts(BEST)
    same = [one for one in CATALOGUE if one.outcome == SAME]
    assert {verdict for _, verdict in best} <= {"pass", "not_applicable", "fail", "review"}
    assert [one.name for one in same if together.verdicts(one.file) != best] == []


def test_the_record_of_the_run_is_consistent(together: Run) -> None:
    manifest = together.manifest()
    inputs = manifest["inputs"]
    assert len(inputs) == manifest["counts"]["files"] == len({entry["file"] for entry in inputs})
    assert [entry["file"] for entry in inputs if entry["status"] == "fault"] == []
    assert manifest["counts"]["refused"] == sum(entry["status"] == "refused" for entry in inputs)
    read = {entry["file"] for entry in inputs if entry["status"] == "read"}
    assert set(together.table("verdicts")["file"]) <= read
    copies = {entry["annotated"] for entry in inputs if entry["annotated"]}
    written = {
        p.relative_to(together.out / "annotated").as_posix()
        for p in (together.out / "annotated").rglob("*.xlsx")
    }
    assert copies == written
    assert len(copies) == len({name.casefold() for name in copies})


def test_all_processes_together_stay_under_a_gigabyte(together: Run) -> None:
    assert 0 < together.peak < MOST_MEMORY


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def test_every_name_is_shown_and_its_copy_can_be_written_anywhere(together: Run) -> None:
    entries = {entry["file"]: entry for entry in together.manifest()["inputs"]}
    shown = {name for name in entries if name.startswith("names/")}
    assert len(shown) == len(NAMES)
    plain = {_plain(name.removesuffix(" (2).xlsx").removesuffix(".xlsx")) for name in shown}
    assert plain == {
        _plain("names/" + name.removesuffix(" (2).xlsx").removesuffix(".xlsx")) for name in NAMES.values()
    }
    for name in shown:
        copy = entries[name]["annotated"]
        assert copy
        assert not set(copy) & set('<>:"|?*\\')
        assert all(part == part.strip(" .") and len(part.encode()) <= 220 for part in copy.split("/"))
        assert copy.isprintable()
        assert copy.split("/")[-1].split(".")[0].upper() not in ("CON", "COM1")


def test_links_and_pipes_are_passed_over(together: Run) -> None:
    assert [name for name in together.manifest()["ignored"] if name.endswith(".xlsx")] == LINKS
    assert "secret.xlsx" not in {Path(entry["file"]).name for entry in together.manifest()["inputs"]}


def test_nothing_is_written_outside_the_results_and_nothing_is_asked_of_the_network(
    base: Path, together: Run
) -> None:
    lines = (base / "log").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    notes = [line.split("\t", 1) for line in lines if "\t" in line]
    assert notes
    assert [path for kind, path in notes if kind == "network"] == []
    places = {path for kind, path in notes if not path.startswith(("/dev/", "/proc/"))}
    allowed = tuple(str(base / name) for name in ("out", ".out"))
    assert sorted(path for path in places if not path.startswith(allowed)) == []
    assert sorted(os.listdir(base)) == ["elsewhere", "in", "log", "out"]
    assert os.listdir(base / "elsewhere") == ["secret.xlsx"]
