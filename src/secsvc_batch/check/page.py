"""A check as one page for a browser or paper: no scripts, nothing that it loads."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from secsvc_batch.check.markup import Html, tag, together
from secsvc_batch.check.model import READ, REFUSED, CheckedFile, Judged, Remark, Service, Topic
from secsvc_batch.check.words import Words
from secsvc_batch.messages import word
from secsvc_batch.reports.common import SHOWN
from secsvc_batch.reports.run import RunInfo

# a page that an applicant's text might break out of could still load and run nothing
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_FINDING_COLUMNS = ("severity", "cell", "field", "entry", "message")


@cache
def _style() -> Html:
    return Html(Path(__file__).with_name("page.css").read_text(encoding="utf-8"))


def as_html(files: Sequence[CheckedFile], run: RunInfo, lang: str) -> str:
    """Return the whole check as one self-contained page."""
    return _Page(run, lang).page(files)


class _Page:
    def __init__(self, run: RunInfo, lang: str) -> None:
        self._run, self._lang, self.words = run, lang, Words(lang)

    def page(self, files: Sequence[CheckedFile]) -> str:
        words = self.words
        head = tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="generator", content=self._run.program),
            tag("title", words("page_title", files=", ".join(file.file for file in files))),
            tag("style", _style()),
        )
        notice = self._run.notice(self._lang)
        header = tag(
            "header",
            tag("h1", words("title")),
            tag("p", words("lead"), class_="lead"),
            tag("p", words("notice", text=notice), class_="notice") if notice else None,
            class_="page",
        )
        sections = [self._file(file, number) for number, file in enumerate(files, start=1)]
        body = tag("body", header, self._contents(files), tag("main", *sections), self._footer())
        return f"<!DOCTYPE html>\n{tag('html', head, body, lang=self._lang)}\n"

    def _contents(self, files: Sequence[CheckedFile]) -> Html | None:
        if len(files) < 2:
            return None
        links = [
            tag("li", tag("a", file.file, href=f"#file-{number}"))
            for number, file in enumerate(files, start=1)
        ]
        return tag("nav", tag("ul", *links), aria_label=word("judgement.run.file", self._lang))

    def _footer(self) -> Html:
        facts = self._run.facts(self._lang)[1:]  # the base date is each file's own
        rows = [piece for label, value in facts for piece in (tag("dt", label), tag("dd", value))]
        legend = tag("p", self.words("symbols"))
        return tag("footer", tag("h2", self.words("about")), legend, tag("dl", *rows, class_="facts"))

    # --- one file ---------------------------------------------------------------------------------

    def _file(self, file: CheckedFile, number: int) -> Html:
        words, key = self.words, f"file-{number}"
        parts: list[Html | None] = [tag("h2", file.file, id=f"{key}-name")]
        if file.status == READ:
            parts.append(tag("p", words.applicant(file), class_="who"))
        parts += [tag("p", text, class_="who") for text in words.about(file)]
        if file.status == REFUSED:
            parts.append(tag("p", words("refused"), class_="bad"))
        if file.clean:
            parts.append(tag("p", words("clean"), class_="good"))
        if file.status == READ:
            parts.append(self._summary(file))
        parts += [*self._findings(file), *self._services(file)]
        return tag("section", *parts, class_="file", id=key, aria_labelledby=f"{key}-name")

    def _summary(self, file: CheckedFile) -> Html:
        words = self.words
        counts = words("counted", what=words("findings"), counts=words.finding_counts(file))
        table = self._overview(file.services) if file.services else None
        return together([tag("h3", words("summary")), tag("p", counts), table])

    def _overview(self, services: Sequence[Service]) -> Html:
        heads = [self.words("column.service"), self.words("column.outlook")]
        heads += [word(f"verdict.{name}", self._lang) for name in SHOWN]
        rows = [
            tag(
                "tr",
                tag("th", self.words.service(service), scope="row"),
                tag("td", self._verdict(service.verdict)),
                *(tag("td", str(service.counts[name]), class_="number") for name in SHOWN),
            )
            for service in services
        ]
        return _table(heads, rows, caption=self.words("overview"))

    def _verdict(self, name: str) -> Html:
        return tag("span", self.words.verdict(name), class_=f"tag {name}")

    # --- findings ---------------------------------------------------------------------------------

    def _findings(self, file: CheckedFile) -> Iterator[Html]:
        if not file.findings:
            return
        yield tag("h3", self.words("findings"))
        heads = [word(f"findings.column.{name}", self._lang) for name in ("severity", "cell", "field", "raw")]
        heads.append(self.words("column.finding"))
        for sheet, remarks in file.by_sheet():
            title = self.words("sheet", sheet=sheet) if sheet else self.words("whole_file")
            yield tag("h4", title)
            yield _table(heads, [self._remark(one) for one in remarks], _FINDING_COLUMNS)

    def _remark(self, remark: Remark) -> Html:
        finding = remark.finding
        severity = tag("span", self.words.severity(finding.severity), class_=f"tag {finding.severity}")
        remedy = tag("p", self.words("remedy", text=finding.remedy), class_="remedy")
        return tag(
            "tr",
            tag("td", severity),
            tag("th", self.words.place(remark) or "－", scope="row"),
            tag("td", finding.label),
            tag("td", self.words.listed(remark.entries)),
            tag("td", tag("p", finding.message), remedy),
        )

    # --- services ---------------------------------------------------------------------------------

    def _services(self, file: CheckedFile) -> Iterator[Html]:
        if file.status != READ:
            return
        yield tag("h3", self.words("services"))
        if not file.services:
            yield tag("p", self.words("no_service"))
        for service in file.services:
            yield tag("h4", self.words.service(service), " ", self._verdict(service.verdict))
            if service.verdict == "pass":
                yield tag("p", self.words("all_met"), class_="good")
            yield from self._topics("unmet", service.topics("fail"))
            yield from self._topics("review", service.topics("review"))

    def _topics(self, key: str, topics: Sequence[Topic]) -> Iterator[Html]:
        if not topics:
            return
        yield tag("h5", self.words(key, n=len(topics)))
        yield tag("p", self.words(f"{key}_lead"), class_="lead")
        yield tag("ul", *(self._topic(topic) for topic in topics), class_="topics")

    def _topic(self, topic: Topic) -> Html:
        judged = topic.judged
        parts = [tag("h6", *self._title(judged)), self._told(judged), self._rows(judged)]
        if topic.alternatives:
            ways = [
                tag("li", *self._title(one), self._told(one, brief=True), self._rows(one))
                for one in topic.alternatives
            ]
            parts.append(tag("p", self.words("topic_end", text=self.words.alternatives(judged))))
            parts.append(tag("ul", *ways, class_="ways"))
        return tag("li", *parts, class_=judged.verdict)

    def _title(self, judged: Judged) -> tuple[Html, Html]:
        title = self.words("requirement", clause=judged.clause, title=judged.title)
        return self._verdict(judged.verdict), together([" ", tag("strong", title)])

    def _told(self, judged: Judged, *, brief: bool = False) -> Html | None:
        texts = list(self.words.told(judged, brief=brief))
        return together(tag("p", text, class_=kind) for kind, text in texts) if texts else None

    def _rows(self, judged: Judged) -> Html | None:
        rows, more = self.words.rows(judged)
        if not rows and not more:
            return None
        listed = [tag("li", tag("b", self.words.row_place(row)), " ", self.words.row(row)) for row in rows]
        if more:
            listed.append(tag("li", self.words("more_rows", n=more)))
        return tag("ul", *listed, class_="rows")


def _table(
    heads: Sequence[str], rows: Sequence[Html], columns: Sequence[str] = (), caption: str = ""
) -> Html:
    widths = tag("colgroup", *(Html(f'<col class="{name}">') for name in columns)) if columns else None
    table = tag(
        "table",
        tag("caption", caption) if caption else None,
        widths,
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
        tag("tbody", *rows),
    )
    return tag("div", table, class_="scroll")
