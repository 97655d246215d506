"""From typed tables to findings, all applicants of a chunk together.

Facts are computed per sheet kind (``tables.facts``), tested by the sheet's schema (``tables.schemas``),
and what fails becomes findings with the cells they are about (``tables.details`` fills in the rest).
Validation hides nothing from the evaluation: it only says what is amiss.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.standard.loader import Standard
from secsvc_batch.tables import cells
from secsvc_batch.tables.cells import RawCell, text_of
from secsvc_batch.tables.details import details, with_counts
from secsvc_batch.tables.facts import Chunk, frame_of_facts
from secsvc_batch.tables.findings import MORE, bare, capped, more_params
from secsvc_batch.tables.known import Known
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.schemas import Failure, failures
from secsvc_batch.tables.typed import Table, Tables, application_ids
from secsvc_batch.workbook.layout import Layout, Sheet

# One finding per applicant and column stands for all cells of that kind: nothing is wrong with them.
_ONE_FOR_ALL = frozenset({"date_read_from_text", "below_capacity"})


@dataclass(frozen=True)
class _Listed:
    """Findings of one code and field: positions in the table, and the packed parameters of each."""

    code: str
    field: str
    positions: NDArray[Any]
    params: list[str]


def validate(
    tables: Tables, raw: RawTables, layout: Layout, standard: Standard, base_date: date
) -> pd.DataFrame:
    """Return the findings of a chunk as a bare frame (see ``tables.findings``), in reading order.

    ``tables`` are the typed tables of ``raw``. Raises EngineFault where the program contradicts itself.
    """
    chunk = Chunk(tables, raw, layout, Known.of(standard, layout), cells.days(base_date))
    parts = [part for sheet in layout.tables for part in _sheet_findings(chunk, sheet)]
    if not parts:
        return bare({}, 0)
    found: dict[str, NDArray[Any]] = {
        name: np.concatenate([part[name] for part in parts]) for name in parts[0]
    }
    applicants = found["applicant"]
    found["application_id"] = application_ids(tables, raw)[applicants]
    found["file"] = raw.files["file"].to_numpy(dtype=object)[applicants]
    return bare(found, len(applicants))


def shown(raw: RawCell) -> str:
    """Return a raw cell as findings quote it: text as it was typed, days as ISO days.

    >>> shown("２０２７年"), shown(46113.0), shown(cells.UNCACHED)
    ('２０２７年', '46113', '')
    """
    if isinstance(raw, str):
        return "" if raw == cells.UNCACHED else raw.strip()
    return text_of(raw)


def _sheet_findings(chunk: Chunk, sheet: Sheet) -> list[dict[str, NDArray[Any]]]:
    """Return the findings of one sheet kind as columns of the bare frame; an empty list for none."""
    table = chunk.tables[sheet.id]
    if not len(table):
        return []
    failed = failures(sheet, chunk.layout, frame_of_facts(chunk, sheet))
    listed = [part for failure in failed for part in _listed(chunk, sheet, table, failure)]
    return [_columns(chunk, table, listed)] if listed else []


def _listed(chunk: Chunk, sheet: Sheet, table: Table, failure: Failure) -> Iterator[_Listed]:
    at = failure.positions
    spec = sheet.by_id[failure.field]
    if failure.code in _ONE_FOR_ALL:
        _, first, counts = np.unique(table.applicant[at], return_index=True, return_counts=True)
        at = at[first]
        params = details(chunk, table, failure.code, spec, at)
        yield _Listed(failure.code, spec.id, at, with_counts(params, counts.tolist()))
        return
    keep, left = capped(table.applicant[at])
    yield _Listed(failure.code, spec.id, at[keep], details(chunk, table, failure.code, spec, at[keep]))
    if len(left):
        more = [more_params(failure.code, count) for count in left["count"].tolist()]
        yield _Listed(MORE, spec.id, at[left["position"].to_numpy()], more)


def _columns(chunk: Chunk, table: Table, listed: list[_Listed]) -> dict[str, NDArray[Any]]:
    sizes = [len(part.positions) for part in listed]
    at = np.concatenate([part.positions for part in listed])
    fields = np.repeat(np.array([part.field for part in listed], dtype=object), sizes)
    applicants, rows = table.applicant[at], table.row[at]
    return {
        "applicant": applicants,
        "sheet": chunk.raw.source.sheet_names(table.kind, applicants),
        "cell": chunk.raw.source.cells(table.kind, fields, applicants, rows),
        "kind": np.full(len(at), table.kind, dtype=object),
        "row": rows,
        "field": fields,
        "raw": np.array([text for part in listed for text in _raw_texts(chunk, table, part)], dtype=object),
        "code": np.repeat(np.array([part.code for part in listed], dtype=object), sizes),
        "params": np.array([params for part in listed for params in part.params], dtype=object),
    }


def _raw_texts(chunk: Chunk, table: Table, part: _Listed) -> list[str]:
    if part.code in (MORE, "below_capacity"):
        return [""] * len(part.positions)
    return [shown(raw) for raw in chunk.raw_cells(table.kind, part.field)[part.positions]]
