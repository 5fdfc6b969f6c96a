"""What the network verbs share: their options, and a run over inputs in which none is lost."""

import argparse
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from regpipe import inputs, ndjson, pool, records, reference
from regpipe.commands import _caching, _credentials, _network, _progress
from regpipe.commands._credentials import Credentials
from regpipe.commands._parser import Parser
from regpipe.errors import ExitCode, InputError, RegpipeError, UsageError
from regpipe.inputs import Refused, Target
from regpipe.localname import reads_stdin
from regpipe.reference import Defaults
from regpipe.source import Source
from regpipe.sources import Sources, images_of
from regpipe.streams import Streams, printable, without_password

Work = Callable[[Target, Source], "Iterable[bytes | Notice | RegpipeError]"]
Interpret = Callable[[object, Defaults], Iterator[Target | Refused]]


class Failure(NamedTuple):
    """An input of which no record came, or not all: how it was called, and why."""

    label: str
    record: Mapping[str, Any]
    error: RegpipeError


class Notice(NamedTuple):
    """Something that a user should know about a record, and that is no failure."""

    label: str
    message: str


class PassedThrough(NamedTuple):
    """An error record of an earlier verb."""

    record: dict[str, Any]


Job = Target | Failure | PassedThrough


def parser(
    verb: str, description: str, inputs_help: str, streams: Streams, *, cached: bool = True
) -> Parser:
    """Return a network verb's argument parser, with the options that all of them have.

    Args:
        verb: its name.
        description: what it does.
        inputs_help: what its inputs are.
        streams: where the help goes.
        cached: whether it may be answered from the cache; else it gets the registries themselves.
    """
    made = Parser(verb, description, streams)
    made.set_defaults(fallback=None)
    made.add_argument("inputs", nargs="*", metavar="INPUT", help=inputs_help)
    made.add_argument(
        "--registry",
        metavar="URL",
        help="registry of references that name none\n(default: $REGPIPE_REGISTRY, else Docker Hub)",
    )
    made.add_argument("--unordered", action="store_true", help="write records as they come")
    made.add_argument(
        "--error-records",
        action="store_true",
        help="write failures to stdout, as records with an\n`error`, instead of to stderr",
    )
    _credentials.add_options(made)
    _network.add_options(made)
    if cached:
        _caching.add_options(made)
    else:
        made.set_defaults(no_cache=True, offline=False)
    made.set_defaults(cached=cached)
    _progress.add_options(made)
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
        work: makes the output of one target: bytes to be written, what to say besides, and the
            error of each of its parts that failed while others did not. Errors of the whole are
            raised.

    Returns:
        The exit code: that of the failures if they are of one kind, else that for some failures.

    Raises:
        UsageError: there is no input.
    """
    defaults = _defaults(args)
    progress = _progress.of(verb, args, streams)
    streams = Streams(streams.stdin, streams.stdout, progress.above(streams.stderr))
    credentials = Credentials(args, streams, defaults)
    report = _Report(verb, streams, as_records=args.error_records)
    caching = _caching.Caching(args, report.say)
    open_registry = _network.registry_opener(verb, args, streams, credentials, progress.waits)
    stdin = _archive_input(args, streams)
    sources = Sources(
        (lambda url: caching.wrap(url, open_registry)) if args.cached else open_registry, stdin
    )

    def do(job: Job) -> Iterator[bytes | Notice | Failure]:
        if isinstance(job, Failure):
            yield job
        elif isinstance(job, PassedThrough):
            yield ndjson.write(job.record)
        else:
            try:
                for result in _work_on(job, sources, interpret, work):
                    if isinstance(result, RegpipeError):
                        yield Failure(str(job.ref), _described(job), result)
                    else:
                        yield result
            except RegpipeError as error:
                yield Failure(str(job.ref), _described(job), error)
        progress.finished()

    jobs = _noting_whose(credentials, _jobs(args, streams, interpret, defaults))
    jobs = progress.inputs(jobs)
    with caching, progress:
        for batch in pool.batches(do, jobs, args.jobs, in_order=not args.unordered):
            with progress.around_records():
                _write(batch, streams, report)
            progress.wrote(len(batch), report.failures)
    return report.exit_code()


def _write(batch: list[bytes | Notice | Failure], streams: Streams, report: "_Report") -> None:
    """Write what has come, so that the next process sees it before more is waited for."""
    lines: list[bytes] = []
    for result in batch:
        if isinstance(result, Failure):
            streams.stdout.writelines(lines)
            lines = []
            report.add(result)
        elif isinstance(result, Notice):
            report.say(f"{result.label}: warning: {result.message}")
        else:
            lines.append(result)
    streams.stdout.writelines(lines)
    streams.stdout.flush()


def _work_on(
    target: Target, sources: Sources, interpret: Interpret, work: Work
) -> Iterator[bytes | Notice | RegpipeError]:
    source = sources.open(target.ref.registry)
    # What the name of an image means in a local source, only that can tell.
    refs = images_of(source, target.ref) if interpret is inputs.images else (target.ref,)
    for ref in refs:
        yield from work(target._replace(ref=ref), source)


def _archive_input(args: argparse.Namespace, streams: Streams) -> BinaryIO | None:
    """Return standard input, if an archive may be read from it: if no records come in by it.

    Raises:
        UsageError: both are asked for.
    """
    if args.inputs and "-" not in args.inputs:
        return streams.stdin
    if any(reads_stdin(argument) for argument in args.inputs):
        raise UsageError("standard input holds records (-) or an archive, and not both")
    return None


class _Report:
    """Says each failure once, and what they come to in the end."""

    def __init__(self, verb: str, streams: Streams, *, as_records: bool) -> None:
        self._verb = verb
        self._streams = streams
        self._as_records = as_records
        self._codes: set[ExitCode] = set()
        self.failures = 0

    def add(self, failure: Failure) -> None:
        error = failure.error
        self.failures += 1
        self._codes.add(error.exit_code)
        if self._as_records:
            self._streams.stdout.write(ndjson.write(records.error_record(failure.record, error)))
        else:
            self._streams.stdout.flush()
            self.say(f"{failure.label}: {error.code}: {error.message}")

    def say(self, message: str) -> None:
        """Say what the user should know."""
        self._streams.stderr.write(printable(f"regpipe {self._verb}: {message}") + "\n")
        self._streams.stderr.flush()

    def exit_code(self) -> int:
        if not self._codes:
            return ExitCode.OK
        return self._codes.pop() if len(self._codes) == 1 else ExitCode.PARTIAL


def _jobs(
    args: argparse.Namespace, streams: Streams, interpret: Interpret, defaults: Defaults
) -> Iterator[Job]:
    for value, label in _values(args, streams):
        if isinstance(value, InputError):
            yield Failure(label, {"input": label}, value)
        elif inputs.is_error(value):
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


def _noting_whose(credentials: Credentials, jobs: Iterator[Job]) -> Iterator[Job]:
    """Pass the jobs on, the run's credentials being for the registry of the first."""
    for job in jobs:
        if isinstance(job, Target) and not job.ref.is_local:
            credentials.give_to(job.ref.registry)
        yield job


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
