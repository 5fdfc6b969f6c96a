"""`regpipe referrers`: list signatures, SBOMs and provenance of images."""

from collections.abc import Iterator

from regpipe.errors import NotFoundError, RegpipeError
from regpipe.images import referrers, resolve
from regpipe.images.resolve import ResolvedManifest, Wanted
from regpipe.records import ndjson, targets
from regpipe.records.make import referrer_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage import platform
from regpipe.stage.options import IMAGE_INPUTS, NetworkParser
from regpipe.stage.output import Notice, OncePerRegistry
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stage.session import each_image
from regpipe.stdio import Streams

_HELP = Help(
    "List what refers to images: signatures, SBOMs and provenance, a record for each.\n\n"
    "For a multi-platform image: the referrers of its index and of the chosen platform. Each "
    "record's `foundBy` says how it was found: `api` (the registry's referrers API), "
    "`tag-fallback` (where there is no such API), `cosign-tag`, or `index` (BuildKit's "
    "attestations).",
    IMAGE_INPUTS,
    (
        "regpipe referrers my.registry:5000/team/app:v1 | regpipe blob | jq .predicate",
        "regpipe referrers --all-platforms my.registry:5000/team/app:v1",
    ),
)


def main(argv: list[str], streams: Streams) -> int:
    """List the referrers of images; return the exit code."""
    args, options = _parser(streams).parse_run(argv)
    wanted = Wanted(
        platform.wanted(args.platform),
        args.all_platforms,
        by_option=bool(args.platform or args.all_platforms),
    )
    kinds = frozenset(args.artifact_type)

    once = OncePerRegistry()

    def find(target: Target, source: Source) -> Iterator[bytes | Notice | RegpipeError]:
        ref = target.ref
        failed: RegpipeError | None = None
        for subject in referrers.subjects(_resolve(source, target, wanted)):
            found = referrers.find(source, ref, subject)
            for referrer in found.referrers:
                fields = referrer.fields()
                if not kinds or fields["artifactType"] in kinds:
                    yield ndjson.write(referrer_record(ref, target.record, **fields))
            yield from once.notices(ref, found.notes)
            failed = failed or found.error
        if failed:
            yield failed

    return run(options, streams, targets.images, each_image(find))


def _resolve(source: Source, target: Target, wanted: Wanted) -> list[ResolvedManifest]:
    """Resolve an input to its images; a record to its own."""
    wanted = wanted.of(target.record)
    try:
        return resolve.find(source, target.ref, wanted)
    except NotFoundError:
        if not wanted.member:
            raise
        # The index was deleted since, which need not be true of its images.
        return resolve.find(source, target.ref._replace(digest=wanted.member), wanted)


def _parser(streams: Streams) -> NetworkParser:
    parser = NetworkParser("referrers", _HELP, streams)
    parser.options.add_argument(
        "--artifact-type",
        metavar="TYPE",
        action="append",
        default=[],
        help="only referrers of this artifact type; may be repeated",
    )
    platform.add_options(parser, "the referrers of every platform's image")
    return parser
