"""Recalculate workbooks by LibreOffice and read the check before submission back."""

import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from python_calamine import CalamineWorkbook

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


def recalculated(paths: Sequence[Path], out: Path, processes: int = 2) -> dict[str, Path]:
    """Open and save ``paths`` in LibreOffice, many in one process; return the saved files by name."""
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(lambda i: _convert(paths[i::processes], out, out / f"profile-{i}"), range(processes)))
    return {path.name: out / path.name for path in paths}


def _convert(paths: Sequence[Path], out: Path, profile: Path) -> None:
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
    for start in range(0, len(paths), _FILES_EACH):
        command = [
            "soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx",
            "--outdir", str(out), *(str(path) for path in paths[start : start + _FILES_EACH]),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=900)
    shutil.rmtree(profile, ignore_errors=True)


def symbols(path: Path, precheck: Precheck, lang: str = "ja") -> dict[str, str]:
    """Return the symbol that the sheet shows for every clause."""
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name(word("template.check_sheet", lang))
    rows = sheet.to_python(skip_empty_area=False)
    shown = {clause: str(rows[row][1]) for clause, row in precheck.rows().items()}
    assert set(shown.values()) <= set(SYMBOLS.values()), shown
    return shown
