"""run.json: what was evaluated by what, so that a result can be traced and repeated."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from secsvc_batch import __version__
from secsvc_batch.round.chunk import FileReport
from secsvc_batch.round.inputs import Inputs
from secsvc_batch.round.job import Job
from secsvc_batch.round.results import MANIFEST, outputs

_LIBRARIES = ("numpy", "pandas", "pandera", "pyarrow", "python-calamine", "lxml", "xlsxwriter", "pydantic")


@dataclass(frozen=True)
class Manifest:
    """``info`` is what every output names; the rest says what went in and what came of it.

    All of it is the same for the same inputs but ``times`` (seconds per stage, added over workers).
    """

    info: dict[str, Any]
    versions: dict[str, str]
    inputs: list[dict[str, Any]]
    ignored: list[str]
    counts: dict[str, Any]
    times: dict[str, float]

    @classmethod
    def of(
        cls,
        job: Job,
        inputs: Inputs,
        files: Sequence[FileReport],
        totals: dict[str, dict[str, int]],
        times: dict[str, float],
    ) -> "Manifest":
        """Gather the manifest of a run."""
        return cls(
            info=run_info(job),
            versions={"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
            inputs=[asdict(report) for report in files],
            ignored=list(inputs.ignored),
            counts={
                "files": len(files),
                **{status: sum(f.status == status for f in files) for status in ("read", "refused", "fault")},
                **totals,
            },
            times={stage: round(seconds, 3) for stage, seconds in times.items()},
        )


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


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write run.json into a results folder; it names every other file of it with its hash."""
    data = {**asdict(manifest), "outputs": outputs(folder)}
    text = json.dumps(data, ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
