"""A soak: one run for minutes, with faults on the way, registries that restart, a slow reader.

    PYTHONPATH=src:tests python -m fuzz --soak --minutes 10

One `regpipe manifests` for each kind of registry gets references all the time, by way of a proxy
that resets, cuts and delays one piece in a hundred. Tokens last for 60 seconds, and each registry
is started again now and then. Every minute the memory, descriptors and threads of each run and the
size of its cache are printed; they must not grow, and each input must give a record or a failure.
"""

import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from support import images
from support.cli import SOURCE
from support.scripted import Scripted
from support.servers import Options, running
from support.tokens import TokenService

KINDS = ("docker-registry", "distribution3", "olareg")
IMAGES = 40
FAULTS = 0.01
RESTART_SECONDS = 100
PAUSE = 0.02
"""Seconds that the reader waits after each record."""
_PIECE = 16 << 10
_RESET = struct.pack("ii", 1, 0)
_DELAY = 3.0


class Proxy:
    """Passes bytes on to a port that may change, and does harm to one piece in a hundred."""

    def __init__(self, seed: int) -> None:
        self.target = 0
        self.faults = 0
        self._random = random.Random(seed)
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._server.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                client.close()
                continue
            for one, other, harmful in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass, args=(one, other, harmful), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, harmful: bool) -> None:  # noqa: FBT001
        with suppress(OSError):
            while data := one.recv(_PIECE):
                fault = self._random.choice("rcd") if self._random.random() < FAULTS else ""
                if harmful and fault:
                    self.faults += 1
                    if fault == "r":
                        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        break
                    if fault == "c":
                        other.sendall(data[: len(data) // 2])
                        break
                    time.sleep(_DELAY)
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


class Sample(NamedTuple):
    """What a run takes at one moment: bytes of memory and of its cache, descriptors, threads."""

    memory: int
    descriptors: int
    threads: int
    cache: int


class Run:
    """One `regpipe manifests`, its input and its output."""

    def __init__(self, name: str, host: str, home: Path) -> None:
        self.name = name
        self.inputs = self.records = self.failures = 0
        self.codes: dict[str, int] = {}
        self._cache = home / "cache"
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(SOURCE)}
        environment["REGPIPE_CACHE"] = str(self._cache)
        self.messages = home / "messages"
        with self.messages.open("wb") as messages:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "regpipe", "manifests", "--no-v1"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=messages,
                env=environment,
            )
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=target, args=arguments)
            for target, arguments in ((self._feed, (host,)), (self._read, ()))
        ]
        for thread in self._threads:
            thread.start()

    def _feed(self, host: str) -> None:
        assert self.process.stdin
        with self.process.stdin as pipe, suppress(BrokenPipeError):
            while not self._end.is_set():
                pipe.write(f"{host}/soak/app:t{self.inputs % IMAGES}\n".encode())
                pipe.flush()
                self.inputs += 1

    def _read(self) -> None:
        assert self.process.stdout
        for _ in self.process.stdout:
            self.records += 1
            time.sleep(PAUSE)

    def sample(self) -> Sample:
        """Return what it takes now."""
        place = Path("/proc", str(self.process.pid))
        fields = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
        cache = sum(file.stat().st_size for file in self._cache.glob("*"))
        descriptors = len(list((place / "fd").iterdir()))
        memory = int(fields["VmRSS"].split()[0]) << 10
        return Sample(memory, descriptors, int(fields["Threads"]), cache)

    def finish(self) -> int:
        """End its input, wait for it, and return its exit code."""
        self._end.set()
        code = self.process.wait(300)
        for thread in self._threads:
            thread.join()
        for line in self.messages.read_text(errors="replace").splitlines():
            parts = line.split(": ")
            if len(parts) > 3 and parts[1].endswith(tuple("0123456789")) and "/soak/" in parts[1]:
                self.failures += 1
                self.codes[parts[2]] = self.codes.get(parts[2], 0) + 1
        return code


@contextmanager
def _soaked(name: str, directory: Path, service: TokenService, realm: str) -> Iterator[Run]:
    """Run a registry that restarts, and one regpipe over it."""
    options = Options()
    if name != "olareg":  # which knows no tokens
        options = Options(realm=realm, token_cert=service.certificate(directory))
    proxy, ended = Proxy(len(name)), threading.Event()
    ready = threading.Event()

    def serve() -> None:
        first = True
        while not ended.is_set():
            with running(name, directory / "registry", options) as registry:
                proxy.target = int(registry.host.rpartition(":")[2])
                if first or name == "olareg":  # which keeps nothing
                    headers = {"Authorization": f"Bearer {service.token('', _SCOPE)}"}
                    with registry.pusher(headers=headers) as pusher:
                        for number in range(IMAGES):
                            pusher.push("soak/app", f"t{number}", images.oci(f"soak-{number}"))
                    ready.set()
                first = False
                ended.wait(RESTART_SECONDS + len(name))

    thread = threading.Thread(target=serve)
    thread.start()
    if not ready.wait(60):
        ended.set()
        raise RuntimeError(f"{name} does not start")
    run = Run(name, f"http://127.0.0.1:{proxy.port}", directory)
    try:
        yield run
    finally:
        ended.set()
        thread.join()
        _say(f"{name}: {proxy.faults} faults")


_SCOPE = "repository:soak/app:pull,push"


def main(minutes: float) -> int:
    """Soak for so many minutes; return 1 if something grew or was lost."""
    failed = 0
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="regpipe-soak-")))
        tokens = stack.enter_context(Scripted())
        service = TokenService(expires_in=60)
        tokens.on("/token", service)
        runs = []
        for name in KINDS:
            (directory / name).mkdir()
            try:
                soaked = _soaked(name, directory / name, service, f"{tokens.url}/token")
                runs.append(stack.enter_context(soaked))
            except (RuntimeError, pytest.skip.Exception) as reason:
                _say(f"{name} is left out: {reason}")
        samples: dict[str, list[Sample]] = {run.name: [] for run in runs}
        _say("minute  registry          MiB  descriptors  threads  cache kB  inputs  records")
        for minute in range(1, round(minutes) + 1):
            time.sleep(60)
            for run in runs:
                sample = run.sample()
                samples[run.name].append(sample)
                memory = sample.memory / 2**20
                _say(
                    f"{minute:6}  {run.name:16} {memory:4.0f}  {sample.descriptors:11}"
                    f"  {sample.threads:7}  {sample.cache >> 10:8}  {run.inputs:6}  {run.records:7}"
                )
        for run in runs:
            code = run.finish()
            lost = run.inputs - run.records - run.failures
            _say(f"{run.name}: exit code {code}, failures {run.codes or 0}, {lost} lost")
            text = run.messages.read_text(errors="replace")
            grown = list(_grown(samples[run.name]))
            failed |= bool(lost or grown or "Traceback" in text or "a bug in" in text)
            if grown:
                _say(f"{run.name}: has grown: {', '.join(grown)}")
    return int(failed)


def _grown(samples: list[Sample]) -> Iterator[str]:
    """Yield what was larger in the last third than in the second: by a tenth, and a little."""
    third = len(samples) // 3
    if not third:
        return
    for position, name in enumerate(Sample._fields):
        slack = (4 << 20, 4, 2, 256 << 10)[position]
        middle = max(sample[position] for sample in samples[third : 2 * third])
        last = max(sample[position] for sample in samples[2 * third :])
        if last > middle * 1.1 + slack:
            yield f"{name} {middle} to {last}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
