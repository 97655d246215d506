"""The sheet 提出前チェック and the hidden sheet of calculations behind it."""

from datetime import date

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from secsvc_batch.messages import word
from secsvc_batch.standard.model import Text
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content
from secsvc_batch.workbook.template.page import add_sheet, mark_titles, protect, set_page
from secsvc_batch.workbook.template.places import quoted
from secsvc_batch.workbook.template.precheck.plan import Plan
from secsvc_batch.workbook.template.precheck.tree import ABSENT, MET, OPEN, UNMET, Node, Tree
from secsvc_batch.workbook.template.styles import Styles
from secsvc_batch.workbook.template.values import EPOCH
from secsvc_batch.workbook.template.worksheet import FixedWorksheet

SYMBOLS = {UNMET: "▲", OPEN: "?", MET: "○", ABSENT: "－"}
"""What the sheet shows for certainly unmet, not to be told, certainly met and not applicable."""

_MARK, _CLAUSE, _TITLE, _FOUND, _NEEDED, _NEXT = range(1, 7)
_WIDTHS = {0: 3, _MARK: 11, _CLAUSE: 22, _TITLE: 52, _FOUND: 8, _NEEDED: 8, _NEXT: 76}
BASE_DATE_ROW, BASE_DATE_COLUMN = 3, _CLAUSE
_LEGEND_ROW, _NOTICE_ROW, _HEADER = 4, 5, 7
FIRST_NODE = _HEADER + 1


