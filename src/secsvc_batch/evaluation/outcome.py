"""What a check gives back: one verdict per applicant, and the rows it was made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints, Verdicts, decide
from secsvc_batch.evaluation.reasons import Bits
from secsvc_batch.tables.coded import Codes, Numbers, any_in, count_in

SHEETS = (
    "applicant", "services", "staff", "credentials", "teaching", "training", "cases",
    "specifications", "procedures", "headcounts",
)  # fmt: skip
NO_ROW = 0  # in the place of a row: nothing is filled in, so the sheet itself is what there is to see
UNITS = ("row", "contracts", "months", "person_contracts", "person_months", "people", "stated")


@dataclass(frozen=True)
class Rows:
    """Rows that count, nearly count, or stand against a requirement; all arrays of one length.

    ``applicant`` integers, ``row`` int32; ``certain``, ``possible`` int32 in the ``unit``; ``reasons`` int64
    bits; ``person`` int32, the index of the person in ``Context.people``, None where rows are nobody's.
    """

    sheet: str
    applicant: Numbers
    row: Ints
    certain: Ints
    possible: Ints
    reasons: Bits
    person: Ints | None = None
    unit: str = "row"

    def only(self, keep: Bools) -> Rows:
        """Return the rows for which ``keep`` is true."""
        return replace(
            self,
            applicant=self.applicant[keep],
            row=self.row[keep],
            certain=self.certain[keep],
            possible=self.possible[keep],
            reasons=self.reasons[keep],
            person=None if self.person is None else self.person[keep],
        )


class Amounts(NamedTuple):
    """A quantity of every applicant and what is asked of it; int32 arrays."""

    certain: Ints
    possible: Ints
    threshold: Ints


@dataclass
class Told:
    """What stands behind the verdicts of one node; arrays have one element per applicant.

    ``reasons``: int64 bits; ``missing``: int32, how much is still missing, in the units that the rule's
    text names, None where that is what the amounts say (``missing_months`` likewise, None for nothing).
    ``against``: what ``rows`` do not show of a verdict that is no pass: people and places where
    something is missing, and entries elsewhere. It is told only where no other requirement makes up for it.
    """

    reasons: Bits
    rows: list[Rows] = field(default_factory=list)
    against: list[Rows] = field(default_factory=list)
    missing: Ints | None = None
    missing_months: Ints | None = None


@dataclass
class Outcome:
    """One node for all applicants of a chunk: the verdicts, and on request what stands behind them."""

    verdict: Verdicts
    amounts: Callable[[], Amounts]
    tell: Callable[[], Told]

    @cached_property
    def told(self) -> Told:
        return self.tell()

    @property
    def missing(self) -> Ints:
        """How much is missing: int32 per applicant."""
        if self.told.missing is not None:
            return self.told.missing
        certain, _, threshold = self.amounts()
        return np.asarray(np.maximum(threshold - certain, 0))


def counted(certain: Ints, possible: Ints, threshold: int | Ints, tell: Callable[[], Told]) -> Outcome:
    """Return the outcome of a quantity compared with its threshold."""
    needed = np.broadcast_to(np.asarray(threshold, dtype=np.int32), certain.shape)
    amounts = Amounts(certain, possible, needed)
    return Outcome(decide(certain, possible, needed), lambda: amounts, tell)


def some_people(good: Bounds, applicant: Codes, count: int, tell: Callable[[], Told]) -> Outcome:
    """Return the outcome of people of whom one is enough; ``applicant``: whose each of them is."""

    def amounts() -> Amounts:
        one = np.ones(count, dtype=np.int32)
        return Amounts(
            count_in(applicant, count, good.certain), count_in(applicant, count, good.possible), one
        )

    somebody = Bounds(any_in(applicant, count, good.certain), any_in(applicant, count, good.possible))
    return Outcome(somebody.verdicts(), amounts, tell)


def held(holds: Bounds, tell: Callable[[], Told]) -> Outcome:
    """Return the outcome of something that holds or does not: a quantity of one."""

    def amounts() -> Amounts:
        one = np.ones(len(holds.certain), dtype=np.int32)
        return Amounts(holds.certain.astype(np.int32), holds.possible.astype(np.int32), one)

    return Outcome(holds.verdicts(), amounts, tell)
