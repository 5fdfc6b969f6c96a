"""What a verb's arguments and standard input hold, as jobs."""

import argparse
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from regpipe.errors import InputError, UsageError
from regpipe.oci.reference import Defaults
from regpipe.records import ndjson, targets
from regpipe.records.targets import Refused, Target
from regpipe.stage.output import Failure
from regpipe.stdio import Streams
from regpipe.text import without_password

Interpret = Callable[[object, Defaults], Iterator[Target | Refused]]


class PassedThrough(NamedTuple):
    """An error record of an earlier verb."""

    record: dict[str, Any]


Job = Target | Failure | PassedThrough


def jobs(
    args: argparse.Namespace, streams: Streams, interpret: Interpret, defaults: Defaults
) -> Iterator[Job]:
    """Yield what is to be done, in the order of the input, as soon as it is there.

    Args:
        args: the verb's arguments.
        streams: where its standard input is.
        interpret: what an input names.
        defaults: what references that say nothing get.
    """
    for value, label in _values(args, streams):
        if isinstance(value, InputError):
            yield Failure(label, {"input": label}, value)
        elif targets.is_error(value):
            yield PassedThrough(value)
        else:
            for target in interpret(value, defaults):
                if isinstance(target, Target):
                    yield target
                else:
                    yield _refused(target, label)


def _refused(refused: Refused, label: str) -> Failure:
    """Return the failure of an input that names nothing that regpipe could ask for."""
    given = refused.value
    if isinstance(given, str):
        # What a person typed may have had a password in it.
        return Failure(given, {"input": without_password(given)}, refused.error)
    if isinstance(given, dict):
        ref = given.get("ref")
        return Failure(ref if isinstance(ref, str) else label, given, refused.error)
    return Failure(label, {"input": given}, refused.error)


def _values(args: argparse.Namespace, streams: Streams) -> Iterator[tuple[Any, str]]:
    """Yield the arguments, or else the values of standard input, each with what to call it.

    Where there is neither, the verb's fallback, if it has one.
    """
    values = itertools.chain.from_iterable(
        _stdin(streams) if argument == "-" else [(argument, argument)]
        for argument in args.inputs or ["-"]
    )
    first = next(values, (args.fallback, args.fallback) if args.fallback else None)
    if first:
        yield first
        yield from values


def _stdin(streams: Streams) -> Iterator[tuple[Any, str]]:
    for item in ndjson.read(streams.stdin):
        if isinstance(item, ndjson.Malformed):
            yield InputError(item.message), f"line {item.line}"
        else:
            yield item.value, f"line {item.line}"


def require_input(args: argparse.Namespace, streams: Streams, example: str) -> None:
    """Refuse to wait for a person to type records; take the verb's fallback, if it has one.

    Raises:
        UsageError: there is no argument, and standard input is a terminal.
    """
    if not args.inputs and streams.stdin.isatty():
        if not args.fallback:
            example = f"\n  {example}"
            raise UsageError(f"nothing to do: give an argument or pipe records in, as in{example}")
        args.inputs = [args.fallback]
