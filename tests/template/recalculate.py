"""Recalculate workbooks by LibreOffice and read back what their formulas show."""

import csv
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from secsvc_batch.messages import word
from secsvc_batch.workbook.template.precheck import Precheck
from secsvc_batch.workbook.template.precheck.sheet import SYMBOLS

# LibreOffice trusts the values that stand in a file, unless it is told to calculate everything anew.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>"""
_FILES_EACH = 60
_PROCESSES = 2
# Commas, quotes, UTF-8, and of all sheets the one whose number follows: a third quicker than a workbook.
_ONE_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,{number}"
_SYMBOL, _CLAUSE = 1, 2


def recalculated(path: Path, out: Path) -> Path:
    """Open and save a workbook in LibreOffice; return the saved file."""
    _convert("xlsx", [path], out)
    return out / path.name


def symbols(prechecks: Mapping[Path, Precheck], out: Path, lang: str = "ja") -> dict[Path, dict[str, str]]:
    """Recalculate workbooks; return the symbol that the check before submission shows for every clause."""
    name = word("template.check_sheet", lang)
    shown = {}
    (layout,) = {id(p.content.layout): p.content.layout for p in prechecks.values()}.values()
    # the sheet stands behind the first one and those that are filled in
    _convert(_ONE_SHEET.format(number=len(layout.tables) + 2), list(prechecks), out)
    for path, precheck in prechecks.items():
        with (out / f"{path.stem}-{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        shown[path] = {clause: rows[row][_SYMBOL] for clause, row in precheck.rows().items()}
        assert {rows[row][_CLAUSE] for row in precheck.rows().values()} == set(precheck.rows())
        assert set(shown[path].values()) <= set(SYMBOLS.values()), shown[path]
    return shown


def _convert(to: str, paths: Sequence[Path], out: Path) -> None:
    """Convert ``paths`` into the folder ``out``, many in one process."""
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(_PROCESSES) as pool:
        shares = [share for i in range(_PROCESSES) if (share := paths[i::_PROCESSES])]
        list(pool.map(lambda i: _run(to, shares[i], out, out / f"profile-{i}"), range(len(shares))))


def _run(to: str, paths: Sequence[Path], out: Path, profile: Path) -> None:
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
    for start in range(0, len(paths), _FILES_EACH):
        command = [
            "soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", to,
            "--outdir", str(out), *(str(path) for path in paths[start : start + _FILES_EACH]),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=900)
    shutil.rmtree(profile)
