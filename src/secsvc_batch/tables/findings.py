"""The findings frame: one row per finding, first as codes and parameters, then with its texts.

A *bare* frame (``BARE``) is what the checks give; ``render`` adds severity, message and remedy in one
language (``COLUMNS``). ``params`` is a JSON object as text, so that equal findings compare equal. In it

* a value ``{"ja": .., "en": ..}`` is shown in the language asked for, a list is joined,
* a name that ends in ``_field`` holds a field id and is shown as the label of the column,
* ``suggestion`` becomes the sentence ``{hint}``, and ``of`` (a code) becomes its ``{title}``,
* ``others`` with ``more_others`` becomes a list that says how many more there are.

``{field}``, ``{raw}``, ``{sheet}`` and, for a column of choices, ``{allowed}`` need no parameter.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.messages import SEVERITIES, FindingType, finding_types, word
from secsvc_batch.workbook.layout import Field, Layout, fold, load_layout

BARE = (
    "applicant", "application_id", "file", "sheet", "cell", "kind", "row", "field", "raw", "code", "params",
)  # fmt: skip
COLUMNS = (*BARE[:-1], "severity", "message", "remedy")
DTYPES = {name: "int32" if name in ("applicant", "row") else "str" for name in (*COLUMNS, "params")}

NO_PARAMS = "{}"
LIMIT = 20  # findings of one code listed per applicant and column; the rest is counted in one more
MORE = "more_of_the_same"
_LISTED = ("cells", "ranges", "columns")  # parameters of the reader that are lists
_SHOWN = 60  # characters of a raw value that a message quotes

Params = Mapping[str, object]


class EngineFault(Exception):
    """The program contradicts itself: no fault of any submission, and never a verdict."""


class FileFinding(Protocol):
    """A finding of the reader (see workbook/reader.py)."""

    @property
    def code(self) -> str: ...
    @property
    def sheet(self) -> str: ...
    @property
    def cell(self) -> str: ...
    @property
    def row(self) -> int: ...
    @property
    def field(self) -> str: ...
    @property
    def raw(self) -> str: ...
    @property
    def params(self) -> Mapping[str, str]: ...


def packed(params: Params) -> str:
    """Return parameters as the text that the frame holds.

    >>> packed({"day": "2026-10-01"})
    '{"day": "2026-10-01"}'
    """
    return json.dumps(params, ensure_ascii=False, sort_keys=True) if params else NO_PARAMS


def bare(columns: Mapping[str, object], length: int) -> pd.DataFrame:
    """Return a bare frame of ``length`` findings; columns left out are blank (applicant -1, row 0).

    ``columns``: arrays of that length or single values.
    """
    blanks: dict[str, object] = {"applicant": -1, "row": 0, "params": NO_PARAMS}
    data = {name: columns.get(name, blanks.get(name, "")) for name in BARE}
    frame = pd.DataFrame(data, index=range(length))
    return frame.astype({name: DTYPES[name] for name in BARE})


def concat(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return several bare (or several rendered) frames as one, numbered anew."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else bare({}, 0)


def from_file_findings(
    files: Iterable[tuple[int, str, str, Sequence[FileFinding]]], layout: Layout | None = None
) -> pd.DataFrame:
    """Return the reader's findings as a bare frame.

    ``files``: per file its applicant number (-1 when it was refused), application number, file name
    and findings.
    """
    kinds = _kinds(layout or load_layout())
    rows = [
        (number, application, file, f.sheet, f.cell, kinds.get(fold(f.sheet), ""), f.row, f.field, f.raw,
         f.code, packed(f.params))
        for number, application, file, findings in files
        for f in findings
    ]  # fmt: skip
    return bare({name: [row[i] for row in rows] for i, name in enumerate(BARE)}, len(rows))


def _kinds(layout: Layout) -> dict[str, str]:
    return {fold(name): s.id for s in layout.tables for name in (s.name.ja, s.name.en)}


# --- many findings of one kind ------------------------------------------------------------------


def capped(groups: NDArray[Any], limit: int = LIMIT) -> tuple[NDArray[np.bool_], pd.DataFrame]:
    """Tell which of many findings are listed: the first ``limit`` of each group.

    ``groups``: one number per finding, in reading order. Returns the mask and, for each group with
    more, the position of the first one left out and how many there are (``position``, ``count``).
    """
    rank = pd.Series(groups).groupby(groups, sort=False).cumcount().to_numpy()
    keep = np.asarray(rank < limit)
    first = np.flatnonzero(rank == limit)
    sizes = pd.Series(groups[~keep]).value_counts(sort=False)
    left_out = sizes.reindex(groups[first]).to_numpy() if len(first) else np.empty(0, np.int64)
    return keep, pd.DataFrame({"position": first, "count": left_out})


def capped_frame(frame: pd.DataFrame, limit: int = LIMIT) -> pd.DataFrame:
    """Return a bare frame with at most ``limit`` findings per applicant, column and code.

    For each column with more, one finding ``more_of_the_same`` says how many were left out.
    """
    groups = frame.groupby(["applicant", "file", "kind", "field", "code"], sort=False).ngroup().to_numpy()
    keep, left = capped(groups, limit)
    if not len(left):
        return frame
    more = frame.iloc[left["position"].to_numpy()].copy()
    codes = more["code"].to_numpy()
    more["params"] = [more_params(code, int(n)) for code, n in zip(codes, left["count"], strict=True)]
    more = more.assign(code=MORE, raw="")
    return concat([frame[keep], more])


@cache
def more_params(code: str, count: int) -> str:
    """Return the parameters of ``more_of_the_same``."""
    return packed({"of": code, "count": count})


# --- texts ----------------------------------------------------------------------------------------


def finding_type(code: str) -> FindingType:
    """Return the catalogue entry of ``code``; one that is missing is a fault of the program."""
    try:
        return finding_types()[code]
    except KeyError:
        raise EngineFault(f"finding {code!r} is not in the catalogue of findings") from None


def severities(codes: pd.Series) -> pd.Series:
    """Return the severity of each code, as text."""
    known = {code: finding_type(code).severity for code in codes.unique()}
    return codes.map(known).astype("str")


def render(findings: pd.DataFrame, lang: str, layout: Layout | None = None) -> pd.DataFrame:
    """Return a bare frame with severity, message and remedy in ``lang`` (columns ``COLUMNS``).

    Raises EngineFault for a code that is not in the catalogue.
    """
    layout = layout or load_layout()
    distinct = ["code", "kind", "sheet", "field", "raw", "params"]
    groups = findings.groupby(distinct, sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(groups, return_index=True)[1]
    keys = findings[distinct].iloc[first].itertuples(index=False, name=None)
    texts = [_texts(lang, layout, *key) for key in keys]
    messages = np.array([message for message, _ in texts], dtype=object)
    remedies = np.array([remedy for _, remedy in texts], dtype=object)
    rendered = findings.assign(
        severity=severities(findings["code"]),
        message=messages[groups] if len(texts) else "",
        remedy=remedies[groups] if len(texts) else "",
    )
    return rendered[list(COLUMNS)].astype({name: DTYPES[name] for name in COLUMNS})


def _texts(
    lang: str, layout: Layout, code: str, kind: str, sheet: str, field: str, raw: str, params: str
) -> tuple[str, str]:
    entry = finding_type(code)
    spec = layout.by_id[kind].by_id.get(field) if kind in layout.by_id else None
    values: dict[str, object] = {
        "sheet": sheet, "field": spec.label(lang) if spec else field, "raw": shortened(raw), "hint": "",
    }  # fmt: skip
    if spec is not None:
        values["allowed"] = _allowed(spec, lang, layout)
    given = json.loads(params)
    for name, value in given.items():
        values |= _value(name, value, lang, layout, kind)
    if given.get("more_others"):
        values["others"] = word("finding.and_more", lang, listed=values["others"], count=given["more_others"])
    return _tidy(entry.message(lang, **values)), _tidy(entry.remedy(lang, **values))


def _value(name: str, value: Any, lang: str, layout: Layout, kind: str) -> dict[str, object]:
    """Return what a parameter adds to the values that a text can name."""
    if isinstance(value, dict):
        value = value[lang]
    if name in _LISTED:
        value = value.split("、")
    if isinstance(value, list):
        value = joined(value, lang)
    if name == "suggestion":
        return {"hint": word("finding.did_you_mean", lang, word=value)}
    if name == "of":
        return {"title": finding_type(value).title(lang)}
    if name == "outside":
        return {"outside": word("finding.outside", lang, word=value)}
    if name.endswith("_field"):
        return {name: layout.by_id[kind].by_id[value].label(lang)}
    return {name: value}


def _allowed(spec: Field, lang: str, layout: Layout) -> str:
    if spec.choices:
        return joined([choice(lang) for choice in layout.vocabularies[spec.choices]], lang)
    if spec.type == "mark":
        return joined([word("template.mark_yes", lang), word("template.mark_no", lang)], lang)
    return ""


def joined(values: Sequence[str], lang: str) -> str:
    """Return several values as a list in words.

    >>> joined(["C12", "C15"], "ja")
    'C12、C15'
    """
    text = values[0] if values else ""
    for value in values[1:]:
        text = word("finding.joined", lang, first=text, second=value)
    return text


def shortened(raw: str) -> str:
    """Return a raw value as a message quotes it: on one line and not too long."""
    text = " ".join(raw.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


# a bracket that a message keeps for a place, when there is none to name: （箇所：） or (At: )
_EMPTY_BRACKET = re.compile(r"（[^（）]*：）| ?\([^()]*: ?\)")


def _tidy(text: str) -> str:
    return re.sub(" {2,}", " ", _EMPTY_BRACKET.sub("", text)).strip()


# --- order and counts -----------------------------------------------------------------------------


def order(findings: pd.DataFrame, layout: Layout | None = None) -> pd.DataFrame:
    """Return findings by applicant (refused files first, by name), worst severity, sheet, row, column.

    Takes bare and rendered frames.
    """
    if findings.empty:
        return findings
    sheets = {sheet.id: i for i, sheet in enumerate((layout or load_layout()).tables)}
    severity = severities(findings["code"]).map({s: i for i, s in enumerate(SEVERITIES)})
    keys = pd.DataFrame(
        {
            "applicant": findings["applicant"],
            "file": findings["file"],
            "severity": severity,
            "sheet": findings["kind"].map(sheets).fillna(-1),
            "row": findings["row"],
            "column": _column_numbers(findings["cell"]),
            "code": findings["code"],
        }
    )
    by = keys.sort_values(list(keys.columns), kind="stable").index
    return findings.loc[by].reset_index(drop=True)


def _column_numbers(cells: pd.Series) -> pd.Series:
    letters = cells.str.extract(r"^([A-Z]+)", expand=False).fillna("")
    numbers = {text: _column_number(text) for text in letters.unique()}
    return letters.map(numbers)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def counts(findings: pd.DataFrame) -> dict[str, int]:
    """Return how many findings a bare frame has of each severity; those left out count, too."""
    tally = dict.fromkeys(SEVERITIES, 0)
    listed = findings[findings["code"] != MORE]
    for severity, number in severities(listed["code"]).value_counts().items():
        tally[str(severity)] += int(number)
    for params in findings.loc[findings["code"] == MORE, "params"]:
        left_out = json.loads(params)
        tally[finding_type(left_out["of"]).severity] += int(left_out["count"])
    return tally


def finished(findings: pd.DataFrame, layout: Layout, lang: str) -> pd.DataFrame:
    """Return a bare frame of findings rendered and in order."""
    return order(render(findings, lang, layout), layout)
