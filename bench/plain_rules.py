"""How bench/plain.py decides the requirements for one applicant, in plain Python."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml

Row = dict[str, Any]
Pair = tuple[int, int]  # certain, possible
Verdict = int | None
Day = date | Literal["unreadable"] | None

FAIL, REVIEW, PASS = 0, 1, 2
ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
MARKS = ("○", "〇", "◯")
ROOT = Path(__file__).resolve().parents[1]


# --- the standard ---------------------------------------------------------------------------------


class Standard:
    """Rule files and lists as plain dictionaries."""

    def __init__(self) -> None:
        book = _yaml(ROOT / "rules/workbook.yaml")
        self.sheets = {sheet["id"]: sheet for sheet in book["sheets"] if sheet["shape"] != "hidden"}
        self.words = {
            kind: {c["ja"]: c["id"] for c in values} for kind, values in book["vocabularies"].items()
        }
        self.types = {
            service: {
                c["ja"] for c in book["vocabularies"]["case_type"] if service in c.get("services", [service])
            }
            for service in self.words["service"].values()
        }
        self.type_ids = self.words["case_type"]
        self.nodes: dict[str, list[Row]] = {}
        for path in sorted((ROOT / "rules").glob("[0-9]*.yaml")):
            clause_file = _yaml(path)
            self.nodes[clause_file["service"]] = clause_file["requirements"]
        self.rules = {node["clause"]: node for nodes in self.nodes.values() for node in nodes}
        self.lists: dict[str, dict[str, str]] = {}
        for entry in (
            pd.read_csv(ROOT / "data/reference-lists/lists.csv", dtype=str).fillna("").to_dict("records")
        ):
            self.lists.setdefault(entry["list_id"], {})[norm(entry["name"])] = entry["expires"]


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


# --- cells ------------------------------------------------------------------------------------------


def norm(value: object) -> str:
    """Return a cell as text: NFKC, spaces folded."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(unicodedata.normalize("NFKC", str(value)).split())


def split(value: object) -> list[str]:
    """Return the values of a cell that joins several."""
    return [part for part in re.split(r"[、,;\s]+", unicodedata.normalize("NFKC", str(value or ""))) if part]


def day(value: object) -> Day:
    """Return a cell as a date, ``unreadable`` or None for a blank one."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = norm(value).replace(" ", "")
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{5}", text):
            return date(1899, 12, 30) + timedelta(days=int(text))
        if found := re.fullmatch(r"(\d{4})[./年-]?(\d{1,2})[./月-]?(\d{1,2})日?(\d+:.*)?", text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := re.fullmatch(
            r"(令和|平成|昭和|[RHS])(元|\d+)[./年](\d{1,2})[./月](\d{1,2})日?", text.upper()
        ):
            year = 1 if found[2] == "元" else int(found[2])
            return date(ERAS[found[1]] + year, int(found[3]), int(found[4]))
    except ValueError:
        pass
    return "unreadable"


def add_months(start: date, months: int) -> date:
    """Return the same day some months later, or the last day of a shorter month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(start.day, last))


def complete_months(start: date, end: date) -> tuple[int, bool]:
    """Return the complete months of the days from start to end, and whether a rest remains."""
    after = end + timedelta(days=1)
    months = (after.year - start.year) * 12 + after.month - start.month
    while add_months(start, months) > after:
        months -= 1
    return months, add_months(start, months) < after


# --- one applicant ------------------------------------------------------------------------------------


