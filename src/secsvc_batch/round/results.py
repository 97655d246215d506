"""The results folder: it appears whole or not at all, and nobody's work in it is overwritten."""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from secsvc_batch.round.inputs import Input
from secsvc_batch.round.job import Chunk
from secsvc_batch.round.part import ANNOTATED, PARTS, STATE, Part, open_parts, table_path
from secsvc_batch.storage.location import Location
from secsvc_batch.storage.record import RECORD, Record, record_of, write_record
from secsvc_batch.storage.scratch import locked

if TYPE_CHECKING:
    from secsvc_batch.storage.results import ObjectResults

    Results: TypeAlias = "ResultsFolder | ObjectResults"

MANIFEST = "run.json"
INPUTS = "inputs.parquet"


class ResultsError(Exception):
    """The results folder cannot be used; ``key`` is a word of the catalogue."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key, self.params = key, params


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def link(source: Location, target: Path) -> None:
    """Let ``target`` be the same file as ``source``, or a copy of it where the disk knows no links.

    A copy on object storage stays where it is: it was put up to where it belongs.
    """
    if source == target or not isinstance(source, Path):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


class ResultsFolder:
    """A folder ``out`` that is made beside itself in ``staging`` and moved into place at the end.

    What is done before a run is cut short stays in ``work``, and the next run goes on from there.
    """

    def __init__(self, out: Path) -> None:
        self.out = Path(os.path.abspath(out))
        self._beside = self.out.parent / f".{self.out.name}.partial"
        self.staging, self.work = self._beside / "results", self._beside / "work"
        self._before = self.out.parent / f".{self.out.name}.before"

    @property
    def puts(self) -> None:
        """Nowhere: workers write into ``staging`` and ``work``."""
        return None

    @property
    def record(self) -> Record:
        """Which versions of which objects the earlier results come from."""
        return record_of(self.out)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders that are no submissions even when they lie among them."""
        return self.out, self._beside, self._before

    def check(self, *, force: bool) -> frozenset[str]:
        """Return the names of files that were changed since an earlier run wrote them; removed ones, too.

        Raises ResultsError where ``out`` holds anything but an untouched earlier run. ``force`` allows to
        replace an earlier run whose workbooks were changed since.
        """
        if self._before.exists() and not self.out.exists():
            # cut short between the two moves of ``finish``
            self._before.rename(self.out)
        if self.out.exists() and not self.out.is_dir():
            raise ResultsError("results.not_a_folder", path=str(self.out))
        if not self.out.exists() or not any(self.out.iterdir()):
            return frozenset()
        manifest = manifest_of(self.out)
        if manifest is None:
            raise ResultsError("results.not_ours", path=str(self.out))
        changed, removed = _compare(self.out, manifest)
        if not force and changed:
            raise edited_error(self.out, changed)
        return frozenset(changed | removed)

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Make the folders to work in, for one run at a time. Raises ResultsError where one is under way.

        What is there stays, for the next run, unless no part of the work was done.
        """
        self._beside.mkdir(parents=True, exist_ok=True)
        lock = (self._beside / "lock").open("a+b")
        try:
            if not locked(lock):
                raise ResultsError("results.in_use", path=str(self.out))
            for folder in (self.staging, self.work):
                folder.mkdir(exist_ok=True)
            yield
        finally:
            lock.close()
            if self._beside.exists() and not any(self.work.glob("parts/*/done.json")):
                shutil.rmtree(self._beside, ignore_errors=True)

    def parts(self) -> list[Part]:
        """Return the parts that an interrupted run left."""
        return open_parts(self.work / PARTS, self.staging / ANNOTATED)

    def manifest(self) -> dict[str, Any] | None:
        """Return what run.json says, None where there is none of ours."""
        return manifest_of(self.out)

    def earlier(self, edited: frozenset[str]) -> Part | None:
        """Return the results of the last run as a part of this one, where they can be of use."""
        manifest = self.manifest() or {}
        tables = {name for name in edited if not name.startswith("annotated/")}
        if tables or not isinstance(manifest.get("keys"), dict) or not table_path(self.out, "files").exists():
            return None
        return Part(self.out, "", manifest["keys"], self.out / "annotated")

    def about_to_do(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks; earlier results stay where they are until all is done."""
        return chunks

    def finish(self, inputs: Sequence[Input]) -> None:
        """Put the staging folder in place of ``out``."""
        if any(one.object for one in inputs):
            write_record(self.staging, inputs)
        if hasattr(os, "sync"):
            # a name must not outlive a power cut that its bytes do not
            os.sync()
        shutil.rmtree(self._before, ignore_errors=True)
        if self.out.exists():
            self.out.rename(self._before)
        self.staging.rename(self.out)
        shutil.rmtree(self._before, ignore_errors=True)
        self.discard()

    def discard(self) -> None:
        """Remove everything that is not in place."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.rmtree(self.staging, ignore_errors=True)


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """Return what run.json of a results folder says, None where there is none of ours."""
    try:
        return manifest_from((folder / MANIFEST).read_bytes())
    except OSError:
        return None


def manifest_from(text: bytes) -> dict[str, Any] | None:
    """Return what the text of a run.json says, None where it is none of ours."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) and isinstance(data.get("outputs"), dict) else None


def _compare(folder: Path, manifest: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the names of files that were changed or added since the run, and of removed ones."""
    written: dict[str, str] = {**manifest["outputs"], **_copies(folder, manifest)}
    changed, seen = set(), {MANIFEST}
    for name, path in files_below(folder):
        seen.add(name)
        if name != MANIFEST and written.get(name) != sha256_of(path):
            changed.add(name)
    return changed, written.keys() - seen


def _copies(folder: Path, manifest: dict[str, Any]) -> dict[str, str]:
    """Return the annotated copies of a large round, which the manifest does not list one by one."""
    try:
        if manifest["outputs"].get(INPUTS) != sha256_of(folder / INPUTS):
            return {}
        return annotated_copies(folder)
    except (OSError, KeyError, pa.ArrowInvalid):
        return {}


def results_at(out: Location) -> "Results":
    """Return the results folder at a place."""
    if isinstance(out, Path):
        return ResultsFolder(out)
    from secsvc_batch.storage.results import ObjectResults

    return ObjectResults(out)


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and path of every file of the results in a folder."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if (relative := path.relative_to(folder).as_posix()) != RECORD:
                yield relative, path


def outputs(folder: Path) -> dict[str, str]:
    """Return the files of a folder with their hashes, by name, but for annotated copies and run.json: there
    may be one of a run that was cut short before its results were in place."""
    return {
        name: sha256_of(path)
        for name, path in files_below(folder)
        if name != MANIFEST and not name.startswith("annotated/")
    }


def annotated_copies(folder: Path) -> dict[str, str]:
    """Return the names of the annotated copies of a results folder with their hashes."""
    table = pq.read_table(folder / INPUTS, columns=["annotated", "annotated_sha256"])
    names, hashes = (column.to_pylist() for column in table.columns)
    return {f"{ANNOTATED}/{name}": one for name, one in zip(names, hashes, strict=True) if name}


def edited_error(out: Location, changed: Collection[str]) -> ResultsError:
    """Return the error that names some of the files that would be lost."""
    names = "\n".join(f"  {name}" for name in sorted(changed)[:5])
    return ResultsError("results.changed", path=str(out), count=len(changed), names=names)


def state_folder(folder: Path) -> Path:
    """Return where a results folder keeps what saves the next run work; it is made."""
    state = folder / STATE
    state.mkdir(parents=True, exist_ok=True)
    return state
