"""Asks whether anything that is pinned has a known vulnerability; says plainly when nobody could be asked.

Run by ``nox -s audit``. Ends with 1 only for a vulnerability that was found: without a network, or without
pip-audit, nothing is known, and that is what is said.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "ci.lock"
_SECONDS = 600
_SHOWN = 5  # lines of what pip-audit said when it failed


def main() -> int:
    """Print what is known of the pinned packages; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="secsvc-batch-") as folder:
        answer, said = _ask(Path(folder) / "audit.json")
    if answer is None:
        print("NOT CHECKED: no answer about known vulnerabilities (no network?).")
        print("\n".join(f"  {line}" for line in said.strip().splitlines()[-_SHOWN:]))
        return 0
    found = [one for one in answer["dependencies"] if one.get("vulns")]
    skipped = [one for one in answer["dependencies"] if "skip_reason" in one]
    for one in found:
        for vulnerability in one["vulns"]:
            mended = ", ".join(vulnerability.get("fix_versions", ())) or "none yet"
            print(f"{one['name']} {one['version']}: {vulnerability['id']} (mended in: {mended})")
    for one in skipped:
        print(f"NOT CHECKED: {one['name']}: {one['skip_reason']}")
    checked = len(answer["dependencies"]) - len(skipped)
    print(f"{checked} packages of {LOCK.relative_to(ROOT)} checked, {len(found)} with known vulnerabilities")
    return 1 if found else 0


def _ask(report: Path) -> tuple[dict[str, Any] | None, str]:
    """Return the report of pip-audit, None without one, and what it said."""
    command = [
        sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes", "--disable-pip",
        "--progress-spinner", "off", "--format", "json", "--output", str(report),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return None, f"no answer within {_SECONDS} seconds"
    try:
        return json.loads(report.read_text(encoding="utf-8")), done.stderr
    except (OSError, ValueError):
        return None, done.stderr or done.stdout


if __name__ == "__main__":
    sys.exit(main())
