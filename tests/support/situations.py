"""Situations in which regpipe prints a message; tests/golden/messages.txt shows them."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.scripted import Scripted
from support.tls import Authority

REGISTRY = "my.registry"
"""The name of the scripted registry in commands and messages."""
STORAGE = "storage.test"
"""The name that stands for localhost, its other address, in messages."""


@dataclass
class Environment:
    """The environment of a command: a registry, a current directory, a home and variables."""

    directory: Path
    home: Path
    authority: Authority
    monkeypatch: pytest.MonkeyPatch
    registry: Scripted = field(init=False)

    def file(self, name: str, content: bytes | str) -> Path:
        """Put a file into the current directory."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


Preparation = Callable[[Environment], object]


@dataclass(frozen=True)
class Situation:
    """One command and the environment it runs in.

    Args:
        command: the words after `regpipe`, as in a shell; my.registry is the scripted registry.
        prepare: sets up the environment.
        stdin: the command's input.
        tls: makes the TLS context of the registry; plain HTTP if None.
        show: the member of each output record that is shown besides the messages.
    """

    command: str
    prepare: Preparation = lambda _: None
    stdin: str = ""
    tls: Callable[[Authority], ssl.SSLContext] | None = None
    show: str = ""
