"""The truth tables of docs/verdict-algebra.md."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    REVIEW,
    Bounds,
    decide,
    highest,
    lowest,
)

F, R, P, N = (int(code) for code in (FAIL, REVIEW, PASS, NOT_APPLICABLE))
ALL = {
    (F, F): F, (F, R): F, (F, P): F, (F, N): F, (R, R): R, (R, P): R, (R, N): R, (P, P): P, (P, N): P,
    (N, N): N,
}  # fmt: skip
ANY = {
    (F, F): F, (F, R): R, (F, P): P, (F, N): F, (R, R): R, (R, P): P, (R, N): R, (P, P): P, (P, N): P,
    (N, N): N,
}  # fmt: skip


def arrays(pairs: list[tuple[int, int]]) -> list[NDArray[np.int8]]:
    return [np.array(column, dtype=np.int8) for column in zip(*pairs, strict=True)]


@pytest.mark.parametrize(("combine", "table"), [(lowest, ALL), (highest, ANY)])
def test_groups_follow_their_truth_table_in_any_order(
    combine: Callable[[list[NDArray[np.int8]]], NDArray[np.int8]], table: dict[tuple[int, int], int]
) -> None:
    pairs = [(a, b) for a, b in product((F, R, P, N), repeat=2)]
    both_ways = table | {(b, a): verdict for (a, b), verdict in table.items()}
    expected = [both_ways[pair] for pair in pairs]
    assert combine(arrays(pairs)).tolist() == expected


@pytest.mark.parametrize(
    ("certain", "possible", "verdict"), [(5, 5, P), (5, 9, P), (4, 5, R), (0, 5, R), (4, 4, F), (0, 0, F)]
)
def test_five_are_needed(certain: int, possible: int, verdict: int) -> None:
    numbers = (np.array([n], dtype=np.int32) for n in (certain, possible, 5))
    low, high, needed = numbers
    assert decide(low, high, needed).tolist() == [verdict]


bits = st.lists(st.booleans(), min_size=1, max_size=20)


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    possible = np.array(draw(st.lists(st.booleans(), min_size=8, max_size=8)))
    certain = np.array(draw(st.lists(st.booleans(), min_size=8, max_size=8)))
    return Bounds(certain & possible, possible)


@given(bounds(), bounds())
def test_certain_never_exceeds_possible_whatever_is_combined(a: Bounds, b: Bounds) -> None:
    everywhere = np.ones(8, dtype=bool)
    for result in (a & b, a | b, a.settle(everywhere, "strict"), (a | b).settle(everywhere, "lenient")):
        assert not (result.certain & ~result.possible).any()


@given(bounds())
def test_strict_and_lenient_settle_every_doubt_and_bracket_it(a: Bounds) -> None:
    everywhere = np.ones(8, dtype=bool)
    strict, lenient = a.settle(everywhere, "strict"), a.settle(everywhere, "lenient")
    assert not strict.uncertain.any()
    assert not lenient.uncertain.any()
    assert (strict.verdicts() <= a.verdicts()).all()
    assert (a.verdicts() <= lenient.verdicts()).all()
    assert a.settle(everywhere, "both") is a
