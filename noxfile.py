"""All checks of the project: ``nox`` runs them in the order in which they stand here.

Everything that a session installs is pinned in requirements/ci.lock. Debian packages (LibreOffice, Chromium,
Node.js) are installed where they are missing and the session may do so. Elsewhere the checks that need them
are left out with a warning; in CI (``CI`` set) that is an error.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = True
nox.options.sessions = [
    "lint",
    "types",
    "tests",
    "slow",
    "docs",
    "package",
    "bench",
]

Programs = Mapping[str, Sequence[str]]
ROOT = Path(__file__).resolve().parent
CODE = ("src", "tests", "tools", "bench", "noxfile.py")
BASE_DATE = "2026-10-01"
PIP_AUDIT = "pip-audit==2.10.1"
OOXML_VALIDATOR = "@ooxml-tools/validate@0.4.6"
# program -> the Debian packages that bring it (and what it needs to be of use here)
LIBREOFFICE: Programs = {
    "soffice": ("libreoffice-calc-nogui", "fonts-ipafont-gothic"),
    "pdftoppm": ("poppler-utils",),
}
WINDOW: Programs = {
    # the part of LibreOffice that opens a window
    "/usr/lib/libreoffice/program/oosplash": ("libreoffice-calc", "libreoffice-gtk3"),
    "Xvfb": ("xvfb",),
    "openbox": ("openbox",),
    "xdotool": ("xdotool",),
    "import": ("imagemagick",),
}
CHROMIUM: Programs = {"chromium": ("chromium",)}
NODE: Programs = {"node": ("nodejs",), "npm": ("npm",)}


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    _install(session, project=False)
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    _install(session)
    session.run("mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """The quick tests."""
    _install(session)
    session.run("pytest", "-m", "not slow", "-n", "2", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Round trips through LibreOffice, package validators, big rounds."""
    _install(session)
    needs = {"libreoffice": LIBREOFFICE, "chromium": CHROMIUM}
    left_out = [f"not {mark}" for mark, programs in needs.items() if not _programs(session, programs)]
    session.run("pytest", "-m", " and ".join(["slow and not long", *left_out]), "-n", "2", *session.posargs)


@nox.session
def precheck(session: nox.Session) -> None:
    """The check before submission against the program, recalculated by LibreOffice."""
    _install(session)
    _programs(session, LIBREOFFICE)
    session.run("pytest", "-m", "long", "tests/template", *session.posargs)


@nox.session
def window(session: nox.Session) -> None:
    """The form filled in through a real window; SECSVC_WINDOW_PICTURES=FOLDER keeps pictures of each step."""
    _install(session)
    if not _programs(session, {**LIBREOFFICE, **WINDOW}):
        session.skip("needs LibreOffice with its window, Xvfb, openbox, xdotool and ImageMagick")
    session.run("pytest", "-m", "long", "tests/window", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Generated pages are fresh, links lead somewhere, doctests hold; ``-- --write`` makes the pages anew."""
    _install(session)
    session.run("python", "tools/docs.py", *(session.posargs or ["--check"]))
    session.run("python", "tools/links.py")
    session.run("pytest", "--doctest-modules", "-p", "no:xdist", "-q", "src")


@nox.session
def package(session: nox.Session) -> None:
    """Wheel and sdist hold what they must; README's first command works in the unpacked sdist."""
    _install(session, project=False)
    with tempfile.TemporaryDirectory(prefix="secsvc-batch-") as folder:
        session.run("python", "-m", "build", "--no-isolation", "--outdir", f"{folder}/dist", ".")
        session.run("python", "tools/package.py", folder, env={"PYTHONPATH": ""})


@nox.session
def ooxml(session: nox.Session) -> None:
    """Every kind of workbook that the program writes, through Microsoft's own validator."""
    if not _programs(session, NODE):
        session.skip("needs Node.js and npm")
    _install(session)
    folder = Path(session.create_tmp())
    if not (folder / "node_modules" / "@ooxml-tools").exists():
        session.run(
            "npm",
            "install",
            "--prefix",
            str(folder),
            "--no-audit",
            "--no-fund",
            OOXML_VALIDATOR,
            external=True,
        )
    session.run(
        "python", "tools/ooxml.py", "--node-modules", str(folder / "node_modules"), "--base-date", BASE_DATE
    )


@nox.session
def bench(session: nox.Session) -> None:
    """Product, plain script and floor side by side; ``-- --full`` makes docs/benchmarks.md anew."""
    _install(session)
    session.run("python", "bench/run.py", *session.posargs)


@nox.session
def hostile(session: nox.Session) -> None:
    """Every hostile or broken submission, by itself and all in one round; what is written is inert."""
    _install(session)
    session.run("pytest", "tests/hostile", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Damaged workbooks for SECSVC_FUZZ_SECONDS (600, in CI 40): none may crash, hang or be judged better."""
    _install(session)
    seconds = os.environ.get("SECSVC_FUZZ_SECONDS", "40" if os.environ.get("CI") else "600")
    session.run("pytest", "-s", "tests/fuzz", *session.posargs, env={"SECSVC_FUZZ_SECONDS": seconds})


@nox.session
def audit(session: nox.Session) -> None:
    """Known vulnerabilities of what is pinned; without a network it says that nothing was checked."""
    try:
        session.install(PIP_AUDIT, silent=True)
    except nox.command.CommandFailed:
        session.warn(f"NOT CHECKED: {PIP_AUDIT} cannot be installed (no network?)")
        return
    session.run("python", "tools/audit.py")


@nox.session
def faults(session: nox.Session) -> None:
    """Runs that are killed, workers that die, full disks; fifty moments, or as many as ``-- N`` says."""
    _install(session)
    moments = session.posargs[0] if session.posargs else "50"
    session.run("pytest", "tests/faults", env={"SECSVC_MOMENTS": moments})


@nox.session
def cluster(session: nox.Session) -> None:
    """A Dask scheduler and two workers on this machine, one of which is killed half-way."""
    _install(session)
    session.run("pytest", "tests/cluster", *session.posargs)


def _install(session: nox.Session, *, project: bool = True) -> None:
    session.install("--require-hashes", "-r", "requirements/ci.lock", silent=True)
    if project:
        session.install("--no-deps", "--no-build-isolation", "-e", ".", silent=True)
    session.env["PYTHONDONTWRITEBYTECODE"] = "1"


def _programs(session: nox.Session, programs: Programs) -> bool:
    """Tell whether ``programs`` are there, after installing what is missing where that is possible."""
    absent = [program for program in programs if not shutil.which(program)]
    missing = [package for program in absent for package in programs[program]]
    if not missing:
        return True
    if sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get"):
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        session.run("apt-get", "update", "-q", external=True, silent=True)
        session.run(
            "apt-get",
            "install",
            "-q",
            "-y",
            "--no-install-recommends",
            *missing,
            external=True,
            silent=True,
            env=env,
        )
        return True
    if os.environ.get("CI"):
        session.error(f"CI needs these programs: {', '.join(programs)}")
    session.warn(f"left out what needs {', '.join(programs)}: not on this machine")
    return False
