"""The verdict algebra: bounds, thresholds, and how groups follow from their children.

Every quantity is a pair (certain, possible) with certain <= possible. A verdict compares the pair
with a threshold; groups are minimum and maximum over the children that apply. The order is
fail < review < pass; not_applicable stands outside of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secsvc_batch.standard.model import VERDICTS, ReadingValue

Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]
Verdicts = NDArray[np.int8]

FAIL, REVIEW, PASS, NOT_APPLICABLE = (np.int8(code) for code in range(len(VERDICTS)))


@dataclass(frozen=True)
class Bounds:
    """What certainly holds and what possibly holds, element by element (bool arrays)."""

    certain: Bools
    possible: Bools

    @classmethod
    def sure(cls, holds: Bools) -> Bounds:
        """A fact without doubt."""
        return cls(holds, holds)

    @classmethod
    def doubt(cls, holds: Bools, in_doubt: Bools) -> Bounds:
        """``holds`` is certain, ``in_doubt`` is possible besides."""
        return cls(holds & ~in_doubt, holds | in_doubt)

    def __and__(self, other: Bounds) -> Bounds:
        return Bounds(self.certain & other.certain, self.possible & other.possible)

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(self.certain | other.certain, self.possible | other.possible)

    def __getitem__(self, index: Any) -> Bounds:
        return Bounds(self.certain[index], self.possible[index])

    @property
    def uncertain(self) -> Bools:
        return self.possible & ~self.certain

    def settle(self, where: Bools, reading: ReadingValue) -> Bounds:
        """Settle the doubt ``where`` it rests on a reading: strict says no, lenient says yes."""
        if reading == "both":
            return self
        if reading == "strict":
            return Bounds(self.certain, self.possible & ~(where & self.uncertain))
        return Bounds(self.certain | (where & self.uncertain), self.possible)

    def verdicts(self) -> Verdicts:
        """pass where it certainly holds, fail where it cannot hold, review between."""
        # the codes rise by one from fail over review to pass
        return np.asarray(self.possible.astype(np.int8) + self.certain)


def decide(certain: Ints, possible: Ints, threshold: Ints) -> Verdicts:
    """Return pass where certain >= threshold, fail where possible < threshold, review between."""
    return Bounds(np.asarray(certain >= threshold), np.asarray(possible >= threshold)).verdicts()


def lowest(children: Sequence[Verdicts]) -> Verdicts:
    """Return the lowest verdict of the children that apply (group ``all``)."""
    # not_applicable is the highest code, so the plain minimum passes it over
    result: Verdicts = np.minimum.reduce(list(children))
    return result


def highest(children: Sequence[Verdicts]) -> Verdicts:
    """Return the highest verdict of the children that apply (group ``any``)."""
    stacked = np.stack(list(children))
    applies = stacked != NOT_APPLICABLE
    result = np.where(applies, stacked, np.int8(-1)).max(axis=0)
    return np.where(applies.any(axis=0), result, NOT_APPLICABLE).astype(np.int8)
