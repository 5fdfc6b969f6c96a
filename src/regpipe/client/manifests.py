"""What `manifests` does with one input."""

from collections.abc import Iterator
from typing import NamedTuple

from regpipe.errors import RegpipeError
from regpipe.images import referrers, resolve
from regpipe.images.record import image_record
from regpipe.images.referrers import Found
from regpipe.images.resolve import ResolvedManifest, Wanted
from regpipe.oci.platform import platform_of
from regpipe.oci.reference import Reference
from regpipe.records import ndjson
from regpipe.records.make import referrer
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage.output import Notice, OncePerRegistry
from regpipe.stage.session import Work, each_image
from regpipe.system.budget import part


def fetching(
    wanted: Wanted, *, raw: bool = False, view: bool = True, with_referrers: bool = False
) -> Work:
    """Return what fetches the manifests that a reference leads to.

    Args:
        wanted: which of them.
        raw: whether to yield their bytes as served, instead of records.
        view: whether records have the schema 1 view.
        with_referrers: whether records have the referrers.
    """
    fetch_one = _Fetch(raw, view, with_referrers, OncePerRegistry())

    def fetch(target: Target, source: Source) -> Iterator[bytes | Notice | RegpipeError]:
        ref = target.ref
        known: dict[str, Found] = {}
        images, errors = resolve.find(source, ref, wanted.of(target.record))
        yield from errors
        if wanted.all_platforms and (missing := resolve.missing_platforms(images)):
            yield Notice(str(ref), f"not in the layout or archive: {', '.join(missing)}")
        for resolved in images:
            try:
                with part():
                    yield from fetch_one(target, source, resolved, known)
            except RegpipeError as error:
                yield error

    return each_image(fetch)


class _Fetch(NamedTuple):
    """Fetches one manifest, so that nothing of it is kept with the next; see `fetching`."""

    raw: bool
    view: bool
    with_referrers: bool
    once: OncePerRegistry

    def __call__(
        self, target: Target, source: Source, resolved: ResolvedManifest, known: dict[str, Found]
    ) -> Iterator[bytes | Notice | RegpipeError]:
        """Yield the record of a manifest, or its bytes, with notices.

        Args:
            target: the reference.
            source: where it leads.
            resolved: the manifest.
            known: the referrers of the index that were found with earlier manifests of it.
        """
        ref = target.ref
        manifest = resolve.manifest_at(source, ref.repository, resolved)
        for warning in manifest.warnings:
            yield Notice(str(ref), warning)
        if self.raw:
            yield from resolve.check_required(source, ref.repository, resolved)
            yield manifest.body
            return
        record = image_record(source, target, resolved, manifest, with_view=self.view)
        yield from resolved.check_platform(platform_of(record.get("platform", {})))
        for warning in record.get("warnings", [])[len(manifest.warnings) :]:
            yield Notice(str(ref), warning)
        if self.with_referrers:
            found = _referrers(source, ref, resolved, known)
            yield from self.once.notices(ref, found.notes)
            if found.error:  # an incomplete list would look complete
                yield Notice(str(ref), f"referrers left out: {found.error.message}")
            else:
                record["referrers"] = [referrer(**one.fields()) for one in found.referrers]
        yield ndjson.write(record)


def _referrers(
    source: Source, ref: Reference, resolved: ResolvedManifest, known: dict[str, Found]
) -> Found:
    """Return the referrers of an image and of its index; the latter are found once for all."""
    subjects = referrers.subjects([resolved])
    found = []
    for subject in subjects:
        one = known.get(subject.digest) or referrers.find(source, ref, subject)
        if subject.digest != resolved.digest:  # the index
            known[subject.digest] = one
        found.append(one)
    return Found(
        [referrer for one in found for referrer in one.referrers],
        [note for one in found for note in one.notes],
        next((one.error for one in found if one.error), None),
    )
