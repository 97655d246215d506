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
    plain: Format
    table_header: Format
    mark: Format
    message: Format
    example: Format
    good: Format
    bad: Format
    open: Format
    absent: Format
    not_asked: Format
    label_small: Format
    day_given: Format
    day_open: Format
    doubt: Format
    doubt_line: Format
    check_root: Format
    check_root_mark: Format
    check_root_number: Format
    check_root_text: Format
    check_group: Format
    check_group_mark: Format
    check_group_number: Format
    check_group_text: Format
    check_leaf: Format
    check_leaf_mark: Format
    check_leaf_number: Format
    check_leaf_text: Format

    def check(self, kind: str, part: str = "") -> Format:
        """Return the format of a row of the check before submission."""
        made: Format = getattr(self, f"check_{kind}_{part}" if part else f"check_{kind}")
        return made

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


def _check(kind: str, look: dict[str, object]) -> dict[str, dict[str, object]]:
    """Return the formats of one kind of row of the check before submission."""
    cell = {**_BOX, "valign": "vcenter", **look}
    return {
        f"check_{kind}": {**cell, "text_wrap": True},
        f"check_{kind}_text": {**cell, "text_wrap": True, "font_size": 9},
        f"check_{kind}_mark": {**cell, "align": "center", "bold": True, "font_size": 11},
        f"check_{kind}_number": {**cell, "align": "center"},
    }


_SPEC: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16, "font_color": NAVY, "valign": "vcenter"},
    "help": {"valign": "vcenter"},
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
    "plain": {"valign": "vcenter"},
    "table_header": {**_HEADER, "bg_color": NAVY, "font_color": "#FFFFFF"},
    "mark": {"bold": True, "align": "center", "valign": "vcenter"},
    "message": {"font_color": "#A61C00", "valign": "vcenter", "text_wrap": False},
    "example": {
        "italic": True,
        "font_color": MUTED,
        "bg_color": "#F5F5F5",
        "valign": "vcenter",
        "font_size": 9,
    },
    "good": {"font_color": NAVY, "bg_color": PALE},
    "bad": {"font_color": "#FFFFFF", "bg_color": "#B23A00", "bold": True},
    "open": {"font_color": INK, "bg_color": WARNING, "bold": True},
    "absent": {"font_color": MUTED, "bg_color": "#FFFFFF"},
    "not_asked": {**_BOX, "font_color": MUTED, "bg_color": "#D9D9D9"},
    "label_small": {**_HEADER, "bg_color": PALE, "font_color": INK},
    "day_given": {**_BOX, "num_format": DATE, "align": "center", "valign": "vcenter", "bold": True},
    "day_open": {
        "border": 2,
        "border_color": NAVY,
        "num_format": DATE,
        "align": "center",
        "valign": "vcenter",
        "bold": True,
        "locked": False,
    },
    "doubt": {"bold": True, "font_color": "#B23A00", "text_wrap": True, "valign": "vcenter"},
    "doubt_line": {"bold": True, "font_color": "#B23A00", "valign": "vcenter"},
    **_check("root", {"bg_color": "#3B5B85", "font_color": "#FFFFFF", "bold": True, "font_size": 11}),
    **_check("group", {"bg_color": "#EEF3F9", "bold": True}),
    **_check("leaf", {}),
}


def make_styles(workbook: Workbook) -> Styles:
    """Register every format with ``workbook``."""
    return Styles(**{f.name: workbook.add_format(_SPEC[f.name]) for f in fields(Styles)})
