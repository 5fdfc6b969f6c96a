"""Situations in which regpipe has something to say, as tests/golden/messages.txt shows them."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.scripted import Scripted
from support.tls import Authority

REGISTRY = "my.registry"
"""What the scripted registry is called in commands and messages."""
STORAGE = "storage.test"
"""What it is called in messages under its other name, localhost."""


@dataclass
class World:
    """What a command finds: a registry, a current directory, a home and an environment."""

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


Preparation = Callable[[World], object]


@dataclass(frozen=True)
class Situation:
    """One command and what it finds.

    Args:
        command: the words after `regpipe`, as in a shell; my.registry is the scripted registry.
        prepare: makes the situation.
        stdin: the command's input.
        tls: of a registry over TLS, its side of it.
        show: the member of each output record that is shown besides the messages.
    """

    command: str
    prepare: Preparation = lambda _: None
    stdin: str = ""
    tls: Callable[[Authority], ssl.SSLContext] | None = None
    show: str = ""
