"""Tell which links between the project's own Markdown files lead nowhere (files and headings)."""

import re
import sys
import unicodedata
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")


def pages() -> list[Path]:
    """Return every Markdown file of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("requirements/*.md")])


@cache
def anchors(path: Path) -> set[str]:
    """Return what can be linked to in a page: its headings and the ids it gives."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    given = set(re.findall(r'<a id="([^"]+)">', text))
    return given | {_slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def _slug(heading: str) -> str:
    text = re.sub(r"<[^>]*>", "", heading).strip().lower()
    kept = (c for c in text if c in " -_" or unicodedata.category(c)[0] in "LN")
    return "".join(kept).replace(" ", "-")


def broken(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    wrong = []
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            wrong.append(f"{page.relative_to(ROOT)}: {link}")
    return wrong


def main() -> None:
    """Look at every page."""
    wrong = [line for page in pages() for line in broken(page)]
    print("\n".join(wrong) or f"{len(pages())} pages, every link leads somewhere")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
