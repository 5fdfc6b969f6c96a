"""What `referrers` does with one input."""

from collections.abc import Iterator

from regpipe.errors import NotFoundError, RegpipeError
from regpipe.images import referrers, resolve
from regpipe.images.resolve import Resolution, Wanted
from regpipe.records import ndjson
from regpipe.records.make import referrer_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage.output import Notice, OncePerRegistry
from regpipe.stage.session import Work, each_image


def finding(wanted: Wanted, kinds: frozenset[str] = frozenset()) -> Work:
    """Return what finds the referrers of the images that a reference leads to.

    Args:
        wanted: of which images.
        kinds: the artifact types that are wanted; empty for all.
    """
    once = OncePerRegistry()

    def find(target: Target, source: Source) -> Iterator[bytes | Notice | RegpipeError]:
        ref = target.ref
        failed: RegpipeError | None = None
        images, errors = _resolve(source, target, wanted)
        yield from errors
        for resolved in images:
            yield from resolve.check_required(source, ref.repository, resolved)
        for subject in referrers.subjects(images):
            found = referrers.find(source, ref, subject)
            for referrer in found.referrers:
                fields = referrer.fields()
                if not kinds or fields["artifactType"] in kinds:
                    yield ndjson.write(referrer_record(ref, target.record, **fields))
            yield from once.notices(ref, found.notes)
            failed = failed or found.error
        if failed:
            yield failed

    return each_image(find)


def _resolve(source: Source, target: Target, wanted: Wanted) -> Resolution:
    """Resolve an input to its images; a record to its own."""
    wanted = wanted.of(target.record)
    try:
        return resolve.find(source, target.ref, wanted)
    except NotFoundError:
        if not wanted.member:
            raise
        # The index was deleted since, which need not be true of its images.
        return resolve.find(source, target.ref._replace(digest=wanted.member), wanted)
