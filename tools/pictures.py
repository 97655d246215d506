"""Make the pictures of the form for the documentation anew: docs/images/template-*.png.

The template is filled in with an example of a rule, printed by LibreOffice, and the first page of every sheet
cut to what is worth showing. ``--window FOLDER`` adds pictures that the session ``window`` left there.
Needs LibreOffice, poppler and ImageMagick. Nothing checks that pictures are fresh: look at them.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

from secsvc_batch.messages import word
from secsvc_batch.sample.generator import BASE_DATE
from secsvc_batch.standard.loader import load_standard
from secsvc_batch.workbook.template import Template
from tests.support import conformance_cases, conformance_workbook

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SERVICE = "vulnerability"
SLIP = {
    "staff_id": "S900",
    "employed_from": "2025-04-01",
    "employed_until": "2024-04-01",
    "role_vulnerability": "従事者",
}
PAGES = {"intro": 1250, "check": 1250}
"""Sheets that are shown down to so many pixels; of all others the first rows are."""
FIRST_ROWS = 380
# pictures of the session ``window``: name there, name here, and what is cut out of the screen
WINDOW = {
    "4-wrong-date": ("window-date", "1500x560+0+160"),
    "5-names-of-the-list": ("window-list", "1500x360+0+160"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=Path)
    folder = parser.parse_args().window
    with tempfile.TemporaryDirectory(prefix="secsvc-batch-") as work:
        _print_sheets(Path(work))
    for source, (name, part) in WINDOW.items() if folder else ():
        _cut(folder / f"{source}.png", name, ["-crop", part, "+repage"])


def _print_sheets(work: Path) -> None:
    standard = load_standard()
    layout = standard.layout
    case = next(case for case in conformance_cases() if list(case["expected"]) == [SERVICE])
    case["workbook"]["staff"].append(SLIP)
    template = Template(standard, layout, services=[SERVICE], base_date=BASE_DATE)
    template.write(work / "form.xlsx", conformance_workbook(case, layout))
    profile = f"-env:UserInstallation={(work / 'profile').as_uri()}"
    _run(
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(work),
        str(work / "form.xlsx"),
    )
    pages = _run("pdftotext", "-layout", str(work / "form.pdf"), "-").split("\f")
    feet = [page.strip().rpartition("\n")[2].strip() for page in pages]
    names = {"intro": word("template.intro_sheet", "ja"), "check": word("template.check_sheet", "ja")}
    names |= {sheet.id: sheet.name.ja for sheet in layout.tables}
    for name, sheet in names.items():
        page = next(i for i, foot in enumerate(feet, 1) if foot.startswith(sheet))
        numbers = ["-f", str(page), "-l", str(page), "-singlefile"]
        _run("pdftoppm", "-r", "110", "-png", *numbers, str(work / "form.pdf"), str(work / name))
        height = PAGES.get(name, FIRST_ROWS)
        _cut(
            work / f"{name}.png",
            f"template-{name}",
            [
                "-trim",
                "-bordercolor",
                "white",
                "-border",
                "10",
                "+repage",
                "-crop",
                f"x{height}+0+0",
                "+repage",
            ],
        )


def _cut(source: Path, name: str, options: list[str]) -> None:
    _run("convert", str(source), *options, "-strip", "-colors", "64", f"png8:{IMAGES / name}.png")


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout


if __name__ == "__main__":
    main()
