"""What earlier runs have done already, matched with the files of this one."""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush, heapreplace
from itertools import count
from typing import Any

from secsvc_batch.round.inputs import Input
from secsvc_batch.round.job import Known, Place, Task
from secsvc_batch.round.part import Part
from secsvc_batch.storage.location import Location

Entry = tuple[str, int, Known]  # file, a number of its own, what is known


def match(
    inputs: Iterable[Input],
    parts: Iterable[Part],
    keys: dict[str, str],
    edited: frozenset[str],
    checked: Location,
) -> Iterator[Task]:
    """Yield every input with what is known of it; both go through in the order of names, once.

    ``keys``: those of this run. ``edited``: files of the results whose copies are no longer what was
    written. ``checked``: the results folder, whose copies were looked at.
    """
    entries = _merged(list(parts), keys, edited, checked)
    entry = next(entries, None)
    for one in inputs:
        best: Known | None = None
        while entry is not None and entry[0] <= one.file:
            if entry[0] == one.file and _fits(entry[2], one) and (best is None or entry[2].done > best.done):
                best = entry[2]
            entry = next(entries, None)
        yield one, best


def _fits(known: Known, one: Input) -> bool:
    return known.annotated in ("", one.annotated)


def _merged(
    parts: list[Part], keys: dict[str, str], edited: frozenset[str], checked: Location
) -> Iterator[Entry]:
    """Yield the entries of all parts by name; a part is opened no sooner than its first file is due."""
    waiting = sorted(parts, key=lambda part: part.first, reverse=True)
    numbers = count()
    heap: list[tuple[Entry, Iterator[Entry]]] = []
    while waiting or heap:
        while waiting and (not heap or waiting[-1].first <= heap[0][0][0]):
            entries = _entries(waiting.pop(), keys, edited, checked, numbers)
            if (first := next(entries, None)) is not None:
                heappush(heap, (first, entries))
        if not heap:
            return
        entry, entries = heap[0]
        yield entry
        following = next(entries, None)
        if following is None:
            heappop(heap)
        else:
            heapreplace(heap, (following, entries))


def _entries(
    part: Part, keys: dict[str, str], edited: frozenset[str], checked: Location, numbers: "count[int]"
) -> Iterator[Entry]:
    """Yield what a part knows that can be of use under ``keys``."""
    if part.keys["read"] != keys["read"]:
        return
    done, of_results = part.keys["run"] == keys["run"], part.folder == checked
    for row, file in enumerate(part.index()):
        # a fault may be mended, and a worker may have died of something else
        if not file["error"]:
            yield file["file"], next(numbers), _known(part, row, file, done, edited, of_results)


def _known(
    part: Part, row: int, file: dict[str, Any], done: bool, edited: frozenset[str], of_results: bool
) -> Known:
    name = file["annotated"]
    intact = not (of_results and f"{part.copies.name}/{name}" in edited)
    return Known(
        place=Place(part.folder, row),
        sha256=file["sha256"],
        done=done and intact,
        copy=part.copies / name if name and intact else None,
        annotated=name,
        copy_sha256=file["annotated_sha256"],
        annotation=file["annotation"],
        checked=of_results,
    )
