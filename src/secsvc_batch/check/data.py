"""A check as JSON, for tools: keys and values as docs/check.md describes them."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from secsvc_batch.check.model import READ, CheckedFile, Judged, Service
from secsvc_batch.reports.run import RunInfo

FORMAT, VERSION = "secsvc-batch/check", 1
# inside of a JSON text these may be written as escapes, which mean the same
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def as_json(files: Sequence[CheckedFile], run: RunInfo, lang: str) -> str:
    """Return the whole check as one JSON object, indented."""
    standard = run.standard
    data = {
        "format": FORMAT,
        "version": VERSION,
        "program": run.program,
        "language": lang,
        "edition": standard.edition.edition,
        "reference_lists": {
            "title": standard.lists.title(lang),
            "edition": standard.lists.edition,
            "status": standard.lists.status,
        },
        "notice": run.notice(lang),
        "readings": {reading.id: reading.value for reading in run.settled},
        "clean": all(file.clean for file in files),
        "files": [_file(file) for file in files],
    }
    text = json.dumps(data, ensure_ascii=False, indent=1)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _file(file: CheckedFile) -> dict[str, Any]:
    return {
        "file": file.file,
        "status": file.status,
        "application_id": file.application_id,
        "organisation": file.organisation,
        "base_date": file.base_date.isoformat() if file.base_date and file.status == READ else None,
        "base_date_from": file.base_date_from or None,
        "base_date_of_office": file.office_date or None,
        "clean": file.clean,
        "counts": dict(file.counts),
        "findings": [asdict(finding) for finding in file.findings],
        "services": [_service(service) for service in file.services],
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        "service": service.id,
        "clause": service.clause,
        "title": service.title,
        "name": service.name,
        "verdict": service.verdict,
        "counts": dict(service.counts),
        "unmet": [topic.judged.clause for topic in service.topics("fail")],
        "to_decide": [topic.judged.clause for topic in service.topics("review")],
        "requirements": [_judged(judged, service) for judged in service.requirements],
    }


def _judged(judged: Judged, service: Service) -> dict[str, Any]:
    return {
        "clause": judged.clause,
        "requirement_id": judged.id,
        "title": judged.title,
        "kind": "leaf" if judged.is_leaf else "group",
        "combine": judged.combine,
        "children": [service.requirements[child].clause for child in judged.children],
        "verdict": judged.verdict,
        "met_otherwise": judged.met_otherwise,
        "needed": judged.needed,
        "found": judged.found,
        "missing": judged.missing,
        "reasons": list(judged.reasons),
        "reason_text": judged.reason_text,
        "question": judged.question,
        "readings": list(judged.readings),
        "evidence": [asdict(row) for row in judged.rows],
        "evidence_left_out": judged.left_out,
    }
