"""The page of benchmark figures."""

import os
import platform
import statistics
from dataclasses import dataclass
from pathlib import Path

from rules import Speed

PRODUCT, ONE_WORKER, PLAIN, FLOOR, RAW_FLOOR = "product", "one worker", "plain", "floor", "raw floor"
HELP, BARE = "help", "bare"
WHAT = {
    PRODUCT: "`secsvc-batch evaluate` with two worker processes",
    ONE_WORKER: "the same with one",
    PLAIN: "[bench/plain.py](../bench/plain.py): openpyxl and pandas, file by file",
    FLOOR: "[bench/floor.py](../bench/floor.py): calamine, packages copied with one more sheet (zipfile)",
    RAW_FLOOR: "the same, members copied without inflating them (`--raw`)",
}
DECIDING = ("validate", "evaluate")


@dataclass(frozen=True)
class Run:
    """Wall time of a whole process over some files, and the highest memory of any of its processes in MiB."""

    files: int
    seconds: float
    memory: float


@dataclass(frozen=True)
class Spread:
    """Median, lowest and highest of some figures."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.1f} ({self.lowest:.1f} - {self.highest:.1f})"


def ratio(runs: list[dict[str, Run]], one: str, other: str) -> Spread:
    """Return how many times as long ``one`` takes as ``other``, where they ran side by side."""
    return Spread.of([run[one].seconds / run[other].seconds for run in runs if one in run and other in run])


@dataclass(frozen=True)
class Figures:
    """What was measured.

    ``once``: product and plain script on the first ``plain_files``; ``runs``: the others on all ``files``;
    ``stages``: seconds, added up over processes; ``growth``: the product on rounds of several sizes;
    ``starts``: ``--help`` and a bare program; ``rules``: speeds by number of applicants.
    """

    files: int
    plain_files: int
    once: list[dict[str, Run]]
    runs: list[dict[str, Run]]
    stages: dict[str, float]
    agreement: float
    growth: list[Run]
    starts: list[dict[str, Run]]
    rules: dict[int, Speed]

    def ratio(self, one: str, other: str) -> Spread:
        """Return how many times as long ``one`` takes as ``other``."""
        return ratio(self._with(one), one, other)

    @property
    def times_faster(self) -> float:
        """How many times as long as the product the plain script takes for a file."""
        return self.per_file(PLAIN).median / self.per_file(PRODUCT).median

    def per_file(self, name: str) -> Spread:
        """Return milliseconds per file."""
        return Spread.of([run[name].seconds / run[name].files * 1000 for run in self._with(name)])

    def memory(self, name: str) -> float:
        return max(run[name].memory for run in self._with(name))

    def _with(self, name: str) -> list[dict[str, Run]]:
        """Return the runs over all files, or over those that the plain script was given."""
        return self.once if name == PLAIN else self.runs


def page(figures: Figures) -> str:
    """Return the figures as Markdown."""
    return (
        "\n".join(
            [
                *_head(figures),
                *_comparison(figures),
                *_stages(figures),
                *_rules(figures),
                *_growth(figures),
            ]
        ).rstrip()
        + "\n"
    )


def _head(figures: Figures) -> list[str]:
    return [
        "# Benchmarks",
        "",
        f"{figures.files:,} sample workbooks (`secsvc-batch sample`), product and floors with two processes,",
        f"interleaved in one run, {len(figures.runs)} times over; the plain script once, next to the",
        f"product, on the first {figures.plain_files:,}; median (lowest - highest).",
        "",
        "```",
        "nox -s bench -- --full",
        "```",
        "",
        f"Measured on {machine()}. Ratios hold elsewhere, times do not.",
        "",
    ]


def machine() -> str:
    """Describe the machine: cores, memory, Python."""
    memory = ""
    if Path("/proc/meminfo").exists():
        kilobytes = int(Path("/proc/meminfo").read_text().split(maxsplit=2)[1])
        memory = f", {kilobytes / 2**20:.0f} GiB of memory"
    return f"{os.cpu_count()} cores{memory}, {platform.system()}, Python {platform.python_version()}"


def _comparison(figures: Figures) -> list[str]:
    lines = [
        "## Side by side",
        "",
        "| | ms per file | as long as the product | memory of the largest process (MiB) |",
        "|---|---|---|---|",
    ]
    for name, what in WHAT.items():
        ratio = figures.ratio(name, PRODUCT)
        times = "1" if name == PRODUCT else f"{ratio.median:.2f} ({ratio.lowest:.2f} - {ratio.highest:.2f})"
        if name == PLAIN:
            times = f"{figures.times_faster:.1f}"
        lines.append(f"| {what} | {figures.per_file(name)} | {times} | {figures.memory(name):.0f} |")
    return [
        *lines,
        "",
        f"- {figures.times_faster:.1f} times faster a file than the plain script, which takes",
        "  the same for each file of every round;",
        f"  {figures.ratio(PLAIN, PRODUCT).median:.1f} times on the {figures.plain_files:,} files alone,",
        "  where the start of the product weighs most.",
        f"  The two agree on {figures.agreement:.2%} of the nodes.",
        f"- {figures.ratio(PRODUCT, FLOOR)} times the floor,"
        f" {figures.ratio(PRODUCT, RAW_FLOOR)} times the raw one.",
        f"- Two workers are {figures.ratio(ONE_WORKER, PRODUCT)} times as fast as one.",
        f"- `--help` takes {_starts(figures)} times as long as that of a bare click program.",
        "",
    ]


def _starts(figures: Figures) -> Spread:
    return Spread.of([run[HELP].seconds / run[BARE].seconds for run in figures.starts])


def _rules(figures: Figures) -> list[str]:
    rows = [
        f"| {size:,} | {speed.first:,.0f} | {speed.again:,.0f} | {speed.told:,.0f} |"
        for size, speed in figures.rules.items()
    ]
    return [
        "## The rules alone",
        "",
        "Applicants a second, from tables of judged cells to verdicts, in memory and on one core",
        "([bench/rules.py](../bench/rules.py)). What does not depend on base date, readings and thresholds",
        "is worked out once and kept with the tables, so what-if questions are answered at the second speed.",
        "",
        "| applicants | verdicts, asked first | asked about another base date | with reasons and rows |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def _stages(figures: Figures) -> list[str]:
    whole = sum(figures.stages.values())
    rows = [
        f"| {name} | {seconds:.2f} | {seconds / figures.files * 1000:.2f} | {seconds / whole:.1%} |"
        for name, seconds in figures.stages.items()
    ]
    deciding = sum(figures.stages.get(name, 0.0) for name in DECIDING)
    return [
        "## Where the time goes",
        "",
        "Seconds of the product's stages, added up over its processes (last repetition).",
        "",
        "| stage | s | ms per file | share |",
        "|---|---|---|---|",
        *rows,
        "",
        f"Validation and evaluation together: {deciding / whole:.1%}.",
        "",
    ]


def _growth(figures: Figures) -> list[str]:
    rows = [
        f"| {run.files:,} | {run.seconds:.1f} | {run.seconds / run.files * 1000:.1f} | {run.memory:.0f} |"
        for run in figures.growth
    ]
    return [
        "## Larger rounds",
        "",
        "| files | s | ms per file | memory of the largest process (MiB) |",
        "|---|---|---|---|",
        *rows,
    ]
