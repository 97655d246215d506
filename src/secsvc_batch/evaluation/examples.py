"""The examples beside the rules, run through the engine: every one is an applicant of its own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pandas as pd

from secsvc_batch.evaluation.engine import evaluate
from secsvc_batch.messages import word
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import VERDICTS, Example, ReadingValue, Requirement, Verdict
from secsvc_batch.tables.cells import RawCell
from secsvc_batch.tables.typed import typed_tables
from secsvc_batch.workbook.layout import Field, Sheet

BASE_DATE = date(2026, 10, 1)


@dataclass(frozen=True)
class WrongExample:
    """An example whose verdict is not what the rule's author wrote."""

    requirement: Requirement
    example: Example
    verdict: Verdict | None

    def __call__(self, lang: str) -> str:
        return word(
            "rules.wrong_example",
            lang,
            clause=self.requirement.clause,
            name=self.example.name(lang),
            expected=word(f"verdict.{self.example.verdict}", lang),
            found=word(f"verdict.{self.verdict}", lang) if self.verdict else "-",
        )


Pair = tuple[Requirement, Example]


def wrong_examples(standard: Standard, base_date: date = BASE_DATE) -> list[WrongExample]:
    """Return the examples of all rules that the engine decides otherwise than written."""
    by_readings: dict[tuple[tuple[str, str], ...], list[Pair]] = defaultdict(list)
    for leaf in standard.leaves:
        for example in leaf.examples:
            by_readings[tuple(sorted(example.readings.items()))].append((leaf, example))
    # examples are written for open readings, whatever an office has settled since
    open_standard = standard.with_readings(dict.fromkeys(standard.readings, "both"))
    wrong = []
    for readings, pairs in by_readings.items():
        settled = open_standard.with_readings(cast(dict[str, ReadingValue], dict(readings)))
        found = decide(settled, pairs, base_date)
        wrong += [
            WrongExample(leaf, example, verdict)
            for (leaf, example), verdict in zip(pairs, found, strict=True)
            if verdict != example.verdict
        ]
    return wrong


def decide(standard: Standard, pairs: Sequence[Pair], base_date: date) -> list[Verdict | None]:
    """Return the verdict of each example's leaf, None where its service is not applied for."""
    sheets = {sheet.id: _frame(standard, sheet, pairs) for sheet in standard.layout.tables}
    results = evaluate(typed_tables(sheets, standard.layout), len(pairs), standard, base_date)
    numbers = {requirement.clause: n for n, requirement in enumerate(standard.requirements)}
    verdicts = results.verdicts.set_index(["applicant", "requirement"])["verdict"].to_dict()
    codes = (verdicts.get((n, numbers[leaf.clause])) for n, (leaf, _) in enumerate(pairs))
    return [None if code is None else VERDICTS[code] for code in codes]


def _frame(standard: Standard, sheet: Sheet, pairs: Sequence[Pair]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for applicant, (leaf, example) in enumerate(pairs):
        for number, given in enumerate(_rows(standard, leaf, example, sheet.id), start=1):
            values = {field.id: raw_cell(field, given.get(field.id)) for field in sheet.fields}
            rows.append({"applicant": applicant, "row": number, **values})
    columns = ["applicant", "row", *(field.id for field in sheet.fields)]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    return frame.astype({"applicant": "int32", "row": "int32"})


def _rows(standard: Standard, leaf: Requirement, example: Example, sheet: str) -> list[dict[str, Any]]:
    """The rows of an example; the service of its own clause need not be written down."""
    if sheet == "services" and sheet not in example.given:
        return [{"service": standard.service_of(leaf.clause).name.ja}]
    return example.given.get(sheet, [])


def raw_cell(field: Field, value: Any) -> RawCell:
    """Return a value of an example as the reader would give it: ISO text in a date field is a date cell,
    ``{"text": ..}`` a text cell.

    >>> from secsvc_batch.workbook.layout import load_layout
    >>> raw_cell(load_layout().by_id["staff"].by_id["employed_from"], "2025-04-01")
    datetime.date(2025, 4, 1)
    """
    if isinstance(value, dict):
        return str(value["text"])
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return float(value)
    if field.type == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return cast(RawCell, value)