@dataclass
class Applicant:
    """The rows of one workbook by sheet; every row holds its own number as ``#``."""

    file: str
    sheets: dict[str, list[Row]]
    base: date
    standard: Standard
    findings: list[Row] = field(default_factory=list)
    made: dict[str, Verdict] = field(default_factory=dict)

    @cached_property
    def start(self) -> date:
        """The day three years before the base date; the window begins on the day after."""
        return add_months(self.base, -36)

    @cached_property
    def staff(self) -> dict[str, Row]:
        people: dict[str, Row] = {}
        for row in self.sheets["staff"]:
            people.setdefault(norm(row["staff_id"]), row)
        return people

    @cached_property
    def services(self) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for row in self.sheets["services"]:
            rows.setdefault(self.word("service", row["service"]), row)
        return rows

    def word(self, kind: str, value: object) -> str:
        """Return the id of a choice, "" for a blank cell, "?" for anything else."""
        text = norm(value)
        return self.standard.words[kind].get(text) or ("?" if text else "")

    def row_of(self, sheet: str, clause: str) -> Row:
        return next((row for row in self.sheets[sheet] if str(row["clause"] or "").strip() == clause), {})

    def in_post(self, person: Row) -> Pair:
        start, end = day(person["employed_from"]), day(person["employed_until"])
        if isinstance(start, date) and isinstance(end, date) and end < start:
            return 0, 1
        if (isinstance(start, date) and start > self.base) or (isinstance(end, date) and end < self.base):
            return 0, 0
        return (0, 1) if "unreadable" in (start, end) else (1, 1)

    def engaged(self, people: Row) -> dict[str, Pair]:
        """Return staff number -> whether the person counts for ``people`` (certain, possible)."""
        counted = {}
        for number, person in self.staff.items():
            roles = [self.word("role", person[role]) for role in people["roles"]]
            wanted = ("expert",) if people["who"] == "experts" else ("expert", "worker")
            certain, possible = any(r in wanted for r in roles), any(r in (*wanted, "?") for r in roles)
            post = self.in_post(person)
            if possible and post[1]:
                counted[number] = (int(certain and post[0]), 1)
        return counted


def claims(row: Row, list_id: str) -> bool:
    """Tell whether a row claims equivalence for a list."""
    return norm(row.get("equivalent")) not in ("", "×") and norm(row.get("list_id")) == list_id


# --- routes -------------------------------------------------------------------------------------------


def credential(a: Applicant, rule: Row, row: Row) -> Pair:
    known = a.standard.lists.get(rule["list"], {})
    name = norm(row["credential_other"]) if norm(row["credential"]) == "その他" else norm(row["credential"])
    listed, claimed = name in known, claims(row, rule["list"])
    got, ends = day(row["acquired_on"]), day(row["expires_on"])
    if not listed and not claimed:
        return 0, 0
    if isinstance(got, date) and isinstance(ends, date) and ends < got:
        return 0, 1
    if isinstance(got, date) and got > a.base:
        return 0, 0
    if isinstance(ends, date) and ends < a.base:
        return (0, 1) if listed and known[name] == "no" else (0, 0)
    sure = isinstance(got, date) and (
        isinstance(ends, date) or (ends is None and listed and known[name] == "no")
    )
    return int(listed and sure), 1


def teaching(a: Applicant, rule: Row, row: Row) -> Pair:
    kind, technology, begun = (
        a.word("teaching_kind", row["kind"]),
        a.word("technology", row["technology"]),
        day(row["started_on"]),
    )
    if isinstance(begun, date) and begun > a.base:
        return 0, 0
    sure = isinstance(begun, date)
    if kind == "university_lecturer" or kind.startswith("higher"):
        if technology not in (rule["technology"], "other", "", "?"):
            return 0, 0
        return int(sure and technology == rule["technology"] and bool(norm(row["organisation"]))), 1
    listed = norm(row["organisation"]) in a.standard.lists.get(rule["list"], {})
    return int(sure and listed and kind not in ("", "?")), int(listed or claims(row, rule["list"]))


def training(a: Applicant, rule: Row, row: Row) -> Pair:
    listed, form, done = (
        norm(row["course"]) in a.standard.lists.get(rule["list"], {}),
        a.word("training_form", row["form"]),
        day(row["completed_on"]),
    )
    if (
        form == "given"
        or (isinstance(done, date) and done > a.base)
        or not (listed or claims(row, rule["list"]))
    ):
        return 0, 0
    return int(listed and form == "attended" and isinstance(done, date)), 1


def contracts(a: Applicant, case: Row, annual: str) -> Pair:
    """Return how many contracts a case counts as (certain, possible)."""
    start, end, form = (
        day(case["started_on"]),
        day(case["ended_on"]),
        a.word("contract_form", case["contract_form"]),
    )
    if end == "unreadable" or (isinstance(start, date) and end and end < start) or form in ("", "?"):
        return 0, 1 if form == "single" else 3
    one, years = _as_one(a, start, end), _by_years(a, start, end)
    if form == "single":
        return one
    return years if form == annual else (min(one[0], years[0]), max(one[1], years[1]))


