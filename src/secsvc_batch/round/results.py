"""The results folder: it appears whole or not at all, and nobody's work in it is overwritten."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MANIFEST = "run.json"


class ResultsError(Exception):
    """The results folder cannot be used; ``key`` is a word of the catalogue."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key)
        self.key, self.params = key, params


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class ResultsFolder:
    """A folder ``out`` that is made beside itself in ``staging`` and moved into place at the end."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.staging = out.parent / f".{out.name}.partial"
        self._before = out.parent / f".{out.name}.before"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders that are no submissions even when they lie among them."""
        return self.out, self.staging, self._before

    def check(self, *, force: bool) -> None:
        """Raise ResultsError where ``out`` holds anything but an untouched earlier run.

        ``force`` allows to replace an earlier run whose workbooks were changed since.
        """
        if self.out.exists() and not self.out.is_dir():
            raise ResultsError("results.not_a_folder", path=str(self.out))
        if not self.out.exists() or not any(self.out.iterdir()):
            return
        manifest = _manifest(self.out)
        if manifest is None:
            raise ResultsError("results.not_ours", path=str(self.out))
        if not force and (changed := sorted(_changed(self.out, manifest))):
            names = "\n".join(f"  {name}" for name in changed[:5])
            raise ResultsError("results.changed", path=str(self.out), count=len(changed), names=names)

    def begin(self) -> Path:
        """Return the empty staging folder."""
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir(parents=True)
        return self.staging

    def finish(self) -> None:
        """Put the staging folder in place of ``out``."""
        shutil.rmtree(self._before, ignore_errors=True)
        if self.out.exists():
            self.out.rename(self._before)
        self.staging.rename(self.out)
        shutil.rmtree(self._before, ignore_errors=True)

    def abandon(self) -> None:
        """Remove what was made so far."""
        shutil.rmtree(self.staging, ignore_errors=True)


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) and isinstance(data.get("outputs"), dict) else None


def _changed(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Yield files that were changed or added since the run wrote the folder."""
    written: dict[str, str] = manifest["outputs"]
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST and written.get(name) != sha256_of(path):
            yield name


def outputs(folder: Path) -> dict[str, str]:
    """Return the files of a folder with their hashes, by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(files)}
