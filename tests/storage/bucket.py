"""A bucket in the memory of this process, and rounds that are read from it and put there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from secsvc_batch.round.inputs import find_inputs
from secsvc_batch.round.job import Job
from secsvc_batch.round.results import results_at
from secsvc_batch.round.run import RoundReport, run_round
from secsvc_batch.storage.location import locate
from secsvc_batch.storage.record import RECORD
from tests.faults.command import hash_of
from tests.support import ROOT, InThisProcess

SAMPLE = ROOT / "data" / "sample-round"
FIRST, *OTHERS = sorted(path.name for path in SAMPLE.glob("*.xlsx"))
NAMES, ANOTHER = (FIRST, *OTHERS[1:4]), OTHERS[0]
DAY, ANOTHER_DAY = date(2026, 10, 1), date(2027, 4, 1)


@dataclass
class Bucket:
    """What is in the bucket, and which calls were made. ``before``: what happens before each of them."""

    storage: MemoryFileSystem = field(default_factory=MemoryFileSystem)
    calls: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str, str], None] = lambda call, name: None

    def put(self, name: str, source: Path | bytes) -> None:
        self.storage.pipe_file(f"/{name}", source if isinstance(source, bytes) else source.read_bytes())

    def names(self, below: str = "") -> set[str]:
        return {path.removeprefix(f"/{below}") for path in self.storage.store if path.startswith(f"/{below}")}

    def read(self, name: str) -> bytes:
        return bytes(self.storage.store[f"/{name}"].getvalue())

    def contents(self, below: str) -> dict[str, str]:
        """Return the hash of every object of some results, as ``contents`` does for those in a folder."""
        found = {}
        for name in self.names(f"{below}/") - {RECORD}:
            found[name] = hash_of(name, self.read(f"{below}/{name}"))
        return found

    def called(self, call: str, below: str) -> list[str]:
        """Return the names below something for which a call was made."""
        return sorted(
            name.removeprefix(f"/{below}/")
            for made, name in self.calls
            if made == call and name.startswith(f"/{below}/")
        )


class Interrupted(BaseException):
    """The end of a run at any moment, which nothing can catch."""


def watched(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Return an empty bucket whose calls are noted."""
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    monkeypatch.setattr(MemoryFileSystem, "pseudo_dirs", [""])
    bucket = Bucket()

    def watch(call: str, name_at: int) -> None:
        sound = getattr(MemoryFileSystem, call)

        def noted(self: MemoryFileSystem, *arguments: Any, **named: Any) -> Any:
            bucket.before(call, arguments[name_at])
            bucket.calls.append((call, arguments[name_at]))
            return sound(self, *arguments, **named)

        monkeypatch.setattr(MemoryFileSystem, call, noted)

    for call, name_at in (("cat_file", 0), ("get_file", 0), ("put_file", 1), ("rm_file", 0)):
        watch(call, name_at)
    return bucket


def run(
    submissions: str | Path,
    out: str | Path,
    day: date = DAY,
    *,
    force: bool = False,
    executor: Any = None,
) -> RoundReport:
    """Evaluate a round in this process, as the command does."""
    folder = results_at(locate(str(out)))
    inputs = find_inputs([locate(str(submissions))], leave_out=folder.folders)
    edited = folder.check(force=force)
    job = Job(day, folder.staging)
    return run_round(job, inputs, folder, executor or InThisProcess(), edited=edited)
