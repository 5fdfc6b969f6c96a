"""Servers between clients and registries: nginx as a TLS reverse proxy or blob store, tinyproxy."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from support import traffic
from support.cli import PROXY_PASSWORD, USER
from support.processes import Process, find
from support.servers import Registry
from support.tls import Pair


class LoggedRequest(NamedTuple):
    """A logged request, with the credentials and client certificate that came with it."""

    method: str
    path: str
    """With the query; for a proxy the whole URL, or the `host:port` of a CONNECT."""
    status: int = 0
    agent: str = ""
    authorization: str = ""
    client: str = ""
    """The subject of the client's certificate."""


class Front:
    """A running nginx or tinyproxy: its address and the requests it logged."""

    def __init__(
        self, process: Process, scheme: str, read: Callable[[str], list[LoggedRequest]]
    ) -> None:
        self.host = f"127.0.0.1:{process.port}"
        self.url = f"{scheme}://{self.host}"
        self._process = process
        self._read = read

    def requests(self, expected: int = 0) -> list[LoggedRequest]:
        """Return all requests so far, except those of the tests' helpers.

        Args:
            expected: how many to wait for (see `Process.settled_log`).
        """
        return self._parse(self._process.settled_log(lambda log: len(self._parse(log)), expected))

    def _parse(self, log: str) -> list[LoggedRequest]:
        return [one for one in self._read(log) if not traffic.is_helper(one.agent)]


_NGINX = """
daemon off; master_process off; pid {directory}/pid; error_log stderr error;
events {{ }}
http {{
    log_format seen escape=json
        '"$request_method" "$request_uri" $status '
        '"$http_user_agent" "$http_authorization" "$ssl_client_s_dn"';
    access_log /dev/stdout seen;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
    client_max_body_size 0; chunked_transfer_encoding on;
    server {{ {server} }}
}}
"""
_SEEN = re.compile(r'^"(\S+)" "(\S+)" (\d+) "(.*?)" "(.*?)" "(.*?)"$', re.MULTILINE)


@contextmanager
def tls_front(
    registry: Registry,
    directory: Path,
    pair: Pair,
    *,
    client_ca: Path | None = None,
    store: Front | None = None,
) -> Iterator[Front]:
    """Run nginx as a TLS reverse proxy of a plain HTTP registry.

    Args:
        registry: the upstream; distribution must have `http={"relativeurls": True}` if
            images are pushed through nginx.
        directory: an empty directory.
        pair: its certificate.
        client_ca: the authority that must have signed clients' certificates.
        store: where blob requests are redirected to (see `blob_store`).
    """
    server = f"""
        ssl_certificate {pair.cert}; ssl_certificate_key {pair.key};
        location / {{
            proxy_pass {registry.url}; proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
        }}"""
    if client_ca is not None:
        server += f"ssl_client_certificate {client_ca}; ssl_verify_client on;"
    if store is not None:
        target = f"{store.url}/$algorithm/$head/$head$tail/data?X-Signature=secret"
        pattern = "^/v2/.+/blobs/(?<algorithm>sha256):(?<head>[0-9a-f]{2})(?<tail>[0-9a-f]+)$"
        server += f'location ~ "{pattern}" {{ return 307 {target}; }}'
    with _nginx(directory, server, "https") as front:
        yield front


@contextmanager
def blob_store(
    registry_directory: Path, directory: Path, pair: Pair | None = None
) -> Iterator[Front]:
    """Run an nginx that serves the blobs in the storage of a docker-registry.

    Args:
        registry_directory: the directory that `running` was given.
        directory: an empty directory.
        pair: its certificate; plain HTTP if None.
    """
    blobs = registry_directory / "storage" / "docker" / "registry" / "v2" / "blobs"
    server = f"root {blobs}; default_type application/octet-stream;"
    if pair is not None:
        server += f"ssl_certificate {pair.cert}; ssl_certificate_key {pair.key};"
    with _nginx(directory, server, "http" if pair is None else "https") as front:
        yield front


@contextmanager
def proxy(directory: Path, *, password: bool = False) -> Iterator[Front]:
    """Run tinyproxy; `password` requires `USER` and `PROXY_PASSWORD` of support.cli.

    Its log has methods and targets, but no headers.
    """
    program = find("tinyproxy", debian=True)
    directory.mkdir(parents=True, exist_ok=True)

    def command(port: int) -> list[str]:
        lines = [f"Port {port}", "Listen 127.0.0.1", "MaxClients 100", "LogLevel Connect"]
        lines += [f"BasicAuth {USER} {PROXY_PASSWORD}"] if password else []
        (directory / "tinyproxy.conf").write_text("\n".join([*lines, ""]))
        return [program, "-d", "-c", str(directory / "tinyproxy.conf")]

    def read(log: str) -> list[LoggedRequest]:
        found = re.findall(r"Request \(file descriptor \d+\): (\S+) (\S+) HTTP", log)
        return [LoggedRequest(method, path) for method, path in found]

    with Process(command, directory) as process:
        yield Front(process, "http", read)


@contextmanager
def _nginx(directory: Path, server: str, scheme: str) -> Iterator[Front]:
    program = find("nginx", debian=True)
    directory.mkdir(parents=True, exist_ok=True)
    ssl = " ssl" if scheme == "https" else ""

    def command(port: int) -> list[str]:
        listening = f"listen 127.0.0.1:{port}{ssl}; {server}"
        config = _NGINX.format(directory=directory, server=listening)
        (directory / "nginx.conf").write_text(config)
        return [program, "-e", "stderr", "-p", str(directory), "-c", str(directory / "nginx.conf")]

    def read(log: str) -> list[LoggedRequest]:
        return [LoggedRequest(m[0], m[1], int(m[2]), m[3], m[4], m[5]) for m in _SEEN.findall(log)]

    with Process(command, directory) as process:
        front = Front(process, scheme, read)

        def sent() -> list[tuple[str, str]]:
            return [(one.method, one.agent) for one in front.requests()]

        with traffic.watching(sent):
            yield front
