"""Every kind of workbook that the program writes, through Microsoft's own validator (Open XML SDK).

    python tools/ooxml.py --node-modules DIR --base-date 2026-10-01            one or two of each kind (CI)
    python tools/ooxml.py --node-modules DIR --base-date 2026-10-01 --all      all templates and copies

An annotated copy may have no fault that the submission did not have (some other programs write faulty files).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openpyxl

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_ROUND = ROOT / "data" / "sample-round"
DONE = (0, 1)  # exit codes of a round that was evaluated
# Two submissions: one full of slips, one that fails a requirement.
TWO = ("受付-0021.xlsx", "受付-0004.xlsx")
# The whole form in one language; the sheets of the other hold the same parts with other texts.
TEMPLATES = ("secsvc-template-all.ja.xlsx", "secsvc-template-device.en.xlsx")
Pair = tuple[Path, Path | None]  # a workbook and the one it was made from


def evaluate(submissions: Iterable[Path], out: Path, base_date: str, lang: str = "ja") -> Path:
    """Evaluate a round; return the results folder."""
    program = [sys.executable, "-m", "secsvc_batch"]
    options = ["--base-date", base_date, "--out", str(out), "--lang", lang, "--quiet"]
    done = subprocess.run([*program, "evaluate", *map(str, submissions), *options], check=False)
    if done.returncode not in DONE:
        sys.exit(f"evaluate ended with {done.returncode}")
    return out


def annotated(results: Path, originals: Path) -> list[Pair]:
    """Return the annotated copies of a results folder, each with its submission."""
    return [(copy, originals / copy.name) for copy in sorted((results / "annotated").glob("*.xlsx"))]


def saved_by_openpyxl(submissions: Iterable[Path], folder: Path) -> list[Path]:
    """Load and save submissions with openpyxl, as some applicants' tools do."""
    folder.mkdir()
    for path in submissions:
        openpyxl.load_workbook(path).save(folder / path.name)
    return sorted(folder.iterdir())


def workbooks(folder: Path, base_date: str, *, everything: bool) -> list[Pair]:
    """Make the workbooks: templates, submissions, annotated copies of several origins, summaries."""
    two = [SAMPLE_ROUND / name for name in TWO]
    templates = [ROOT / "templates" / name for name in TEMPLATES]
    if everything:
        templates = sorted((ROOT / "templates").glob("*.xlsx"))
    japanese = evaluate([SAMPLE_ROUND] if everything else two, folder / "ja", base_date)
    english = evaluate(two[1:], folder / "en", base_date, "en")
    copies = annotated(japanese, SAMPLE_ROUND)
    again = evaluate([folder / "ja" / "annotated" / TWO[0]], folder / "again", base_date)
    saved = saved_by_openpyxl(two[:1], folder / "saved")
    after_saving = evaluate(saved, folder / "after-saving", base_date)
    pairs: list[Pair] = [(path, None) for path in [*templates, *two]]
    pairs += [*copies, *annotated(english, SAMPLE_ROUND)]
    pairs += [*annotated(again, SAMPLE_ROUND), *annotated(after_saving, folder / "saved")]
    return [*pairs, (japanese / "summary.xlsx", None), (english / "summary.xlsx", None)]


def faults(files: Sequence[Path], node_modules: Path) -> dict[Path, Counter[str]]:
    """Return what the validator says about each file; one validator runs per processor."""
    processes = os.cpu_count() or 1
    found: dict[Path, Counter[str]] = {}
    with ThreadPoolExecutor(processes) as pool:
        shares = [files[number::processes] for number in range(processes)]
        for share in pool.map(lambda share: _faults(share, node_modules), shares):
            found |= share
    return found


def _faults(files: Sequence[Path], node_modules: Path) -> dict[Path, Counter[str]]:
    script = Path(__file__).with_name("validate.mjs")
    command = ["node", str(script), str(node_modules), *map(str, files)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"the validator ended with {done.returncode}")
    found = json.loads(done.stdout)
    return {
        path: Counter(f"{f['path']['partUri']}: {f['description']}" for f in found[str(path)])
        for path in files
    }


def main() -> None:
    """Make the workbooks and validate them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--node-modules", type=Path, required=True)
    parser.add_argument("--base-date", required=True)
    parser.add_argument("--all", action="store_true", help="every template and every sample submission")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="secsvc-batch-") as folder:
        pairs = workbooks(Path(folder), options.base_date, everything=options.all)
        files = sorted({path for pair in pairs for path in pair if path is not None})
        found = faults(files, options.node_modules)
        wrong = 0
        for made, original in pairs:
            new = found[made] - (found[original] if original else Counter())
            wrong += bool(new)
            for fault, count in new.items():
                where = made.relative_to(folder) if made.is_relative_to(folder) else made.name
                print(f"{where}: {fault} ({count}x)")
    print(f"{len(pairs)} workbooks, {wrong} with faults")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
