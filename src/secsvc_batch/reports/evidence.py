"""The rows behind every verdict: their cells, and in words what each row says and what it adds."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secsvc_batch.evaluation.engine import Results
from secsvc_batch.evaluation.outcome import NO_ROW, SHEETS, UNITS
from secsvc_batch.evaluation.reasons import CELLS, MAIN_CELL, Reason
from secsvc_batch.messages import word
from secsvc_batch.reports.common import Codes, Objects, node_keys, per_distinct, reason_sentences, shortened
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import Requirement
from secsvc_batch.tables import cells
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.typed import Table

# The column that a check looks at in a sheet, where it is not the sheet's own main column.
_CHECK_CELL = {
    ("experts_list", "services"): "experts_list_location",
    ("quality_manager", "services"): "quality_manager",
    ("ref", "services"): "registration_number",
}
# The fields that tell what a row is about. A key with a check is for the rows of that check.
_TOLD: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "services"): ("service",),
    ("experts_list", "services"): ("experts_list_location",),
    ("quality_manager", "services"): ("quality_manager",),
    ("ref", "services"): ("registration_number",),
    ("", "staff"): ("staff_id", "name"),
    ("", "credentials"): ("staff_id", "credential", "acquired_on", "expires_on"),
    ("", "teaching"): ("staff_id", "kind", "organisation", "started_on"),
    ("", "training"): ("staff_id", "course", "completed_on"),
    ("", "cases"): ("case_id", "started_on", "ended_on", "contract_form"),
    ("case_review", "cases"): ("case_id", "participants", "reviewers", "review_method"),
    ("", "specifications"): ("standard", "disclosed_at"),
    ("", "procedures"): ("status", "document"),
    ("client_information", "procedures"): ("status", "document", "audited_on", "auditor"),
    ("", "headcounts"): ("clause", "stated_count"),
}
_FAMILY = {"case_peer_review": "case_review"}  # checks that tell of their rows as another one does
_OTHER_NAMES = {"credential": "credential_other", "standard": "standard_other"}
# Checks that hold only when every row does: the rows that do not hold are shown first.
_ALL_ROWS = ("case_review", "headcount", "headcount_both", "client_information", "education")
_COUNTING = ("route", "education")  # checks whose rows are counted; those of the others hold or do not
_LONGEST = 60  # characters of a cell that are shown


def _check(requirement: Requirement) -> str:
    """The check of a leaf without its kind, as rows tell of it; '' for a group."""
    name = requirement.requires.check.partition(":")[0] if requirement.requires else ""
    return _FAMILY.get(name, name)


class Evidence:
    """The contributions of a chunk in the order in which they are shown: by verdict row, then weight.

    ``at``: positions in ``Results.contributions``; ``node``: the verdict row of each, ascending;
    ``rank``: 0, 1, .. within the verdict row; ``size``: how many that row has. All int64 arrays.
    """

    def __init__(self, results: Results, raw: RawTables, standard: Standard, lang: str) -> None:
        self._results, self._raw, self._standard, self._lang = results, raw, standard, lang
        frame = results.contributions
        self._column = {name: frame[name].to_numpy() for name in frame.columns}
        self._checks = np.array([_check(node) for node in standard.requirements], dtype=object)
        self.at, self.node = self._sorted()
        start = np.searchsorted(self.node, self.node, side="left")
        self.rank = np.arange(len(self.node)) - start
        self.size = np.searchsorted(self.node, self.node, side="right") - start
        self._column = {name: values[self.at] for name, values in self._column.items()}
        self.check = self._checks[self._column["requirement"]] if len(self.at) else np.empty(0, object)

    def _sorted(self) -> tuple[Codes, Codes]:
        column, verdicts = self._column, self._results.verdicts
        count = len(self._standard.requirements)
        keys = node_keys(verdicts["applicant"].to_numpy(), verdicts["requirement"].to_numpy(), count)
        node = np.searchsorted(keys, node_keys(column["applicant"], column["requirement"], count))
        totals = np.array([unit.startswith("person_") for unit in UNITS])[column["unit"]]
        certain, possible = column["certain"], column["possible"]
        weight = (possible > 0).astype(np.int8) + (certain > 0) + ((certain > 0) & (certain == possible))
        backwards = np.isin(self._checks, _ALL_ROWS)[column["requirement"]]
        order = np.lexsort((np.where(backwards, weight, -weight), column["unit"], ~totals, node))
        return order, node[order]

    def __len__(self) -> int:
        return len(self.at)

    @property
    def applicant(self) -> NDArray[np.int32]:
        return self._column["applicant"]

    @property
    def possible(self) -> NDArray[np.int32]:
        """How much each row adds at most."""
        return self._column["possible"]

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Where a number that is stated is not what was counted."""
        return np.asarray(self._column["unit"] == UNITS.index("people"))

    @property
    def kind(self) -> NDArray[np.int8]:
        """The sheet kind, as index in ``SHEETS``."""
        return self._column["sheet"]

    @cached_property
    def sheet(self) -> Objects:
        """The sheet's name as it stands in the applicant's workbook, or should stand."""

        def names(kind: str, at: Codes) -> Objects:
            found = self._raw.source.sheet_names(kind, self.applicant[at])
            found[found == ""] = self._standard.layout.by_id[kind].name(self._lang)
            return found

        return self._by_sheet(names)

    @cached_property
    def cell(self) -> Objects:
        """The cell's address, the header's where nothing is filled in; '' where the column is missing."""
        return self._by_sheet(self._addresses)

    @cached_property
    def place(self) -> Objects:
        """Sheet and cell, such as ``要員!A5``; only the sheet where the column is missing."""
        return np.where(self.cell == "", self.sheet, self.sheet + "!" + self.cell)

    def _by_sheet(self, make: Callable[[str, Codes], Objects]) -> Objects:
        result = np.full(len(self), "", dtype=object)
        for code, kind in enumerate(SHEETS):
            at = np.flatnonzero(self._column["sheet"] == code)
            if len(at):
                result[at] = make(kind, at)
        return result

    def _roles(self, at: Codes) -> Objects:
        """The column of the sheet staff that names the people of a requirement, '' where it has none."""
        rules = [getattr(node.requires, "people", None) for node in self._standard.requirements]
        roles = np.array([rule.roles[0] if rule else "" for rule in rules], dtype=object)
        return np.asarray(roles[self._column["requirement"][at]], dtype=object)

    def _unreadable_fields(self, kind: str, at: Codes) -> Objects:
        """The field that cannot be read, for rows with that reason; else ''."""
        found = np.full(len(at), "", dtype=object)
        here = np.flatnonzero(self._column["reasons"][at] & int(Reason.UNREADABLE_CELL))
        if not len(here):
            return found
        context, rows = self._results.context, at[here]
        table = context.tables[kind]
        position = self._positions(kind, self.applicant[rows], self._column["row"][rows])
        roles = self._roles(rows)
        for name, column in reversed(table.columns.items()):
            bad = context.lost_rows(kind) if name == "clause" else column.unreadable
            # a role is looked at by its own requirements only
            concerns = (roles == name) | ~np.isin(name, np.unique(roles)) if kind == "staff" else True
            found[here[np.append(bad, False)[position] & concerns]] = name
        return found

    def _addresses(self, kind: str, at: Codes) -> Objects:
        """The cell that the row's reason looks at, else the one that tells what the row is about."""
        source, applicant, row = self._raw.source, self.applicant[at], self._column["row"][at]
        of_sheet = MAIN_CELL.get(kind, "")
        main = per_distinct(lambda check: _CHECK_CELL.get((check, kind), of_sheet), self.check[at])
        places = [(int(reason), field) for reason, field in CELLS.get(kind, {}).items()]
        places.sort()

        def looked_at(bits: int) -> str:
            return next((field for reason, field in places if bits & reason), "")

        field = per_distinct(looked_at, self._column["reasons"][at])
        own = per_distinct(lambda check: (check, kind) in _CHECK_CELL, self.check[at]).astype(bool)
        own &= ~self.referred[at]
        field = np.where((field == "") | own, main, field)
        nowhere = row == NO_ROW
        field = np.where(nowhere, self._roles(at) if kind == "staff" else main, field)
        unreadable = self._unreadable_fields(kind, at)
        field = np.where((unreadable == "") | own, field, unreadable)
        row = np.where(nowhere, source.header_rows(kind)[applicant], row)
        address = source.cells(kind, field, applicant, row)
        missing = np.flatnonzero(address == "")
        address[missing] = source.cells(kind, main[missing], applicant[missing], row[missing])
        return address

    @cached_property
    def told(self) -> Objects:
        """What each row says, such as ``S001　CISSP　2027-03-31まで``."""
        result = np.full(len(self), "", dtype=object)
        for (check, kind), fields in _TOLD.items():
            others = [c for c, k in _TOLD if k == kind and c]
            of_check = self.check == check if check else ~np.isin(self.check, others)
            at = np.flatnonzero((self._column["sheet"] == SHEETS.index(kind)) & of_check)
            if len(at):
                result[at] = self._tell(kind, f"judgement.row.{kind}{'.' * bool(check)}{check}", fields, at)
        referred = np.flatnonzero(self.referred)
        result[referred] = self._tell("services", "judgement.row.services", ("service",), referred)
        result[self._column["row"] == NO_ROW] = word("judgement.row.nothing", self._lang)
        person = self._column["person"]
        of_person = np.flatnonzero((person > 0) & (self._column["sheet"] == SHEETS.index("cases")))
        people = self._cells_of("staff", "staff_id", self.applicant[of_person], person[of_person])
        result[of_person] = [
            word("judgement.row.of_person", self._lang, person=person, row=row)
            for person, row in zip(people.tolist(), result[of_person].tolist(), strict=True)
        ]
        return result

    @property
    def referred(self) -> NDArray[np.bool_]:
        """Rows of a service whose own requirements decide, instead of what is filled in here."""
        return np.asarray((self._column["reasons"] & int(Reason.REFERRED)) != 0)

    def _tell(self, kind: str, key: str, fields: tuple[str, ...], at: Codes) -> Objects:
        applicant, row = self.applicant[at], self._column["row"][at]
        columns = [self._cells_of(kind, field, applicant, row) for field in fields]

        blank = word("judgement.blank", self._lang)

        def tell(*texts: str) -> str:
            if len(texts) > 1 and set(texts) == {blank}:
                return word("judgement.row.nothing", self._lang)
            return word(key, self._lang, **dict(zip(fields, texts, strict=True)))

        return per_distinct(tell, *columns)

    def _cells_of(self, kind: str, field: str, applicant: NDArray[Any], row: NDArray[Any]) -> Objects:
        """Return what cells show, by applicant and row."""
        shown: Objects = self._once(("shown", kind, field, self._lang), lambda: self._shown(kind, field))
        texts: Objects = shown[self._positions(kind, applicant, row)]
        return texts

    def _positions(self, kind: str, applicant: NDArray[Any], row: NDArray[Any]) -> Codes:
        """Return the positions of rows in their table."""
        made = self._once(("rows", kind), lambda: _Positions(self._results.context.tables[kind]))
        found: Codes = made.of(applicant, row)
        return found

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        return self._results.context.once(("evidence", *key), make)

    def _shown(self, kind: str, field: str) -> Objects:
        """Return the texts of a whole column as a person would read them."""
        values = self._raw.sheets[kind][field].to_numpy(dtype=object)
        spec = self._standard.layout.by_id[kind].by_id[field]
        texts = per_distinct(lambda value: self._show(value, spec.type), values)
        other = _OTHER_NAMES.get(field)
        if other is not None:
            words = {cells.text_of(text) for text in self._results.context.word("other")}
            is_other = per_distinct(lambda text: cells.text_of(text) in words, texts)
            asked = np.flatnonzero(is_other.astype(bool))
            texts[asked] = self._shown(kind, other)[asked]
        # one more for a row that is not there
        return np.append(texts, np.array([word("judgement.blank", self._lang)], dtype=object))

    def _show(self, value: Any, kind: str) -> str:
        # a missing value may have become nan on its way through a frame
        if value is None or value != value:
            return word("judgement.blank", self._lang)
        if value == cells.UNCACHED:
            return word("judgement.uncached", self._lang)
        if kind == "date" and (day := cells.date_of(value)) is not None:
            return cells.day_of(day).isoformat()
        text = cells.clause_of(value) if kind == "clause" else cells.text_of(value)
        return shortened(text, _LONGEST)

    @cached_property
    def adds(self) -> Objects:
        """What each row adds, such as ``1件として数える``."""
        column = self._column
        counting = np.isin(self.check, _COUNTING)
        return per_distinct(self._adds, counting, column["unit"], column["certain"], column["possible"])

    def _adds(self, counting: bool, unit: int, certain: int, possible: int) -> str:
        state = "yes" if certain and certain == possible else "maybe" if possible else "no"
        name = UNITS[unit]
        if name == "row":
            name = "counted" if counting else "held"
        sure, most = str(certain), str(possible)
        return word(f"judgement.adds.{name}.{state}", self._lang, certain=sure, possible=most)

    @cached_property
    def why(self) -> Objects:
        """Why a row adds less than it could, as sentences; '' where it adds all."""
        return per_distinct(lambda bits: reason_sentences(bits, self._lang), self._column["reasons"])

    def addresses_of(self, nodes: int, most: int) -> Objects:
        """Return the places of every verdict row joined by ``;``: each once, ``most`` at most, then …(+N)."""
        texts = np.full(nodes, "", dtype=object)
        rows, starts = np.unique(self.node, return_index=True)
        ends = np.append(starts, len(self.node))[1:]
        listed = self.place.tolist()
        for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
            once = listed[start:end] if end - start == 1 else list(dict.fromkeys(listed[start:end]))
            more = f";…(+{len(once) - most})" if len(once) > most else ""
            texts[row] = ";".join(once[:most]) + more
        return texts


@dataclass(frozen=True)
class _Sorted:
    keys: Codes
    position: Codes


class _Positions:
    """Finds rows of a table by applicant and row number; its length stands for a row that is not there."""

    def __init__(self, table: Table) -> None:
        keys = table.applicant.astype(np.int64) << 32 | table.row
        order = np.argsort(keys, kind="stable")
        self._sorted = _Sorted(keys[order], order)

    def of(self, applicant: NDArray[Any], row: NDArray[Any]) -> Codes:
        keys, position = self._sorted.keys, self._sorted.position
        if not len(keys):
            return np.zeros(len(row), dtype=np.int64)
        wanted = applicant.astype(np.int64) << 32 | row.astype(np.int64)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, position[at], len(keys))


def evidence(results: Results, raw: RawTables, standard: Standard, lang: str) -> Evidence:
    """Return the evidence of a chunk; made once per chunk and language."""
    return results.context.once(("evidence", lang), lambda: Evidence(results, raw, standard, lang))
