"""What the hidden sheet of calculations holds: constants, one packed text per row, and defined names.

A helper of a row is a defined name whose references are relative to the row, so that every cell holds
no more than that name. Vectors (``v_...``) are the helpers of all rows of a sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from xlsxwriter.utility import xl_col_to_name, xl_range_abs, xl_rowcol_to_cell

from secsvc_batch.messages import word
from secsvc_batch.tables.cells import text_of
from secsvc_batch.workbook.layout import Choice
from secsvc_batch.workbook.template import formulas as f
from secsvc_batch.workbook.template import grid
from secsvc_batch.workbook.template.content import Content
from secsvc_batch.workbook.template.places import Places, quoted

UNKNOWN, BLANK, OTHER = 1, 2, 3
"""Numbers of names that stand in no list: not readable for certain, blank, certainly unlisted."""

FIRST_NAME = 4
STABLE_LENGTH, LONG_LENGTH = 40, 120
CODES = "123456789ABCDEFGHIJKLMNOPRSTUVWXYZ"
"""Codes of choices by their order; Q stands for a text that is none of them, - for a blank."""


def spellings(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as they are offered and as the program compares them."""
    return tuple(dict.fromkeys(form for name in names for form in (name, text_of(name))))


def words_of(choice: Choice) -> tuple[str, ...]:
    return spellings((choice.ja, choice.en))


