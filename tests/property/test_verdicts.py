"""What holds for every applicant, whatever is in the workbook."""

import copy
import random
from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import FAIL, PASS, REVIEW
from secsvc_batch.evaluation.engine import decide, evaluate, verdict_codes
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.standard.model import (
    ReadingValue,
    Requirement,
    RouteCredential,
    RouteTeaching,
    RouteTrackRecord,
    RouteTraining,
)
from secsvc_batch.tables import cells
from secsvc_batch.tables.cells import RawCell
from tests.property.applicants import BASE, Workbook, decided, thinned, typed, workbook

SEEDS = st.integers(0, 2**32 - 1)
READINGS = st.sampled_from(["both", "strict", "lenient"])
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TOGETHER = 60  # applicants per example


@cache
def the_standard() -> Standard:
    return load_standard()


def read_as(value: ReadingValue) -> Standard:
    """Return the standard with every reading settled in one way."""
    return the_standard().with_readings(dict.fromkeys(the_standard().readings, value))


def books_of(seed: int, changes: int = 4) -> list[Workbook]:
    rng, standard = random.Random(seed), the_standard()
    return [workbook(rng, standard.layout, rng.randint(0, changes)) for _ in range(TOGETHER)]


@FEW
@given(seed=SEEDS)
def test_the_order_of_applicants_and_rows_does_not_matter(seed: int) -> None:
    standard = the_standard()
    books, rng = books_of(seed), random.Random(seed)
    before = decided(books, standard).verdicts()
    order = rng.sample(range(len(books)), len(books))
    shuffled = [copy.deepcopy(books[n]) for n in order]
    for book in shuffled:
        for kind, rows in book.items():
            if not _has_duplicates(kind, rows):
                rng.shuffle(rows)
    after = decided(shuffled, standard).verdicts()
    assert (after == before[order]).all()


def _has_duplicates(kind: str, rows: list[dict[str, RawCell]]) -> bool:
    """Of two rows with the same number the first one counts: there the order does matter."""
    key = {
        "staff": "staff_id",
        "services": "service",
        "cases": "case_id",
        "procedures": "clause",
        "headcounts": "clause",
    }.get(kind)
    keys = [row[key] for row in rows] if key else []
    return len(set(keys)) < len(keys)


@FEW
@given(seed=SEEDS, value=READINGS, days=st.integers(-900, 900))
def test_asking_the_same_tables_again_gives_what_asking_first_gives(
    seed: int, value: ReadingValue, days: int
) -> None:
    standard, books = the_standard(), [thinned(random.Random(seed), book) for book in books_of(seed, 12)]
    asked, fresh = (typed(books, standard) for _ in range(2))
    evaluate(asked, len(books), standard, BASE)
    other = BASE + timedelta(days=days)
    again = evaluate(asked, len(books), read_as(value), other)
    first = evaluate(fresh, len(books), read_as(value), other)
    pd.testing.assert_frame_equal(again.verdicts, first.verdicts)
    pd.testing.assert_frame_equal(again.contributions, first.contributions)


@FEW
@given(seed=SEEDS, value=READINGS)
def test_verdicts_alone_are_those_that_stand_beside_their_reasons(seed: int, value: ReadingValue) -> None:
    books, standard = books_of(seed, changes=10), read_as(value)
    alone = verdict_codes(decide(typed(books, standard), len(books), standard, BASE))
    assert (decided(books, standard).verdicts() == alone.T).all()


@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_a_batch_gives_what_the_singles_give(seed: int) -> None:
    standard = the_standard()
    books = books_of(seed)[:12]
    together = decided(books, standard).verdicts()
    for number, book in enumerate(books):
        alone = decided([book], standard).verdicts()
        assert (alone[0] == together[number]).all()


@FEW
@given(seed=SEEDS, value=READINGS)
def test_certain_never_exceeds_possible(seed: int, value: ReadingValue) -> None:
    results = decided(books_of(seed, changes=10), read_as(value)).results
    for frame in (results.verdicts, results.contributions):
        assert (frame["certain"] <= frame["possible"]).all()


@FEW
@given(seed=SEEDS, value=READINGS)
def test_every_leaf_that_fails_or_is_open_has_a_reason_and_a_place(seed: int, value: ReadingValue) -> None:
    standard, rng = the_standard(), random.Random(seed)
    books = [thinned(rng, book) for book in books_of(seed, changes=30)]
    results = decided(books, read_as(value)).results
    verdicts, rows = results.verdicts, results.contributions
    on = ["applicant", "requirement"]
    leaf = np.array([requirement.is_leaf for requirement in standard.requirements])[verdicts["requirement"]]
    lacking = verdicts[leaf & (verdicts["verdict"] < PASS) & ~verdicts["met_otherwise"]]
    assert (lacking["reasons"] != 0).all()
    assert set(lacking[on].itertuples(index=False)) <= set(rows[on].itertuples(index=False))
    of_lacking = rows.merge(lacking[on], on=on)
    less = of_lacking["certain"] < of_lacking["possible"].clip(lower=1)
    assert (of_lacking.loc[less, "reasons"] != 0).all()


