"""What a submission may cost at most, and the one way to say that a file is refused."""

from dataclasses import dataclass

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384


@dataclass(frozen=True)
class Limits:
    """Bounds that keep a hostile or broken file from taking the machine's memory or time.

    All of them are far beyond an honest workbook: a sheet with borders down to its last row passes.
    """

    file_bytes: int = 64 << 20
    """size of the file on disk"""
    members: int = 2_000
    """parts in the package"""
    sheets: int = 256
    sheet_bytes: int = 768 << 20
    """one worksheet part, inflated; a large one is streamed, never held"""
    total_bytes: int = 1_536 << 20
    """all parts, inflated"""
    part_bytes: int = 64 << 20
    """any other part, inflated"""
    tree_bytes: int = 8 << 20
    """a part that has to be parsed as a whole before anything else is known"""
    tags: int = 2_000_000
    """tags in XML that goes through a parser; a tree takes a hundred times the bytes of its smallest tags"""
    stream_above: int = 8 << 20
    """a worksheet part larger than this is scanned in pieces"""
    kept_bytes: int = 1 << 20
    """a worksheet part up to this stays inflated until it has been read"""
    piece_bytes: int = 1 << 20
    row_bytes: int = 16 << 20
    """XML of one row"""
    content_bytes: int = 64 << 20
    """XML of the pieces of one sheet that hold values"""
    shared_strings: int = 1_000_000
    text_bytes: int = 96 << 20
    """shared strings of one sheet, each as often as a cell refers to it: the reading library copies them"""
    area: int = 4_000_000
    """last row x last column with a value; the reading library allocates all of it"""
    rows: int = 20_000
    """rows of one sheet in which something is filled in; the template has room for some hundreds"""
    marks: int = 250_000
    """cells of one sheet that show an error, or a formula that was never calculated"""
    merges: int = 50_000


LIMITS = Limits()


class RefusedFileError(Exception):
    """The file cannot be read as a submission.

    ``code`` is a code of messages/findings.yaml, ``params`` fill its placeholders, ``sheet`` and
    ``cell`` say where, when that is known.
    """

    def __init__(self, code: str, *, sheet: str = "", cell: str = "", **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.sheet = sheet
        self.cell = cell
        self.params = {name: str(value) for name, value in params.items()}
