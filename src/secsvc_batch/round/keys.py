"""What results depend on besides the files: what was done under the same key need not be done again."""

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import secsvc_batch
from secsvc_batch import __version__
from secsvc_batch.round.job import Job
from secsvc_batch.workbook.limits import LIMITS

_LIBRARIES = ("numpy", "pandas", "pandera", "pyarrow", "python-calamine", "lxml", "xlsxwriter", "pydantic")


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that have a say in the results."""
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}


def run_info(job: Job) -> dict[str, Any]:
    """Return what every output names: program, edition, lists with their status, readings, base date."""
    standard = job.standard
    lists = standard.lists
    return {
        "program": "secsvc-batch",
        "version": __version__,
        "base_date": job.base_date.isoformat(),
        "edition": standard.edition.edition,
        "rules_sha256": standard.rules_hash,
        "template_version": standard.layout.template_version,
        "reference_lists": {
            "status": lists.status,
            "edition": lists.edition,
            "source": {"ja": lists.source.ja, "en": lists.source.en},
            "sha256": lists.sha256,
        },
        "readings": {name: reading.value for name, reading in standard.readings.items()},
        "language": job.lang,
    }


def read_key(job: Job) -> str:
    """Return the key of what was read: the program, and what it looks for in a workbook."""
    standard = job.standard
    return _digest(
        _program(), versions(), standard.layout.model_dump_json(), standard.edition.edition, repr(LIMITS)
    )


def run_key(job: Job) -> str:
    """Return the key of verdicts and documents: everything but the file."""
    return _digest(read_key(job), run_info(job))


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


@cache
def _program() -> str:
    """Return a hash of the program's own files: a version number alone would not tell a change made to it."""
    folder, digest = Path(secsvc_batch.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".yaml"):
            data = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\n{len(data)}\n".encode() + data)
    return digest.hexdigest()
