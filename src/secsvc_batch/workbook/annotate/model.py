"""What is to be put into a workbook: new sheets, highlights and row messages."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MARKER = "secsvc-batch"
"""The word by which annotations are recognised: in conditional formats and sheet markers."""
MARKER_PREFIX = MARKER + ":"
NAME_PREFIX = "secsvc_batch_"
"""What every hidden defined name of ours starts with."""
LEVELS = ("error", "warning")
NOTE_WIDTH = 80.0

Value = str | int | float | datetime.date | None


class AnnotationError(Exception):
    """The package is no workbook, or a part that must be changed cannot be read."""


class Cell(NamedTuple):
    """One cell of a new sheet.

    ``style`` is a name of ``styles.PALETTE``; ``link`` a place in the workbook such as ``'要員'!A5``.
    Text is never taken for a formula.  (A tuple, because a sheet has thousands of them.)
    """

    value: Value = None
    style: str = "text"
    link: str = ""


@dataclass(frozen=True)
class NewSheet:
    """A sheet that is put in front of the workbook's own.

    rows         one list per row from row 1; None leaves a cell out
    marker       tells our sheets apart; stands tiny and grey in the last None of the first row, else after it
    widths       of the columns from A, in characters
    heights      of the rows from 1, in points (None: fits the text)
    freeze       (rows, columns) that stay in view
    merges       ranges such as ``A1:D1``
    validations  (range, choices): drop-downs of literals; joined by commas 255 characters at most
    title_rows   rows repeated on every printed page, such as ``1:4``
    autofilter   range with drop-downs in its first row, such as ``A4:K120``
    tab_color    six hexadecimal digits; empty: none
    protect      lock everything but the cells of style ``input`` (no password)
    footer       text at the foot of every printed page (left), before page numbers
    """

    name: str
    marker: str
    rows: Sequence[Sequence[Cell | None]]
    widths: Sequence[float] = ()
    heights: Sequence[float | None] = ()
    freeze: tuple[int, int] = (0, 0)
    merges: Sequence[str] = ()
    tab_color: str = ""
    validations: Sequence[tuple[str, Sequence[str]]] = ()
    landscape: bool = True
    title_rows: str = ""
    autofilter: str = ""
    protect: bool = False
    footer: str = ""


@dataclass(frozen=True)
class Annotation:
    """Everything that is put into one workbook.

    highlights    sheet name -> level ('error', 'warning') -> cells ('C12') or ranges ('C12:D14');
                  '' is passed over
    notes         sheet name -> row (1-based) -> message
    note_columns  sheet name -> (header row, 1-based, 0: no header; column, 0-based, free from there on)
    note_header   header of the message column

    Sheets that the workbook does not have are passed over.
    """

    sheets: Sequence[NewSheet] = ()
    highlights: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    notes: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    note_columns: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    note_header: str = ""

    def touched(self) -> list[str]:
        """Return the names of the workbook's own sheets that get highlights or messages, each once."""
        return list(dict.fromkeys((*self.highlights, *self.notes)))
