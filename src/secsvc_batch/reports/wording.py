"""Verdicts in words: what was needed, what was found, what is missing, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.algebra import FAIL, NOT_APPLICABLE, PASS, REVIEW
from secsvc_batch.evaluation.engine import Results
from secsvc_batch.evaluation.outcome import UNITS
from secsvc_batch.messages import word
from secsvc_batch.reports.common import (
    Objects,
    Tree,
    joined,
    node_keys,
    per_distinct,
    reason_codes,
    reason_sentences,
    tree_of,
)
from secsvc_batch.standard import model
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import Requirement

_MOST_PARTS = 6  # of what is missing below a group; the rest is counted


@dataclass(frozen=True)
class Wording:
    """The words of every verdict: one text per row of ``Results.verdicts``, '' where there is nothing to say.

    ``needed`` and ``found`` compare; ``missing`` says what would meet the requirement (for review: what
    would make it certain); ``reasons`` and ``readings`` are codes joined by ``;``.
    """

    needed: Objects
    found: Objects
    missing: Objects
    reasons: Objects
    reason_text: Objects
    readings: Objects


def wording(results: Results, standard: Standard, lang: str) -> Wording:
    """Return the words of all verdicts of a chunk; made once per chunk and language."""
    return results.context.once(("wording", lang), lambda: _Writer(results, standard, lang).wording())


class _Part(NamedTuple):
    """One thing that is missing; ``choice``: it names alternatives."""

    text: str
    choice: bool = False


@dataclass(frozen=True)
class _Missing:
    """What a node lacks, and how far it is from being met (0: only doubts are in the way)."""

    parts: tuple[_Part, ...]
    distance: float


class _Writer:
    def __init__(self, results: Results, standard: Standard, lang: str) -> None:
        self.results, self.standard, self.lang = results, standard, lang
        self.nodes: Sequence[Requirement] = standard.requirements
        self.tree: Tree = tree_of(standard)
        frame = results.verdicts
        self.column = {name: frame[name].to_numpy() for name in frame.columns}

    def wording(self) -> Wording:
        column = self.column
        return Wording(
            needed=per_distinct(
                self._needed, column["requirement"], column["threshold"], column["verdict"] == NOT_APPLICABLE
            ),
            found=self._all_found(),
            missing=self._all_missing(),
            reasons=per_distinct(lambda bits: ";".join(reason_codes(bits)), column["reasons"]),
            reason_text=per_distinct(lambda bits: reason_sentences(bits, self.lang), column["reasons"]),
            readings=per_distinct(self._readings, column["requirement"], column["reasons"]),
        )

    def _word(self, key: str, **params: object) -> str:
        return word(f"verdict.{key}", self.lang, **params)

    # --- needed -----------------------------------------------------------------------------------

    def _needed(self, index: int, threshold: int, not_applicable: bool) -> str:
        if not_applicable:
            return self._word("found.none")
        requirement = self.nodes[index]
        match requirement.requires:
            case None:
                return self._word(f"needed.{requirement.combine}", n=threshold)
            case model.RouteTrackRecord(people=people, contracts=contracts, months=months):
                kind = "months" if months else "contracts"
                who = self._word(f"who.{people.who}")
                return self._word(f"needed.record_{kind}", who=who, contracts=contracts, months=months)
            case model.RouteCredential() | model.RouteTeaching() | model.RouteTraining() as rule:
                return self._word("needed.route", who=self._word(f"who.{rule.people.who}"), n=threshold)
            case model.Follows(list=name, check=check):
                return self._word(f"needed.{_key(check)}", list=name)
            case model.Reference(clause=clause):
                return self._word("needed.ref", clause=clause)
            case rule:
                return self._word(f"needed.{_key(rule.check)}", n=threshold)

    # --- found ------------------------------------------------------------------------------------

    def _all_found(self) -> Objects:
        column = self.column
        names = ("requirement", "verdict", "certain", "possible", "threshold")
        found = per_distinct(self._found, *(column[name] for name in names))
        rows, best = self._best_records()
        if len(rows):
            texts = per_distinct(
                self._found_record, column["requirement"][rows], column["verdict"][rows], *best
            )
            found[rows] = np.where(texts == "", found[rows], texts)
        return found

    def _found(self, index: int, verdict: int, certain: int, possible: int, threshold: int) -> str:
        rule = self.nodes[index].requires
        if verdict == NOT_APPLICABLE:
            return self._word("found.none")
        if rule is None:
            return self._found_below(self.nodes[index], certain, possible, threshold)
        unit = _UNITS.get(rule.check.partition(":")[0])
        if unit is None:
            return self._word(f"found.{_STATES[min(certain, 1) + min(possible, 1)]}")
        return self._range(f"unit.{unit}", certain, possible)

    def _found_below(self, requirement: Requirement, certain: int, possible: int, threshold: int) -> str:
        """Say how many of the requirements below have which verdict."""
        if requirement.combine == "everyone_any":
            return self._word(f"found.everyone_{_STATES[min(certain, 1) + min(possible, 1)]}")
        counts = {"pass": certain, "review": possible - certain}
        if requirement.combine == "all":
            counts["fail"] = threshold - possible
        parts = [
            self._word("found.item", verdict=self._word(name), n=count)
            for name, count in counts.items()
            if count > 0
        ]
        return joined("verdict.beside", parts, self.lang) or self._word("found.no_item")

    def _range(self, unit: str, certain: int, possible: int) -> str:
        sure = self._word(unit, n=certain)
        if certain >= possible:
            return sure
        return self._word("found.range", certain=sure, possible=self._word(unit, n=possible))

    def _best_records(self) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], ...]]:
        """Return verdict rows of track records and what the person nearest to each has.

        That is contracts certain, possible, months certain, possible (int64 arrays).
        """
        frame = self.results.contributions
        wanted = {unit: UNITS.index(f"person_{unit}") for unit in ("contracts", "months")}
        parts = [self._totals(frame[frame["unit"] == wanted[unit]], unit) for unit in wanted]
        on = ["applicant", "requirement", "person"]
        both = parts[0].merge(parts[1], on=on, how="outer").fillna(0).astype(np.int64)
        if not len(both):
            return np.empty(0, np.int64), ()
        enough = np.ones(len(both), dtype=bool)
        for unit in wanted:
            rules = [node.requires for node in self.nodes]
            needed = np.array([getattr(rule, unit, 0) or 0 for rule in rules], dtype=np.int64)
            enough &= both[f"{unit}_possible"].to_numpy() >= needed[both["requirement"]]
        names = [f"{unit}_{bound}" for unit in wanted for bound in ("certain", "possible")]
        by = ["applicant", "requirement", "enough", *names]
        ranked = both.assign(enough=enough).sort_values(by, kind="stable")
        last = ranked.drop_duplicates(["applicant", "requirement"], keep="last")
        keys = node_keys(self.column["applicant"], self.column["requirement"], len(self.nodes))
        rows = np.searchsorted(
            keys, node_keys(last["applicant"].to_numpy(), last["requirement"].to_numpy(), len(self.nodes))
        )
        return rows, tuple(last[name].to_numpy() for name in names)

    @staticmethod
    def _totals(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
        columns = ["applicant", "requirement", "person", "certain", "possible"]
        return frame[columns].rename(columns={b: f"{unit}_{b}" for b in ("certain", "possible")})

    def _found_record(self, index: int, verdict: int, *amounts: int) -> str:
        rule = self.nodes[index].requires
        if verdict == NOT_APPLICABLE or not isinstance(rule, model.RouteTrackRecord):
            return ""
        parts = [self._range("unit.contracts", amounts[0], amounts[1])]
        if rule.months:
            months = self._range("unit.months", amounts[2], amounts[3])
            parts.append(self._word("found.operation", months=months))
        return self._word("found.best", amounts=joined("verdict.beside", parts, self.lang))

    # --- missing ----------------------------------------------------------------------------------

    def _all_missing(self) -> Objects:
        column, verdict = self.column, self.column["verdict"]
        lacking = np.flatnonzero((verdict < PASS) & ~column["met_otherwise"])
        leaf = np.array([node.is_leaf for node in self.nodes], dtype=bool)[column["requirement"]]
        of_leaves = np.flatnonzero((verdict < PASS) & leaf)
        missing = np.full(len(verdict), None, dtype=object)
        missing[of_leaves] = per_distinct(
            self._missing_leaf,
            *(column[name][of_leaves] for name in ("requirement", "threshold", "missing", "missing_months")),
        )
        # within an applicant's service the nodes stand one after the other, so a child is as many rows
        # below its group as its index is greater; from the last row up every child comes before its group
        groups = lacking[~leaf[lacking]][::-1]
        for row, index in zip(groups.tolist(), column["requirement"][groups].tolist(), strict=True):
            missing[row] = self._missing_group(index, row, verdict, missing)
        texts = np.full(len(verdict), "", dtype=object)
        texts[lacking] = per_distinct(self._missing_text, missing[lacking])
        return texts

    def _missing_leaf(self, index: int, threshold: int, missing: int, months: int) -> _Missing:
        requirement = self.nodes[index]
        if requirement.missing is None or not (missing or months):
            return _Missing((_Part(self._word("settle", title=requirement.title(self.lang))),), 0.0)
        rule = requirement.requires
        text = requirement.missing(self.lang).format(n=missing, m=months)
        if isinstance(rule, model.RouteTrackRecord) and rule.months and not (missing and months):
            key = "missing.contracts" if missing else "missing.months"
            text = self._word(key, who=self._word(f"who.{rule.people.who}"), n=missing or months)
        needed = rule.contracts if isinstance(rule, model.RouteTrackRecord) else threshold
        distance = missing / max(needed, 1)
        if isinstance(rule, model.RouteTrackRecord) and rule.months:
            distance = max(distance, months / rule.months)
        return _Missing((_Part(text),), distance)

    def _missing_group(self, index: int, row: int, verdict: NDArray[Any], missing: Objects) -> _Missing:
        requirement = self.nodes[index]
        rows = [row + child - index for child in self.tree.children[index]]
        open_ = [at for at in rows if verdict[at] in (FAIL, REVIEW)]
        open_.sort(key=lambda at: int(verdict[at]))
        if requirement.combine == "everyone_any" and any(verdict[at] == PASS for at in rows):
            titles = [self.nodes[child].title(self.lang) for child in self.tree.children[index]]
            text = self._word("everyone", titles=joined("verdict.and", titles, self.lang))
            return _Missing((_Part(text),), 1.0)
        below: list[_Missing] = [missing[at] for at in open_]
        if requirement.combine == "all":
            parts = tuple(part for child in below for part in child.parts)
            return _Missing(parts, sum(child.distance for child in below))
        nearest = sorted(below, key=lambda child: child.distance)
        texts = [self._joined_parts(child.parts) for child in nearest]
        part = _Part(joined("verdict.or", texts, self.lang), choice=len(texts) > 1)
        return _Missing((part,), nearest[0].distance if nearest else 1.0)

    def _joined_parts(self, parts: Sequence[_Part]) -> str:
        if len(parts) == 1:
            return parts[0].text
        texts = [self._word("bracket", text=part.text) if part.choice else part.text for part in parts]
        text = joined("verdict.and", texts[:_MOST_PARTS], self.lang)
        left = len(texts) - _MOST_PARTS
        return self._word("and_more", text=text, n=left) if left > 0 else text

    def _missing_text(self, missing: _Missing) -> str:
        return self._joined_parts(missing.parts)

    # --- readings ---------------------------------------------------------------------------------

    def _readings(self, index: int, bits: int) -> str:
        """Name the readings behind the doubts of a verdict, and those that are settled for its clause."""
        of_clause = {reading.id for reading in self.standard.readings_of(self.nodes[index].clause)}
        doubts = set(reason_codes(bits))
        return ";".join(
            f"{name}={reading.value}"
            for name, reading in self.standard.readings.items()
            if name in doubts or (name in of_clause and reading.value != "both")
        )


_UNITS = {
    "route": "people", "headcount": "places", "headcount_both": "places", "education": "people",
    "case_review": "cases", "case_peer_review": "cases",
}  # fmt: skip
_STATES = ("no", "maybe", "yes")


def _key(check: str) -> str:
    return check.replace(":", "_")
