"""The recipes of docs/scale.md for many repositories and reports: GNU parallel, SQLite, DuckDB."""

import getpass
import os
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support import images, readme
from support.cli import SOURCE, run, shell
from support.processes import Process, find
from support.scripted import Scripted

REPOSITORIES, TAGS = 20, 4
WHOLE = "regpipe catalog $1 | regpipe tags | regpipe manifests | regpipe summarize"


shown = partial(readme.script, "scale")
"""Returns the block of docs/scale.md that contains a text."""


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    for repository in range(REPOSITORIES):
        for tag in range(TAGS):
            image = images.classic(f"image-{(repository + tag) % 10}")
            scripted.add(f"team/app{repository:02}", f"v{tag}", image)
    return scripted


@pytest.fixture
def parallel(home: Path) -> str:
    """GNU parallel, with the file that turns off its citation notice."""
    program = find("parallel", debian=True)
    (home / ".parallel").mkdir()
    (home / ".parallel" / "will-cite").touch()
    return program


@pytest.mark.usefixtures("parallel")
@pytest.mark.parametrize("grouping", ["", "--line-buffer"], ids=["grouped", "line-buffer"])
def test_parallel_writes_each_record_once(registry: Scripted, grouping: str) -> None:
    script = shown("parallel --pipe").replace("my.registry", registry.url)
    result = shell(script.replace("-N20", f"-N5 {grouping}"))
    assert result.err == ""
    expected = shell(WHOLE, registry.url)
    assert Counter(result.out.splitlines()) == Counter(expected.out.splitlines())
    assert len(result.records) == REPOSITORIES * TAGS


@pytest.mark.usefixtures("parallel")
def test_parallel_processes_share_the_cache(registry: Scripted) -> None:
    script = "regpipe catalog $1 | parallel --pipe -N5 -j4 'regpipe tags | regpipe manifests'"
    first = shell(script, registry.url)
    registry.requests.clear()
    again = shell(script, registry.url)
    assert (first.err, again.err) == ("", "")
    assert Counter(again.out.splitlines()) == Counter(first.out.splitlines())
    requests = registry.requests_to("/v2/team/*/manifests/*")
    assert len(requests) == REPOSITORIES * TAGS
    assert all("if-none-match" in request.headers for request in requests)
    assert registry.requests_to("/v2/*/blobs/*") == []


@pytest.fixture
def ssh(home: Path, tmp_path: Path) -> Iterator[str]:
    """An ssh command that connects to an sshd on loopback as this user."""
    server, keygen = find("sshd", debian=True), find("ssh-keygen", debian=True)
    for name in ("host", "user"):
        command = [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(command, check=True)
    config = tmp_path / "sshd_config"

    def start(port: int) -> list[str]:
        config.write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nPidFile none\n"
            f"AuthorizedKeysFile {tmp_path}/user.pub\nStrictModes no\nUsePAM no\n"
            f"SetEnv HOME={home} PYTHONPATH={SOURCE} PATH={home}/bin:{os.environ['PATH']}\n"
        )
        return [server, "-D", "-e", "-f", str(config)]

    if os.geteuid() == 0:  # sshd requires it; Debian creates it when the service starts
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with Process(start, tmp_path) as process:
        client = tmp_path / "ssh_config"
        client.write_text(
            f"Host far\n  HostName 127.0.0.1\n  Port {process.port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {tmp_path}/user\n  IdentitiesOnly yes\n"
            f"  StrictHostKeyChecking no\n  UserKnownHostsFile {tmp_path}/known\n  LogLevel ERROR\n"
        )
        probe = subprocess.run(
            ["ssh", "-F", str(client), "far", "true"], capture_output=True, check=False
        )
        if probe.returncode:
            pytest.skip(f"this machine's sshd rejects logins: {probe.stderr.decode()[-300:]}")
        yield f"ssh -F {client}"


@pytest.mark.usefixtures("parallel")
def test_parallel_runs_on_other_machines(registry: Scripted, ssh: str) -> None:
    script = shown("--sshlogin").replace("my.registry", registry.url).replace("-N20", "-N5")
    result = shell(script.replace("build1,build2,:", f"2/far,2/: --ssh '{ssh}'"))
    assert result.err == ""
    expected = shell(WHOLE, registry.url)
    assert Counter(result.out.splitlines()) == Counter(expected.out.splitlines())


@pytest.fixture
def history(registry: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports of two days in history.ndjson; one tag has moved."""
    find("jq", debian=True)
    monkeypatch.chdir(tmp_path)
    report = shown("date -I").replace("my.registry/team/app", f"{registry.host}/team/app00")
    assert shell(report.replace("date -I", "echo 2024-07-01")).code == 0
    registry.add("team/app00", "v1", images.classic("moved"))
    assert shell(report.replace("date -I", "echo 2024-07-02")).code == 0


@pytest.mark.usefixtures("history")
def test_reports_in_sqlite() -> None:
    find("sqlite3")
    shell(shown("sqlite3 history.db"))
    lines = shell(shown("sqlite3 history.db")).out.decode().splitlines()  # the next day
    assert len(lines) == 2 * TAGS
    assert {line.split("|")[0] for line in lines} == {"2024-07-01", "2024-07-02"}
    assert {line.split("|")[1] for line in lines} == {f"v{tag}" for tag in range(TAGS)}
    assert all(line.split("|")[2].startswith("2018-07-1") for line in lines)


@pytest.mark.usefixtures("history")
def test_reports_in_duckdb() -> None:
    duckdb = pytest.importorskip("duckdb")
    query = shlex.split(shown("lag(digest)"))[2]
    moved = duckdb.sql(query)
    assert moved
    ((day, ref, before, after),) = moved.fetchall()
    assert (str(day), ref.rpartition(":")[2]) == ("2024-07-02", "v1")
    assert before != after


def results(part: str) -> list[tuple[Any, ...]]:
    """Return the rows of a question of docs/scale.md about manifests.ndjson."""
    columns = run(["schema", "--duckdb", "manifest"]).out.decode().strip()
    query = shlex.split(shown(part))[2].replace("$(regpipe schema --duckdb manifest)", columns)
    duckdb = pytest.importorskip("duckdb")
    found = duckdb.sql(query.replace("\\$", "$"))  # shlex leaves this one to the shell
    assert found
    rows: list[tuple[Any, ...]] = found.fetchall()
    return rows


def test_questions_about_many_records_in_duckdb(
    registry: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    repositories = [f"{registry.url}/{name}" for name in registry.content.tags]
    result = run(["manifests"], run(["tags", *repositories]).out)
    Path("manifests.ndjson").write_bytes(result.out)
    counts = Counter(record["digest"] for record in result.records)
    assert [tags for _, tags, _ in results("count(*) AS tags")] == sorted(
        counts.values(), reverse=True
    )
    sizes: dict[str, dict[str, int]] = {}
    for record in result.records:
        for layer in record["manifest"]["layers"]:
            sizes.setdefault(record["repository"], {})[layer["digest"]] = layer["size"]
    expected = {name: sum(layers.values()) for name, layers in sizes.items()}
    assert dict(results("AS layer")) == expected
    as_root = {one["ref"] for one in result.records if not one["config"]["config"].get("User")}
    assert {ref for (ref,) in results("config.User")} == as_root
