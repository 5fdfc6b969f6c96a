"""A network verb's run over its inputs, none of which is lost."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from regpipe.errors import RegpipeError, UsageError, fault_of
from regpipe.oci.local_names import reads_stdin
from regpipe.records import ndjson
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.sources.opening import Sources
from regpipe.stage import credentials, intake, network, output, pool, progress_options
from regpipe.stage.caching import Caching
from regpipe.stage.intake import Interpret, Job, PassedThrough
from regpipe.stage.options import RunOptions
from regpipe.stage.output import Failure, Notice, Report
from regpipe.stdio import Streams
from regpipe.system.interrupts import Interruptible

Work = Callable[[Target, Source], "Iterable[bytes | Notice | Failure | RegpipeError]"]


def run(options: RunOptions, streams: Streams, interpret: Interpret, work: Work) -> int:
    """Run a network verb over its inputs.

    Args:
        options: the options of the command line and the environment.
        streams: where it reads and writes.
        interpret: what an input names.
        work: makes the output of one target: bytes to be written, notices, and the error of each
            of its parts that failed while others did not. Errors of the whole are raised.

    Returns:
        The exit code of the failures if all are of one kind, else PARTIAL.

    Raises:
        UsageError: the options contradict each other, or no password can be read.
    """
    progress = progress_options.progress(options.verb, options.progress, streams)
    streams = Streams(streams.stdin, streams.stdout, progress.above(streams.stderr))
    given = credentials.read(options.credentials, streams)
    report = Report(options.verb, streams, as_records=options.error_records)
    caching = Caching(options.cache, report.message)
    archive_input = streams.stdin if _is_free_for_archives(options.inputs) else None
    counted = intake.CountedInput(streams.stdin)
    jobs = intake.jobs(options.inputs, options.fallback, counted, interpret, options.defaults)
    bound, jobs = given.bind(jobs)
    open_registry = network.Registries(
        options.verb, options.network, streams, bound, progress.waits
    )
    sources = Sources(caching.wrapping(open_registry), archive_input)

    def outcome(job: Job) -> Iterator[bytes | Notice | Failure]:
        if isinstance(job, Failure):
            yield job
        elif isinstance(job, PassedThrough):
            yield ndjson.write(job.record)
        else:
            for result in work(job, sources.open(job.ref.registry)):
                yield _failure(job, result) if isinstance(result, RegpipeError) else result

    def do(job: Job) -> Iterator[bytes | Notice | Failure]:
        try:
            yield from outcome(job)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it costs no other input
            yield _failure(job, _told(error))
        progress.finished()

    with Interruptible(), caching, progress:
        batches = pool.batches(
            do,
            progress.inputs(jobs),
            options.network.most_jobs,
            in_order=options.in_order,
            read=lambda: counted.count,
            size=output.size,
        )
        for batch in batches:
            with progress.around_records():
                report.write(batch)
            progress.wrote(len(batch), report.failures)
        open_registry.finish()
    return report.exit_code()


def each_image(work: Work) -> Work:
    """Return a function that does `work` for each image that a reference stands for.

    The images of an archive on standard input are several, of which one may fail.
    """

    def work_on_each(target: Target, source: Source) -> Iterator[bytes | Notice | Failure]:
        for ref in source.images(target.ref):
            image = target._replace(ref=ref)
            try:
                for result in work(image, source):
                    yield _failure(image, result) if isinstance(result, RegpipeError) else result
            except Exception as error:  # noqa: BLE001 -- likewise
                yield _failure(image, _told(error))

    return work_on_each


def _is_free_for_archives(inputs: Sequence[str]) -> bool:
    """Tell whether an archive may be read from standard input: whether that holds no records.

    Raises:
        UsageError: it would have to be both.
    """
    if inputs and "-" not in inputs:
        return True
    if any(reads_stdin(argument) for argument in inputs):
        raise UsageError("standard input cannot be both a list of references (-) and an archive")
    return False


def _told(error: Exception) -> RegpipeError:
    """Return an exception as what can be reported; a bug is raised again for $REGPIPE_DEBUG."""
    if os.environ.get("REGPIPE_DEBUG") and not isinstance(error, RegpipeError):
        raise error
    return fault_of(error)


def _failure(job: Job, error: RegpipeError) -> Failure:
    """Return the failure of a whole job."""
    if isinstance(job, Target):
        return Failure(str(job.ref), _described(job), error)
    if isinstance(job, PassedThrough):
        return Failure(str(job.record.get("ref")), job.record, error)
    return job


def _described(target: Target) -> dict[str, Any]:
    """Return the input record for an error record, or one made from the reference."""
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
