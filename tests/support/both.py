"""The type of the fixture that runs a command line in two ways."""

from collections.abc import Callable

from support.cli import Result

Both = Callable[..., tuple[Result, Result]]
"""Runs `summarize` in blocks and without; both results are to be equal."""
