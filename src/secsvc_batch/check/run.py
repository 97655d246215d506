"""The command ``check``: collect, show, and say in the exit code what came of it."""

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from secsvc_batch.check.collect import check_files
from secsvc_batch.check.data import as_json
from secsvc_batch.check.model import FAULT, CheckedFile
from secsvc_batch.check.page import as_html
from secsvc_batch.check.text import as_text
from secsvc_batch.messages import word
from secsvc_batch.reports.run import RunInfo
from secsvc_batch.round.inputs import Input, InputError
from secsvc_batch.standard.loader import Standard

_NO_TERMINAL = 80  # columns where nobody says how wide it is


def run_check(
    inputs: Sequence[Input],
    standard: Standard,
    base_date: date | None,
    lang: str,
    *,
    html: Path | None = None,
    form: str = "text",
) -> int:
    """Check files and print what was found (``form``: text or json), to ``html`` as a page, too.

    Returns the exit code: 0 all is well, 1 something to look at, 3 a fault of the program. Raises
    InputError for a file without a base date and for a page that cannot be written.
    """
    files = check_files(inputs, standard, base_date, lang)
    run = RunInfo(standard, base_date or next((f.base_date for f in files if f.base_date), date.min))
    if html is not None:
        _write(html, as_html(files, run, lang))
    if form == "json":
        click.echo(as_json(files, run, lang), nl=False)
    else:
        columns = shutil.get_terminal_size((_NO_TERMINAL, 24)).columns if _is_terminal() else _NO_TERMINAL
        color = _is_terminal() and "NO_COLOR" not in os.environ
        click.echo(as_text(files, run, lang, columns, color=color), nl=False, color=color or None)
    if html is not None:
        click.echo(word("check.written", lang, path=str(html)), err=True)
    return _exit_code(files)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError("check.not_writable", path=str(path)) from error


def _exit_code(files: Sequence[CheckedFile]) -> int:
    faults = [file for file in files if file.status == FAULT]
    for file in faults:
        if os.environ.get("SECSVC_DEBUG"):
            click.echo(file.detail, err=True)
    return 3 if faults else 0 if all(file.clean for file in files) else 1
