"""The page in a real browser: Chromium without a window."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.check.books import book, case_data, check

pytestmark = [pytest.mark.slow, pytest.mark.chromium]
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    "--hide-scrollbars", "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the browser itself stays off the network, too
)  # fmt: skip
HOSTILE = "<img src=x onerror=alert(1)><script>document.title='broken'</script>"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    data = case_data("expiry that cannot be read")
    data["staff"][1]["employed_from"] = {"text": HOSTILE}
    target = tmp_path / "page.html"
    assert check(book(tmp_path / "a.xlsx", data), "--html", target).exit_code == 1
    return target


def browse(page: Path, *switches: str) -> subprocess.CompletedProcess[str]:
    """Open a page and return what the browser wrote."""
    program = shutil.which("chromium") or shutil.which("chromium-headless-shell") or "chromium"
    profile = f"--user-data-dir={page.parent / 'profile'}"
    command = [program, *SWITCHES, profile, *switches, page.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_browser_shows_the_whole_page_and_runs_nothing_of_it(page: Path) -> None:
    done = browse(page, "--dump-dom")
    shown = _Text()
    shown.feed(done.stdout)
    assert "<title>提出前の確認：a.xlsx</title>" in done.stdout
    assert HOSTILE[:40] in shown.text
    assert "を日付として読み取れません。" in shown.text
    assert "審査員が判断する要件" in shown.text
    assert "<script" not in done.stdout
    assert "<img" not in done.stdout
    assert not re.findall(r".*CONSOLE.*", done.stderr)


def probed(page: Path, question: str, *switches: str) -> str:
    """Return what a script finds out about a copy of the page that lets scripts run."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text(encoding="utf-8"))
    probe = f"<p id=probe></p><script>probe.textContent = {question}</script>"
    copy = page.with_name("probed.html")
    copy.write_text(text.replace("</body>", f"{probe}</body>"), encoding="utf-8")
    found = re.search(r'id="probe">([^<]*)<', browse(copy, *switches, "--dump-dom").stdout)
    assert found
    return found[1]


def test_the_page_asks_for_nothing_but_itself(page: Path) -> None:
    assert probed(page, "JSON.stringify(performance.getEntriesByType('resource').map(e => e.name))") == "[]"


def test_the_page_can_be_printed(page: Path) -> None:
    paper = page.parent / "page.pdf"
    browse(page, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    content = paper.read_bytes()
    assert content.startswith(b"%PDF-")
    pages = re.findall(rb"/Type\s*/Page\b", content)
    assert 1 <= len(pages) <= 4
    # A4, upright, in points
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", content)
    assert {(round(float(wide)), round(float(high))) for wide, high in boxes} == {(595, 842)}


def test_nothing_sticks_out_of_a_narrow_window(page: Path) -> None:
    """What is too wide scrolls by itself; the page does not."""
    wide, inner = probed(
        page, "document.documentElement.scrollWidth + ' ' + window.innerWidth", "--window-size=500,900"
    ).split()
    assert int(wide) <= int(inner)


def test_a_picture_of_the_page_is_not_blank(page: Path) -> None:
    picture = page.parent / "page.png"
    browse(page, f"--screenshot={picture}", "--window-size=1000,1400")
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 20_000
