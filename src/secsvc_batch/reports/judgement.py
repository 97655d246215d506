"""The sheet 判定 in front of an applicant's workbook: every requirement with its verdict and evidence."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import NOT_APPLICABLE, PASS, REVIEW
from secsvc_batch.evaluation.engine import Results
from secsvc_batch.evaluation.outcome import SHEETS
from secsvc_batch.messages import word
from secsvc_batch.reports.common import SHOWN, Objects, joined, node_keys, per_distinct, tree_of
from secsvc_batch.reports.evidence import evidence
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.reports.verdicts import leaf_counts, organisations
from secsvc_batch.reports.wording import wording
from secsvc_batch.standard.model import VERDICTS, Reference
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.typed import application_ids
from secsvc_batch.workbook.annotate.model import Cell, NewSheet

MARKER = "secsvc-batch:annotation"
TAB_COLOR = "2F4B6E"
# rows of evidence shown for one requirement, and for one that passes
MOST_ROWS, MOST_ROWS_PASSED = 30, 6
COLUMNS = ("clause", "title", "verdict", "needed", "found", "reason", "evidence", "decision", "comment")
WIDTHS = (17.0, 33.0, 12.5, 21.0, 27.0, 50.0, 18.0, 11.0, 24.0)
_VERDICT, _FOUND, _REASON, _LINK, _DECISION = (
    COLUMNS.index(name) for name in ("verdict", "found", "reason", "evidence", "decision")
)
_INDENT = "　　　"
_LETTERS = "ABCDEFGHI"
_LAST = _LETTERS[len(COLUMNS) - 1]
# Rows of these sheets are there for one requirement; a single one is shown on the requirement's own line.
_INLINE = ("specifications", "procedures", "headcounts", "services")
_DEEPEST_GROUP, _DEEPEST_LEAF = 3, 4  # that have a style of their own

Row = list[Cell | None]


def quoted_sheet(name: str) -> str:
    """Return a sheet's name as a link writes it, such as ``'要員'``."""
    return "'" + name.replace("'", "''") + "'"


def verdict_cell(verdict: str, lang: str) -> Cell:
    """Return a cell with symbol and word of a verdict (or ``met_otherwise``) in its style."""
    text = word(f"verdict.symbol.{verdict}", lang) + " " + word(f"verdict.{verdict}", lang)
    return Cell(text, verdict)


