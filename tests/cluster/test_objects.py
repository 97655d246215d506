"""Rounds on a real S3 server, in worker processes and on a cluster whose workers share no folder."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cluster.test_cluster import Dask
from tests.faults.command import contents, hash_of, make_round, start

pytestmark = [pytest.mark.slow, pytest.mark.cluster]

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
RECORD = ".secsvc/objects.parquet"
BUCKET = "bucket"


class Server:
    """An S3 server on this machine with one empty bucket, and what is in it."""

    def __init__(self, log: Path) -> None:
        # takes a second, also where these tests are only collected
        import s3fs

        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        with log.open("wb") as stream:
            self._process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
        self.url = self._said(log, r"Running on (http://127\.0\.0\.1:\d+)")
        self.files = s3fs.S3FileSystem(
            endpoint_url=self.url, key="test", secret="test", use_listings_cache=False
        )
        self.files.mkdir(BUCKET)

    def _said(self, log: Path, pattern: str) -> str:
        text = ""
        for _ in range(600):
            text = log.read_text(encoding="utf-8")
            if found := re.search(pattern, text):
                return found[1]
            time.sleep(0.1)
        raise AssertionError(text)

    def put(self, folder: Path, name: str) -> str:
        """Put the files of a folder into the bucket and return their URL."""
        for path in folder.rglob("*.xlsx"):
            self.files.put_file(str(path), f"{BUCKET}/{name}/{path.relative_to(folder).as_posix()}")
        return f"s3://{BUCKET}/{name}"

    def put_key(self, key: str, content: bytes) -> None:
        """Put an object under a key that fsspec would take for something else."""
        self.files.call_s3("put_object", Bucket=BUCKET, Key=key, Body=content)

    def names(self, name: str) -> set[str]:
        found: list[str] = self.files.find(f"{BUCKET}/{name}")
        return {path.removeprefix(f"{BUCKET}/").removeprefix(f"{name}/") for path in found}

    def contents(self, name: str) -> dict[str, str]:
        """Return the hashes of some results, as ``contents`` does for those in a folder."""
        found = {}
        for path in sorted(self.names(name) - {RECORD}):
            found[path] = hash_of(path, self.files.cat_file(f"{BUCKET}/{name}/{path}"))
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    running = Server(tmp_path / "server.log")
    # fsspec's own way to say how a storage is reached
    monkeypatch.setenv("FSSPEC_S3_ENDPOINT_URL", running.url)
    yield running
    running.close()


class Alone(NamedTuple):
    """A round in a folder, and what a run in folders makes of it."""

    submissions: Path
    contents: dict[str, str]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    folder = tmp_path_factory.mktemp("alone")
    submissions = make_round(folder / "submissions", 4)
    code, text = evaluate(submissions, folder / "results")
    assert code == 1, text
    return Alone(submissions, contents(folder / "results"))


def evaluate(submissions: str | Path, out: str | Path, *more: str) -> tuple[int, str]:
    process = start(submissions, out, *more)
    text, _ = process.communicate(timeout=300)
    return process.returncode, text


def parts(server: Server, name: str) -> int:
    return sum(path.endswith("/done.json") for path in server.names(f"{name}/.partial"))


def test_worker_processes_give_the_bytes_that_folders_give(
    server: Server, alone: Alone, tmp_path: Path
) -> None:
    url = server.put(alone.submissions, "round")
    code, text = evaluate(url, f"s3://{BUCKET}/results", "--workers", "2")
    assert code == 1, text
    assert server.contents("results") == alone.contents
    requests = (tmp_path / "server.log").read_text().count(f"GET /{BUCKET}/round/")
    assert evaluate(url, f"s3://{BUCKET}/results")[0] == 1
    assert (tmp_path / "server.log").read_text().count(f"GET /{BUCKET}/round/") == requests


def test_a_run_that_was_killed_goes_on(server: Server, alone: Alone, tmp_path: Path) -> None:
    url = server.put(alone.submissions, "round")
    process = start(url, f"s3://{BUCKET}/results", "--workers", "2")
    while process.poll() is None and not parts(server, "results"):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert parts(server, "results") > 0
    assert "run.json" not in server.names("results")
    code, text = evaluate(url, f"s3://{BUCKET}/results", "--workers", "2")
    assert code == 1, text
    assert server.contents("results") == alone.contents


def test_a_cluster_needs_no_folder_that_its_workers_share(
    server: Server, alone: Alone, tmp_path: Path
) -> None:
    """The workers have folders of their own for what they fetch, and one of them is killed half-way."""
    url = server.put(alone.submissions, "round")
    (tmp_path / "dask").mkdir()
    dask = Dask(tmp_path / "dask", own_scratch=True)
    try:
        process = start(url, f"s3://{BUCKET}/results", "--scheduler", dask.address)
        while process.poll() is None and parts(server, "results") < 2:
            time.sleep(0.02)
        dask.kill(dask.workers[0])
        text, _ = process.communicate(timeout=300)
    finally:
        dask.close()
    assert process.returncode == 1, text
    assert server.contents("results") == alone.contents
    assert list((tmp_path / "dask" / "1-scratch").glob("secsvc-batch-*")) == []


def test_keys_that_are_no_names_of_files_stay_inside(server: Server, alone: Alone) -> None:
    """S3 takes any key; consoles make keys that look like folders."""
    content = next(alone.submissions.rglob("*.xlsx")).read_bytes()
    unusable = ["../up.xlsx", "./here.xlsx", "/absolute.xlsx", "a//b.xlsx", "x.xlsx?versionId=1.xlsx"]
    odd = ["back\\slash.xlsx", "zip::odd.xlsx", "a[1]*?.xlsx", "a#b%41.xlsx", "%2e%2e%2fup.xlsx", "TWIN.xlsx"]
    odd += ["twin.xlsx", "tab\t.xlsx", "plus+ .xlsx", "ハ\u309a.xlsx", "パ.xlsx", f"{'n' * 1000}.xlsx"]
    for name in [*unusable, *odd]:
        server.put_key(f"round/{name}", content)
    for name in ("round/", "round/folder/", "results/"):
        server.put_key(name, b"")
    code, text = evaluate(f"s3://{BUCKET}/round", f"s3://{BUCKET}/results")
    assert code == 1, text
    manifest = json.loads(server.files.cat_file(f"{BUCKET}/results/run.json"))
    assert manifest["ignored"] == sorted(unusable)
    assert manifest["counts"]["read"] == len(odd)
    copies = {one["annotated"] for one in manifest["inputs"]}
    assert copies == {name.removeprefix("annotated/") for name in server.names("results/annotated")}
    assert server.names("").isdisjoint({"up.xlsx", "absolute.xlsx"})
    assert {name.partition("/")[0] for name in server.names("")} == {"round", "results"}


@pytest.mark.usefixtures("server")
def test_a_bucket_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    code, text = evaluate("s3://no-such-bucket/round", tmp_path / "out")
    assert code == 2
    assert "s3://no-such-bucket/round" in text
    assert "Traceback" not in text
