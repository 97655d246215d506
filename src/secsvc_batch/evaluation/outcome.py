"""What a check gives back: one verdict per applicant, and the rows it was made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from secsvc_batch.evaluation.algebra import Bools, Bounds, Ints, Verdicts, decide
from secsvc_batch.evaluation.reasons import Bits

SHEETS = (
    "applicant", "services", "staff", "credentials", "teaching", "training", "cases",
    "specifications", "procedures", "headcounts",
)  # fmt: skip
NO_ROW = 0  # in the place of a row: nothing is filled in, so the sheet itself is what there is to see
UNITS = ("row", "contracts", "months", "person_contracts", "person_months", "people", "stated")


@dataclass(frozen=True)
class Rows:
    """Rows that count, nearly count, or stand against a requirement; all arrays of one length.

    ``applicant``, ``row`` int32; ``certain``, ``possible`` int32 in the ``unit``; ``reasons`` int64
    bits; ``person`` int32, the index of the person in ``Context.people``, None where rows are nobody's.
    """

    sheet: str
    applicant: Ints
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


@dataclass
class Outcome:
    """One leaf for all applicants of a chunk; arrays have one element per applicant.

    ``certain``, ``possible``, ``threshold``: int32; ``reasons``: int64 bits; ``missing``: int32,
    how much is still missing, in the units that the rule's text names (``missing_months`` likewise).
    ``against``: what ``rows`` do not show of a verdict that is no pass: people and places where
    something is missing, and entries elsewhere. It is told only where no other requirement makes up for it.
    """

    verdict: Verdicts
    certain: Ints
    possible: Ints
    threshold: Ints
    reasons: Bits
    missing: Ints
    missing_months: Ints | None = None
    rows: list[Rows] = field(default_factory=list)
    against: list[Rows] = field(default_factory=list)


def counted(certain: Ints, possible: Ints, threshold: int | Ints, reasons: Bits, rows: list[Rows]) -> Outcome:
    """Return the outcome of a quantity compared with its threshold."""
    needed = np.broadcast_to(np.asarray(threshold, dtype=np.int32), certain.shape).astype(np.int32)
    verdict = decide(certain, possible, needed)
    return Outcome(
        verdict,
        certain,
        possible,
        needed,
        reasons,
        np.maximum(needed - certain, 0).astype(np.int32),
        rows=rows,
    )


def held(holds: Bounds, reasons: Bits, rows: list[Rows], against: list[Rows] | None = None) -> Outcome:
    """Return the outcome of something that holds or does not: a quantity of one."""
    outcome = counted(holds.certain.astype(np.int32), holds.possible.astype(np.int32), 1, reasons, rows)
    outcome.against = against or []
    return outcome
