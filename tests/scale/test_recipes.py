"""The ways past one process and one day that the README shows: GNU parallel, SQLite, DuckDB."""

import getpass
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import images
from support.cli import SOURCE, shell
from support.processes import Process, find
from support.scripted import Scripted

REPOSITORIES, TAGS = 30, 4
WHOLE = "regpipe catalog $1 | regpipe tags | regpipe manifests | regpipe summarize"


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    for repository in range(REPOSITORIES):
        for tag in range(TAGS):
            image = images.classic(f"image-{(repository + tag) % 10}")
            scripted.add(f"team/app{repository:02}", f"v{tag}", image)
    return scripted


@pytest.fixture
def parallel(home: Path) -> str:
    """GNU parallel, which asks to be cited until this file is there."""
    program = find("parallel", debian=True)
    (home / ".parallel").mkdir()
    (home / ".parallel" / "will-cite").touch()
    return program


@pytest.mark.usefixtures("parallel")
@pytest.mark.parametrize("grouping", ["", "--line-buffer"], ids=["grouped", "line-buffer"])
def test_parallel_loses_and_doubles_nothing(registry: Scripted, grouping: str) -> None:
    script = (
        f"regpipe catalog $1 | parallel --pipe -N5 -j4 {grouping}"
        " 'regpipe tags | regpipe manifests' | regpipe summarize"
    )
    result = shell(script, registry.url)
    assert result.err == ""
    expected = shell(WHOLE, registry.url)
    assert Counter(result.out.splitlines()) == Counter(expected.out.splitlines())
    assert len(result.records) == REPOSITORIES * TAGS


@pytest.mark.usefixtures("parallel")
def test_parallel_shares_the_cache(registry: Scripted) -> None:
    script = "regpipe catalog $1 | parallel --pipe -N5 -j4 'regpipe tags | regpipe manifests'"
    first = shell(script, registry.url)
    registry.requests.clear()
    again = shell(script, registry.url)
    assert Counter(again.out.splitlines()) == Counter(first.out.splitlines())
    asked = registry.asked("/v2/team/*/manifests/*")
    assert len(asked) == REPOSITORIES * TAGS
    assert all("if-none-match" in request.headers for request in asked)
    assert registry.asked("/v2/*/blobs/*") == []


@pytest.fixture
def ssh(home: Path, tmp_path: Path) -> Iterator[str]:
    """An sshd on loopback that lets this user in, as an ssh command that reaches it."""
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

    if os.geteuid() == 0:  # sshd wants it, and Debian makes it when the service starts
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
            pytest.skip(f"this machine's sshd lets nobody in: {probe.stderr.decode()[-300:]}")
        yield f"ssh -F {client}"


@pytest.mark.usefixtures("parallel")
def test_other_machines_do_a_part_of_the_work(registry: Scripted, ssh: str) -> None:
    script = (
        "regpipe catalog $1 |"
        f" parallel --ssh '{ssh}' --sshlogin 2/far,2/: --pipe -N5"
        " 'regpipe tags | regpipe manifests' | regpipe summarize"
    )
    result = shell(script, registry.url)
    assert result.err == ""
    expected = shell(WHOLE, registry.url)
    assert Counter(result.out.splitlines()) == Counter(expected.out.splitlines())


def history(registry: Scripted, tmp_path: Path) -> Path:
    """Two days of reports, in which one tag has moved."""
    report = tmp_path / "history.ndjson"
    script = """
    regpipe tags $1/team/app00 | regpipe manifests | regpipe summarize |
      jq -c --arg day $2 '. + {day: $day}' >>$3
    """
    find("jq", debian=True)
    assert shell(script, registry.host, "2024-07-01", report).code == 0
    registry.add("team/app00", "v1", images.classic("moved"))
    assert shell(script, registry.host, "2024-07-02", report).code == 0
    return report


MOVED = """
SELECT a.tag, a.digest, b.digest FROM report a JOIN report b ON a.ref = b.ref AND a.day < b.day
WHERE a.digest != b.digest
"""


def test_months_of_reports_in_sqlite(registry: Scripted, tmp_path: Path) -> None:
    report = history(registry, tmp_path)
    find("sqlite3")
    script = f"""
    sqlite3 $2/history.db 'CREATE TABLE line (json TEXT)'
    sqlite3 $2/history.db -cmd '.mode ascii' -cmd '.separator "\\t" "\\n"' '.import "'$1'" line'
    sqlite3 $2/history.db "CREATE VIEW report AS SELECT json ->> 'day' AS day,
      json ->> 'ref' AS ref, json ->> 'tag' AS tag, json ->> 'digest' AS digest FROM line"
    sqlite3 -json $2/history.db "{MOVED}"
    """
    result = shell(script, report, tmp_path)
    (moved,) = json.loads(result.out)
    assert moved["tag"] == "v1"


def test_months_of_reports_in_duckdb(registry: Scripted, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    report = history(registry, tmp_path)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW report AS SELECT * FROM read_ndjson_auto('{report}')")
        ((tag, before, after),) = connection.execute(MOVED).fetchall()
        (newest,) = connection.execute("SELECT max(info.created)::VARCHAR FROM report").fetchone()
    assert tag == "v1"
    assert before != after
    assert str(newest).startswith("2018-07-1")
