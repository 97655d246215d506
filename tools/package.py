"""Try the built distributions as a user would: README's first command in the unpacked sdist, then elsewhere.

python tools/package.py FOLDER      (FOLDER/dist holds one sdist and one wheel)
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
RESOURCES = ("rules", "data", "templates")
TABLES = ("verdicts", "applications", "findings")
DONE = (0, 1)  # exit codes of a round that was evaluated


def command(page: str, name: str) -> str:
    """Return the shell command of README that stands below ``<!-- command: NAME -->``."""
    found = re.search(rf"<!-- command: {name} -->\n```sh\n(.*?)\n```", page, re.DOTALL)
    if found is None:
        sys.exit(f"README.md has no command {name}")
    return found[1]


def expect(condition: object, message: str) -> None:
    """Stop with ``message`` unless ``condition`` holds."""
    if not condition:
        sys.exit(message)


def check_wheel(wheel: Path) -> None:
    """The wheel holds the package and every resource of the checkout, and nothing else."""
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in RESOURCES:
        for path in _files(ROOT / folder):
            name = f"secsvc_batch/_resources/{path.relative_to(ROOT).as_posix()}"
            expect(name in names, f"the wheel lacks {name}")
    for path in _files(ROOT / "src"):
        name = path.relative_to(ROOT / "src").as_posix()
        expect(name in names, f"the wheel lacks {name}")
    strange = [name for name in names if not re.match(r"secsvc_batch(-[^/]*\.dist-info)?/", name)]
    expect(not strange, f"the wheel holds {strange}")


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist; return its folder."""
    with tarfile.open(sdist) as archive:
        # Python before 3.11.4 has no filters
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
    return folder / sdist.name.removesuffix(".tar.gz")


def run_first_command(project: Path) -> None:
    """Run README's first command in the unpacked sdist and look at what it leaves."""
    line = command((project / "README.md").read_text(encoding="utf-8"), "first")
    done = subprocess.run(["bash", "-c", line], cwd=project, stdin=subprocess.DEVNULL, check=False)
    expect(done.returncode in DONE, f"README's first command ended with {done.returncode}")
    check_results(project / "results", {path.name for path in _files(project / "data" / "sample-round")})


def check_results(results: Path, submitted: set[str]) -> None:
    """Every output is there and as docs/outputs.md says."""
    for name in ("run.json", "summary.xlsx"):
        expect((results / name).is_file(), f"no {name}")
    documented = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    for name in TABLES:
        columns = pq.read_schema(results / f"{name}.parquet").names
        with (results / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader(stream))
        expect(header == columns, f"{name}.csv and {name}.parquet differ: {header}")
        section = documented.split(f"\n## {name}\n")[1].split("\n## ")[0]
        expect(
            re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == columns,
            f"docs/outputs.md: {name} has {columns}",
        )
    inputs = json.loads((results / "run.json").read_text(encoding="utf-8"))["inputs"]
    refused = {one["file"] for one in inputs if one["status"] != "read"}
    expect(len(inputs) == len(submitted), f"run.json names {len(inputs)} files of {len(submitted)}")
    annotated = {path.name for path in _files(results / "annotated")}
    expect(
        annotated == submitted - refused,
        f"annotated, and should not be or the other way: {annotated ^ (submitted - refused)}",
    )
    for name in sorted(annotated)[:3]:
        sheets = openpyxl.load_workbook(results / "annotated" / name, read_only=True).sheetnames
        expect(sheets[:2] == ["判定", "指摘"], f"{name} begins with {sheets[:2]}")


def run_elsewhere(project: Path, folder: Path) -> None:
    """The installed program finds its rules, lists and templates outside of the checkout."""
    folder.mkdir()
    program = project / ".venv" / "bin" / "secsvc-batch"
    for arguments in (["rules", "check"], ["template", "-o", "blank.xlsx"], ["--version"]):
        subprocess.run([program, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    where = "from secsvc_batch.resources import resource; print(resource('rules'))"
    python = [str(program.with_name("python")), "-c", where]
    installed = subprocess.run(python, cwd=folder, check=True, capture_output=True, text=True)
    expect("site-packages" in installed.stdout, f"rules come from {installed.stdout}")


def main() -> None:
    """Check the distributions of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    [wheel], [sdist] = folder.glob("dist/*.whl"), folder.glob("dist/*.tar.gz")
    check_wheel(wheel)
    project = unpack(sdist, folder / "sdist")
    run_first_command(project)
    run_elsewhere(project, folder / "elsewhere")
    print(f"{wheel.name} and {sdist.name} are complete; README's first command works")


if __name__ == "__main__":
    main()
