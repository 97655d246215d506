"""The script that benchmarks compare with does the whole job: it agrees with all conformance cases."""

from datetime import date
from typing import Any

from plain import NAMES
from plain_leaves import evaluate
from plain_rules import Applicant, Row, Standard

from tests.support import conformance_cases


def applicant(case: dict[str, Any], standard: Standard) -> Applicant:
    """Fill a case in as the script would have read it."""
    sheets = {}
    for name, sheet in standard.sheets.items():
        given = case["workbook"].get(name, [])
        rows = given if isinstance(given, list) else [given]
        sheets[name] = [
            {f["id"]: cell(f, row.get(f["id"])) for f in sheet["fields"]} | {"#": number}
            for number, row in enumerate(rows)
        ]
    return Applicant(case["name"], sheets, date.fromisoformat(case["base_date"]), standard)


def cell(field: Row, value: Any) -> Any:
    """Return the value of a cell: ISO text in a date field is a date, ``{text: ...}`` is text."""
    if isinstance(value, dict):
        return value["text"]
    return date.fromisoformat(value) if field["type"] == "date" and value else value


def test_the_plain_script_gives_the_expected_verdict_on_every_node_of_every_case() -> None:
    standard = Standard()
    wrong = []
    for case in conformance_cases():
        one = applicant(case, standard)
        evaluate(one)
        expected = {clause: v for clauses in case["expected"].values() for clause, v in clauses.items()}
        made = {clause: NAMES[verdict] for clause, verdict in one.made.items()}
        wrong += [
            f"{case['name']}: {c}" for c in expected.keys() | made.keys() if made.get(c) != expected.get(c)
        ]
    assert wrong == []
