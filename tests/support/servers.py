"""Real registries, started on free loopback ports with their storage in a temporary directory."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from support import traffic
from support.cli import PASSWORD, USER
from support.processes import Process, find, version_of
from support.push import Pusher
from support.tls import Pair
from support.tokens import SERVICE

HTPASSWD = f"{USER}:$2y$05$S04DFOch9hBpFUVOe2F.oOCr7H1toDlsKWJbQN9Mt5UcyVRUwsSDS\n"
"""The output of `htpasswd -nbB` for the tests' user and password."""


@dataclass(frozen=True)
class Options:
    """The configuration of a registry; by default plain HTTP without authentication."""

    htpasswd: bool = False
    """Whether it requires the credentials of support.cli, with Basic authentication."""
    realm: str | None = None
    """The URL of the token server whose tokens it requires."""
    token_cert: Path | None = None
    """The certificate that it verifies those tokens with."""
    tls: Pair | None = None
    ca: Path | None = None
    """The authority that signed `tls`, for the tests' own requests."""
    client_ca: Path | None = None
    """The authority that must have signed clients' certificates."""
    http: dict[str, Any] = field(default_factory=dict)
    """Further settings in the `http` section of its configuration."""


class LoggedRequest(NamedTuple):
    """A request in a registry's log."""

    method: str
    path: str
    """With the query."""
    status: int
    agent: str


class Kind(NamedTuple):
    """The properties of one registry program."""

    program: str
    version: str = ""
    """A pattern that its `--version` must match, in case another program has that name."""
    debian: bool = False
    """Whether it is in Debian, in which case CI must have it."""
    schema1: bool = False
    """Whether it accepts schema 1 and converts to it."""
    referrers: bool = False
    catalog: bool = True
    logs: bool = True
    """Whether its log has the requests."""


KINDS = {
    "docker-registry": Kind("docker-registry", r" 2\.", debian=True, schema1=True),
    "distribution3": Kind("registry", r" v?3\."),
    "zot": Kind("zot", referrers=True),
    "olareg": Kind("olareg", referrers=True, catalog=False, logs=False),
}


class Registry:
    """A running registry.

    Attributes:
        name: its key in `KINDS`.
        kind: the properties of its program.
        url: its base URL; `host` is the same without the scheme.
        options: its configuration.
    """

    def __init__(self, name: str, process: Process, options: Options) -> None:
        self.name = name
        self.kind = KINDS[name]
        self.options = options
        self.host = f"127.0.0.1:{process.port}"
        self.url = f"{'http' if options.tls is None else 'https'}://{self.host}"
        self._process = process
        self._log_start = 0

    def pusher(self, **more: Any) -> Pusher:
        """Return a pusher of images; pass it credentials if the registry requires a token."""
        settings: dict[str, Any] = {"verify": str(self.options.ca)} if self.options.ca else {}
        if self.options.htpasswd:
            settings["auth"] = (USER, PASSWORD)
        return Pusher(self.url, **settings, **more)

    def requests(self, expected: int = 0) -> list[LoggedRequest]:
        """Return the requests in its log since `forget`, except those of the tests' own helpers.

        Args:
            expected: how many to wait for (see `Process.settled_log`).
        """
        log = self._process.settled_log(lambda log: len(self._since(log)), expected)
        return self._since(log)

    def _since(self, log: str) -> list[LoggedRequest]:
        requests = self._parse(log)[self._log_start :]
        return [seen for seen in requests if not traffic.is_helper(seen.agent)]

    def forget(self) -> None:
        """Exclude the requests so far from `requests`."""
        self._log_start = len(self.log())

    def log(self) -> list[LoggedRequest]:
        """Return every request in its log."""
        return self._parse(self._process.log())

    def _parse(self, log: str) -> list[LoggedRequest]:
        return list(_read_zot(log) if self.name == "zot" else _read_combined(log))


@contextmanager
def running(name: str, directory: Path, options: Options | None = None) -> Iterator[Registry]:
    """Run a registry of one kind in this context; skip the test if it is not installed.

    Args:
        name: a key of `KINDS`.
        directory: an empty directory for its storage, configuration and log.
        options: its configuration.
    """
    options, kind = options or Options(), KINDS[name]
    program = find(kind.program, debian=kind.debian)
    if kind.version:
        version_of(program, kind.version)
    directory.mkdir(parents=True, exist_ok=True)
    if options.htpasswd:
        (directory / "htpasswd").write_text(HTPASSWD)

    def command(port: int) -> list[str]:
        return [program, *_ARGUMENTS[name](directory, port, options)]

    with Process(command, directory) as process:
        registry = Registry(name, process, options)

        def sent() -> Iterator[tuple[str, str]]:
            return ((seen.method, seen.agent) for seen in registry.log())

        with traffic.watching(sent):
            yield registry


