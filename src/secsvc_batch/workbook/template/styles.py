"""Cell formats of the template, made once per workbook."""

from dataclasses import dataclass, fields

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from secsvc_batch.workbook.layout import Field

# Windows and Office for Mac have both; LibreOffice substitutes the metric-compatible font it has.
FONTS = {"ja": "Yu Gothic", "en": "Calibri"}
FONT_SIZE = 10

TEXT = "@"
DATE = "yyyy/mm/dd"
COUNT = "0"
# Shows the mark of a required header without being part of its value, by which tools find the column.
REQUIRED_MARK = "\N{FULLWIDTH ASTERISK}"
REQUIRED = f'@"{REQUIRED_MARK}"'

INK = "#1F2A37"
NAVY = "#1F3A5F"
PALE = "#DCE6F1"
GREY = "#EDEDED"
LINE = "#A6A6A6"
MUTED = "#595959"
WARNING = "#FFF4CE"


@dataclass(frozen=True)
class Styles:
    """The formats of one workbook."""

    title: Format
    help: Format
    capacity: Format
    section: Format
    body: Format
    label: Format
    notice: Format
    link: Format
    required: Format
    optional: Format
    locked_header: Format
    locked: Format
    unused: Format
    unused_date: Format
    text: Format
    date: Format
    count: Format
    form_text: Format
    form_date: Format
    hint: Format
    grid: Format

    def header(self, field: Field) -> Format:
        """Return the format of the header (or label) of ``field``."""
        if field.locked:
            return self.locked_header
        return self.required if field.required else self.optional

    def column(self, field: Field) -> Format:
        """Return the format of empty cells of ``field``: numbers that identify are text."""
        return {"date": self.date, "count": self.count}.get(field.type, self.text)


_HEADER = {
    "bold": True,
    "text_wrap": True,
    "valign": "vcenter",
    "align": "center",
    "border": 1,
    "border_color": LINE,
}
_INPUT = {"valign": "vcenter", "text_wrap": True, "locked": False}
_BOX = {"border": 1, "border_color": LINE}

_SPEC: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16, "font_color": NAVY, "valign": "vcenter"},
    "help": {"valign": "vcenter"},
    "capacity": {"font_size": 9, "font_color": MUTED, "valign": "vcenter"},
    "section": {"bold": True, "font_size": 12, "font_color": NAVY, "bottom": 2, "bottom_color": NAVY},
    "body": {"text_wrap": True, "valign": "vcenter"},
    "label": {**_BOX, "text_wrap": True, "valign": "vcenter"},
    "notice": {**_BOX, "text_wrap": True, "valign": "vcenter", "bg_color": WARNING, "bold": True},
    "link": {**_BOX, "font_color": "#0563C1", "underline": 1, "valign": "vcenter"},
    "required": {**_HEADER, "bg_color": NAVY, "font_color": "#FFFFFF", "num_format": REQUIRED},
    "optional": {**_HEADER, "bg_color": PALE, "font_color": INK},
    "locked_header": {**_HEADER, "bg_color": "#BFBFBF", "font_color": INK},
    "locked": {**_BOX, "bg_color": GREY, "num_format": TEXT, "text_wrap": True, "valign": "vcenter"},
    "unused": {**_BOX, "bg_color": GREY, "num_format": TEXT, "valign": "vcenter", "locked": False},
    "unused_date": {
        **_BOX,
        "bg_color": GREY,
        "num_format": DATE,
        "valign": "vcenter",
        "align": "center",
        "locked": False,
    },
    "text": {**_INPUT, "num_format": TEXT},
    "date": {**_INPUT, "num_format": DATE, "align": "center"},
    "count": {**_INPUT, "num_format": COUNT, "align": "right"},
    "form_text": {**_INPUT, **_BOX, "num_format": TEXT},
    "form_date": {**_INPUT, **_BOX, "num_format": DATE, "align": "left"},
    "hint": {"font_size": 9, "font_color": MUTED, "valign": "vcenter", "text_wrap": True},
    "grid": dict(_BOX),
}


def make_styles(workbook: Workbook) -> Styles:
    """Register every format with ``workbook``."""
    return Styles(**{f.name: workbook.add_format(_SPEC[f.name]) for f in fields(Styles)})