def _as_one(a: Applicant, start: Day, end: Day) -> Pair:
    last = end if isinstance(end, date) else date.max
    if not isinstance(start, date):
        return 0, int(last >= a.start)
    if start > a.base or last < a.start:
        return 0, 0
    return int(start > a.start and last <= a.base), 1


def _by_years(a: Applicant, start: Day, end: Day) -> Pair:
    last = min(end, a.base) if isinstance(end, date) else a.base
    if not isinstance(start, date):
        return 0, 0 if last <= a.start else 3
    first = max(start, a.start + timedelta(days=1))
    if first > last:
        return 0, 0
    years = complete_months(first, last)[0] // 12
    return years, years + (add_months(first, 12 * years) <= last)


def operation(a: Applicant, case: Row) -> Pair:
    """Return the months of operation of a case (certain, possible)."""
    start, end = day(case["started_on"]), day(case["ended_on"])
    if not isinstance(start, date) or end == "unreadable" or (isinstance(end, date) and end < start):
        return 0, 120
    if start > a.base:
        return 0, 0
    last = min(end, a.base) if isinstance(end, date) else a.base
    first = max(start, a.start + timedelta(days=1))
    whole, rest = complete_months(start, last)
    return complete_months(first, last)[0] if first <= last else 0, whole + rest


def _counts(a: Applicant, rule: Row, case: Row) -> Pair:
    """Tell whether a case is of the kind that a track record counts."""
    service, kind = a.word("service", case["service"]), norm(case["case_type"])
    if service in ("", "?"):
        return 0, 1
    wanted = next((w for w in rule["cases"] if w["service"] == service), None)
    if wanted is None:
        return 0, 0
    certain = "reading" not in wanted or wanted["reading"] is None
    if wanted["types"] != "any":
        if kind not in a.standard.types[service]:
            certain = False
        elif a.standard.type_ids[kind] not in wanted["types"]:
            return 0, 0
    if rule.get("achieved"):
        marks = [
            part[:1].lower()
            for part in re.split(r"[、,;\n]+", unicodedata.normalize("NFKC", str(case["outcome"] or "")))
            if part.strip()
        ]
        if not any(mark not in ("未",) for mark in marks):
            return 0, 0
        certain = certain and any(mark in "abcd" for mark in marks)
    if rule.get("client_managed"):
        mark = norm(case["client_managed"])
        if mark == "×":
            return 0, 0
        certain = certain and mark in MARKS
    return int(certain), 1


def track_record(a: Applicant, rule: Row, number: str) -> Pair:
    total, months = [0, 0], [0, 0]
    for case in a.sheets["cases"]:
        if number not in split(case["participants"]):
            continue
        counts = _counts(a, rule, case)
        if not counts[1]:
            continue
        found, operated = contracts(a, case, rule["annual_form"]), operation(a, case)
        for i in (0, 1):
            total[i] += found[i] if counts[i] else 0
            months[i] += operated[i] if counts[i] else 0
    met = [total[i] >= rule["contracts"] and months[i] >= (rule.get("months") or 0) for i in (0, 1)]
    return int(met[0]), int(met[1])


ROUTES: dict[str, tuple[str, Callable[[Applicant, Row, Row], Pair]]] = {
    "route:credential": ("credentials", credential),
    "route:teaching": ("teaching", teaching),
    "route:training": ("training", training),
}


def meets(a: Applicant, rule: Row, number: str) -> Pair:
    """Tell whether a person meets a route, apart from post and role."""
    if rule["check"] == "route:track_record":
        return track_record(a, rule, number)
    sheet, check = ROUTES[rule["check"]]
    found = [check(a, rule, row) for row in a.sheets[sheet] if number and norm(row["staff_id"]) == number]
    return max((f[0] for f in found), default=0), max((f[1] for f in found), default=0)


def qualified(a: Applicant, routes: Iterable[str], people: dict[str, Pair]) -> dict[str, Pair]:
    """Return person -> whether the person meets one of the routes (certain, possible)."""
    result = {}
    for number, counted in people.items():
        found = [meets(a, a.standard.rules[route]["requires"], number) for route in routes]
        result[number] = (
            int(counted[0] and any(f[0] for f in found)),
            int(counted[1] and any(f[1] for f in found)),
        )
    return result


def bounds(certain: int, possible: int, needed: int = 1) -> int:
    return PASS if certain >= needed else REVIEW if possible >= needed else FAIL
