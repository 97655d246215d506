"""The published tables of verdicts: per applicant, service and node, and per applicant and service."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secsvc_batch.evaluation.engine import Results
from secsvc_batch.reports.common import SHOWN, Codes, Objects
from secsvc_batch.reports.evidence import evidence
from secsvc_batch.reports.wording import wording
from secsvc_batch.standard.loader import Standard
from secsvc_batch.standard.model import VERDICTS, Requirement
from secsvc_batch.tables import cells
from secsvc_batch.tables.raw import RawTables
from secsvc_batch.tables.typed import application_ids

MOST_CELLS = 50  # of evidence named for one verdict


def verdict_table(results: Results, raw: RawTables, standard: Standard, lang: str) -> pd.DataFrame:
    """Return one row per applicant, service and node, in the order of the applicants and of the standard.

    Columns: application_id, file, organisation, service (id), clause, requirement_id, title, kind (leaf or
    group), verdict, met_otherwise (bool), certain, possible, threshold (int32), missing (in words), reasons
    (codes joined by ``;``), reason_text, readings (``id=value`` joined by ``;``) and evidence (cells such as
    ``要員!A5`` joined by ``;``). A group's evidence stands at its leaves.
    """
    frame, words = results.verdicts, wording(results, standard, lang)
    requirement = frame["requirement"].to_numpy()
    who = _Applicants(results, raw, frame["applicant"].to_numpy())
    rows = evidence(results, raw, standard, lang)
    nodes = standard.requirements

    def of_node(text: Callable[[Requirement], str]) -> Objects:
        texts: Objects = _objects([text(node) for node in nodes])[requirement]
        return texts

    return pd.DataFrame(
        {
            **who.columns(),
            "service": of_node(lambda node: standard.services_by_clause[node.clause]),
            "clause": of_node(lambda node: node.clause),
            "requirement_id": of_node(lambda node: node.id),
            "title": of_node(lambda node: node.title(lang)),
            "kind": of_node(lambda node: "leaf" if node.is_leaf else "group"),
            "verdict": _objects(list(VERDICTS))[frame["verdict"].to_numpy()],
            "met_otherwise": frame["met_otherwise"].to_numpy(),
            "certain": frame["certain"].to_numpy(),
            "possible": frame["possible"].to_numpy(),
            "threshold": frame["threshold"].to_numpy(),
            "missing": words.missing,
            "reasons": words.reasons,
            "reason_text": words.reason_text,
            "readings": words.readings,
            "evidence": rows.addresses_of(len(frame), MOST_CELLS),
        },
        copy=False,
    )


def application_table(results: Results, raw: RawTables, standard: Standard, lang: str) -> pd.DataFrame:
    """Return one row per applicant and service applied for.

    Columns: application_id, file, organisation, service (id), service_title (in words), service_name (the
    applicant's own), clause, verdict (of the whole service), leaves_pass, leaves_review, leaves_fail,
    leaves_not_applicable, leaves_met_otherwise (int32; they add up to all leaves, so a leaf that another one
    makes up for counts as met otherwise, not as review or fail) and missing (in words).
    """
    frame, nodes = results.verdicts, standard.requirements
    roots, counts = leaf_counts(results, standard)
    root = frame["requirement"].to_numpy()[roots]
    service = _objects([standard.services_by_clause[node.clause] for node in nodes])[root]
    titles = {one.id: one.name(lang) for one in standard.services}
    who = _Applicants(results, raw, frame["applicant"].to_numpy()[roots])
    return pd.DataFrame(
        {
            **who.columns(),
            "service": service,
            "service_title": _objects([titles[one] for one in service]),
            "service_name": who.service_names(service),
            "clause": _objects([node.clause for node in nodes])[root],
            "verdict": _objects(list(VERDICTS))[frame["verdict"].to_numpy()[roots]],
            **{f"leaves_{name}": counts[name] for name in SHOWN},
            "missing": wording(results, standard, lang).missing[roots],
        },
        copy=False,
    )


def leaf_counts(results: Results, standard: Standard) -> tuple[Codes, dict[str, NDArray[np.int32]]]:
    """Count the leaves of every applicant and service by what is shown of them (``SHOWN``).

    Returns the verdict rows of the whole services, and per kind one count for each of them.
    """
    frame = results.verdicts
    requirement, verdict = frame["requirement"].to_numpy(), frame["verdict"].to_numpy()
    otherwise = frame["met_otherwise"].to_numpy()
    top = np.array([node.parent is None for node in standard.requirements], dtype=bool)
    leaf = np.array([node.is_leaf for node in standard.requirements], dtype=bool)[requirement]
    roots = np.flatnonzero(top[requirement])
    ends = np.append(roots, len(frame))[1:]

    def below(which: NDArray[np.bool_]) -> NDArray[np.int32]:
        total = np.append(0, np.cumsum(leaf & which))
        counts: NDArray[np.int32] = (total[ends] - total[roots]).astype(np.int32)
        return counts

    shown = {"met_otherwise": below(otherwise)}
    for code, name in enumerate(VERDICTS):
        shown[name] = below((verdict == code) & ~otherwise)
    return roots, shown


def organisations(results: Results) -> Objects:
    """Return the name of the firm by applicant, '' where it is not given."""
    names = np.full(results.context.count, "", dtype=object)
    form = results.context.tables["applicant"]
    given = form["organisation"]
    names[form.applicant[given.ok]] = given.value[given.ok]
    return names


class _Applicants:
    """Whose rows these are: one element of ``applicant`` per row."""

    def __init__(self, results: Results, raw: RawTables, applicant: NDArray[np.int32]) -> None:
        self._results, self._raw, self._applicant = results, raw, applicant

    def columns(self) -> dict[str, Objects]:
        """Return application_id, file and organisation."""
        ids = application_ids(self._results.context.tables, self._raw)
        files = self._raw.files["file"].to_numpy(dtype=object)
        names = organisations(self._results)
        return {
            "application_id": ids[self._applicant],
            "file": files[self._applicant],
            "organisation": names[self._applicant],
        }

    def service_names(self, services: Objects) -> Objects:
        """Return what the applicants call each of ``services`` (one id per row)."""
        context = self._results.context
        names = np.append(context.tables["services"]["service_name"].value, _objects([""]))
        result = np.full(len(services), "", dtype=object)
        for service in dict.fromkeys(services.tolist()):
            rows = np.flatnonzero(services == service)
            result[rows] = names[context.service_rows(service)[self._applicant[rows]]]
        return _objects([cells.text_of(name) for name in result])


def _objects(values: list[str]) -> Objects:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result
