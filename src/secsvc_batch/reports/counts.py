"""What the summary of a round counts, gathered chunk by chunk from the published tables."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from secsvc_batch.reports.common import SHOWN

LISTED = 5_000
"""applications, and refused files, that are kept to be listed one by one; all of them are counted"""


class Application(NamedTuple):
    """One applicant and service; ``leaves`` in the order of ``SHOWN``."""

    application_id: str
    organisation: str
    service: str
    verdict: str
    leaves: tuple[int, ...]
    file: str


class Refused(NamedTuple):
    """A file that could not be read, and why."""

    file: str
    code: str
    message: str


@dataclass
class RoundCounts:
    """Counts over a round; what is kept does not grow with it, but for lists of at most ``LISTED``.

    ``services``: service -> Counter of overall verdicts.  ``requirements``: clause -> Counter of what is
    shown of it (``SHOWN``).  ``reasons``: clause -> Counter of reason codes.  ``findings``: code -> Counter
    of severities; ``concerned``: code -> how many files have it.
    """

    read: int = 0
    refused: list[Refused] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    services: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    requirements: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    findings: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    concerned: Counter[str] = field(default_factory=Counter)
    refused_unlisted: int = 0

    def add(
        self, read: int, verdicts: pd.DataFrame, applications: pd.DataFrame, findings: pd.DataFrame
    ) -> None:
        """Add one chunk: how many files were read, and its published tables.

        Findings of refused files are among ``findings`` with the applicant -1.
        """
        self.read += read
        self._add_verdicts(verdicts)
        self._add_applications(applications)
        self.add_findings(findings)

    def _add_verdicts(self, verdicts: pd.DataFrame) -> None:
        shown = verdicts["verdict"].astype(object).where(~verdicts["met_otherwise"], "met_otherwise")
        frame = pd.DataFrame({"clause": verdicts["clause"], "shown": shown, "reasons": verdicts["reasons"]})
        sizes = frame.groupby(["clause", "shown", "reasons"], sort=False).size().reset_index(name="count")
        for clause, name, reasons, count in zip(*(sizes[column].tolist() for column in sizes), strict=True):
            self.requirements[clause][name] += count
            if name in ("review", "fail"):
                self.reasons[clause].update(dict.fromkeys(filter(None, reasons.split(";")), count))

    def _add_applications(self, applications: pd.DataFrame) -> None:
        leaves = zip(*(applications[f"leaves_{name}"].tolist() for name in SHOWN), strict=True)
        names = ("application_id", "organisation", "service", "verdict")
        columns = [applications[name].tolist() for name in names]
        for row in zip(*columns, leaves, applications["file"].tolist(), strict=True):
            application = Application(*row)
            if len(self.applications) < LISTED:
                self.applications.append(application)
            self.services[application.service][application.verdict] += 1

    def add_findings(self, findings: pd.DataFrame) -> None:
        """Add findings, those of refused files and of the whole round too."""
        groups = findings.groupby(["code", "severity"], sort=False)
        sizes = groups["file"].agg(["size", "nunique"]).reset_index()
        for code, severity, count, files in zip(*(sizes[column].tolist() for column in sizes), strict=True):
            self.findings[code][severity] += count
            self.concerned[code] += files
        refused = findings[findings["applicant"] < 0]
        listed = refused.iloc[: max(0, LISTED - len(self.refused))]
        columns = (listed[name].tolist() for name in Refused._fields)
        self.refused += map(Refused._make, zip(*columns, strict=True))
        rest = set(refused["file"].iloc[len(listed) :]) - set(listed["file"])
        self.refused_unlisted += len(rest)

    @property
    def refused_files(self) -> int:
        return len({refused.file for refused in self.refused}) + self.refused_unlisted

    @property
    def unlisted(self) -> int:
        """How many applications are counted but not listed."""
        return self.verdicts().total() - len(self.applications)

    def verdicts(self) -> Counter[str]:
        """Return how many applications (applicant and service) have which overall verdict."""
        total: Counter[str] = Counter()
        for counted in self.services.values():
            total += counted
        return total
