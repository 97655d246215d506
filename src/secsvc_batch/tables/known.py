"""What validation asks of the standard: listed names, list numbers, and the clauses of pre-filled sheets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from secsvc_batch.standard.lists import ReferenceLists
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import Requirement
from secsvc_batch.tables.cells import text_of
from secsvc_batch.workbook.layout import Field, Layout, Sheet


@dataclass(frozen=True)
class Known:
    """``names``: names as cells show them, by list number; ``kinds``: what a list holds;
    ``clauses``: per pre-filled sheet its clauses, each with the lists whose names fit there.
    """

    names: Mapping[str, frozenset[str]]
    kinds: Mapping[str, str]
    clauses: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def of(cls, standard: Standard, layout: Layout) -> "Known":
        lists = standard.lists
        return cls(
            names={i: frozenset(text_of(entry.name) for entry in lists.of(i)) for i in lists.ids},
            kinds={i: lists.kind(i) for i in lists.ids},
            clauses={s.id: _clauses(s, standard.requirements, lists) for s in layout.tables if s.prefilled},
        )

    def lists_of(self, field: Field) -> tuple[str, ...]:
        """Return the numbers of the lists whose kind a column takes."""
        return tuple(i for i, kind in self.kinds.items() if kind in field.list_kinds)

    def names_of(self, lists: Iterable[str]) -> frozenset[str]:
        """Return every name of the given lists."""
        return frozenset().union(*(self.names[i] for i in lists))


def _clauses(
    sheet: Sheet, requirements: Iterable[Requirement], lists: ReferenceLists
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for requirement in requirements:
        check = requirement.requires
        if (
            check is None
            or sheet.prefilled is None
            or check.check.split(":")[0] not in sheet.prefilled.checks
        ):
            continue
        named = (getattr(check, "list", None), getattr(check, "review_list", None))
        # A headcount has a row for each of its routes, every other check one of its own.
        for clause in getattr(check, "routes", None) or [requirement.clause]:
            found[clause] = tuple(i for i in named if i in lists.ids)
    return found
