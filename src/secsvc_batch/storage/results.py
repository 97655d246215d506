"""Results on object storage, where no folder can be moved into place: they are there when run.json is.

Copies are put up where they stay, each as soon as it is made: nothing is written twice, and what an earlier
run left there need not be touched. So that nobody takes a half for the whole, run.json is taken away before
the first of them changes, and put up last.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from secsvc_batch.round.inputs import Input
from secsvc_batch.round.job import Chunk, Known
from secsvc_batch.round.part import ANNOTATED, DONE, STATE, Part, open_part
from secsvc_batch.round.results import (
    MANIFEST,
    ResultsError,
    annotated_copies,
    edited_error,
    files_below,
    manifest_from,
)
from secsvc_batch.storage.location import ObjectPath, StorageError
from secsvc_batch.storage.lock import lock
from secsvc_batch.storage.record import RECORD, Record, record_of, write_record
from secsvc_batch.storage.scratch import scratch
from secsvc_batch.storage.submissions import is_same
from secsvc_batch.storage.transfer import Listed, at_once, listed, put, read, remove

_PARTIAL = ".partial"


class ObjectResults:
    """Results below ``out``, made like those of ``ResultsFolder``.

    What is done before a run is cut short stays below ``.partial``, and the next run goes on from there.
    """

    def __init__(self, out: ObjectPath) -> None:
        self.out = out
        self.staging = self.work = Path()
        self._partial = out / _PARTIAL
        self._parts = self._partial / "parts"
        self._lock = self._partial / "lock.json"
        self._looked = self._done = False

    @property
    def folders(self) -> tuple[ObjectPath, ...]:
        """What holds no submissions even when it lies among them."""
        return (self.out,)

    @property
    def puts(self) -> tuple[ObjectPath, ObjectPath]:
        """Where workers put annotated copies, and parts."""
        return self.out / ANNOTATED, self._parts

    def check(self, *, force: bool) -> frozenset[str]:
        """Return the names of objects that were changed since an earlier run put them up; removed ones, too.

        Tells by size, tag and time of the objects: none of them is fetched. Raises ResultsError as
        ``ResultsFolder.check`` does, and StorageError.
        """
        there, partial = self._listed()
        if not there:
            return frozenset()
        changed, removed = _compare(there, self.record)
        if MANIFEST not in there:
            # a run was cut short: what it put up is no longer what the record tells of
            if not partial:
                raise ResultsError("results.not_ours", path=str(self.out))
        elif self.manifest() is None:
            raise ResultsError("results.not_ours", path=str(self.out))
        elif changed and not force:
            raise edited_error(self.out, changed)
        return frozenset(changed | removed)

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Make the folders to work in. Raises ResultsError where another run seems to be under way."""
        with ExitStack() as stack:
            stack.callback(self._remove_lock)
            if not stack.enter_context(lock(self._lock)):
                raise ResultsError("results.in_use", path=str(self.out))
            folder = stack.enter_context(scratch())
            self.staging, self.work = folder / "results", folder / "work"
            for made in (self.staging, self.work):
                made.mkdir()
            yield

    def parts(self) -> list[Part]:
        """Return the parts that an interrupted run left; what is not whole is removed."""
        names = [one.name for one in listed(self._parts)]
        whole = {name.partition("/")[0] for name in names if name.endswith(f"/{DONE}")}
        found = {name: open_part(self._parts / name, self.out / ANNOTATED) for name in sorted(whole)}
        remove(self._parts / name for name in names if found.get(name.partition("/")[0]) is None)
        return [part for part in found.values() if part is not None]

    def manifest(self) -> dict[str, Any] | None:
        """Return what run.json says, also while it is taken away; None where there is none of ours."""
        for place in (self.out, self._partial):
            try:
                return manifest_from(read(place / MANIFEST))
            except StorageError as error:
                if not error.missing:
                    raise
        return None

    @cached_property
    def record(self) -> Record:
        """Which versions of which objects the earlier results come from and consist of."""
        return record_of(self.out)

    def earlier(self, edited: frozenset[str]) -> Part | None:
        """Return the results of the last run as a part of this one, where they can be of use."""
        manifest = self.manifest() or {}
        tables = {name for name in edited if not name.startswith(f"{ANNOTATED}/")}
        if tables or not isinstance(manifest.get("keys"), dict) or not self.record.outputs:
            return None
        return Part(self.out, "", manifest["keys"], self.out / ANNOTATED)

    def about_to_do(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks, and take run.json away before the first that may change anything."""
        for chunk in chunks:
            if not all(_stays(*task) for task in chunk.tasks):
                self._take_away()
            yield chunk

    def finish(self, inputs: Sequence[Input]) -> None:
        """Put up everything but the copies, which are there, and run.json last."""
        self._take_away()
        there, _ = self._listed()
        tables = {name for name, _ in files_below(self.staging)} - {MANIFEST}
        copies = annotated_copies(self.staging).keys()
        if missing := copies - there.keys():
            raise StorageError("storage.missing", str(self.out / min(missing)), "")
        # what else stands there is for whoever put it there to remove
        ours = {name for name in there if name.startswith((f"{ANNOTATED}/", f"{STATE}/"))}
        remove(self.out / name for name in ours - copies - tables - {RECORD})
        at_once(lambda name: put(self.staging / name, self.out / name), tables)
        # from here on they are the results that a next run builds upon, should this one be cut short
        put(self.staging / MANIFEST, self._partial / MANIFEST)
        there, _ = self._listed()
        write_record(self.staging, inputs, {name: there[name].version for name in sorted(copies | tables)})
        put(self.staging / RECORD, self.out / RECORD)
        put(self.staging / MANIFEST, self.out / MANIFEST)
        self._remove_partial()

    def discard(self) -> None:
        """Leave the earlier results as they are and remove everything else."""
        there, _ = self._listed()
        if MANIFEST not in there:
            kept = self.work / MANIFEST
            kept.write_bytes(read(self._partial / MANIFEST))
            put(kept, self.out / MANIFEST)
        self._remove_partial()

    def _take_away(self) -> None:
        """Remove run.json where it is there; it stays with the parts, for the next run."""
        if self._looked:
            return
        self._looked, kept = True, self.work / MANIFEST
        try:
            kept.write_bytes(read(self.out / MANIFEST))
        except StorageError as error:
            if not error.missing:
                raise
            return
        put(kept, self._partial / MANIFEST)
        remove([self.out / MANIFEST])

    def _listed(self) -> tuple[dict[str, Listed], bool]:
        """Return the objects of the results by name, and whether there are any of a run under way."""
        there = {one.name: one for one in listed(self.out)}
        partial = [name for name in there if name.startswith(f"{_PARTIAL}/")]
        for name in partial:
            del there[name]
        return there, bool(partial)

    def _remove_partial(self) -> None:
        remove(self._partial / one.name for one in listed(self._partial) if one.name != self._lock.name)
        self._done = True

    def _remove_lock(self) -> None:
        """Remove what tells that a run was begun, once it has come to its end."""
        if self._done:
            with suppress(StorageError):
                remove([self._lock])


def _stays(one: Input, known: Known | None) -> bool:
    """Tell whether nothing will be done for a file, as far as is known without a look at it."""
    return known is not None and known.done and known.checked and is_same(one, known)


def _compare(there: dict[str, Listed], record: Record) -> tuple[set[str], set[str]]:
    """Return the names of objects that were changed or added since the record was made, and removed ones."""
    names = there.keys() - {MANIFEST, RECORD}
    changed = {name for name in names if record.outputs.get(name) != there[name].version}
    return changed, record.outputs.keys() - names
