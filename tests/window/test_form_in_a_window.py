"""The form filled in through LibreOffice's own window, by the keyboard: what is chosen, refused and shown.

Pictures of every step are left in SECSVC_WINDOW_PICTURES, for whoever wants to look.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from secsvc_batch.messages import word
from secsvc_batch.standard.loader import Standard, load_standard
from secsvc_batch.workbook.template import Template

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.window]

SCREEN = "1600x1000x24"
SETTLED, PATIENCE = 0.7, 90.0
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop>
<prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Save/Document">
<prop oor:name="WarnAlienFormat" oor:op="fuse"><value>false</value></prop></item></oor:items>"""


class Window:
    """A spreadsheet program on a screen of its own, in which somebody presses keys."""

    def __init__(self, environment: dict[str, str], pictures: Path) -> None:
        self._environment, self._pictures = environment, pictures

    def press(self, *keys: str) -> None:
        for key in keys:
            self._run("xdotool", "key", "--clearmodifiers", key)
            time.sleep(SETTLED)

    def type(self, text: str, *keys: str) -> None:
        self._run("xdotool", "type", "--delay", "40", text)
        time.sleep(SETTLED)
        self.press(*keys)

    def choose(self, number: int) -> None:
        """Open the drop-down of the cell and take the ``number``-th entry (from 1)."""
        self.press("alt+Down", *["Down"] * number, "Return")

    def shows(self, title: str) -> bool:
        """Whether a window with this title appears within the time that a slow machine needs."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            command = ("xdotool", "search", "--onlyvisible", "--name", title)
            if subprocess.run(command, env=self._environment, capture_output=True).returncode == 0:
                time.sleep(SETTLED)
                return True
            time.sleep(0.2)
        return False

    def picture(self, name: str) -> None:
        self._run("import", "-window", "root", f"png8:{self._pictures / name}.png")

    def _run(self, *command: str) -> None:
        subprocess.run(command, env=self._environment, check=True, capture_output=True, timeout=60)


@contextmanager
def _started(*command: str, env: dict[str, str] | None = None, pipe: tuple[int, ...] = ()) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=env, pass_fds=pipe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


@contextmanager
def opened(path: Path, folder: Path) -> Iterator[Window]:
    """Open a workbook in a window that nobody sees but the pictures."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")
    pictures = Path(os.environ.get("SECSVC_WINDOW_PICTURES", folder / "pictures"))
    pictures.mkdir(parents=True, exist_ok=True)
    read, write = os.pipe()
    with _started("Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN, pipe=(write,)):
        os.close(write)
        with os.fdopen(read) as display:
            environment = {**os.environ, "DISPLAY": f":{display.readline().strip()}", "NO_AT_BRIDGE": "1"}
        soffice = (
            "soffice", f"-env:UserInstallation={profile.as_uri()}", "--norestore", "--nologo", "--calc",
        )  # fmt: skip
        with (
            _started("openbox", env=environment),
            _started(*soffice, str(path), env=environment),
        ):
            window = Window(environment, pictures)
            assert window.shows(path.name)
            time.sleep(5 * SETTLED)
            yield window


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load_standard()


def test_a_first_time_applicant_fills_in_the_form(standard: Standard, tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    Template(standard, standard.layout).write(path)
    before = path.stat().st_mtime_ns
    with opened(path, tmp_path) as window:
        window.picture("1-intro")
        window.press("ctrl+Next", "Down")  # the cursor stands on the first cell to fill in
        window.type("Mihon", "Return")
        window.picture("2-applicant")

        window.press("ctrl+Next")
        window.choose(2)
        window.picture("3-services")
        window.press("Tab")
        window.choose(1)
        window.press("Tab", "Tab")
        window.type("Mihon check", "Return")

        window.press("ctrl+Next")
        window.type("S001", "Tab", "Tab", "Tab", "Tab")
        window.type("2020-04-01", "Tab")
        window.type("last spring", "Tab")
        assert window.shows(word("template.error_title", "ja"))
        window.picture("4-wrong-date")
        window.press("Escape", "Tab")
        window.choose(1)

        window.press("ctrl+Next")
        window.choose(1)
        window.press(*["Tab"] * 4)
        window.type("2024-04-01", "Tab")
        window.type("2030-03-31", "Tab")
        window.choose(2)
        window.press(*["shift+Tab"] * 5, "alt+Down")
        window.picture("5-names-of-the-list")
        window.press("Down", "Return", "Up")
        window.type("x")  # a header: the form says that it is protected
        window.picture("6-protected")
        window.press("Return")

        window.press(*["ctrl+Next"] * 4)
        window.picture("7-rows-not-asked-for")
        window.press(*["ctrl+Next"] * 3)
        window.picture("8-no-base-date")
        window.type("2026-10-01", "Return")
        time.sleep(5 * SETTLED)
        window.picture("9-check")
        window.press("ctrl+s")
        end = time.monotonic() + PATIENCE
        while path.stat().st_mtime_ns == before and time.monotonic() < end:
            time.sleep(SETTLED)
        time.sleep(5 * SETTLED)

    book = CalamineWorkbook.from_path(path)

    def rows(sheet_id: str) -> list[list[object]]:
        name = standard.layout.by_id[sheet_id].name.ja
        return [list(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]

    assert rows("applicant")[5][2] == "Mihon"
    service, applied = rows("services")[4], standard.layout.vocabularies["service"]
    assert service[0] == "○"
    assert service[1:5] == [
        applied[1].ja,
        standard.layout.vocabularies["application_type"][0].ja,
        "",
        "Mihon check",
    ]
    person, roles = rows("staff")[4], standard.layout.vocabularies["role"]
    assert person[1] == "S001"
    assert str(person[5]) == "2020-04-01"
    assert person[6] == "", "the wrong date was refused"
    assert person[8] == roles[0].ja
    credential, listed = rows("credentials")[4], standard.lists.ids[1]
    assert (credential[1], credential[7]) == ("S001", listed)
    assert credential[2] == standard.lists.of(listed)[0].name, "offered were the names of the list"
    assert rows("credentials")[3][1] == standard.layout.by_id["credentials"].by_id["staff_id"].label.ja
    marks = {str(row[1]): str(row[0]) for row in rows("procedures")[4:] if row[1]}
    assert {mark for clause, mark in marks.items() if clause.startswith("1(")} == {"－"}
    checked = book.get_sheet_by_name(word("template.check_sheet", "ja")).to_python(skip_empty_area=False)
    symbols = {str(row[2]): row[1] for row in checked[8:]}
    assert (symbols["1"], symbols["2-1"], symbols["2-1(1)ア(ア)"]) == ("－", "▲", "○")
