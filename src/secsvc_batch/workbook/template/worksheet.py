"""Worksheets that take thousands of formulas as they are."""

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet


class PlainWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet whose formulas are written as they are, and no more than is needed.

    xlsxwriter looks through every formula for some thirty newer functions, which takes longer than
    writing the whole workbook. The formulas of a template name such functions by their full names.
    They have no value yet; an empty element for it, and hints how far rows reach, are left out.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")

    def _calculate_spans(self) -> None:
        self.row_spans: dict[int, str] = {}

    def _xml_formula_element(
        self, formula: str, result: object, attributes: Sequence[tuple[str, object]] = ()
    ) -> None:
        start = "".join(f' {name}="{value}"' for name, value in attributes)
        value = "" if result == "" else f"<v>{self._escape_data(result)}</v>"
        self.fh.write(f"<c{start}><f>{self._escape_data(formula)}</f>{value}</c>")


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
