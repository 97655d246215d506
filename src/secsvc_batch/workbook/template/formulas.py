"""Small builders of formulas that Excel 2013 and LibreOffice understand alike.

A formula is text without the leading ``=``. Text is compared by EXACT: ``=`` ignores case, and MATCH,
COUNTIF and the like take wildcards and numbers for text.
"""

import re
from collections.abc import Iterable, Mapping

_SEPARATORS = ("、", "､", ",", "，", ";", "；", "　")
_CONTROL_SEPARATORS = (9, 10, 13, 160)
# First character by code: 1 where it is certainly seen, 0 for white space, controls and unseen marks.
_SEEN = (
    "{0,33,127,161,173,174,1564,1565,5760,5761,6158,6159,8192,8304,12288,12289,55296,57344,65279,65280,"
    "65529,65532}",
    "{0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1,0,1}",
)
# Characters that no normalisation changes: printable ASCII with the blank, 、, 々, kana, kanji.
_STABLE = (
    "{0,32,127,12289,12290,12293,12294,12353,12439,12449,12541,19968,40960}",
    "{0,1,0,1,0,1,0,1,0,1,0,1,0}",
)
_PLACE = re.compile(r"\{(\w+)\}")
_FIRST_SERIAL, _END_SERIAL = 61, 2958466


def text(value: str) -> str:
    """Return a text literal; formulas allow 255 characters in one.

    >>> text('a "b" c')
    '"a ""b"" c"'
    """
    parts = [value[i : i + 250] for i in range(0, len(value), 250)] or [""]
    return "&".join('"' + part.replace('"', '""') + '"' for part in parts)


def filled(sentence: str, values: Mapping[str, str]) -> str:
    """A sentence with formulas in its places.

    >>> filled("row {row}!", {"row": "A1+1"})
    '"row "&A1+1&"!"'
    """
    parts = _PLACE.split(sentence)
    formulas = [text(part) if i % 2 == 0 else values[part] for i, part in enumerate(parts) if part]
    return "&".join(formulas)


def is_date(x: str) -> str:
    """1 where a cell holds a day that needs no interpretation."""
    return f"IF(ISNUMBER({x}),({x}>={_FIRST_SERIAL})*({x}<{_END_SERIAL}),0)"


def odd_date(x: str) -> str:
    """1 where something stands in a date cell that is none (the program may still read it)."""
    return f"IF(LEN({x})=0,0,1-{is_date(x)})"


def is_blank(x: str) -> str:
    """True where certainly nothing stands in a cell."""
    return f"LEN({x})=0"


def is_filled(x: str) -> str:
    """True where certainly something stands in a cell: white space alone does not."""
    return f'(LOOKUP(_xlfn.UNICODE(LEFT({x}&" ",1)),{_SEEN[0]},{_SEEN[1]})=1)'


def one_of(x: str, words: Iterable[str]) -> str:
    """True where a cell holds exactly one of ``words``."""
    return "OR(" + ",".join(f"EXACT({x},{text(word)})" for word in words) + ")"


def position(x: str, words: str, numbers: str) -> str:
    """The number beside the word (ranges) that a cell holds exactly, 0 for none."""
    return f"SUMPRODUCT(MAX(EXACT({words},{x})*{numbers}))"


def stable(x: str, rows: str, length: int) -> str:
    """True where no normalisation would change a text; ``rows`` is a range of ``length`` rows."""
    codes = f'_xlfn.UNICODE(MID({x},ROW({rows}),1)&"A")'
    fits = f"SUMPRODUCT(LOOKUP({codes},{_STABLE[0]},{_STABLE[1]}))={length}"
    return f'IF(LEN({x})>{length},FALSE,IF(EXACT(TRIM({x}),{x}&""),{fits},FALSE))'


def spaced(x: str) -> str:
    """The values of a cell with one blank between them."""
    for separator in _SEPARATORS:
        x = f'SUBSTITUTE({x},{text(separator)}," ")'
    for code in _CONTROL_SEPARATORS:
        x = f'SUBSTITUTE({x},_xlfn.UNICHAR({code})," ")'
    return f"TRIM({x})"


def tokens(x: str) -> str:
    """The values of a cell, each between two bars: ``|S001||S002|``."""
    return f'IF(LEN({x})=0,"","|"&SUBSTITUTE({spaced(x)}," ","||")&"|")'


def count_tokens(tokens: str) -> str:
    """The number of values in what ``tokens`` gave."""
    return f'(LEN({tokens})-LEN(SUBSTITUTE({tokens},"|","")))/2'


def has_token(tokens: str, words: Iterable[str]) -> str:
    """True where one of ``words`` is among the values."""
    return "OR(" + ",".join(f"ISNUMBER(FIND({text(f'|{word}|')},{tokens}))" for word in words) + ")"


def without(tokens: str, words: Iterable[str]) -> str:
    """What is left of the values when ``words`` are taken out; '' where nothing else stands there."""
    for word in words:
        tokens = f'SUBSTITUTE({tokens},{text(f"|{word}|")},"")'
    return tokens


def mid(vector: str, place: int, length: int = 1) -> str:
    return f"MID({vector},{place},{length})"


def number(vector: str, place: int, length: int) -> str:
    """The number at a place of packed texts; 0 for an empty one."""
    return f"((0&MID({vector},{place},{length}))*1)"


def either(conditions: Iterable[str]) -> str:
    """1 where one of several array conditions holds."""
    return "((" + "+".join(f"({c})" for c in conditions) + ")>0)"


def among(x: str, codes: Iterable[str]) -> str:
    """1 where ``x`` is one of ``codes``."""
    return either(f'{x}="{code}"' for code in codes)
