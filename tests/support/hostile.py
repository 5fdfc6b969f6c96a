"""Inputs that try to take much memory, and how much a run of regpipe takes for them.

Long because there is a function for each of the inputs.

`PYTHONPATH=src:tests python -m support.hostile` measures all of them and prints the table of
docs/security.md.
"""

import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from support import hostile_archives, images
from support.blobs import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Blob, go_json, sha256
from support.cli import SOURCE
from support.responses import Request, Response
from support.scripted import Scripted

BUDGET = 256 << 20
"""How much more memory than at its start a run may take."""
CONFIGS, INDEXES, ROUNDS = 3000, 3, 3
"""How much there is of some inputs; the tests have less, whose sum is above the budget as well."""
MIB = 1 << 20
ROOM = 64 * MIB
"""How much more tests allow: allocators and kernels differ."""
_PAD = 8 * MIB - 2000
# wait4 reports at least the memory of the process that started the other: this one is small.
_MEASURE = """
import os, sys
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
sys.stderr.write(f"\\n{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
"""


class Cost(NamedTuple):
    """What a run came to: its exit code, peak memory in bytes, lines of output, and messages."""

    code: int
    memory: int
    lines: int
    messages: str


class Case(NamedTuple):
    """A hostile input.

    Attributes:
        name: what it is.
        argv: the command line.
        stdin: writes standard input, piece by piece.
        lines: how many records should come.
        code: the exit code.
    """

    name: str
    argv: Sequence[str]
    lines: int
    code: int = 0
    stdin: Callable[[], Iterator[bytes]] = lambda: iter(())


