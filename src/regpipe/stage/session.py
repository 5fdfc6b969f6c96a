"""What the inputs of a run share, and what comes of each of them."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from regpipe.errors import RegpipeError, fault_of
from regpipe.records import ndjson
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.sources.hints.ahead import Ahead
from regpipe.sources.hints.demand import Demand
from regpipe.sources.hints.sample import Sample
from regpipe.sources.opening import Sources
from regpipe.stage import advice, output, pool
from regpipe.stage.caching import Caching
from regpipe.stage.credentials import Credentials
from regpipe.stage.intake import Job, PassedThrough
from regpipe.stage.options import RunOptions
from regpipe.stage.output import Failure, Notice
from regpipe.stage.registries import Registries
from regpipe.stdio import Streams
from regpipe.system import budget

Result = bytes | Notice | Failure
Work = Callable[[Target, Source], "Iterable[Result | RegpipeError]"]
"""Makes the output of one target: lines to be written, notices, and the error of each of its parts
that failed while others did not. Errors of the whole are raised."""


def _ignore(*_: object) -> None:
    """Do nothing."""


class Session:
    """Connections, credentials and the cache; a context manager that ends with the cache written.

    Args:
        options: those of the run.
        streams: where messages about connections go.
        given: the credentials, bound to their registry.
        warn: takes a message about the cache.
        archive_input: standard input, if an archive may be read from it.
        throttled: called with the seconds that a rate limit makes requests wait.
    """

    def __init__(  # noqa: PLR0913 -- all but four are keywords
        self,
        options: RunOptions,
        streams: Streams,
        given: Credentials,
        warn: Callable[[str], None],
        *,
        archive_input: BinaryIO | None = None,
        throttled: Callable[[float], None] = _ignore,
    ) -> None:
        self._options = options
        self._demand = Demand()
        self._caching = Caching(options.cache, warn, Ahead(self._demand, Sample()))
        self._registries = Registries(options.verb, options.network, streams, given, throttled)
        self._sources = Sources(self._caching.wrapping(self._registries), archive_input)
        self.any_success = False
        """Whether an input was done without a failure."""
        self.any_output = False
        """Whether an input had output, even if it failed then."""

    def __enter__(self) -> "Session":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        """Begin."""
        self._caching.__enter__()
        return self

    def __exit__(self, *about: object) -> None:
        """End, however it went."""
        self._caching.__exit__(*about)

    def batches(
        self,
        jobs: Iterable[Job],
        work: Work,
        *,
        read: Callable[[], int] = lambda: 0,
        finished: Callable[[], None] = _ignore,
    ) -> Iterator[list[Result]]:
        """Yield what comes of the jobs, in lists; several are worked on at a time.

        Args:
            jobs: what is to be done.
            work: does it.
            read: returns how many bytes of input the jobs drawn so far were read from.
            finished: called at the end of each job, from any thread.
        """

        def do(job: Job) -> Iterator[Result]:
            try:
                if isinstance(job, Target):
                    yield from self._counted(self._results(job, work), job)
                else:
                    yield from self._results(job, work)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it costs no other input
                yield self._advised(failure(job, told(error)), job)
            finished()

        return pool.batches(
            do,
            self._counting(jobs),
            self._registries.jobs,
            in_order=self._options.in_order,
            read=read,
            size=output.size,
        )

    def _counting(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Yield the jobs, and count their tags for whoever is to know how many there are."""
        self._demand.begin()
        try:
            for job in jobs:
                if isinstance(job, Target) and job.ref.tag and not job.ref.digest:
                    self._demand.add(job.ref.registry, job.ref.repository)
                yield job
        finally:
            self._demand.end()

    def finish(self) -> None:
        """Warn if credentials were given and not used."""
        self._registries.finish()

    def _counted(self, results: Iterator[Result], target: Target) -> Iterator[Result]:
        failed = False
        for result in results:
            if isinstance(result, Failure):
                failed = True
                result = self._advised(result, target)  # noqa: PLW2901
            self.any_output = self.any_output or isinstance(result, bytes)
            yield result
        self.any_success = self.any_success or not failed

    def _results(self, job: Job, work: Work) -> Iterator[Result]:
        if isinstance(job, Failure):
            yield job
        elif isinstance(job, PassedThrough):
            yield ndjson.write(job.record)
        else:
            if job.ref.is_local:
                budget.take_turn()
            for result in work(job, self._sources.open(job.ref.registry)):
                yield failure(job, result) if isinstance(result, RegpipeError) else result

    def _advised(self, failed: Failure, job: Job) -> Failure:
        """Return the failure of a job with what to do next."""
        if not isinstance(job, Target):
            return failed
        verb = self._options.verb
        error = advice.after(failed.error, job, verb)
        return failed._replace(error=error)


def each_image(work: Work) -> Work:
    """Return a function that does `work` for each image that a reference stands for.

    The images of an archive on standard input are several, of which one may fail.
    """

    def work_on_each(target: Target, source: Source) -> Iterator[Result]:
        for ref in source.images(target.ref):
            image = target._replace(ref=ref)
            try:
                for result in work(image, source):
                    yield failure(image, result) if isinstance(result, RegpipeError) else result
            except Exception as error:  # noqa: BLE001 -- likewise
                yield failure(image, told(error))

    return work_on_each


def told(error: Exception) -> RegpipeError:
    """Return an exception as what can be reported; a bug is raised again for $REGPIPE_DEBUG."""
    if os.environ.get("REGPIPE_DEBUG") and not isinstance(error, RegpipeError):
        raise error
    return fault_of(error)


def failure(job: Job, error: RegpipeError) -> Failure:
    """Return the failure of a whole job."""
    error = error.bare()  # it may wait for long, and its traceback has all that was in memory
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
