"""All checks of the project: ``nox`` runs what CI runs, the others are run by name (``nox -l``).

Sessions share one environment, which is made once; everything in it is pinned in requirements/ci.lock. Debian
packages (LibreOffice, Chromium, Node.js) are installed where they are missing and the session may do so.
Elsewhere the checks that need them are left out with a warning; in CI (``CI`` set) that is an error.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "none"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = [
    "lint",
    "types",
    "tests",
    "slow",
    "short",
    "ooxml",
    "docs",
    "package",
    "bench",
]

Programs = Mapping[str, Sequence[str]]
ROOT = Path(__file__).resolve().parent
PINNED = (ROOT / "requirements" / "ci.lock", ROOT / "pyproject.toml")
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
# Tests that wait for nothing share the two processors; a process that is done takes over from the other.
PARALLEL = ("-n", "2", "--dist", "worksteal")


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    _run(session, "ruff", "check", *CODE)
    _run(session, "ruff", "format", "--check", *CODE)


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    _run(session, "mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """The quick tests."""
    _run(session, "pytest", "-m", "not slow", *PARALLEL, *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """LibreOffice, Chromium, a package validator, hostile files, big rounds, Dask, S3."""
    _run(session, "pytest", "-m", _without("slow and not long", session), *PARALLEL, *session.posargs)


@nox.session
def short(session: nox.Session) -> None:
    """Short forms of precheck, faults and fuzz (those of hostile and cluster are whole, in slow)."""
    env = {"SECSVC_PRECHECK_SHARE": "8", "SECSVC_MOMENTS": "6", "SECSVC_FUZZ_SECONDS": "40"}
    marks = _without("long and not window", session)
    _run(session, "pytest", "-m", marks, *PARALLEL, *session.posargs, env=env)


@nox.session
def precheck(session: nox.Session) -> None:
    """The check before submission against the program, for all cases and 300 sample applicants."""
    if _programs(session, LIBREOFFICE):
        env = {"SECSVC_PRECHECK_SHARE": "1"}
        _run(session, "pytest", "-m", "long and not window", "tests/template", *session.posargs, env=env)


@nox.session
def ooxml(session: nox.Session) -> None:
    """Each kind of workbook written, through Microsoft's own validator; ``-- --all``: more of each."""
    if not _programs(session, NODE):
        session.skip("needs Node.js and npm")
    folder = Path(session.create_tmp())
    if not (folder / "node_modules" / "@ooxml-tools").exists():
        session.run("npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", OOXML_VALIDATOR)
    options = ("--node-modules", str(folder / "node_modules"), "--base-date", BASE_DATE)
    _run(session, "tools/ooxml.py", *options, *session.posargs)


@nox.session
def window(session: nox.Session) -> None:
    """The form filled in through a real window; SECSVC_WINDOW_PICTURES=FOLDER keeps pictures of each step."""
    if not _programs(session, {**LIBREOFFICE, **WINDOW}):
        session.skip("needs LibreOffice with its window, Xvfb, openbox, xdotool and ImageMagick")
    _run(session, "pytest", "-m", "window", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Generated pages are fresh, links lead somewhere, doctests hold; ``-- --write`` makes the pages anew."""
    _run(session, "tools/docs.py", *(session.posargs or ["--check"]))
    _run(session, "tools/links.py")
    _run(session, "pytest", "--doctest-modules", "src")


@nox.session
def package(session: nox.Session) -> None:
    """Wheel and sdist hold what they must; README's first command works in the unpacked sdist."""
    with tempfile.TemporaryDirectory(prefix="secsvc-batch-") as folder:
        _run(session, "build", "--no-isolation", "--outdir", f"{folder}/dist", ".")
        _run(session, "tools/package.py", folder, env={"PYTHONPATH": ""})


@nox.session
def bench(session: nox.Session) -> None:
    """Product, plain script and floor side by side; ``-- --full`` makes docs/benchmarks.md anew."""
    _run(session, "bench/run.py", *session.posargs)


@nox.session
def hostile(session: nox.Session) -> None:
    """Every hostile or broken submission, by itself and all in one round; what is written is inert."""
    _run(session, "pytest", "tests/hostile", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Damaged workbooks for SECSVC_FUZZ_SECONDS (600): none may crash, hang or be judged better."""
    env = {"SECSVC_FUZZ_SECONDS": os.environ.get("SECSVC_FUZZ_SECONDS", "600")}
    _run(session, "pytest", "-s", "tests/fuzz", *session.posargs, env=env)


@nox.session
def faults(session: nox.Session) -> None:
    """Runs that are killed, workers that die, full disks; fifty moments, or as many as ``-- N`` says."""
    moments = session.posargs[0] if session.posargs else "50"
    _run(session, "pytest", "tests/faults", env={"SECSVC_MOMENTS": moments})


@nox.session
def cluster(session: nox.Session) -> None:
    """A Dask scheduler and two workers on this machine, one of which is killed half-way; an S3 server."""
    _run(session, "pytest", "tests/cluster", *session.posargs)


@nox.session(venv_backend="virtualenv")
def audit(session: nox.Session) -> None:
    """Known vulnerabilities of what is pinned; without a network it says that nothing was checked."""
    try:
        session.install(PIP_AUDIT, silent=True)
    except nox.command.CommandFailed:
        session.warn(f"NOT CHECKED: {PIP_AUDIT} cannot be installed (no network?)")
        return
    session.run("python", "tools/audit.py")


def _run(session: nox.Session, program: str, *arguments: str, env: Mapping[str, str] | None = None) -> None:
    """Run a module or, with its path, a script of the project in the environment of all sessions."""
    python = _python(session)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    script = (program,) if program.endswith(".py") else ("-m", program)
    session.run(str(python), *script, *arguments, env={"PATH": path, **(env or {})})


def _python(session: nox.Session) -> Path:
    """Return the Python of the environment of all sessions, made anew when what is pinned changes."""
    folder = Path(session.cache_dir).with_name("environment")
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    made_from = folder / "made-from"
    pinned = b"".join([sys.version.encode(), *(path.read_bytes() for path in PINNED)])
    wanted = hashlib.sha256(pinned).hexdigest()
    if not made_from.exists() or made_from.read_text() != wanted:
        session.log("making the environment of all sessions: about a minute")
        session.run(sys.executable, "-m", "virtualenv", "--clear", str(folder), silent=True)
        install = (str(python), "-m", "pip", "install")
        session.run(*install, "--require-hashes", "-r", "requirements/ci.lock", silent=True)
        session.run(*install, "--no-deps", "--no-build-isolation", "-e", ".", silent=True)
        made_from.write_text(wanted)
    return python


def _without(marks: str, session: nox.Session) -> str:
    """Return ``marks`` without the tests that need a program that is not to be had here."""
    needs = {"libreoffice": LIBREOFFICE, "chromium": CHROMIUM}
    left_out = [f"not {mark}" for mark, programs in needs.items() if not _programs(session, programs)]
    return " and ".join([marks, *left_out])


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
