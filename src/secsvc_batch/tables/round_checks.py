"""Checks across all applications of a round, which may be read in several chunks.

``cross_keys`` boils a chunk down to a narrow table of hashed keys and the cells they come from;
``cross_findings`` finds, over the keys of all chunks, those that stand where they should not meet.
What is compared says nothing where it is masked, short or a placeholder, so such values give no key.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.tables.coded import Coded, Objects, objects, pair_keys
from secsvc_batch.tables.findings import bare, capped_frame, packed, shortened
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.typed import Table, Tables, application_ids

# Codes whose findings name other applications: not for the eyes of an applicant.
CODES = (
    "duplicate_application", "shared_credential_number", "person_in_two_firms", "same_name_elsewhere",
    "same_contract", "identical_text",
)  # fmt: skip
KEY_COLUMNS = (
    "code", "key", "key2", "who", "applicant", "application_id", "file", "kind", "sheet", "cell", "row",
    "field", "label",
)  # fmt: skip
_CATEGORIES = ("code", "application_id", "file", "kind", "sheet", "cell", "field")

_LONG_TEXT = 40  # characters from which identical texts are no coincidence
_SHORT_NUMBER, _SHORT_NAME, _SHORT_CLIENT = 4, 3, 4  # characters below which a match says nothing
_NAMED_OTHERS = 3  # places that a finding lists before it only counts
_MASKED = re.compile(r"[○●*×✕■□▲△◆◇★☆_?]|x{2,}")
_FIRST_HASH, _SECOND_HASH = "secsvc-batch/one", "secsvc-batch/two"
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no hash is lost


Columns = dict[str, NDArray[Any]]
Hash = NDArray[np.uint64]
Hashes = tuple[Hash, Hash]  # two of the same values, which together do not meet by chance


@dataclass(frozen=True)
class _Rows:
    """Rows of one table (positions) that have a key, and who stands behind each of them."""

    code: str
    table: Table
    field: str
    at: NDArray[np.intp]
    key: Hashes
    who: Hash


def cross_keys(tables: Tables, raw: RawTables, first_applicant: int = 0) -> pd.DataFrame:
    """Return the keys of a chunk: what each cell says as a 128-bit hash, and where it stands.

    ``first_applicant`` is the number in the round of the chunk's first applicant. Columns as
    ``KEY_COLUMNS``: ``key``, ``key2`` and ``who`` are uint64 hashes, ``label`` what the cell shows (short).
    """
    ids = application_ids(tables, raw)
    files = raw.files["file"].to_numpy(dtype=object)
    parts = [_numbers_of_applications(ids, files, tables, raw, first_applicant)]
    parts += [_keys_of(rows, ids, files, raw, first_applicant) for rows in _all_rows(tables, files)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in KEY_COLUMNS}
    dtypes = dict.fromkeys(_CATEGORIES, "category") | {"label": "str"}
    return pd.DataFrame(columns).astype(dtypes)


def concat_keys(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the keys of several chunks as one table; repeated texts are kept once."""
    chunks = list(parts)
    frame = pd.concat(chunks, ignore_index=True) if chunks else pd.DataFrame(columns=list(KEY_COLUMNS))
    return frame.astype(dict.fromkeys(_CATEGORIES, "category"))


def cross_findings(all_keys: pd.DataFrame) -> pd.DataFrame:
    """Return the findings across the applications of a round as a bare frame, in the order of the keys.

    A key is reported, at every place where it stands, when more than one is behind it (``who``).
    """
    return capped_frame(meetings(all_keys)[0])


