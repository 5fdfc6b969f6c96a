"""`regpipe referrers`: list signatures, SBOMs and provenance of images."""

from collections.abc import Iterator

from regpipe.errors import NotFoundError
from regpipe.images import referrers, resolve
from regpipe.images.resolve import ResolvedManifest, Wanted
from regpipe.oci import reference
from regpipe.records import ndjson, targets
from regpipe.records.make import referrer_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage import intake, platform, run
from regpipe.stage.parser import Parser
from regpipe.stdio import Streams

_EXAMPLE = "regpipe referrers my.registry:5000/team/app:v1 | regpipe blob | jq .predicate"


def main(argv: list[str], streams: Streams) -> int:
    """Find what refers to images; return the exit code."""
    args = _parser(streams).parse_args(argv)
    intake.require_input(args, streams, _EXAMPLE)
    wanted = Wanted(platform.wanted(args.platform), args.all_platforms)
    kinds = frozenset(args.artifact_type)

    def find(target: Target, source: Source) -> Iterator[bytes]:
        ref = target.ref
        for subject in referrers.subjects(_places(source, target, wanted)):
            for found in referrers.find(source, ref, subject):
                fields = found.fields()
                if not kinds or fields["artifactType"] in kinds:
                    yield ndjson.write(referrer_record(ref, target.record, **fields))

    return run.run("referrers", args, streams, targets.images, run.each_image(find))


def _places(source: Source, target: Target, wanted: Wanted) -> list[ResolvedManifest]:
    """Find the images asked for; of a manifest record, the index as well that it came from."""
    index = target.record.get("index")
    digest = index.get("digest") if isinstance(index, dict) else None
    if reference.is_digest(digest):
        by_index = target.ref._replace(digest=digest)
        try:
            places = resolve.find(source, by_index, wanted._replace(all_platforms=True))
        except NotFoundError:
            places = []  # retagged since, and cleaned up
        if named := [place for place in places if place.digest == target.ref.digest]:
            return named
    return resolve.find(source, target.ref, wanted)


def _parser(streams: Streams) -> Parser:
    parser = run.parser(
        "referrers",
        "Find what refers to images: signatures, SBOMs and provenance, a record for each.\n\n"
        "Of a multi-platform image, what refers to its index and to the platform wanted. Each\n"
        "record's `foundBy` says how it was found: by the registry's referrers `api`, by the\n"
        "`tag-fallback` where there is none, under a `cosign-tag`, or in the `index` itself\n"
        f"(BuildKit's attestations).\n\nexample:\n  {_EXAMPLE}",
        "references: team/app:v1, repo@sha256:…, oci:DIR:tag,\n"
        "oci-archive:FILE, docker-archive:FILE; - as FILE is standard input\n"
        "(default: lines, records or a registry's tags/list JSON on standard input)",
        streams,
    )
    platform.add_options(parser, "what refers to any platform's image")
    parser.add_argument(
        "--artifact-type",
        metavar="TYPE",
        action="append",
        default=[],
        help="only those of this type; may be given again",
    )
    return parser