@dataclass
class Plan:
    """Collects names, constants and formulas of one template."""

    content: Content
    names: dict[str, str] = field(default_factory=dict)
    constants: list[tuple[int, int, str | float]] = field(default_factory=list)
    formulas: list[tuple[int, int, str]] = field(default_factory=list)
    columns: int = 0

    def __post_init__(self) -> None:
        self.places = Places(self.content)
        self.sheet = quoted(word("template.calc_sheet", self.content.lang))
        rows = grid.last_row(max(self.content.layout.tables, key=lambda sheet: sheet.capacity)) + 1
        self._bins = self._column([float(i) for i in range(rows)])
        self._vocabularies: dict[str, tuple[str, str]] = {}
        self._name_numbers: dict[str, int] = {}
        self._name_ranges: tuple[str, str] | None = None
        self._cells = 0
        self._cell_column = self._next_column()

    # --- places on the sheet ---

    def _next_column(self) -> int:
        self.columns += 1
        return self.columns - 1

    def _column(self, values: Sequence[str | float]) -> str:
        column = self._next_column()
        self.constants += [(grid.FIRST_ROW + i, column, value) for i, value in enumerate(values)]
        last = grid.FIRST_ROW + len(values) - 1
        return f"{self.sheet}!{xl_range_abs(grid.FIRST_ROW, column, last, column)}"

    def constant(self, value: str) -> str:
        """Keep a text of any length in a cell of its own."""
        address = self._cell()
        self.constants.append((grid.FIRST_ROW + self._cells - 1, self._cell_column, value))
        return address

    def _cell(self) -> str:
        self._cells += 1
        row = grid.FIRST_ROW + self._cells - 1
        return f"{self.sheet}!{xl_rowcol_to_cell(row, self._cell_column, True, True)}"

    def value(self, formula: str) -> str:
        """Calculate a value once, in a cell of its own."""
        address = self._cell()
        self.formulas.append((grid.FIRST_ROW + self._cells - 1, self._cell_column, formula))
        return address

    def name(self, name: str, formula: str) -> str:
        """Define a name (once) and return it."""
        if self.names.setdefault(name, formula) != formula:
            raise ValueError(f"the name {name} stands for two formulas")
        return name

    def rows(self, name: str, sheet_id: str, formula: str) -> str:
        """Calculate ``formula`` in every row of a sheet that holds anything.

        Returns the name of the whole vector; ``of_<name>`` stands for the value of the same row. The name
        in the cells is short, ``_`` and the column: it stands there some ten thousand times.
        Intermediate results have columns of their own where several formulas use them: LibreOffice puts
        the formula of a name in its place, and a formula has room for some thousand operands.
        """
        column = self._next_column()
        last = grid.last_row(self.places.sheets[sheet_id])
        content = f"COUNTA({self.places.row_here(sheet_id)})"
        row_name = self.name(f"_{xl_col_to_name(column)}", f'IF({content}=0,"",{formula})')
        self.name(f"of_{name}", f"{self.sheet}!{xl_col_to_name(column, True)}1")
        self.formulas += [(row, column, row_name) for row in range(grid.FIRST_ROW, last + 1)]
        return self.name(f"v_{name}", f"{self.sheet}!{xl_range_abs(grid.FIRST_ROW, column, last, column)}")

    def step(self, name: str, sheet_id: str, formula: str) -> str:
        """Calculate ``formula`` in every row of a sheet and return the name of the value of the same row."""
        self.rows(name, sheet_id, formula)
        return f"of_{name}"

    def letters(self, name: str, sheet_id: str, formulas: Sequence[str]) -> list[str]:
        """Calculate a character by each formula, all in one column; return what stands for each in a row."""
        value = self.step(name, sheet_id, "&".join(formulas) or '"-"')
        return [f.mid(value, place) for place in range(1, len(formulas) + 1)]

    def aligned(self, name: str, formulas: Sequence[str]) -> None:
        """Calculate a value per data row from the first on; ``name`` stands for that of the same row."""
        column = self._next_column()
        self.formulas += [(grid.FIRST_ROW + i, column, formula) for i, formula in enumerate(formulas)]
        self.name(name, f"{self.sheet}!{xl_col_to_name(column, True)}1")

    def first_rows(self, count: int) -> str:
        """Return a range of the first rows of the sheet, for counting from 1."""
        return f"{self.sheet}!$1:${count}"

    def bins(self, sheet_id: str) -> str:
        """Return the numbers 0 to the capacity of a sheet."""
        column = str(xl_col_to_name(0, True))
        first = grid.FIRST_ROW + 1
        return f"{self.sheet}!{column}${first}:{column}${first + self.places.sheets[sheet_id].capacity}"

    # --- reading cells ---

    def stable(self, x: str, length: int = STABLE_LENGTH) -> str:
        return f.stable(x, self.first_rows(length), length)

    def code(self, x: str, vocabulary: str) -> str:
        """The code of a choice (one character)."""
        words, numbers = self._vocabulary(vocabulary)
        found = f"MID({f.text('Q' + CODES)},1+{f.position(x, words, numbers)},1)"
        return f'IF(LEN({x})=0,"-",{found})'

    def code_of(self, vocabulary: str, choice: str) -> str:
        """Return the code that ``code`` gives for a choice."""
        choices = self.content.layout.vocabularies[vocabulary]
        return CODES[next(i for i, c in enumerate(choices) if c.id == choice)]

    def _vocabulary(self, name: str) -> tuple[str, str]:
        if name not in self._vocabularies:
            choices = self.content.layout.vocabularies[name]
            pairs = [(form, i) for i, c in enumerate(choices, 1) for form in words_of(c)]
            self._vocabularies[name] = (
                self._column([form for form, _ in pairs]),
                self._column([float(i) for _, i in pairs]),
            )
        return self._vocabularies[name]

    @property
    def name_ranges(self) -> tuple[str, str]:
        """Every listed name in every spelling, and its number."""
        if self._name_ranges is None:
            lists = self.content.standard.lists
            forms = spellings([entry.name for list_id in lists.ids for entry in lists.of(list_id)])
            self._name_numbers = {form: FIRST_NAME + i for i, form in enumerate(forms)}
            numbers = [float(n) for n in self._name_numbers.values()]
            self._name_ranges = (self._column(list(forms)), self._column(numbers))
        return self._name_ranges

    def name_number(self, x: str) -> str:
        """The number of the name in a cell."""
        words, numbers = self.name_ranges
        found = f.position(x, words, numbers)
        unlisted = f"IF({self.stable(x, LONG_LENGTH)},{OTHER},{UNKNOWN})"
        return f"IF(LEN({x})=0,{BLANK},IF({found}>0,{found},{unlisted}))"

    def flags(self, list_id: str) -> str:
        """Return the cell that says for each number of a name whether it stands in a list.

        Q: nobody knows, 0: no, 1: yes, L: yes, and such a credential never expires. The character in
        front is for blank rows.
        """
        self.name_ranges  # noqa: B018 - numbers the names
        entries = self.content.standard.lists.of(list_id)
        listed = {text_of(e.name): "L" if e.expires == "no" else "1" for e in entries}
        names = "".join(listed.get(text_of(form), "0") for form in self._name_numbers)
        key = f"flags_{list_id.replace('-', '_')}"
        if key not in self.names:
            self.name(key, self.constant("0Q00" + names))
        return key

    def flag(self, list_id: str, vector: str, place: int) -> str:
        """The flags of a list for a vector of packed texts with the number of the name at ``place``."""
        return f"MID({self.flags(list_id)},1+{f.number(vector, place, 3)},1)"

    def list_number(self, list_id: str) -> str:
        return f"{self.content.standard.lists.ids.index(list_id) + 1:02}"

    def claim(self, sheet_id: str) -> str:
        """The list that a row may claim equivalence for: its number, 00 for none, 99 for any."""
        equivalent, chosen = (self.places.here(sheet_id, n) for n in ("equivalent", "list_id"))
        numbers = "".join(f"{i + 1:02}" for i in range(len(self.content.standard.lists.ids)))
        if "list_ids" not in self.names:
            ids = self._column(list(self.content.standard.lists.ids))
            self.name("list_ids", ids)
            self.name("list_numbers", self._column([float(i + 1) for i in range(len(numbers) // 2)]))
        found = f.position(chosen, "list_ids", "list_numbers")
        number = f'IF({found}>0,TEXT({found},"00"),"99")'
        return f'IF(OR(LEN({equivalent})=0,EXACT({equivalent},"×"),LEN({chosen})=0),"00",{number})'

    def claimed(self, list_id: str, vector: str, place: int) -> str:
        """1 where a row may claim equivalence for a list."""
        claim = f.mid(vector, place, 2)
        return f.either([f'{claim}="{self.list_number(list_id)}"', f'{claim}="99"'])
