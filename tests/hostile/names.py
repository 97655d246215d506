"""Names of files and folders that trouble a file system, a terminal, a spreadsheet or a reader."""

import os
from pathlib import Path

from tests.hostile.package import GOOD

NAMES: dict[bytes, str] = {
    b'"quo\'te".xlsx': '"quo\'te".xlsx',
    b"line\nbreak.xlsx": "line\\nbreak.xlsx",
    "あ".encode() * 83 + b".xlsx": "あ" * 83 + ".xlsx",
    "申請.xlsx".encode("cp932"): "\\x90\\\\x90\\xbf.xlsx",
    "申請.xlsx".encode("euc-jp"): "\\xbf\\xbd\\xc0\\xc1.xlsx",
    "パ.xlsx".encode(): "パ.xlsx",
    "ハ\u309a.xlsx".encode(): "ハ\u309a (2).xlsx",
    b"CON.xlsx": "CON.xlsx",
    b"com1.tar.xlsx": "com1.tar.xlsx",
    b"a:b|c?d*.xlsx": "a:b|c?d*.xlsx",
    b"back\\slash.xlsx": "back\\slash.xlsx",
    b"=cmd|' !A0.xlsx": "=cmd|' !A0.xlsx",
    b"@SUM(1).xlsx": "@SUM(1).xlsx",
    b"-rf.xlsx": "-rf.xlsx",
    b"<script>alert(1)<.xlsx": "<script>alert(1)<.xlsx",
    b"\x1b[31mred\x1b]0;title\x07.xlsx": "\\x1b[31mred\\x1b]0;title\\x07.xlsx",
    "\u202excod.xlsx".encode(): "\\u202excod.xlsx",
    b"dots. . .xlsx": "dots. . .xlsx",
    b"folder. ./inner .xlsx": "folder. ./inner .xlsx",
    b"twin.xlsx": "twin.xlsx",
    b"TWIN.xlsx": "TWIN.xlsx",
    b"%00{file}.xlsx": "%00{file}.xlsx",
}
"""The name on disk, and how it is shown (of two that differ in case or Unicode form, one gets a number)."""

LINKS = ["broken.xlsx", "link.xlsx", "pipe.xlsx", "system.xlsx"]
"""What is no file of its own: passed over, and listed as such."""


def write_names(folder: Path) -> None:
    """Write a good workbook under every name."""
    content = GOOD.read_bytes()
    for name in NAMES:
        path = os.path.join(os.fsencode(folder), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)


def write_links(folder: Path, elsewhere: Path) -> None:
    """Put links, pipes and broken links with the names of workbooks into a folder."""
    elsewhere.mkdir()
    (elsewhere / "secret.xlsx").write_bytes(GOOD.read_bytes())
    (folder / "link.xlsx").symlink_to(elsewhere / "secret.xlsx")
    (folder / "system.xlsx").symlink_to("/etc/passwd")
    (folder / "broken.xlsx").symlink_to("nowhere")
    (folder / "linked folder").symlink_to(elsewhere, target_is_directory=True)
    (folder / "self").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe.xlsx")
