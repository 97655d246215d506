"""The sheet 指摘 in front of an applicant's workbook: what validation found, with links to the cells."""

from collections.abc import Sequence
from typing import NamedTuple

from secsvc_batch.messages import SEVERITIES, word
from secsvc_batch.reports.common import joined, shortened
from secsvc_batch.reports.judgement import MARKER, Row, quoted_sheet
from secsvc_batch.workbook.annotate.model import Cell, NewSheet
from secsvc_batch.workbook.layout import Layout

TAB_COLOR, QUIET_COLOR = "A83200", "8497B0"
COLUMNS = ("severity", "sheet", "cell", "field", "raw", "message", "remedy", "code")
WIDTHS = (10.0, 18.0, 9.0, 18.0, 24.0, 50.0, 50.0, 24.0)
_LETTERS = "ABCDEFGH"
_LONGEST = 300  # characters of a raw value that are shown


class Finding(NamedTuple):
    """One row of the findings frame, as far as sheets and messages show it."""

    sheet: str
    cell: str
    kind: str
    row: int
    field: str
    raw: str
    code: str
    severity: str
    message: str
    remedy: str


class FindingsSheets:
    """Makes the sheets 指摘; what is equal for all applicants is made once."""

    def __init__(self, layout: Layout, lang: str) -> None:
        self._layout, self._lang = layout, lang
        self._order = {sheet.id: number for number, sheet in enumerate(layout.tables)}
        self._severities = {
            name: Cell(word(f"findings.symbol.{name}", lang) + " " + word(f"severity.{name}", lang), name)
            for name in SEVERITIES
        }
        self._header: Row = [Cell(word(f"findings.column.{name}", lang), "header") for name in COLUMNS]
        self._fields = {
            (sheet.id, field.id): field.label(lang) for sheet in layout.tables for field in sheet.fields
        }

    def sheet(self, title: str, findings: Sequence[Finding]) -> NewSheet:
        """Return the sheet of one applicant; ``title`` names it."""
        title = word("findings.title", self._lang, applicant=title)
        summary = Cell(self._summary(findings), "plain")
        rows: list[Row] = [[Cell(title, "title")], [summary], self._header]
        for finding in sorted(findings, key=self._key):
            rows.append(self._row(finding))
        if not findings:
            rows[2:] = [[], [Cell(word("findings.none", self._lang), "subtitle")]]
        return NewSheet(
            name=word("findings.sheet", self._lang), marker=MARKER, rows=rows, widths=WIDTHS,
            freeze=(3, 0) if findings else (0, 0), footer=title,
            tab_color=TAB_COLOR if findings else QUIET_COLOR, title_rows="3:3" if findings else "",
            autofilter=f"A3:{_LETTERS[len(COLUMNS) - 1]}{len(rows)}" if findings else "",
        )  # fmt: skip

    def _key(self, finding: Finding) -> tuple[int, str, int, int]:
        """Sheet by sheet in the order of the workbook (the file as a whole first), the worst first."""
        return (
            self._order.get(finding.kind, -1), finding.sheet, SEVERITIES.index(finding.severity), finding.row,
        )  # fmt: skip

    def _row(self, finding: Finding) -> Row:
        link = f"{quoted_sheet(finding.sheet)}!{finding.cell}" if finding.sheet and finding.cell else ""
        label = self._fields.get((finding.kind, finding.field), finding.field)
        place = Cell(finding.cell, "link" if link else "text", link)
        return [
            self._severities[finding.severity], Cell(finding.sheet), place, Cell(label),
            Cell(shortened(finding.raw, _LONGEST)), Cell(finding.message), Cell(finding.remedy),
            Cell(finding.code),
        ]  # fmt: skip

    def _summary(self, findings: Sequence[Finding]) -> str:
        parts = []
        for name in SEVERITIES:
            count = sum(finding.severity == name for finding in findings)
            if count:
                cell = self._severities[name]
                parts.append(word("findings.count", self._lang, severity=cell.value, n=count))
        return joined("verdict.beside", parts, self._lang)
