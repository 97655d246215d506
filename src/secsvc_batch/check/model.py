"""What a check found, apart from how it is shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from secsvc_batch.messages import SEVERITIES

READ, REFUSED, FAULT = "read", "refused", "fault"
OPTION, WORKBOOK = "option", "workbook"


@dataclass(frozen=True)
class Finding:
    """Something amiss in the workbook. ``sheet`` '' stands for the file, ``cell`` '' for the whole sheet."""

    severity: str
    sheet: str
    cell: str
    row: int
    field: str
    label: str
    raw: str
    code: str
    message: str
    remedy: str


@dataclass(frozen=True)
class Remark:
    """What is said once of several cells of a sheet: the finding of the first, and every cell and entry."""

    finding: Finding
    cells: tuple[str, ...]
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row of the workbook behind a verdict: what it says, what it adds, and why no more."""

    sheet: str
    cell: str
    told: str
    adds: str
    why: str
    counts: bool


@dataclass(frozen=True)
class Judged:
    """One requirement with its verdict (``pass``, ``review``, ``fail`` or ``not_applicable``), in words.

    ``children`` are positions in ``Service.requirements``. ``left_out``: rows beyond those listed.
    """

    clause: str
    id: str
    title: str
    combine: str | None
    children: tuple[int, ...]
    verdict: str
    met_otherwise: bool
    needed: str
    found: str
    missing: str
    reasons: tuple[str, ...]
    reason_text: str
    question: str
    readings: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int

    @property
    def is_leaf(self) -> bool:
        return self.combine is None


@dataclass(frozen=True)
class Topic:
    """A requirement to talk about: a leaf, or a group with alternatives and the leaves below it."""

    judged: Judged
    alternatives: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Service:
    """One service applied for. ``counts``: leaves by what is shown of them; the whole service comes first."""

    id: str
    clause: str
    title: str
    name: str
    verdict: str
    counts: Mapping[str, int]
    requirements: tuple[Judged, ...]

    def topics(self, verdict: str) -> list[Topic]:
        """Return what stands in the way with ``verdict`` (``fail`` or ``review``), in order.

        Where several requirements could each meet a group, the group is the topic: its alternatives
        do not all have to be met.
        """
        return list(self._topics(self.requirements[0], verdict))

    def _topics(self, judged: Judged, verdict: str) -> Iterator[Topic]:
        if judged.verdict not in ("fail", "review") or judged.met_otherwise:
            return
        if judged.combine == "all":
            for child in judged.children:
                yield from self._topics(self.requirements[child], verdict)
        elif judged.verdict == verdict:
            yield Topic(judged, tuple(self._leaves(judged)))

    def _leaves(self, group: Judged) -> Iterator[Judged]:
        for child in (self.requirements[number] for number in group.children):
            if not child.is_leaf:
                yield from self._leaves(child)
            elif child.verdict in ("fail", "review") or group.combine == "everyone_any":
                yield child


@dataclass(frozen=True)
class CheckedFile:
    """What was found about one file. ``detail``: of a fault of the program.

    ``office_date``: the base date that the office wrote into the workbook, where another one was used.
    """

    file: str
    status: str
    application_id: str = ""
    organisation: str = ""
    base_date: date | None = None
    base_date_from: str = ""
    office_date: str = ""
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(SEVERITIES, 0))
    services: tuple[Service, ...] = ()
    detail: str = ""

    @property
    def clean(self) -> bool:
        """Whether everything passes and nothing needs a look."""
        passes = all(service.verdict == "pass" for service in self.services)
        return self.status == READ and passes and not self.counts["error"] and not self.counts["warning"]

    def by_sheet(self) -> list[tuple[str, list[Remark]]]:
        """Return what is to be said of each sheet, the worst first; sheets by the worst that they hold.

        The file as a whole ('') comes first. Findings that say the same of several cells are one remark.
        """
        sheets: dict[str, dict[tuple[str, ...], list[Finding]]] = {}
        for one in self.findings:
            same = (one.severity, one.code, one.field, one.message, one.remedy)
            sheets.setdefault(one.sheet, {}).setdefault(same, []).append(one)
        listed = {name: sorted(map(_remark, of.values()), key=_rank) for name, of in sheets.items()}
        return sorted(listed.items(), key=lambda item: (item[0] != "", _rank(item[1][0])[0]))


def _remark(findings: list[Finding]) -> Remark:
    cells = tuple(finding.cell for finding in findings if finding.cell)
    return Remark(findings[0], cells, tuple(dict.fromkeys(finding.raw for finding in findings)))


def _rank(remark: Remark) -> tuple[int, int]:
    return SEVERITIES.index(remark.finding.severity), remark.finding.row
