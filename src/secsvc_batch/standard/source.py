"""Where the standard of a run comes from. Imports nothing heavy: the command line starts with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secsvc_batch.standard.loader import Standard


@dataclass(frozen=True)
class Source:
    """Folders of rules and reference lists and a file of readings; None: those shipped with the program."""

    rules: Path | None = None
    lists: Path | None = None
    readings: Path | None = None

    def absolute(self) -> "Source":
        """Return the same places as seen from anywhere."""
        return Source(*(path and path.absolute() for path in (self.rules, self.lists, self.readings)))

    def load(self) -> "Standard":
        """Return the standard, loaded once per process. Raises LoadError as ``load_standard`` does."""
        if self not in _loaded:
            from secsvc_batch.standard.loader import load_standard

            _loaded[self] = load_standard(self.rules, self.lists, self.readings)
        return _loaded[self]

    def take(self, standard: "Standard") -> None:
        """Let ``load`` return what another process loaded from these places."""
        _loaded[self] = standard


_loaded: "dict[Source, Standard]" = {}
