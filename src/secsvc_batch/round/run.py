"""A whole round: chunks out to the executor, parts together, tables, summary and manifest."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

import pandas as pd

from secsvc_batch.reports.export import APPLICATIONS, FINDINGS, VERDICTS, TableWriter
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.messages import SEVERITIES
from secsvc_batch.reports.counts import RoundCounts
from secsvc_batch.reports.summary import write_summary
from secsvc_batch.round.chunk import PARTS, ChunkResult, FileReport, Stopwatch, part_path, process
from secsvc_batch.round.executors import POOL_FROM, run_in_pool, run_serially
from secsvc_batch.round.inputs import Inputs
from secsvc_batch.round.job import Job, split
from secsvc_batch.round.manifest import Manifest, write_manifest
from secsvc_batch.round.results import ResultsFolder
from secsvc_batch.standard.model import VERDICTS as VERDICT_NAMES
from secsvc_batch.tables.findings import order, render
from secsvc_batch.tables.round_checks import concat_keys, cross_findings

CHUNK = 100  # files; large enough that the fixed cost of a chunk is small
SCHEMAS = {"verdicts": VERDICTS, "findings": FINDINGS, "applications": APPLICATIONS}
Progress = Callable[[int], None]


@dataclass
class RoundReport:
    """What a round came to: every file's report in file order, and the counts of the summary."""

    files: list[FileReport]
    counts: RoundCounts
    times: dict[str, float] = field(default_factory=dict)

    def number(self, status: str) -> int:
        return sum(report.status == status for report in self.files)

    @property
    def clean(self) -> bool:
        """Whether every application passes and nothing needs a look."""
        totals = totals_of(self.counts)
        others = sum(totals["applications"][name] for name in ("review", "fail"))
        findings = sum(totals["findings"][name] for name in ("error", "warning"))
        return self.number("read") == len(self.files) and not others and not findings


def totals_of(counts: RoundCounts) -> dict[str, dict[str, int]]:
    """Return how many applications have which verdict and how many findings which severity."""
    verdicts = counts.verdicts()
    severities = sum(counts.findings.values(), Counter[str]())
    return {
        "applications": {name: verdicts[name] for name in VERDICT_NAMES},
        "findings": {name: severities[name] for name in SEVERITIES},
    }


def run_round(
    job: Job, inputs: Inputs, folder: ResultsFolder, workers: int = 0, progress: Progress = lambda _: None
) -> RoundReport:
    """Evaluate the files of a round and put the results in place.

    ``workers``: processes, 0 for one per processor; few files are done in this process. ``progress``
    is told of every number of files that are done. On an error nothing is left behind.
    """
    job = replace(job, staging=folder.begin())
    try:
        report = _run(job, inputs, workers or _processors(), progress)
        folder.finish()
    except BaseException:
        folder.abandon()
        raise
    return report


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(job: Job, inputs: Inputs, workers: int, progress: Progress) -> RoundReport:
    watch = Stopwatch()
    with watch.stage("total"):
        results = []
        for done in _chunks(job, inputs, workers):
            results += done
            progress(sum(len(result.files) for result in done))
        results.sort(key=lambda result: result.first)
        with watch.stage("merge"):
            counts = RoundCounts()
            _merge(job, results, counts)
    for result in results:
        for stage, seconds in result.times.items():
            watch.times[stage] = watch.times.get(stage, 0.0) + seconds
    files = [report for result in results for report in result.files]
    report = RoundReport(files, counts, watch.times)
    manifest = Manifest.of(job, inputs, report.files, totals_of(counts), watch.times)
    write_summary(job.staging / "summary.xlsx", counts, RunInfo(job.standard, job.base_date), job.lang)
    write_manifest(job.staging, manifest)
    return report


def _chunks(job: Job, inputs: Inputs, workers: int) -> Iterator[list[ChunkResult]]:
    task = partial(process, job)
    number = len(inputs.files)
    if workers < 2 or number < POOL_FROM:
        return (done for _, done in run_serially(task, split(inputs.files, CHUNK)))
    # every worker gets several chunks, so that none waits long for the others
    size = max(10, min(CHUNK, -(-number // (workers * 4))))
    return (done for _, done in run_in_pool(task, split(inputs.files, size), workers))


def _merge(job: Job, results: list[ChunkResult], counts: RoundCounts) -> None:
    """Put the parts of all chunks together in file order, and add what only the whole round shows."""
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(TableWriter(job.staging, name, schema))
            for name, schema in SCHEMAS.items()
        }

        for result in results:
            parts = {
                name: pd.read_parquet(path)
                for name in SCHEMAS
                if (path := part_path(job.staging, name, result.first)).exists()
            }
            for name, frame in parts.items():
                writers[name].write(frame)
            read = sum(report.status == "read" for report in result.files)
            if read:
                counts.add(read, **parts)
            else:
                counts.add_findings(parts["findings"])
        keys = [result.keys for result in results if result.keys is not None and len(result.keys)]
        if keys:
            layout = job.standard.layout
            found = order(render(cross_findings(concat_keys(keys)), job.lang, layout), layout)
            writers["findings"].write(found)
            counts.add_findings(found)
    shutil.rmtree(job.staging / PARTS)