class Precheck:
    """Formulas of one template, made once and written into any number of workbooks."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.name = word("template.check_sheet", content.lang)
        self.plan = Plan(content)
        cell = f"{quoted(self.name)}!{xl_rowcol_to_cell(BASE_DATE_ROW, BASE_DATE_COLUMN, True, True)}"
        self.tree = Tree(content, self.plan, cell)
        self._calculations = ""

    @property
    def decided_leaves(self) -> float:
        """The share of leaves whose formula can come to ○ or ▲."""
        leaves = [node for node in self.tree.nodes if node.requirement.is_leaf]
        return sum(node.decides for node in leaves) / len(leaves)

    def rows(self) -> dict[str, int]:
        """Return the row (0-based) of every clause on the sheet."""
        return {node.requirement.clause: FIRST_NODE + i for i, node in enumerate(self.tree.nodes)}

    # --- the sheet ---

    def write(self, workbook: Workbook, styles: Styles, base_date: date | None) -> None:
        """Add the sheet: base date, legend, doubts, and a row per requirement."""
        lang = self.content.lang
        sheet = add_sheet(workbook, styles, self.name, word("template.check_help", lang), "#C55A11")
        for column, width in _WIDTHS.items():
            sheet.set_column(column, column, width)
        self._base_date(sheet, styles, base_date)
        legend = word("template.check_legend", lang)
        sheet.write_string(_LEGEND_ROW, _MARK, legend, styles.help)
        self._notice(sheet, styles)
        for column, key in (
            (_MARK, "mark"), (_CLAUSE, "clause"), (_TITLE, "title"), (_FOUND, "found"), (_NEEDED, "needed"),
            (_NEXT, "next"),
        ):  # fmt: skip
            sheet.write_string(_HEADER, column, word(f"template.check_{key}", lang), styles.table_header)
        sheet.set_row(_HEADER, 24)
        for row, node in enumerate(self.tree.nodes, FIRST_NODE):
            self._node(sheet, styles, row, node)
        last = FIRST_NODE + len(self.tree.nodes) - 1
        self._colours(sheet, styles, last)
        sheet.freeze_panes(FIRST_NODE, _TITLE)
        sheet.repeat_rows(_HEADER)
        mark_titles(workbook, sheet, _HEADER, _MARK)
        sheet.print_area(0, _MARK, last, _NEXT)
        set_page(sheet, lang)
        protect(sheet)

    def _base_date(self, sheet: Worksheet, styles: Styles, base_date: date | None) -> None:
        lang, row = self.content.lang, BASE_DATE_ROW
        sheet.set_row(row, 22)
        sheet.write_string(row, _MARK, word("template.check_day", lang), styles.label_small)
        hint = "check_day_given" if base_date else "check_day_open"
        if base_date:
            sheet.write_number(row, BASE_DATE_COLUMN, base_date.toordinal() - EPOCH, styles.day_given)
        else:
            sheet.write_blank(row, BASE_DATE_COLUMN, None, styles.day_open)
            sheet.set_selection(row, BASE_DATE_COLUMN, row, BASE_DATE_COLUMN)
            sheet.data_validation(row, BASE_DATE_COLUMN, row, BASE_DATE_COLUMN, self._day_rule())
        sheet.write_string(row, _TITLE, word(f"template.{hint}", lang), styles.help)

    def _day_rule(self) -> dict[str, object]:
        lang = self.content.lang
        return {
            "validate": "date",
            "criteria": "between",
            "minimum": date(2018, 1, 1),
            "maximum": date(2099, 12, 31),
            "error_title": word("template.error_title", lang),
            "error_message": word("template.error_day", lang),
        }

    def _notice(self, sheet: Worksheet, styles: Styles) -> None:
        """Say why nothing can be told, where that is so."""
        lang = self.content.lang
        parts = [
            f'IF({cell}>0,{f.text(word(f"template.doubt_{key}", lang))},"")'
            for key, cell in self.tree.doubts.items()
        ]
        sheet.merge_range(_NOTICE_ROW, _MARK, _NOTICE_ROW, _NEXT, "", styles.doubt)
        sheet.write_formula(_NOTICE_ROW, _MARK, "=" + "&".join(parts), styles.doubt, "")
        sheet.set_row(_NOTICE_ROW, 36)

    def _node(self, sheet: Worksheet, styles: Styles, row: int, node: Node) -> None:
        lang, requirement = self.content.lang, node.requirement
        kind = "root" if node.depth == 0 else "leaf" if requirement.is_leaf else "group"
        style = styles.check(kind)
        symbols = ",".join(f'"{symbol}"' for symbol in SYMBOLS.values())
        sheet.write_formula(row, _MARK, f"=CHOOSE({node.code}+1,{symbols})", styles.check(kind, "mark"), "")
        sheet.write_string(row, _CLAUSE, requirement.clause, style)
        title = requirement.title(lang)
        sheet.write_string(row, _TITLE, "　" * max(node.depth - 1, 0) + title, style)
        number = styles.check(kind, "number")
        sheet.write_formula(row, _FOUND, f'=IF({node.code}={ABSENT},"",IFERROR({node.found},""))', number, "")
        sheet.write_formula(
            row, _NEEDED, f'=IF({node.code}={ABSENT},"",IFERROR({node.needed},""))', number, ""
        )
        height = grid.lines_of("　" * node.depth + title, _WIDTHS[_TITLE])
        texts = [text(lang) for text in (requirement.missing, requirement.question) if text]
        height = max([height, *(grid.lines_of(text, _WIDTHS[_NEXT]) for text in texts)])
        if requirement.is_leaf:
            sheet.write_formula(row, _NEXT, self._next(row, node), styles.check(kind, "text"), "")
        else:
            sheet.write_blank(row, _NEXT, None, style)
        sheet.set_row(row, max(20, grid.height_of(height)))

    def _next(self, row: int, node: Node) -> str:
        """What would meet the requirement, or what a person will ask."""
        lang, requirement, code = self.content.lang, node.requirement, node.code
        unmet = self._with_number(requirement.missing, row, node.months) if requirement.missing else '""'
        open_ = f.text(requirement.question(lang)) if requirement.question else '""'
        # where nothing can be told at all, the questions of single requirements would mislead
        formula = f'IF({code}={UNMET},{unmet},IF({code}={OPEN},IF(nothing_sure,"",{open_}),""))'
        parent = self.content.standard.by_clause[requirement.parent or requirement.clause]
        if parent.combine in ("any", "any_per_case", "everyone_any"):
            otherwise = f.text(word("verdict.met_otherwise", lang))
            formula = f"IF(AND({node.parent_code}={MET},{code}<{MET}),{otherwise},{formula})"
        return f"={formula}"

    def _with_number(self, text: Text, row: int, months: str) -> str:
        """Put in what is lacking: {n} in number, {m} in months of operation."""
        cells = [xl_rowcol_to_cell(row, column) for column in (_NEEDED, _FOUND)]
        lacking = f"IFERROR(MAX(1,{cells[0]}-{cells[1]}),1)"
        values = {"n": lacking, "m": f'IFERROR({months},"")' if months else '""'}
        return f.filled(text(self.content.lang), values)

    def _colours(self, sheet: Worksheet, styles: Styles, last: int) -> None:
        cells = (FIRST_NODE, _MARK, last, _MARK)
        # a way that nobody needs is nothing to mend: it keeps its mark but not the colour
        told = xl_rowcol_to_cell(FIRST_NODE, _NEXT, col_abs=True)
        otherwise = f"={told}={f.text(word('verdict.met_otherwise', self.content.lang))}"
        sheet.conditional_format(
            *cells,
            {"type": "formula", "criteria": otherwise, "format": styles.absent, "stop_if_true": True},
        )
        for code, style in (
            (UNMET, styles.bad),
            (OPEN, styles.open),
            (MET, styles.good),
            (ABSENT, styles.absent),
        ):
            first = xl_rowcol_to_cell(FIRST_NODE, _MARK, col_abs=True)
            sheet.conditional_format(
                *cells, {"type": "formula", "criteria": f'={first}="{SYMBOLS[code]}"', "format": style}
            )

    # --- what stands behind it ---

    def define_names(self, workbook: Workbook) -> None:
        for name, formula in self.plan.names.items():
            workbook.define_name(name, f"={formula}")

    def add_calculations(self, workbook: Workbook) -> FixedWorksheet:
        """Add the hidden sheet of calculations; ``keep`` it once the workbook is closed."""
        sheet = workbook.add_worksheet(word("template.calc_sheet", self.content.lang), FixedWorksheet)
        assert isinstance(sheet, FixedWorksheet)
        sheet.hide()
        sheet.fixed = self._calculations
        if self._calculations:
            return sheet
        sheet.write_formula(0, 0, "=" + f.text(word("template.calc_help", self.content.lang)), None, "")
        for row, column, value in self.plan.constants:
            if isinstance(value, str):
                sheet.write_formula(row, column, f"={f.text(value)}", None, "")
            else:
                sheet.write_number(row, column, value)
        for row, column, formula in self.plan.formulas:
            # on the sheet itself its name says nothing
            sheet.write_formula(row, column, "=" + formula.replace(f"{self.plan.sheet}!", ""), None, "")
        protect(sheet)
        return sheet

    def keep(self, sheet: FixedWorksheet) -> None:
        """Keep what was written for the next workbook."""
        self._calculations = sheet.fixed
