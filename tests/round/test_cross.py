"""Checks across a round that never holds the round: the same findings as with everything in memory."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import secsvc_batch.round.cross as room
from secsvc_batch.round.cross import CrossKeys
from secsvc_batch.round.part import KEYS
from secsvc_batch.tables.findings import concat
from secsvc_batch.tables.round_checks import concat_keys, cross_findings

FILES = 40


def keys(files: int, seed: int) -> pd.DataFrame:
    """Return keys of a round in which some texts stand in many files, and one in all of them, often."""
    chance = np.random.default_rng(seed)
    rows = []
    for file in range(files):
        for row in range(30):
            key = int(chance.integers(0, 200)) if row < 5 else 7 if row > 25 else 10_000 + file * 100 + row
            rows.append((file, row, "identical_text", key, key + 1, file, f"ID{file}", f"{file:02d}.xlsx"))
    names = ["applicant", "row", "code", "key", "key2", "who", "application_id", "file"]
    frame = pd.DataFrame(rows, columns=names)
    frame = frame.assign(kind="cases", sheet="事例", field="summary", label="…")
    frame["cell"] = "C" + frame["row"].astype(str)
    return frame.astype({"key": "uint64", "key2": "uint64", "who": "uint64", "row": "int32"})


@pytest.mark.parametrize("seed", range(3))
def test_small_portions_find_what_one_large_one_finds(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_AT_ONCE", 200)
    monkeypatch.setattr(room, "_FILES", 7)
    frame = keys(FILES, seed)
    whole = cross_findings(concat_keys([frame]))
    aside = CrossKeys(tmp_path, FILES)
    for _, some in frame.groupby(frame["applicant"] // 3):
        table = pa.Table.from_pandas(some[KEYS.names], KEYS, preserve_index=False)
        aside.add(table, some["applicant"].to_numpy())
    parts = list(aside.findings())
    assert len(parts) > 1
    assert all(parts[n]["applicant"].max() < parts[n + 1]["applicant"].min() for n in range(len(parts) - 1))
    columns = ["applicant", "cell", "code", "params"]
    found, expected = (
        one.sort_values(columns, kind="stable")[columns].reset_index(drop=True)
        for one in (concat(parts), whole)
    )
    pd.testing.assert_frame_equal(found, expected)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_round_without_keys_has_nothing_across_it(tmp_path: Path) -> None:
    assert list(CrossKeys(tmp_path, 3).findings()) == []