def meetings(keys: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """Return what ``cross_findings`` finds, all of it, and the positions among ``keys`` that it is about.

    Every key must be there with all of its places, but not all keys need be: a round may be looked at
    in several portions of keys.
    """
    same = ["code", "key", "key2"]
    at = np.flatnonzero(keys.duplicated(same, keep=False))
    keys = keys.iloc[at]
    if keys.empty:
        return bare({}, 0), at
    group = keys.groupby(same, observed=True, sort=False).ngroup()
    pairs = pd.DataFrame({"group": group, "who": keys["who"]}).drop_duplicates()
    several = pairs["group"].value_counts()
    met = group.isin(several.index[several > 1]).to_numpy()
    keys, groups, at = keys[met].reset_index(drop=True), group.to_numpy()[met], at[met]
    if keys.empty:
        return bare({}, 0), at
    columns: dict[str, object] = {
        name: keys[name].astype("int32" if name in ("applicant", "row") else "str")
        for name in ("applicant", "application_id", "file", "sheet", "cell", "kind", "row", "field", "code")
    }
    return bare({**columns, "raw": keys["label"], "params": _others(keys, groups)}, len(keys)), at


def _others(keys: pd.DataFrame, group: NDArray[Any]) -> list[str]:
    """Return the packed parameters of each key: where else it stands."""
    places = _places(keys)
    who = keys["who"].tolist()
    applications = keys["application_id"].astype("str").tolist()
    sizes = pd.DataFrame({"group": group, "who": who})
    all_of = sizes.groupby("group")["who"].transform("size")
    counts = (all_of - sizes.groupby(["group", "who"])["who"].transform("size")).tolist()
    texts = [""] * len(keys)
    for same in pd.Series(np.arange(len(keys))).groupby(group, sort=False).indices.values():
        members = np.asarray(same).tolist()
        for i in members:
            # the few first ones only: a text that everybody has is long to go through
            others = list(islice((j for j in members if who[j] != who[i]), _NAMED_OTHERS))
            more = counts[i] - len(others)
            texts[i] = packed(
                {
                    "others": [places[j] for j in others],
                    "application": applications[i],
                    **({"more_others": more} if more > 0 else {}),
                }
            )
    return texts


def _places(keys: pd.DataFrame) -> list[str]:
    named = zip(
        keys["application_id"].astype("str"), keys["file"].astype("str"), keys["sheet"].astype("str"),
        keys["cell"].astype("str"), keys["code"].astype("str"), strict=True,
    )  # fmt: skip
    return [
        file
        if code == "duplicate_application"
        else " ".join(part for part in (application, sheet, cell) if part)
        for application, file, sheet, cell, code in named
    ]


# --- keys -----------------------------------------------------------------------------------------


def _numbers_of_applications(
    ids: Objects, files: Objects, tables: Tables, raw: RawTables, first: int
) -> Columns:
    """Return one key per applicant: its number, at the cell of the form where there is one."""
    form = tables["applicant"]
    applicants = np.arange(len(ids), dtype=np.int32)
    sheets, cells = np.full(len(ids), "", dtype=object), np.full(len(ids), "", dtype=object)
    sheets[form.applicant] = raw.source.sheet_names("applicant", form.applicant)
    cells[form.applicant] = raw.source.cells("applicant", "application_id", form.applicant, form.row)
    places = {"kind": "applicant", "sheet": sheets, "cell": cells, "row": 0, "field": "application_id"}
    key = _hashes(Coded(applicants.astype(np.intp), ids).mapped(_loose))
    return _columns("duplicate_application", key, _hash(files), places, ids, applicants, ids, files, first)


def _keys_of(rows: _Rows, ids: Objects, files: Objects, raw: RawTables, first: int) -> Columns:
    table = rows.table
    applicants, numbers = table.applicant[rows.at], table.row[rows.at]
    places = {
        "kind": table.kind,
        "sheet": raw.source.sheet_names(table.kind, applicants),
        "cell": raw.source.cells(table.kind, rows.field, applicants, numbers),
        "row": numbers,
        "field": rows.field,
    }
    labels = table[rows.field].value[rows.at]
    return _columns(rows.code, rows.key, rows.who, places, labels, applicants, ids, files, first)


def _columns(
    code: str, key: Hashes, who: Hash, places: dict[str, Any], labels: Objects, applicants: NDArray[Any],
    ids: Objects, files: Objects, first: int,
) -> Columns:  # fmt: skip
    count = len(labels)
    texts = {name: _repeated(value, count) for name, value in places.items() if name != "row"}
    short = np.empty(count, dtype=object)
    short[:] = [shortened(label) for label in labels]
    return {
        "key": key[0],
        "key2": key[1],
        "who": who,
        **texts,
        "code": _repeated(code, count),
        "row": np.broadcast_to(np.asarray(places["row"], dtype=np.int32), (count,)),
        "applicant": applicants + np.int32(first),
        "application_id": ids[applicants],
        "file": files[applicants],
        "label": short,
    }


def _repeated(value: str | Objects, count: int) -> Objects:
    return np.full(count, value, dtype=object) if isinstance(value, str) else value


def _all_rows(tables: Tables, files: Objects) -> Iterator[_Rows]:
    firms = _hash(files)
    yield from _people(tables, firms)
    yield _contracts(tables["cases"], firms)
    for kind, field in (
        ("credentials", "equivalence_reason"), ("teaching", "equivalence_reason"),
        ("training", "equivalence_reason"), ("specifications", "description"),
    ):  # fmt: skip
        yield _long_texts(tables[kind], field, firms)


def _people(tables: Tables, firms: Hash) -> Iterator[_Rows]:
    staff = tables["staff"]
    names = staff["name"].mapped(_loose)
    at = np.flatnonzero(staff["name"].ok & names.judged(_tells_a_person))
    yield _Rows("same_name_elsewhere", staff, "name", at, _hashes(names[at]), firms[staff.applicant[at]])

    held = tables["credentials"]
    numbers = held["credential_number"].mapped(_loose)
    at = np.flatnonzero(held["credential_number"].ok & held["staff_id"].ok & numbers.judged(_tells_a_number))
    firm = firms[held.applicant[at]]
    # what is outside the lists differs in its free name only
    texts = [held[name].mapped(_loose)[at] for name in ("credential", "credential_other")]
    key = _joined(*map(_hashes, texts), _hashes(numbers[at]))
    holder = _names_of_holders(staff, names, held, at)
    known = ~holder.among({""})
    person = np.where(known, _hash_of(holder), _mixed(firm, _hash_of(held["staff_id"][at])))
    yield _Rows("shared_credential_number", held, "credential_number", at, key, person)
    both = _joined(key, _hashes(holder))
    both = both[0][known], both[1][known]
    yield _Rows("person_in_two_firms", held, "credential_number", at[known], both, firm[known])


def _names_of_holders(staff: Table, names: Coded, held: Table, at: NDArray[np.intp]) -> Coded:
    """Return the name of who holds each credential, '' where 要員 gives none; the first row of a number
    counts."""
    ids, size = staff["staff_id"], len(staff["staff_id"].distinct)
    first = np.flatnonzero(ids.ok & ~staff.repeated("staff_id"))
    keys = pair_keys(staff.applicant[first], ids.numbered(ids.numbers)[first], size)
    wanted = pair_keys(held.applicant[at], held["staff_id"].numbered(ids.numbers)[at], size)
    found = pd.Index(keys).get_indexer(pd.Index(wanted))
    return Coded(np.append(names.codes[first], -1)[found], objects([*names.distinct, ""]))


def _contracts(cases: Table, firms: Hash) -> _Rows:
    clients = cases["client"].mapped(_loose)
    dated = cases["started_on"].ok & cases["ended_on"].ok & cases["service"].ok & cases["client"].ok
    # A person's record at another firm is that firm's contract, and may well stand in its submission.
    own = ~cases.has("performed_by", "another")
    at = np.flatnonzero(dated & own & clients.judged(_tells_a_client))
    details = [cases[name][at] for name in ("service", "started_on", "ended_on")]
    key = _joined(_hashes(clients[at]), *map(_hashes, details))
    return _Rows("same_contract", cases, "client", at, key, firms[cases.applicant[at]])


def _long_texts(table: Table, field: str, firms: Hash) -> _Rows:
    texts = table[field].mapped(_loose)
    at = np.flatnonzero(table[field].ok & texts.judged(lambda text: len(text) >= _LONG_TEXT))
    return _Rows("identical_text", table, field, at, _hashes(texts[at]), firms[table.applicant[at]])


# --- hashes ---------------------------------------------------------------------------------------


def _hash(values: NDArray[Any], key: str = _FIRST_HASH) -> Hash:
    return pd.util.hash_array(values, hash_key=key, categorize=False)


def _hash_of(values: Coded) -> Hash:
    return values.spread(_hash(values.distinct))


def _hashes(values: Coded) -> Hashes:
    return _hash_of(values), values.spread(_hash(values.distinct, _SECOND_HASH))


def _mixed(one: Hash, other: Hash) -> Hash:
    return one * _FACTOR + other


def _joined(first: Hashes, *others: Hashes) -> Hashes:
    """Return the hashes of several values together."""
    for other in others:
        first = _mixed(first[0], other[0]), _mixed(first[1], other[1])
    return first


# --- what a value tells ---------------------------------------------------------------------------


def _tells_a_person(name: str) -> bool:
    """Names with digits or marks are placeholders; very short ones too common."""
    return len(name) >= _SHORT_NAME and not re.search(r"\d", name) and not _MASKED.search(name)


def _tells_a_number(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    return len(number) >= _SHORT_NUMBER and len(set(digits)) > 1 and not _MASKED.search(number)


def _tells_a_client(client: str) -> bool:
    return len(client) >= _SHORT_CLIENT and not _MASKED.search(client)


def _loose(text: str) -> str:
    """Fold a text for comparison between firms: without white space, in lower case."""
    return "".join(text.split()).casefold()