def measured(argv: Sequence[str], stdin: Iterator[bytes], home: Path) -> Cost:
    """Run regpipe in a process of its own, with an empty cache."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(SOURCE)}
    environment["REGPIPE_CACHE"] = str(home / "cache")
    command = [sys.executable, "-ISc", _MEASURE, sys.executable, "-m", "regpipe", *argv]
    with (home / "messages").open("wb") as messages:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            env=environment,
        )
        assert process.stdin
        assert process.stdout
        feeder = threading.Thread(target=_feed, args=(process.stdin, stdin))
        feeder.start()
        output = process.stdout
        lines = sum(piece.count(b"\n") for piece in iter(lambda: output.read(MIB), b""))
        process.wait()
        feeder.join()
        process.stdout.close()
    said, _, last = (home / "messages").read_text(errors="replace").rpartition("\n")
    code, kilobytes = last.split()
    return Cost(int(code), int(kilobytes) * 1024, lines, said)


def _feed(pipe: IO[bytes], pieces: Iterator[bytes]) -> None:
    try:
        with pipe:
            pipe.writelines(pieces)
    except BrokenPipeError:
        return


def _padded(number: int, size: int = _PAD) -> tuple[bytes, bytes]:
    """Return a manifest and its config, each of so many bytes."""
    config = go_json({"os": "linux", "architecture": "amd64", "n": number, "x": "x" * size})
    content = images.docker_manifest(Blob(config, OCI_CONFIG), []).json
    return go_json(content | {"mediaType": OCI_MANIFEST, "annotations": {"x": "y" * size}}), config


def _many_values(number: int) -> tuple[bytes, bytes]:
    """Return a manifest and its config, each of as many values as are allowed."""
    values = [{f"k{n}": "v" * 40} for n in range(120_000)]
    config = go_json({"os": "linux", "architecture": "amd64", "n": number, "x": values})
    content = images.docker_manifest(Blob(config, OCI_CONFIG), []).json
    return go_json(content | {"mediaType": OCI_MANIFEST, "x": values}), config


def _serve(
    registry: Scripted, repository: str, pairs: Sequence[tuple[bytes, bytes]], *, packed: bool
) -> list[str]:
    """Serve images under tags; return their references."""
    refs = []
    for number, (manifest, config) in enumerate(pairs):
        for path, body, kind in (
            (f"manifests/t{number}", manifest, OCI_MANIFEST),
            (f"manifests/{sha256(manifest)}", manifest, OCI_MANIFEST),
            (f"blobs/{sha256(config)}", config, OCI_CONFIG),
        ):
            headers = [("Content-Type", kind)] + [("Content-Encoding", "gzip")] * packed
            sent = gzip.compress(body, 1) if packed else body
            registry.on(f"/v2/{repository}/{path}", Response(200, sent, tuple(headers)))
        refs.append(f"{registry.host}/{repository}:t{number}")
    return refs


def _entries(pairs: list[tuple[bytes, bytes]], kind: str) -> list[dict[str, object]]:
    """Entries of an index for images, each of a platform of its own, under a media type."""
    return [
        {"mediaType": kind, "digest": sha256(manifest), "size": len(manifest)}
        | {"platform": {"os": "linux", "architecture": f"a{number}"}}
        for number, (manifest, _) in enumerate(pairs)
    ]


def _index_of_images(registry: Scripted) -> Case:
    """An index whose entries are called indexes and are images of 8 MiB."""
    pairs = [_padded(number) for number in range(24)]
    _serve(registry, "index", pairs, packed=True)
    entries = _entries(pairs, OCI_INDEX)
    refs = []
    for number in range(8):
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries[number:]}
        headers = (("Content-Type", OCI_INDEX),)
        registry.on(f"/v2/index/manifests/i{number}", Response(200, go_json(index), headers))
        refs.append(f"{registry.host}/index:i{number}")
    name = "8 indexes of 17 to 24 images of 8 MiB that are called indexes"
    return Case(name, ["manifests", "--no-cache", *refs], 0, code=5)


def _all_platforms(registry: Scripted) -> Case:
    pairs = [_padded(number) for number in range(16)]
    _serve(registry, "all", pairs, packed=True)
    entries = _entries(pairs, OCI_MANIFEST)
    index = go_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
    registry.on("/v2/all/manifests/i", Response(200, index, (("Content-Type", OCI_INDEX),)))
    argv = ["manifests", "--no-cache", "--all-platforms", *[f"{registry.host}/all:i"] * INDEXES]
    name = f"{INDEXES} indexes of 16 images of 16 MiB, all platforms"
    return Case(name, argv, 16 * INDEXES)


def _behind_a_slow_one(registry: Scripted) -> Case:
    """Results of 16 MiB each, while the first tag's response takes its time."""
    refs = _serve(registry, "slow", [_padded(number) for number in range(24)], packed=True)
    others = threading.Semaphore(0)
    registry.on("/v2/slow/manifests/*", lambda _: others.release())  # and on to the next route

    def slow(_: Request) -> None:
        for _number in range(12):
            others.acquire(timeout=2)

    registry.on("/v2/slow/manifests/t0", slow)
    return Case("23 images of 16 MiB behind a slow one", ["manifests", "--no-cache", *refs], 24)


def _times_the_jobs(registry: Scripted) -> Case:
    refs = _serve(registry, "jobs", [_padded(number) for number in range(8)], packed=False)
    return Case("8 images of 16 MiB, -j8", ["manifests", "--no-cache", "-j8", *refs], 8)


def _values_times_the_jobs(registry: Scripted) -> Case:
    refs = _serve(registry, "values", [_many_values(n) for n in range(8)], packed=True)
    argv = ["manifests", "--no-cache", "-j64", *refs * ROUNDS]
    return Case(f"{8 * ROUNDS} images of 500,000 values, -j64", argv, 8 * ROUNDS)


def _history(registry: Scripted) -> Case:
    """Configs of some kB as sent, of whose steps the schema 1 view makes much."""
    step = b",".join([b'{"empty_layer":true}'] * 11_000)
    pairs = []
    for number in range(8):
        config = b'{"architecture":"amd64","os":"linux","n":%d,"history":[%b]}' % (number, step)
        content = images.docker_manifest(Blob(config, OCI_CONFIG), []).json
        pairs.append((go_json(content | {"mediaType": OCI_MANIFEST}), config))
    refs = _serve(registry, "history", pairs, packed=True)
    return Case("8 configs of 11,000 steps", ["manifests", "--no-cache", *refs], 8)


