"""Worksheets that take thousands of formulas as they are."""

from xlsxwriter.worksheet import Worksheet


class PlainWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet whose formulas are written as they are.

    xlsxwriter looks through every formula for some thirty newer functions, which takes longer than
    writing the whole workbook. The formulas of a template name such functions by their full names.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


class FixedWorksheet(PlainWorksheet):
    """A worksheet that is the same in every workbook of a template: ``fixed`` is its XML, '' at first.

    It may hold numbers and formulas only, since texts and formats are numbered per workbook.
    """

    fixed = ""

    def _assemble_xml_file(self) -> None:
        if self.fixed:
            self.fh.write(self.fixed)
            return
        super()._assemble_xml_file()
        self.fixed = self.fh.getvalue()
