"""Writing a whole template workbook."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import IO

from xlsxwriter.workbook import Workbook

from secsvc_batch.standard.loader import Standard
from secsvc_batch.workbook.layout import Layout
from secsvc_batch.workbook.template.choices import write_choices
from secsvc_batch.workbook.template.content import Content
from secsvc_batch.workbook.template.intro import IntroSheet, title_of
from secsvc_batch.workbook.template.precheck import Precheck
from secsvc_batch.workbook.template.sheets import (
    define_row_names,
    write_form,
    write_table,
)
from secsvc_batch.workbook.template.styles import FONT_SIZE, FONTS, make_styles
from secsvc_batch.workbook.template.values import Row, WorkbookData

Target = Path | str | IO[bytes]

# a fixed day: the file must not change from one writing to the next
_CREATED = datetime(2000, 1, 1)
VERSION_PROPERTY = "secsvc_template_version"
EDITION_PROPERTY = "secsvc_edition"
SERVICES_PROPERTY = "secsvc_services"
BASE_DATE_PROPERTY = "secsvc_base_date"


class Template:
    """The template for one language and one choice of services; writes any number of workbooks.

    ``services`` are service ids (None: all); an unknown one raises ValueError. ``base_date`` is the
    base date of the round, which the workbook then states.
    """

    def __init__(
        self,
        standard: Standard,
        layout: Layout,
        lang: str = "ja",
        services: Sequence[str] | None = None,
        base_date: date | None = None,
    ) -> None:
        known = [service.id for service in standard.edition.services]
        unknown = sorted(set(services or ()) - set(known))
        if unknown:
            raise ValueError(f"unknown service: {', '.join(unknown)} (known: {', '.join(known)})")
        chosen = tuple(s for s in known if services is None or s in services)
        self.content = Content(standard, layout, lang, chosen)
        self.base_date = base_date

    @cached_property
    def precheck(self) -> Precheck:
        """The check before submission, with what the marks of the rows rest on."""
        made = Precheck(self.content)
        define_row_names(self.content, made.plan)
        return made

    def write(self, target: Target, data: WorkbookData | None = None) -> None:
        """Write the workbook to ``target`` (a path or a binary stream), filled in with ``data``.

        The same input gives the same bytes. Raises ValueError on a sheet or field that the layout
        does not have, before anything is written.
        """
        content = self.content
        filled = dict(data or {})
        _check_names(content.layout, filled)
        workbook = Workbook(target, _options(content.lang))
        self._set_properties(workbook)
        styles = make_styles(workbook)
        IntroSheet(workbook, styles, content, self.base_date).write()
        for sheet in content.layout.tables:
            rows = _rows(filled.get(sheet.id))
            if sheet.shape == "form":
                write_form(workbook, styles, content, sheet, rows[0] if rows else {}, self.precheck.plan)
            else:
                write_table(workbook, styles, content, sheet, rows)
        self.precheck.write(workbook, styles, self.base_date)
        for sheet in content.layout.sheets:
            if sheet.shape == "hidden":
                write_choices(workbook, styles, content, sheet)
        calculations = self.precheck.add_calculations(workbook)
        self.precheck.define_names(workbook)
        workbook.close()
        self.precheck.keep(calculations)

    def _set_properties(self, workbook: Workbook) -> None:
        edition = self.content.standard.edition
        workbook.set_properties({"title": title_of(self.content), "created": _CREATED})
        properties = {
            VERSION_PROPERTY: self.content.layout.template_version,
            EDITION_PROPERTY: edition.edition,
            SERVICES_PROPERTY: ",".join(self.content.services),
            BASE_DATE_PROPERTY: self.base_date.isoformat() if self.base_date else "",
        }
        for name, value in properties.items():
            if value:
                workbook.set_custom_property(name, value, "text")


def write_template(
    target: Target,
    standard: Standard,
    layout: Layout,
    lang: str = "ja",
    services: Sequence[str] | None = None,
    base_date: date | None = None,
    data: WorkbookData | None = None,
) -> None:
    """Write one template workbook; see :class:`Template` and :meth:`Template.write`."""
    Template(standard, layout, lang, services, base_date).write(target, data)


def _options(lang: str) -> dict[str, object]:
    return {
        "in_memory": True,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_format_properties": {"font_name": FONTS[lang], "font_size": FONT_SIZE},
    }


def _rows(values: Row | Sequence[Row] | None) -> Sequence[Row]:
    if values is None:
        return []
    return [values] if isinstance(values, Mapping) else values


def _check_names(layout: Layout, data: WorkbookData) -> None:
    for sheet_id, values in data.items():
        sheet = layout.by_id.get(sheet_id)
        if sheet is None:
            raise ValueError(f"no sheet {sheet_id!r} in the layout")
        for row in _rows(values):
            unknown = set(row) - set(sheet.by_id)
            if unknown:
                raise ValueError(f"no field {', '.join(sorted(unknown))} on the sheet {sheet_id}")
