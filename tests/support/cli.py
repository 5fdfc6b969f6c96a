"""Run regpipe: in this process, in a child process, or in a shell pipeline."""

import base64
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regpipe
from regpipe import cli
from regpipe.stdio import Streams
from support import records

USER = "canary-user"
PASSWORD = "canary-pa55:word"  # a colon is allowed in a password, and easily split at
PROXY_PASSWORD = "canary-proxy-password"
TOKEN = "canary-token"
"""Credentials for the tests. No output of regpipe may show the secret ones in any form."""

_SECRETS = [
    PASSWORD,
    PROXY_PASSWORD,
    TOKEN,
    base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    base64.b64encode(PASSWORD.encode()).decode(),
]
SOURCE = Path(regpipe.__file__).parents[1]
"""The PYTHONPATH with which another Python process imports the same regpipe."""


@dataclass(frozen=True)
class Result:
    """The result of a run."""

    code: int
    out: bytes
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records on standard output (NDJSON)."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def errors(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


def run(argv: Sequence[object], stdin: bytes | str = b"") -> Result:
    """Run one command line in this process."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    streams = Streams(io.BytesIO(given), io.BytesIO(), io.StringIO())
    code = cli.main([str(argument) for argument in argv], streams)
    assert isinstance(streams.stdout, io.BytesIO)
    assert isinstance(streams.stderr, io.StringIO)
    if argv:
        verb, *options = map(str, argv)
        records.check_output(verb, options, streams.stdout.getvalue())
    return _checked(Result(int(code), streams.stdout.getvalue(), streams.stderr.getvalue()))


def run_process(
    argv: Sequence[object],
    stdin: bytes | str = b"",
    *,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> Result:
    """Run one command line in a child process."""
    command = [sys.executable, "-m", "regpipe", *(str(argument) for argument in argv)]
    return _spawn(command, stdin, {**process_env(), **(env or {})}, timeout)


def shell(
    script: str,
    *arguments: object,
    stdin: bytes | str = b"",
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> Result:
    """Run a bash script that finds `regpipe` on its PATH; a failing stage fails its pipeline.

    Args:
        script: the script; `$1` and so on are the arguments.
        arguments: what the script is called with.
        stdin: its input.
        env: further environment variables.
        timeout: seconds until the test fails.
    """
    directory = Path(os.environ["HOME"]) / "bin"
    directory.mkdir(exist_ok=True)
    command = directory / "regpipe"
    if not command.exists():
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m regpipe "$@"\n')
        command.chmod(0o755)
    whole_env = process_env() | {"PATH": f"{directory}:{os.environ['PATH']}"} | dict(env or {})
    bash = ["bash", "-o", "pipefail", "-c", script, "script", *map(str, arguments)]
    return _spawn(bash, stdin, whole_env, timeout)


def process_env() -> dict[str, str]:
    """Return the environment in which a child process runs the same regpipe as this one."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


def _spawn(
    command: Sequence[str], stdin: bytes | str, env: Mapping[str, str], timeout: float
) -> Result:
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        command, input=given, env=env, timeout=timeout, capture_output=True, check=False
    )
    return _checked(Result(done.returncode, done.stdout, done.stderr.decode()))


def _checked(result: Result) -> Result:
    """Fail if a run shows a traceback or a secret, which no run may."""
    text = result.out.decode(errors="replace") + result.err
    assert "Traceback (most recent call last)" not in text, text[-2000:]
    for secret in _SECRETS:
        assert secret not in text, "a secret was printed"
    return result


def interrupted_at_start(verb: str, loaded: str) -> tuple[int, str]:
    """Interrupt a verb while it starts; return its exit code and what it then writes to stderr.

    Args:
        verb: the verb.
        loaded: the module after whose import the interrupt comes.
    """
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "regpipe", verb],
        stdin=subprocess.PIPE,  # never written to: the process does not end by itself
        stderr=subprocess.PIPE,
        env=process_env(),
        text=True,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if line.split("|")[-1].strip() == loaded:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        return process.wait(60), rest
