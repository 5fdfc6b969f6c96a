"""`regpipe manifests`: fetch the manifest and config of each image."""

from collections.abc import Iterator

from regpipe.errors import RegpipeError
from regpipe.images import referrers, resolve
from regpipe.images.record import image_record
from regpipe.images.referrers import Found
from regpipe.images.resolve import ResolvedManifest
from regpipe.oci.reference import Reference
from regpipe.records import ndjson, targets
from regpipe.records.make import referrer
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
    "Fetch manifests and configs: a record for each image.",
    IMAGE_INPUTS,
    (
        "regpipe tags my.registry:5000/team/app | regpipe manifests | regpipe summarize",
        "regpipe manifests alpine:3.22 | jq -r .digest",
        "regpipe manifests --all-platforms alpine | regpipe summarize platforms",
    ),
)


def main(argv: list[str], streams: Streams) -> int:
    """Fetch the manifests of images; return the exit code."""
    args, options = _parser(streams).parse_run(argv)
    wanted = resolve.Wanted(
        platform.wanted(args.platform),
        args.all_platforms,
        args.attestations,
        by_option=bool(args.platform or args.all_platforms or args.attestations),
    )

    options = options.colored(allowed=not args.raw)
    once = OncePerRegistry()

    def fetch(target: Target, source: Source) -> Iterator[bytes | Notice | RegpipeError]:
        ref = target.ref
        known: dict[str, Found] = {}
        images = resolve.find(source, ref, wanted.of(target.record))
        if wanted.all_platforms and (missing := resolve.missing_platforms(images)):
            yield Notice(str(ref), f"not in the layout or archive: {', '.join(missing)}")
        for resolved in images:
            try:
                manifest = resolve.manifest_at(source, ref.repository, resolved)
                for warning in manifest.warnings:
                    yield Notice(str(ref), warning)
                if args.raw:
                    yield manifest.body
                    continue
                record = image_record(source, target, resolved, manifest, with_view=not args.no_v1)
                for warning in record.get("warnings", [])[len(manifest.warnings) :]:
                    yield Notice(str(ref), warning)
                if args.referrers:
                    found = _referrers(source, ref, resolved, known)
                    yield from once.notices(ref, found.notes)
                    if found.error:  # an incomplete list would look complete
                        yield Notice(str(ref), f"referrers left out: {found.error.message}")
                    else:
                        record["referrers"] = [referrer(**one.fields()) for one in found.referrers]
                yield ndjson.write(record)
            except RegpipeError as error:
                yield error

    return run(options, streams, targets.images, each_image(fetch))


def _referrers(
    source: Source, ref: Reference, resolved: ResolvedManifest, known: dict[str, Found]
) -> Found:
    """Return the referrers of an image and of its index; the latter are found once for all."""
    subjects = referrers.subjects([resolved])
    for subject in subjects:
        if subject.digest not in known:
            known[subject.digest] = referrers.find(source, ref, subject)
    found = [known[subject.digest] for subject in subjects]
    return Found(
        [referrer for one in found for referrer in one.referrers],
        [note for one in found for note in one.notes],
        next((one.error for one in found if one.error), None),
    )


def _parser(streams: Streams) -> NetworkParser:
    parser = NetworkParser("manifests", _HELP, streams)
    which = platform.add_options(parser, "a record for each platform")
    which.add_argument("--attestations", action="store_true", help="BuildKit's attestations too")
    parser.output.add_argument("--no-v1", action="store_true", help="leave out the schema 1 view")
    parser.output.add_argument(
        "--referrers",
        action="store_true",
        help="add the referrers: signatures, SBOMs and provenance (see `regpipe referrers`)",
    )
    parser.output.add_argument(
        "--raw",
        action="store_true",
        help="print each manifest's bytes as served, one after another, instead of records",
    )
    return parser
