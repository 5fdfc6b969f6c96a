"""What the network verbs share: their options, and a run over inputs in which none is lost."""

import argparse
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from regpipe import inputs, ndjson, pool, records, reference
from regpipe.commands import _caching
from regpipe.commands._parser import Parser
from regpipe.errors import ExitCode, InputError, RegpipeError, UsageError
from regpipe.inputs import Target
from regpipe.reference import Defaults
from regpipe.source import Source
from regpipe.sources import Sources
from regpipe.streams import Streams

if TYPE_CHECKING:
    from regpipe.cached import Remote

Work = Callable[[Target, Source], Iterable[bytes]]
Interpret = Callable[[object, Defaults], Iterator[Target]]


class Failure(NamedTuple):
    """An input of which no record came, or not all: how it was called, and why."""

    label: str
    record: Mapping[str, Any]
    error: RegpipeError


class PassedThrough(NamedTuple):
    """An error record of an earlier verb."""

    record: dict[str, Any]


Job = Target | Failure | PassedThrough


def parser(verb: str, description: str, inputs_help: str, streams: Streams) -> Parser:
    """Return a network verb's argument parser, with the options that all of them have."""
    made = Parser(verb, description, streams)
    made.set_defaults(fallback=None)
    made.add_argument("inputs", nargs="*", metavar="INPUT", help=inputs_help)
    made.add_argument(
        "--registry",
        metavar="URL",
        help="registry of references that name none\n(default: $REGPIPE_REGISTRY, else Docker Hub)",
    )
    made.add_argument("--plain-http", action="store_true", help="talk http, not https")
    made.add_argument(
        "-j",
        "--jobs",
        type=_positive,
        default=8,
        metavar="N",
        help="requests under way at once (default: %(default)s)",
    )
    made.add_argument("--unordered", action="store_true", help="write records as they come")
    _caching.add_arguments(made)
    made.add_argument(
        "--error-records",
        action="store_true",
        help="write failures to stdout, as records with an\n`error`, instead of to stderr",
    )
    return made


def run(
    verb: str, args: argparse.Namespace, streams: Streams, interpret: Interpret, work: Work
) -> int:
    """Run a network verb over its inputs.

    Args:
        verb: its name, for messages.
        args: its parsed arguments.
        streams: where it reads, writes and complains.
        interpret: what an input names.
        work: makes the output of one target, as bytes to be written.

    Returns:
        The exit code: that of the failures if they are of one kind, else that for some failures.

    Raises:
        UsageError: there is no input.
    """
    defaults = _defaults(args)
    report = _Report(verb, streams, as_records=args.error_records)
    caching = _caching.Caching(args, report.warn)
    open_registry = _registry_opener(args)
    sources = Sources(lambda url: caching.wrap(url, open_registry))

    def do(job: Job) -> Iterator[bytes | Failure]:
        if isinstance(job, Failure):
            yield job
        elif isinstance(job, PassedThrough):
            yield ndjson.write(job.record)
        else:
            try:
                yield from work(job, sources.open(job.ref.registry))
            except RegpipeError as error:
                yield Failure(str(job.ref), _described(job), error)

    jobs = _jobs(args, streams, interpret, defaults)
    with caching:
        for batch in pool.batches(do, jobs, args.jobs, in_order=not args.unordered):
            _write(batch, streams, report)
    return report.exit_code()


def _write(batch: list[bytes | Failure], streams: Streams, report: "_Report") -> None:
    """Write what has come, so that the next process sees it before more is waited for."""
    lines: list[bytes] = []
    for result in batch:
        if isinstance(result, Failure):
            streams.stdout.write(b"".join(lines))
            lines = []
            report.add(result)
        else:
            lines.append(result)
    streams.stdout.write(b"".join(lines))
    streams.stdout.flush()


class _Report:
    """Says each failure once, and what they come to in the end."""

    def __init__(self, verb: str, streams: Streams, *, as_records: bool) -> None:
        self._verb = verb
        self._streams = streams
        self._as_records = as_records
        self._codes: set[ExitCode] = set()

    def add(self, failure: Failure) -> None:
        error = failure.error
        self._codes.add(error.exit_code)
        if self._as_records:
            self._streams.stdout.write(ndjson.write(records.error_record(failure.record, error)))
        else:
            line = f"regpipe {self._verb}: {failure.label}: {error.code}: {error.message}"
            self._streams.stdout.flush()
            self._say(line)

    def warn(self, message: str) -> None:
        """Say what the user should know and what is no failure."""
        self._say(f"regpipe {self._verb}: {message}")

    def _say(self, line: str) -> None:
        self._streams.stderr.write(printable(line) + "\n")
        self._streams.stderr.flush()

    def exit_code(self) -> int:
        if not self._codes:
            return ExitCode.OK
        return self._codes.pop() if len(self._codes) == 1 else ExitCode.PARTIAL


def printable(text: str) -> str:
    """Return a message on one line, with nothing in it that a terminal would obey or reorder."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _jobs(
    args: argparse.Namespace, streams: Streams, interpret: Interpret, defaults: Defaults
) -> Iterator[Job]:
    for value, label in _values(args, streams):
        if isinstance(value, InputError):
            yield Failure(label, {"input": label}, value)
        elif inputs.is_error(value):
            yield PassedThrough(value)
        else:
            try:
                yield from interpret(value, defaults)
            except InputError as error:
                record = value if isinstance(value, dict) else {"input": value}
                yield Failure(_label(value, label), record, error)


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
    """Refuse to wait for a person to type records.

    Raises:
        UsageError: there is no argument, and standard input is a terminal.
    """
    if not args.inputs and not args.fallback and streams.stdin.isatty():
        raise UsageError(f"nothing to do: give an argument or pipe records in, as in\n  {example}")


def _label(value: object, otherwise: str) -> str:
    if isinstance(value, str):
        return value
    ref = value.get("ref") if isinstance(value, dict) else None
    return ref if isinstance(ref, str) else otherwise


def _described(target: Target) -> dict[str, Any]:
    """Return the record that an error is added to: the one that came in, or one like it."""
    ref = target.ref
    if target.record:
        return dict(target.record)
    found = {
        "registry": ref.registry,
        "repository": ref.repository,
        "tag": ref.tag,
        "ref": str(ref),
    }
    return {key: value for key, value in found.items() if value}


def _defaults(args: argparse.Namespace) -> Defaults:
    registry = args.registry or os.environ.get("REGPIPE_REGISTRY")
    if not registry:
        return Defaults(plain_http=args.plain_http)
    return Defaults(reference.parse_registry(registry, plain_http=args.plain_http), args.plain_http)


def _registry_opener(args: argparse.Namespace) -> Callable[[str], "Remote"]:
    transports: list[Any] = []

    def open_registry(url: str) -> "Remote":
        # Only a run that talks to a registry pays for loading the HTTP library.
        from regpipe.registry import Registry  # noqa: PLC0415
        from regpipe.transport import Options, Transport  # noqa: PLC0415

        if not transports:
            transports.append(Transport(Options(jobs=args.jobs)))
        return Registry(url, transports[0])

    return open_registry


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000")
    return number
