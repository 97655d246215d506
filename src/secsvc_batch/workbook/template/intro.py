"""The first sheet: what the workbook is for and how it is filled in."""

from datetime import date

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from secsvc_batch.messages import word
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content
from secsvc_batch.workbook.template.page import protect, set_page
from secsvc_batch.workbook.template.precheck.sheet import BASE_DATE_COLUMN, BASE_DATE_ROW
from secsvc_batch.workbook.template.styles import Styles

_LEFT, _MIDDLE, _RIGHT = grid.FIRST_COLUMN, grid.FIRST_COLUMN + 1, grid.FIRST_COLUMN + 2
_WIDTHS = {0: 3, _LEFT: 27, _MIDDLE: 80, _RIGHT: 9}
_FULL = sum(_WIDTHS[c] for c in (_LEFT, _MIDDLE, _RIGHT))


def title_of(content: Content) -> str:
    """Return the title of the workbook."""
    edition = content.standard.edition
    lang = content.lang
    return word("template.title", lang, standard=edition.title(lang), edition=edition.edition)


class IntroSheet:
    """Writes the sheet from top to bottom."""

    def __init__(self, workbook: Workbook, styles: Styles, content: Content, base_date: date | None) -> None:
        self._styles = styles
        self._content = content
        self._lang = content.lang
        self._base_date = base_date
        self._row = 0
        self._sheet: Worksheet = workbook.add_worksheet(self._word("intro_sheet"))

    def write(self) -> None:
        """Write the whole sheet."""
        sheet = self._sheet
        sheet.set_tab_color("#C55A11")
        sheet.hide_gridlines(2)
        sheet.set_default_row(grid.LINE_HEIGHT + 1)
        for column, width in _WIDTHS.items():
            sheet.set_column(column, column, width)
        set_page(sheet, self._lang, landscape=False)
        sheet.set_row(0, 30)
        sheet.write_string(0, _LEFT, title_of(self._content), self._styles.title)
        self._row = 1
        self._text(self._word("intro_lead"), self._styles.body)
        notice = self._content.standard.lists.notice
        if notice:
            self._text(notice(self._lang), self._styles.notice)
        self._about()
        self._steps()
        self._colours()
        self._rules()
        self._lists()
        self._section("section_answers")
        self._text(self._word("answers"), self._styles.label)
        sheet.activate()
        protect(sheet)

    def _word(self, key: str, **params: object) -> str:
        return word(f"template.{key}", self._lang, **params)

    def _section(self, key: str) -> None:
        self._row += 1
        self._sheet.set_row(self._row, 22)
        self._sheet.write_string(self._row, _LEFT, self._word(key), self._styles.section)
        for column in (_MIDDLE, _RIGHT):
            self._sheet.write_blank(self._row, column, None, self._styles.section)
        self._row += 1

    def _text(self, text: str, style: Format) -> None:
        """Write ``text`` over the whole width."""
        self._sheet.merge_range(self._row, _LEFT, self._row, _RIGHT, "", style)
        self._sheet.write_string(self._row, _LEFT, text, style)
        self._sheet.set_row(self._row, grid.height_for(text, _FULL))
        self._row += 1

    def _pair(self, label: str, text: str, label_style: Format) -> None:
        """Write a labelled text, the text over the two columns to the right."""
        self._sheet.write_string(self._row, _LEFT, label, label_style)
        self._sheet.merge_range(self._row, _MIDDLE, self._row, _RIGHT, "", self._styles.label)
        self._sheet.write_string(self._row, _MIDDLE, text, self._styles.label)
        height = max(
            grid.height_for(text, _WIDTHS[_MIDDLE] + _WIDTHS[_RIGHT]), grid.height_for(label, _WIDTHS[_LEFT])
        )
        self._sheet.set_row(self._row, height)
        self._row += 1

    def _about(self) -> None:
        edition, lang = self._content.standard.edition, self._lang
        day = f"{self._base_date:%Y/%m/%d}" if self._base_date else self._word("about_base_date_open")
        pairs = {
            "about_standard": f"{edition.title(lang)} ({edition.publisher(lang)})",
            "about_edition": edition.edition,
            "about_services": _joined([s.name(lang) for s in self._content.chosen], lang),
            "about_base_date": day,
            "about_version": self._content.layout.template_version,
        }
        self._section("section_about")
        for key, text in pairs.items():
            self._pair(self._word(key), text, self._styles.optional)

    def _lists(self) -> None:
        lists, lang = self._content.standard.lists, self._lang
        self._section("section_lists")
        text = self._word(
            "lists_status", title=lists.title(lang), edition=lists.edition, source=lists.source(lang)
        )
        self._text(text, self._styles.label)
        for number in self._content.choosable_lists:
            self._pair(number, lists.titles[number](lang), self._styles.optional)

    def _steps(self) -> None:
        lang, styles = self._lang, self._styles
        self._section("section_steps")
        self._text(self._word("steps_links"), self._styles.body)
        for column, key in (
            (_LEFT, "column_sheet"),
            (_MIDDLE, "column_purpose"),
            (_RIGHT, "column_capacity"),
        ):
            self._sheet.write_string(self._row, column, self._word(key), styles.optional)
        self._row += 1
        tables = self._content.layout.tables
        for number, sheet in enumerate(tables, 1):
            rows = sheet.capacity if sheet.shape == "table" and not sheet.prefilled else 0
            first = xl_rowcol_to_cell(*grid.first_input(sheet))
            self._step(number, sheet.name(lang), sheet.help(lang) if sheet.help else "", rows, first)
        first = xl_rowcol_to_cell(BASE_DATE_ROW, BASE_DATE_COLUMN)
        self._step(len(tables) + 1, self._word("check_sheet"), self._word("step_check"), to=first)
        self._step(len(tables) + 2, self._word("step_submit_name"), self._word("step_submit"))

    def _step(self, number: int, name: str, purpose: str, rows: int = 0, to: str = "") -> None:
        """Write one step: a link to its sheet (cell ``to``), what is done there, and how many rows it has."""
        sheet, styles, text = self._sheet, self._styles, f"{number}. {name}"
        if to:
            sheet.write_url(self._row, _LEFT, f"internal:'{name}'!{to}", styles.link, string=text)
        else:
            sheet.write_string(self._row, _LEFT, text, styles.label)
        sheet.write_string(self._row, _MIDDLE, purpose, styles.label)
        if rows:
            sheet.write_number(self._row, _RIGHT, rows, styles.label)
        else:
            sheet.write_blank(self._row, _RIGHT, None, styles.label)
        sheet.set_row(self._row, grid.height_for(purpose, _WIDTHS[_MIDDLE]))
        self._row += 1

    def _colours(self) -> None:
        styles = self._styles
        self._section("section_colours")
        for name, style in (
            ("required", styles.required),
            ("optional", styles.optional),
            ("locked", styles.locked),
            ("unused", styles.unused),
            ("mark", styles.label_small),
            ("example", styles.example),
        ):
            self._pair(self._word(f"sample_{name}"), self._word(f"colour_{name}"), style)

    def _rules(self) -> None:
        self._section("section_rules")
        for key in (
            "rule_dates",
            "rule_people",
            "rule_lists",
            "rule_equivalent",
            "rule_headers",
            "rule_capacity",
        ):
            self._text(self._word(key), self._styles.label)
        reference = self._reference()
        if reference:
            self._text(reference, self._styles.notice)

    def _reference(self) -> str:
        """Say what else is examined when a chosen service refers to one that was left out."""
        content, lang = self._content, self._lang
        if not content.references:
            return ""
        sheet = next(s for s in content.layout.tables if "registration_number" in s.by_id)
        return self._word(
            "rule_reference",
            services=_joined([s.name(lang) for s in content.referring], lang),
            others=_joined([s.name(lang) for s in content.references], lang),
            sheet=sheet.name(lang),
            field=sheet.by_id["registration_number"].label(lang),
        )


def _joined(names: list[str], lang: str) -> str:
    return word("template.joint", lang).join(names)
