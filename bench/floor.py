"""The least that a round can cost: read every cell with calamine, copy each package with one more sheet.

    python bench/floor.py SUBMISSIONS --out results/ [--workers 2] [--raw]

Nothing is checked, decided or said: one sheet of fixed text is added and the three parts that list the sheets
are edited as text. Packages are copied with the standard library's zipfile, or, with ``--raw``, member by
member as they are, still compressed.
"""

import argparse
import zlib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from struct import Struct
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineWorkbook

ROWS = 140  # as many as the sheet of verdicts of three services has
CHUNK = 50
SHEET = "xl/worksheets/added.xml"
NS = "http://schemas.openxmlformats.org"
LOCAL = Struct("<4s5H3L2H")
EDITS = {
    "[Content_Types].xml": (
        "</Types>",
        f'<Override PartName="/{SHEET}" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.worksheet+xml"/>',
    ),
    "xl/workbook.xml": ("</sheets>", '<sheet name="added" sheetId="9999" r:id="rIdAdded"/>'),
    "xl/_rels/workbook.xml.rels": (
        "</Relationships>",
        f'<Relationship Id="rIdAdded" Type="{NS}/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/added.xml"/>',
    ),
}


def read(path: Path) -> int:
    """Read every sheet; return the number of rows."""
    with CalamineWorkbook.from_path(path) as book:
        return sum(len(book.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in book.sheet_names)


def added_sheet() -> bytes:
    """Return a sheet of fixed text."""
    cell = '<c t="inlineStr"><is><t>requirement</t></is></c>'
    rows = "".join(f"<row>{cell * 8}</row>" for _ in range(ROWS))
    head = f'<worksheet xmlns="{NS}/spreadsheetml/2006/main"><sheetData>'
    return f"{head}{rows}</sheetData></worksheet>".encode()


def copy(source: Path, target: Path, sheet: bytes) -> None:
    """Copy a package with one more sheet."""
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename in EDITS:
                tag, text = EDITS[info.filename]
                data = data.replace(tag.encode(), (text + tag).encode(), 1)
            new.writestr(info.filename, data)
        new.writestr(SHEET, sheet)


def copy_raw(source: Path, target: Path, sheet: bytes) -> None:
    """Copy a package, compressed members untouched, with one more sheet."""
    with ZipFile(source) as old, open(source, "rb") as raw, ZipFile(target, "w") as new:
        for info in old.infolist():
            if info.filename in EDITS:
                tag, text = EDITS[info.filename]
                edited = old.read(info).replace(tag.encode(), (text + tag).encode(), 1)
                new.writestr(info.filename, edited, ZIP_DEFLATED, 1)
                continue
            raw.seek(info.header_offset)
            *_, names, extra = LOCAL.unpack(raw.read(LOCAL.size))
            raw.seek(names + extra, 1)
            _write_raw(new, info, raw.read(info.compress_size))
        new.writestr(SHEET, sheet, ZIP_DEFLATED, 1)


def _write_raw(new: ZipFile, info: ZipInfo, data: bytes) -> None:
    """Add a member that is compressed already, by way of a member that is not."""
    with new.open(ZipInfo(info.filename, info.date_time), "w") as member:
        member.write(data)
    # What was written is the compressed form: say so in the directory and in the local header.
    added = new.filelist[-1]
    added.compress_type, added.CRC, added.file_size = info.compress_type, info.CRC, info.file_size
    assert new.fp is not None
    end = new.fp.tell()
    new.fp.seek(added.header_offset)
    new.fp.write(added.FileHeader(zip64=False))
    new.fp.seek(end)


def work(paths: list[Path], out: Path, raw: bool) -> int:
    """Do some files; return how many are no workbooks."""
    sheet, refused = added_sheet(), 0
    copy_one = copy_raw if raw else copy
    for path in paths:
        try:
            read(path)
            copy_one(path, out / path.name, sheet)
        except (CalamineError, BadZipFile, KeyError, zlib.error):
            refused += 1
    return refused


def main() -> None:
    """Do one round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--raw", action="store_true", help="copy members without inflating them")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    paths = sorted(options.submissions.iterdir())
    chunks = [paths[i : i + CHUNK] for i in range(0, len(paths), CHUNK)]
    if options.workers <= 1:
        refused = [work(chunk, options.out, options.raw) for chunk in chunks]
    else:
        with ProcessPoolExecutor(options.workers, mp_context=get_context("forkserver")) as pool:
            refused = list(pool.map(partial(work, out=options.out, raw=options.raw), chunks))
    print(f"{len(paths)} files, {sum(refused)} no workbooks")


if __name__ == "__main__":
    main()