class JudgementSheets:
    """The sheets 判定 of a chunk: what is equal for many applicants is made once."""

    def __init__(self, results: Results, raw: RawTables, run: RunInfo, lang: str) -> None:
        self._lang, self._run, self._standard = lang, run, run.standard
        self._results, self._raw = results, raw
        frame = results.verdicts
        self._requirement = frame["requirement"].to_numpy()
        self._verdict = frame["verdict"].to_numpy()
        self._words = wording(results, run.standard, lang)
        count = results.context.count
        self._bounds = np.searchsorted(frame["applicant"].to_numpy(), np.arange(count + 1)).tolist()
        self._ids = application_ids(results.context.tables, raw).tolist()
        self._names = organisations(results).tolist()
        self._files = raw.files["file"].tolist()
        self._sheet_name = self._word("sheet")
        self._tree = tree_of(run.standard)
        roots, counts = leaf_counts(results, run.standard)
        counted = per_distinct(self._counted, *(counts[name] for name in SHOWN)).tolist()
        self._counts = dict(zip(roots.tolist(), counted, strict=True))
        self._rows = self._node_rows(frame["met_otherwise"].to_numpy())
        self._prepare_evidence()
        self._prepare_frame()
        self._referred = self._references()

    def _word(self, key: str, **params: object) -> str:
        return word(f"judgement.{key}", self._lang, **params)

    def _counted(self, *counts: int) -> str:
        """Say how many leaves of a service have which verdict."""
        parts = [
            word("verdict.found.item", self._lang, verdict=word(f"verdict.{name}", self._lang), n=count)
            for name, count in zip(SHOWN, counts, strict=True)
            if count
        ]
        return joined("verdict.beside", parts, self._lang)

    def __iter__(self) -> Iterator[NewSheet]:
        """Give the sheet of every applicant, in their order."""
        return (self.sheet(applicant) for applicant in range(self._results.context.count))

    # --- what many applicants share ---------------------------------------------------------------

    def _node_rows(self, met_otherwise: NDArray[np.bool_]) -> Objects:
        """Return the row of every verdict, without its evidence."""
        words = self._words
        return per_distinct(
            self._node_row, self._requirement, self._verdict, met_otherwise, words.needed, words.found,
            words.reason_text, words.missing, words.readings,
        )  # fmt: skip

    def _node_row(
        self,
        index: int,
        verdict: int,
        met_otherwise: bool,
        needed: str,
        found: str,
        why: str,
        missing: str,
        readings: str,
    ) -> Row:
        requirement, lang = self._standard.requirements[index], self._lang
        depth = self._tree.depth[index]
        if requirement.is_leaf:
            plain, title = "text", f"indent{min(max(depth, 1), _DEEPEST_LEAF)}"
            reason = self._reason(index, verdict, met_otherwise, why, missing, readings)
        else:
            title = f"group{min(depth, _DEEPEST_GROUP)}" if depth else "group"
            plain = title if title == "group" else "label"
            reason = self._group_reason(index, verdict, why, missing)
        shown = verdict_cell("met_otherwise" if met_otherwise else VERDICTS[verdict], lang)
        return [
            Cell(requirement.clause, plain), Cell(requirement.title(lang), title), shown, Cell(needed),
            Cell(found), Cell(reason), Cell("", "text"), Cell("", "input"), Cell("", "input"),
        ]  # fmt: skip

    def _reason(
        self, index: int, verdict: int, met_otherwise: bool, why: str, missing: str, readings: str
    ) -> str:
        """Return the reason of a leaf: why, what is missing, and what the examiner is asked."""
        lines = [why]
        if missing:
            lines.append(self._lacking(verdict, missing))
        if verdict == REVIEW and not met_otherwise:
            question = self._standard.requirements[index].question
            lines.append(self._word("question", question=question(self._lang)) if question else "")
        if verdict != PASS and readings:
            lines.append(self._word("readings", readings=readings.replace(";", ", ")))
        return "\n".join(line for line in lines if line)

    def _group_reason(self, index: int, verdict: int, why: str, missing: str) -> str:
        """Return the reason of a group: its leaves say theirs, so only what several of them could meet."""
        if verdict == NOT_APPLICABLE:
            return why
        if not missing or self._standard.requirements[index].combine == "all":
            return ""
        return self._lacking(verdict, missing)

    def _lacking(self, verdict: int, missing: str) -> str:
        return self._word("to_certain" if verdict == REVIEW else "to_meet", missing=missing)

    def _prepare_evidence(self) -> None:
        """Make the rows of evidence, and where those of every verdict row begin."""
        rows = evidence(self._results, self._raw, self._standard, self._lang)
        kinds = np.array([kind in _INLINE for kind in SHEETS], dtype=bool)
        # a count that differs from what is stated needs a line of its own
        alone = (rows.size == 1) & kinds[rows.kind] & ~rows.differs
        inline = np.full(len(self._rows), None, dtype=object)
        # what adds nothing to a requirement that passes is of no interest
        kept = ~alone & ((rows.possible > 0) | (self._verdict[rows.node] != PASS))
        most = np.where(self._verdict[rows.node] == PASS, MOST_ROWS_PASSED, MOST_ROWS)
        shown = np.flatnonzero(kept & (rows.rank < most))
        links = per_distinct(quoted_sheet, rows.sheet) + "!" + rows.cell
        links[rows.cell == ""] = ""
        at = np.flatnonzero(alone)
        found = self._words.found[rows.node[at]]
        inline[rows.node[at]] = [
            (cell, Cell(place, "link" if link else "text", link))
            for cell, place, link in zip(
                per_distinct(self._found_in, found, rows.told[at]).tolist() if len(at) else [],
                rows.place[at].tolist(), links[at].tolist(), strict=True,
            )
        ]  # fmt: skip
        self._inline = inline.tolist()
        self._evidence: list[Row] = [
            [None, told, None, None, adds, why, Cell(place, "link" if link else "text", link)]
            for told, adds, why, place, link in zip(
                _cells(_INDENT + rows.told[shown], "muted"), _cells(rows.adds[shown], "plain"),
                _cells(rows.why[shown], "paragraph"), rows.place[shown].tolist(), links[shown].tolist(),
                strict=True,
            )
        ]  # fmt: skip
        nodes = np.arange(len(self._rows) + 1)
        self._from = np.searchsorted(rows.node[shown], nodes).tolist()
        left_out = np.flatnonzero(kept & (rows.rank >= most))
        self._left_out = np.bincount(rows.node[left_out], minlength=len(self._rows)).tolist()

    def _found_in(self, found: str, told: str) -> Cell:
        return Cell(self._word("found_in", found=found, row=told))

    def _prepare_frame(self) -> None:
        """Make the rows above and below the table."""
        lang, run = self._lang, self._run
        facts = run.facts(lang)
        brief = [
            self._word("fact", label=self._word("run.base_date"), value=run.base_date.isoformat()),
            run.edition(lang), run.lists(lang), run.program,
        ]  # fmt: skip
        if run.settled:
            brief.insert(3, run.readings(lang))
        self._top: list[Row] = [
            [Cell(joined("judgement.beside", brief, lang), "plain")],
            [Cell(self._word("legend"), "muted")],
        ]
        if notice := run.notice(lang):
            self._top.append([Cell(notice, "error"), *[Cell("", "error")] * (len(COLUMNS) - 1)])
        heads: Row = [Cell(self._word(f"column.{name}"), "header") for name in COLUMNS]
        own = COLUMNS[_DECISION:]
        heads[_DECISION:] = [Cell(self._word(f"column.{name}"), "header_input") for name in own]
        self._top.append(heads)
        self._header_row = len(self._top) + 1
        self._merges = [f"A{self._header_row - 1}:{_LAST}{self._header_row - 1}"] if run.notice(lang) else []
        self._services: Row = [Cell(self._word("services"), "subtitle")]
        self._requirements: Row = [Cell(self._word("requirements"), "subtitle")]
        self._about: list[Row] = [[], [Cell(self._word("about"), "subtitle")]]
        for label, value in [*facts, (self._word("run.bounds"), self._word("run.bounds_value"))]:
            self._about.append(_fact(label, value))
        choices = ("pass", "fail", "review", "not_applicable")
        self._choices = [word(f"verdict.{name}", lang) for name in choices]

    # --- one applicant ----------------------------------------------------------------------------

    def sheet(self, applicant: int) -> NewSheet:
        """Return the sheet of one applicant (number in the chunk)."""
        start, end = self._bounds[applicant], self._bounds[applicant + 1]
        title = self._word("title", organisation=self._names[applicant], application_id=self._ids[applicant])
        rows: list[Row] = [[Cell(title, "title")], *self._top, self._services]
        roots = [row for row in range(start, end) if row in self._counts]
        overview = len(rows)
        rows += [[] for _ in roots] or [[Cell(self._word("no_service"), "paragraph")]]
        rows.append(self._requirements)
        first = len(rows) + 1
        places = self._add_nodes(rows, start, end)
        for number, row in enumerate(roots):
            rows[overview + number] = self._overview(row, places[row - start])
        last = len(rows)
        merges = [*self._merges]
        rows += self._about[:2]
        for fact in (_fact(self._word("run.file"), self._files[applicant]), *self._about[2:]):
            rows.append(fact)
            merges.append(f"B{len(rows)}:{_LETTERS[_REASON]}{len(rows)}")
        decisions = _LETTERS[_DECISION]
        return NewSheet(
            name=self._sheet_name, marker=MARKER, rows=rows, widths=WIDTHS, freeze=(self._header_row, 2),
            merges=merges, tab_color=TAB_COLOR, protect=True, footer=title,
            validations=[(f"{decisions}{first}:{decisions}{last}", self._choices)] if roots else [],
            title_rows=f"{self._header_row}:{self._header_row}",
            autofilter=f"A{self._header_row}:{_LAST}{last}",
        )  # fmt: skip

    def _add_nodes(self, rows: list[Row], start: int, end: int) -> list[int]:
        """Add the rows of all verdicts with their evidence; return the row number of each verdict."""
        places = []
        for node in range(start, end):
            row, inline = self._rows[node], self._inline[node]
            if inline is not None:
                row = [*row[:_FOUND], inline[0], row[_REASON], inline[1], *row[_LINK + 1 :]]
            rows.append(row)
            places.append(len(rows))
            rows += self._evidence[self._from[node] : self._from[node + 1]]
            if self._left_out[node]:
                rows.append([None, Cell(_INDENT + self._word("more", n=self._left_out[node]), "muted")])
        for node in filter(self._referred.__contains__, range(start, end)):
            self._refer(rows[places[node - start] - 1], places[self._referred[node] - start])
        return places

    def _refer(self, row: Row, place: int) -> None:
        """Let a requirement that follows another one's verdict point to that one's row."""
        link = f"{quoted_sheet(self._sheet_name)}!A{place}"
        row[_LINK] = Cell(f"{self._sheet_name}!A{place}", "link", link)

    def _references(self) -> dict[int, int]:
        """Return the verdict rows that follow the verdict of another row, with that row."""
        nodes = self._standard.requirements
        number = {node.clause: at for at, node in enumerate(nodes)}
        targets = [
            number[node.requires.clause] if isinstance(node.requires, Reference) else -1 for node in nodes
        ]
        target = np.array(targets, dtype=np.int64)[self._requirement]
        rows = evidence(self._results, self._raw, self._standard, self._lang)
        at = np.unique(rows.node[rows.referred])
        applicant = self._results.verdicts["applicant"].to_numpy()
        keys = node_keys(applicant, self._requirement, len(nodes))
        found = np.searchsorted(keys, node_keys(applicant[at], target[at], len(nodes)))
        return dict(zip(at.tolist(), found.tolist(), strict=True))

    def _overview(self, node: int, place: int) -> Row:
        """Return the line of a service: its verdict, and a link to where its requirements begin."""
        row, missing = self._rows[node], self._words.missing[node]
        clause, title, verdict = row[0], row[1], row[_VERDICT]
        assert clause is not None
        assert title is not None
        link = f"{quoted_sheet(self._sheet_name)}!A{place}"
        if missing:
            missing = self._lacking(self._verdict[node], missing)
        texts = [Cell(self._word("all_leaves")), Cell(self._counts[node]), Cell(missing)]
        inputs = [Cell(""), Cell("", "input"), Cell("", "input")]
        return [Cell(clause.value, "link", link), Cell(title.value, "text"), verdict, *texts, *inputs]


def _fact(label: str, value: str) -> Row:
    """Return a line below the table; the value is merged over the columns up to the reasons."""
    return [Cell(label, "label"), Cell(value), *[Cell("")] * (_REASON - 1)]


def _cells(texts: Objects, style: str) -> list[Any]:
    """Return one cell per text; equal texts share theirs."""
    return per_distinct(lambda text: Cell(text, style), texts).tolist() if len(texts) else []