def _distribution(directory: Path, port: int, options: Options) -> list[str]:
    http: dict[str, Any] = {"addr": f"127.0.0.1:{port}", "secret": "test", **options.http}
    if options.tls is not None:
        http["tls"] = {"certificate": str(options.tls.cert), "key": str(options.tls.key)}
        if options.client_ca is not None:
            http["tls"]["clientcas"] = [str(options.client_ca)]
    config: dict[str, Any] = {
        "version": "0.1",  # its YAML parser takes JSON, but this must be a string
        "log": {"level": "warn"},
        "storage": {
            "filesystem": {"rootdirectory": str(directory / "storage")},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": http,
        "compatibility": {"schema1": {"enabled": True}},
    }
    if options.htpasswd:
        config["auth"] = {"htpasswd": {"realm": "Test", "path": str(directory / "htpasswd")}}
    if options.realm is not None:
        config["auth"] = {"token": _token(options, "rootcertbundle", "issuer")}
    return ["serve", _write(directory / "config.yml", config)]


def _distribution3(directory: Path, port: int, options: Options) -> list[str]:
    arguments = _distribution(directory, port, options)
    config = json.loads((directory / "config.yml").read_text())
    del config["compatibility"]
    return [*arguments[:-1], _write(directory / "config.yml", config)]


def _zot(directory: Path, port: int, options: Options) -> list[str]:
    http: dict[str, Any] = {"address": "127.0.0.1", "port": str(port), "compat": ["docker2s2"]}
    http.update(options.http)
    if options.tls is not None:
        http["tls"] = {"cert": str(options.tls.cert), "key": str(options.tls.key)}
        if options.client_ca is not None:
            http["tls"]["cacert"] = str(options.client_ca)
    if options.htpasswd:
        http["auth"] = {"htpasswd": {"path": str(directory / "htpasswd")}}
    if options.realm is not None:
        http["auth"] = {"bearer": _token(options, "cert")}
    config = {
        "distSpecVersion": "1.1.1",
        "storage": {"rootDirectory": str(directory / "storage"), "gc": False, "dedupe": False},
        "http": http,
        "log": {"level": "info"},
    }
    return ["serve", _write(directory / "config.json", config)]


def _olareg(directory: Path, port: int, options: Options) -> list[str]:
    arguments = ["serve", "--addr", "127.0.0.1", "--port", str(port), "--store-type", "mem"]
    if options.tls is not None:
        arguments += ["--tls-cert", str(options.tls.cert), "--tls-key", str(options.tls.key)]
    return [*arguments, "--dir", str(directory)]


_ARGUMENTS: dict[str, Callable[[Path, int, Options], list[str]]] = {
    "docker-registry": _distribution,
    "distribution3": _distribution3,
    "zot": _zot,
    "olareg": _olareg,
}


def _token(options: Options, certificate: str, *more: str) -> dict[str, str]:
    return {
        "realm": str(options.realm),
        "service": SERVICE,
        certificate: str(options.token_cert),
        **dict.fromkeys(more, "regpipe-tests"),
    }


def _write(path: Path, config: object) -> str:
    path.write_text(json.dumps(config, indent=1))
    return str(path)


_COMBINED = re.compile(r'"(\S+) (\S+) HTTP/[\d.]+" (\d{3}) \S+ "[^"]*" "([^"]*)"$')


def _read_combined(log: str) -> Iterator[LoggedRequest]:
    """Apache's combined format, which distribution logs in."""
    for line in log.splitlines():
        match = _COMBINED.search(line)
        if match is not None:
            yield LoggedRequest(match[1], match[2], int(match[3]), match[4])


def _read_zot(log: str) -> Iterator[LoggedRequest]:
    for line in log.splitlines():
        if '"message":"HTTP API"' in line and line.endswith("}"):  # the last line may be incomplete
            entry = json.loads(line)
            agent = "".join(entry["headers"].get("User-Agent", []))
            yield LoggedRequest(entry["method"], entry["path"], entry["statusCode"], agent)
