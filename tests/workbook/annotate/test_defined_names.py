"""The names of a workbook stay what they are, however its list of them is written."""

import re
from collections.abc import Callable

import pytest

from secsvc_batch.workbook.annotate import Annotation, annotate_bytes, strip

Parts = dict[str, bytes]
Unzip = Callable[[bytes], Parts]
Rezip = Callable[[Parts], bytes]

NAMES = (
    b'<definedName name="own" localSheetId="1">\'\xe8\xb3\x87\xe6\xa0\xbc\'!$A$1</definedName>'
    b'<definedName name="text" xml:space="preserve" hidden="1">"&lt;a &amp; b&gt;"</definedName>'
)
LIST = b"<definedNames>" + NAMES + b"</definedNames>"
BOOK = "xl/workbook.xml"


@pytest.fixture
def named(plain: bytes, unzip: Unzip, rezip: Rezip) -> Callable[[bytes], bytes]:
    """Return the plain workbook with another list of names."""

    def make(names: bytes) -> bytes:
        parts = unzip(plain)
        parts[BOOK] = re.sub(rb"<definedNames>.*</definedNames>", b"", parts[BOOK])
        parts[BOOK] = parts[BOOK].replace(b"</sheets>", b"</sheets>" + names)
        return rezip(parts)

    return make


def names_in(book: bytes) -> list[tuple[bytes, bytes]]:
    """Return the names that are there, with their attributes and texts, however they are quoted."""
    plain = re.sub(rb"<!--.*?-->", b"", book).replace(b"'1'", b'"1"').replace(b"'0'", b'"0"')
    found = re.findall(rb"<definedName ([^<>]*)>([^<>]*)</definedName>", plain)
    return [(attributes, text) for attributes, text in found if b"secsvc" not in attributes]


SPELLINGS = {
    "as Excel writes it": LIST,
    "with a comment": LIST.replace(b"<definedNames>", b"<definedNames><!-- names -->"),
    "in other quotes": LIST.replace(b'localSheetId="1"', b"localSheetId='1'"),
}


@pytest.mark.parametrize("names", SPELLINGS.values(), ids=SPELLINGS)
def test_names_follow_their_sheets_behind_the_new_ones(
    named: Callable[[bytes], bytes], annotation: Annotation, unzip: Unzip, names: bytes
) -> None:
    book = unzip(annotate_bytes(named(names), annotation))[BOOK]
    moved = NAMES.replace(b'localSheetId="1"', b'localSheetId="%d"' % (1 + len(annotation.sheets)))
    assert [one for one in names_in(book) if b"_xlnm" not in one[0]] == names_in(moved)


@pytest.mark.parametrize("names", SPELLINGS.values(), ids=SPELLINGS)
def test_names_come_back_when_the_annotation_goes(
    named: Callable[[bytes], bytes], annotation: Annotation, unzip: Unzip, names: bytes
) -> None:
    bare = strip(annotate_bytes(named(names), annotation))
    assert names_in(unzip(bare)[BOOK]) == names_in(NAMES)


def test_every_spelling_gives_the_same_names(
    named: Callable[[bytes], bytes], annotation: Annotation, unzip: Unzip
) -> None:
    made = [unzip(annotate_bytes(named(names), annotation))[BOOK] for names in SPELLINGS.values()]
    assert len({tuple(names_in(book)) for book in made}) == 1
    assert all(b"secsvc_batch_sheet_1" in book for book in made)
