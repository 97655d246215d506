"""What a single cell says: text, dates, marks and numbers as people type them.

Every function takes one raw cell (text, number, date or None) and is called once per *distinct*
value of a column, so nothing here needs to be fast.
"""

import re
import unicodedata
from datetime import date, timedelta
from functools import cache

RawCell = str | float | date | None

BLANK, OK, UNREADABLE, ERROR = 0, 1, 2, 3

# What a cell shows instead of a value: Excel's errors, and the reader's mark of a formula that was
# never calculated.
UNCACHED = "\ue000"
ERROR_TEXTS = frozenset(
    {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
     "#GETTING_DATA", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", UNCACHED}
)  # fmt: skip

_EPOCH = date(1970, 1, 1)
_SERIAL_EPOCH = date(1899, 12, 30)
_SERIAL_LEAP_BUG = 60  # the day 1900-02-29, which Excel knows and the calendar does not
_SERIAL_MAX = 2_958_465  # 9999-12-31
_ERAS = {"昭和": 1925, "S": 1925, "平成": 1988, "H": 1988, "令和": 2018, "R": 2018}
# a time of day behind a date, apart from it by a space or T (after 日 by nothing)
_TIME = (
    r"(?:(?:\s+|T|(?<=日))(?:午前|午後|AM|PM)?\s*\d{1,2}\s*(?:時|[:時]\s*\d{1,2}"
    r"(?:\s*[:分]\s*(?:\d{1,2}(?:\.\d+)?\s*秒?)?)?)\s*(?:AM|PM)?Z?)?"
)
_YMD = (
    r"(?P<y>\d{4})\s*(?:(?P<s>[/.\-])\s*(?P<m>\d{1,2})\s*(?P=s)\s*(?P<d>\d{1,2})"
    r"|年\s*(?P<m2>\d{1,2})\s*月\s*(?P<d2>\d{1,2})\s*日)"
)
_ERA = (
    r"(?P<era>昭\s*和|平\s*成|令\s*和|[SHR])\s*(?P<y>元|\d{1,3})\s*"
    r"(?:(?P<s>[/.])\s*(?P<m>\d{1,2})\s*(?P=s)\s*(?P<d>\d{1,2})"
    r"|年\s*(?P<m2>\d{1,2})\s*月\s*(?P<d2>\d{1,2})\s*日)"
)
_EIGHT = r"(?P<y>\d{4})\s*(?P<m>\d{2})\s*(?P<d>\d{2})"
_DATE_PATTERNS = tuple(re.compile(p + _TIME, re.IGNORECASE) for p in (_YMD, _ERA, _EIGHT))
_COUNT_MAX = 999_999_999  # a larger number is as far from every number of people as this one
_COUNT = re.compile(r"(\d+)\s*[名人]?")


def text_of(raw: RawCell) -> str:
    """Return the normalised text of a cell: NFKC, trimmed, white space folded, ○ for its variants.

    >>> text_of(" ＣＩＳＳＰ　（国際） ")
    'CISSP (国際)'
    >>> text_of(12.0)
    '12'
    """
    if raw is None:
        return ""
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, date):
        return raw.isoformat()
    if raw.isascii():
        return " ".join(raw.split())
    return " ".join(unicodedata.normalize("NFKC", raw).split()).replace("〇", "○").replace("◯", "○")


def is_error(raw: RawCell) -> bool:
    """Tell whether the cell shows an error or a formula without a value instead of content."""
    return isinstance(raw, str) and raw in ERROR_TEXTS


def clause_of(raw: RawCell) -> str:
    """Return a clause number as it stands: NFKC would turn ① into 1."""
    return raw.strip() if isinstance(raw, str) else text_of(raw)


def split_values(text: str, *, at_space: bool = True) -> list[str]:
    """Split several values of one cell at 、 , ; line breaks and (unless told otherwise) spaces."""
    return [
        part.strip() for part in re.split(r"[、,;\s]+" if at_space else r"[、,;\n\r]+", text) if part.strip()
    ]


def split_raw(raw: RawCell, *, at_space: bool = True) -> list[str]:
    """Split a raw cell into its normalised values; line breaks are seen before they are folded.

    >>> split_raw("S001、Ｓ００２\\nS003")
    ['S001', 'S002', 'S003']
    """
    if raw is None:
        return []
    text = unicodedata.normalize("NFKC", raw) if isinstance(raw, str) else text_of(raw)
    return [text_of(part) for part in split_values(text, at_space=at_space)]


def days(day: date) -> int:
    """Return a day as days since 1970-01-01, the unit of all date columns."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """Return the day that ``days`` gave the number of."""
    return _EPOCH + timedelta(days=number)


def date_of(raw: RawCell) -> int | None:
    """Return the day a cell names in days since 1970-01-01, or None where it names none.

    Read are date cells, serial numbers, eight digits and the written forms of the Western and
    Japanese calendars; anything else is no date.

    >>> day_of(date_of("R7.4.1") or 0).isoformat()
    '2025-04-01'
    """
    if raw is None:
        return None
    if isinstance(raw, date):
        return days(raw)
    if isinstance(raw, float):
        return _serial(raw) if abs(raw) < 10_000_000 else _written(text_of(raw))
    text = text_of(raw)
    if len(text) == 5 and text.isascii() and text.isdigit():
        return _serial(float(text))
    return _written(text)


def _serial(value: float) -> int | None:
    serial = int(value) if value >= 1 else 0
    if not 1 <= serial <= _SERIAL_MAX or serial == _SERIAL_LEAP_BUG:
        return None
    return days(_SERIAL_EPOCH + timedelta(days=serial + (serial < _SERIAL_LEAP_BUG)))


@cache
def _written(text: str) -> int | None:
    for pattern in _DATE_PATTERNS:
        if found := pattern.fullmatch(text):
            part = found.groupdict()
            year = 1 if part["y"] == "元" else int(part["y"])
            if era := part.get("era"):
                # an era may run past its end: 昭和100年 is 2025
                year = year + _ERAS["".join(era.upper().split())] if year else 0
            month, day = part["m"] or part["m2"], part["d"] or part["d2"]
            return _calendar(year, int(month), int(day))
    return None


def _calendar(year: int, month: int, day: int) -> int | None:
    try:
        return days(date(year, month, day))
    except ValueError:
        return None


def count_of(raw: RawCell) -> int | None:
    """Return a whole number >= 0 from a number cell or digits (名 or 人 may follow), else None."""
    if isinstance(raw, float):
        return min(int(raw), _COUNT_MAX) if raw.is_integer() and raw >= 0 else None
    if isinstance(raw, str) and (found := _COUNT.fullmatch(text_of(raw))):
        digits = found.group(1).lstrip("0") or "0"
        return int(digits) if len(digits) < 10 else _COUNT_MAX
    return None
