"""Credentials as `docker login` and `podman login` leave them, and helpers that misbehave."""

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.blobs import Json
from support.cli import PASSWORD, USER

HUB_KEY = "https://index.docker.io/v1/"
NOT_FOUND = "credentials not found in native keychain"


def encoded(user: str = USER, password: str = PASSWORD) -> str:
    """Return a user name and password as credential files encode them."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def entry(user: str = USER, password: str = PASSWORD) -> Json:
    """Return an entry of `auths`."""
    return {"auth": encoded(user, password)}


def write(path: Path, document: object) -> Path:
    """Write a credential file and create its directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def docker(home: Path, **members: object) -> Path:
    """Write Docker's config.json."""
    return write(home / ".docker" / "config.json", members)


class Helpers:
    """Credential helpers on the PATH, and how they were called.

    Args:
        directory: where to put them.
        monkeypatch: puts the directory on the PATH.
    """

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")

    def add(self, name: str, servers: Mapping[str, tuple[str, str]]) -> None:
        """Add a helper that has a user name and secret for each of these servers."""
        cases = "\n".join(
            f"{_quoted(server)}) printf %s {_quoted(_answer(server, *pair))} ;;"
            for server, pair in servers.items()
        )
        self.script(
            name,
            f'case "$server" in\n{cases}\n*) echo {_quoted(NOT_FOUND)}; exit 1 ;;\nesac',
        )

    def script(self, name: str, body: str) -> Path:
        """Add a helper that runs shell code, in which `$server` is the requested server."""
        log = self._directory / f"{name}.log"
        path = self._directory / f"docker-credential-{name}"
        # The dot keeps the shell from removing line ends from the input.
        read = "server=$(cat; echo .); server=${server%.}\n"
        note = f'printf \'%s|%s\\n\' "$server" "$*" >> {_quoted(str(log))}\n'
        path.write_text(f"#!/bin/sh\n{read}{note}{body}\n")
        path.chmod(0o755)
        return path

    def calls(self, name: str) -> list[str]:
        """Return the calls of a helper: its whole standard input, `|` and its arguments."""
        log = self._directory / f"{name}.log"
        return log.read_text().splitlines() if log.exists() else []


def _answer(server: str, user: str, secret: str) -> str:
    return json.dumps({"ServerURL": server, "Username": user, "Secret": secret})


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
