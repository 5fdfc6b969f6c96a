"""What the network verbs share: their options, and a run over inputs in which none is lost."""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from regpipe.errors import InternalError, RegpipeError, UsageError
from regpipe.oci import reference
from regpipe.oci.local_names import reads_stdin
from regpipe.oci.reference import Defaults
from regpipe.records import ndjson
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.sources.opening import Sources
from regpipe.stage import intake, network, pool, progress_options
from regpipe.stage.caching import Caching
from regpipe.stage.caching import add_options as add_cache_options
from regpipe.stage.credentials import Credentials
from regpipe.stage.credentials import add_options as add_credential_options
from regpipe.stage.intake import Interpret, Job, PassedThrough
from regpipe.stage.output import Failure, Notice, Report
from regpipe.stage.parser import Parser
from regpipe.stdio import Streams

Work = Callable[[Target, Source], "Iterable[bytes | Notice | RegpipeError]"]


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
    add_credential_options(made)
    network.add_options(made)
    if cached:
        add_cache_options(made)
    else:
        made.set_defaults(no_cache=True, offline=False)
    made.set_defaults(cached=cached)
    progress_options.add_options(made)
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
    progress = progress_options.of(verb, args, streams)
    streams = Streams(streams.stdin, streams.stdout, progress.above(streams.stderr))
    credentials = Credentials(args, streams, defaults)
    report = Report(verb, streams, as_records=args.error_records)
    caching = Caching(args, report.say)
    open_registry = network.registry_opener(verb, args, streams, credentials, progress.waits)
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
                for result in work(job, sources.open(job.ref.registry)):
                    if isinstance(result, RegpipeError):
                        yield Failure(str(job.ref), _described(job), result)
                    else:
                        yield result
            except RegpipeError as error:
                yield Failure(str(job.ref), _described(job), error)
            except Exception as error:
                if os.environ.get("REGPIPE_DEBUG"):
                    raise
                yield Failure(str(job.ref), _described(job), InternalError(error))
        progress.finished()

    jobs = _noting_whose(credentials, intake.jobs(args, streams, interpret, defaults))
    jobs = progress.inputs(jobs)
    with caching, progress:
        for batch in pool.batches(do, jobs, args.jobs, in_order=not args.unordered):
            with progress.around_records():
                report.write(batch)
            progress.wrote(len(batch), report.failures)
    return report.exit_code()


def each_image(work: Work) -> Work:
    """Return what does `work` for each image that a reference means to its source."""

    def work_on_each(target: Target, source: Source) -> Iterator[bytes | Notice | RegpipeError]:
        for ref in source.images(target.ref):
            yield from work(target._replace(ref=ref), source)

    return work_on_each


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


def _noting_whose(credentials: Credentials, jobs: Iterator[Job]) -> Iterator[Job]:
    """Pass the jobs on, the run's credentials being for the registry of the first."""
    for job in jobs:
        if isinstance(job, Target) and not job.ref.is_local:
            credentials.give_to(job.ref.registry)
        yield job


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
