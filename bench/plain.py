"""The measure to beat: the script that an office would write itself with openpyxl and pandas.

    python bench/plain.py SUBMISSIONS --base-date 2026-10-01 --out results/

One file after the other: read it, decide every requirement for this applicant in plain Python
(plain_rules.py), write an annotated copy, and a table of the round at the end. The requirements come from the
same rule files; it shares no code with the product on purpose. The workbook is loaded twice because openpyxl
gives either values or formulas, and the copy must keep the formulas.
"""

import argparse
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.styles import Font, PatternFill
from plain_leaves import evaluate
from plain_rules import FAIL, PASS, REVIEW, Applicant, Row, Standard, day, norm, split

NAMES = {FAIL: "fail", REVIEW: "review", PASS: "pass", None: "not_applicable"}
SHOWN = {FAIL: "不適合", REVIEW: "要確認", PASS: "適合", None: "対象外"}
FILLS = {FAIL: "F4B6A6", REVIEW: "FFF2B3", PASS: "CFE8F7", None: "E6E6E6"}
HEADER_WITHIN = 20  # rows


def label(value: object) -> str:
    return norm(value).replace(" ", "").strip("＊*")


def read(path: Path, standard: Standard, base: date) -> Applicant:
    """Read a workbook, sheets by name, columns by header."""
    book = openpyxl.load_workbook(path, data_only=True)
    sheets = {}
    for kind, sheet in standard.sheets.items():
        values = list(book[sheet["name"]["ja"]].iter_rows(values_only=True))
        labels = {label(f["label"]["ja"]): f["id"] for f in sheet["fields"]}
        if sheet["shape"] == "form":
            pairs = [(row[c], row[c + 1]) for row in values for c in range(min(5, len(row) - 1))]
            sheets[kind] = [{labels[label(t)]: v for t, v in pairs if label(t) in labels} | {"#": 0}]
            continue
        head = max(
            range(min(HEADER_WITHIN, len(values))),
            key=lambda r: sum(label(cell) in labels for cell in values[r]),
        )
        names = {labels[label(cell)]: c for c, cell in enumerate(values[head]) if label(cell) in labels}
        locked = {f["id"] for f in sheet["fields"] if f.get("locked")} - {"clause"}
        sheets[kind] = [
            dict.fromkeys((f["id"] for f in sheet["fields"]), None)
            | {name: row[c] for name, c in names.items()}
            | {"#": number}
            for number, row in enumerate(values[head + 1 :], head + 2)
            if any(row[c] is not None for name, c in names.items() if name not in locked)
        ]
    return Applicant(path.name, sheets, base, standard)


def check(a: Applicant) -> None:
    """Collect findings: required cells, dates, choices, people."""
    for kind, sheet in a.standard.sheets.items():
        for row in a.sheets[kind]:
            for f in sheet["fields"]:
                value = row.get(f["id"])
                if f.get("required") and not norm(value):
                    _find(a, sheet, row, f, "required_blank")
                elif f["type"] == "date" and day(value) == "unreadable":
                    _find(a, sheet, row, f, "unreadable_date")
                elif f["type"] == "choice" and a.word(f["choices"], value) == "?":
                    _find(a, sheet, row, f, "unknown_choice")
                elif f.get("references") and any(n not in a.staff and n != "外部" for n in split(value)):
                    _find(a, sheet, row, f, "unknown_person")


def _find(a: Applicant, sheet: Row, row: Row, field_: Row, code: str) -> None:
    a.findings.append(
        {
            "file": a.file,
            "sheet": sheet["name"]["ja"],
            "row": int(row["#"]),
            "field": field_["label"]["ja"],
            "code": code,
        }
    )


def annotate(a: Applicant, source: Path, target: Path) -> None:
    """Write a copy with the sheets 判定 and 指摘 in front and the cells concerned in colour."""
    book = openpyxl.load_workbook(source)
    red = PatternFill("solid", start_color=FILLS[FAIL])
    for finding in a.findings:
        sheet = book[finding["sheet"]]
        for row in sheet.iter_rows(max_row=HEADER_WITHIN):
            for column, cell in enumerate(row, 1):
                if finding["row"] and label(cell.value) == label(finding["field"]):
                    sheet.cell(finding["row"], column).fill = red
    issues = book.create_sheet("指摘", 0)
    issues.append(["シート", "行", "項目", "コード"])
    for finding in a.findings:
        issues.append([finding["sheet"], finding["row"], finding["field"], finding["code"]])
    verdicts = book.create_sheet("判定", 0)
    verdicts.append(["要件番号", "要件", "判定"])
    for clause, verdict in sorted(a.made.items()):
        verdicts.append([clause, a.standard.rules[clause]["title"]["ja"], SHOWN[verdict]])
        verdicts.cell(verdicts.max_row, 3).fill = PatternFill("solid", start_color=FILLS[verdict])
    for sheet in (verdicts, issues):
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 20, 60
    book.active = 0
    book.save(target)


def main() -> None:
    """Do one round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--base-date", type=date.fromisoformat, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    standard = Standard()
    (options.out / "annotated").mkdir(parents=True, exist_ok=True)
    verdicts, findings = [], []
    for path in sorted(options.submissions.glob("*.xlsx")):
        try:
            applicant = read(path, standard, options.base_date)
        except Exception as error:  # whatever a library makes of a file that is no workbook
            findings.append({"file": path.name, "code": f"refused: {type(error).__name__}"})
            continue
        check(applicant)
        evaluate(applicant)
        annotate(applicant, path, options.out / "annotated" / path.name)
        findings += applicant.findings
        verdicts += [{"file": path.name, "clause": c, "verdict": NAMES[v]} for c, v in applicant.made.items()]
    pd.DataFrame(verdicts).to_csv(options.out / "verdicts.csv", index=False)
    pd.DataFrame(findings).to_csv(options.out / "findings.csv", index=False)


if __name__ == "__main__":
    main()
