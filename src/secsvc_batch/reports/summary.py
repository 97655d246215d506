"""The round's summary as a workbook: the run, and counts per service, requirement, applicant and finding."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from secsvc_batch.evaluation.reasons import Reason, code
from secsvc_batch.messages import SEVERITIES, finding_types, word
from secsvc_batch.messages import reasons as reason_texts
from secsvc_batch.reports.common import SHOWN, joined, tree_of
from secsvc_batch.reports.counts import RoundCounts
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.workbook.annotate.heights import text_width

_CREATED = datetime(2000, 1, 1)  # a moment of the run would make every file another one
_FONT = "Yu Gothic"
_SHARES = ("pass", "review", "fail", "not_applicable")
_TOP_REASONS = 3
_LINE = 16.0  # points
_LONGEST = 32_000  # characters: Excel holds 32,767 in a cell
_GRID = {"border": 1, "border_color": "#BFBFBF", "valign": "top"}
_COUNT = {"num_format": "#,##0;-#,##0;–", "align": "right"}
_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16},
    "lead": {"font_color": "#6B6B6B"},
    "notice": {"bold": True, "bg_color": "#F9D5C9", "font_color": "#8A2900", "valign": "vcenter",
               "text_wrap": True},
    "section": {"bold": True, "font_size": 12, "bottom": 2, "bottom_color": "#2F4B6E"},
    "header": {"bold": True, "bg_color": "#2F4B6E", "font_color": "#FFFFFF", "align": "center",
               "valign": "vcenter", "border": 1, "border_color": "#8497B0", "text_wrap": True},
    "label": {**_GRID, "align": "left", "indent": 1, "bold": True, "bg_color": "#E9EDF4"},
    "text": {**_GRID, "text_wrap": True, "align": "left", "indent": 1},
    "line": {**_GRID, "align": "left", "indent": 1},
    "group": {**_GRID, "align": "left", "indent": 1, "bold": True, "bg_color": "#EFF2F6"},
    "number": {**_GRID, **_COUNT},
    "group_number": {**_GRID, **_COUNT, "bold": True, "bg_color": "#EFF2F6"},
    "share": {**_GRID, "num_format": "0%", "align": "right"},
    "no_share": {**_GRID, "align": "right"},
    "pass": {**_GRID, "bold": True, "align": "center", "bg_color": "#DCE9F7", "font_color": "#1B4F86"},
    "review": {**_GRID, "bold": True, "align": "center", "bottom": 2, "top": 2, "left": 2, "right": 2,
               "border_color": "#000000"},
    "fail": {**_GRID, "bold": True, "align": "center", "bg_color": "#A83200", "font_color": "#FFFFFF"},
    "not_applicable": {**_GRID, "align": "center", "bg_color": "#EDEDED", "font_color": "#757575"},
    "error": {**_GRID, "bold": True, "align": "center", "bg_color": "#F9D5C9", "font_color": "#8A2900"},
    "warning": {**_GRID, "bold": True, "align": "center", "bg_color": "#FFF2CC", "font_color": "#6B5000"},
    "info": {**_GRID, "align": "center", "bg_color": "#E8EEF5", "font_color": "#3B5573"},
    "more_fail": {"bold": True, "font_color": "#A83200"},
    "more_review": {"bold": True},
}  # fmt: skip

Value = tuple[str | int | float, str]  # what a cell holds, and its look


def write_summary(path: Path, counts: RoundCounts, run: RunInfo, lang: str) -> None:
    """Write the summary of a round to ``path`` (.xlsx); the same counts give the same bytes."""
    # not with constant_memory: its inline strings are what Excel rewrites when it saves
    options: dict[str, Any] = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        # a run that is killed here must leave no half-written pieces among the results
        "in_memory": True,
    }  # fmt: skip
    with xlsxwriter.Workbook(str(path), options) as book:
        title = word("summary.title", lang)
        book.set_properties({"title": title, "author": run.program, "created": _CREATED})
        _Summary(book, counts, run, lang).write()


class _Page:
    """One sheet, written from the top row down."""

    def __init__(self, sheet: Worksheet, looks: dict[str, Format], widths: Sequence[float]) -> None:
        self.sheet, self._looks, self._widths, self.row = sheet, looks, widths, 0
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&R&A  &P / &N")

    def add(self, *values: Value | None, height: float | None = None) -> None:
        """Write the next row, high enough for its wrapped text; None leaves a cell out."""
        height = height or self._height(values)
        if height is not None:
            self.sheet.set_row(self.row, height)
        for column, value in enumerate(values):
            if value is None:
                continue
            content, look = value
            if isinstance(content, str):
                self.sheet.write_string(self.row, column, _clean(content), self._looks[look])
            else:
                self.sheet.write_number(self.row, column, content, self._looks[look])
        self.row += 1

    def _height(self, values: Sequence[Value | None]) -> float | None:
        """Return the height of a row of more than one line; None when one line is enough."""
        lines = 1
        for value, width in zip(values, self._widths, strict=False):
            if value is not None and isinstance(value[0], str) and _LOOKS[value[1]].get("text_wrap"):
                lines = max(lines, ceil(text_width(value[0]) / (width - 3)))
        return lines * _LINE + 3 if lines > 1 else None

    def wide(self, first: int, text: str, look: str, before: Value | None = None) -> None:
        """Write a row whose text goes from column ``first`` to the last, with one cell before it."""
        last = len(self._widths) - 1
        lines = ceil(text_width(text) / (sum(self._widths[first:]) - 3)) or 1
        self.sheet.set_row(self.row, max(lines * _LINE + 3, 18))
        self.sheet.merge_range(self.row, first, self.row, last, _clean(text), self._looks[look])
        if before is not None:
            self.sheet.write_string(self.row, 0, _clean(str(before[0])), self._looks[before[1]])
        self.row += 1

    def section(self, text: str) -> None:
        """Write the heading of a part of the sheet."""
        self.add(*[(text, "section")], *[("", "section")] * (len(self._widths) - 1), height=20)

    def head(self, *texts: str) -> int:
        """Write a header row and keep it in view; return its number."""
        self.add(*((text, "header") for text in texts), height=30)
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.repeat_rows(self.row - 1)
        return self.row - 1


class _Summary:
    def __init__(self, book: xlsxwriter.Workbook, counts: RoundCounts, run: RunInfo, lang: str) -> None:
        self._book, self._counts, self._run, self._lang = book, counts, run, lang
        base = {"font_name": _FONT, "font_size": 10}
        self._looks = {name: book.add_format(base | look) for name, look in _LOOKS.items()}
        self._services = {service.id: service for service in run.standard.services}

    def write(self) -> None:
        self._overview()
        self._per_service()
        self._per_requirement()
        self._applicants()
        self._findings()

    def _word(self, key: str, **params: object) -> str:
        return word(f"summary.{key}", self._lang, **params)

    def _page(self, name: str, widths: Sequence[float], color: str = "#2F4B6E") -> _Page:
        """Start a sheet with its title and what must be said of sample lists."""
        sheet = self._book.add_worksheet(self._word(f"sheet.{name}"))
        sheet.set_tab_color(color)
        page = _Page(sheet, self._looks, widths)
        page.add((self._word(f"heading.{name}"), "title"), height=26)
        run, lang = self._run, self._lang
        page.add((self._word("lead", base_date=run.base_date.isoformat(), edition=run.edition(lang)), "lead"))
        if notice := run.notice(lang):
            page.wide(0, notice, "notice")
        page.add()
        return page

    def _verdict(self, name: str) -> Value:
        return word(f"verdict.symbol.{name}", self._lang) + " " + word(f"verdict.{name}", self._lang), name

    def _verdict_heads(self, names: Sequence[str]) -> list[str]:
        return [word(f"verdict.{name}", self._lang) for name in names]

    # --- sheets -----------------------------------------------------------------------------------

    def _overview(self) -> None:
        counts, total = self._counts, self._counts.verdicts()
        page = self._page("overview", (30, 16, 84))
        page.section(self._word("section.files"))
        page.add((self._word("read"), "label"), (counts.read, "number"))
        page.add((self._word("refused"), "label"), (counts.refused_files, "number"))
        page.add((self._word("applications"), "label"), (sum(total.values()), "number"))
        page.add()
        page.section(self._word("section.verdicts"))
        for name in _SHARES:
            page.add(self._verdict(name), (total[name], "number"), (self._word(f"meaning.{name}"), "text"))
        page.add()
        page.section(self._word("section.run"))
        for label, value in self._run.facts(self._lang):
            page.wide(1, value, "text", (label, "label"))
        if counts.refused:
            page.add()
            page.section(self._word("section.refused"))
            for refused in sorted(counts.refused):
                page.add((refused.file, "text"), (refused.code, "text"), (refused.message, "text"))
            self._unlisted(page, counts.refused_unlisted)

    def _per_service(self) -> None:
        page = self._page("services", (12, 34, 12, 12, 12, 12, 12, 16))
        heads = [self._word(f"column.{name}") for name in ("clause", "service", "applications")]
        page.head(*heads, *self._verdict_heads(_SHARES), self._word("column.share"))
        for service in self._services.values():
            counted = self._counts.services.get(service.id, Counter())
            self._count_row(page, service.clause, service.name(self._lang), counted, "line", "number")
        self._count_row(page, "", self._word("total"), self._counts.verdicts(), "group", "group_number")

    def _count_row(
        self, page: _Page, clause: str, title: str, counts: Mapping[str, int], look: str, number: str
    ) -> None:
        values = [counts.get(name, 0) for name in _SHARES]
        total = sum(values)
        share: Value = (values[0] / total, "share") if total else ("–", "no_share")
        page.add((clause, look), (title, look), *((value, number) for value in (total, *values)), share)

    def _per_requirement(self) -> None:
        page = self._page("requirements", (19, 46, 9, 9, 9, 9, 14, 70))
        heads = [self._word("column.clause"), self._word("column.requirement")]
        heads += [*self._verdict_heads(SHOWN), self._word("column.reasons")]
        first = page.head(*heads)
        tree = tree_of(self._run.standard)
        for depth, requirement in zip(tree.depth, self._run.standard.requirements, strict=True):
            counts = self._counts.requirements.get(requirement.clause, Counter())
            leaf = requirement.is_leaf
            look, number = ("line", "number") if leaf else ("group", "group_number")
            title = "　" * depth + requirement.title(self._lang)
            reasons = self._top_reasons(requirement.clause) if leaf else ""
            numbers = ((counts.get(shown, 0), number) for shown in SHOWN)
            page.add((requirement.clause, look), (title, look), *numbers, (reasons, "text" if leaf else look))
        last = page.row - 1
        page.sheet.autofilter(first, 0, last, len(heads) - 1)
        for name in ("review", "fail"):
            column = 2 + SHOWN.index(name)
            rule = {"type": "cell", "criteria": ">", "value": 0, "format": self._looks[f"more_{name}"]}
            page.sheet.conditional_format(first + 1, column, last, column, rule)

    def _top_reasons(self, clause: str) -> str:
        counted = self._counts.reasons.get(clause, Counter())
        order = {code(reason): number for number, reason in enumerate(Reason)}
        names = sorted(counted, key=lambda name: (-counted[name], order[name]))[:_TOP_REASONS]
        texts = [
            self._word("reason", text=reason_texts()[name](self._lang), n=counted[name]) for name in names
        ]
        return joined("verdict.and", texts, self._lang)

    def _applicants(self) -> None:
        page = self._page("applicants", (18, 34, 30, 14, 9, 9, 9, 9, 14, 44))
        names = ("application_id", "organisation", "service", "verdict")
        heads = [self._word(f"column.{name}") for name in names]
        heads += [*self._verdict_heads(SHOWN), self._word("column.file")]
        first = page.head(*heads)
        for one in self._counts.applications:
            service = self._services[one.service].name(self._lang)
            page.add(
                (one.application_id, "line"), (one.organisation, "line"), (service, "line"),
                self._verdict(one.verdict), *((count, "number") for count in one.leaves), (one.file, "line"),
            )  # fmt: skip
        page.sheet.autofilter(first, 0, max(page.row - 1, first + 1), len(heads) - 1)
        self._unlisted(page, self._counts.unlisted)

    def _unlisted(self, page: _Page, number: int) -> None:
        """Say that a large round has more than is listed."""
        if number > 0:
            page.add((self._word("unlisted", n=number), "lead"))

    def _findings(self) -> None:
        page = self._page("findings", (12, 44, 12, 12, 66, 30), "#A83200")
        names = ("severity", "finding", "count", "files", "why", "code")
        first = page.head(*(self._word(f"column.{name}") for name in names))
        totals = {name: found.total() for name, found in self._counts.findings.items()}
        # the worst first, then the most frequent; kinds come in the order of the catalogue
        kinds = [kind for name, kind in finding_types().items() if name in totals]
        kinds.sort(key=lambda kind: (SEVERITIES.index(kind.severity), -totals[kind.code]))
        for kind in kinds:
            symbol = word(f"findings.symbol.{kind.severity}", self._lang)
            page.add(
                (symbol + " " + word(f"severity.{kind.severity}", self._lang), kind.severity),
                (kind.title(self._lang), "text"), (totals[kind.code], "number"),
                (self._counts.concerned[kind.code], "number"), (kind.why(self._lang), "text"),
                (kind.code, "line"),
            )  # fmt: skip
        if not kinds:
            page.add((self._word("no_findings"), "lead"))
        page.sheet.autofilter(first, 0, max(page.row - 1, first + 1), len(names) - 1)


_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold


def _clean(text: str) -> str:
    """Return text as a workbook can hold it: no control characters, no lone surrogates, not too long."""
    return _UNFIT.sub("", text)[:_LONGEST]
