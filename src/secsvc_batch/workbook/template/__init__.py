"""The blank workbook that applicants fill in, written from the rules and the data dictionary.

The same writer fills in an applicant's values, for samples, tests and measurements.
"""

from secsvc_batch.workbook.template.names import template_name, template_names, write_all_templates
from secsvc_batch.workbook.template.values import Row, Value, WorkbookData
from secsvc_batch.workbook.template.write import Template, write_template

__all__ = [
    "Row",
    "Template",
    "Value",
    "WorkbookData",
    "template_name",
    "template_names",
    "write_all_templates",
    "write_template",
]
