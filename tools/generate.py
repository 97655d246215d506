"""Make the committed files that come from rules and code anew: schema, templates, sample round.

Run it after a change of rules, lists, the data dictionary or the template; the tests fail when what is
committed is stale.
"""

import json
import shutil
from pathlib import Path

from secsvc_batch.sample.describe import describe
from secsvc_batch.sample.generator import BASE_DATE, make_round
from secsvc_batch.standard.loader import load_standard
from secsvc_batch.standard.schema import rule_schema
from secsvc_batch.workbook.template import write_all_templates

ROOT = Path(__file__).resolve().parents[1]
APPLICANTS, SEED = 24, 1


def main() -> None:
    """Write rules/schema.json, templates/ and data/sample-round/ with its description."""
    schema = json.dumps(rule_schema(), ensure_ascii=False, indent=2)
    (ROOT / "rules" / "schema.json").write_text(schema + "\n", encoding="utf-8")
    standard = load_standard(ROOT / "rules")
    write_all_templates(ROOT / "templates", standard, standard.layout)
    folder = ROOT / "data" / "sample-round"
    shutil.rmtree(folder, ignore_errors=True)
    files = make_round(folder, APPLICANTS, SEED, standard, standard.layout)
    page = describe(files, standard, SEED, BASE_DATE)
    folder.with_suffix(".md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
