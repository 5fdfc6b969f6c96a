"""What `catalog` and `tags` do with one input."""

from collections.abc import Iterator

from regpipe.errors import InputError, RegpipeError, ResponseError
from regpipe.oci import reference
from regpipe.records import ndjson
from regpipe.records.make import is_referrer_tag, repository_record, tag_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.text import quoted


def repositories(target: Target, source: Source) -> Iterator[bytes | RegpipeError]:
    """Yield a record for each repository of a registry, and an error for each wrong name."""
    for name in source.repositories():
        try:
            if not target.ref.is_local:
                reference.check_repository(name)
        except InputError as error:
            why = f"the registry lists {quoted(name)}, which is not a valid repository name"
            yield ResponseError(why, code=error.code)
        else:
            ref = target.ref._replace(repository=name)
            yield ndjson.write(repository_record(ref, target.record))


def tags(
    target: Target, source: Source, *, referrer_tags: bool = True
) -> Iterator[bytes | RegpipeError]:
    """Yield a record for each tag of a repository, and an error for each wrong one.

    Args:
        target: the repository.
        source: where it is.
        referrer_tags: whether to list tags that only hold what refers to an image.
    """
    for ref in source.tagged(target.ref):
        if not referrer_tags and is_referrer_tag(str(ref.tag)):
            continue
        try:
            if not ref.is_local:
                reference.check_tag(str(ref.tag))
        except InputError as error:
            why = f"the registry lists {quoted(ref.tag)}, which is not a valid tag"
            yield ResponseError(why, code=error.code)
        else:
            yield ndjson.write(tag_record(ref, target.record))
