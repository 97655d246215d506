"""A whole round: chunks out to the executor, parts together, tables, summary and manifest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from xlsxwriter.exceptions import FileCreateError

from secsvc_batch.reports.counts import RoundCounts
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.reports.summary import write_summary
from secsvc_batch.round.earlier import match
from secsvc_batch.round.executors import Executor, run_all
from secsvc_batch.round.inputs import Inputs
from secsvc_batch.round.job import DISK, Chunk, ChunkResult, Job, split
from secsvc_batch.round.keys import read_key, run_key
from secsvc_batch.round.manifest import write_manifest
from secsvc_batch.round.merge import STATUSES, Merged, totals_of
from secsvc_batch.round.part import Part
from secsvc_batch.round.stopwatch import Stopwatch
from secsvc_batch.round.task import process, process_objects
from secsvc_batch.storage.record import remembered

if TYPE_CHECKING:
    from secsvc_batch.round.results import Results

# files of a chunk: enough that its fixed cost is small, so few that memory is
LEAST_CHUNK, CHUNK = 40, 340
Progress = Callable[[int], None]


@dataclass(frozen=True)
class RoundReport:
    """What a round came to: ``counts`` as in run.json."""

    counts: dict[str, Any]

    def number(self, status: str) -> int:
        """Return how many files were read, refused or a fault of the program."""
        return int(self.counts[status])

    @property
    def files(self) -> int:
        return int(self.counts["files"])

    @property
    def clean(self) -> bool:
        """Whether every application passes and nothing needs a look."""
        others = sum(self.counts["applications"][name] for name in ("review", "fail"))
        findings = sum(self.counts["findings"][name] for name in ("error", "warning"))
        return self.number("read") == self.files and not others and not findings


def is_of_disk(error: OSError) -> bool:
    """Tell whether an error is of the disk that results are written to: full, or not to be written to."""
    return error.errno in DISK


def run_round(
    job: Job,
    inputs: Inputs,
    folder: "Results",
    executor: Executor,
    *,
    edited: frozenset[str] = frozenset(),
    progress: Progress = lambda _: None,
) -> RoundReport:
    """Evaluate the files of a round and put the results in place.

    What an interrupted run or the last results hold of the same files is not done again. ``edited``: what
    ``folder.check`` returned. ``progress`` is told of every number of files that are done. On an error the
    results stay as they were, and what is done is kept for the next run.
    """
    with folder.begin():
        job = replace(job, staging=folder.staging, work=folder.work)
        return _run(job, inputs, folder, executor, edited, progress)


def _run(
    job: Job,
    inputs: Inputs,
    folder: "Results",
    executor: Executor,
    edited: frozenset[str],
    progress: Progress,
) -> RoundReport:
    watch = Stopwatch()
    earlier = folder.earlier(edited)
    parts = folder.parts()
    if inputs.from_objects:
        inputs = remembered(inputs, folder.record)
    if earlier is not None:
        parts.append(earlier)
    last = folder.manifest() if earlier and earlier.keys["run"] == run_key(job) else None
    with watch.stage("total"), Merged(job, earlier.folder if earlier else None, len(inputs.files)) as merged:
        chunks = folder.about_to_do(_chunks(job, inputs, executor.workers, parts, edited, folder))
        for done in _in_order(run_all(executor, _task(job, inputs, folder), chunks), watch, progress):
            with watch.stage("merge"):
                merged.add(done.places)
        if last is not None and merged.unchanged and _same(last, inputs):
            folder.discard()
            return RoundReport(last["counts"])
        with watch.stage("merge"):
            merged.finish()
    counts = {
        "files": len(inputs.files),
        **{status: merged.statuses[status] for status in STATUSES},
        **totals_of(merged.counts),
    }
    _write_summary(job, merged.counts)
    write_manifest(job, inputs, counts, watch.times)
    folder.finish(inputs.files)
    return RoundReport(counts)


def _task(job: Job, inputs: Inputs, folder: "Results") -> Callable[[Chunk], ChunkResult]:
    """Return what is done with each chunk: the same everywhere, but objects are fetched and put up."""
    if not inputs.from_objects and folder.puts is None:
        return partial(process, job)
    return partial(process_objects, job, folder.puts)


def _write_summary(job: Job, counts: RoundCounts) -> None:
    try:
        write_summary(job.staging / "summary.xlsx", counts, RunInfo(job.standard, job.base_date), job.lang)
    except FileCreateError as error:
        # the library hides what the system said
        raise (error.args[0] if isinstance(error.args[0], OSError) else error) from error


def _same(manifest: dict[str, Any], inputs: Inputs) -> bool:
    """Tell whether the manifest says the same of what was given, besides the files that were taken."""
    return (manifest["counts"]["files"], manifest["ignored"]) == (len(inputs.files), list(inputs.ignored))


def _chunks(
    job: Job, inputs: Inputs, workers: int, parts: list[Part], edited: frozenset[str], folder: "Results"
) -> Iterator[Chunk]:
    keys = {"read": read_key(job), "run": run_key(job)}
    return split(match(inputs.files, parts, keys, edited, folder.out), chunk_size(len(inputs.files), workers))


def chunk_size(files: int, workers: int) -> int:
    """Return how many files a chunk of a round has: every worker gets as many chunks as the others.

    Two of them, so that parts are put together while the others are made, or more where they would be too
    large; one where they would be too small.

    >>> [chunk_size(files, workers=2) for files in (2, 100, 200, 1_000, 4_000)]
    [1, 50, 50, 250, 334]
    """
    each = -(-files // workers)
    chunks = max(-(-each // CHUNK), min(2, each // LEAST_CHUNK), 1)
    return -(-each // chunks)


def _in_order(
    done: Iterator[tuple[Chunk, ChunkResult]], watch: Stopwatch, progress: Progress
) -> Iterator[ChunkResult]:
    """Yield the results in the order of the files, each as soon as all before it are there."""
    waiting: list[tuple[int, ChunkResult]] = []
    following = 0
    for _, result in done:
        for stage, seconds in result.times.items():
            watch.times[stage] = watch.times.get(stage, 0.0) + seconds
        progress(len(result.places))
        heappush(waiting, (result.first, result))
        while waiting and waiting[0][0] == following:
            _, ready = heappop(waiting)
            following += len(ready.places)
            yield ready
