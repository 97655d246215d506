import csv
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from secsvc_batch.reports import export
from secsvc_batch.reports.export import TableWriter, write_json
from tests.reports.chunks import ReportedChunk

SCHEMA = pa.schema([("text", pa.string()), ("number", pa.int32()), ("flag", pa.bool_())])


def frame_of(*texts: str | None) -> pd.DataFrame:
    return pd.DataFrame({"number": range(-1, len(texts) - 1), "flag": True, "text": list(texts), "more": 1})


def write(folder: Path, *frames: pd.DataFrame) -> tuple[Path, Path]:
    folder.mkdir(exist_ok=True)
    with TableWriter(folder, "table", SCHEMA) as writer:
        for frame in frames:
            writer.write(frame)
    return folder / "table.csv", folder / "table.parquet"


def texts_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [row["text"] for row in csv.DictReader(lines)]


@pytest.mark.parametrize("text", ["=1+1", "+81-3", "-5", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_looks_like_a_formula_stays_text_in_the_csv_file(tmp_path: Path, text: str) -> None:
    as_csv, as_parquet = write(tmp_path, frame_of(text, "1=1"))
    # a carriage return steers a terminal and is left out
    assert texts_of(as_csv) == ["'" + text.replace("\r", ""), "1=1"]
    assert pa.parquet.read_table(as_parquet)["text"].to_pylist() == [text, "1=1"]


def test_numbers_are_left_alone(tmp_path: Path) -> None:
    as_csv, _ = write(tmp_path, frame_of("a"))
    assert as_csv.read_text(encoding="utf-8-sig").splitlines() == ['"text","number","flag"', '"a",-1,true']


def test_the_csv_file_tells_excel_that_it_is_utf_8(tmp_path: Path) -> None:
    as_csv, _ = write(tmp_path, frame_of("要員"))
    assert as_csv.read_bytes().startswith(b"\xef\xbb\xbf")
    assert texts_of(as_csv) == ["要員"]


def test_quotes_and_line_breaks_survive(tmp_path: Path) -> None:
    text = 'a "b",\nc'
    as_csv, _ = write(tmp_path, frame_of(text))
    assert texts_of(as_csv) == [text]


def test_the_bytes_do_not_tell_how_the_rows_came_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ROW_GROUP", 4)
    frame = frame_of(*[f"row {n}" for n in range(11)])
    whole = write(tmp_path / "whole", frame)
    cut = write(tmp_path / "cut", *[frame.iloc[at : at + 3] for at in range(0, 11, 3)])
    assert [path.read_bytes() for path in whole] == [path.read_bytes() for path in cut]
    assert pa.parquet.ParquetFile(whole[1]).num_row_groups == 3


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    as_csv, as_parquet = write(tmp_path)
    assert as_csv.read_text(encoding="utf-8-sig").strip() == '"text","number","flag"'
    assert pa.parquet.read_table(as_parquet).column_names == SCHEMA.names


def test_the_published_tables_fit_their_schemas(tmp_path: Path, everything: ReportedChunk) -> None:
    tables = {
        "verdicts": (export.VERDICTS, everything.verdicts()),
        "applications": (export.APPLICATIONS, everything.applications()),
        "findings": (export.FINDINGS, everything.findings),
    }
    for name, (schema, frame) in tables.items():
        with TableWriter(tmp_path, name, schema) as writer:
            writer.write(frame)
        written = pa.parquet.read_table(tmp_path / f"{name}.parquet")
        assert written.schema == schema
        assert len(written) == len(frame) == len(pd.read_csv(tmp_path / f"{name}.csv"))


def test_json_is_readable_and_in_order(tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", {"b": "要員", "a": [1]})
    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert "要員" in text
    assert list(json.loads(text)) == ["b", "a"]
    assert text.endswith("}\n")
