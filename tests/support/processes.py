"""Find, start, wait for and stop server processes on free loopback ports."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

IN_CI = os.environ.get("CI") == "true"
PLACES = [
    Path(place)
    for place in (
        os.environ.get("REGPIPE_TEST_BIN"),
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regpipe-test" / "bin",
        "/usr/sbin",
    )
    if place
]
"""Where programs are looked for after the PATH; computed before a test changes HOME."""
WAIT_SECONDS = 30
"""Seconds to wait for a server to listen."""


def find(program: str, *, debian: bool = False) -> str:
    """Return the path of a program; skip the test if it is not installed.

    Args:
        program: its name.
        debian: whether it is a Debian package. CI installs those, so there the test fails instead.
    """
    found = located(program)
    if found is None:
        absent(f"{program} is not installed (looked on PATH and in {PLACES[-2]})", debian=debian)
    return str(found)


def located(program: str) -> str | None:
    """Return the path of a program; None if it is not installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, PLACES)])
    return shutil.which(program, path=path)


def absent(reason: str, *, debian: bool = False) -> None:
    """Skip the test because a program is missing; in CI fail it if the program is in Debian."""
    if IN_CI and debian:
        pytest.fail(f"CI must have it: {reason}", pytrace=False)
    pytest.skip(reason)


def version_of(program: str, pattern: str) -> None:
    """Skip the test unless the program's version output matches a pattern."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if not re.search(pattern, done.stdout):
        pytest.skip(f"{program} is not the version wanted: {done.stdout.strip()[:100]}")


def free_port() -> int:
    """Return a loopback port that is currently free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A context manager that runs a server process.

    Args:
        command: makes the command line for a port.
        directory: its home directory, where its output is written to `log`.
        env: further environment variables.
    """

    def __init__(
        self,
        command: Callable[[int], list[str]],
        directory: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._log = directory / "log"
        self._env = {"PATH": os.environ["PATH"], "HOME": str(directory), **(env or {})}
        self.port = 0

    def __enter__(self) -> "Process":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        for _ in range(3):  # another process may take the port first
            self.port = free_port()
            self._start()
            if self._answers():
                return self
            self._stop()
            if "in use" not in self.log():
                break
        pytest.fail(f"{self._command(self.port)[0]} did not start:\n{self.log()}", pytrace=False)

    def __exit__(self, *_: object) -> None:
        self._stop()

    def log(self) -> str:
        """Return its whole output so far."""
        return self._log.read_text(errors="replace")

    def settled_log(self, entries: Callable[[str], int], expected: int) -> str:
        """Return its output, once that has the expected number of entries.

        A server may log a request after its client has the response. If the entries do not come
        within `WAIT_SECONDS` seconds, the output so far is returned, so that the test fails on it.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while entries(log := self.log()) < expected and time.monotonic() < deadline:
            time.sleep(0.02)
        return log

    def _start(self) -> None:
        self._log.write_bytes(b"")
        with self._log.open("ab") as log:  # a server may open it again as /dev/stdout
            self._process = subprocess.Popen(
                self._command(self.port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,  # ^C must reach only pytest, which then stops the server
            )

    def _answers(self) -> bool:
        """Wait until it listens; return whether it does."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self._process.poll() is None
            time.sleep(0.02)
        return False

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
