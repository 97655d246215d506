"""run.json: what was evaluated by what, so that a result can be traced and repeated."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from secsvc_batch.round.inputs import Inputs
from secsvc_batch.round.job import Job
from secsvc_batch.round.keys import read_key, run_info, run_key, versions
from secsvc_batch.round.part import INPUTS
from secsvc_batch.round.results import MANIFEST, annotated_copies, outputs

LISTED = 10_000
"""files up to which run.json names every one of them; inputs.parquet always does"""


def write_manifest(
    job: Job, inputs: Inputs, counts: Mapping[str, Any], times: Mapping[str, float]
) -> dict[str, Any]:
    """Write run.json into the staging folder and return it; it names every other file with its hash.

    ``info`` is what every output names; the rest says what went in and what came of it. All of it is the same
    for the same inputs but ``times`` (seconds per stage, added over workers).
    """
    few = len(inputs.files) <= LISTED
    # workers hashed the copies when they wrote them
    copies = annotated_copies(job.staging) if few else {}
    manifest = {
        "info": run_info(job),
        "versions": versions(),
        "keys": {"read": read_key(job), "run": run_key(job)},
        "inputs": _inputs(job.staging) if few else [],
        "ignored": list(inputs.ignored),
        "counts": dict(counts),
        "times": {stage: round(seconds, 3) for stage, seconds in times.items()},
        "outputs": dict(sorted({**outputs(job.staging), **copies}.items())),
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (job.staging / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def _inputs(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "inputs.parquet", schema=INPUTS).to_pylist()
    return rows
