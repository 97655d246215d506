"""The published JSON Schema is that of the models, and the rule files follow it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from secsvc_batch.standard.schema import rule_schema, schema_text
from secsvc_batch.standard.yamlfile import read_document

RULES = Path(__file__).parents[2] / "rules"
CLAUSE_FILES = sorted(RULES.glob("[0-9]*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads((RULES / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_committed_schema_is_up_to_date() -> None:
    committed = (RULES / "schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "python -m secsvc_batch.standard.schema > rules/schema.json"
    assert rule_schema()["additionalProperties"] is False


@pytest.mark.parametrize("path", CLAUSE_FILES, ids=lambda path: path.name)
def test_a_rule_file_follows_the_schema_and_names_it_to_editors(path: Path, validator: Any) -> None:
    validator.validate(read_document(path).data)
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


def test_there_is_one_file_for_each_clause() -> None:
    assert [path.stem for path in CLAUSE_FILES] == [
        "1-audit",
        "2-1-vulnerability",
        "2-2-penetration",
        "3-forensics",
        "4-monitoring",
        "5-device",
    ]


@pytest.mark.parametrize(
    "fault", [{"check": "route:unknown"}, {"check": "declared", "list": "1-1"}, {"check": "route:credential"}]
)
def test_the_schema_refuses_what_the_loader_refuses(fault: dict[str, str], validator: Any) -> None:
    data = read_document(CLAUSE_FILES[0]).data
    leaf = next(node for node in data["requirements"] if "requires" in node)
    broken = {**data, "requirements": [{**leaf, "requires": fault}]}
    assert not validator.is_valid(broken)
