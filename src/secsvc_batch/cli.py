"""The command line. Heavy parts are imported inside the commands: ``--help`` stays quick."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secsvc_batch import __version__
from secsvc_batch.standard.source import Source
from secsvc_batch.storage.location import is_url

if TYPE_CHECKING:
    from secsvc_batch.round.run import RoundReport
    from secsvc_batch.standard.loader import Standard

DONE, FINDINGS, WRONG_USE, FAULT = 0, 1, 2, 3


class LocalPath(click.Path):
    """A path of this machine; a URL is told apart from a misspelt path."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if is_url(str(value)):
            from secsvc_batch.messages import word

            self.fail(
                " / ".join(word("storage.not_here", lang, path=value) for lang in ("ja", "en")), param, ctx
            )
        return super().convert(value, param, ctx)


_EXISTING = LocalPath(exists=True, path_type=Path)
_FOLDER = LocalPath(exists=True, file_okay=False, path_type=Path)
_ANY = LocalPath(path_type=Path)
_PATH_OR_URL = click.Path()


class BaseDate(click.ParamType[date]):
    """A day, written in any way that a cell of the workbook may be."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        from secsvc_batch.tables.cells import date_of, day_of

        if isinstance(value, date):
            return value
        number = date_of(str(value))
        if number is None:
            self.fail(f"「{value}」を日付として読み取れません（例：2026-10-01）/ not a date", param, ctx)
        return day_of(number)


_lang = click.option("--lang", type=click.Choice(["ja", "en"]), default="ja", help="表示言語 / language")
_rules = click.option("--rules", type=_FOLDER, help="基準のルールのフォルダー / folder of rules")
_lists = click.option("--reference-lists", "lists", type=_FOLDER, help="例示のフォルダー / reference lists")
_readings = click.option("--readings", type=_EXISTING, help="解釈のファイル / file of readings")
_base_date = click.option("--base-date", type=BaseDate(), required=True, help="基準となる日 / base date")


def _standard_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which standard it is about, as ``source``, and ``lang``."""

    @wraps(function)
    def command(*, rules: Path | None, lists: Path | None, readings: Path | None, **others: Any) -> None:
        function(source=Source(rules, lists, readings), **others)

    return _rules(_lists(_readings(_lang(command))))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="secsvc-batch")
def cli() -> None:
    """情報セキュリティサービス基準の適合審査を一括で行います。

    Examines applications against the information-security service standard, a round at a time.
    """


