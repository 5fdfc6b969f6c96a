"""The targets of the fuzzer, one a module; see fuzz/__init__.py."""

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple


class Target(NamedTuple):
    """A target.

    Attributes:
        name: its module's.
        tokens: bytes that mean something to it.
        seeds: returns valid inputs.
        check: raises an exception if something is wrong.
    """

    name: str
    tokens: tuple[bytes, ...]
    seeds: Callable[[], Iterable[bytes]]
    check: Callable[[bytes], None]


def names() -> list[str]:
    """Return the names of all targets."""
    files = Path(__file__).parent.glob("[!_]*.py")
    return sorted(file.stem for file in files)


def load(name: str) -> Target:
    """Import a target."""
    module = importlib.import_module(f"fuzz.targets.{name}")
    return Target(name, tuple(module.TOKENS), module.seeds, module.check)
