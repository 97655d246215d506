"""A check as plain text for a terminal: wrapped to its width, in colours where somebody looks at it."""

from collections.abc import Sequence

import click

from secsvc_batch.check.model import READ, REFUSED, CheckedFile, Judged, Remark, Service, Topic
from secsvc_batch.check.width import width, wrapped
from secsvc_batch.check.words import Words
from secsvc_batch.inert import inert
from secsvc_batch.reports.run import RunInfo

NARROWEST, WIDEST = 40, 100
_HANGING = 4  # columns by which the further lines of a text are moved in at most
_COLORS = {"error": "red", "warning": "yellow", "fail": "red", "review": "yellow", "pass": "green"}


def as_text(files: Sequence[CheckedFile], run: RunInfo, lang: str, columns: int, *, color: bool) -> str:
    """Return the whole check as text of at most ``columns`` (40 to 100) per line.

    What applicants typed is inert in it; ``color`` adds escape codes of the program's own, which
    never say anything that the symbols do not say.
    """
    page = _Page(lang, min(max(columns, NARROWEST), WIDEST), color)
    for file in files:
        page.file(file)
    page.line(page.words("symbols"))
    page.line(page.words("lead"))
    if notice := run.notice(lang):
        page.line(page.words("notice", text=notice))
    return "\n".join(page.lines) + "\n"


class _Page:
    def __init__(self, lang: str, columns: int, color: bool) -> None:
        self.words, self._lang, self._columns, self._color = Words(lang), lang, columns, color
        self._wide = lang == "ja"
        self.lines: list[str] = []

    # --- lines ------------------------------------------------------------------------------------

    def line(self, text: str, indent: int = 0, mark: str = "", style: str = "", bold: bool = False) -> None:
        """Add a text, wrapped: ``mark`` stands before its first line, the others stand below the text."""
        lead = f"{mark} " if mark else ""
        taken = width(lead, wide=self._wide)
        hanging = indent + min(taken, _HANGING)
        before = " " * indent + self._styled(lead, style, bold=True)
        for part in wrapped(
            inert(text), self._columns - hanging, wide=self._wide, first=taken - hanging + indent
        ):
            self.lines.append((before + self._styled(part, "" if mark else style, bold=bold)).rstrip())
            before = " " * hanging

    def _styled(self, text: str, style: str, *, bold: bool) -> str:
        if not self._color or not text or not (style or bold):
            return text
        return click.style(text, fg=_COLORS.get(style), bold=bold or None)

    def heading(self, text: str, rule: str = "") -> None:
        if self.lines:
            self.lines.append("")
        self.line(text, bold=True)
        if rule:
            self.lines.append(rule * min(width(inert(text), wide=self._wide), self._columns))

    # --- one file ---------------------------------------------------------------------------------

    def file(self, file: CheckedFile) -> None:
        words = self.words
        self.heading(file.file, "=")
        if file.status == READ:
            self.line(words.applicant(file))
        for text in words.about(file):
            self.line(text)
        if file.status == REFUSED:
            self.line(words("refused"), style="error")
        if file.status == READ:
            self._summary(file)
        self._findings(file)
        if file.status == READ:
            self._services(file.services)
        self.lines.append("")

    def _summary(self, file: CheckedFile) -> None:
        self.heading(self.words("summary"), "-")
        if file.clean:
            self.line(self.words("clean"), style="pass")
            return
        self.line(self.words("counted", what=self.words("findings"), counts=self.words.finding_counts(file)))
        for service in file.services:
            mark, style = self.words.verdict(service.verdict), service.verdict
            self.line(self.words.service(service), mark=mark, style=style)
            self.line(self.words.service_counts(service), indent=4)

    # --- findings ---------------------------------------------------------------------------------

    def _findings(self, file: CheckedFile) -> None:
        if not file.findings:
            return
        self.heading(self.words("findings"), "-")
        for number, (sheet, remarks) in enumerate(file.by_sheet()):
            if number:
                self.lines.append("")
            self.line(self.words("sheet", sheet=sheet) if sheet else self.words("whole_file"), bold=True)
            for remark in remarks:
                self._remark(remark)

    def _remark(self, remark: Remark) -> None:
        finding, place = remark.finding, self.words.place(remark)
        mark, style = self.words.severity(finding.severity), finding.severity
        text = self.words("at", place=place, text=finding.message) if place else finding.message
        self.line(text, 2, mark, style)
        self.line(self.words("remedy", text=finding.remedy), 6)

    # --- services ---------------------------------------------------------------------------------

    def _services(self, services: Sequence[Service]) -> None:
        self.heading(self.words("services"), "-")
        if not services:
            self.line(self.words("no_service"))
        for number, service in enumerate(services):
            if number:
                self.lines.append("")
            self.line(self.words.service(service), bold=True)
            if service.verdict == "pass":
                self.line(self.words("all_met"), 2, style="pass")
            self._topics("unmet", service.topics("fail"))
            self._topics("review", service.topics("review"))

    def _topics(self, key: str, topics: Sequence[Topic]) -> None:
        if not topics:
            return
        self.line(self.words(key, n=len(topics)), 2, bold=True)
        self.line(self.words(f"{key}_lead"), 2)
        for topic in topics:
            self._judged(topic.judged, 4)
            if topic.alternatives:
                self.line(self.words("topic_end", text=self.words.alternatives(topic.judged)), 8)
            for one in topic.alternatives:
                self._judged(one, 10, brief=True)

    def _judged(self, judged: Judged, indent: int, *, brief: bool = False) -> None:
        mark = self.words.symbol(judged.verdict)
        title = self.words("requirement", clause=judged.clause, title=judged.title)
        self.line(title, indent, mark, judged.verdict)
        for _, text in self.words.told(judged, brief=brief):
            self.line(text, indent + 4)
        rows, more = self.words.rows(judged)
        for row in rows:
            place = self.words.row_place(row)
            self.line(self.words("at", place=place, text=self.words.row(row)), indent + 4, "-")
        if more:
            self.line(self.words("more_rows", n=more), indent + 4, "-")