def main() -> None:
    """Entry point. Exit codes: 0 all pass, 1 findings to look at, 2 wrong use, 3 fault of the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        cli()
    except Exception as error:
        if os.environ.get("SECSVC_DEBUG"):
            raise
        from secsvc_batch.messages import word

        click.echo(word("cli.fault", "ja", error=f"{type(error).__name__}: {error}"), err=True)
        sys.exit(FAULT)
    finally:
        # nothing needs to be looked for in what is left; that takes a fifth of a second
        gc.freeze()


@contextmanager
def _wrong_use(lang: str) -> Iterator[None]:
    """Turn what people can mend themselves into a message and exit code 2."""
    from secsvc_batch.messages import word
    from secsvc_batch.round.executors import ExecutorError
    from secsvc_batch.round.inputs import InputError
    from secsvc_batch.round.results import ResultsError
    from secsvc_batch.standard.catalogue import UnknownClauseError
    from secsvc_batch.standard.problems import LoadError
    from secsvc_batch.storage.location import StorageError

    try:
        yield
    except (ExecutorError, InputError, ResultsError, StorageError) as error:
        click.echo(word(error.key, lang, **error.params), err=True)
        sys.exit(WRONG_USE)
    except UnknownClauseError as error:
        text = word("rules.unknown_clause", lang, clause=error.name, hint=error.hint(lang))
        click.echo(text, err=True)
        sys.exit(WRONG_USE)
    except LoadError as error:
        for problem in error.problems:
            click.echo(problem.text(lang), err=True)
        sys.exit(WRONG_USE)


# --- evaluate -------------------------------------------------------------------------------------


@cli.command()
@click.argument("submissions", nargs=-1, required=True, type=_PATH_OR_URL)
@_base_date
@click.option("--out", type=_PATH_OR_URL, required=True, help="結果のフォルダー / folder for the results")
@_standard_options
@click.option(
    "--workers", type=click.IntRange(min=0), default=0, help="並列数（0は自動）/ processes (0: automatic)"
)
@click.option(
    "--memory-limit",
    type=click.IntRange(min=0),
    metavar="MIB",
    help="1プロセスのメモリーの上限（0は無制限、既定は4096）/ address space of each process, 0: no limit",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="1ファイルの時間の上限（0は無制限、既定は120）/ time for one file, 0: no limit",
)
@click.option("--scheduler", metavar="ADDRESS", help="Daskクラスター（tcp://…） / Dask cluster")
@click.option("--force", is_flag=True, help="書き込みのある以前の結果も置き換える / replace edited results")
@click.option("--quiet", is_flag=True, help="経過と集計を表示しない / no progress, no summary")
def evaluate(
    submissions: tuple[str, ...],
    base_date: date,
    out: str,
    source: Source,
    lang: str,
    workers: int,
    memory_limit: int | None,
    time_limit: float | None,
    scheduler: str | None,
    force: bool,
    quiet: bool,
) -> None:
    """SUBMISSIONS（フォルダーまたはファイル）の申請書を判定します。 / Evaluate a round of submissions.

    SUBMISSIONS と --out には、オブジェクトストレージのURL（s3://… など）も指定できます。
    / Both may be URLs of object storage.
    """
    from secsvc_batch.round.worker import begun

    with begun(memory_limit, scheduler) as worker:
        # a worker gets ready in the meantime
        from secsvc_batch.round.executors import executor_for
        from secsvc_batch.round.inputs import find_inputs
        from secsvc_batch.round.job import TIME_LIMIT, Job
        from secsvc_batch.round.results import results_at
        from secsvc_batch.storage.location import locate

        with _wrong_use(lang):
            folder, given = results_at(locate(out)), [locate(text) for text in submissions]
        limit = TIME_LIMIT if time_limit is None else time_limit
        # workers need not be where this process is
        job = Job(base_date, folder.staging, source.absolute(), lang, time_limit=limit)
        with _wrong_use(lang):
            sample_lists = job.standard.lists.is_sample
            inputs = find_inputs(given, leave_out=folder.folders)
            edited = folder.check(force=force)
            on = executor_for(job, len(inputs.files), workers, memory_limit, scheduler, worker)
        with _wrong_use(lang), on as executor:
            from secsvc_batch.round.run import run_round

            with _progress(len(inputs.files), quiet=quiet, lang=lang) as advance, _disk(out, lang):
                report = run_round(job, inputs, folder, executor, edited=edited, progress=advance)
    if not quiet:
        _say_summary(report, out, sample_lists, lang)
    if report.number("fault"):
        sys.exit(FAULT)
    sys.exit(DONE if report.clean else FINDINGS)


@contextmanager
def _disk(out: str, lang: str) -> Iterator[None]:
    """Say gently that the disk is full, or object storage gone; what is done so far is kept."""
    from secsvc_batch.messages import word
    from secsvc_batch.round.run import is_of_disk
    from secsvc_batch.storage.location import StorageError

    try:
        yield
    except StorageError as error:
        click.echo(word(error.key, lang, **error.params), err=True)
        sys.exit(FAULT)
    except OSError as error:
        if not is_of_disk(error):
            raise
        click.echo(word("cli.disk", lang, path=out, error=os.strerror(error.errno or 0)), err=True)
        sys.exit(FAULT)


@contextmanager
def _progress(total: int, *, quiet: bool, lang: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr where somebody looks at it."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from secsvc_batch.messages import word

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(word("cli.evaluating", lang), total=total)
        yield lambda done: bar.advance(task, done)


def _say_summary(report: "RoundReport", out: str, sample_lists: bool, lang: str) -> None:
    from secsvc_batch.messages import word

    totals = report.counts
    click.echo(
        word(
            "cli.summary.files",
            lang,
            files=report.files,
            read=report.number("read"),
            refused=report.number("refused"),
            fault=report.number("fault"),
        )
    )
    click.echo(word("cli.summary.verdicts", lang, **totals["applications"]))
    click.echo(word("cli.summary.findings", lang, **totals["findings"]))
    if sample_lists:
        click.echo(word("cli.summary.sample_lists", lang))
    click.echo(word("cli.summary.out", lang, path=out))


# --- check ----------------------------------------------------------------------------------------


@cli.command()
@click.argument("files", nargs=-1, required=True, type=_ANY, metavar="FILE...")
@click.option("--base-date", type=BaseDate(), help="基準となる日（ひな形にあれば不要）/ base date")
@click.option("--html", type=_ANY, metavar="OUT", help="ウェブページとしても書き出す / write a page, too")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="出力の形 / form of the output",
)
@_standard_options
def check(
    files: tuple[Path, ...],
    base_date: date | None,
    html: Path | None,
    form: str,
    source: Source,
    lang: str,
) -> None:
    """提出前の FILE（申請書）を確かめます。 / Look at your own workbook before you submit it."""
    from secsvc_batch.round.inputs import find_inputs

    with _wrong_use(lang):
        standard = source.load()
        inputs = find_inputs(files)
    from secsvc_batch.check.run import run_check

    with _wrong_use(lang):
        sys.exit(run_check(inputs.files, standard, base_date, lang, html=html, form=form))


# --- explain --------------------------------------------------------------------------------------


@cli.command()
@click.argument("file", type=_EXISTING)
@click.argument("clause")
@_base_date
@_standard_options
def explain(
    file: Path,
    clause: str,
    base_date: date,
    source: Source,
    lang: str,
) -> None:
    """FILE の CLAUSE（要件番号）の判定の経緯を示します。 / Show how one verdict came about."""
    from secsvc_batch.messages import word
    from secsvc_batch.standard.catalogue import find_requirement

    with _wrong_use(lang):
        standard = source.load()
        requirement = find_requirement(standard, clause)
    from secsvc_batch.reports.explain import explain_file

    text = explain_file(file, requirement.clause, standard, base_date, lang)
    if text is None:
        click.echo(word("explain.not_applied", lang, clause=clause, file=file.name), err=True)
        sys.exit(FINDINGS)
    click.echo(text)


# --- template, sample -----------------------------------------------------------------------------


@cli.command()
@click.option("--service", "services", multiple=True, help="サービス（複数可）/ service id, repeatable")
@click.option("-o", "--output", type=_ANY, required=True, help="出力ファイル / file to write")
@click.option("--base-date", type=BaseDate(), help="様式に印字する基準となる日 / base date printed on it")
@_standard_options
def template(
    services: tuple[str, ...],
    output: Path,
    base_date: date | None,
    source: Source,
    lang: str,
) -> None:
    """空の申請様式を書き出します。 / Write the blank template."""
    with _wrong_use(lang):
        standard = source.load()
    wanted = [_service_id(name, standard) for name in services] or None
    from secsvc_batch.workbook.template import write_template

    output.parent.mkdir(parents=True, exist_ok=True)
    write_template(output, standard, standard.layout, lang=lang, services=wanted, base_date=base_date)


def _service_id(name: str, standard: "Standard") -> str:
    for service in standard.services:
        if name in (service.id, service.clause, service.name.ja, service.name.en):
            return service.id
    known = ", ".join(f"{service.id}（{service.name.ja}）" for service in standard.services)
    raise click.BadParameter(f"「{name}」: {known}", param_hint="--service")


@cli.command()
@click.option("--applicants", type=click.IntRange(min=1), default=24, show_default=True, help="件数 / number")
@click.option("--seed", type=int, default=1, show_default=True, help="乱数の種 / seed")
@click.option("--out", type=_ANY, required=True, help="出力フォルダー / folder")
@click.option(
    "--base-date", type=BaseDate(), default="2026-10-01", show_default=True, help="基準となる日 / base date"
)
@_standard_options
def sample(
    applicants: int,
    seed: int,
    out: Path,
    base_date: date,
    source: Source,
    lang: str,
) -> None:
    """架空の申請者による見本の提出一式を作ります。 / Make a round of fictional applicants."""
    with _wrong_use(lang):
        standard = source.load()
    from secsvc_batch.sample.generator import make_round

    make_round(out, applicants, seed, standard, standard.layout, base_date=base_date)


# --- rules ----------------------------------------------------------------------------------------


@cli.group(name="rules")
def rules_group() -> None:
    """基準のルールを調べます。 / The rules of the standard."""


@rules_group.command(name="list")
@_standard_options
def rules_list(source: Source, lang: str) -> None:
    """要件の一覧。 / All requirements."""
    from secsvc_batch.standard import catalogue

    with _wrong_use(lang):
        click.echo(catalogue.rules_list(source.load(), lang))


@rules_group.command(name="show")
@click.argument("clause")
@_standard_options
def rules_show(clause: str, source: Source, lang: str) -> None:
    """要件1つの内容。 / One requirement."""
    from secsvc_batch.standard import catalogue

    with _wrong_use(lang):
        click.echo(catalogue.rules_show(source.load(), clause, lang))


@rules_group.command(name="check")
@_standard_options
def rules_check(source: Source, lang: str) -> None:
    """ルールの点検。 / Check the rules, their lists and their examples."""
    from secsvc_batch.evaluation.examples import wrong_examples
    from secsvc_batch.standard import catalogue

    with _wrong_use(lang):
        standard = source.load()
    wrong = wrong_examples(standard)
    for line in wrong:
        click.echo(line(lang), err=True)
    click.echo(catalogue.rules_check(standard, lang))
    sys.exit(FINDINGS if wrong else DONE)
