"""Fixtures for all tests: a clean environment, and servers."""

import hashlib
import itertools
import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from regpipe.jq import library
from support import distribution, traffic
from support.both import Both, in_both_ways
from support.populate import Populated, populate
from support.scripted import Scripted
from support.servers import Options, Registry, running
from support.tls import Authority

KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "CI",
    "REGPIPE_TEST_BIN",
    "PYTHONDONTWRITEBYTECODE",
)


FOLDERS = {
    "servers": "servers",
    "shells": "servers",
    "report": "servers",
    "processes": "slow",
    "scale": "slow",
    "bench": "benchmark",
}
"""The folders whose tests are all marked, with their markers."""
SERVERS = {"real_registry", "docker_registry", "start_registry", "populated"}
"""Fixtures that start a real server; every test that uses one is marked `servers`."""
TESTS = Path(__file__).parent
NUMBERS = itertools.count()
"""Of the homes that this process has made for its tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update",
        action="store_true",
        help="write what is seen now into the golden files and the README; then read the diff",
    )


# How long an example takes depends on the machine, and no test may.
hypothesis.settings.register_profile(
    "regpipe", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("regpipe")


def pytest_configure() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Shells ignore SIGINT in background jobs; the processes that tests interrupt must not.
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """Let `--numprocesses auto` be four processes at most.

    More would wait for the one that has the longest files. With `--update` all tests run in one:
    what they write is one file.
    """
    processors = yield
    return 0 if config.getoption("--update") else min(processors, 4)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Divide tests between processes by file, and by the real registry that they share."""
    if config.getoption("--update"):
        raise pytest.UsageError("--update needs all tests in one process: leave out -n")
    return distribution.scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in FOLDERS:
            item.add_marker(FOLDERS[folder])
        if SERVERS & set(getattr(item, "fixturenames", ())):
            item.add_marker("servers")
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home, and an environment without anything of the machine's own.

    That is: no credentials, no caches, no proxies, and none of regpipe's variables.
    """
    # Not mktemp(), which also moves a link to the newest: that costs more than the directory.
    directory = tmp_path_factory.getbasetemp() / "homes" / str(next(NUMBERS))
    directory.mkdir(parents=True)
    for name in set(os.environ) - set(KEPT):
        if not name.startswith("PYTEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("REGPIPE_DEBUG", "1")  # bugs in regpipe show their traceback
    return directory


@pytest.fixture(scope="session", autouse=True)
def only_reading() -> Iterator[None]:
    """Fail the last test if regpipe ever sent a request that changes something.

    Each process judges what its own tests did.
    """
    yield
    assert set(traffic.methods()) <= set(traffic.ALLOWED)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Both:
    """Runs `summarize` in blocks and as one stream (see support/both.py)."""
    return in_both_ways(monkeypatch)


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes a program of headers and text that passes for a bundled one; returns its name."""
    (tmp_path / "lib").symlink_to(library.library_path())
    monkeypatch.setattr(library, "_bundled_directory", lambda: str(tmp_path))

    def make(text: str) -> str:
        (tmp_path / "mine.jq").write_text(f"# Mine.\n{text}\n")
        return "mine"

    return make


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted registry over plain HTTP (see support/scripted.py)."""
    with Scripted() as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that is not trusted by default."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session", params=["docker-registry", "distribution3", "zot"])
def real_registry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    """Each real registry program in turn; shared by all tests, which use `repository`."""
    with running(request.param, tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture(scope="session")
def docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Debian's docker-registry 2.8, which converts to schema 1; shared by all tests."""
    with running("docker-registry", tmp_path_factory.mktemp("docker-registry")) as server:
        yield server


@pytest.fixture
def repository(request: pytest.FixtureRequest) -> str:
    """A repository name for this test only, in a shared registry."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()
    return f"tests/r{digest[:12]}"


@pytest.fixture
def start_registry(tmp_path: Path) -> Iterator[Callable[..., Registry]]:
    """Starts a registry for one test: `start_registry("zot", htpasswd=True)`."""
    with ExitStack() as stack:

        def start(name: str, **options: Any) -> Registry:
            directory = tmp_path / f"registry{len(list(tmp_path.glob('registry*')))}"
            return stack.enter_context(running(name, directory, Options(**options)))

        yield start


@pytest.fixture(scope="session")
def populated(real_registry: Registry) -> Populated:
    """Each real registry with more than 200 tags of every kind; read-only."""
    return populate(real_registry)
