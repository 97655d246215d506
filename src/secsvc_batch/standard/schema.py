"""The published JSON Schema of rule files, made from the models.

``python -m secsvc_batch.standard.schema > rules/schema.json`` writes the committed file anew.
"""

import json
import sys
from typing import Any

from secsvc_batch.standard.model import ClauseFile


def rule_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every clause file of ``rules/`` follows."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema.update(ClauseFile.model_json_schema(by_alias=True, mode="validation"))
    return schema


def schema_text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(rule_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(schema_text())
