"""`regpipe manifests`: the manifest and config of each image, as one record."""

from collections.abc import Iterator

from regpipe import images, indexes, inputs, ndjson, records, referrers
from regpipe.commands import _intake, _platform, _stage
from regpipe.commands._parser import Parser
from regpipe.commands._report import Notice
from regpipe.errors import RegpipeError
from regpipe.indexes import Place
from regpipe.inputs import Target
from regpipe.records import Record
from regpipe.reference import Reference
from regpipe.source import Source
from regpipe.streams import Streams

_EXAMPLE = "regpipe tags my.registry:5000/team/app | regpipe manifests | regpipe summarize"


def main(argv: list[str], streams: Streams) -> int:
    """Fetch the manifests of images; return the exit code."""
    args = _parser(streams).parse_args(argv)
    _intake.require_input(args, streams, _EXAMPLE)
    wanted = indexes.Wanted(_platform.wanted(args.platform), args.all_platforms, args.attestations)

    def fetch(target: Target, source: Source) -> Iterator[bytes | Notice | RegpipeError]:
        ref = target.ref
        known: dict[str, list[Record]] = {}
        for place in indexes.find(source, ref, wanted):
            try:
                content = indexes.manifest_at(source, ref.repository, place)
                for warning in content.warnings:
                    yield Notice(str(ref), warning)
                if args.raw:
                    yield content.body
                    continue
                record = images.image_record(
                    source, target, place, content, with_view=not args.no_v1
                )
                if args.referrers:
                    record["referrers"] = _referrers(source, ref, place, known)
                yield ndjson.write(record)
            except RegpipeError as error:
                yield error

    return _stage.run("manifests", args, streams, inputs.images, fetch)


def _referrers(
    source: Source, ref: Reference, place: Place, known: dict[str, list[Record]]
) -> list[Record]:
    """Return what refers to an image or its index; that of the index is found once for all."""
    for subject in referrers.subjects([place]):
        if subject.digest not in known:
            found = referrers.find(source, ref, subject)
            known[subject.digest] = [records.referrer(**one.fields()) for one in found]
    return [one for subject in referrers.subjects([place]) for one in known[subject.digest]]


def _parser(streams: Streams) -> Parser:
    parser = _stage.parser(
        "manifests",
        f"Fetch manifests and configs: a record for each image.\n\nexample:\n  {_EXAMPLE}",
        "references: team/app:v1, repo@sha256:…, oci:DIR:tag,\n"
        "oci-archive:FILE, docker-archive:FILE; - as FILE is standard input\n"
        "(default: lines, records or a registry's tags/list JSON on standard input)",
        streams,
    )
    which = _platform.add_options(parser, "a record for each platform")
    which.add_argument("--attestations", action="store_true", help="BuildKit's attestations too")
    what = parser.add_argument_group("what is printed")
    what.add_argument("--no-v1", action="store_true", help="leave out the schema 1 view")
    what.add_argument(
        "--referrers",
        action="store_true",
        help="add what refers to the image: signatures, SBOMs and\n"
        "provenance (see `regpipe referrers`)",
    )
    what.add_argument(
        "--raw",
        action="store_true",
        help="each manifest's bytes as served, one after another,\ninstead of records",
    )
    return parser