def _configs(registry: Scripted) -> Case:
    """Many configs of 1 MB that do not compress well, which the cache keeps as well."""
    noise = random.Random(1).randbytes(500_000).hex()
    numbers: dict[str, int] = {}

    def config(number: int) -> bytes:
        return go_json({"os": "linux", "architecture": "amd64", "n": number, "x": noise})

    def manifest(request: Request) -> Response:
        number = int(request.path.rpartition("/t")[2])
        blob = Blob(config(number), OCI_CONFIG)
        numbers[blob.digest] = number
        content = images.docker_manifest(blob, []).json | {"mediaType": OCI_MANIFEST}
        return Response(200, go_json(content), (("Content-Type", OCI_MANIFEST),))

    def blob(request: Request) -> Response:
        return Response(200, config(numbers[request.path.rpartition("/")[2]]))

    registry.on("/v2/configs/manifests/*", manifest)
    registry.on("/v2/configs/blobs/*", blob)
    lines = "".join(f"{registry.host}/configs:t{n}\n" for n in range(CONFIGS)).encode()
    return Case(
        f"{CONFIGS:,} configs of 1 MB, with the cache",
        ["manifests"],
        CONFIGS,
        0,
        lambda: iter([lines]),
    )


def _endless_line(_: Scripted) -> Case:
    piece = b'{"a":' * 13_107
    return Case(
        "a line of 400 MB without an end", ["tags"], 0, 2, lambda: (piece for _ in range(6400))
    )


def _large_lines(registry: Scripted) -> Case:
    """Records of 30 MiB each, of very many values."""
    registry.add("team/app", "v1", images.oci("app"))
    values = json.dumps({"ref": f"{registry.host}/team/app:v1", "x": ["a"] * 1_500_000})
    line = f"{values}\n".encode()
    argv = ["manifests", "--no-cache", "--no-v1"]
    return Case("12 records of 7 MB and 1.5 million values", argv, 12, 0, lambda: iter([line] * 12))


REMOTE = (
    _index_of_images,
    _all_platforms,
    _behind_a_slow_one,
    _times_the_jobs,
    _values_times_the_jobs,
    _history,
    _configs,
    _endless_line,
    _large_lines,
)
NAMES = tuple(make.__name__.strip("_") for make in (*REMOTE, *hostile_archives.ALL))


@contextmanager
def case(name: str, directory: Path) -> Iterator[Case]:
    """Prepare a case, and the registry that it needs."""
    for make in hostile_archives.ALL:
        if make.__name__ == name:
            argv, code = make(directory)
            yield Case(str(make.__doc__).removesuffix("."), argv, 0, code)
            return
    with Scripted() as registry:
        yield next(make(registry) for make in REMOTE if make.__name__ == f"_{name}")


def started(home: Path) -> int:
    """Return the memory of a run that does next to nothing, in bytes."""
    with Scripted() as registry:
        registry.add("team/app", "v1", images.oci("app"))
        return measured(["manifests", f"{registry.host}/team/app:v1"], iter(()), home).memory


def main(names: Sequence[str]) -> None:
    """Measure cases and print the table."""
    with tempfile.TemporaryDirectory(prefix="regpipe-hostile-") as directory:
        home = Path(directory)
        start = started(home)
        sys.stdout.write(f"at the start: {start // MIB} MiB\n\n")
        for name in names or NAMES:
            with case(name, home) as found:
                cost = measured(found.argv, found.stdin(), home)
                above = (cost.memory - start) // MIB
                sys.stdout.write(f"| {found.name} | {above} MiB |\n")
                if (cost.code, cost.lines) != (found.code, found.lines):
                    sys.stdout.write(f"  {cost.code}, {cost.lines}: {cost.messages[:600]}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
