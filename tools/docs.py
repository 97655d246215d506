"""Make the generated pages of docs/ anew, or tell whether they are stale.

    python tools/docs.py --write | --check

Whole pages come from ``pages.PAGES``. In a page written by hand, what stands between ``<!-- block: NAME -->``
and ``<!-- end -->`` comes from ``pages.BLOCKS``.
"""

import argparse
import re
import sys
from difflib import unified_diff
from pathlib import Path

import pages

DOCS = Path(__file__).resolve().parents[1] / "docs"
_BLOCK = re.compile(r"(<!-- block: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def wanted() -> dict[Path, str]:
    """Return every page that is generated, in whole or in part, as it should be."""
    texts = {DOCS / name: make(lang) for name, (make, lang) in pages.PAGES.items()}
    texts[DOCS / "cli.md"] = pages.command_line()
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if path not in texts and _BLOCK.search(text):
            texts[path] = _BLOCK.sub(
                lambda found: f"{found[1]}\n{pages.BLOCKS[found[2]]()}\n\n{found[3]}", text
            )
    return texts


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true")
    mode.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = 0
    for path, text in wanted().items():
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if old == text:
            continue
        stale += 1
        if options.write:
            path.write_text(text, encoding="utf-8")
        else:
            print(
                "".join(
                    unified_diff(
                        old.splitlines(True), text.splitlines(True), str(path), "as it should be", n=1
                    )
                )
            )
    print(f"{stale} pages {'written' if options.write else 'stale'}")
    if stale and options.check:
        sys.exit("make them anew: nox -s docs -- --write")


if __name__ == "__main__":
    main()