@FEW
@given(seed=SEEDS)
def test_a_qualifying_row_never_lowers_a_route(seed: int) -> None:
    standard = the_standard()
    books, rng = books_of(seed), random.Random(seed)
    before = decided(books, standard).verdicts()
    routes = [leaf for leaf in standard.leaves if leaf.requires and leaf.requires.check.startswith("route:")]
    added = copy.deepcopy(books)
    chosen = [rng.choice(routes) for _ in added]
    for book, route in zip(added, chosen, strict=True):
        _qualify(book, route, standard, rng)
    after = decided(added, standard).verdicts()
    for number, route in enumerate(chosen):
        clauses = [route.clause, str(route.parent)] if "人数" not in str(route.parent) else [route.clause]
        if standard.by_clause[clauses[-1]].combine != "any":
            clauses = clauses[:1]
        for clause in clauses:
            node = standard.requirements.index(standard.by_clause[clause])
            assert after[number, node] >= before[number, node], clause


def _qualify(book: Workbook, route: Requirement, standard: Standard, rng: random.Random) -> None:
    """Add a row that qualifies some person of the staff sheet for the route."""
    rule = route.requires
    person = rng.choice([row["staff_id"] for row in book["staff"]] or [None])
    blank = {kind: dict.fromkeys(f.id for f in standard.layout.by_id[kind].fields) for kind in book}
    early, late = date(2025, 1, 10), date(2025, 3, 10)
    if isinstance(rule, RouteCredential):
        name = standard.lists.of(rule.list)[0].name
        row = {"staff_id": person, "credential": name, "acquired_on": early, "expires_on": date(2030, 1, 1)}
        book["credentials"].append({**blank["credentials"], **row})
    elif isinstance(rule, RouteTeaching):
        row = {"staff_id": person, "kind": "専門家コミュニティ講師", "started_on": early}
        row["organisation"] = standard.lists.of(rule.list)[0].name
        book["teaching"].append({**blank["teaching"], **row})
    elif isinstance(rule, RouteTraining):
        row = {"staff_id": person, "course": standard.lists.of(rule.list)[0].name, "form": "受講"}
        book["training"].append({**blank["training"], **row, "completed_on": early})
    else:
        assert isinstance(rule, RouteTrackRecord)
        row = {"service": standard.service(rule.cases[0].service).name.ja, "contract_form": "個別"}
        row |= {
            "participants": person,
            "started_on": early,
            "ended_on": late,
            "outcome": "a",
            "client_managed": "○",
        }
        types = rule.cases[0].types
        words = {choice.id: choice.ja for choice in standard.layout.vocabularies["case_type"]}
        row["case_type"] = words[types[0]] if types != "any" else None
        book["cases"].append({**blank["cases"], **row})


@FEW
@given(seed=SEEDS)
def test_an_unreadable_cell_never_turns_a_fail_into_a_pass_or_back(seed: int) -> None:
    standard = the_standard()
    books, rng = books_of(seed), random.Random(seed)
    before = decided(books, standard).verdicts()
    broken = copy.deepcopy(books)
    places = [_break(book, standard, rng) for book in broken]
    after = decided(broken, standard).verdicts()
    was, now = before, after
    turned = ((was == FAIL) & (now == PASS)) | ((was == PASS) & (now == FAIL))
    # a stated number agrees with any count between certain and possible, and doubt widens that range
    counts_people = np.array([_rests_on_headcount(r, standard) for r in standard.requirements])
    decided_anew = (was == REVIEW) & ((now == PASS) | (now == FAIL)) & ~counts_people
    for number, node in zip(*np.nonzero(turned | decided_anew), strict=True):
        pytest.fail(
            f"{standard.requirements[node].clause}: {was[number, node]} -> {now[number, node]} "
            f"by {places[number]}"
        )


def _break(book: Workbook, standard: Standard, rng: random.Random) -> str:
    """Turn one filled-in cell into an error cell.

    Not which services are applied for, and no date that contradicts another: without it the other one is
    believed.
    """
    places = [
        (kind, row, field)
        for kind, rows in book.items()
        for row in rows
        for field, value in row.items()
        if value is not None and kind != "applicant" and (kind, field) != ("services", "service")
        if field not in _contradictory(standard, kind, row)
    ]
    kind, row, field = rng.choice(places)
    was, row[field] = row[field], "#N/A"
    return f"{kind}.{field} (was {was})"


def _contradictory(standard: Standard, kind: str, row: dict[str, RawCell]) -> set[str]:
    """Return the fields of a row that hold an end before its start."""
    found: set[str] = set()
    for field in standard.layout.by_id[kind].fields:
        if field.not_before:
            end, start = cells.date_of(row[field.id]), cells.date_of(row[field.not_before])
            if end is not None and start is not None and end < start:
                found |= {field.id, field.not_before}
    return found


@FEW
@given(seed=SEEDS)
def test_strict_and_lenient_readings_bracket_both(seed: int) -> None:
    standard = the_standard()
    books = books_of(seed, changes=8)

    def settled(value: ReadingValue) -> NDArray[np.int8]:
        readings = dict.fromkeys(standard.readings, value)
        return decided(books, standard.with_readings(readings)).verdicts()

    strict, both, lenient = settled("strict"), settled("both"), settled("lenient")
    # a stated number agrees with one way of counting and not with the other: no order there
    numbers = [n for n, r in enumerate(standard.requirements) if _rests_on_headcount(r, standard)]
    keep = [n for n in range(strict.shape[1]) if n not in numbers]
    assert (strict[:, keep] <= both[:, keep]).all()
    assert (both[:, keep] <= lenient[:, keep]).all()


def _rests_on_headcount(requirement: Requirement, standard: Standard) -> bool:
    rule = requirement.requires
    if rule is None:
        return any(_rests_on_headcount(child, standard) for child in standard.children(requirement.clause))
    if rule.check == "ref":
        return _rests_on_headcount(standard.by_clause[rule.clause], standard)
    return rule.check.startswith("headcount")
