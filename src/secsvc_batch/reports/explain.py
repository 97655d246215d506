"""How one verdict came about, in words: the rows that the checks themselves gave, nothing computed anew."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

from secsvc_batch.evaluation.engine import Results, evaluate
from secsvc_batch.inert import inert
from secsvc_batch.messages import reasons as reason_texts
from secsvc_batch.messages import word
from secsvc_batch.reports.evidence import evidence
from secsvc_batch.reports.wording import wording
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import VERDICTS, Requirement
from secsvc_batch.tables.raw import RawTables, concat
from secsvc_batch.tables.typed import typed_tables
from secsvc_batch.workbook.reader import read_submission

INDENT = "  "


def explain_file(file: Path, clause: str, standard: Standard, base_date: date, lang: str) -> str | None:
    """Return how the verdict of ``clause`` came about for the applicant of ``file``.

    None where the file cannot be read or does not apply for the clause's service.
    """
    submission = read_submission(file, file.name, standard.layout, standard.edition.edition)
    if submission.refused:
        return None
    raw = concat([submission], standard.layout)
    tables = typed_tables(raw.sheets, standard.layout)
    results = evaluate(tables, 1, standard, base_date)
    explained = _Explained(results, raw, standard, lang)
    requirement = standard.by_clause[clause]
    if requirement not in explained.rows:
        return None
    return "\n".join(inert(line) for line in explained.lines(requirement, base_date))


class _Explained:
    """The verdicts of one applicant; ``rows``: the verdict row of each requirement decided."""

    def __init__(self, results: Results, raw: RawTables, standard: Standard, lang: str) -> None:
        self.standard, self.lang = standard, lang
        self.frame = results.verdicts
        self.words = wording(results, standard, lang)
        self.evidence = evidence(results, raw, standard, lang)
        numbers = self.frame["requirement"].tolist()
        self.rows = _ByRequirement(standard, numbers)

    def say(self, key: str, **params: object) -> str:
        return word(f"explain.{key}", self.lang, **params)

    def verdict(self, row: int) -> str:
        """Return symbol and word of a verdict."""
        name = VERDICTS[int(self.frame["verdict"].iloc[row])]
        if self.frame["met_otherwise"].iloc[row]:
            name = "met_otherwise"  # type: ignore[assignment]
        return f"{word(f'verdict.symbol.{name}', self.lang)} {word(f'verdict.{name}', self.lang)}"

    def lines(self, requirement: Requirement, base_date: date) -> Iterator[str]:
        row = self.rows[requirement]
        standard, lang = self.standard, self.lang
        yield f"{requirement.clause}  {requirement.title(lang)}"
        yield INDENT + requirement.explanation(lang)
        edition, status = standard.edition.edition, standard.lists.status
        lists = word(f"explain.lists.{status}", lang)
        yield INDENT + self.say("source", edition=edition, base_date=base_date.isoformat(), lists=lists)
        yield ""
        yield self.say("verdict", verdict=self.verdict(row))
        for key, texts in (
            ("needed", self.words.needed),
            ("found", self.words.found),
            ("missing", self.words.missing),
        ):
            if texts[row]:
                yield self.say(key, text=texts[row])
        codes = [code for code in str(self.words.reasons[row]).split(";") if code]
        for code in codes:
            yield INDENT + self.say("reason", text=reason_texts()[code](lang), code=code)
        if requirement.question is not None and VERDICTS[int(self.frame["verdict"].iloc[row])] == "review":
            yield self.say("question", text=requirement.question(lang))
        yield from self._below(requirement)
        yield from self._evidence(row)
        yield from self._readings(requirement)

    def _below(self, requirement: Requirement) -> Iterator[str]:
        """The verdicts that a group's verdict follows from, down to the leaves."""
        if requirement.is_leaf:
            return
        yield ""
        yield self.say("below", rule=word(f"explain.combine.{requirement.combine}", self.lang))
        yield from self._tree(requirement, 1)

    def _tree(self, requirement: Requirement, depth: int) -> Iterator[str]:
        for child in self.standard.children(requirement.clause):
            row = self.rows[child]
            yield f"{INDENT * depth}{self.verdict(row)}  {child.clause}  {child.title(self.lang)}"
            if self.words.missing[row] and child.is_leaf:
                yield f"{INDENT * (depth + 2)}{self.say('missing', text=self.words.missing[row])}"
            yield from self._tree(child, depth + 1)

    def _evidence(self, row: int) -> Iterator[str]:
        """Every row that counts, nearly counts or stands against it: cell, content, share, reason."""
        shown = np.flatnonzero(self.evidence.node == row)
        if not len(shown):
            return
        yield ""
        yield self.say("rows", n=len(shown))
        for at in shown.tolist():
            yield f"{INDENT}{self.evidence.place[at]}  {self.evidence.told[at]}"
            why = self.evidence.why[at]
            yield f"{INDENT * 3}→ {self.evidence.adds[at]}" + (f"：{why}" if why else "")

    def _readings(self, requirement: Requirement) -> Iterator[str]:
        readings = self.standard.readings_of(requirement.clause)
        if not readings:
            return
        yield ""
        yield self.say("readings")
        for reading in readings:
            value = word(f"explain.reading.{reading.value}", self.lang)
            yield f"{INDENT}{reading.title(self.lang)}（{reading.id}）：{value}"
            yield f"{INDENT * 2}{self.say('strict', text=reading.strict(self.lang))}"
            yield f"{INDENT * 2}{self.say('lenient', text=reading.lenient(self.lang))}"


class _ByRequirement:
    """The verdict row of each requirement of the one applicant."""

    def __init__(self, standard: Standard, numbers: list[int]) -> None:
        self._rows = {standard.requirements[number].clause: row for row, number in enumerate(numbers)}

    def __contains__(self, requirement: Requirement) -> bool:
        return requirement.clause in self._rows

    def __getitem__(self, requirement: Requirement) -> int:
        return self._rows[requirement.clause]
