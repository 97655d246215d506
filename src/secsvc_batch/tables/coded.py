"""Columns that keep every distinct value once, so that what is asked of a value is asked once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.tables.cells import BLANK, ERROR, OK, UNREADABLE

Ints = NDArray[np.int32]
Codes = NDArray[np.intp]
Numbers = Ints | Codes
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Coded:
    """Values of any number: ``distinct[codes]``. ``codes``: intp; a value may stand in ``distinct`` twice."""

    codes: Codes
    distinct: NDArray[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, at: Any) -> Coded:
        return Coded(self.codes[at], self.distinct)

    @cached_property
    def value(self) -> NDArray[Any]:
        """The values themselves."""
        return fixed(self.distinct[self.codes])

    def judged(self, judge: Callable[[Any], bool]) -> Bools:
        """Tell which values ``judge`` accepts; it is asked once per distinct value."""
        return self.spread(np.array([*map(judge, self.distinct.tolist())], dtype=bool))

    def among(self, values: Collection[Any]) -> Bools:
        """Tell which values are some of ``values``; the answer is kept."""
        wanted = frozenset(values)
        if wanted not in self._among:
            self._among[wanted] = fixed(self.judged(wanted.__contains__))
        return self._among[wanted]

    @cached_property
    def _among(self) -> dict[frozenset[Any], Bools]:
        return {}

    def spread(self, of_distinct: NDArray[Any]) -> NDArray[Any]:
        """Return what is known of the distinct values for every value."""
        return of_distinct[self.codes]

    def mapped(self, make: Callable[[Any], Any]) -> Coded:
        """Return what ``make`` makes of the values; equal results are one distinct value."""
        made: dict[Any, int] = {}
        codes = [made.setdefault(make(value), len(made)) for value in self.distinct.tolist()]
        return Coded(self.spread(np.array(codes, dtype=np.intp)), objects(made))

    def numbered(self, numbers: Mapping[Any, int]) -> Codes:
        """Return the number that each value has, -1 for none."""
        return self.spread(np.array([numbers.get(value, -1) for value in self.distinct.tolist()], np.intp))

    def replaced(self, where: Bools, by: Coded) -> Coded:
        """Return the values with those of ``by`` in their place ``where`` it is true."""
        codes = np.where(where, by.codes + len(self.distinct), self.codes)
        return Coded(codes, np.concatenate([self.distinct, by.distinct]))


@dataclass(frozen=True)
class Column(Coded):
    """One field of a table: a value per distinct raw cell, of which the last one is the blank.

    ``states`` (uint8) and ``raws``, the cells as they were read, belong to the distinct values.
    """

    states: NDArray[np.uint8]
    raws: Objects

    @cached_property
    def state(self) -> NDArray[np.uint8]:
        return fixed(self.spread(self.states))

    @cached_property
    def ok(self) -> Bools:
        return fixed(self.spread(self.states == OK))

    @cached_property
    def blank(self) -> Bools:
        return fixed(self.spread(self.states == BLANK))

    @cached_property
    def unreadable(self) -> Bools:
        """Unreadable or an error."""
        return fixed(self.spread(self.states >= UNREADABLE))

    @cached_property
    def error(self) -> Bools:
        return fixed(self.spread(self.states == ERROR))

    @cached_property
    def numbers(self) -> dict[Any, int]:
        """A code of each value that can be read, the same wherever it stands."""
        pairs = zip(self.distinct.tolist(), self.states.tolist(), strict=True)
        return {value: code for code, (value, state) in enumerate(pairs) if state == OK}

    def holds(self, of_distinct: Bools) -> Bools:
        """Tell where the value can be read and something holds that is known of the distinct ones."""
        return self.spread(of_distinct & (self.states == OK))

    @cached_property
    def once_each(self) -> Column:
        """The distinct values as a column; what is worked out of them is to be ``spread``."""
        return replace(self, codes=np.arange(len(self.distinct)))

    def blanked(self, rows: Bools) -> Column:
        """Return the column with these rows blank."""
        return replace(self, codes=np.where(rows, len(self.distinct) - 1, self.codes))


def column_of(raw: Objects, judge: Callable[[Any], tuple[Any, int]], empty: object, dtype: Any) -> Column:
    """Return the column of raw cells: ``judge`` gives value and state of each distinct one, None is blank."""
    codes, distinct = pd.factorize(raw)
    judged = [*map(judge, distinct), (empty, BLANK)]
    values = np.empty(len(judged), dtype=dtype)
    values[:] = [value for value, _ in judged]
    states = np.array([state for _, state in judged], dtype=np.uint8)
    return Column(np.where(codes < 0, len(distinct), codes), values, states, objects([*distinct, None]))


def any_in(groups: Numbers, size: int, where: Bools) -> Bools:
    """Tell of each group (0..size-1) whether some element of it satisfies ``where``."""
    result = np.zeros(size, dtype=bool)
    # positions are quicker than a mask
    result[groups[np.flatnonzero(where)]] = True
    return result


def count_in(groups: Numbers, size: int, where: Bools) -> Ints:
    """Return how many elements of each group (0..size-1) satisfy ``where``."""
    return np.bincount(groups[np.flatnonzero(where)], minlength=size).astype(np.int32)


def fixed(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array that many share, so that nobody changes it."""
    array.flags.writeable = False
    return array


def objects(values: Collection[Any]) -> Objects:
    """Return values as an array of objects, whatever they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


def pair_keys(applicant: Numbers, codes: Codes, size: int) -> NDArray[np.int64]:
    """Return one number per pair of applicant and code (0..size-1, or -1), in the order of applicants."""
    return applicant.astype(np.int64) * (size + 1) + codes
