"""What was read of one workbook as bytes, so that other rules need not open it again."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from secsvc_batch.workbook.reader import FileFinding, SheetData, Submission

_OWN = ("path", "file", "sha256", "size", "sheets", "findings")
_PLAIN = tuple(field.name for field in fields(Submission) if field.name not in _OWN)
_DAY = "\0day"


def packed(submission: Submission) -> bytes:
    """Return everything that was read, without the names of the file: equal files give equal bytes."""
    content = {name: getattr(submission, name) for name in _PLAIN}
    content["sheets"] = [vars(sheet) for sheet in submission.sheets.values()]
    content["findings"] = [vars(finding) for finding in submission.findings]
    text = json.dumps(content, ensure_ascii=False, default=_day, separators=(",", ":"))
    # cells may hold lone surrogates
    return text.encode("utf-8", "surrogatepass")


def restored(data: bytes, path: Path, file: str, sha256: str, size: int) -> Submission:
    """Return the submission that ``packed`` made ``data`` of."""
    content = json.loads(data.decode("utf-8", "surrogatepass"), object_hook=_value)
    sheets = {sheet["kind"]: SheetData(**sheet) for sheet in content["sheets"]}
    findings = [FileFinding(**finding) for finding in content["findings"]]
    plain = {name: content[name] for name in _PLAIN}
    return Submission(path, file, sha256, size, **plain, sheets=sheets, findings=findings)


def _day(value: date) -> dict[str, str]:
    return {_DAY: value.isoformat()}


def _value(found: Mapping[str, Any]) -> Any:
    return date.fromisoformat(found[_DAY]) if _DAY in found else found
