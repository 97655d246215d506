"""The committed blank templates: one for all services and one per service, in both languages."""

from collections.abc import Iterator
from pathlib import Path

from secsvc_batch.messages import LANGUAGES
from secsvc_batch.standard.loader import Standard
from secsvc_batch.workbook.layout import Layout
from secsvc_batch.workbook.template.write import Template

ALL = "all"


def template_name(service: str | None, lang: str) -> str:
    """Return the file name of the blank template for ``service`` (None: all services).

    >>> template_name(None, "ja")
    'secsvc-template-all.ja.xlsx'
    """
    return f"secsvc-template-{service or ALL}.{lang}.xlsx"


def template_names(standard: Standard) -> dict[str, tuple[str | None, str]]:
    """Return (service or None, language) of every committed template by its file name."""
    return dict(_templates(standard))


def write_all_templates(folder: Path, standard: Standard, layout: Layout) -> list[Path]:
    """Write every blank template into ``folder`` (made if missing) and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (service, lang) in template_names(standard).items():
        path = folder / name
        Template(standard, layout, lang, [service] if service else None).write(path)
        paths.append(path)
    return paths


def _templates(standard: Standard) -> Iterator[tuple[str, tuple[str | None, str]]]:
    for service in (None, *(s.id for s in standard.edition.services)):
        for lang in LANGUAGES:
            yield template_name(service, lang), (service, lang)
