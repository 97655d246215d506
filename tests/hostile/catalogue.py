"""Every hostile or broken submission by name: how it is made, and what the program has to say of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from secsvc_batch.sample import refused
from tests.hostile import archives, cells
from tests.hostile.package import parts, zipped

REFUSED, READ, SAME = "refused", "read", "same"


@dataclass(frozen=True)
class Hostile:
    """One submission. ``codes``: findings that must be there, of which one is enough for a refused file.

    ``outcome``: refused; read (with these findings, and no verdict better than that of the good workbook);
    or same: read right, with the very verdicts of the good workbook.
    """

    name: str
    make: Callable[[], bytes]
    outcome: str
    codes: tuple[str, ...] = ()
    large: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}.xlsx"


def _made(kind: str) -> bytes:
    return refused.REFUSED[kind][1](1, zipped(parts()))


def _refused(name: str, make: Callable[[], bytes], *codes: str, large: bool = False) -> Hostile:
    return Hostile(name, make, REFUSED, codes, large)


def _read(name: str, make: Callable[[], bytes], *codes: str, large: bool = False) -> Hostile:
    return Hostile(name, make, READ, codes, large)


def _same(name: str, make: Callable[[], bytes], *codes: str, large: bool = False) -> Hostile:
    return Hostile(name, make, SAME, codes, large)


def _start(content: bytes) -> Callable[[], bytes]:
    return lambda: content


_KINDS = (
    _refused("empty", _start(b""), "file_empty"),
    _refused("zeros", _start(bytes(100_000)), "file_damaged"),
    _refused("csv", partial(_made, "csv"), "file_text"),
    _refused("html", _start(b"<html><body><table><tr><td>1</td></tr></table></body></html>"), "file_html"),
    _refused("xls", partial(_made, "old_excel"), "file_xls"),
    _refused("encrypted", partial(_made, "encrypted"), "file_encrypted"),
    _refused("truncated", partial(_made, "truncated"), "file_damaged"),
    _refused("macro", partial(_made, "macro"), "file_macro"),
    _refused("other_workbook", partial(_made, "other_workbook"), "not_a_template"),
    _refused(
        "ods",
        lambda: zipped(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}
        ),
        "file_ods",
    ),
)
_ARCHIVES = (
    _refused("climbing_name", partial(archives.extra, "../../../../outside.xml"), "file_unsafe"),
    _refused("absolute_name", partial(archives.extra, "/etc/cron.d/job"), "file_unsafe"),
    _refused("drive_name", partial(archives.extra, "C:/windows/outside.dll"), "file_unsafe"),
    _refused("backslash_name", partial(archives.extra, "..\\outside.xml"), "file_unsafe"),
    _refused("twice", partial(archives.extra, "xl/workbook.xml"), "file_unsafe"),
    _refused("twice_in_capitals", partial(archives.extra, "XL/Workbook.XML"), "file_unsafe"),
    _refused("symbolic_link", archives.symbolic_link, "file_unsafe"),
    _refused("overlapping", archives.overlapping, "file_unsafe", "file_damaged"),
    _refused("nested_member", archives.nested, "file_unsafe", "file_damaged"),
    _refused("wrong_crc", archives.wrong_crc, "file_damaged"),
    _refused("flipped", archives.flipped, "file_damaged"),
    _refused("wrong_size", archives.wrong_size, "file_damaged"),
    _refused("secret_member", archives.secret_member, "file_unsafe"),
    _refused("bomb", archives.bomb, "file_inflates", large=True),
    _refused("many_strings", archives.many_strings, "file_inflates", large=True),
    _refused("many_elements", archives.many_elements, "file_inflates", large=True),
    _refused("many_members", archives.many_members, "file_unsafe", large=True),
    _refused("many_sheets", archives.many_sheets, "file_unsafe", large=True),
    _refused("billion_laughs", archives.billion_laughs, "file_unsafe"),
    _refused(
        "outside_entity",
        partial(archives.entities, '<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"),
        "file_unsafe",
    ),
    _refused(
        "network_entity",
        partial(archives.entities, '<!ENTITY % a SYSTEM "http://server.example/x.dtd"> %a;', ""),
        "file_unsafe",
    ),
    _refused("decoy_strings", archives.decoy_strings, "file_unsafe"),
    _refused("decoy_book", archives.decoy_book, "file_unsafe"),
    _same("inner_archive", partial(archives.extra, "xl/embeddings/inner.zip", zipped({"../x": b"x"}))),
    _same("embedded_objects", archives.embedded_objects),
    _same("external_links", archives.external_links),
)
_SHEETS = (
    _refused("far_cell", cells.far_cell, "sheet_too_large"),
    _refused("many_rows", cells.many_rows, "too_many_rows"),
    _refused("outside_cell", cells.outside, "file_damaged"),
    _read("merged_sheet", cells.merged_sheet, "merged_cells"),
    _same("merged_headers", cells.merged_headers),
    _same("bordered_to_the_bottom", cells.bordered_to_the_bottom, large=True),
    _refused("repeated_text", cells.repeated_text, "file_inflates", large=True),
    _read("unknown_sheets", cells.unknown_sheets, "sheet_missing", large=True),
    _read("many_headers", cells.many_headers, "header_missing_optional"),
    _read("endless_errors", partial(cells.endless_cells, '<c r="A9" t="e">'), "sheet_unreadable", large=True),
    _read("endless_formulas", partial(cells.endless_cells, "</f></c>"), "sheet_unreadable", large=True),
    _read(
        "endless_space",
        partial(cells.endless_cells, "</f>" + " " * 20, 50_000),
        "sheet_unreadable",
        large=True,
    ),
    _read("deep", cells.deep, large=True),
    _same("many_comments", cells.comments),
    _read(
        "sheet_name_with_quotes",
        partial(cells.named, "要員", "'要'員''&quot;名簿&quot;'"),
        "sheet_renamed",
    ),
    _same("sheet_name_of_31", partial(cells.named, "はじめに", "あ" * 31)),
    _same("sheet_name_like_a_formula", partial(cells.named, "はじめに", "=cmd|' /c calc'!A0")),
)
_CELLS = (
    _same("hyperlinks", cells.linked),
    _same("formulas", cells.formulas),
    _read("formula_uncached", cells.uncached, "formula_uncached"),
    _same("dates_of_1904", cells.dates_of_1904),
    _read("negative_serial", partial(cells.dated, "-5"), "unreadable_date"),
    _read("huge_serial", partial(cells.dated, "1E+300"), "unreadable_date"),
    _read("endless_serial", partial(cells.dated, "1E+400"), "unreadable_date"),
    _read("no_number", partial(cells.dated, "nan"), "unreadable_cell"),
    _read("day_that_never_was", partial(cells.dated, "60"), "unreadable_date"),
    _same("early_date", partial(cells.dated, "58")),
    _same("text_32767", partial(cells.text, "長" * 32_767)),
    _same("text_beyond", partial(cells.text, "長" * 100_000)),
    _same("lone_surrogate", partial(cells.text, "見本_xD800_要員")),
    _same("nul", partial(cells.text, "見本_x0000_要員"), "unseen_characters"),
    _same("controls", partial(cells.text, "見本_x001B_[31m要員_x0007_&#x9B;"), "unseen_characters"),
    _same("right_to_left", partial(cells.text, "見本&#x202E;員要&#x202C;&#x200F;"), "unseen_characters"),
    _same("expanding_text", partial(cells.text, "&#xFDFA;" * 10_000)),
    _same("numbers_as_text", cells.numbers_as_text, "date_read_from_text"),
    _same("long_number", cells.long_number, "number_too_long"),
    _read("error_cell", cells.error, "unreadable_cell"),
)
CATALOGUE = (*_KINDS, *_ARCHIVES, *_SHEETS, *_CELLS)
