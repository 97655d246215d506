"""Sentences that the terminal and the page share."""

from collections.abc import Iterator, Sequence

from secsvc_batch.check.model import READ, CheckedFile, Judged, Remark, Row, Service
from secsvc_batch.messages import SEVERITIES, word
from secsvc_batch.reports.common import SHOWN, joined

CELLS_SHOWN = 12  # of one remark
ROWS_SHOWN = 8  # of the entries concerned, for people; JSON has more


class Words:
    """The words of a check in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, **params: object) -> str:
        return word(f"check.{key}", self.lang, **params)

    def verdict(self, name: str) -> str:
        """Return symbol and word of a verdict."""
        return f"{self.symbol(name)} {word(f'verdict.{name}', self.lang)}"

    def symbol(self, name: str) -> str:
        return word(f"verdict.symbol.{name}", self.lang)

    def severity(self, name: str) -> str:
        """Return symbol and word of a severity."""
        return f"{word(f'findings.symbol.{name}', self.lang)} {word(f'severity.{name}', self.lang)}"

    def applicant(self, file: CheckedFile) -> str:
        key = "applicant" if file.organisation else "applicant_nameless"
        return self(key, organisation=file.organisation, application_id=file.application_id)

    def about(self, file: CheckedFile) -> Iterator[str]:
        """Say which day it was looked at, and what the whole is worth."""
        if file.status == READ and file.base_date is not None:
            yield self(f"base_date.{file.base_date_from}", day=file.base_date.isoformat())
            if file.office_date:
                yield self("office_date", day=file.office_date)

    def finding_counts(self, file: CheckedFile) -> str:
        parts = [
            word("findings.count", self.lang, severity=self.severity(name), n=file.counts[name])
            for name in SEVERITIES
            if file.counts[name]
        ]
        return joined("verdict.beside", parts, self.lang) or self("findings_none")

    def listed(self, texts: Sequence[str]) -> str:
        return joined("finding.joined", texts, self.lang)

    def place(self, remark: Remark) -> str:
        """Name the cells of a remark; '' for the file as a whole."""
        if not remark.cells:
            return self("whole_sheet") if remark.finding.sheet else ""
        if len(remark.cells) <= CELLS_SHOWN:
            return self.listed(remark.cells)
        shown = self.listed(remark.cells[:CELLS_SHOWN])
        return self("more_cells", cells=shown, n=len(remark.cells) - CELLS_SHOWN)

    def row_place(self, row: Row) -> str:
        """Name the cell of an entry, or the sheet where its column is missing."""
        return self("place", sheet=row.sheet, cell=row.cell) if row.cell else row.sheet

    def service(self, service: Service) -> str:
        key = "service_named" if service.name else "service"
        return self(key, title=service.title, clause=service.clause, name=service.name)

    def service_counts(self, service: Service) -> str:
        """Say how many requirements of a service have which verdict."""
        parts = [
            word("verdict.found.item", self.lang, verdict=word(f"verdict.{name}", self.lang), n=number)
            for name in SHOWN
            if (number := service.counts[name])
        ]
        return joined("verdict.beside", parts, self.lang)

    def alternatives(self, group: Judged) -> str:
        key = "alternatives" if group.combine in (None, "any") else f"alternatives.{group.combine}"
        return self(key)

    def told(self, judged: Judged, *, brief: bool = False) -> Iterator[tuple[str, str]]:
        """Say what a requirement needs, what was found, what is missing and why: pairs of kind and sentence.

        ``brief``: for one of several alternatives. A group leaves what is missing to its alternatives,
        and the reason, too, where each of them has its own.
        """
        own = judged.combine in (None, "everyone_any")
        missing = "to_certain" if judged.verdict == "review" else "missing"
        texts = {
            "needed": "" if brief else judged.needed,
            "found": "" if brief else judged.found,
            missing: judged.missing if own else "",
            "reason": judged.reason_text if own else "",
            "question": "" if brief else judged.question,
        }
        for kind, text in texts.items():
            if text:
                yield kind, self(kind, text=text)

    def rows(self, judged: Judged) -> tuple[list[Row], int]:
        """Return the entries that stand in the way of a requirement, and how many more there are."""
        open_rows = [row for row in judged.rows if not row.counts]
        return open_rows[:ROWS_SHOWN], max(len(open_rows) - ROWS_SHOWN, 0) + judged.left_out

    def row(self, row: Row) -> str:
        return self("row_why" if row.why else "row", told=row.told, adds=row.adds, why=row.why)
