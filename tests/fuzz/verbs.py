"""The verbs, each with inputs that work, to be run with faults."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from support import archives, artifacts, credentials, images
from support.scripted import Scripted
from support.tls import Authority
from support.tokens import TokenService

_TESTS = Path(__file__).parents[1]
_SAMPLE = _TESTS / "data" / "sample"
_RECORDS = _TESTS / "data" / "records" / "team.ndjson"
_FILES = _TESTS / "data" / "refs"


def _as_it_is(out: bytes) -> object:
    return out


def _one(_: bytes) -> object:
    """Take all lines of the output as those of one input."""
    return None


def _repository(line: bytes) -> object:
    return json.loads(line)["repository"]


def _nothing(_: Path) -> None:
    """Prepare nothing."""


class Verb(NamedTuple):
    """A run of a verb.

    Attributes:
        name: what it is called here.
        argv: the command line.
        stdin: its input.
        inputs: the number of inputs, each of which gives a record or a failure; 0 if more may come
            of one.
        code: its exit code when nothing fails.
        output: what of its output is always the same.
        origin: which input a line of its output is of.
        prepare: makes files in its home directory.
    """

    name: str
    argv: Sequence[str]
    stdin: bytes = b""
    inputs: int = 0
    code: int = 0
    output: Callable[[bytes], object] = _as_it_is
    origin: Callable[[bytes], object] = _one
    prepare: Callable[[Path], None] = _nothing


@contextmanager
def all_verbs() -> Iterator[list[Verb]]:
    """Start registries, and return all verbs with inputs from them and from files."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="regpipe-verbs-")))
        yield [*_open(stack, home), *_guarded(stack, home), *_local(home)]


def _open(stack: ExitStack, home: Path) -> list[Verb]:
    """Return the verbs that send requests without a login, over plain HTTP."""
    registry = stack.enter_context(Scripted())
    host = registry.host
    for number in range(3):
        registry.add("team/app", f"v{number}", images.classic(f"image-{number}"))
    tool = registry.add("team/tool", "v1", images.oci())
    registry.add("team/tool", "all", images.index())
    registry.add("team/tool", "sbom", artifacts.sbom(tool))
    registry.add("team/tool", artifacts.cosign_tag(tool), artifacts.cosign_signature(tool))
    tags = "".join(f"{host}/team/app:v{number}\n" for number in range(3)).encode()
    config = images.classic("image-0").config
    assert config
    # The cache of a machine that had these images before.
    known = {**os.environ, "REGPIPE_CACHE": str(home / "known"), "HOME": str(home)}
    _regpipe(["manifests"], tags, known)

    def warm(home_of_run: Path) -> None:
        shutil.copytree(home / "known", home_of_run / "cache")

    return [
        Verb("catalog", ["catalog", f"http://{host}"]),
        Verb("tags", ["tags"], f"{host}/team/app\n{host}/team/tool\n".encode(), origin=_repository),
        Verb("manifests", ["manifests", "--no-v1"], tags, inputs=3),
        Verb("manifests-warm", ["manifests"], tags, inputs=3, prepare=warm),
        Verb("manifests-offline", ["manifests", "--offline"], tags, inputs=3, prepare=warm),
        Verb("manifests-index", ["manifests", "--all-platforms", f"{host}/team/tool:all"]),
        Verb("manifests-raw", ["manifests", "--raw", "--no-cache"], tags),
        Verb("referrers", ["referrers"], f"{host}/team/tool:v1\n".encode()),
        Verb("blob", ["blob"], f"{host}/team/app@{config.digest}\n".encode()),
        Verb("check", ["check", f"http://{host}"], output=bool),
        Verb("cache-clear", ["cache", "--clear"], output=bool, prepare=warm),
        Verb("cache-prune", ["cache", "--prune", "30d"], output=bool, prepare=warm),
    ]


def _guarded(stack: ExitStack, home: Path) -> list[Verb]:
    """Return the verbs that send requests over TLS, with a token for a login."""
    authority = Authority(home / "authority")
    pair = authority.issue("registry")
    registry = stack.enter_context(Scripted(tls=authority.server_side(pair)))
    service = TokenService(anonymous=False)
    registry.on("/token", service)
    registry.guard(service.guard(f"{registry.url}/token"))
    for number in range(2):
        registry.add("team/app", f"v{number}", images.classic(f"image-{number}"))
    tags = "".join(f"{registry.url}/team/app:v{number}\n" for number in range(2)).encode()
    trust = ["--cacert", str(authority.ca), "--no-cache"]
    user, password = next(iter(service.users.items()))

    def log_in(home_of_run: Path) -> None:
        credentials.docker(home_of_run, credHelpers={registry.host: "test"})
        helper = home_of_run / "bin" / "docker-credential-test"
        helper.parent.mkdir()
        answer = json.dumps({"ServerURL": registry.host, "Username": user, "Secret": password})
        helper.write_text(f"#!/bin/sh\nread -r server\necho '{answer}'\n")
        helper.chmod(0o755)

    return [
        Verb("manifests-login", ["manifests", *trust], tags, inputs=2, prepare=log_in),
    ]


def _local(home: Path) -> list[Verb]:
    """Return the verbs that send no request."""
    layout = f"oci:{_SAMPLE}"
    large = b"".join(
        json.dumps({"ref": f"r/a:v{number}", "pad": "x" * 400}).encode() + b"\n"
        for number in range(3000)
    )
    saved = archives.pack(archives.docker_save([(images.classic(), ["team/app:v1"])]))
    (home / "saved.tar").write_bytes(saved)
    return [
        Verb("manifests-local", ["manifests", f"{layout}:v1.0", f"{layout}:v1.1"], inputs=2),
        Verb("manifests-archive", ["manifests", f"docker-archive:{home / 'saved.tar'}"], inputs=1),
        Verb("manifests-piped", ["manifests", "docker-archive:-"], saved, inputs=1),
        Verb("summarize", ["summarize"], _RECORDS.read_bytes()),
        Verb("summarize-file", ["summarize", "newest", str(_RECORDS)]),
        Verb("summarize-large", ["summarize", ".ref"], large),
        Verb("summarize-native", ["summarize", "-n", "inputs.ref"], large),
        Verb("report", ["report", "--now", "2024-01-31T00:00:00Z"], _RECORDS.read_bytes(), code=1),
        Verb("refs", ["refs", str(_FILES)]),
        Verb("schema", ["schema", "manifest"]),
        Verb("completion", ["completion", "bash"]),
        Verb("cache", ["cache"], output=bool),
        Verb("help", ["--help"]),
        Verb("help-topic", ["help", "recipes"]),
    ]


def _regpipe(argv: Sequence[str], stdin: bytes, environ: dict[str, str]) -> bytes:
    command = [sys.executable, "-m", "regpipe", *argv]
    return subprocess.run(
        command, input=stdin, env=environ, stdout=subprocess.PIPE, check=True
    ).stdout
